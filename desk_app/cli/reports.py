"""`desk-app report`: the reports that plugins bring, for a terminal, a file, or another program."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import Invocation
from desk_app.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from desk_app.plugin_api.contributions import Parameter, ReportTable, ReportType
    from desk_app.services.ports.plugins import Contribution

Subparsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives its type no public name
_TRUE, _FALSE = frozenset({"yes", "true", "on", "1"}), frozenset({"no", "false", "off", "0"})


def add_parsers(subparsers: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add `report`."""
    parser = subparsers.add_parser(
        "report",
        parents=[common],
        help="the reports of plugins: list them, compute one",
        description="Without ID, list the reports of the plugins that are on, with what each can be asked for.",
    )
    parser.add_argument("id", metavar="ID", nargs="?", default="")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="what the report is asked for; days are written 2026-11-02, switches yes or no; again for each",
    )
    parser.add_argument("--csv", metavar="FILE", type=Path, help="write it as comma-separated values")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=run)


def run(invocation: Invocation) -> int:
    """List the reports, or compute one."""
    from desk_app.plugin_api.context import Mode  # noqa: PLC0415 -- `--help` does not wait for it

    with invocation.desk() as desk:
        desk.plugins.start(Mode.CLI)
        found = {one.spec.id: one for one in desk.plugins.contributions("report_types")}
        wanted = invocation.args.id
        if not wanted:
            return _list(invocation, list(found.values()))
        if wanted not in found:
            raise CommandError(Exit.NOT_FOUND, f"There is no report “{wanted}”.", "desk-app report lists them all.")
        return _compute(invocation, desk, found[wanted])


def _list(invocation: Invocation, reports: Sequence[Contribution]) -> int:
    if invocation.json:
        facts = [
            {
                "id": one.spec.id,
                "title": one.spec.title,
                "plugin": one.plugin,
                "asks": [{"name": p.key, "title": p.title, "kind": p.kind} for p in one.spec.parameters],
            }
            for one in reports
        ]
        print_json({"reports": facts})
    elif reports:
        rows = [(one.spec.id, one.spec.title, " ".join(p.key for p in one.spec.parameters)) for one in reports]
        print_table(("Id", "Title", "Asks for"), rows, stretch=1)
    else:
        say("No plugin that is on brings a report.")
    return Exit.OK


def _compute(invocation: Invocation, desk: Any, found: Contribution) -> int:
    from desk_app.services.plugins.reporting import ReportFailedError, as_csv, run_report  # noqa: PLC0415 -- as above

    values = _values(found.spec, invocation.args.set)
    try:
        table = run_report(desk.plugins, found, values)
    except ReportFailedError as error:
        raise CommandError(Exit.FAILED, f"The report failed. {error}") from error
    file: Path | None = invocation.args.csv
    if file is not None:
        try:
            as_csv(table, file)
        except OSError as error:
            raise CommandError(Exit.FAILED, f"{file} cannot be written: {error.strerror}.") from error
    if invocation.json:
        print_json(_facts(found.spec, table))
    elif file is not None:
        say(f"{file}: {len(table.rows)} lines.")
    else:
        width = len(table.columns)
        lines = [*table.rows, *([table.total] if table.total else [])]
        print_table(table.columns, [[*line, *[""] * width][:width] for line in lines])
    return Exit.OK


def _facts(spec: ReportType, table: ReportTable) -> dict[str, Any]:
    rows = [list(row) for row in table.rows]
    return {"id": spec.id, "columns": list(table.columns), "rows": rows, "total": list(table.total)}


def _values(spec: ReportType, given: Sequence[str]) -> Mapping[str, Any]:
    known = {one.key: one for one in spec.parameters}
    values = {one.key: _usual(one) for one in spec.parameters}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in known:
            names = ", ".join(known) or "nothing"
            raise CommandError(Exit.USAGE, f"“{text}” is not what it asks for.", f"It asks for: {names}.")
        values[name] = _value(known[name], value)
    for one in spec.parameters:
        if one.required and values[one.key] in (None, ""):
            raise CommandError(Exit.USAGE, f"It needs “{one.key}”.", f"Give it with --set {one.key}=...")
    return values


def _usual(one: Parameter) -> Any:
    if one.kind == "date" and isinstance(one.default, str):
        return date.fromisoformat(one.default) if one.default else None
    if one.default is None and one.choices:
        return next(iter(one.choices))
    return one.default


def _value(one: Parameter, text: str) -> Any:
    try:
        if one.choices:
            return {key: key for key in one.choices}[text]
        if one.kind == "date":
            return date.fromisoformat(text) if text else None
        if one.kind == "bool":
            return _switch(text)
        if one.kind in {"number", "duration"}:
            number = float(text)
            return int(number) if number == int(number) else number
    except (KeyError, ValueError, OverflowError) as error:
        may_be = f" It may be: {', '.join(one.choices)}." if one.choices else ""
        raise CommandError(Exit.USAGE, f"“{text}” cannot be “{one.key}” ({one.kind}).{may_be}") from error
    return text


def _switch(text: str) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise ValueError(text)
