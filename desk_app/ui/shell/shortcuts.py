"""The keys of one window."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from desk_app.plugin_api.ui import ActionSpec

_STEPS = frozenset(
    ["list.next", "list.previous", "list.extend_next", "list.extend_previous", "thread.next", "thread.previous"]
)


class Shortcuts:
    """Which keys of a window call what. `pressed` is called before each of them."""

    def __init__(self, window: QWidget, pressed: Callable[[], object] | None = None) -> None:
        self._window, self._pressed = window, pressed
        self._bound: list[QShortcut] = []

    def bind(self, calls: Iterable[tuple[str, Callable[[], object]]], stepping: Collection[str] = ()) -> None:
        """Let these keys call what stands beside them, and none that were bound before. Only those that go a step
        further go on while they are held down: one press changes one ticket."""
        for old in self._bound:
            old.setEnabled(False)
            old.deleteLater()
        self._bound = [self._shortcut(key, call, repeats=key in stepping) for key, call in calls]

    def _shortcut(self, key: str, call: Callable[[], object], *, repeats: bool) -> QShortcut:
        made = QShortcut(QKeySequence(key), self._window)
        made.setAutoRepeat(repeats)
        if self._pressed is not None:
            made.activated.connect(self._pressed)
        made.activated.connect(call)
        return made

    @property
    def keys(self) -> list[str]:
        """The keys that are bound, in the order in which they were."""
        return [one.key().toString() for one in self._bound]

    @property
    def repeating(self) -> frozenset[str]:
        """Those among them that go on while they are held down."""
        return frozenset(one.key().toString() for one in self._bound if one.autoRepeat())


def stepping_keys(actions: Iterable[ActionSpec]) -> frozenset[str]:
    """Return the keys of the commands that go a step further: through a list, or through a thread."""
    return frozenset(key for one in actions if one.id in _STEPS for key in one.keys)
