"""Calls a plugin's session on a thread of its own, so that a call which never comes back holds nobody up."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

LONG_SECONDS = 180.0
"""So long fetching or sending may take."""
SHORT_SECONDS = 60.0
"""So long everything else may take."""
BUILD_SECONDS = 15.0
"""So long a channel may take to put a message into its form, while a person waits who sends it."""
GRACE_SECONDS = 2.0
"""So long a call that is under way may go on when the session is ended."""
_LOOK_SECONDS = 0.2


class CallLeftBehindError(Exception):
    """A call did not come back in time; its thread was left behind."""


class _Call:
    """One call, and what came of it."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.done = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result = self.function()
        except BaseException as error:  # noqa: BLE001 -- given to the one who waits
            self.error = error
        self.done.set()


class CallLine:
    """All calls of one session, one after the other on one thread. `ended` is set when nobody shall wait any more."""

    def __init__(self, name: str, ended: threading.Event) -> None:
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._ended = ended
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def call(self, function: Callable[[], Any], seconds: float) -> Any:
        """Call and return the result. Raises what it raises, and CallLeftBehindError."""
        call = _Call(function)
        self._calls.put(call)
        until, ending = time.monotonic() + seconds, 0.0
        while not call.done.wait(_LOOK_SECONDS):
            now = time.monotonic()
            if self._ended.is_set() and not ending:
                ending = now + GRACE_SECONDS
            if now >= until or (ending and now >= ending):
                raise CallLeftBehindError
        if call.error is not None:
            raise call.error
        return call.result

    def close(self) -> None:
        """Let the thread end after what it is at."""
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call.run()
