"""The logs as the window shows them; secrets were taken out when they were written (SE-08)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_MOST_BYTES = 400_000
_LINE = re.compile(
    r"^(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(?P<ms>\d{3}) (?P<level>[A-Z]+)\s+(?P<pid>\d+) (?P<rest>.*)$"
)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry: `at` is this computer's local time, `source` the kind of program, `trace` what stands below it."""

    at: datetime
    level: str
    source: str
    text: str
    trace: tuple[str, ...] = field(default=())

    @property
    def whole(self) -> str:
        """The entry as one text, to be copied."""
        head = f"{self.at:%Y-%m-%d %H:%M:%S} {self.level} {self.source} {self.text}"
        return "\n".join((head, *self.trace))


def read_logs(folder: Path, *, least: str = "INFO", words: str = "", limit: int = 500) -> Sequence[LogLine]:
    """Return the newest entries of all programs, newest first: of at least a level and with some words in them."""
    wanted, text = LEVELS[LEVELS.index(least) :], words.casefold()
    found = [
        line
        for file in (folder.glob("*.log") if folder.is_dir() else ())
        for line in _entries(file)
        if line.level in wanted and (not text or text in line.whole.casefold())
    ]
    return sorted(found, key=lambda line: line.at)[::-1][:limit]  # what came at the same moment stays in order


def _entries(file: Path) -> list[LogLine]:
    try:
        with file.open("rb") as source:
            source.seek(0, 2)
            source.seek(max(0, source.tell() - _MOST_BYTES))
            content = source.read().decode("utf-8", "replace")
    except OSError:
        return []
    entries: list[LogLine] = []
    for line in content.splitlines():
        match = _LINE.match(line)
        if match is not None:
            at = datetime.fromisoformat(match["at"]).replace(microsecond=int(match["ms"]) * 1000)
            entries.append(LogLine(at, match["level"], file.stem, match["rest"]))
        elif entries and line.strip():
            last = entries[-1]
            entries[-1] = LogLine(last.at, last.level, last.source, last.text, (*last.trace, line))
    return entries
