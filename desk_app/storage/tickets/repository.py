"""Tickets, their mailbox rows, tags and counters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, bindparam, delete, insert, select, text, update

from desk_app.domain.tickets.model import Bucket, Status, Ticket, TicketEvent
from desk_app.services.ports.unit_of_work import StaleTicketError
from desk_app.storage.schema.messages import (
    attachment,
    message,
    message_address,
    message_body,
    message_ref,
    search_document,
)
from desk_app.storage.schema.sync import outbox
from desk_app.storage.schema.system import number_counter
from desk_app.storage.schema.tickets import status, ticket, ticket_event, ticket_mailbox, ticket_seen, ticket_tag
from desk_app.storage.tickets.mapping import (
    EVENTS,
    TICKETS,
    event_values,
    ticket_values,
    to_event,
    to_status,
    to_ticket,
)
from desk_app.storage.tickets.purge import purge_ticket
from desk_app.storage.upsert import upsert

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_MERGE_STEPS = 100

_BY_ID = TICKETS.where(ticket.c.id == bindparam("wanted"))
_BY_NUMBER = TICKETS.where(ticket.c.number == bindparam("wanted"))
_MAILBOXES = (
    select(ticket_mailbox.c.ticket_id, ticket_mailbox.c.account_id)
    .where(ticket_mailbox.c.ticket_id == bindparam("wanted"))
    .order_by(ticket_mailbox.c.account_id)
)
_INSERT = insert(ticket)
_UPDATE = update(ticket).where(ticket.c.id == bindparam("wanted"), ticket.c.version == bindparam("read_version"))
_INSERT_MAILBOX = insert(ticket_mailbox)
_UPDATE_MAILBOX = update(ticket_mailbox).where(ticket_mailbox.c.ticket_id == bindparam("wanted"))
_UPDATE_TAG = update(ticket_tag).where(ticket_tag.c.ticket_id == bindparam("wanted"))
_INSERT_EVENT = insert(ticket_event)
_NUMBER_TAKEN = select(ticket.c.id).where(ticket.c.number == bindparam("wanted"))
_NEXT_NUMBER = (
    update(number_counter)
    .where(number_counter.c.name == "ticket")
    .values(last=number_counter.c.last + 1)
    .returning(number_counter.c.last)
)
_NEXT_NUMBER_PG = text("SELECT nextval('ticket_number')")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a stored version of a ticket is listed and counted."""

    version: int
    department_id: int
    bucket: str
    assignee_id: int | None
    mailbox_ids: tuple[int, ...]
    listed: tuple[object, ...]  # what mailbox and tag rows repeat
    values: dict[str, Any]  # the columns, so that a save writes only what changed and leaves the other indexes alone

    @classmethod
    def of(cls, item: Ticket) -> _Place:
        bucket = item.bucket.value
        return cls(
            item.version,
            item.department_id,
            bucket,
            item.assignee_id,
            tuple(sorted(set(item.mailbox_ids))),
            (bucket, item.activity_at, item.created_at, item.department_id),
            ticket_values(item),
        )

    def counters(self) -> Iterable[tuple[int, str, int, str]]:
        yield (self.department_id, "all", 0, self.bucket)
        yield (self.department_id, "agent", self.assignee_id or 0, self.bucket)
        for account_id in self.mailbox_ids:
            yield (self.department_id, "mailbox", account_id, self.bucket)


class SqlTicketRepository:
    """Tickets in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def next_number(self, number_format: str) -> str:
        """Return the next ticket number, formatted; never the same twice."""
        while True:
            statement = _NEXT_NUMBER_PG if self._t.postgresql else _NEXT_NUMBER
            number = format_number(number_format, int(self._t.connection.execute(statement).scalar_one()))
            if self._t.connection.execute(_NUMBER_TAKEN, {"wanted": number}).first() is None:
                return number

    def add(self, ticket: Ticket) -> int:
        """Insert a ticket, its mailbox rows and counter deltas."""
        result = self._t.connection.execute(_INSERT, ticket_values(ticket))
        key = result.inserted_primary_key
        assert key is not None  # noqa: S101 -- a single-row insert always has one
        ticket.id = int(key[0])
        place = _Place.of(ticket)
        self._add_mailboxes(ticket, place.mailbox_ids)
        for counter in place.counters():
            self._t.count(counter, 1)
        self._places()[ticket.id] = place
        self._t.changed("ticket", ticket.id, "insert", ticket.department_id)
        return ticket.id

    def get(self, ticket_id: int) -> Ticket | None:
        """Return a ticket."""
        row = self._t.connection.execute(_BY_ID, {"wanted": ticket_id}).first()
        return None if row is None else self._load(row)

    def by_number(self, number: str) -> Ticket | None:
        """Return the ticket with this number."""
        row = self._t.connection.execute(_BY_NUMBER, {"wanted": number}).first()
        return None if row is None else self._load(row)

    def save(self, ticket: Ticket) -> None:
        """Write a changed ticket, mailbox rows and counter deltas."""
        before = self._places().get(ticket.id)
        if before is None or before.version != ticket.version:
            stored = self.get(ticket.id)
            before = self._places().get(ticket.id)
            if stored is None or before is None or before.version != ticket.version:
                raise StaleTicketError(f"ticket {ticket.id} was changed by somebody else")
        stored_values = before.values
        values = {name: value for name, value in ticket_values(ticket).items() if value != stored_values[name]}
        values["version"] = ticket.version + 1
        result = self._t.connection.execute(_UPDATE, values | {"wanted": ticket.id, "read_version": ticket.version})
        if result.rowcount != 1:
            self._places().pop(ticket.id, None)
            raise StaleTicketError(f"ticket {ticket.id} was changed by somebody else")
        ticket.version += 1
        after = _Place.of(ticket)
        self._places()[ticket.id] = after
        self._move_rows(ticket, before, after)
        self._t.changed("ticket", ticket.id, "update", ticket.department_id)

    def survivor(self, ticket_id: int) -> Ticket | None:
        """Follow merges to the ticket that took over."""
        found = self.get(ticket_id)
        for _ in range(_MERGE_STEPS):
            if found is None or found.merged_into_id is None:
                return found
            found = self.get(found.merged_into_id)
        return found

    def record(self, events: Sequence[TicketEvent]) -> None:
        """Append history lines."""
        if events:
            self._t.connection.execute(_INSERT_EVENT, [event_values(event) for event in events])

    def events(self, ticket_id: int) -> Sequence[TicketEvent]:
        """Return a ticket's history, oldest first."""
        statement = EVENTS.where(ticket_event.c.ticket_id == ticket_id).order_by(ticket_event.c.id)
        return [to_event(row) for row in self._t.connection.execute(statement)]

    def tags(self, ticket_id: int) -> tuple[str, ...]:
        """Return a ticket's tags in order."""
        statement = select(ticket_tag.c.tag).where(ticket_tag.c.ticket_id == ticket_id)
        return tuple(sorted(self._t.connection.execute(statement).scalars()))

    def set_tags(self, ticket_id: int, tags: Sequence[str]) -> None:
        """Replace a ticket's tags."""
        wanted = {tag.strip().lower() for tag in tags if tag.strip()}
        stored = set(self.tags(ticket_id))
        if wanted == stored:
            return
        gone = stored - wanted
        if gone:
            self._t.connection.execute(
                delete(ticket_tag).where(ticket_tag.c.ticket_id == ticket_id, ticket_tag.c.tag.in_(sorted(gone)))
            )
        place = self._t.connection.execute(
            select(ticket.c.department_id, ticket.c.bucket, ticket.c.activity_at, ticket.c.created_at).where(
                ticket.c.id == ticket_id
            )
        ).one()
        rows = [{"ticket_id": ticket_id, "tag": tag, **place._asdict()} for tag in sorted(wanted - stored)]
        if rows:
            self._t.connection.execute(insert(ticket_tag), rows)
        self._t.changed("ticket", ticket_id, "update", place.department_id)

    def mark_seen(self, ticket_id: int, agent_id: int, message_id: int) -> None:
        """Note how far an agent has read; 0 makes it unread."""
        department_id = self._t.connection.execute(
            select(ticket.c.department_id).where(ticket.c.id == ticket_id)
        ).scalar()
        if department_id is None:
            return
        upsert(
            self._t,
            ticket_seen,
            {
                "ticket_id": ticket_id,
                "agent_id": agent_id,
                "department_id": department_id,
                "message_id": message_id,
            },
            keys=("ticket_id", "agent_id"),
        )
        self._t.changed("ticket", ticket_id, "update", department_id)

    def participants(self, ticket_id: int) -> frozenset[str]:
        """Return every e-mail address that stands in any message of the ticket."""
        statement = (
            select(message_address.c.email)
            .join(message, message.c.id == message_address.c.message_id)
            .where(message.c.ticket_id == ticket_id, message_address.c.email != "")
            .distinct()
        )
        authors = select(message.c.author_email).where(message.c.ticket_id == ticket_id).distinct()
        found = {*self._t.connection.execute(statement).scalars(), *self._t.connection.execute(authors).scalars()}
        return frozenset(address.lower() for address in found if address)

    def statuses(self) -> Sequence[Status]:
        """Return every status."""
        rows = self._t.connection.execute(select(status).order_by(status.c.position, status.c.id))
        return [to_status(row) for row in rows]

    def due_snoozed(self, limit: int) -> Sequence[Ticket]:
        """Return tickets whose snooze has ended by the database's clock."""
        statement = (
            TICKETS.where(ticket.c.snoozed_until_at.is_not(None), ticket.c.snoozed_until_at <= self._t.now())
            .order_by(ticket.c.snoozed_until_at)
            .limit(limit)
        )
        return [self._load(row) for row in self._t.connection.execute(statement).all()]

    def purge(self, ticket_id: int, *, actor_name: str, reason: str) -> None:
        """Delete a ticket with everything but its tombstones."""
        item = self.get(ticket_id)
        if item is None:
            return
        merged = select(ticket.c.id).where(ticket.c.merged_into_id == ticket_id)
        for source_id in self._t.connection.execute(merged).scalars().all():
            self.purge(source_id, actor_name=actor_name, reason=reason)  # its messages moved here, so it goes along
        for counter in self._places()[ticket_id].counters():
            self._t.count(counter, -1)
        self._places().pop(ticket_id)
        purge_ticket(self._t, item, actor_name=actor_name, reason=reason)
        self._t.changed("ticket", ticket_id, "delete", item.department_id)

    def expired_trash(self, days: int, limit: int) -> Sequence[Ticket]:
        """Return tickets in the trash for more than `days` days."""
        statement = (
            TICKETS.where(
                ticket.c.trashed_at.is_not(None),
                ticket.c.trashed_at < self._t.now() - timedelta(days=days),
                ticket.c.bucket == Bucket.TRASH.value,
            )
            .order_by(ticket.c.trashed_at)
            .limit(limit)
        )
        return [self._load(row) for row in self._t.connection.execute(statement).all()]

    def _places(self) -> dict[int, _Place]:
        places: dict[int, _Place] = self._t.cache.setdefault("ticket_places", {})
        return places

    def _load(self, row: Row[Any]) -> Ticket:
        mailboxes = self._t.connection.execute(_MAILBOXES, {"wanted": row.id})
        item = to_ticket(row._asdict(), tuple(found.account_id for found in mailboxes))
        self._places()[item.id] = _Place.of(item)
        return item

    def _add_mailboxes(self, item: Ticket, account_ids: Sequence[int]) -> None:
        rows = [
            {
                "ticket_id": item.id,
                "account_id": account_id,
                "department_id": item.department_id,
                "bucket": item.bucket.value,
                "activity_at": item.activity_at,
                "created_at": item.created_at,
            }
            for account_id in account_ids
        ]
        if rows:
            self._t.connection.execute(_INSERT_MAILBOX, rows)

    def _move_rows(self, item: Ticket, before: _Place, after: _Place) -> None:
        """Bring mailbox rows, tag rows and counters from one place to the other."""
        connection = self._t.connection
        gone = set(before.mailbox_ids) - set(after.mailbox_ids)
        if gone:
            connection.execute(
                delete(ticket_mailbox).where(
                    ticket_mailbox.c.ticket_id == item.id, ticket_mailbox.c.account_id.in_(sorted(gone))
                )
            )
        if before.listed != after.listed:
            listed = {
                "bucket": item.bucket.value,
                "activity_at": item.activity_at,
                "created_at": item.created_at,
                "department_id": item.department_id,
                "wanted": item.id,
            }
            if before.mailbox_ids:
                connection.execute(_UPDATE_MAILBOX, listed)
            connection.execute(_UPDATE_TAG, listed)
        self._add_mailboxes(item, sorted(set(after.mailbox_ids) - set(before.mailbox_ids)))
        if before.department_id != after.department_id:
            self._move_department(item)
        for counter in before.counters():
            self._t.count(counter, -1)
        for counter in after.counters():
            self._t.count(counter, 1)

    def _move_department(self, item: Ticket) -> None:
        """Carry the department to everything that hangs on the ticket (database.md 1.2); history keeps its own."""
        values = {"department_id": item.department_id}
        for table in (message, search_document, ticket_seen, outbox):
            self._t.connection.execute(update(table).where(table.c.ticket_id == item.id).values(values))
        of_ticket = select(message.c.id).where(message.c.ticket_id == item.id)
        for table in (message_body, message_address, message_ref, attachment):
            self._t.connection.execute(update(table).where(table.c.message_id.in_(of_ticket)).values(values))


def format_number(number_format: str, number: int) -> str:
    """Put a number into a format like "T-####"; the run of # is its place and its least number of digits."""
    match = re.search(r"#+", number_format)
    if match is None:
        return f"{number_format}{number}"
    return f"{number_format[: match.start()]}{number:0{len(match[0])}d}{number_format[match.end() :]}"
