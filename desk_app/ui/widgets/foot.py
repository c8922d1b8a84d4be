"""The lower end of a pane, lent to what appears for a while: messages and jobs stand there and hide nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar
from weakref import WeakKeyDictionary, WeakSet

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Signal
from PySide6.QtWidgets import QWidget

_MOVES = frozenset({QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide})


class Foot(QObject):
    """Keeps the lower end of the first visible of some panes free: the pane's content ends above it, so that every line
    of it can still be seen and pressed. Several may keep room in one pane; the one of the lowest `order` stands lowest.
    """

    moved = Signal()
    """The place is another one: look where to stand."""
    _kept: ClassVar[WeakKeyDictionary[QWidget, dict[Foot, int]]] = WeakKeyDictionary()
    _own: ClassVar[WeakKeyDictionary[QWidget, int]] = WeakKeyDictionary()
    """The lower margin, in px, that a pane has by itself."""

    def __init__(self, host: QWidget, panes: Callable[[], Sequence[QWidget]], order: int) -> None:
        super().__init__(host)
        self._host, self._panes, self.order = host, panes, order
        self._watched: WeakSet[QWidget] = WeakSet()
        self._held: QWidget | None = None
        self._watch(host)

    def pane(self) -> QWidget | None:
        """The pane to stand in: the first one that is on screen, None where there is none."""
        return next(iter(self.panes()), None)

    def panes(self) -> Sequence[QWidget]:
        """The panes that are on screen, the best one first."""
        panes = tuple(self._panes())
        for one in panes:
            self._watch(one)
        return tuple(one for one in panes if one.isVisible())

    def keep(self, pane: QWidget, px: int) -> QRect:
        """Keep `px` free in a pane and return that place in the host's coordinates."""
        if self._held is not pane:
            self.give_back()
            self._held = pane
        kept = self._kept.setdefault(pane, {})
        if kept.get(self) != px:
            kept[self] = px
            self._lift(pane)
        below = sum(height for one, height in kept.items() if one.order < self.order)
        corner = pane.mapTo(self._host, QPoint(0, pane.height() - below - px))
        return QRect(corner.x(), corner.y(), pane.width(), px)

    def give_back(self) -> None:
        """Need no room any more."""
        pane, self._held = self._held, None
        if pane is not None and self._kept.get(pane, {}).pop(self, None) is not None:
            self._lift(pane)

    def _lift(self, pane: QWidget) -> None:
        """Let the content of a pane end above what is kept free of it, and tell those who stand higher."""
        kept, layout = self._kept.get(pane, {}), pane.layout()
        if layout is not None:
            margins = layout.contentsMargins()
            own = self._own.setdefault(pane, margins.bottom())
            margins.setBottom(own + sum(kept.values()))
            layout.setContentsMargins(margins)
        for one in tuple(kept):
            if one.order > self.order:
                one.moved.emit()

    def _watch(self, pane: QWidget) -> None:
        """Follow a pane and what it lies in: it moves with them without being told."""
        inside: QWidget | None = pane
        while inside is not None and inside not in self._watched:
            self._watched.add(inside)
            inside.installEventFilter(self)
            inside = inside.parentWidget() if inside is not self._host else None

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follow the sizes of window and panes, and which of them are on screen."""
        if event.type() in _MOVES:
            self.moved.emit()
        return False
