"""The bars above the send button: what to look at before a mail leaves, and what came in meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QPushButton, QSizePolicy, QWidget

from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.guards import Conversation, Guard, Objection, Outgoing, objections
from desk_app.domain.messages.model import Address, Classification, MessageKind
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.ui.language import tr
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.widgets.basics import button, label, scroller
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.panels import announce

if TYPE_CHECKING:
    from desk_app.services.messages.replies import NewerMessage
    from desk_app.services.queries.conversation import ConversationView

MOST_SHOWN = 3


class ConfirmBar(QFrame):
    """A calm strip with a few lines and two choices; the first one goes on."""

    def __init__(
        self,
        lines: Sequence[QWidget],
        go_on: tuple[str, Callable[[], object]],
        back: tuple[str, Callable[[], object]],
    ) -> None:
        """The choices stand below the lines, which need the width."""
        super().__init__()
        self.setObjectName("banner")
        self.setProperty("tone", "warning")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.go_on: QPushButton = button(*go_on)
        self.back: QPushButton = button(*back, variant="ghost")
        texts = column(*lines, spacing=3)
        glyph = Glyph("triangle-alert", "warning")
        texts.addSpacing(4)
        texts.addLayout(row(None, self.back, self.go_on, spacing=8))
        line = row(glyph, texts, margins=(12, 7, 8, 7), spacing=10)
        line.setAlignment(glyph, Qt.AlignmentFlag.AlignTop)
        line.setStretchFactor(texts, 1)
        self.setLayout(line)


def guard_bar(found: Sequence[Objection], send: Callable[[], object], back: Callable[[], object]) -> ConfirmBar:
    """Return the bar that asks about a mail's objections."""
    texts = [objection_text(one) for one in found]
    lines = [label(text, wrap=True) for text in texts]
    bar = ConfirmBar(lines, (tr("Send anyway"), send), (tr("Back"), back))
    announce(bar, " ".join(texts))
    return bar


def stale_bar(newer: Sequence[NewerMessage], send: Callable[[], object], back: Callable[[], object]) -> ConfirmBar:
    """Return the bar that shows what came into the ticket meanwhile (IN-09)."""
    heading = tr("%n new message(s) arrived while you were writing.", len(newer))
    lines: list[QWidget] = [label(heading, "strong", wrap=True)]
    arrived = column(spacing=8)
    for one in newer[-MOST_SHOWN:]:
        kind = tr("Internal note") if one.kind is MessageKind.INTERNAL_NOTE else ""
        head = " · ".join(part for part in (one.author, kind, full_time(one.at)) if part)
        arrived.addWidget(label(head, "tertiary"))
        arrived.addWidget(label((one.text or one.snippet).strip(), wrap=True, selectable=True))
    arrived.addStretch(1)
    area = scroller(boxed(arrived), tr("What arrived meanwhile"))
    area.setMinimumHeight(theme().px(64))
    area.setMaximumHeight(theme().px(150))
    area.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    lines.append(area)
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


_ASIDE = frozenset({Guard.NO_REPLY, Guard.NOTHING_ATTACHED, Guard.NO_SUBJECT, Guard.PLACEHOLDER_LEFT, Guard.TOO_LARGE})
"""What is worth a look in a message to a third party, who is a stranger to the ticket by nature."""


def side_objections(draft: SideDraft) -> tuple[Objection, ...]:
    """Return what is worth a look before a message to a third party leaves."""
    return tuple(one for one in objections(outgoing_of(draft), Conversation()) if one.guard in _ASIDE)


def outgoing_of(draft: ReplyDraft | SideDraft) -> Outgoing:
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
