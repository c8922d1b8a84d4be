"""Writes docs/plugins: one page a hook, one of the context, from the specifications, and the snapshot of the interface.

python -m installer.hook_docs            write them
python -m installer.hook_docs --check    say what is not up to date; exit code 1 then
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
import typing
from pathlib import Path
from typing import Any

import desk_app.plugin_api as api
from desk_app.plugin_api import channel_faults, channels, polling
from desk_app.plugin_api import ui as ui_api
from desk_app.plugin_api.hooks import GROUPS
from desk_app.plugin_api.marks import API_VERSION, SECONDS, HookRecord, Kind, Thread, Waits, records_of
from desk_app.plugin_api.ui import hooks as ui_hooks
from desk_app.plugin_host.running import ASKED_ONCE
from installer import context_docs, type_docs

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "plugins" / "hooks"
SNAPSHOT = ROOT / "docs" / "plugins" / "interface.json"
CONTEXT = ROOT / "docs" / "plugins" / "context.md"
TYPES = ROOT / "docs" / "plugins" / "types.md"
TESTING = ROOT / "docs" / "plugins" / "testing.md"
_KINDS = {
    Kind.EVENT: "Event: something has happened. What an implementation returns is ignored.",
    Kind.FILTER: "Filter: `value` is changed by one plugin after the other. Return the new value, or None to leave it.",
    Kind.COLLECT: (
        "Collecting: called when the plugin is switched on, and again when the agent chooses another language; returns "
        "what the plugin adds."
    ),
    Kind.GUARD: "Guard: return `Deny(reason)` to forbid it; None or `Allow()` say nothing against it. A denial wins.",
    Kind.FIRST: "First answer: plugins are asked in order, the first answer that is not None counts.",
}

_ONCE = "Collecting: called once when the plugin is switched on; returns what the plugin adds."
_PROMISE = "- Once for the whole desk, in order, and again after a crash: [what events promise](../events.md)."


def _is_told_from_history(record: HookRecord) -> bool:
    return record.kind is Kind.EVENT and record.thread is Thread.WORKER and not record.provisional


def all_records() -> list[HookRecord]:
    """Return every hook of the desk, those of the window last."""
    return [record for group in (*GROUPS, ui_hooks) for record in records_of(group)]


def pages() -> dict[Path, str]:
    """Return every page with its text."""
    records = all_records()
    found = {DOCS / f"{record.name}.md": _page(record) for record in records}
    found[DOCS / "README.md"] = _index(records)
    found[CONTEXT] = context_docs.page()
    found[TYPES] = type_docs.types_page()
    found[TESTING] = type_docs.testing_page()
    found[SNAPSHOT] = json.dumps(snapshot(), indent=1, ensure_ascii=False) + "\n"
    return found


def snapshot() -> dict[str, Any]:
    """Return the plugin interface as data: what a change of it would break (plugins.md, "API versioning")."""
    return {
        "version": API_VERSION,
        "hooks": {
            record.name: {
                "kind": record.kind.value,
                "thread": record.thread.value,
                "on_error": record.on_error.value,
                "seconds": SECONDS[record.waits] if record.waits is not None else None,
                "arguments": list(record.arguments),
                "gives": [one.__name__ for one in record.gives],
                "since": record.since,
                "provisional": record.provisional,
            }
            for record in all_records()
        },
        "types": {
            name: _shape(value)
            for home in (api, ui_api, channels, channel_faults, polling)
            for name in sorted(set(getattr(home, "__all__", ())) or _own(home))
            if isinstance(value := getattr(home, name), type)
        },
    }


def _own(module: Any) -> set[str]:
    return {name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}


def _shape(value: type) -> Any:
    if dataclasses.is_dataclass(value):
        return [
            f"{one.name}: {_short(one.type)}{'' if _required(one) else ' = ...'}" for one in dataclasses.fields(value)
        ]
    if members := getattr(value, "__members__", None):
        return [f"{name} = {member.value!r}" for name, member in members.items()]
    if getattr(value, "_is_protocol", False):
        return (
            sorted(typing.get_protocol_members(value))
            if hasattr(typing, "get_protocol_members")
            else sorted(name for name in vars(value) if not name.startswith("_") or name in {"__getitem__", "__iter__"})
        )
    return [base.__name__ for base in value.__mro__[1:-1]]


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _short(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _page(record: HookRecord) -> str:
    doc = re.sub(r"\n{2,}", "\n\n", record.doc)
    answer = " or ".join(f"`{one.__name__}`" for one in record.gives if one is not object) or "nothing"
    if record.name == "channel_types":
        answer = "`ChannelType`"
    types = type_docs.linked(record.signature.partition("(")[2])
    lines = [
        f"# {record.name}",
        "",
        "**Provisional**: it may change in any version, until the part of the desk that calls it is there."
        if record.provisional
        else "",
        "```python",
        "@hookimpl",
        f"def {record.signature.replace(chr(39), '')}: ...",
        "```",
        "",
        doc,
        "",
        f"- {_ONCE if record.name in ASKED_ONCE else _KINDS[record.kind]}",
        f"- Group: {record.group if record.group != 'hooks' else 'window'}. Since: {record.since}.",
        f"- Thread: {record.thread.value}. When it fails: {record.on_error.value}.",
        *([_PROMISE] if _is_told_from_history(record) else ()),
        *([_time(record.waits)] if record.waits is not None else ()),
        f"- Arguments, all optional, `ctx` first: {', '.join(f'`{one}`' for one in ('ctx', *record.arguments))}.",
        f"- Answer: {answer}{' each' if record.kind is Kind.COLLECT else ''}.",
        f"- Types: {types}.",
        "",
        "[All hooks](README.md)",
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _time(waits: Waits) -> str:
    return (
        f"- Time: {SECONDS[waits]:g} seconds ({waits.value} waits). After that the call counts as failed, and the "
        "plugin is paused."
    )


def _index(records: list[HookRecord]) -> str:
    lines = ["# Hooks", "", f"Plugin interface {API_VERSION}. Written from the specifications; do not edit.", ""]
    for group in (*GROUPS, ui_hooks):
        own = records_of(group)
        about = (inspect.getdoc(group) or "").split("\n\n", 1)[0].replace("\n", " ")
        name = group.__name__.rpartition(".")[2]
        lines += [
            f"## {'Window' if name == 'hooks' else name.capitalize()}",
            "",
            about,
            "",
            "| hook | kind | |",
            "|---|---|---|",
        ]
        for record in own:
            first = record.doc.split("\n\n", 1)[0].replace("\n", " ").split(". ", 1)[0].rstrip(".")
            mark = " (provisional)" if record.provisional else ""
            lines.append(f"| [{record.name}]({record.name}.md) | {record.kind.value}{mark} | {first} |")
        lines.append("")
    assert sum(len(records_of(group)) for group in (*GROUPS, ui_hooks)) == len(records)
    return "\n".join(lines)


def stale() -> list[str]:
    """Return what is not as the specifications say: missing, different, or of a hook that is gone."""
    wanted = pages()
    found = [
        str(file.relative_to(ROOT))
        for file, text in wanted.items()
        if not file.exists() or file.read_text(encoding="utf-8") != text
    ]
    return found + [str(file.relative_to(ROOT)) for file in DOCS.glob("*.md") if file not in wanted]


def main() -> int:
    """Write or check the pages."""
    if "--check" in sys.argv[1:]:
        old = stale()
        for file in old:
            print(f"{file} is not up to date; run: python -m installer.hook_docs")
        return 1 if old else 0
    wanted = pages()
    DOCS.mkdir(parents=True, exist_ok=True)
    for file in DOCS.glob("*.md"):
        if file not in wanted:
            file.unlink()
    for file, text in wanted.items():
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
