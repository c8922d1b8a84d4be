"""Rows to tickets and history lines, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Select, select

from desk_app.domain.people.actor import Actor, ActorKind
from desk_app.domain.tickets.model import (
    LinkKind,
    Priority,
    Status,
    StatusCategory,
    Ticket,
    TicketEvent,
)
from desk_app.storage.schema.tickets import status, ticket, ticket_event

_PLAIN = (
    "number",
    "department_id",
    "account_id",
    "channel",
    "subject",
    "status_id",
    "requester_id",
    "requester_name",
    "requester_email",
    "created_at",
    "updated_at",
    "activity_at",
    "assignee_id",
    "language",
    "snippet",
    "message_count",
    "has_attachments",
    "imported",
    "spam",
    "last_message_id",
    "last_inbound_id",
    "customer_wrote_at",
    "agent_replied_at",
    "first_response_at",
    "closed_at",
    "snoozed_until_at",
    "due_at",
    "trashed_at",
    "merged_into_id",
    "follows_id",
    "version",
)

TICKETS: Select[Any] = select(
    ticket.c.id, *(ticket.c[name] for name in _PLAIN), ticket.c.priority, ticket.c.link_kind, status.c.category
).join(status, status.c.id == ticket.c.status_id)
"""Selects what `to_ticket` needs."""


def to_ticket(columns: Mapping[str, Any], mailbox_ids: tuple[int, ...]) -> Ticket:
    """Return the ticket of a row of `TICKETS` (its mapping)."""
    values = dict(columns)
    values["category"] = StatusCategory(values["category"])
    values["priority"] = Priority(values["priority"])
    values["link_kind"] = LinkKind(values["link_kind"])
    return Ticket(**values, mailbox_ids=mailbox_ids)


def ticket_values(item: Ticket) -> dict[str, Any]:
    """Return the columns of a ticket without its id."""
    values = {name: getattr(item, name) for name in _PLAIN}
    values["bucket"] = item.bucket.value
    values["priority"] = item.priority.value
    values["link_kind"] = item.link_kind.value
    return values


def to_status(row: Row[Any]) -> Status:
    """Return the status of a row."""
    return Status(row.id, row.key, row.name, StatusCategory(row.category), row.department_id, row.position)


def event_values(event: TicketEvent) -> dict[str, Any]:
    """Return the columns of a history line."""
    return {
        "ticket_id": event.ticket_id,
        "department_id": event.department_id,
        "at": event.at,
        "kind": event.kind,
        "actor_kind": event.actor.kind.value,
        "actor_id": event.actor.id,
        "actor_name": event.actor.name,
        "cause": event.cause,
        "field": event.field,
        "old": event.old,
        "new": event.new,
        "message_id": event.message_id,
        "data": json.dumps(event.data, ensure_ascii=False) if event.data else "{}",
    }


EVENTS: Select[Any] = select(ticket_event)


def to_event(row: Row[Any]) -> TicketEvent:
    """Return the history line of a row."""
    return TicketEvent(
        ticket_id=row.ticket_id,
        department_id=row.department_id,
        at=row.at,
        kind=row.kind,
        actor=Actor(ActorKind(row.actor_kind), row.actor_id, row.actor_name),
        cause=row.cause,
        field=row.field,
        old=row.old,
        new=row.new,
        message_id=row.message_id,
        data=json.loads(row.data) if row.data != "{}" else {},
        id=row.id,
    )
