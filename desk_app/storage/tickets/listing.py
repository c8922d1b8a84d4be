"""Statements behind lists: keyset pages over an index, whatever the filters (database.md 0, toolchain.md 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select, tuple_, union_all
from sqlalchemy.engine import Connection

from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.domain.tickets.query import Assigned, PageKey, TicketOrder, TicketQuery
from desk_app.storage.schema.links import ticket_star, ticket_watcher
from desk_app.storage.schema.people import agent
from desk_app.storage.schema.tickets import status, ticket, ticket_mailbox, ticket_tag
from desk_app.storage.schema.writing import draft
from desk_app.storage.tickets.conditions import NOBODY, Reader, ticket_conditions

EVERYWHERE = tuple(bucket for bucket in Bucket if bucket not in {Bucket.SPAM, Bucket.TRASH, Bucket.MERGED})
"""What a query without buckets means: everything that is no rubbish and still there."""

_TEXTS = {
    TicketOrder.SUBJECT: func.lower(ticket.c.subject),
    TicketOrder.REQUESTER: func.lower(
        func.coalesce(func.nullif(ticket.c.requester_name, ""), ticket.c.requester_email)
    ),
}


@dataclass(frozen=True)
class _Source:
    """The table whose index gives the order, with what is filtered there."""

    identity: ColumnElement[int]
    activity_at: ColumnElement[Any]
    created_at: ColumnElement[Any]
    bucket: ColumnElement[str]
    conditions: tuple[ColumnElement[bool], ...]
    is_ticket: bool
    left_out: str = ""
    """The filter that chose this source: it needs no condition any more."""


@dataclass(frozen=True)
class _Part:
    """A stretch of a list: what its tickets have in common and what orders them. `walked` has an index behind it."""

    rank: int
    at: ColumnElement[Any]
    descending: bool
    conditions: tuple[ColumnElement[bool], ...] = ()
    walked: bool = False
    on_ticket: bool = True
    """Whether order or conditions need columns of the ticket table."""


@dataclass(frozen=True, slots=True)
class Place:
    """A ticket's place in a list."""

    id: int
    at: Any
    rank: int

    @property
    def key(self) -> PageKey:
        """The key of the page that goes on after it."""
        return PageKey(self.at, self.id, self.rank)


def read_places(
    connection: Connection,
    query: TicketQuery,
    reader: Reader = NOBODY,
    *,
    limit: int,
    after: PageKey | None = None,
    conditions: Sequence[ColumnElement[bool]] = (),
) -> list[Place]:
    """Return the places of a page; `conditions` on tickets narrow the list further."""
    found: list[Place] = []
    for rank, statement in _statements(query, reader, limit, after, conditions):
        rows = connection.execute(statement.limit(limit - len(found))).all()
        found += [Place(row.id, row.at, rank) for row in rows]
        if len(found) >= limit:
            break
    return found


def read_ids(
    connection: Connection,
    query: TicketQuery,
    reader: Reader = NOBODY,
    *,
    limit: int | None = None,
) -> list[int]:
    """Return the ids of a list in order."""
    found: list[int] = []
    for _, statement in _statements(query, reader, limit, None, (), with_key=False):
        left = None if limit is None else limit - len(found)
        # the driver's own tuples, one at a time: a million is quick
        rows: Any = connection.execute(statement.limit(left)).cursor
        found += [row[0] for row in rows]
        if limit is not None and len(found) >= limit:
            break
    return found


def count_places(
    connection: Connection,
    query: TicketQuery,
    reader: Reader = NOBODY,
    *,
    most: int,
) -> int:
    """Count a list, no further than to `most`."""
    source = _source(query, reader)
    on_ticket = ticket_conditions(query, reader, left_out=source.left_out)
    statement = select(source.identity.label("id"))
    if not source.is_ticket and (on_ticket or source.left_out in _SMALL):
        statement = statement.join(ticket, ticket.c.id == source.identity)
    buckets = [bucket.value for bucket in dict.fromkeys(query.buckets or EVERYWHERE)]
    statement = statement.where(_bucket(source).in_(buckets), *source.conditions, *on_ticket)
    inside = statement.limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(inside)).scalar_one())


def _statements(
    query: TicketQuery,
    reader: Reader,
    limit: int | None,
    after: PageKey | None,
    conditions: Sequence[ColumnElement[bool]],
    *,
    with_key: bool = True,
) -> Iterator[tuple[int, Select[Any]]]:
    """Yield the statement of each stretch of a list: ids, and what they are ordered by, in order."""
    source = _source(query, reader)
    on_ticket = (*ticket_conditions(query, reader, left_out=source.left_out), *conditions)
    for part in _parts(query, source):
        if after is not None and part.rank < after.rank:
            continue
        start = after if after is not None and part.rank == after.rank else None
        yield part.rank, _part_statement(query, source, part, start, on_ticket, limit, with_key=with_key)


def _part_statement(
    query: TicketQuery,
    source: _Source,
    part: _Part,
    after: PageKey | None,
    on_ticket: Sequence[ColumnElement[bool]],
    limit: int | None,
    *,
    with_key: bool,
) -> Select[Any]:
    """One index walk a bucket, merged: an IN over buckets would make both databases sort."""
    buckets = [bucket.value for bucket in dict.fromkeys(query.buckets or EVERYWHERE)]
    bucket = _bucket(source)
    if part.walked and source.left_out not in _SMALL:
        branches = [_branch(source, part, bucket == one, after, on_ticket, limit) for one in buckets]
    else:
        branches = [_branch(source, part, bucket.in_(buckets), after, on_ticket, limit)]
    if len(branches) == 1:
        found: Any = branches[0].subquery()
    else:
        found = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    columns = (found.c.id, found.c.at) if with_key else (found.c.id,)
    order = (found.c.at.desc(), found.c.id.desc()) if part.descending else (found.c.at, found.c.id)
    return select(*columns).order_by(*order)


def _branch(
    source: _Source,
    part: _Part,
    in_bucket: ColumnElement[bool],
    after: PageKey | None,
    on_ticket: Sequence[ColumnElement[bool]],
    limit: int | None,
) -> Select[Any]:
    statement = select(source.identity.label("id"), part.at.label("at"))
    if not source.is_ticket and (on_ticket or part.on_ticket or source.left_out in _SMALL):
        statement = statement.join(ticket, ticket.c.id == source.identity)
    statement = statement.where(in_bucket, *source.conditions, *part.conditions, *on_ticket)
    if after is not None:
        here = tuple_(part.at, source.identity)
        there = tuple_(literal(after.at, part.at.type), literal(after.id, BigInteger))
        statement = statement.where(here < there if part.descending else here > there)
    if part.descending:
        return statement.order_by(part.at.desc(), source.identity.desc()).limit(limit)
    return statement.order_by(part.at, source.identity).limit(limit)


# -- where a list is read from ----------------------------------------------------------------------------------------

_SMALL = {"starred": ticket_star, "watched": ticket_watcher, "drafted": draft}
"""Filters that few tickets pass: a list is read from there and sorted."""


def _source(query: TicketQuery, reader: Reader) -> _Source:
    """Choose the table by the narrowest filter; the others are checked row by row."""
    for name, table in _SMALL.items():
        if getattr(query, name):
            own = select(table.c.ticket_id).where(table.c.agent_id == reader.agent_id, table.c.ticket_id.is_not(None))
            few = own.distinct().subquery(name)
            columns = (ticket.c.activity_at, ticket.c.created_at, ticket.c.bucket)
            return _Source(few.c.ticket_id, *columns, (), is_ticket=False, left_out=name)
    mine = query.assigned is Assigned.ME
    narrow = mine or query.requester_id is not None or (query.assignee_id or 0) > 0
    tag = query.tag.strip().lower()
    for name, wanted, table, column in (
        ("tag", tag, ticket_tag, ticket_tag.c.tag),
        ("account_id", query.account_id, ticket_mailbox, ticket_mailbox.c.account_id),
    ):
        sorted_anyway = name == "account_id" and query.order in {TicketOrder.DUE, TicketOrder.PRIORITY}
        if wanted and not narrow and not sorted_anyway:
            columns = (table.c.activity_at, table.c.created_at, table.c.bucket)
            return _Source(table.c.ticket_id, *columns, (column == wanted,), is_ticket=False, left_out=name)
    return _Source(ticket.c.id, ticket.c.activity_at, ticket.c.created_at, ticket.c.bucket, (), is_ticket=True)


def _bucket(source: _Source) -> ColumnElement[str]:
    """Return what buckets are compared with; where few tickets are joined, nobody shall walk the buckets instead."""
    return source.bucket.op("||")("") if source.left_out in _SMALL else source.bucket


# -- what orders it ---------------------------------------------------------------------------------------------------


def _parts(query: TicketQuery, source: _Source) -> list[_Part]:
    down = not query.ascending
    order = query.order
    if order is TicketOrder.CREATED:
        return [_Part(0, source.created_at, down, walked=True, on_ticket=False)]
    if order is TicketOrder.DUE:
        undated = _Part(1, ticket.c.activity_at, descending=True, conditions=(ticket.c.due_at.is_(None),), walked=True)
        dated = (ticket.c.due_at.is_not(None),)
        return [_Part(0, ticket.c.due_at, down, conditions=dated, walked=True), undated]
    if order is TicketOrder.PRIORITY:
        ranked = list(reversed(Priority)) if down else list(Priority)
        return [
            _Part(rank, ticket.c.activity_at, True, (ticket.c.priority == one.value,), walked=True)
            for rank, one in enumerate(ranked)
        ]
    if order is TicketOrder.NUMBER:
        return [_Part(0, ticket.c.id + 0, down)]
    if order is TicketOrder.STATUS:
        position = select(status.c.position).where(status.c.id == ticket.c.status_id).scalar_subquery()
        return [_Part(0, position, down)]
    if order is TicketOrder.ASSIGNEE:
        name = select(func.lower(agent.c.name)).where(agent.c.id == ticket.c.assignee_id).scalar_subquery()
        assigned = _Part(0, name, down, (ticket.c.assignee_id.is_not(None),))
        return [assigned, _Part(1, ticket.c.activity_at, True, (ticket.c.assignee_id.is_(None),))]
    if order in _TEXTS:
        return [_Part(0, _TEXTS[order], down)]
    return [_Part(0, source.activity_at, down, walked=True, on_ticket=False)]
