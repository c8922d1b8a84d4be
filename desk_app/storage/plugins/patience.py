"""Transactions of plugins that take too long: ended from outside, so that nobody else waits for them.

On SQLite the desk has one writer. A plugin that hangs while it holds it would stop the mail, and its thread cannot be
stopped. PostgreSQL holds up nobody else, and ends what is idle by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from desk_app.plugin_api.errors import RefusedByDesk

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

WRITING_SECONDS = 20.0
READING_SECONDS = 120.0
TOO_LONG = "This transaction took too long, so it was undone: others wait for it. Be quick, and wait for nothing in it."


class Held:
    """A transaction that a plugin has open; `take` ends it from another thread."""

    def __init__(self, connection: Connection, take: Callable[[Connection], None]) -> None:
        self._connection = connection
        self._take = take
        self._lock = threading.Lock()
        self._over = False
        self.taken = False
        """Whether it was ended from outside; then there is nothing to commit, and nothing to roll back."""

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """End it after so many seconds. Raises RefusedByDesk where that was done, whatever else was raised."""
        _watch.begin(self, seconds)
        try:
            yield
        finally:
            _watch.end(self)
            with self._lock:
                self._over = True
                taken = self.taken
            if taken:
                raise RefusedByDesk(TOO_LONG) from None

    def end(self) -> None:
        """Take it away, unless it is over."""
        with self._lock:
            if not self._over:
                self.taken = True
                self._take(self._connection)


class _Watch:
    """Looks at the clock for every transaction that is open, on a thread that is there while there are any."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[float, Held]] = {}
        self._bell = threading.Condition()
        self._runs = False

    def begin(self, held: Held, seconds: float) -> None:
        """End a transaction after so many seconds."""
        with self._bell:
            self._open[id(held)] = time.monotonic() + seconds, held
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="plugin-transactions", daemon=True).start()
            self._bell.notify()

    def end(self, held: Held) -> None:
        """Look at it no longer."""
        with self._bell:
            self._open.pop(id(held), None)
            self._bell.notify()

    def _run(self) -> None:
        while self._waits():
            self._end_due()

    def _waits(self) -> bool:
        """Wait until one is due; returns whether there is any at all."""
        with self._bell:
            while self._open:
                left = min(end for end, _held in self._open.values()) - time.monotonic()
                if left <= 0:
                    return True
                self._bell.wait(left)
            self._runs = False
            return False

    def _end_due(self) -> None:
        with self._bell:
            now = time.monotonic()
            due = [held for end, held in self._open.values() if end <= now]
            for one in due:
                del self._open[id(one)]
        for one in due:
            one.end()


_watch = _Watch()
