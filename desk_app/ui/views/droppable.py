"""A line of the sidebar that takes tickets, and that can be moved itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import (
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
)

from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.list_table import dragged_tickets
from desk_app.ui.widgets.painted import NavItem

VIEW_MIME = "application/x-desk-app-view"
_TINT = 0.14


class DropItem(NavItem):
    """Marks itself while something hovers over it that it can take.

    With `accepts` it takes tickets. With a `view_id` it can be dragged, and Alt+Up and Alt+Down move it; another one
    dropped on it takes its place.
    """

    tickets_dropped = Signal(object)
    """A tuple of ticket ids."""
    view_dropped = Signal(int)
    moved = Signal(int)
    """-1: up, 1: down."""

    def __init__(
        self, text: str, icon_name: str = "", *, dot: str = "", accepts: bool = False, view_id: int = 0
    ) -> None:
        super().__init__(text, icon_name, dot=dot)
        self._accepts, self._view_id = accepts, view_id
        self._over = False
        self._pressed: QPoint | None = None
        self.setAcceptDrops(accepts or view_id > 0)

    def _takes(self, data: QMimeData) -> bool:
        return (self._accepts and bool(dragged_tickets(data))) or (self._view_id > 0 and data.hasFormat(VIEW_MIME))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say whether it can be dropped here."""
        if self._takes(event.mimeData()):
            self._over = True
            self.update()
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Go on taking it."""
        if self._takes(event.mimeData()):
            event.acceptProposedAction()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Take the mark away."""
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell what was dropped."""
        self._over = False
        self.update()
        data = event.mimeData()
        event.acceptProposedAction()
        if self._accepts and (ids := dragged_tickets(data)):
            self.tickets_dropped.emit(ids)
        elif data.hasFormat(VIEW_MIME):
            self.view_dropped.emit(int(bytes(data.data(VIEW_MIME).data()).decode()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag may begin."""
        self._pressed = event.position().toPoint() if self._view_id else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin to drag."""
        point = event.position().toPoint()
        if self._pressed is None or (point - self._pressed).manhattanLength() < 10:
            super().mouseMoveEvent(event)
            return
        self._pressed = None
        self.setDown(False)
        data = QMimeData()
        data.setData(VIEW_MIME, str(self._view_id).encode())
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.setPixmap(self.grab())
        drag.exec(Qt.DropAction.MoveAction)

    def event(self, event: QEvent) -> bool:
        """Keep Alt+Up and Alt+Down for itself: elsewhere they step through messages."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._step(event):
            event.accept()
            return True
        return super().event(event)

    def _step(self, event: QKeyEvent) -> int:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        return steps.get(Qt.Key(event.key()), 0) if self._view_id and alt else 0

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with Alt and the arrow keys."""
        if step := self._step(event):
            self.moved.emit(step)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: object) -> None:
        """Draw the line, tinted and framed while something hovers over it."""
        super().paintEvent(event)
        if self._over:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().colour("accent"), 2))
            tint = theme().colour("accent")
            tint.setAlphaF(_TINT)
            painter.setBrush(tint)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 6, 6)
