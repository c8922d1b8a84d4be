"""The keys of one window."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


class Shortcuts:
    """Which keys of a window call what. `pressed` is called before each of them."""

    def __init__(self, window: QWidget, pressed: Callable[[], object] | None = None) -> None:
        self._window, self._pressed = window, pressed
        self._bound: list[QShortcut] = []

    def bind(self, calls: Iterable[tuple[str, Callable[[], object]]]) -> None:
        """Let these keys call what stands beside them, and none that were bound before."""
        for old in self._bound:
            old.setEnabled(False)
            old.deleteLater()
        self._bound = [self._shortcut(key, call) for key, call in calls]

    def _shortcut(self, key: str, call: Callable[[], object]) -> QShortcut:
        made = QShortcut(QKeySequence(key), self._window)
        if self._pressed is not None:
            made.activated.connect(self._pressed)
        made.activated.connect(call)
        return made

    @property
    def keys(self) -> list[str]:
        """The keys that are bound, in the order in which they were."""
        return [one.key().toString() for one in self._bound]
