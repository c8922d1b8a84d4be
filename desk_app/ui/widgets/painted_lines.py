"""Lists whose lines are painted whole: how such a list is set up, and what lies behind its lines (ui.md 4.2)."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QItemSelectionModel, QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView

from desk_app.ui.theme.theme import theme


def show_as_lines(view: QTableView, model: QAbstractTableModel) -> None:
    """Show the rows of a model as lines that a delegate paints whole: a list view would lay out every line."""
    view.setModel(model)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setShowGrid(False)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setTabKeyNavigation(False)
    view.setMouseTracking(True)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    columns = view.horizontalHeader()
    columns.setSelectionModel(QItemSelectionModel(model, view))  # its own, or a selection of all rows takes seconds
    columns.setStretchLastSection(True)
    columns.hide()
    view.verticalHeader().hide()
    view.verticalScrollBar().setSingleStep(27)


def paint_row_line(painter: QPainter, area: QRect, left: int) -> None:
    """Draw the line below a row that is neither selected nor under the pointer; `left` px of the row have none."""
    painter.setPen(theme().colour("border_subtle"))
    painter.drawLine(area.left() + left, area.bottom(), area.right() - 14, area.bottom())


def paint_row_state(
    painter: QPainter, inside: QRect, *, selected: bool, focused: bool, hovered: bool, active: bool
) -> None:
    """Draw behind a row that it is selected, has the keyboard, or is under the pointer; `active` is its window."""
    colours = theme()
    painter.setPen(Qt.PenStyle.NoPen)
    if selected or hovered:
        token = ("bg_selected" if active else "bg_selected_inactive") if selected else "bg_hover"
        painter.setBrush(colours.colour(token))
        painter.drawRoundedRect(inside, 8, 8)
    if selected:
        painter.setBrush(colours.colour("accent"))
        painter.drawRoundedRect(QRectF(inside.left(), inside.top() + 10, 3, inside.height() - 20), 1.5, 1.5)
    if focused:
        painter.setPen(colours.colour("focus"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(inside).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
