"""Calls of plugins that somebody waits for: they get so much time, and a program that ends in one says in which
(plugins.md, "Isolation and recovery mode").

A thread cannot be killed in Python: a call that does not come back is left behind on a thread of its own, and its
plugin is not called again while it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from typing import TypeVar

from desk_app.plugin_api.marks import SECONDS, Waits
from desk_app.services.ports.plugins import PluginLateError
from desk_app.services.waiting import Excused, timed, waiting

T = TypeVar("T")


class TooSlowError(PluginLateError):
    """A plugin did not come back in time; `thread` is where it still is."""

    def __init__(self, said: str = "", thread: threading.Thread | None = None) -> None:
        super().__init__(said)
        self.thread = thread


class HangingError(TooSlowError):
    """A plugin that runs did not come back; the text is for people."""


class StillHangingError(TooSlowError):
    """A plugin was not called: an earlier call of it has not come back, and that was told when it was due."""


class LeftBehind:
    """The threads on which calls of one plugin never came back. Of a plugin that is switched on anew there are none."""

    def __init__(self) -> None:
        self._threads: tuple[threading.Thread, ...] = ()
        self._lock = threading.Lock()

    def add(self, thread: threading.Thread) -> None:
        """Take note of one."""
        with self._lock:
            self._threads = (*(one for one in self._threads if one.is_alive()), thread)

    def __bool__(self) -> bool:
        """Whether one of them is still there."""
        return any(one.is_alive() for one in self._threads)

    def wait(self, seconds: float) -> None:
        """Wait so long at most for each of them to come back."""
        for one in self._threads:
            one.join(seconds)


def within(
    seconds: float | None,
    function: Callable[[], T],
    *,
    name: str,
    late: Callable[[T], object] = lambda _answer: None,
    around: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> T:
    """Call on a thread of its own, inside of `around`, and return or raise what it returns or raises. Raises
    TooSlowError after `seconds`, not counting what it waits for the desk; `late` gets what comes after all."""
    answer: list[T] = []
    raised: list[BaseException] = []
    ending = threading.Lock()
    left_behind = threading.Event()
    excused = Excused()

    def call() -> None:
        try:
            with timed(excused), around():
                found = function()
            with ending:
                if not left_behind.is_set():
                    answer.append(found)
                    return
            late(found)
        except BaseException as error:  # noqa: BLE001 -- given to the one who waits
            raised.append(error)

    here = copy_context()  # what led to this call is known there, too: which changes of plugins it follows from
    thread = threading.Thread(target=lambda: here.run(call), name=name, daemon=True)
    thread.start()
    with waiting():
        _join(thread, seconds, excused)
    with ending:
        if not answer and not raised:
            left_behind.set()
            raise TooSlowError(thread=thread)
    if raised:
        raise raised[0]
    return answer[0]


def _join(thread: threading.Thread, seconds: float | None, excused: Excused) -> None:
    """Wait for a thread, longer by what it waits itself."""
    if seconds is None:
        thread.join()
        return
    begun = time.monotonic()
    while thread.is_alive() and (left := seconds + excused.seconds() - (time.monotonic() - begun)) > 0:
        thread.join(left)


class BoundedCalls:
    """Calls plugins for those who wait. `mark` notes which plugin is at what, for the next start to read; `seconds` is
    how long each of those who wait does so."""

    def __init__(
        self, mark: Callable[[str, str], AbstractContextManager[None]], seconds: Mapping[Waits, float] = SECONDS
    ) -> None:
        self._mark = mark
        self._seconds = seconds

    def __call__(self, plugin: str, doing: str, waits: Waits, left: LeftBehind, function: Callable[[], T]) -> T:
        """Return what a function of a plugin returns. Raises HangingError, StillHangingError where an earlier call is
        left behind, and whatever it raises."""
        if left:
            raise StillHangingError(f"It was not asked for {doing}: it has not come back from an earlier call.")
        seconds = self._seconds[waits]
        try:
            return within(seconds, function, name=f"plugin-call-{plugin}", around=lambda: self._mark(plugin, doing))
        except TooSlowError as error:
            if error.thread is None:  # of a call inside this one
                raise
            left.add(error.thread)
            said = f"It did not come back from {doing} within {seconds:g} seconds."
            raise HangingError(said, error.thread) from None
