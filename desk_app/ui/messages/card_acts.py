"""What a message card asks for: links, pictures of the internet, what becomes of a mail nobody is sure about."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from desk_app.domain.messages.model import MessageKind
from desk_app.services.queries.conversation import MessageView
from desk_app.ui.language import tr
from desk_app.ui.messages.body_view import OPENABLE, link_host
from desk_app.ui.messages.cards import MessageCard
from desk_app.ui.messages.remote_images import RemoteImages
from desk_app.ui.messages.serializer import TICKET_LINK
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.acts import TicketActs
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.widgets.basics import label
from desk_app.ui.work import Lane


class CardActs(QObject):
    """Does what a card asks for. `fetch` loads pictures of the internet; None: they stay blocked."""

    decided = Signal()
    """Somebody said what became of a mail; the ticket is to be read again."""

    def __init__(self, session: DeskSession, acts: TicketActs, fetch: RemoteImages | None, pane: QWidget) -> None:
        super().__init__(pane)
        self._session, self._acts, self._fetch, self._pane = session, acts, fetch, pane

    @property
    def shows_images(self) -> bool:
        """Whether pictures of the internet can be shown at all."""
        return self._fetch is not None

    def open_link(self, message: MessageView, address: str) -> None:
        """Open a link in the browser; where it shows another host than it leads to, ask first."""
        scheme = address.partition(":")[0].lower()
        ticket_id = linked_ticket(message, address)
        if ticket_id is not None:
            self._acts.open_asked.emit(ticket_id)
            return
        if scheme not in OPENABLE:
            self._acts.refused.emit(tr("This link is of a kind that is not opened: {kind}").format(kind=scheme))
            return
        host = link_host(address)
        shown = next((shown for shown, true in message.deceptive_links if host and true.lower().endswith(host)), "")
        if not shown:
            _open_in_browser(address)
            return
        question = Question(tr("This link is not what it seems"), tr("Open anyway"), self._pane, danger=True)
        text = tr("The text shows {shown}, but the link leads to {true}.").format(shown=shown, true=host)
        question.content.addWidget(label(text, "secondary", wrap=True))
        question.content.addWidget(label(address, "tertiary", wrap=True, selectable=True))
        question.ask(lambda: _open_in_browser(address))

    def show_images(self, card: MessageCard, message: MessageView, *, always: bool = False) -> None:
        """Load the pictures that a message names on the internet; `always` for everything its sender writes."""
        fetch = self._fetch
        if always:
            permissions, actor = self._session.desk.image_permissions, self._session.actor
            self._session.work.write(lambda: permissions.allow(message.author_email, actor), owner=self)
        if fetch is None:
            card.refuse_images(tr("This message shows images from the internet. They stay blocked."))
            return

        def load() -> dict[str, bytes]:
            return {f"remote:{n}": content for n, content in fetch(message.remote_images).items()}

        def arrived(images: dict[str, bytes]) -> None:
            if images:
                card.supply(images, remote=True)
            else:
                card.refuse_images(tr("The images could not be loaded."))

        self._session.work.run(load, arrived, owner=card, lane=Lane.NETWORK)

    def decide_delivery(self, message: MessageView, decision: str) -> None:
        """Say what became of a mail: "sent", "again" or "retry"."""
        if message.delivery is None:
            return
        outbox, actor, outbox_id = self._session.desk.outbox, self._session.actor, message.delivery.outbox_id
        call: Callable[[], object] = {
            "sent": lambda: outbox.it_arrived(outbox_id, actor),
            "again": lambda: outbox.send_again(outbox_id, actor),
            "retry": lambda: outbox.send_again(outbox_id, actor),
        }[decision]
        self._session.work.write(call, lambda _result: self.decided.emit(), owner=self)


def linked_ticket(message: MessageView, address: str) -> int | None:
    """Return the ticket a link leads to; only a note may: what comes from outside opens nothing here."""
    scheme, _, number = address.partition(":")
    inside = message.kind is MessageKind.INTERNAL_NOTE
    return int(number) if inside and scheme == TICKET_LINK and number.isdecimal() else None


def _open_in_browser(address: str) -> None:
    if not QDesktopServices.openUrl(QUrl(address)):
        webbrowser.open(address)
