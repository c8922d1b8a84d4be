"""Draws one row of the ticket list, and keeps the picture of it (ui.md 4.2 and 7.4)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desk_app.services.queries.facts import DeskFacts
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import named
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.due import due_chip
from desk_app.ui.tickets.list_model import TicketListModel
from desk_app.ui.tickets.list_table import TicketTable
from desk_app.ui.tickets.phrases import BUCKET_TONES, short_time, utc_now
from desk_app.ui.tickets.row_layout import part_at, row_height
from desk_app.ui.tickets.row_painting import (
    Chip,
    RowPainter,
    paint_check,
    paint_person,
    paint_quick,
    paint_skeleton,
)
from desk_app.ui.widgets.painted_lines import paint_row_line, paint_row_state

KEPT_PICTURES = 120
"""Rows whose picture is kept: three screens full."""
_PLAIN_KEYS = {"new", "open"}
State = QStyle.StateFlag


class TicketDelegate(QStyledItemDelegate):
    """Two or three lines of text and some chips, all painted; nothing here may look anything up."""

    def __init__(self, view: TicketTable, model: TicketListModel, facts: Callable[[], DeskFacts]) -> None:
        super().__init__(view)
        self._view = view
        self._model = model
        self._facts = facts
        self.quiet_bucket = ""
        """The bucket whose status is no news in this list."""
        self.shows_due = True
        self.several = False
        """Whether tickets are being selected: then selected rows show a check box."""
        self._painter = RowPainter()
        self._pictures: OrderedDict[tuple[object, ...], QPixmap] = OrderedDict()
        theme().changed.connect(self.restyle)

    def restyle(self) -> None:
        """Take fonts and colours from the theme anew."""
        self._painter.restyle()
        self._pictures.clear()

    def forget(self) -> None:
        """Draw everything anew: what lists show has changed."""
        self._pictures.clear()
        self._view.viewport().update()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the fixed height of a row."""
        return QSize(200, row_height())

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the row, or a placeholder while it loads."""
        area: QRect = option.rect
        row = self._model.row_at(index.row())
        hovered = index.row() == self._view.hovered
        focused = bool(option.state & State.State_HasFocus) and self._view.hasFocus()
        selected = bool(option.state & State.State_Selected)
        if row is None or hovered:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw(painter, area, row, selected=selected, focused=focused, hovered=hovered)
            painter.restore()
            return
        now = utc_now()
        ratio = self._view.devicePixelRatioF()
        key = (
            row,
            self._model.extras(row.id),
            area.width(),
            area.height(),
            selected,
            focused,
            self._view.isActiveWindow(),
            self.several,
            ratio,
            short_time(row.activity_at, now),
            due_chip(row.due_at, row.created_at, now) if row.due_at is not None else None,
        )
        picture = self._pictures.get(key)
        if picture is None:
            picture = self._picture(area, row, ratio, selected=selected, focused=focused)
            self._pictures[key] = picture
            if len(self._pictures) > KEPT_PICTURES:
                self._pictures.popitem(last=False)
        else:
            self._pictures.move_to_end(key)
        painter.drawPixmap(area.topLeft(), picture)

    def _picture(self, area: QRect, row: TicketRow, ratio: float, *, selected: bool, focused: bool) -> QPixmap:
        made = QPixmap(round(area.width() * ratio), round(area.height() * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(theme().colour("bg_surface"))
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRect(0, 0, area.width(), area.height())
        self._draw(painter, whole, row, selected=selected, focused=focused, hovered=False)
        painter.end()
        return made

    def _draw(
        self, painter: QPainter, area: QRect, row: TicketRow | None, *, selected: bool, focused: bool, hovered: bool
    ) -> None:
        if not (selected or hovered):
            paint_row_line(painter, area, 58)
        active = self._view.isActiveWindow()
        inside = area.adjusted(6, 2, -6, -2)
        paint_row_state(painter, inside, selected=selected, focused=focused, hovered=hovered, active=active)
        if row is None:
            paint_skeleton(painter, area)
            return
        if hovered or (selected and self.several):
            paint_check(painter, area, checked=selected and self.several)
        else:
            paint_person(painter, area, row)
        now = utc_now()
        self._painter.row(
            painter,
            area,
            row,
            when=short_time(row.activity_at, now),
            chips=self._chips(row),
            dot=self._dot(row),
            quick=hovered,
            marked=selected,
        )
        if hovered:
            point = self._view.viewport().mapFromGlobal(self._view.cursor().pos())
            paint_quick(painter, area, row, part_at(area, point))

    def _chips(self, row: TicketRow) -> list[Chip]:
        chips: list[Chip] = []
        if row.bucket.value != self.quiet_bucket or row.status_key not in {*_PLAIN_KEYS, row.bucket.value}:
            chips.append((named(row.status_name), BUCKET_TONES[row.bucket]))
        if row.due_at is not None and self.shows_due:
            chips.append(due_chip(row.due_at, row.created_at, utc_now()))
        return [*chips, *self._model.extras(row.id)]

    def _dot(self, row: TicketRow) -> QColor | None:
        account = self._facts().account(row.account_ids[0]) if row.account_ids else None
        return theme().colour(account.colour) if account is not None else None
