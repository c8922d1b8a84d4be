"""Writes docs/plugins/types.md and testing.md: everything a plugin is given and gives, from `desk_app.plugin_api`."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterable
from enum import Enum
from types import FunctionType, ModuleType
from typing import Any

from desk_app.plugin_api import channel_faults, channels, contributions, data, polling, testing, verdicts
from desk_app.plugin_api.ui import specs

Section = tuple[str, ModuleType, str, str]
_SECTIONS: tuple[Section, ...] = (
    ("What hooks are given", data, "desk_app.plugin_api", ""),
    ("What guards and filters answer", verdicts, "desk_app.plugin_api", ""),
    ("What a plugin adds", contributions, "desk_app.plugin_api", ""),
    ("What a plugin adds to the window", specs, "desk_app.plugin_api.ui", ""),
    ("Channels", channels, "desk_app.plugin_api.channels", "Step by step: [A channel of your own](channels.md)."),
    ("How a channel fails", channel_faults, "desk_app.plugin_api.channels", ""),
    ("A session to begin with", polling, "desk_app.plugin_api.channels", ""),
)
_LENT = {channels: (channels.Address, channels.ParsedMessage, channels.ParsedAttachment, channels.AfterImport)}
"""Types authors find in a module though they are at home elsewhere."""
_REMARK = re.compile(r"^\s+(\w+) = (\"[^\"]*\")(?:\s+#\s*(?:noqa: [A-Z0-9, ]+ -- )?(.*))?$", re.MULTILINE)
_INNER = re.compile(r" \((?:plugins\.md|features\.md|pains\.md|mail\.md)[^)]*\)|, as in `?plugins\.md`?")
_ROW = re.compile(r" \([A-Z]{2}-\d\d\)")


def types_of(module: ModuleType) -> list[type]:
    """Return the public types of a module in the order they are written in, lent ones last."""
    own = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
    return [*(one for one in own if not one.__name__.startswith("_")), *_LENT.get(module, ())]


def anchors() -> dict[str, str]:
    """Return where each type is explained, by its name, as seen from docs/plugins."""
    found = {
        one.__name__: f"types.md#{one.__name__.lower()}" for _, module, _, _ in _SECTIONS for one in types_of(module)
    }
    return found | {"Context": "context.md", "Mode": "manifest.md#modes"}


def types_page() -> str:
    """Return the page of all types."""
    lines = [
        "# Types",
        "",
        "What hooks are given and what a plugin adds. Written from the interfaces; do not edit.",
        "What has fields is frozen: make one with its fields by name, a changed one with `dataclasses.replace`.",
        "",
    ]
    for title, module, home, more in _SECTIONS:
        names = [f"[{one.__name__}](#{one.__name__.lower()})" for one in types_of(module)]
        lines += [f"## {title}", "", _doc(module), "", f"In `{home}`: {', '.join(names)}.", ""]
        lines += [more, ""] if more else []
        for one in types_of(module):
            lines += _type(one)
    return _tidy(lines)


def testing_page() -> str:
    """Return the page about tests of plugins."""
    lines = [
        "# Testing a plugin",
        "",
        "Written from `desk_app.plugin_api.testing`; do not edit. Tests are run by `desk-app plugin test FOLDER`;",
        "options of pytest stand behind the folder: `desk-app plugin test . -k card -x`.",
        "",
        _doc(testing),
        "",
        "```python",
        "from desk_app.plugin_api.testing import MountPanel, TestDesk",
        "",
        "",
        "def test_the_card_counts(desk: TestDesk, mounted_panel: MountPanel) -> None:",
        '    plugin = desk.activate(".", settings={"domain": "shop.test"})',
        '    ticket_id = desk.receive("Ann <ann@shop.test>", "Order", "Where is it?")',
        '    assert "1" in mounted_panel("my.card", ticket_id).text()',
        "    assert plugin.faults == ()",
        "```",
        "",
    ]
    for one in (
        testing.TestDesk,
        testing.TestPlugin,
        testing.TestPort,
        testing.StoppedClock,
        testing.TestAccount,
    ):
        lines += _type(one)
    return _tidy(lines)


def linked(annotation: str) -> str:
    """Return links to the types an annotation names, as seen from docs/plugins/hooks."""
    known = anchors()
    names = [one for one in re.findall(r"[A-Z]\w+", annotation) if one in known]
    return ", ".join(f"[{one}](../{known[one]})" for one in dict.fromkeys(names))


# -- one type ----------------------------------------------------------------------------------------------------------


def _type(one: type) -> list[str]:
    lines = [f"### {one.__name__}", "", _doc(one), ""]
    fields = _fields(one)
    if fields:
        lines += ["```python", *fields, "```", ""]
    return lines + [f"- `{written}`{f': {doc}' if doc else ''}" for written, doc in _methods(one)] + [""]


def _fields(one: type) -> list[str]:
    if issubclass(one, Enum):
        return [
            f"{name} = {value}{f'  # {remark}' if remark else ''}"
            for name, value, remark in _REMARK.findall(inspect.getsource(one))
        ]
    if dataclasses.is_dataclass(one):
        return [_field(field) for field in dataclasses.fields(one) if not field.name.startswith("_")]
    return [f"{name}: {_plain(kind)}" for name, kind in vars(one).get("__annotations__", {}).items()]


def _field(field: dataclasses.Field[Any]) -> str:
    default = ""
    if field.default is not dataclasses.MISSING:
        default = f" = {field.default.value!r}" if isinstance(field.default, Enum) else f" = {field.default!r}"
    elif field.default_factory is not dataclasses.MISSING:
        default = " = ..."
    if " object at 0x" in default or "<function" in default or "datetime." in default:
        default = " = ..."
    return f"{field.name}: {_plain(field.type)}{default}"


def _methods(one: type) -> Iterable[tuple[str, str]]:
    if issubclass(one, Enum):
        return
    seen: set[str] = set()
    for base in one.__mro__:
        if not base.__module__.startswith("desk_app."):
            continue
        for name, member in vars(base).items():
            if name in seen or (name.startswith("_") and not (name == "__init__" and issubclass(one, Exception))):
                continue
            seen.add(name)
            if isinstance(member, property):
                yield name, _line(member)
            elif isinstance(member, classmethod):
                yield f"{one.__name__}.{_signature(name, member.__func__)}", _line(member)
            elif isinstance(member, FunctionType):
                yield (
                    _signature(one.__name__ if name == "__init__" else name, member),
                    "" if name == "__init__" else _line(member),
                )


def _signature(name: str, function: FunctionType) -> str:
    signature = inspect.signature(function)
    arguments = [one for one in signature.parameters.values() if one.name not in {"self", "cls"}]
    shown = str(signature.replace(parameters=arguments))
    return f"{name}{_plain(shown).removesuffix(' -> None') if name[0].isupper() else _plain(shown)}"


def _plain(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return text.replace("'", "").replace("desk_app.plugin_api.", "")


def _line(member: Any) -> str:
    return " ".join(_doc(member).split())


def _doc(part: Any) -> str:
    text = inspect.getdoc(part) or ""
    text = _ROW.sub("", _INNER.sub("", text))
    return re.sub(r"\(docs/decisions/(\S+\.md)\)", r"([why](../decisions/\1))", text)


def _tidy(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(types_page())
