"""Keep the catalogues of the window complete: `python -m installer.translations` (decision 064).

Reads every `tr("...")` of the window and every sentence that services say to it, brings the catalogues in
desk_app/ui/resources/translations into the same order, adds what is missing with an empty translation and removes
what nobody says any more. Exit code 1 when something waits for a translator. `--check` changes nothing.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WINDOW = ROOT / "desk_app" / "ui"
FOLDER = WINDOW / "resources" / "translations"
LANGUAGES = ("es", "id")
PLURALS = {"es": ("one", "other"), "id": ("other",)}
"""The forms a language needs; one alone is written as plain text."""
FAULTS = ("desk_app/services", "desk_app/storage/engine", "desk_app/storage/migrations", "desk_app/storage/messages")
"""Where exceptions are raised whose words reach the window."""
REASONS = (
    "desk_app/domain/messages/threading.py",
    "desk_app/domain/messages/recipients.py",
    "desk_app/services/messages/bounces.py",
    "desk_app/services/messages/dispatch.py",
    "desk_app/services/messages/intake.py",
    "desk_app/services/messages/placing.py",
    "desk_app/domain/tickets/merging.py",
    "desk_app/services/messages/new_tickets.py",
    "desk_app/services/tickets/commands.py",
    "desk_app/services/tickets/message_moves.py",
    "desk_app/services/tickets/bulk.py",
    "desk_app/services/tickets/restoring.py",
    "desk_app/services/system/checks.py",
)
"""Where decisions are explained to agents."""
HISTORY = "desk_app/services"
"""Where lines of the history are written, each with its cause."""
PLUGINS = "desk_app/plugin_host"
"""Where it is said why a plugin cannot be installed, or does not run."""
FOR_AUTHORS = frozenset(
    {"context", "dev", "dispatch", "gate", "loading", "manifest", "own_log", "own_settings", "own_values", "own_words"}
    | {"scaffold", "spec_checks", "uncaught", "web"}
)
"""Modules there that speak to authors of plugins, in English."""
FIXED = (
    *("Open", "In progress", "Waiting", "Resolved", "Closed"),
    *("But that ticket is gone: a new one.", "A new, linked ticket."),
    "It was also addressed to a person who is being erased. Please answer anew.",
)
"""The statuses a new desk is filled with, what is added to a reason, and why an erasure stops an answer."""


def window_strings() -> dict[str, list[str]]:
    """Return the strings given to `tr`, with the places they stand in. Raises ValueError for one that is no literal."""
    found: dict[str, list[str]] = {}
    for path in sorted(WINDOW.rglob("*.py")):
        for call in _calls(path):
            if _name(call) != "tr":
                continue
            place = f"{path.relative_to(ROOT).as_posix()}:{call.lineno}"
            if not call.args or not isinstance(call.args[0], ast.Constant) or not isinstance(call.args[0].value, str):
                raise ValueError(f"{place}: tr() takes a literal, or the catalogues cannot know it")
            found.setdefault(call.args[0].value, []).append(place)
    return found


def service_sentences() -> list[str]:
    """Return what services say in fixed words, `{}` for what varies."""
    found = dict.fromkeys(FIXED)
    for folder in FAULTS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for call in _calls(path):
                if _name(call).endswith("Error"):
                    found.update(dict.fromkeys(text for arg in call.args for text in _texts(arg) if _shown(text)))
    for place in REASONS:
        for node in ast.walk(ast.parse((ROOT / place).read_text(encoding="utf-8"))):
            for value in _reasons(node):
                found.update(dict.fromkeys(text for text in _texts(value) if _spoken(text)))
    found.update(dict.fromkeys(_causes()))
    found.update(dict.fromkeys(_of_plugins()))
    return list(found)


def _causes() -> Iterator[str]:
    """Return what lines of the history give as their cause, wherever they are written."""
    for path in sorted((ROOT / HISTORY).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        values = [one.value for one in tree.body if isinstance(one, ast.Assign)]
        for node in ast.walk(tree):
            names = [node] if isinstance(node, ast.keyword) else getattr(node, "targets", ())
            if any("cause" in (getattr(one, "arg", ""), getattr(one, "id", "")) for one in names):
                values.append(node.value)  # type: ignore[attr-defined]
            elif isinstance(node, ast.Call) and _name(node) in {"change_status", "status_back"}:
                values += node.args
        yield from (text for one in values for text in _texts(one) if _spoken(text) and text.endswith("."))


def _of_plugins() -> Iterator[str]:
    """Return what the plugin host says to people, and what is wrong with a setting's value."""
    for path in sorted((ROOT / PLUGINS).glob("*.py")):
        if path.stem not in FOR_AUTHORS:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for value in _reasons(node):
                    yield from (text for text in _texts(value) if _spoken(text) and _begins(text))
    for node in ast.walk(ast.parse((ROOT / PLUGINS / "manifest.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Return):
            for value in _reasons(node):
                yield from (text for text in _texts(value) if text.startswith(("it must", "it may")))


def _calls(path: Path) -> Iterator[ast.Call]:
    return (one for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(one, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _reasons(node: ast.AST) -> Iterator[ast.expr]:
    """Values that are given, added or returned as a reason."""
    if isinstance(node, ast.Call):
        yield from node.args
        yield from (keyword.value for keyword in node.keywords)
    elif isinstance(node, ast.Assign | ast.Return) and node.value is not None:
        yield node.value


def _texts(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in value.values)
    elif isinstance(value, ast.IfExp):
        yield from _texts(value.body)
        yield from _texts(value.orelse)
    elif isinstance(value, ast.Tuple):
        for one in value.elts:
            yield from _texts(one)
    elif isinstance(value, ast.Dict):
        for one in value.values:
            yield from _texts(one)


def _spoken(text: str) -> bool:
    spoken = re.search(r"[A-Za-z]{2,} [A-Za-z{]", text)
    return bool(spoken) and "%" not in text


def _shown(text: str) -> bool:
    return _spoken(text) and not text[0].islower()  # what begins small is said to programmers


def _begins(text: str) -> bool:
    return text[0].isupper() or text[0] in "“{"


def gaps(text: str) -> list[str]:
    """Return the placeholders of a string, sorted."""
    named = [f"{{{name}}}" for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    return sorted(named + re.findall(r"%n", text))


def problems(code: str) -> list[str]:
    """Return what is wrong with a catalogue."""
    catalogue = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    found = []
    for part, wanted in (("messages", list(window_strings())), ("sentences", service_sentences())):
        held = catalogue[part]
        found += [f"{code}: missing in {part}: {one!r}" for one in wanted if not held.get(one)]
        found += [f"{code}: nobody says this any more ({part}): {one!r}" for one in held if one not in wanted]
        for source, target in held.items():
            forms = tuple(target) if isinstance(target, dict) else ("other",)
            if forms != (PLURALS[code] if "%n" in source else ("other",)):
                found.append(f"{code}: wrong plural forms: {source!r}")
            for text in target.values() if isinstance(target, dict) else (target,):
                if gaps(text) != gaps(source):
                    found.append(f"{code}: other placeholders: {source!r} -> {text!r}")
    return found


def renew(code: str) -> int:
    """Write a catalogue anew in the order of the sources; returns how many strings wait for a translation."""
    path = FOLDER / f"{code}.json"
    catalogue = json.loads(path.read_text(encoding="utf-8"))
    empty = 0
    for part, wanted in (("messages", list(window_strings())), ("sentences", service_sentences())):
        held = catalogue[part]
        catalogue[part] = {one: held.get(one, "") for one in wanted}
        empty += sum(not target for target in catalogue[part].values())
    path.write_text(json.dumps(catalogue, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return empty


def main() -> int:
    """Run the command; returns its exit code."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--check", action="store_true", help="only say what is wrong")
    if not reader.parse_args().check:
        for code in LANGUAGES:
            renew(code)
    found = [one for code in LANGUAGES for one in problems(code)]
    print("\n".join(found) or "all catalogues are complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
