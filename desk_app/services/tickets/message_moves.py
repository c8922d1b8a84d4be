"""Moves messages from one ticket to another (IN-15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import LinkKind, StatusCategory, Ticket
from desk_app.plugin_api.data import Change
from desk_app.services.plugins.asking import asked_before
from desk_app.services.plugins.guarding import ask
from desk_app.services.ports.hooks import Hooks
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line
from desk_app.services.tickets.joining import absorb, refresh
from desk_app.services.tickets.results import CommandRefusedError, CommandResult
from desk_app.services.tickets.statuses import Statuses


class MessageMoveService:
    """Splits messages off into a ticket of their own, and puts one into the ticket it belongs to."""

    def __init__(self, uow: UnitOfWorkFactory, hooks: Hooks) -> None:
        self._uow = uow
        self._hooks = hooks

    def split(self, message_ids: Sequence[int], actor: Actor, subject: str = "") -> int:
        """Move messages of one ticket into a new, linked one and return its id (IN-15). Raises CommandRefusedError."""
        with self._uow() as uow:
            records = _records(uow, message_ids)
            tickets = {r.ticket_id for r in records}
            source = uow.tickets.get(tickets.pop()) if len(tickets) == 1 else None
            if source is None:
                raise CommandRefusedError("The messages to split off must stand in one ticket.")
            if len(records) == source.message_count:
                raise CommandRefusedError("At least one message must stay.")
            new = _split_off(uow, source, records, actor, subject)
            uow.commit()
        return new.id

    def attach_to(self, message_id: int, ticket_id: int, actor: Actor) -> CommandResult:
        """Put one message into another ticket: the one-click cure for a wrong thread (pains.md 15).

        A ticket that loses its last message goes into that ticket as a merge, so that later mail to it arrives there
        too.
        """

        def attach(uow: UnitOfWork) -> CommandResult:
            (record,) = _records(uow, [message_id])
            source, target = uow.tickets.get(record.ticket_id), uow.tickets.survivor(ticket_id)
            if source is None or target is None:
                return CommandResult(ticket_id, ok=False, error="The ticket is gone.")
            if source.id == target.id:
                return CommandResult(target.id, ok=True)
            if source.message_count == 1:
                cause = f"{actor.name} put the message here."
                try:
                    ask(self._hooks, uow, source, actor, Change("merged", None, target.id))
                    absorb(uow, source, target, actor, uow.now(), cause=cause)
                except (CommandRefusedError, ValueError) as error:
                    return CommandResult(ticket_id, ok=False, error=str(error))
            else:
                _carry(uow, record, source, target, actor)
            return CommandResult(target.id, ok=True)

        return asked_before(self._uow, attach)


def _split_off(uow: UnitOfWork, source: Ticket, records: Sequence[MessageRecord], actor: Actor, subject: str) -> Ticket:
    at, ids = uow.now(), [r.id for r in records]
    first = next((r for r in records if r.side_conversation_id is None), records[0])
    new = _ticket_of(uow, source, first, subject, at)
    uow.tickets.add(new)
    uow.messages.move(ids, new.id)
    if first.side_conversation_id is not None:  # the third party is the customer of the new ticket
        uow.side_conversations.detach(ids)
    for ticket in (source, new):
        _settle(uow, ticket, at)
    created = {"linked": {"kind": LinkKind.SPLIT.value, "ticket_id": source.id}, "message_ids": ids}
    cause = f"{actor.name} split it off ticket {source.number}."
    split = ("split_off", None, new.number)
    uow.tickets.record(
        [
            line(new, "TicketCreated", actor, at, cause=cause, data=created),
            line(source, "TicketSplit", actor, at, change=split, data={"message_ids": ids}),
        ]
    )
    return new


def _ticket_of(uow: UnitOfWork, source: Ticket, first: MessageRecord, subject: str, at: datetime) -> Ticket:
    """Return a ticket for messages of which `first` says who their customer is."""
    statuses = Statuses(uow.tickets.statuses())
    closed = source.category is StatusCategory.CLOSED
    status = statuses.by_id(source.status_id) if closed else statuses.working()
    contact = uow.contacts.get(first.contact_id) if first.contact_id is not None else None
    return Ticket(
        id=0,
        number=uow.tickets.next_number(uow.settings.desk().number_format),
        department_id=source.department_id,
        account_id=first.account_id or source.account_id,
        channel=source.channel,
        subject=subject or first.subject or source.subject,
        status_id=status.id,
        category=status.category,
        requester_id=contact.id if contact else source.requester_id,
        requester_name=first.author_name if contact else source.requester_name,
        requester_email=first.author_email if contact else source.requester_email,
        created_at=at,
        updated_at=at,
        activity_at=at,
        language=source.language,
        imported=source.imported,
        closed_at=source.closed_at,
        follows_id=source.id,
        link_kind=LinkKind.SPLIT,
        mailbox_ids=(first.account_id,) if first.account_id is not None else source.mailbox_ids,
    )


def _carry(uow: UnitOfWork, record: MessageRecord, source: Ticket, target: Ticket, actor: Actor) -> None:
    at, names = uow.now(), ("ticket", source.number, target.number)
    uow.messages.move([record.id], target.id)
    for ticket, kind in ((source, "MessageMovedAway"), (target, "MessageMovedHere")):
        _settle(uow, ticket, at)
        uow.tickets.record([line(ticket, kind, actor, at, change=names, message_id=record.id)])


def _settle(uow: UnitOfWork, ticket: Ticket, at: datetime) -> None:
    """Write what a ticket repeats of its messages, after some came or went."""
    refresh(uow, ticket)
    ticket.updated_at = at
    uow.tickets.save(ticket)
    uow.changed("ticket", ticket.id, "update", ticket.department_id)


def _records(uow: UnitOfWork, message_ids: Sequence[int]) -> list[MessageRecord]:
    records = [uow.messages.get(i) for i in sorted(set(message_ids))]
    found = [r for r in records if r is not None]
    if not found or len(found) != len(records):
        raise CommandRefusedError("The message is gone.")
    return found
