"""A query's filters as conditions on the ticket table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from desk_app.domain.tickets.query import Assigned, Span, TicketQuery
from desk_app.storage.schema.contacts import contact
from desk_app.storage.schema.links import ticket_star, ticket_watcher
from desk_app.storage.schema.tickets import status, ticket, ticket_mailbox, ticket_seen, ticket_tag
from desk_app.storage.schema.writing import draft


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at a list and when: what "me", "unread" and "the last seven days" mean."""

    agent_id: int | None
    at: datetime


NOBODY = Reader(None, datetime(1970, 1, 1, tzinfo=UTC))


def reading(agent_id: int | None) -> Reader:
    """Return an agent who looks now."""
    return Reader(agent_id, datetime.now(UTC))


def ticket_conditions(query: TicketQuery, reader: Reader = NOBODY, *, left_out: str = "") -> list[ColumnElement[bool]]:
    """Return a query's filters but its buckets, as conditions on the ticket table.

    Where the list is read from another table, the filter that chose it is `left_out`.
    """
    return [
        *_places(query, left_out),
        *_people(query, reader),
        *_own(query, reader, left_out),
        *_properties(query, reader),
    ]


def _places(query: TicketQuery, left_out: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.department_id is not None:
        conditions.append(ticket.c.department_id == query.department_id)
    if query.department_ids:
        conditions.append(ticket.c.department_id.in_(query.department_ids))
    if query.account_id is not None and left_out != "account_id":
        conditions.append(in_mailbox(query.account_id))
    if query.account_ids:
        place = ticket_mailbox.c
        shown = exists().where(place.ticket_id == ticket.c.id, place.account_id.in_(query.account_ids))
        conditions.append(shown.correlate(ticket))
    if (tag := query.tag.strip().lower()) and left_out != "tag":
        conditions.append(has_tag(tag))
    conditions += [has_tag(wanted) for one in query.tags if (wanted := one.strip().lower())]
    return conditions


def _people(query: TicketQuery, reader: Reader) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    assignee = ticket.c.assignee_id
    if query.assignee_id is not None:
        conditions.append(assignee == query.assignee_id if query.assignee_id else assignee.is_(None))
    if query.assigned is Assigned.ME:
        conditions.append(assignee == reader.agent_id if reader.agent_id is not None else false())
    elif query.assigned is Assigned.OTHERS:
        conditions.append(and_(assignee.is_not(None), assignee != (reader.agent_id or 0)))
    if query.requester_id is not None:
        conditions.append(ticket.c.requester_id == query.requester_id)
    if query.organization_id is not None:
        members = select(contact.c.id).where(contact.c.organization_id == query.organization_id)
        conditions.append(ticket.c.requester_id.in_(members))
    return conditions


def _own(query: TicketQuery, reader: Reader, left_out: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for name, table in (("starred", ticket_star), ("watched", ticket_watcher), ("drafted", draft)):
        if getattr(query, name) and left_out != name:
            own = exists().where(table.c.ticket_id == ticket.c.id, table.c.agent_id == reader.agent_id)
            conditions.append(own.correlate(ticket))
    if query.unread:
        conditions.append(unread_by(reader.agent_id))
    return conditions


def _properties(query: TicketQuery, reader: Reader) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.statuses:
        wanted = select(status.c.id).where(status.c.key.in_(query.statuses))
        conditions.append(ticket.c.status_id.in_(wanted))
    if query.priorities:
        conditions.append(ticket.c.priority.in_([one.value for one in query.priorities]))
    if query.has_attachments:
        conditions.append(ticket.c.has_attachments.is_(True))
    if query.answered:
        theirs = ticket.c.customer_wrote_at
        ours_is_last = or_(theirs.is_(None), ticket.c.agent_replied_at > theirs)
        conditions.append(and_(ticket.c.agent_replied_at.is_not(None), ours_is_last))
    conditions += within(ticket.c.created_at, query.created, reader)
    conditions += within(ticket.c.activity_at, query.updated, reader)
    conditions += within(ticket.c.due_at, query.due, reader)
    return conditions


def within(column: ColumnElement[Any], span: Span, reader: Reader) -> list[ColumnElement[bool]]:
    """Return the conditions that an instant lies in a span."""
    since, until = span.bounds(reader.at)
    conditions: list[ColumnElement[bool]] = []
    if since is not None:
        conditions.append(column >= since)
    if until is not None:
        conditions.append(column < until)
    return conditions


def in_mailbox(account_id: int) -> ColumnElement[bool]:
    """Return the condition that a mailbox shows the ticket."""
    place = ticket_mailbox.c
    return exists().where(place.ticket_id == ticket.c.id, place.account_id == account_id).correlate(ticket)


def has_tag(tag: str) -> ColumnElement[bool]:
    """Return the condition that a ticket has a tag."""
    return exists().where(ticket_tag.c.ticket_id == ticket.c.id, ticket_tag.c.tag == tag).correlate(ticket)


def unread_by(agent_id: int | None) -> ColumnElement[bool]:
    """Return the condition that the customer wrote something the agent has not read; imported history counts as read
    until touched."""
    seen = select(ticket_seen.c.ticket_id).where(
        ticket_seen.c.ticket_id == ticket.c.id, ticket_seen.c.agent_id == agent_id
    )
    read = seen.where(ticket_seen.c.message_id >= ticket.c.last_inbound_id).correlate(ticket).exists()
    touched = seen.correlate(ticket).exists()
    # a plain NOT EXISTS: PostgreSQL joins what was read once instead of looking it up for every ticket
    return and_(ticket.c.last_inbound_id.is_not(None), ~read, or_(ticket.c.imported.is_(False), touched))
