"""The slim parts of a conversation: folded messages and history lines. Painted, because cards cost ten times as much
(ui.md 12)."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from desk_app.domain.messages.model import MessageKind
from desk_app.domain.tickets.model import TicketEvent
from desk_app.services.queries.conversation import MessageView
from desk_app.ui.language import tr
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.icons import pixmap
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.phrases import event_text, full_time, short_time, utc_now
from desk_app.ui.widgets.painted import paint_avatar
from desk_app.ui.widgets.tips import plain_tip


def author(message: MessageView) -> str:
    """Return who wrote a message."""
    return message.author_name or message.author_email or tr("Unknown sender")


_MARK = 14


def _marks(message: MessageView) -> list[tuple[str, str, str]]:
    """Return what a line shows of a message beside its text, from the right: icon, colour and the words for it. That it
    is a note is not said by the colour alone (ui.md 2.1)."""
    found = [("paperclip", "text_tertiary", tr("With attachments"))] if message.attachments else []
    if message.kind is MessageKind.INTERNAL_NOTE:
        found.append(("sticky-note", "note_text", tr("Internal note")))
    return found


class FoldedMessage(QAbstractButton):
    """A read message as one line. `aside` names the third party of its side conversation, "" for the customer's."""

    def __init__(self, message: MessageView, aside: str = "") -> None:
        super().__init__()
        self.message, self.aside = message, aside
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        when = short_time(message.sent_at, utc_now())
        beside = f" ({tr('side conversation with {people}').format(people=aside)})" if aside else ""
        self.marks = _marks(message)
        spoken = "".join(f", {words}" for _glyph, _token, words in self.marks)
        self.setAccessibleName(f"{author(message)}{beside}{spoken}, {when}: {message.snippet}")
        self.setToolTip(f"{tr('Show this message')}\n{full_time(message.sent_at)}")

    def sizeHint(self) -> QSize:
        """Return a line's size."""
        return QSize(200, theme().px(40))

    def paintEvent(self, _event: object) -> None:
        """Draw avatar, name, beginning, what it is and time."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme()
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        note = self.message.kind is MessageKind.INTERNAL_NOTE
        rim = "focus" if self.hasFocus() else "note_border" if note else "border_subtle"
        painter.setPen(QPen(colours.colour(rim), 2 if self.hasFocus() else 1))
        painter.setBrush(colours.colour("note_bg" if note else "bg_hover" if self.underMouse() else "bg_surface"))
        painter.drawRoundedRect(area, 10, 10)
        if self.aside:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("teal"))
            painter.drawRoundedRect(QRectF(1, 8, 3, self.height() - 16), 1.5, 1.5)
        middle = self.height() / 2
        paint_avatar(painter, QRectF(16, middle - 12, 24, 24), author(self.message))
        painter.setFont(font(11, 500, tabular=True))
        painter.setPen(colours.colour("text_tertiary"))
        when = short_time(self.message.sent_at, utc_now())
        when_width = QFontMetrics(painter.font()).horizontalAdvance(when)
        right = self.width() - 16 - when_width
        vertical = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(right, 0, when_width + 2, self.height()), vertical, when)
        for glyph, token, _words in self.marks:
            right -= _MARK + 6
            image = pixmap(glyph, colours.hex(token), _MARK, self.devicePixelRatioF())
            painter.drawPixmap(QPointF(right, middle - _MARK / 2), image)
        painter.setFont(font(13, 600))
        painter.setPen(colours.colour("text_primary"))
        measure = QFontMetrics(painter.font())
        name = measure.elidedText(author(self.message), Qt.TextElideMode.ElideRight, int(self.width() * 0.4))
        painter.drawText(QRectF(50, 0, right - 50, self.height()), vertical, name)
        start = 50 + measure.horizontalAdvance(name) + 10
        painter.setFont(font(12))
        painter.setPen(colours.colour("text_tertiary"))
        snippet = QFontMetrics(painter.font()).elidedText(
            self.message.snippet, Qt.TextElideMode.ElideRight, int(right - start - 10)
        )
        painter.drawText(QRectF(start, 0, right - start - 10, self.height()), vertical, snippet)


EVENT_ICONS = {
    "AssigneeChanged": "user",
    "StatusChanged": "circle-dot",
    "PriorityChanged": "flag",
    "TagsChanged": "tag",
    "TicketMerged": "merge",
    "TicketAbsorbed": "merge",
    "TicketUnmerged": "split",
    "TicketReleased": "split",
    "TicketSplit": "split",
    "Snoozed": "alarm-clock",
    "Woken": "alarm-clock",
    "Trashed": "trash-2",
    "MarkedSpam": "shield-alert",
    "RequesterChanged": "users",
    "ReplyAddressChanged": "mail",
    "TicketCreated": "inbox",
    "MessageAdded": "mail",
    "NoteAdded": "sticky-note",
    "ReplyQueued": "reply",
    "ReplySent": "send",
    "SideMessageQueued": "forward",
    "SideAnswerAdded": "reply",
    "Restored": "undo-2",
    "SubjectChanged": "pencil",
    "DeliveryFailed": "mail-warning",
    "Linked": "link",
    "Unlinked": "link",
    "Watched": "eye",
    "Unwatched": "eye-off",
    "SideConversationStarted": "forward",
    "Moved": "folder",
}


class EventLine(QAbstractButton):
    """A history line, slim and grey; pressing it tells why it happened."""

    def __init__(self, event: TicketEvent) -> None:
        super().__init__()
        self.event_shown = event
        self._text = event_text(event)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{self._text}, {short_time(event.at, utc_now())}")
        self.setAccessibleDescription(tr("Why?"))
        self.setToolTip(plain_tip(f"{self._text}\n{full_time(event.at)}"))

    def sizeHint(self) -> QSize:
        """Return a line's size."""
        return QSize(200, theme().px(24))

    def paintEvent(self, _event: object) -> None:
        """Draw icon, words and age."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme()
        if self.hasFocus():
            painter.setPen(QPen(colours.colour("focus"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        tone = "text_secondary" if self.underMouse() else "text_tertiary"
        glyph = EVENT_ICONS.get(self.event_shown.kind, "history")
        image = pixmap(glyph, colours.hex(tone), 14, self.devicePixelRatioF())
        painter.drawPixmap(QPointF(20, self.height() / 2 - 7), image)
        painter.setFont(font(12))
        painter.setPen(colours.colour(tone))
        measure = QFontMetrics(painter.font())
        when = "· " + short_time(self.event_shown.at, utc_now())
        room = self.width() - 44 - measure.horizontalAdvance(when) - 12
        words = measure.elidedText(self._text, Qt.TextElideMode.ElideRight, max(0, room))
        vertical = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(42, 0, room + 2, self.height()), vertical, words)
        left = 42 + measure.horizontalAdvance(words) + 6
        painter.drawText(QRectF(left, 0, self.width() - left, self.height()), vertical, when)
