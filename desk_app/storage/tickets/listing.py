"""Statements behind lists: keyset pages over an index, whatever the filters (database.md 0, toolchain.md 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, exists, literal, select, tuple_, union_all

from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import PageKey, TicketOrder, TicketQuery
from desk_app.storage.schema.base import Instant
from desk_app.storage.schema.tickets import ticket, ticket_mailbox, ticket_tag

EVERYWHERE = tuple(bucket for bucket in Bucket if bucket not in {Bucket.SPAM, Bucket.TRASH, Bucket.MERGED})
"""What a query without buckets means: everything that is no rubbish and still there."""


@dataclass(frozen=True)
class _Source:
    """The table whose index gives the order, with what is filtered there."""

    identity: ColumnElement[int]
    at: ColumnElement[Any]
    bucket: ColumnElement[str]
    conditions: tuple[ColumnElement[bool], ...]
    is_ticket: bool


def list_statement(
    query: TicketQuery,
    *,
    limit: int | None,
    after: PageKey | None = None,
    conditions: Sequence[ColumnElement[bool]] = (),
    with_instant: bool = True,
) -> Select[Any]:
    """Return the statement of a list: ids (and the instant they are ordered by) in order.

    One index walk a bucket, merged: an IN over buckets would make both databases sort. `conditions` are further ones on
    the ticket table.
    """
    source = _source(query)
    buckets = query.buckets or EVERYWHERE
    branches = [_branch(source, query, bucket, after, conditions, limit) for bucket in dict.fromkeys(buckets)]
    if len(branches) == 1:
        found: Any = branches[0].subquery()
    else:
        found = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    columns = (found.c.id, found.c.at) if with_instant else (found.c.id,)
    order = (found.c.at, found.c.id) if query.ascending else (found.c.at.desc(), found.c.id.desc())
    return select(*columns).order_by(*order).limit(limit)


def _source(query: TicketQuery) -> _Source:
    """Choose the table by the narrowest filter; the others are checked row by row."""
    narrow = query.requester_id is not None or (query.assignee_id or 0) > 0
    created = query.order is TicketOrder.CREATED
    for wanted, table, column in (
        (query.tag.strip().lower(), ticket_tag, ticket_tag.c.tag),
        (query.account_id, ticket_mailbox, ticket_mailbox.c.account_id),
    ):
        if wanted and not narrow:
            at = table.c.created_at if created else table.c.activity_at
            return _Source(table.c.ticket_id, at, table.c.bucket, (column == wanted,), is_ticket=False)
    at = ticket.c.created_at if created else ticket.c.activity_at
    return _Source(ticket.c.id, at, ticket.c.bucket, (), is_ticket=True)


def _branch(
    source: _Source,
    query: TicketQuery,
    bucket: Bucket,
    after: PageKey | None,
    conditions: Sequence[ColumnElement[bool]],
    limit: int | None,
) -> Select[Any]:
    statement = select(source.identity.label("id"), source.at.label("at"))
    on_ticket = [*ticket_conditions(query, source_is_ticket=source.is_ticket), *conditions]
    if on_ticket and not source.is_ticket:
        statement = statement.join(ticket, ticket.c.id == source.identity)
    statement = statement.where(source.bucket == bucket.value, *source.conditions, *on_ticket)
    if after is not None:
        here = tuple_(source.at, source.identity)
        there = tuple_(literal(after.at, Instant()), literal(after.id, BigInteger))
        statement = statement.where(here > there if query.ascending else here < there)
    if query.ascending:
        statement = statement.order_by(source.at, source.identity)
    else:
        statement = statement.order_by(source.at.desc(), source.identity.desc())
    return statement.limit(limit)


def ticket_conditions(query: TicketQuery, *, source_is_ticket: bool = True) -> list[ColumnElement[bool]]:
    """Return a query's filters but its buckets, as conditions on the ticket table.

    Where the list is read from mailbox or tag rows, the filter that chose them is left out.
    """
    conditions: list[ColumnElement[bool]] = []
    if query.department_id is not None:
        conditions.append(ticket.c.department_id == query.department_id)
    if query.assignee_id is not None:
        conditions.append(
            ticket.c.assignee_id == query.assignee_id if query.assignee_id else ticket.c.assignee_id.is_(None)
        )
    if query.requester_id is not None:
        conditions.append(ticket.c.requester_id == query.requester_id)
    tag = query.tag.strip().lower()
    if query.account_id is not None and (source_is_ticket or tag):
        conditions.append(in_mailbox(query.account_id))
    if tag and source_is_ticket:
        conditions.append(has_tag(tag))
    return conditions


def in_mailbox(account_id: int) -> ColumnElement[bool]:
    """Return the condition that a mailbox shows the ticket."""
    return exists().where(ticket_mailbox.c.ticket_id == ticket.c.id, ticket_mailbox.c.account_id == account_id)


def has_tag(tag: str) -> ColumnElement[bool]:
    """Return the condition that a ticket has a tag."""
    return exists().where(ticket_tag.c.ticket_id == ticket.c.id, ticket_tag.c.tag == tag)
