"""How answers look: tables for people, JSON with stable keys for programs."""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from desk_app.infra.logging import redact


def print_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print one JSON value; instants become ISO 8601 in UTC with a Z."""
    say(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def say(text: str = "") -> None:
    """Print a line to standard output."""
    sys.stdout.write(text + "\n")


def complain(message: str, advice: str = "") -> None:
    """Print what went wrong, and what to do, as one line to standard error; never with a secret in it."""
    text = " ".join(f"{message} {advice}".split())
    if sys.stderr is not None:  # a program without a console has none (Windows, desk-app-window)
        sys.stderr.write(f"desk-app: {redact(text)}\n")


def instant(at: datetime | None) -> str:
    """Return an instant as people here read it: local time, to the minute; "" for none."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else ""


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, stretch: int = -1) -> None:
    """Print aligned columns without ruling; on a terminal, the column `stretch` is cut so that lines fit."""
    cells = [[_one_line(str(cell if cell is not None else "")) for cell in row] for row in rows]
    widths = [max([_width(heading), *(_width(row[i]) for row in cells)]) for i, heading in enumerate(headings)]
    if stretch >= 0 and (sys.stdout.isatty() or os.environ.get("COLUMNS")):
        room = shutil.get_terminal_size((120, 24)).columns - sum(widths) - 2 * (len(widths) - 1) + widths[stretch]
        widths[stretch] = min(widths[stretch], max(room, 16))
    for row in ([heading.upper() for heading in headings], *cells):
        say("  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _one_line(text: str) -> str:
    """Without control characters: mail must not move a terminal's cursor or colour it."""
    kept = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in text)
    return " ".join(kept.split())


def safe_text(text: str) -> str:
    """Return text of others for a terminal: line breaks stay, every other control character goes."""
    return "".join(
        char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co"}
    )


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    if _width(text) > width:
        while text and _width(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _width(text))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
