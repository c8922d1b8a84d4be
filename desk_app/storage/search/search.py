"""Answers a search: tickets by their newest matching message, each once, within a time budget (SR-01)."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from datetime import time as time_of_day

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.engine import Connection

from desk_app.domain.search import SearchQuery, parse
from desk_app.domain.tickets.query import PageKey, TicketQuery
from desk_app.storage.schema.messages import message
from desk_app.storage.schema.tickets import ticket
from desk_app.storage.search.candidates import candidates, found_before
from desk_app.storage.search.expressions import write
from desk_app.storage.search.filters import TicketFilter, resolve
from desk_app.storage.tickets.conditions import reading, ticket_conditions
from desk_app.storage.tickets.listing import EVERYWHERE, read_places

BUDGET_SECONDS = 0.4
_CHUNK = 2_000
_YEARS = range(1971, 3000)  # those that the clock of every system can place
_SOMETIME = datetime(1970, 1, 1, tzinfo=UTC)  # the instant of a page key that only its message id matters of


@dataclass(frozen=True, slots=True)
class Found:
    """Ticket ids in order; `next` goes on after them, `partial` says that time ran out before the page was full."""

    ids: tuple[int, ...]
    next: PageKey | None
    partial: bool = False


def search(
    connection: Connection,
    query: TicketQuery,
    *,
    agent_id: int | None,
    limit: int,
    after: PageKey | None = None,
    budget_seconds: float = BUDGET_SECONDS,
) -> Found:
    """Return one page of a search.

    With words, tickets come by their newest matching message and a page key names a message; with operators only, it is
    an ordinary list with conditions.
    """
    parsed = parse(query.search)
    plan = resolve(connection, query, parsed.filters, agent_id)
    if not parsed.texts:
        return _list(connection, plan, parsed, agent_id, limit, after)
    deadline = time.monotonic() + budget_seconds
    text = write(connection, parsed.texts)
    conditions = [
        ticket.c.bucket.in_([bucket.value for bucket in plan.query.buckets or EVERYWHERE]),
        *ticket_conditions(plan.query, reading(agent_id)),
        *plan.conditions,
        *_days(parsed, message.c.sent_at),
    ]
    narrowed = (
        select(message.c.id, message.c.ticket_id, message.c.sent_at)
        .join(ticket, ticket.c.id == message.c.ticket_id)
        .where(message.c.id.in_(bindparam("wanted", expanding=True)), *conditions)
        .order_by(message.c.id.desc())
    )
    ids: list[int] = []
    seen: set[int] = set()
    last: PageKey | None = None
    for batch, reached in candidates(connection, text, after.id if after else None):
        for start in range(0, len(batch), _CHUNK):
            wanted = [message_id for message_id, ticket_id in batch[start : start + _CHUNK] if ticket_id not in seen]
            rows = connection.execute(narrowed, {"wanted": wanted}).all() if wanted else []
            fresh = [row for row in rows if row.ticket_id not in seen]
            if after is not None and fresh:
                shown = found_before(connection, text, sorted({row.ticket_id for row in fresh}), after.id)
                seen |= shown
            for row in fresh:
                if row.ticket_id in seen:
                    continue
                seen.add(row.ticket_id)
                ids.append(row.ticket_id)
                last = PageKey(row.sent_at, row.id)
                if len(ids) == limit:
                    return Found(tuple(ids), last)
        if time.monotonic() > deadline:
            return Found(tuple(ids), PageKey(last.at if last else _SOMETIME, reached), partial=True)
    return Found(tuple(ids), None)


def _list(
    connection: Connection,
    plan: TicketFilter,
    parsed: SearchQuery,
    agent_id: int | None,
    limit: int,
    after: PageKey | None,
) -> Found:
    conditions = [*plan.conditions, *_days(parsed, ticket.c.activity_at)]
    query = replace(plan.query, search="")
    places = read_places(connection, query, reading(agent_id), limit=limit, after=after, conditions=conditions)
    return Found(tuple(place.id for place in places), places[-1].key if len(places) == limit else None)


def _days(parsed: SearchQuery, column: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if parsed.after_on is not None:
        conditions.append(column >= _begin(parsed.after_on))
    if parsed.before_on is not None:
        conditions.append(column < _begin(parsed.before_on))
    return conditions


def _begin(day: date) -> datetime:
    """Return when a day begins where the program runs, as its lists show days."""
    at = datetime.combine(day, time_of_day.min)
    return at.astimezone() if day.year in _YEARS else at.replace(tzinfo=UTC)
