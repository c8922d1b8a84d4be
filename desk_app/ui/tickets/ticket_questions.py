"""What is asked about one open ticket and its messages: split, move, who the customer is, why a change is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QWidget

from desk_app.domain.tickets.model import TicketEvent
from desk_app.services.queries.conversation import ConversationView, MessageView
from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.acts import TicketActs
from desk_app.ui.tickets.dialogs import PersonQuestion, SplitQuestion
from desk_app.ui.tickets.explain import explain
from desk_app.ui.tickets.phrases import event_text
from desk_app.ui.tickets.picking import TicketQuestion
from desk_app.ui.widgets.popover import popover


class TicketQuestions:
    """Asks beside a pane, and does what is answered."""

    def __init__(self, session: DeskSession, acts: TicketActs, pane: QWidget) -> None:
        self._session, self._acts, self._pane = session, acts, pane

    def split(self, view: ConversationView | None, message: MessageView | None = None) -> None:
        """Ask which messages go to a new ticket."""
        if view is None or not view.messages:
            return
        chosen = message or view.messages[-1]
        question = SplitQuestion(view.messages, chosen.id, chosen.subject or view.ticket.subject, self._pane)
        question.ask(lambda: self._acts.split(view.ticket.id, question.message_ids, question.subject.text().strip()))

    def move(self, message: MessageView) -> None:
        """Ask which ticket a message goes to."""
        title = tr("Move this message to")
        question = TicketQuestion(self._session, title, tr("Move"), [message.ticket_id], self._pane)

        def move() -> None:
            if question.chosen is not None:
                self._acts.attach_to(message.id, message.ticket_id, question.chosen)

        question.ask(move)

    def original(self, message: MessageView) -> None:
        """Look for whoever wrote a forwarded mail, and offer to make them the customer."""

        def found(address: Any) -> None:
            if address is None:
                self._acts.refused.emit(tr("This mail does not look like a forwarded one: no original sender found."))
                return
            title = tr("Make the original sender the customer")
            question = PersonQuestion(title, tr("Change the customer"), address, self._pane)
            question.ask(lambda: self._acts.change_requester(message.ticket_id, question.address))

        self._acts.original_sender(message.ticket_id, message.id, found)

    def requester(self, view: ConversationView | None) -> None:
        """Ask who the customer is."""
        if view is None:
            return
        question = PersonQuestion(tr("Change the customer"), tr("Change"), None, self._pane)
        question.email.setText(view.ticket.requester_email)
        question.name.setText(view.ticket.requester_name)
        question.ask(lambda: self._acts.change_requester(view.ticket.id, question.address))

    def why(self, event: TicketEvent, view: ConversationView | None, where: QWidget) -> None:
        """Tell why a history line is there, and offer the way back where there is one."""
        choices: list[tuple[str, Callable[[], object]]] = []
        source = event.data.get("source_id")
        if event.kind == "TicketAbsorbed" and isinstance(source, int):
            choices.append((tr("Take them apart again"), lambda: self._acts.unmerge(source, event.ticket_id)))
        other = _other_ticket(event)
        if other is not None:
            choices.append((tr("Open that ticket"), lambda: self._acts.open_asked.emit(other)))
        popover(self._pane, where, event_text(event), explain(event, view), choices)


def _other_ticket(event: TicketEvent) -> int | None:
    """The ticket that a change of this one is about."""
    linked = event.data.get("linked")
    other = event.data.get("ticket_id") if event.kind in {"Linked", "Unlinked"} else None
    if isinstance(linked, dict):
        other = linked.get("ticket_id")
    if event.kind == "TicketMerged":
        other = event.data.get("target_id")
    return other if isinstance(other, int) else None
