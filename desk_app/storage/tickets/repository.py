"""Tickets, their mailbox rows, tags and counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, bindparam, delete, insert, select, text, update

from desk_app.domain.notifications.telling import TELLING
from desk_app.domain.tickets.model import Bucket, Status, Ticket, TicketEvent
from desk_app.services.ports.unit_of_work import StaleTicketError
from desk_app.storage.schema.messages import (
    message,
    message_address,
)
from desk_app.storage.schema.system import number_counter
from desk_app.storage.schema.tickets import status, ticket, ticket_event, ticket_mailbox, ticket_seen, ticket_tag
from desk_app.storage.tickets.departments import carry_department
from desk_app.storage.tickets.held import HeldTickets
from desk_app.storage.tickets.mapping import (
    EVENTS,
    TICKETS,
    event_values,
    ticket_values,
    to_event,
    to_status,
    to_ticket,
)
from desk_app.storage.tickets.numbers import format_number
from desk_app.storage.tickets.place import Place, mailbox_rows
from desk_app.storage.tickets.purge import purge_tickets
from desk_app.storage.upsert import upsert

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_MERGE_STEPS = 100
_AT_ONCE = 500

_BY_ID = TICKETS.where(ticket.c.id == bindparam("wanted"))
_BY_NUMBER = TICKETS.where(ticket.c.number == bindparam("wanted"))
_MAILBOXES = (
    select(ticket_mailbox.c.ticket_id, ticket_mailbox.c.account_id)
    .where(ticket_mailbox.c.ticket_id == bindparam("wanted"))
    .order_by(ticket_mailbox.c.account_id)
)
_MAILBOXES_OF = (
    select(ticket_mailbox.c.ticket_id, ticket_mailbox.c.account_id)
    .where(ticket_mailbox.c.ticket_id.in_(bindparam("wanted", expanding=True)))
    .order_by(ticket_mailbox.c.ticket_id, ticket_mailbox.c.account_id)
)
_BY_IDS = TICKETS.where(ticket.c.id.in_(bindparam("wanted", expanding=True)))
_BY_NUMBERS = TICKETS.where(ticket.c.number.in_(bindparam("wanted", expanding=True)))
_TAGS_OF = select(ticket_tag.c.ticket_id, ticket_tag.c.tag).where(
    ticket_tag.c.ticket_id.in_(bindparam("wanted", expanding=True))
)
_SEEN_OF = select(ticket_seen.c.ticket_id, ticket_seen.c.message_id).where(
    ticket_seen.c.ticket_id.in_(bindparam("wanted", expanding=True)), ticket_seen.c.agent_id == bindparam("reader")
)
_DEPARTMENT_OF = select(ticket.c.department_id).where(ticket.c.id == bindparam("wanted"))
_INSERT = insert(ticket)
_UPDATE = update(ticket).where(ticket.c.id == bindparam("wanted"), ticket.c.version == bindparam("read_version"))
_UPDATE_MAILBOX = update(ticket_mailbox).where(ticket_mailbox.c.ticket_id == bindparam("wanted"))
_UPDATE_TAG = update(ticket_tag).where(ticket_tag.c.ticket_id == bindparam("wanted"))
_NUMBER_TAKEN = select(ticket.c.id).where(ticket.c.number == bindparam("wanted"))
_PEOPLE = (
    select(message.c.ticket_id, message_address.c.email)
    .join(message, message.c.id == message_address.c.message_id)
    .where(message.c.ticket_id.in_(bindparam("wanted", expanding=True)))
    .distinct()
)
_AUTHORS = (
    select(message.c.ticket_id, message.c.author_email.label("email"))
    .where(message.c.ticket_id.in_(bindparam("wanted", expanding=True)))
    .distinct()
)
_NEXT_NUMBER = (
    update(number_counter)
    .where(number_counter.c.name == "ticket")
    .values(last=number_counter.c.last + 1)
    .returning(number_counter.c.last)
)
_NEXT_NUMBER_PG = text("SELECT nextval('ticket_number')")


_UNDER_WAY = (Bucket.OPEN.value, Bucket.WAITING.value, Bucket.SNOOZED.value)


class SqlTicketRepository:
    """Tickets in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def next_number(self, number_format: str) -> str:
        """Return the next ticket number, formatted; never the same twice."""
        held = self._held()
        if held is not None:
            return held.next_number(number_format)
        while True:
            statement = _NEXT_NUMBER_PG if self._t.postgresql else _NEXT_NUMBER
            number = format_number(number_format, int(self._t.connection.execute(statement).scalar_one()))
            if self._t.connection.execute(_NUMBER_TAKEN, {"wanted": number}).first() is None:
                return number

    def add(self, ticket: Ticket) -> int:
        """Insert a ticket, its mailbox rows and counter deltas."""
        held = self._held()
        if held is not None:
            place = held.add(ticket)
        else:
            result = self._t.connection.execute(_INSERT, ticket_values(ticket))
            key = result.inserted_primary_key
            assert key is not None  # noqa: S101 -- a single-row insert always has one
            ticket.id = int(key[0])
            place = Place.of(ticket)
            self._t.put(ticket_mailbox, mailbox_rows(ticket.id, place, place.mailbox_ids))
        for counter in place.counters():
            self._t.count(counter, 1)
        self._places()[ticket.id] = place
        self._t.changed("ticket", ticket.id, "insert", ticket.department_id)
        return ticket.id

    def get(self, ticket_id: int) -> Ticket | None:
        """Return a ticket."""
        held = self._held()
        known = held.get(ticket_id) if held is not None else None
        if known is not None:
            return known
        row = self._t.connection.execute(_BY_ID, {"wanted": ticket_id}).first()
        return None if row is None else self._load(row)

    def by_number(self, number: str) -> Ticket | None:
        """Return the ticket with this number."""
        held = self._held()
        if held is not None and number in held.numbers:
            ticket_id = held.numbers[number]
            return None if ticket_id is None else self.get(ticket_id)
        row = self._t.connection.execute(_BY_NUMBER, {"wanted": number}).first()
        return None if row is None else self._load(row)

    def open_of(self, requester_id: int, limit: int) -> Sequence[int]:
        """Return the tickets of a customer that are under way."""
        statement = (
            select(ticket.c.id)
            .where(ticket.c.requester_id == requester_id, ticket.c.bucket.in_(_UNDER_WAY))
            .order_by(ticket.c.activity_at.desc(), ticket.c.id.desc())
            .limit(limit)
        )
        return list(self._t.connection.execute(statement).scalars())

    def prefetch(self, ticket_ids: Sequence[int], numbers: Sequence[str]) -> None:
        """Read tickets together that a batch is going to ask for."""
        held = self._held()
        if held is None:
            return
        rows: list[Row[Any]] = []
        for start in range(0, len(ticket_ids), _AT_ONCE):
            rows += self._t.connection.execute(_BY_IDS, {"wanted": list(ticket_ids[start : start + _AT_ONCE])})
        if numbers:
            rows += self._t.connection.execute(_BY_NUMBERS, {"wanted": list(numbers)})
        ids = sorted({row.id for row in rows})
        mailboxes: dict[int, list[int]] = {}
        for start in range(0, len(ids), _AT_ONCE):
            for found in self._t.connection.execute(_MAILBOXES_OF, {"wanted": ids[start : start + _AT_ONCE]}):
                mailboxes.setdefault(found.ticket_id, []).append(found.account_id)
        for row in rows:
            self._learn(to_ticket(row._asdict(), tuple(mailboxes.get(row.id, ()))))
        for number in numbers:
            held.numbers.setdefault(number, None)

    def save(self, ticket: Ticket) -> None:
        """Write a changed ticket, mailbox rows and counter deltas."""
        before = self._places().get(ticket.id)
        if before is None or before.version != ticket.version:
            stored = self.get(ticket.id)
            before = self._places().get(ticket.id)
            if stored is None or before is None or before.version != ticket.version:
                raise StaleTicketError(f"ticket {ticket.id} was changed by somebody else")
        held = self._held()
        if held is not None and _stays(before, ticket):
            ticket.version += 1
            after = held.save(ticket, before)
            self._places()[ticket.id] = after
            self._count(before, after)
            self._t.changed("ticket", ticket.id, "update", ticket.department_id)
            return
        values = Place.of(ticket).changes_from(before)
        values["version"] = ticket.version + 1
        result = self._t.connection.execute(_UPDATE, values | {"wanted": ticket.id, "read_version": ticket.version})
        if result.rowcount != 1:
            self._places().pop(ticket.id, None)
            raise StaleTicketError(f"ticket {ticket.id} was changed by somebody else")
        ticket.version += 1
        after = Place.of(ticket)
        self._places()[ticket.id] = after
        self._move_rows(ticket, before, after)
        self._learn(ticket)
        self._t.changed("ticket", ticket.id, "update", ticket.department_id)

    def survivor(self, ticket_id: int) -> Ticket | None:
        """Follow merges to the ticket that took over."""
        found = self.get(ticket_id)
        for _ in range(_MERGE_STEPS):
            if found is None or found.merged_into_id is None:
                return found
            found = self.get(found.merged_into_id)
        return found

    def merged_into(self, ticket_id: int) -> Sequence[int]:
        """Return the tickets that were merged into this one."""
        statement = select(ticket.c.id).where(ticket.c.merged_into_id == ticket_id).order_by(ticket.c.id)
        return list(self._t.connection.execute(statement).scalars())

    def record(self, events: Sequence[TicketEvent]) -> None:
        """Append history lines."""
        self._t.put(ticket_event, [event_values(event) for event in events])
        self._t.note_events(event for event in events if event.kind in TELLING and not event.silent)

    def events(self, ticket_id: int) -> Sequence[TicketEvent]:
        """Return a ticket's history, oldest first."""
        statement = EVENTS.where(ticket_event.c.ticket_id == ticket_id).order_by(ticket_event.c.id)
        return [to_event(row) for row in self._t.connection.execute(statement)]

    def tags(self, ticket_id: int) -> tuple[str, ...]:
        """Return a ticket's tags in order."""
        held = self._held()
        if held is not None and ticket_id in held.tags:
            return held.tags[ticket_id]
        statement = select(ticket_tag.c.tag).where(ticket_tag.c.ticket_id == ticket_id)
        return tuple(sorted(self._t.connection.execute(statement).scalars()))

    def set_tags(self, ticket_id: int, tags: Sequence[str]) -> None:
        """Replace a ticket's tags."""
        wanted = {tag.strip().lower() for tag in tags if tag.strip()}
        held = self._held()
        if held is not None and held.set_tags(ticket_id, wanted):
            return
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

    def prefetch_tags(self, ticket_ids: Sequence[int]) -> None:
        """Read together the tags that a batch is going to ask for."""
        held = self._held()
        if held is None:
            return
        found: dict[int, list[str]] = {ticket_id: [] for ticket_id in ticket_ids}
        for start in range(0, len(ticket_ids), _AT_ONCE):
            wanted = {"wanted": list(ticket_ids[start : start + _AT_ONCE])}
            for row in self._t.connection.execute(_TAGS_OF, wanted):
                found[row.ticket_id].append(row.tag)
        held.tags |= {ticket_id: tuple(sorted(tags)) for ticket_id, tags in found.items()}

    def seen(self, ticket_ids: Sequence[int], agent_id: int) -> Mapping[int, int]:
        """Return how far an agent has read."""
        found: dict[int, int] = {}
        for start in range(0, len(ticket_ids), _AT_ONCE):
            wanted = {"wanted": list(ticket_ids[start : start + _AT_ONCE]), "reader": agent_id}
            found |= {row.ticket_id: row.message_id for row in self._t.connection.execute(_SEEN_OF, wanted)}
        return found

    def mark_seen(self, ticket_id: int, agent_id: int, message_id: int | None) -> None:
        """Note how far an agent has read; 0 makes it unread, None forgets that it was ever looked at."""
        place = self._places().get(ticket_id)
        department_id = (
            place.department_id
            if place is not None
            else self._t.connection.execute(_DEPARTMENT_OF, {"wanted": ticket_id}).scalar()
        )
        if department_id is None:
            return
        self._t.changed("ticket", ticket_id, "update", department_id)
        if message_id is None:
            of_agent = (ticket_seen.c.ticket_id == ticket_id) & (ticket_seen.c.agent_id == agent_id)
            self._t.connection.execute(delete(ticket_seen).where(of_agent))
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

    def participants(self, ticket_id: int) -> frozenset[str]:
        """Return every e-mail address that stands in any message of the ticket."""
        return self.participants_of([ticket_id])[ticket_id]

    def participants_of(self, ticket_ids: Sequence[int]) -> Mapping[int, frozenset[str]]:
        """Return the same for many tickets."""
        found: dict[int, set[str]] = {ticket_id: set() for ticket_id in ticket_ids}
        for start in range(0, len(ticket_ids), _AT_ONCE):
            wanted = {"wanted": list(ticket_ids[start : start + _AT_ONCE])}
            for statement in (_PEOPLE, _AUTHORS):
                for row in self._t.connection.execute(statement, wanted):
                    found[row.ticket_id].add(row.email.lower())
        return {ticket_id: frozenset(people - {""}) for ticket_id, people in found.items()}

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

    def purge(self, ticket_ids: Sequence[int], *, actor_name: str, reason: str) -> None:
        """Delete tickets with everything but their tombstones."""
        doomed: dict[int, Ticket] = {}
        wanted = list(dict.fromkeys(ticket_ids))
        while wanted:
            doomed |= {one: item for one in wanted if (item := self.get(one)) is not None}
            merged = select(ticket.c.id).where(ticket.c.merged_into_id.in_(wanted))  # their messages moved here
            wanted = [one for one in self._t.connection.execute(merged).scalars() if one not in doomed]
        held = self._held()
        for ticket_id, item in doomed.items():
            for counter in self._places().pop(ticket_id).counters():
                self._t.count(counter, -1)
            if held is not None:
                held.forget(ticket_id)
            self._t.changed("ticket", ticket_id, "delete", item.department_id)
        if doomed:
            purge_tickets(self._t, list(doomed.values())[::-1], actor_name=actor_name, reason=reason)

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

    def _places(self) -> dict[int, Place]:
        places: dict[int, Place] = self._t.cache.setdefault("ticket_places", {})
        return places

    def _load(self, row: Row[Any]) -> Ticket:
        mailboxes = self._t.connection.execute(_MAILBOXES, {"wanted": row.id})
        item = to_ticket(row._asdict(), tuple(found.account_id for found in mailboxes))
        self._learn(item)
        return item

    def _held(self) -> HeldTickets | None:
        return None if self._t.held is None else self._t.held.part(HeldTickets)

    def _learn(self, item: Ticket) -> None:
        self._places()[item.id] = Place.of(item)
        held = self._held()
        if held is not None:
            held.learn(item)

    def _move_rows(self, item: Ticket, before: Place, after: Place) -> None:
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
            listed = after.listing() | {"wanted": item.id}
            if before.mailbox_ids:
                connection.execute(_UPDATE_MAILBOX, listed)
            connection.execute(_UPDATE_TAG, listed)
        self._t.put(
            ticket_mailbox, mailbox_rows(item.id, after, sorted(set(after.mailbox_ids) - set(before.mailbox_ids)))
        )
        if before.department_id != after.department_id:
            carry_department(self._t, [item.id], item.department_id)
        self._count(before, after)

    def _count(self, before: Place, after: Place) -> None:
        if before.counters() == after.counters():
            return
        for counter in before.counters():
            self._t.count(counter, -1)
        for counter in after.counters():
            self._t.count(counter, 1)


def _stays(before: Place, item: Ticket) -> bool:
    """Whether a ticket still stands in every mailbox it stood in."""
    return set(before.mailbox_ids) <= set(item.mailbox_ids)
