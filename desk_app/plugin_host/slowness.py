"""Hooks that hold the window up: noted, and after the third second-long one a person is offered to pause the plugin."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable

from desk_app.plugin_api.context import Mode
from desk_app.plugin_api.marks import Thread
from desk_app.plugin_host.dispatch import Slow
from desk_app.plugin_host.states import Standing

VERY_SLOW_SECONDS = 1.0
TOO_OFTEN = 3
_log = logging.getLogger(__name__)


class SlowHooks:
    """Counts what was slow in this program; told by the dispatcher on whichever thread the call was."""

    def __init__(self, standing: Standing, tell: Callable[[str], None]) -> None:
        self._standing = standing
        self._tell = tell
        self._very: Counter[str] = Counter()

    def note(self, slow: Slow) -> None:
        """Take note of a slow call; those off the GUI thread hold nobody up and stand among the timings only."""
        window = self._standing.mode is Mode.GUI and threading.current_thread() is threading.main_thread()
        if not window and slow.record.thread is not Thread.GUI:
            return
        _log.warning("the plugin %s held the window up for %.1f s in %s", slow.plugin, slow.seconds, slow.hook)
        if slow.seconds > VERY_SLOW_SECONDS:
            self._very[slow.plugin] += 1
        times = self._very[slow.plugin]
        if times >= TOO_OFTEN:
            text = f"It has held the window up for more than a second {times} times. Pause it?"
        else:
            text = f"It held the window up for {slow.seconds:.1f} seconds in {slow.hook}."
        self._standing.slow[slow.plugin] = text
        self._tell(slow.plugin)

    def forget(self, slug: str) -> None:
        """Begin to count anew."""
        self._very.pop(slug, None)
        self._standing.slow.pop(slug, None)
