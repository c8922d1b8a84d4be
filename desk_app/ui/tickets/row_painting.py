"""Draws the parts of a list row: people, texts, chips, buttons (ui.md 4.2 and 7.4)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap

from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import tr
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.icons import pixmap
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.row_layout import QUICK, RowPart, avatar_rect, check_rect, quick_rects
from desk_app.ui.widgets.painted import paint_avatar

_KEPT_TEXTS = 4000
_QUICK_ICONS = {
    RowPart.STAR: "star",
    RowPart.ASSIGN: "circle-user",
    RowPart.SNOOZE: "alarm-clock",
    RowPart.RESOLVE: "circle-check",
}
Chip = tuple[str, str]
"""Text and tone."""


class RowPainter:
    """Draws into rows; keeps fonts, and texts that were cut to a width."""

    def __init__(self) -> None:
        self._fonts: dict[str, QFont] = {}
        self._metrics: dict[str, QFontMetrics] = {}
        self._cut: dict[tuple[str, str, int], str] = {}
        self._plain_fill, self._marked = "bg_hover", False
        self.restyle()

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

    def _elide(self, key: str, text: str, width: int) -> str:
        slot = (key, text, width)
        found = self._cut.get(slot)
        if found is None:
            if len(self._cut) > _KEPT_TEXTS:
                self._cut.clear()
            found = self._metrics[key].elidedText(text, Qt.TextElideMode.ElideRight, max(0, width))
            self._cut[slot] = found
        return found

    def _text(self, painter: QPainter, key: str, colour: str, area: QRect, text: str) -> None:
        painter.setFont(self._fonts[key])
        painter.setPen(theme().colour(colour))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, text)

    # -- the whole row ------------------------------------------------------------------------------------------------
    def row(
        self,
        painter: QPainter,
        area: QRect,
        row: TicketRow,
        *,
        when: str,
        chips: Sequence[Chip],
        dot: QColor | None,
        quick: bool,
        marked: bool = False,
    ) -> None:
        """Draw texts and chips. `when` is its time, `dot` its mailbox's colour; `quick` leaves room for buttons. A row
        that is `marked` is selected."""
        self._marked = marked
        self._plain_fill = "bg_pressed" if quick else "bg_hover"  # a chip stands out from the row under the pointer
        line = theme().px(20)
        left, right = area.left() + 60, area.right() - 16
        compact = theme().is_compact
        top = area.top() + (area.height() - (2 if compact else 3) * line) // 2
        if quick:
            room = quick_rects(area)[QUICK[0]].left() - 4
        else:
            room = self._when(painter, QPoint(right, top), line, row, when)
        self._who(painter, QRect(left, top, room - left, line), row)
        below = QRect(left, top + line, (room if quick and compact else right) - left, line)
        unread = "_unread" if row.unread else ""
        subject = row.subject or tr("(no subject)")
        tone = "text_primary" if row.unread else "text_secondary"
        if compact:
            edge = self._chips(painter, below, chips, least=below.width() // 2)
            self._dot(painter, below, dot)
            inside = below.adjusted(12 if dot else 0, 0, edge - below.right() - 1, 0)
            shown = self._elide(f"subject{unread}", subject, inside.width())
            self._text(painter, f"subject{unread}", tone, inside, shown)
            rest = inside.adjusted(self._metrics[f"subject{unread}"].horizontalAdvance(shown) + 8, 0, 0, 0)
            if shown == subject and rest.width() > 40:
                snippet = self._elide("snippet", row.snippet, rest.width())
                self._text(painter, "snippet", "text_tertiary", rest, snippet)
            return
        self._text(painter, f"subject{unread}", tone, below, self._elide(f"subject{unread}", subject, below.width()))
        last = below.translated(0, line)
        edge = self._chips(painter, last, chips, least=40)
        self._dot(painter, last, dot)
        inside = last.adjusted(12 if dot else 0, 0, edge - last.right() - 7, 0)
        self._text(painter, "snippet", "text_tertiary", inside, self._elide("snippet", row.snippet, inside.width()))

    def _when(self, painter: QPainter, at: QPoint, line: int, row: TicketRow, when: str) -> int:
        """Draw time, unread dot, star and clip from the right; return where they begin."""
        colours = theme()
        width = self._metrics["caption"].horizontalAdvance(when)
        tone = "accent_text" if row.unread else "text_tertiary"
        self._text(painter, "caption", tone, QRect(at.x() - width, at.y(), width + 2, line), when)
        edge = at.x() - width - 6
        if row.unread:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("accent"))
            painter.drawEllipse(QRectF(edge - 7, at.y() + line / 2 - 3.5, 7, 7))
            edge -= 13
        ratio = painter.device().devicePixelRatio()
        for wanted, name, token in (
            (row.starred, "star-filled", "chart5"),
            (row.has_attachments, "paperclip", "text_tertiary"),
        ):
            if wanted:
                glyph = pixmap(name, colours.hex(token), 13, ratio)
                painter.drawPixmap(edge - 13, at.y() + (line - 13) // 2, glyph)
                edge -= 18
        return edge - 4

    def _who(self, painter: QPainter, area: QRect, row: TicketRow) -> None:
        key = "who_unread" if row.unread else "who"
        number = str(row.message_count) if row.message_count > 1 else ""
        room = area.width() - (self._metrics["caption"].horizontalAdvance(number) + 10 if number else 0)
        shown = self._elide(key, person(row), room)
        self._text(painter, key, "text_primary", area, shown)
        if number:
            edge = area.left() + self._metrics[key].horizontalAdvance(shown) + 7
            self._text(painter, "caption", "text_tertiary", QRect(edge, area.top(), 40, area.height()), number)

    def _dot(self, painter: QPainter, area: QRect, colour: QColor | None) -> None:
        if colour is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(QRectF(area.left(), area.top() + area.height() / 2 - 3, 6, 6))

    def _chips(self, painter: QPainter, area: QRect, chips: Sequence[Chip], *, least: int) -> int:
        """Draw chips from the right as long as `least` px are left; return where they begin."""
        edge = area.right() + 1
        for text, tone in chips:
            edge = self._chip(painter, edge, area, text, tone, least)
        return edge

    def _chip(self, painter: QPainter, right: int, area: QRect, text: str, tone: str, least: int) -> int:
        colours = theme()
        width = self._metrics["caption"].horizontalAdvance(text) + 12
        if right - width < area.left() + least:
            return right
        height = colours.px(18)
        box = QRect(right - width, area.top() + (area.height() - height) // 2, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        plain = tone in {"", "neutral"}
        fill = self._plain_fill if plain else f"{tone}_subtle"
        if self._marked and (plain or tone == "accent"):
            fill = "bg_surface"  # theirs is what a selected row is filled with
        painter.setBrush(colours.colour(fill))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(colours.colour("text_secondary" if plain else "accent_text" if tone == "accent" else tone))
        painter.setFont(self._fonts["caption"])
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        return right - width - 5


def person(row: TicketRow) -> str:
    """Return the name a row stands under."""
    return row.requester_name or row.requester_email or tr("Unknown sender")


def paint_person(painter: QPainter, area: QRect, row: TicketRow) -> None:
    """Draw the circle of the customer."""
    paint_avatar(painter, QRectF(avatar_rect(area)), person(row))


def paint_check(painter: QPainter, area: QRect, *, checked: bool) -> None:
    """Draw the check box that stands for the circle."""
    colours = theme()
    centre = QRectF(check_rect(area)).center()
    box = QRectF(centre.x() - 9, centre.y() - 9, 18, 18)
    painter.setPen(QPen(colours.colour("accent" if checked else "border_strong"), 1.5))
    painter.setBrush(colours.colour("accent" if checked else "bg_surface"))
    painter.drawRoundedRect(box, 4, 4)
    if checked:
        tick = pixmap("check", colours.hex("on_accent"), 14, painter.device().devicePixelRatio(), 2.5)
        painter.drawPixmap(int(box.left()) + 2, int(box.top()) + 2, tick)


def paint_quick(painter: QPainter, area: QRect, row: TicketRow, under: RowPart | None) -> None:
    """Draw the quick actions; the one under the pointer stands out."""
    colours = theme()
    for part, rect in quick_rects(area).items():
        if part is under:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("bg_pressed"))
            painter.drawRoundedRect(rect, 6, 6)
        token = "text_primary" if part is under else "text_secondary"
        if part is RowPart.STAR and row.starred:
            token = "chart5"  # noqa: S105 -- a colour token
        name = "star-filled" if part is RowPart.STAR and row.starred else _QUICK_ICONS[part]
        glyph = pixmap(name, colours.hex(token), 16, painter.device().devicePixelRatio())
        painter.drawPixmap(rect.left() + 6, rect.top() + 6, glyph)


def paint_skeleton(painter: QPainter, area: QRect) -> None:
    """Draw a row that is still on its way."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour("bg_hover"))
    painter.drawEllipse(avatar_rect(area))
    compact = theme().is_compact
    shares = (0.4, 0.75) if compact else (0.4, 0.7, 0.55)
    line = theme().px(20)
    top = area.top() + (area.height() - len(shares) * line) // 2 + (line - 9) // 2
    for place, share in enumerate(shares):
        painter.drawRoundedRect(QRectF(area.left() + 60, top + line * place, (area.width() - 76) * share, 9), 4, 4)


def drag_picture(words: str, ratio: float) -> QPixmap:
    """Return what is seen under the pointer while tickets are dragged."""
    metrics = QFontMetrics(font(12, 600))
    width, height = metrics.horizontalAdvance(words) + 24, theme().px(28)
    made = QPixmap(round(width * ratio), round(height * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour("accent"))
    painter.drawRoundedRect(QRectF(0, 0, width, height), 6, 6)
    painter.setPen(theme().colour("on_accent"))
    painter.setFont(font(12, 600))
    painter.drawText(QRectF(0, 0, width, height), Qt.AlignmentFlag.AlignCenter, words)
    painter.end()
    return made
