"""One message of a conversation, opened: head, banners, body, pictures, attachments."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from desk_app.domain.messages.inline_images import picture_for, pictures_below, pictures_in_place
from desk_app.domain.messages.model import Classification, Direction, MessageKind
from desk_app.services.queries.conversation import AttachmentView, MessageView
from desk_app.ui.language import tr
from desk_app.ui.messages.attachment_tiles import AttachmentTile
from desk_app.ui.messages.body_view import BodyView
from desk_app.ui.messages.thread_lines import author
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.tickets.phrases import card_time, full_time, utc_now
from desk_app.ui.widgets.basics import ElidedLabel, button, chip, icon_button, label
from desk_app.ui.widgets.layout import FlowLayout, boxed, column, row
from desk_app.ui.widgets.painted import Avatar
from desk_app.ui.widgets.panels import Banner
from desk_app.ui.widgets.tips import plain_tip


def loose_pictures(message: MessageView) -> tuple[AttachmentView, ...]:
    """Return the pictures that stand below a message's text (IN-24)."""
    return pictures_below(message.html + message.folded_html, message.attachments)


def shown_in_place(message: MessageView) -> tuple[AttachmentView, ...]:
    """Return the pictures of a message that its text shows, and those below it (IN-24)."""
    return pictures_in_place(message.html + message.folded_html, message.attachments)


class MessageCard(QFrame):
    """One message, opened."""

    menu_asked = Signal(object, object)
    """MessageView and the button."""
    reply_asked = Signal(object)
    images_asked = Signal(object, bool)
    """MessageView, and whether for good."""
    attachment_asked = Signal(object)
    attachment_menu_asked = Signal(object, object)
    attachment_dragged = Signal(object, object)
    all_asked = Signal()
    """All files of the message are to be saved."""
    link_chosen = Signal(object, str)
    delivery_asked = Signal(object, str)
    link_hovered = Signal(str)

    def __init__(
        self,
        message: MessageView,
        *,
        images: dict[str, bytes] | None = None,
        aside: str = "",
        mentions: Sequence[str] = (),
    ) -> None:
        """`aside` names the third party of a side conversation, `mentions` the agents named in a note."""
        super().__init__()
        self.message, self.aside, self._mentions = message, aside, mentions
        self._day = utc_now().astimezone().date()
        self._images = dict(images or {})
        self.setObjectName("card")
        self.setProperty("kind", self._kind())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(tr("Message from {name}").format(name=author(message)))
        self.body = self._body(message.html, message.visible_text)
        self.folded: BodyView | None = None
        self._loose = loose_pictures(message)
        self._content = column(self._head(), margins=(16, 12, 12, 14), spacing=10)
        if aside:
            self._content.insertWidget(0, self._aside_strip())
        for banner in self._banners():
            self._content.addWidget(banner)
        self._content.addWidget(self.body)
        if message.folded_html.strip() or message.folded_text.strip():
            self._content.addWidget(self._fold_button())
        self.pictures = self._below()
        if self.pictures is not None:
            self._content.addWidget(self.pictures)
        tiles = self._tiles()
        if tiles is not None:
            self._content.addWidget(tiles)
        self.setLayout(self._content)

    def shows(self, message: MessageView, aside: str, mentions: Sequence[str]) -> bool:
        """Whether this is how a card of that message would look, made today."""
        same = (self.message, self.aside, tuple(self._mentions)) == (message, aside, tuple(mentions))
        return same and self._day == utc_now().astimezone().date()

    def _kind(self) -> str:
        if self.message.kind is MessageKind.INTERNAL_NOTE:
            return "note"
        if self.aside:
            return "side"
        return "agent" if self.message.direction is Direction.OUTBOUND else "customer"

    def _body(self, html: str, text: str) -> BodyView:
        body = BodyView(html, text, own_colours=self.message.own_colours, images=self._images, marked=self._mentions)
        body.image_chosen.connect(self._image_chosen)
        body.link_chosen.connect(lambda url: self.link_chosen.emit(self.message, url))
        body.link_hovered.connect(self.link_hovered)
        return body

    def _head(self) -> QWidget:
        message = self.message
        name = ElidedLabel(author(message), "strong", snug=True)
        name.setMinimumWidth(min(90, name.sizeHint().width()))
        first = row(name, *self._chips(), None, spacing=8)
        first.setStretch(0, 100)
        second = ElidedLabel(self._addresses(), "tertiary")
        when = label(card_time(message.sent_at, utc_now()), "tertiary")
        when.setToolTip(full_time(message.sent_at))
        when.setAccessibleName(full_time(message.sent_at))
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
        elif self.aside:
            chips.append(chip(tr("Forward") if message.direction is Direction.OUTBOUND else tr("Third party"), "teal"))
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
        words, tone, whole = {
            "held": (tr("Held"), "warning", tr("Waits: sending is switched off")),
            "queued": (tr("Waits"), "info", tr("Waits to be sent")),
            "sending": (tr("Leaving"), "info", tr("Is being sent")),
            "unknown": (tr("Unclear"), "danger", tr("Not known whether it left")),
            "failed": (tr("Not sent"), "danger", tr("Could not be sent")),
            "cancelled": (tr("Taken back"), "", tr("Taken back")),
        }.get(state, (state, "", state))
        made = chip(words, tone)
        made.setToolTip(plain_tip(whole))
        made.setAccessibleName(whole)
        return made

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
                [
                    (tr("Show once"), lambda: self.images_asked.emit(self.message, False)),
                    (tr("Always from this sender"), lambda: self.images_asked.emit(self.message, True)),
                ],
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

    def _aside_strip(self) -> QWidget:
        words = tr("With {people} · not visible to the customer").format(people=self.aside)
        text = ElidedLabel(words, "strong")
        line = row(Glyph("eye-off", "teal", 14), text, margins=(10, 4, 10, 4), spacing=8)
        line.setStretchFactor(text, 1)
        return boxed(line, "asidestrip")

    def _below(self) -> BodyView | None:
        """The pictures that the text does not show itself."""
        if not self._loose:
            return None
        markup = "".join(f'<p><img src="loose:{one.id}"></p>' for one in self._loose)
        view = BodyView(markup, images=self._images)
        view.setAccessibleName(tr("Pictures of this message"))
        view.image_chosen.connect(self._image_chosen)
        return view

    def _image_chosen(self, name: str) -> None:
        if name.startswith("loose:"):
            found = next((one for one in self._loose if f"loose:{one.id}" == name), None)
        else:
            found = picture_for(name, self.message.attachments)
        if found is not None:
            self.attachment_asked.emit(found)

    def _tiles(self) -> QWidget | None:
        in_place = {one.id for one in shown_in_place(self.message)}
        shown = [one for one in self.message.attachments if one.id not in in_place]
        if not shown:
            return None
        holder = QWidget()
        flow = FlowLayout(spacing=8)
        for attachment in shown:
            flow.addWidget(
                AttachmentTile(
                    attachment,
                    self.attachment_asked.emit,
                    self.attachment_menu_asked.emit,
                    self.attachment_dragged.emit,
                )
            )
        if len(shown) > 1:
            all_of_them = tr("Save all")
            flow.addWidget(button(all_of_them, self.all_asked.emit, variant="quiet", icon_name="download"))
        holder.setLayout(flow)
        return holder

    def supply(self, images: dict[str, bytes], *, remote: bool = False) -> None:
        """Give images that were loaded meanwhile."""
        self._images.update(images)
        self.body.supply(images)
        for view in (self.folded, self.pictures):
            if view is not None:
                view.supply(images)
        if remote:
            self._images_banner.hide()

    def refuse_images(self, text: str) -> None:
        """Say why the images cannot be shown."""
        self._images_banner.text.setText(text)
        for one in self._images_banner.buttons:
            one.hide()
