"""What is under way and takes a while: the list behind the progress strip (ui.md 4.18)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

SHOWN_AFTER_SECONDS = 0.4
"""Work that takes longer shows that it goes on."""
CANCEL_AFTER_SECONDS = 10.0
"""Work that takes longer can be cancelled."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How a stream stands in the strip: `progress` returns how much of how much an item of it means, `stop` is what the
    cancel button does."""

    title: str
    progress: Callable[[Any], tuple[int, int]]
    stop: Callable[[], object]


class Task:
    """Something under way. `total` is 0 where nobody knows how much there is."""

    def __init__(self, tasks: Tasks, text: str, cancel: Callable[[], object] | None, *, cancel_at_once: bool) -> None:
        self._tasks, self._cancel, self._at_once = tasks, cancel, cancel_at_once
        self.text = text
        self.done, self.total = 0, 0
        self.began = time.monotonic()
        self.cancelled = False

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    @property
    def can_cancel(self) -> bool:
        """Whether it may be cancelled by now."""
        return self._cancel is not None and not self.cancelled and (self._at_once or self.age >= CANCEL_AFTER_SECONDS)

    def tell(self, text: str, done: int = 0, total: int = 0) -> None:
        """Say how far it is."""
        self.text, self.done, self.total = text, done, total
        self._tasks.changed.emit()

    def cancel(self) -> None:
        """Ask it to end; it is over when it says so itself."""
        if self._cancel is not None and not self.cancelled:
            self.cancelled = True
            self._cancel()
            self._tasks.changed.emit()

    def stopping(self) -> None:
        """Show that it was asked to end, by other means than its button."""
        self.cancelled = True
        self._tasks.changed.emit()

    def end(self) -> None:
        """It is over."""
        self._tasks.drop(self)


class Tasks(QObject):
    """Everything under way that has a name; used on the GUI thread only."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks: list[Task] = []

    def begin(self, text: str, cancel: Callable[[], object] | None = None, *, cancel_at_once: bool = False) -> Task:
        """Announce work; whoever did calls `end`. `cancel` is offered after ten seconds, or at once."""
        task = Task(self, text, cancel, cancel_at_once=cancel_at_once)
        self._tasks.append(task)
        self.changed.emit()
        return task

    def drop(self, task: Task) -> None:
        """Forget work that is over."""
        if task in self._tasks:
            self._tasks.remove(task)
            self.changed.emit()

    @property
    def under_way(self) -> tuple[Task, ...]:
        """What goes on, oldest first."""
        return tuple(self._tasks)
