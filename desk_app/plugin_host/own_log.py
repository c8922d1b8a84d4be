"""A plugin's own log: in the program's log under its name, and the newest lines for the Plugins page."""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

KEPT = 500
"""Lines kept for the Plugins page."""
LONGEST = 2_000
LONGEST_TRACE = 12_000
_MARGIN = 21_000
"""Characters beyond those that are shown: a secret that begins among them is known as a whole, and so blackened."""
_BURST, _PER_SECOND = 200.0, 10.0  # lines a plugin may write into the program's log, which rotates


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a plugin's log. `level` is as in `logging`; `text` may have several lines where an error is told."""

    at: datetime
    level: int
    text: str


class OwnLog:
    """The log of one plugin; any thread. `redact` takes secrets out of a text."""

    def __init__(self, name: str, now: Callable[[], datetime], redact: Callable[[str], str]) -> None:
        self._log = logging.getLogger(f"desk_app.plugin.{name}")
        self._now = now
        self._redact = redact
        self._ring: deque[LogLine] = deque(maxlen=KEPT)
        self._lock = threading.RLock()  # a destructor that Python runs in here may write, too
        self._allowance, self._filled = _BURST, time.monotonic()
        self._left_out = 0

    def debug(self, message: str, *arguments: object) -> None:
        """For the author only."""
        self._write(logging.DEBUG, message, arguments)

    def info(self, message: str, *arguments: object) -> None:
        """Something worth knowing."""
        self._write(logging.INFO, message, arguments)

    def warning(self, message: str, *arguments: object) -> None:
        """Something that may need a person."""
        self._write(logging.WARNING, message, arguments)

    def error(self, message: str, *arguments: object, exc_info: bool = False) -> None:
        """Something that failed."""
        trace = ""
        if exc_info and sys.exc_info()[0] is not None:
            trace = "\n" + self._redact(traceback.format_exc().rstrip()[-LONGEST_TRACE - _MARGIN :])[-LONGEST_TRACE:]
        self._write(logging.ERROR, message, arguments, trace)

    def exception(self, message: str, *arguments: object) -> None:
        """Something that failed, with the exception that is being handled."""
        self.error(message, *arguments, exc_info=True)

    def lines(self) -> Sequence[LogLine]:
        """Return the newest lines, oldest first."""
        with self._lock:
            return tuple(self._ring)

    def _write(self, level: int, message: object, arguments: Sequence[object], trace: str = "") -> None:
        if level == logging.DEBUG and not self._log.isEnabledFor(level):
            return
        said = _formatted(message, arguments)
        shown = self._redact(said[: LONGEST + _MARGIN])[:LONGEST]
        text = (shown if len(said) <= LONGEST else f"{shown} ... [{len(said) - LONGEST} characters cut]") + trace
        with self._lock:
            self._ring.append(LogLine(self._now(), level, text))
            passed, left_out = self._passes()
        if left_out:
            self._log.warning("%d lines were left out: the plugin writes too many", left_out)
        if passed:
            self._log.log(level, "%s", text)

    def _passes(self) -> tuple[bool, int]:
        """Whether the program's log takes another line, and how many it did not take before."""
        now = time.monotonic()
        self._allowance = min(_BURST, self._allowance + (now - self._filled) * _PER_SECOND)
        self._filled = now
        if self._allowance < 1:
            self._left_out += 1
            return False, 0
        self._allowance -= 1
        left_out, self._left_out = self._left_out, 0
        return True, left_out


def _formatted(message: object, arguments: Sequence[object]) -> str:
    """A message with its arguments; never raises, whatever they are."""
    try:
        return str(message) % arguments if arguments else str(message)
    except Exception:  # noqa: BLE001 -- a plugin's objects may do anything when they are shown
        shown = ", ".join(_shown(one) for one in arguments)
        return f"{_shown(message)} [{shown}]"


def _shown(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 -- as above
        return f"<{type(value).__name__} that cannot be shown>"
