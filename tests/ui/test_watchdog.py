"""The watchdog itself: it barks, says where, and does not bark at other threads or at waiting."""

from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import QTimer

from tests.ui.stage import pump
from tests.ui.watchdog import GuiWatchdog


def _compute(milliseconds: float) -> None:
    end = time.thread_time() + milliseconds / 1000
    while time.thread_time() < end:
        sum(range(200))


def test_a_long_stretch_fails_with_the_place_it_was_spent_in(gui_watchdog: GuiWatchdog) -> None:
    def hold() -> None:
        with gui_watchdog.watch("too long"):
            QTimer.singleShot(0, lambda: _compute(120))
            pump(lambda: False, 0.3)

    with pytest.raises(pytest.fail.Exception, match=r"(?s)too long: .* ms of the GUI thread.*_compute"):
        hold()
    assert gui_watchdog.longest.milliseconds > 100


def test_many_short_stretches_waiting_and_other_threads_are_fine(gui_watchdog: GuiWatchdog) -> None:
    other = threading.Thread(target=_compute, args=(150,))
    steps = iter(range(12))
    timer = QTimer()
    timer.timeout.connect(lambda: _compute(8) if next(steps, None) is not None else timer.stop())
    with gui_watchdog.watch("busy, yet answering"):
        other.start()
        timer.start(0)
        pump(lambda: not timer.isActive())
        time.sleep(0.1)
        pump(lambda: not other.is_alive())
    assert gui_watchdog.longest.milliseconds < 50


def test_what_a_watched_function_leaves_is_destroyed_on_its_own_thread(gui_watchdog: GuiWatchdog) -> None:
    """A sampler that keeps a frame owns what is in it: painters would end on a thread that must not touch them."""
    ended_on = set()

    class Left:
        def __del__(self) -> None:
            ended_on.add(threading.get_ident())

    def paint() -> None:
        left = Left()
        _compute(5)
        assert left

    with gui_watchdog.watch("painting", limit_ms=10_000):
        for _ in range(40):
            for _ in range(10):
                paint()
            gui_watchdog._beat()
    assert ended_on == {threading.get_ident()}
