"""Time that somebody with a limit waits for the desk itself: it does not count against the limit.

Who is given so much time runs inside of `timed`; whoever makes that thread wait for something that is not its own doing
says so with `waiting`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Excused:
    """How long somebody has waited for others so far. Written by the thread that waits, read by any."""

    def __init__(self) -> None:
        self._state: tuple[float, float | None] = (0.0, None)  # seconds that are over, and since when it waits now

    def seconds(self) -> float:
        """Return how long, a wait that goes on included."""
        over, since = self._state
        return over if since is None else over + time.monotonic() - since

    def begin(self) -> bool:
        """Begin to wait; returns False where that wait is inside another one."""
        over, since = self._state
        if since is not None:
            return False
        self._state = (over, time.monotonic())
        return True

    def end(self) -> None:
        """Wait no longer."""
        self._state = (self.seconds(), None)


_mine: ContextVar[Excused | None] = ContextVar("excused", default=None)


@contextmanager
def timed(excused: Excused) -> Iterator[None]:
    """Add what this thread waits inside of the block to `excused`."""
    token = _mine.set(excused)
    try:
        yield
    finally:
        _mine.reset(token)


@contextmanager
def waiting() -> Iterator[None]:
    """Wait, inside of the block, for something that nobody with a limit can help."""
    excused = _mine.get()
    if excused is None or not excused.begin():
        yield
        return
    try:
        yield
    finally:
        excused.end()
