"""The bars above the send button: what to look at before a mail leaves, and what came in meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QPushButton, QSizePolicy, QWidget

from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.guards import Conversation, Guard, Objection, Outgoing
from desk_app.domain.messages.model import Address, Classification
from desk_app.ui.language import tr
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.widgets.basics import ElidedLabel, button, label
from desk_app.ui.widgets.layout import column, row
from desk_app.ui.widgets.panels import announce

if TYPE_CHECKING:
    from desk_app.services.messages.replies import NewerMessage
    from desk_app.services.queries.conversation import ConversationView

MOST_SHOWN = 3


class ConfirmBar(QFrame):
    """A calm strip with a few lines and two choices; the first one goes on."""

    def __init__(
        self, lines: Sequence[QWidget], go_on: tuple[str, Callable[[], object]], back: tuple[str, Callable[[], object]]
    ) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setProperty("tone", "warning")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.go_on: QPushButton = button(*go_on)
        self.back: QPushButton = button(*back, variant="ghost")
        texts = column(*lines, spacing=3)
        line = row(Glyph("triangle-alert", "warning"), texts, self.back, self.go_on, margins=(12, 7, 8, 7), spacing=10)
        line.setStretchFactor(texts, 1)
        self.setLayout(line)


def guard_bar(found: Sequence[Objection], send: Callable[[], object], back: Callable[[], object]) -> ConfirmBar:
    """Return the bar that asks about a mail's objections."""
    texts = [objection_text(one) for one in found]
    bar = ConfirmBar([label(text, wrap=True) for text in texts], (tr("Send anyway"), send), (tr("Back"), back))
    announce(bar, " ".join(texts))
    return bar


def stale_bar(newer: Sequence[NewerMessage], send: Callable[[], object], back: Callable[[], object]) -> ConfirmBar:
    """Return the bar that shows what came into the ticket meanwhile (IN-09)."""
    heading = tr("%n new message(s) arrived while you were writing.", len(newer))
    lines: list[QWidget] = [label(heading, "strong", wrap=True)]
    lines += [
        ElidedLabel(f"{one.author}, {full_time(one.at)}: {' '.join(one.snippet.split())}")
        for one in newer[-MOST_SHOWN:]
    ]
    bar = ConfirmBar(lines, (tr("Send anyway"), send), (tr("Keep editing"), back))
    announce(bar, heading)
    return bar


def objection_text(objection: Objection) -> str:
    """Return an objection in the agent's language."""
    texts = {
        Guard.NEW_RECIPIENT: tr("New to this ticket: {about}."),
        Guard.FOREIGN_DOMAIN: tr("Outside the customer's organization: {about}."),
        Guard.DROPPED_RECIPIENT: tr("Was part of the conversation and would not get this: {about}."),
        Guard.MAILING_LIST: tr("This answers a mailing list: everybody on {about} may read it."),
        Guard.NO_REPLY: tr("Nobody reads mail to {about}."),
        Guard.NOTHING_ATTACHED: tr("The text says “{about}”, but nothing is attached."),
        Guard.NO_SUBJECT: tr("The subject is empty."),
        Guard.PLACEHOLDER_LEFT: tr("Not filled in: {about}."),
        Guard.TOO_LARGE: tr("The mail is about {about} MB; many mail servers refuse more than 25 MB."),
    }
    return texts[objection.guard].format(about=", ".join(objection.about))


def outgoing_of(draft: ReplyDraft) -> Outgoing:
    """Return what the guards look at of a reply."""
    return Outgoing(
        to=draft.to,
        cc=draft.cc,
        bcc=draft.bcc,
        subject=draft.subject,
        text=draft.text,
        files=len(draft.attachments),
        attached_bytes=sum(len(one.content) for one in draft.attachments),
    )


def conversation_of(
    view: ConversationView | None, expected: Sequence[Address], own: Sequence[str], answers: int | None
) -> Conversation:
    """Return what the guards know of a ticket; `answers` is the message being answered."""
    if view is None:
        return Conversation(expected=tuple(expected), known=[one.email for one in expected], own=own)
    known = {one.email for one in expected}
    for message in view.messages:
        known |= {message.author_email, *(one.email for one in (*message.to, *message.cc, *message.reply_to))}
    answered = next((one for one in view.messages if one.id == answers), None)
    listed: tuple[str, ...] = ()
    if answered is not None and answered.classification is Classification.LIST:
        listed = tuple(one.email for one in (*answered.reply_to, *answered.to, *answered.cc))
    return Conversation(view.ticket.requester_email, known - {""}, tuple(expected), own, listed)
