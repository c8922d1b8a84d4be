"""Draws one row of the ticket list (ui.md 4.2 and 7.4)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import named, tr
from desk_app.ui.session import DeskFacts
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.icons import pixmap
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.list_model import TicketListModel
from desk_app.ui.tickets.phrases import BUCKET_TONES, short_time, utc_now
from desk_app.ui.widgets.painted import paint_avatar

ROW_HEIGHT = 82
_KEPT_TEXTS = 4000


class TicketDelegate(QStyledItemDelegate):
    """Two columns of text and some chips, all painted; nothing here may look anything up."""

    def __init__(self, view: QTableView, model: TicketListModel, facts: Callable[[], DeskFacts]) -> None:
        super().__init__(view)
        self._view = view
        self._model = model
        self._facts = facts
        self.quiet_bucket = ""
        """The bucket whose status is no news in this list."""
        self._fonts: dict[str, QFont] = {}
        self._metrics: dict[str, QFontMetrics] = {}
        self._cut: dict[tuple[str, str, int], str] = {}
        self.restyle()
        theme().changed.connect(self.restyle)

    def restyle(self) -> None:
        """Take fonts from the theme anew."""
        self._fonts = {
            "who": font(13, 500),
            "who_unread": font(13, 600),
            "subject": font(13, 400),
            "subject_unread": font(13, 500),
            "snippet": font(12),
            "caption": font(11, 500, tabular=True),
        }
        self._metrics = {key: QFontMetrics(one) for key, one in self._fonts.items()}
        self._cut.clear()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the fixed height of a row."""
        return QSize(200, theme().px(ROW_HEIGHT))

    def _elide(self, key: str, text: str, width: int) -> str:
        slot = (key, text, width)
        found = self._cut.get(slot)
        if found is None:
            if len(self._cut) > _KEPT_TEXTS:
                self._cut.clear()
            found = self._metrics[key].elidedText(text, Qt.TextElideMode.ElideRight, max(0, width))
            self._cut[slot] = found
        return found

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the row, or a placeholder while it loads."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area: QRect = option.rect
        self._background(painter, area, option.state)
        row = self._model.row_at(index.row())
        if row is None:
            self._skeleton(painter, area)
        else:
            self._row(painter, area, row)
        painter.restore()

    def _background(self, painter: QPainter, area: QRect, state: QStyle.StateFlag) -> None:
        colours = theme()
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        inside = area.adjusted(6, 2, -6, -2)
        if selected or hovered:
            active = self._view.isActiveWindow()
            token = ("bg_selected" if active else "bg_selected_inactive") if selected else "bg_hover"
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour(token))
            painter.drawRoundedRect(inside, 8, 8)
        else:
            painter.setPen(colours.colour("border_subtle"))
            painter.drawLine(area.left() + 58, area.bottom(), area.right() - 14, area.bottom())
        if selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("accent"))
            painter.drawRoundedRect(QRectF(inside.left(), inside.top() + 10, 3, inside.height() - 20), 1.5, 1.5)
        if state & QStyle.StateFlag.State_HasFocus and self._view.hasFocus():
            painter.setPen(colours.colour("focus"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(inside).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)

    def _skeleton(self, painter: QPainter, area: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("bg_hover"))
        painter.drawEllipse(QRectF(area.left() + 18, area.top() + 13, 32, 32))
        for line, share in enumerate((0.4, 0.7, 0.55)):
            width = (area.width() - 76) * share
            painter.drawRoundedRect(QRectF(area.left() + 60, area.top() + 16 + 20 * line, width, 9), 4, 4)

    def _row(self, painter: QPainter, area: QRect, row: TicketRow) -> None:
        colours = theme()
        line = colours.px(20)
        left, right = area.left() + 60, area.right() - 16
        top = area.top() + (area.height() - 3 * line) // 2
        who = row.requester_name or row.requester_email or tr("Unknown sender")
        paint_avatar(painter, QRectF(area.left() + 18, top + 2, 32, 32), who)
        room = self._when(painter, QPoint(right, top), line, row)
        unread = "_unread" if row.unread else ""
        self._who(painter, QRect(left, top, room - left, line), row, who, f"who{unread}")
        top += line
        painter.setFont(self._fonts[f"subject{unread}"])
        painter.setPen(colours.colour("text_primary" if row.unread else "text_secondary"))
        subject = self._elide(f"subject{unread}", row.subject or tr("(no subject)"), right - left)
        painter.drawText(QRect(left, top, right - left, line), Qt.AlignmentFlag.AlignVCenter, subject)
        self._last_line(painter, QRect(left, top + line, right - left, line), row)

    def _when(self, painter: QPainter, at: QPoint, line: int, row: TicketRow) -> int:
        colours = theme()
        when = short_time(row.activity_at, utc_now())
        width = self._metrics["caption"].horizontalAdvance(when)
        painter.setFont(self._fonts["caption"])
        painter.setPen(colours.colour("accent_text" if row.unread else "text_tertiary"))
        painter.drawText(QRect(at.x() - width, at.y(), width + 2, line), Qt.AlignmentFlag.AlignVCenter, when)
        edge = at.x() - width - 6
        if row.unread:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("accent"))
            painter.drawEllipse(QRectF(edge - 7, at.y() + line / 2 - 3.5, 7, 7))
            edge -= 13
        if row.has_attachments:
            clip = pixmap("paperclip", colours.hex("text_tertiary"), 12, painter.device().devicePixelRatio())
            painter.drawPixmap(edge - 13, at.y() + (line - 12) // 2, clip)
            edge -= 18
        return edge - 4

    def _who(self, painter: QPainter, area: QRect, row: TicketRow, who: str, key: str) -> None:
        number = str(row.message_count) if row.message_count > 1 else ""
        room = area.width() - (self._metrics["caption"].horizontalAdvance(number) + 10 if number else 0)
        shown = self._elide(key, who, room)
        painter.setFont(self._fonts[key])
        painter.setPen(theme().colour("text_primary"))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, shown)
        if number:
            edge = area.left() + self._metrics[key].horizontalAdvance(shown) + 7
            painter.setFont(self._fonts["caption"])
            painter.setPen(theme().colour("text_tertiary"))
            painter.drawText(QRect(edge, area.top(), 40, area.height()), Qt.AlignmentFlag.AlignVCenter, number)

    def _last_line(self, painter: QPainter, area: QRect, row: TicketRow) -> None:
        colours = theme()
        edge = area.right() + 1
        if row.bucket.value != self.quiet_bucket or row.status_key not in {"new", "open", row.bucket.value}:
            edge = self._chip(painter, edge, area, named(row.status_name), BUCKET_TONES[row.bucket])
        for text, tone in self._model.extras(row.id):
            edge = self._chip(painter, edge, area, text, tone)
        left = area.left()
        account = self._facts().account(row.account_ids[0]) if row.account_ids else None
        if account is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour(account.colour))
            painter.drawEllipse(QRectF(left, area.top() + area.height() / 2 - 3, 6, 6))
            left += 12
        painter.setFont(self._fonts["snippet"])
        painter.setPen(colours.colour("text_tertiary"))
        room = edge - left - 6
        snippet = self._elide("snippet", row.snippet, room)
        painter.drawText(QRect(left, area.top(), room, area.height()), Qt.AlignmentFlag.AlignVCenter, snippet)

    def _chip(self, painter: QPainter, right: int, area: QRect, text: str, tone: str) -> int:
        colours = theme()
        width = self._metrics["caption"].horizontalAdvance(text) + 12
        if right - width < area.left() + 40:
            return right
        height = colours.px(18)
        box = QRect(right - width, area.top() + (area.height() - height) // 2, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        plain = tone in {"", "neutral"}
        painter.setBrush(colours.colour("bg_hover" if plain else f"{tone}_subtle"))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(colours.colour("text_secondary" if plain else "accent_text" if tone == "accent" else tone))
        painter.setFont(self._fonts["caption"])
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        return right - width - 5
