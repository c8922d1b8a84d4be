"""The table behind the painted rows: what mouse and keys do in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, QMimeData, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QDrag, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QToolTip

from desk_app.ui.language import tr
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.list_model import TicketListModel
from desk_app.ui.tickets.row_layout import RowPart, part_at, row_height
from desk_app.ui.tickets.row_painting import drag_picture
from desk_app.ui.widgets.keys import tip_with_key
from desk_app.ui.widgets.painted import Index, follow_ring, paint_ring
from desk_app.ui.widgets.painted_lines import show_as_lines

TICKETS_MIME = "application/x-desk-app-tickets"


def dragged_tickets(data: QMimeData) -> tuple[int, ...]:
    """Return the tickets that are being dragged, () where it is something else."""
    if not data.hasFormat(TICKETS_MIME):
        return ()
    return tuple(int(one) for one in json.loads(bytes(data.data(TICKETS_MIME).data()).decode()))


class TicketTable(QTableView):
    """A table with one painted column; a list view needs seconds for a million rows (toolchain.md trap 6)."""

    act_asked = Signal(str, int)
    """A quick action of a row (a value of `RowPart`) and its ticket."""

    def __init__(self, model: TicketListModel) -> None:
        super().__init__()
        self.focusing = False
        self.dragged: Callable[[], Sequence[int]] = lambda: ()
        """Tells which tickets go along when a row is dragged."""
        self.hovered = -1
        self._tickets = model
        self._pressed: QPoint | None = None
        self._pressed_part: RowPart | None = None
        self._held = False
        show_as_lines(self, model)
        self.setAccessibleName(tr("Tickets"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.resize_rows()
        theme().changed.connect(self.resize_rows)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Take the focus without taking the first row: Qt would make it current, and it would open unasked."""
        untouched = not self.currentIndex().isValid()
        self.focusing = untouched
        super().focusInEvent(event)
        if untouched:
            self.selectionModel().clearCurrentIndex()
        self.focusing = False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, and a ring around all of them while the keyboard is here and on none of them."""
        super().paintEvent(event)
        paint_ring(self)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Take the ring away when a row has the keyboard."""
        super().currentChanged(current, previous)
        follow_ring(self, current, previous)

    def scroll_to(self, value: int) -> None:
        """Scroll to a place in px; rows that were just inserted count."""
        self.updateGeometries()  # else the bar ends where it ended before
        self.verticalScrollBar().setValue(value)

    def resize_rows(self) -> None:
        """Follow text size and density."""
        self.verticalHeader().setMinimumSectionSize(24)
        self.verticalHeader().setDefaultSectionSize(row_height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave letters to the window's shortcuts."""
        if event.text().isalpha() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        super().keyPressEvent(event)

    # -- mouse ------------------------------------------------------------------------------------------------------
    def part_at(self, point: QPoint) -> tuple[QModelIndex, RowPart | None]:
        """Return which row, and which button of it, is at a point."""
        index = self.indexAt(point)
        return index, part_at(self.visualRect(index), point) if index.isValid() else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Press a button of the row, or select as usual."""
        point = event.position().toPoint()
        index, part = self.part_at(point)
        self._pressed_part = part if event.button() == Qt.MouseButton.LeftButton else None
        left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = point if index.isValid() and left else None
        plain = left and event.modifiers() == Qt.KeyboardModifier.NoModifier
        if self._pressed_part is not None:
            return
        if plain and self.selectionModel().isSelected(index) and len(self.dragged()) > 1:
            self._held = True  # all that is selected may be about to be dragged: decided when the button is let go
            self.setFocus()
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Do what the button says where it was pressed and released on it."""
        pressed, self._pressed_part = self._pressed_part, None
        held, self._held = self._held and self._pressed is not None, False
        self._pressed = None
        if held:
            index = self.indexAt(event.position().toPoint())
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(index, flags)
            self.clicked.emit(index)
            return
        if pressed is None:
            super().mouseReleaseEvent(event)
            return
        index, part = self.part_at(event.position().toPoint())
        ticket_id = self._tickets.id_at(index.row())
        if part is not pressed or ticket_id is None:
            return
        if part is RowPart.CHECK:
            flags = QItemSelectionModel.SelectionFlag.Toggle | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().select(index, flags)
        else:
            self.act_asked.emit(part.value, ticket_id)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take the second click on a button for a click."""
        if self.part_at(event.position().toPoint())[1] is not None:
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show the buttons of the row under the pointer; drag selected rows."""
        point = event.position().toPoint()
        self._hover(self.indexAt(point).row(), point)
        held = self._pressed is not None and self._pressed_part is None
        if held and event.buttons() & Qt.MouseButton.LeftButton:
            if (point - (self._pressed or point)).manhattanLength() >= 12:
                self._pressed = None
                self._drag()
            return  # moving over rows drags them, and never selects on the way
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the buttons."""
        self._hover(-1, QPoint(-1, -1))
        super().leaveEvent(event)

    def _hover(self, row: int, point: QPoint) -> None:
        over = self.part_at(point)[1] is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
        if row == self.hovered:
            if row >= 0:
                self.update(self.model().index(row, 0))
            return
        old, self.hovered = self.hovered, row
        for one in (old, row):
            if one >= 0:
                self.update(self.model().index(one, 0))

    def _drag(self) -> None:
        ids = list(self.dragged())
        if not ids:
            return
        data = QMimeData()
        data.setData(TICKETS_MIME, json.dumps(ids).encode())
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.setPixmap(drag_picture(tr("%n ticket(s)", len(ids)), self.devicePixelRatioF()))
        drag.setHotSpot(QPoint(-8, -8))
        drag.exec(Qt.DropAction.MoveAction)

    def viewportEvent(self, event: QEvent) -> bool:
        """Name the button under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index, part = self.part_at(event.pos())
            row = self._tickets.row_at(index.row()) if index.isValid() else None
            if part is not None and row is not None:
                QToolTip.showText(event.globalPos(), part_name(part, starred=row.starred), self)
                return True
        return super().viewportEvent(event)


def part_name(part: RowPart, *, starred: bool = False) -> str:
    """Return the words of a row's button with its key."""
    return {
        RowPart.CHECK: tip_with_key(tr("Select or leave out"), "X"),
        RowPart.STAR: tip_with_key(tr("Take the star away") if starred else tr("Star"), "*"),
        RowPart.ASSIGN: tip_with_key(tr("Assign…"), "A"),
        RowPart.SNOOZE: tip_with_key(tr("Snooze…"), "H"),
        RowPart.RESOLVE: tip_with_key(tr("Resolve"), "E"),
    }[part]
