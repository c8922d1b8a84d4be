"""Fails a test whose window does not answer: how long the GUI thread was held at a stretch, and by what.

def test_x(window, gui_watchdog):
    with gui_watchdog.watch("switching lists"):     # fails at its end where anything held the thread for over 50 ms
        window.inbox.sidebar.choose("closed")
        settle(window)

Judged by the processor time of the GUI thread, not by the clock on the wall: what other programs of a busy machine take
is no fault of the window. A timer is the heartbeat: what the thread computed between two beats was one stretch in which
no key and no click would have been answered. Only what the window does belongs into the block; what the test reads
counts as well.
"""

from __future__ import annotations

import faulthandler
import gc
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QObject, Qt, QTimer

LIMIT_MS = 50.0
"""What the speed promise of the window allows."""
_BEAT_MS = 2
_LOOK_SECONDS = 0.004
_STACKS = 6


@dataclass(slots=True)
class Stretch:
    """One stretch of work of the GUI thread; `stacks` are what it did, as seen from beside."""

    label: str
    milliseconds: float
    stacks: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        where = "\n  ... and later:\n".join(self.stacks) or "  (over before anybody could look)\n"
        return f"{self.label}: {self.milliseconds:.1f} ms of the GUI thread at a stretch, in\n{where}"


class GuiWatchdog:
    """Watches the thread it is made on; see the module."""

    def __init__(self) -> None:
        self.longest = Stretch("nothing", 0.0)
        """The longest stretch of all blocks so far."""
        self.limit_ms = LIMIT_MS
        self._thread = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._thread)
        self._label = ""
        self._began = 0.0
        self._stacks: list[str] = []
        self._found: list[Stretch] = []
        self._seen = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by `close`
        self._watching = threading.Event()
        self._end = threading.Event()
        self._home = QObject()
        self._timer = QTimer(self._home)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._sampler = threading.Thread(target=self._look, name="gui-watchdog", daemon=True)
        self._sampler.start()

    @contextmanager
    def watch(self, label: str, *, limit_ms: float | None = None) -> Iterator[None]:
        """Watch what happens inside and fail at the end where one stretch took longer than the limit."""
        gc.collect()  # what the test left behind is not the window's doing
        self._label, self._found, self._stacks = label, [], []
        self._began = time.thread_time()
        self._timer.start()
        self._watching.set()
        try:
            yield
            self._beat()
        finally:
            self._watching.clear()
            self._timer.stop()
        worst = max(self._found, key=lambda one: one.milliseconds, default=Stretch(label, 0.0))
        if worst.milliseconds > self.longest.milliseconds:
            self.longest = worst
        limit = self.limit_ms if limit_ms is None else limit_ms
        if worst.milliseconds > limit:
            others = sum(one.milliseconds > limit for one in self._found) - 1
            pytest.fail(f"over {limit:.0f} ms ({others} more such stretches): {worst}")

    def close(self) -> None:
        """Stop looking."""
        self._end.set()
        self._watching.set()
        self._sampler.join(5)
        self._timer.stop()
        self._seen.close()

    def _beat(self) -> None:
        now = time.thread_time()
        held, stacks = (now - self._began) * 1000, self._stacks
        self._began, self._stacks = now, []
        self._found.append(Stretch(self._label, held, stacks))
        if len(self._found) > 200:
            self._found = sorted(self._found, key=lambda one: one.milliseconds)[-50:]

    def _look(self) -> None:
        while not self._end.wait(_LOOK_SECONDS):
            self._watching.wait()
            held = (time.clock_gettime(self._clock) - self._began) * 1000
            if held < self.limit_ms / 3 or len(self._stacks) >= _STACKS:
                continue
            self._stacks.append(self._stack())

    def _stack(self) -> str:
        """What the GUI thread is doing, innermost first.

        Never through a frame object: whoever holds one becomes the owner of what the function left behind, and this
        thread would destroy painters and widgets of the GUI thread.
        """
        self._seen.seek(0)
        self._seen.truncate()
        faulthandler.dump_traceback(self._seen, all_threads=True)
        self._seen.seek(0)
        for part in self._seen.read().split("\n\n"):
            head, _, lines = part.partition("\n")
            if f"0x{self._thread:016x}" in head:
                return "\n".join([line for line in lines.splitlines() if "/_pytest/" not in line][:14])
        return ""


@pytest.fixture
def gui_watchdog(qapp: object) -> Iterator[GuiWatchdog]:
    """Fails the test where the GUI thread was held for longer than 50 ms inside a `watch` block."""
    if not hasattr(time, "pthread_getcpuclockid"):
        pytest.skip("this system does not tell the processor time of another thread")
    made = GuiWatchdog()
    yield made
    made.close()
