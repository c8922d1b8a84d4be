"""The parts of a conversation: cards, folded rows, event lines, attachment tiles."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QPushButton, QSizePolicy, QWidget

from desk_app.domain.messages.model import Classification, Direction, MessageKind
from desk_app.domain.tickets.model import TicketEvent
from desk_app.services.queries.conversation import AttachmentView, MessageView
from desk_app.ui.language import tr
from desk_app.ui.messages.body_view import BodyView
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.phrases import card_time, event_text, full_time, short_time, size_text, utc_now
from desk_app.ui.widgets.basics import ElidedLabel, button, chip, icon_button, label
from desk_app.ui.widgets.layout import FlowLayout, boxed, column, row
from desk_app.ui.widgets.painted import Avatar, paint_avatar
from desk_app.ui.widgets.panels import Banner

DANGEROUS = frozenset(
    ["exe", "scr", "bat", "cmd", "com", "js", "jse", "vbs", "vbe", "wsf", "hta", "msi", "ps1", "jar", "lnk", "iso"]
)
MACROS = frozenset(["docm", "dotm", "xlsm", "xltm", "pptm", "xlam"])


def author(message: MessageView) -> str:
    """Return who wrote a message."""
    return message.author_name or message.author_email or tr("Unknown sender")


def attachment_icon(attachment: AttachmentView) -> str:
    """Return the icon of a file type."""
    kind = attachment.content_type
    if kind.startswith("image/"):
        return "file-image"
    if "zip" in kind or "compressed" in kind:
        return "file-archive"
    if "sheet" in kind or "excel" in kind or kind == "text/csv":
        return "file-spreadsheet"
    return "file-text"


def danger_of(filename: str) -> str:
    """Return what may be dangerous about opening a file, "" for nothing (IN-27)."""
    ending = filename.rpartition(".")[2].lower()
    if ending in DANGEROUS:
        return tr("This file is a program. Open it only if you know for certain who sent it and why.")
    if ending in MACROS:
        return tr("This document can hold macros, which are small programs.")
    if ending in {"svg", "html", "htm", "xhtml"}:
        return tr("This file can run scripts in a browser.")
    return ""


class AttachmentTile(QPushButton):
    """One attachment: icon, name, size; click opens a menu."""

    def __init__(self, attachment: AttachmentView, on_menu: Callable[[AttachmentView, QWidget], None]) -> None:
        super().__init__()
        self.attachment = attachment
        self.setProperty("variant", "tile")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        name = attachment.filename or tr("(no name)")
        risky = danger_of(name)
        self.setAccessibleName(f"{name}, {size_text(attachment.size)}")
        self.setToolTip(f"{name}\n{risky}" if risky else name)
        words = ElidedLabel(name, "strong")
        words.setMinimumWidth(min(220, words.fontMetrics().horizontalAdvance(name) + 6))
        texts = column(words, label(size_text(attachment.size), "tertiary"), spacing=0)
        kind = "triangle-alert" if risky else attachment_icon(attachment)
        glyph = Glyph(kind, "danger" if risky else "text_secondary", 18)
        self.setLayout(row(glyph, texts, margins=(10, 6, 12, 6), spacing=8))
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda _checked=False: on_menu(attachment, self))

    def sizeHint(self) -> QSize:
        """Return the size of the content."""
        return self.layout().sizeHint()  # type: ignore[union-attr]


class FoldedMessage(QAbstractButton):
    """A read message as one line; a painted row, because cards cost ten times as much (ui.md 12)."""

    def __init__(self, message: MessageView) -> None:
        super().__init__()
        self.message = message
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        when = short_time(message.sent_at, utc_now())
        self.setAccessibleName(f"{author(message)}, {when}: {message.snippet}")
        self.setToolTip(tr("Show this message"))

    def sizeHint(self) -> QSize:
        """Return a line's size."""
        return QSize(200, theme().px(40))

    def paintEvent(self, _event: object) -> None:
        """Draw avatar, name, beginning and time."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme()
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        note = self.message.kind is MessageKind.INTERNAL_NOTE
        rim = "focus" if self.hasFocus() else "note_border" if note else "border_subtle"
        painter.setPen(QPen(colours.colour(rim), 2 if self.hasFocus() else 1))
        painter.setBrush(colours.colour("note_bg" if note else "bg_hover" if self.underMouse() else "bg_surface"))
        painter.drawRoundedRect(area, 10, 10)
        middle = self.height() / 2
        paint_avatar(painter, QRectF(16, middle - 12, 24, 24), author(self.message))
        painter.setFont(font(11, 500, tabular=True))
        painter.setPen(colours.colour("text_tertiary"))
        when = short_time(self.message.sent_at, utc_now())
        when_width = QFontMetrics(painter.font()).horizontalAdvance(when)
        right = self.width() - 16 - when_width
        vertical = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(right, 0, when_width + 2, self.height()), vertical, when)
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
    "TicketSplit": "split",
    "Snoozed": "alarm-clock",
    "Woken": "alarm-clock",
    "Trashed": "trash-2",
    "MarkedSpam": "shield-alert",
    "RequesterChanged": "users",
    "TicketCreated": "inbox",
    "DeliveryFailed": "mail-warning",
}


def event_line(event: TicketEvent) -> QWidget:
    """Return a history line: slim and grey."""
    text = ElidedLabel(event_text(event), "tertiary")
    when = label("· " + short_time(event.at, utc_now()), "tertiary")
    when.setToolTip(full_time(event.at))
    text.setMinimumWidth(40)
    text.setMaximumWidth(QFontMetrics(font(12)).horizontalAdvance(text.whole_text) + 2)
    glyph = Glyph(EVENT_ICONS.get(event.kind, "history"), "text_tertiary", 14)
    line = boxed(row(glyph, text, when, None, margins=(20, 0, 8, 0), spacing=6))
    line.layout().setStretchFactor(text, 100)  # type: ignore[union-attr]
    return line


class MessageCard(QFrame):
    """One message, opened."""

    menu_asked = Signal(object, object)
    reply_asked = Signal(object)
    images_asked = Signal(object)
    fold_asked = Signal(object)
    attachment_asked = Signal(object, object)
    link_chosen = Signal(object, str)
    delivery_asked = Signal(object, str)
    link_hovered = Signal(str)

    def __init__(self, message: MessageView, *, images: dict[str, bytes] | None = None) -> None:
        super().__init__()
        self.message = message
        self._images = dict(images or {})
        self.setObjectName("card")
        self.setProperty("kind", self._kind())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(tr("Message from {name}").format(name=author(message)))
        self.body = self._body(message.html, message.visible_text)
        self.folded: BodyView | None = None
        self._content = column(self._head(), margins=(16, 12, 12, 14), spacing=10)
        for banner in self._banners():
            self._content.addWidget(banner)
        self._content.addWidget(self.body)
        if message.folded_html.strip() or message.folded_text.strip():
            self._content.addWidget(self._fold_button())
        tiles = self._tiles()
        if tiles is not None:
            self._content.addWidget(tiles)
        self.setLayout(self._content)

    def _kind(self) -> str:
        if self.message.kind is MessageKind.INTERNAL_NOTE:
            return "note"
        return "agent" if self.message.direction is Direction.OUTBOUND else "customer"

    def _body(self, html: str, text: str) -> BodyView:
        body = BodyView(html, text, own_colours=self.message.own_colours, images=self._images)
        body.link_chosen.connect(lambda url: self.link_chosen.emit(self.message, url))
        body.link_hovered.connect(self.link_hovered)
        return body

    def _head(self) -> QWidget:
        message = self.message
        name = ElidedLabel(author(message), "strong")
        name.setMinimumWidth(min(180, name.fontMetrics().horizontalAdvance(name.whole_text) + 4))
        first = row(name, *self._chips(), None, spacing=8)
        second = ElidedLabel(self._addresses(), "tertiary")
        when = label(card_time(message.sent_at, utc_now()), "tertiary")
        when.setToolTip(full_time(message.sent_at))
        reply = icon_button("reply", tr("Reply to this message"), lambda: self.reply_asked.emit(message), size=16)
        more = icon_button("ellipsis", tr("More for this message"), size=16)
        more.clicked.connect(lambda _checked=False: self.menu_asked.emit(message, more))
        texts = column(first, second, spacing=1)
        line = row(Avatar(author(message), 32), texts, when, reply, more, spacing=8)
        line.setStretchFactor(texts, 1)
        return boxed(line)

    def _chips(self) -> list[QWidget]:
        message = self.message
        chips: list[QWidget] = []
        if message.kind is MessageKind.INTERNAL_NOTE:
            chips.append(chip(tr("Internal note"), "warning"))
        elif message.direction is Direction.OUTBOUND:
            chips.append(chip(tr("Reply"), "accent"))
        words = {
            Classification.AUTO_REPLY: tr("Automatic reply"),
            Classification.BOUNCE: tr("Not delivered"),
            Classification.LIST: tr("Mailing list"),
        }.get(message.classification)
        if words:
            chips.append(chip(words, "danger" if message.classification is Classification.BOUNCE else ""))
        if message.imported:
            chips.append(chip(tr("Imported")))
        if message.delivery is not None and message.delivery.state != "sent":
            chips.append(self._delivery_chip(message.delivery.state))
        return chips

    def _delivery_chip(self, state: str) -> QWidget:
        words, tone = {
            "held": (tr("Waits: outgoing is not armed"), "warning"),
            "queued": (tr("Waits to be sent"), "info"),
            "sending": (tr("Is being sent"), "info"),
            "unknown": (tr("Not known whether it left"), "danger"),
            "failed": (tr("Could not be sent"), "danger"),
            "cancelled": (tr("Taken back"), ""),
        }.get(state, (state, ""))
        return chip(words, tone)

    def _addresses(self) -> str:
        message = self.message
        if message.kind is MessageKind.INTERNAL_NOTE:
            return tr("visible to your team only")
        to = ", ".join(str(one) if not one.name else one.name for one in (*message.to, *message.cc))
        return f"{message.author_email}  {tr('to {recipients}').format(recipients=to)}" if to else message.author_email

    def _banners(self) -> list[QWidget]:
        message = self.message
        banners: list[QWidget] = []
        if message.stranger:
            banners.append(
                Banner(tr("This sender was not part of the conversation before. Check who it is."), "warning")
            )
        if message.delivery is not None and message.delivery.state in {"unknown", "failed"}:
            banners.append(self._delivery_banner())
        if message.deceptive_links:
            shown, true = message.deceptive_links[0]
            text = tr("A link shows {shown} but leads to {true}.").format(shown=shown, true=true)
            banners.append(Banner(text, "danger"))
        if message.remote_images:
            self._images_banner = Banner(
                tr("%n image(s) from the internet blocked", len(message.remote_images)),
                "info",
                [(tr("Show once"), lambda: self.images_asked.emit(self.message))],
                icon_name="image",
            )
            banners.append(self._images_banner)
        return banners

    def _delivery_banner(self) -> Banner:
        delivery = self.message.delivery
        answer = f" {delivery.response}" if delivery is not None and delivery.response else ""
        if delivery is not None and delivery.state == "failed":
            return Banner(
                tr("The server refused this mail.") + answer,
                "danger",
                [(tr("Try again"), lambda: self.delivery_asked.emit(self.message, "retry"))],
            )
        return Banner(
            tr("The connection broke while this mail was handed over, so nobody knows whether it left."),
            "danger",
            [
                (tr("It arrived"), lambda: self.delivery_asked.emit(self.message, "sent")),
                (tr("Send again"), lambda: self.delivery_asked.emit(self.message, "again")),
            ],
        )

    def _fold_button(self) -> QWidget:
        fold = button("•••", variant="fold", tip=tr("Show quoted text and signature"))
        fold.setAccessibleName(tr("Show quoted text and signature"))
        fold.setCheckable(True)
        fold.toggled.connect(self._show_folded)
        line = row(fold, None)
        return boxed(line)

    def _show_folded(self, on: bool) -> None:
        if self.folded is None:
            self.folded = self._body(self.message.folded_html, self.message.folded_text)
            self._content.insertWidget(self._content.indexOf(self.body) + 2, self.folded)
        self.folded.setVisible(on)

    def _tiles(self) -> QWidget | None:
        used = self.message.html + self.message.folded_html
        shown = [
            one
            for one in self.message.attachments
            if not one.inline or not one.content_id or f"cid:{one.content_id}" not in used
        ]
        if not shown:
            return None
        holder = QWidget()
        flow = FlowLayout(spacing=8)
        for attachment in shown:
            flow.addWidget(AttachmentTile(attachment, self.attachment_asked.emit))
        holder.setLayout(flow)
        return holder

    def supply(self, images: dict[str, bytes], *, remote: bool = False) -> None:
        """Give images that were loaded meanwhile."""
        self._images.update(images)
        self.body.supply(images)
        if self.folded is not None:
            self.folded.supply(images)
        if remote:
            self._images_banner.hide()

    def refuse_images(self, text: str) -> None:
        """Say why the images cannot be shown."""
        self._images_banner.text.setText(text)
        for one in self._images_banner.buttons:
            one.hide()
