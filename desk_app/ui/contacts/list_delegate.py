"""Draws one line of the list of people or organizations."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from desk_app.services.queries.contacts import ContactRow
from desk_app.ui.contacts.list_model import DirectoryModel, Row
from desk_app.ui.language import tr
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.icons import pixmap
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.phrases import short_time, utc_now
from desk_app.ui.widgets.painted import hue, paint_avatar
from desk_app.ui.widgets.painted_lines import paint_row_line, paint_row_state

ROW_HEIGHT = 62
_LEFT = 60


class DirectoryDelegate(QStyledItemDelegate):
    """Two lines of text, all painted; nothing here may look anything up."""

    def __init__(self, view: QTableView, model: DirectoryModel) -> None:
        super().__init__(view)
        self._view, self._model = view, model
        self._fonts: dict[str, QFont] = {}
        self._metrics: dict[str, QFontMetrics] = {}
        self.restyle()
        theme().changed.connect(self.restyle)

    def restyle(self) -> None:
        """Take fonts from the theme anew."""
        self._fonts = {"name": font(13, 600), "line": font(12), "small": font(11, 500, tabular=True)}
        self._metrics = {key: QFontMetrics(one) for key, one in self._fonts.items()}

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the fixed height of a row."""
        return QSize(200, theme().px(ROW_HEIGHT))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the row, or a placeholder while it loads."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area: QRect = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if not (selected or hovered):
            paint_row_line(painter, area, _LEFT)
        paint_row_state(
            painter,
            area.adjusted(6, 1, -6, -1),
            selected=selected,
            focused=bool(option.state & QStyle.StateFlag.State_HasFocus) and self._view.hasFocus(),
            hovered=hovered,
            active=self._view.isActiveWindow(),
        )
        row = self._model.row_at(index.row())
        if row is None:
            self._skeleton(painter, area)
        else:
            self._row(painter, area, row)
        painter.restore()

    def _skeleton(self, painter: QPainter, area: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("bg_hover"))
        painter.drawEllipse(QRectF(area.left() + 18, area.center().y() - 16, 32, 32))
        for line, share in enumerate((0.4, 0.6)):
            width = (area.width() - 76) * share
            painter.drawRoundedRect(QRectF(area.left() + _LEFT, area.center().y() - 14 + 19 * line, width, 9), 4, 4)

    def _row(self, painter: QPainter, area: QRect, row: Row) -> None:
        colours = theme()
        line = colours.px(20)
        left, right = area.left() + _LEFT, area.right() - 16
        top = area.top() + (area.height() - 2 * line) // 2
        circle = QRectF(area.left() + 18, area.center().y() - 15, 32, 32)
        if isinstance(row, ContactRow):
            paint_avatar(painter, circle, row.name or row.email)
            when = short_time(row.last_contact_at, utc_now()) if row.last_contact_at is not None else ""
            below = " · ".join(part for part in (row.email, row.organization) if part)
        else:
            self._building(painter, circle, row.name)
            when = tr("%n member(s)", row.members)
            below = ", ".join(row.domains) or tr("No domain")
        edge = self._right_text(painter, QRect(left, top, right - left, line), when)
        name = row.name or getattr(row, "email", "")
        self._text(painter, QRect(left, top, edge - left - 8, line), "name", "text_primary", name)
        edge = right + 1
        lower = QRect(left, top + line, right - left, line)
        if isinstance(row, ContactRow):
            if row.blocked:
                edge = self._chip(painter, edge, lower, tr("Blocked"), "danger")
            if row.failing:
                edge = self._chip(painter, edge, lower, tr("Mail fails"), "warning")
        if row.open_tickets:
            edge = self._chip(painter, edge, lower, tr("%n open", row.open_tickets), "info")
        self._text(painter, QRect(left, top + line, edge - left - 6, line), "line", "text_tertiary", below)

    def _building(self, painter: QPainter, circle: QRectF, name: str) -> None:
        colours = theme()
        token = hue(name)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour(f"{token}_subtle"))
        painter.drawRoundedRect(circle, 8, 8)
        tone = "accent_text" if token == "accent" else token  # noqa: S105 -- a colour token
        image = pixmap("building-2", colours.hex(tone), 18, painter.device().devicePixelRatio())
        painter.drawPixmap(int(circle.center().x() - 9), int(circle.center().y() - 9), image)

    def _right_text(self, painter: QPainter, area: QRect, text: str) -> int:
        width = self._metrics["small"].horizontalAdvance(text)
        painter.setFont(self._fonts["small"])
        painter.setPen(theme().colour("text_tertiary"))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        return area.right() - width

    def _text(self, painter: QPainter, area: QRect, key: str, tone: str, text: str) -> None:
        painter.setFont(self._fonts[key])
        painter.setPen(theme().colour(tone))
        shown = self._metrics[key].elidedText(text, Qt.TextElideMode.ElideRight, max(0, area.width()))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, shown)

    def _chip(self, painter: QPainter, right: int, area: QRect, text: str, tone: str) -> int:
        colours = theme()
        width = self._metrics["small"].horizontalAdvance(text) + 12
        if right - width < area.left() + 40:
            return right
        height = colours.px(18)
        box = QRect(right - width, area.top() + (area.height() - height) // 2, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour(f"{tone}_subtle"))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(colours.colour(tone))
        painter.setFont(self._fonts["small"])
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        return right - width - 5
