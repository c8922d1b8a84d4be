"""Runs the reports of plugins, and writes what they found (hook `report_types`, PL-06)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from desk_app.plugin_api.contributions import ReportTable, ReportType
from desk_app.services.ports.plugins import Contribution, PluginControl, PluginLateError

MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 100_000, 100, 5_000
_LARGEST = 2**63
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ReportFailedError(Exception):
    """A report did not come to an end; the text names what happened."""


def run_report(control: PluginControl, found: Contribution, values: Mapping[str, Any]) -> ReportTable:
    """Return what a report finds, in plain texts and numbers. What it raises is a fault of its plugin, but for
    ValueError: then what the person entered does not fit. It has as long as other work in the background. Raises
    ReportFailedError."""
    spec: ReportType = found.spec
    place = f"report_types: {spec.id}"

    def compute() -> ReportTable:
        table = spec.run(found.ctx, values)
        if not isinstance(table, ReportTable):
            raise TypeError(f"it returned {type(table).__name__} where ReportTable was promised")
        return _plain_table(table)  # its rows may still be computed while they are read

    try:
        return control.let(found.plugin, place, compute)
    except ReportFailedError:
        raise
    except PluginLateError as error:
        control.fault(found.plugin, place, error)
        state = control.state(found.plugin)
        name = state.name if state is not None else found.plugin
        raise ReportFailedError(f"The plugin “{name}” took too long. {error}") from error
    except ValueError as error:
        raise ReportFailedError(str(error) or type(error).__name__) from error
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        control.fault(found.plugin, place, error)
        raise ReportFailedError(f"{type(error).__name__}: {error}".rstrip(": ")) from error


def as_csv(table: ReportTable, file: Path) -> None:
    """Write a table as comma-separated values that every spreadsheet reads as text and numbers. Raises OSError."""
    with file.open("w", encoding="utf-8-sig", newline="") as target:
        writer = csv.writer(target)
        writer.writerow([_harmless(one) for one in table.columns])
        for row in (*table.rows, *([table.total] if table.total else [])):
            writer.writerow([_harmless(one) for one in row])


def _plain_table(table: ReportTable) -> ReportTable:
    columns = tuple(_text(one) for one in islice(table.columns, MOST_COLUMNS + 1))
    rows = [tuple(map(_cell, islice(row, MOST_COLUMNS))) for row in islice(table.rows, MOST_ROWS + 1)]
    if len(rows) > MOST_ROWS:
        raise ReportFailedError(f"It has more than {MOST_ROWS} lines. Choose less of it.")
    if len(columns) > MOST_COLUMNS:
        raise ReportFailedError(f"It has more than {MOST_COLUMNS} columns.")
    return ReportTable(columns, rows, tuple(map(_cell, islice(table.total, MOST_COLUMNS))))


def _cell(value: Any) -> Any:
    """Return what can be shown while the window is painted: no code of the plugin, nothing that is too large."""
    if value is None or type(value) in {bool, float}:
        return value
    return value if type(value) is int and abs(value) < _LARGEST else _text(value)


def _text(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets a quote before it."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
