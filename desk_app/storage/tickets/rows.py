"""Lines of a list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.engine import Connection

from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.services.queries.tickets import TicketRow
from desk_app.storage.schema.links import ticket_star
from desk_app.storage.schema.people import agent
from desk_app.storage.schema.tickets import status, ticket, ticket_mailbox, ticket_seen, ticket_tag

_CHUNK = 500
_ROWS = (
    select(
        ticket.c.id,
        ticket.c.number,
        ticket.c.subject,
        ticket.c.snippet,
        ticket.c.requester_name,
        ticket.c.requester_email,
        ticket.c.bucket,
        status.c.name.label("status_name"),
        status.c.key.label("status_key"),
        ticket.c.priority,
        ticket.c.assignee_id,
        agent.c.name.label("assignee_name"),
        ticket.c.message_count,
        ticket.c.has_attachments,
        ticket.c.last_inbound_id,
        ticket_seen.c.message_id.label("seen_id"),
        ticket.c.activity_at,
        ticket.c.created_at,
        ticket.c.snoozed_until_at,
        ticket.c.imported,
        ticket.c.version,
        ticket.c.department_id,
        ticket.c.due_at,
        ticket_star.c.agent_id.label("star"),
    )
    .join(status, status.c.id == ticket.c.status_id)
    .outerjoin(agent, agent.c.id == ticket.c.assignee_id)
    .outerjoin(ticket_seen, and_(ticket_seen.c.ticket_id == ticket.c.id, ticket_seen.c.agent_id == bindparam("reader")))
    .outerjoin(ticket_star, and_(ticket_star.c.ticket_id == ticket.c.id, ticket_star.c.agent_id == bindparam("reader")))
    .where(ticket.c.id.in_(bindparam("wanted", expanding=True)))
)
_TAGS = (
    select(ticket_tag.c.ticket_id, ticket_tag.c.tag)
    .where(ticket_tag.c.ticket_id.in_(bindparam("wanted", expanding=True)))
    .order_by(ticket_tag.c.ticket_id, ticket_tag.c.tag)
)
_MAILBOXES = (
    select(ticket_mailbox.c.ticket_id, ticket_mailbox.c.account_id)
    .where(ticket_mailbox.c.ticket_id.in_(bindparam("wanted", expanding=True)))
    .order_by(ticket_mailbox.c.ticket_id, ticket_mailbox.c.account_id)
)


def read_rows(connection: Connection, ids: Sequence[int], agent_id: int | None) -> list[TicketRow]:
    """Return rows for ids, in their order; unknown ids are left out."""
    found: dict[int, Any] = {}
    mailboxes: dict[int, list[int]] = defaultdict(list)
    tags: dict[int, list[str]] = defaultdict(list)
    for start in range(0, len(ids), _CHUNK):
        wanted = list(ids[start : start + _CHUNK])
        for row in connection.execute(_ROWS, {"reader": agent_id, "wanted": wanted}):
            found[row.id] = row
        for place in connection.execute(_MAILBOXES, {"wanted": wanted}):
            mailboxes[place.ticket_id].append(place.account_id)
        for tagged in connection.execute(_TAGS, {"wanted": wanted}):
            tags[tagged.ticket_id].append(tagged.tag)
    return [
        _row(found[key], tuple(mailboxes.get(key, ())), tuple(tags.get(key, ())), agent_id)
        for key in ids
        if key in found
    ]


def _row(row: Any, account_ids: tuple[int, ...], tags: tuple[str, ...], agent_id: int | None) -> TicketRow:
    return TicketRow(
        id=row.id,
        number=row.number,
        subject=row.subject,
        snippet=row.snippet,
        requester_name=row.requester_name,
        requester_email=row.requester_email,
        bucket=Bucket(row.bucket),
        status_name=row.status_name,
        status_key=row.status_key,
        priority=Priority(row.priority),
        assignee_id=row.assignee_id,
        assignee_name=row.assignee_name or "",
        account_ids=account_ids,
        message_count=row.message_count,
        has_attachments=row.has_attachments,
        unread=_unread(row, agent_id),
        activity_at=row.activity_at,
        created_at=row.created_at,
        snoozed_until_at=row.snoozed_until_at,
        imported=row.imported,
        version=row.version,
        department_id=row.department_id,
        due_at=row.due_at,
        starred=row.star is not None,
        tags=tags,
    )


def _unread(row: Any, agent_id: int | None) -> bool:
    """Whether the customer wrote something the agent has not read; imported history counts as read until touched."""
    if agent_id is None or row.last_inbound_id is None:
        return False
    if row.seen_id is None:
        return not row.imported
    return bool(row.last_inbound_id > row.seen_id)
