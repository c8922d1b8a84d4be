"""Lists, counters and look-ups of tickets."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, or_, select

from desk_app.domain.tickets.model import Bucket, Status
from desk_app.services.ports.sync import InboundState, OutboxState
from desk_app.services.queries.tickets import Counts, TicketPage, TicketRow
from desk_app.storage.schema.sync import inbound_item, outbox
from desk_app.storage.schema.tickets import status, ticket, ticket_counter
from desk_app.storage.tickets.conditions import reading
from desk_app.storage.tickets.listing import count_places, read_ids, read_places
from desk_app.storage.tickets.mapping import to_status
from desk_app.storage.tickets.rows import read_rows

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from desk_app.domain.tickets.query import PageKey, TicketQuery
    from desk_app.storage.engine.connections import Connections
    from desk_app.storage.search.search import Found

MOST_RESULTS = 5_000
"""Tickets a search gives as ids at once; a list of more is not read by anybody."""

_MERGE_STEPS = 100
_COUNTERS = (
    select(
        ticket_counter.c.scope,
        ticket_counter.c.scope_id,
        ticket_counter.c.bucket,
        func.sum(ticket_counter.c.delta).label("tickets"),
    )
    .where(
        or_(
            ticket_counter.c.scope.in_(("all", "mailbox")),
            (ticket_counter.c.scope == "agent") & ticket_counter.c.scope_id.in_((0, bindparam("reader"))),
        )
    )
    .group_by(ticket_counter.c.scope, ticket_counter.c.scope_id, ticket_counter.c.bucket)
)
_NUMBER = select(ticket.c.id, ticket.c.merged_into_id).where(ticket.c.number == bindparam("wanted"))
_ID = select(ticket.c.id, ticket.c.merged_into_id).where(ticket.c.id == bindparam("wanted"))


class SqlTicketQueries:
    """Reads lists; see the port."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def page(
        self, query: TicketQuery, *, agent_id: int | None, limit: int = 50, after: PageKey | None = None
    ) -> TicketPage:
        """Return one page of a list or of a search, by keyset."""

        def read(connection: Connection) -> TicketPage:
            if query.search.strip():
                found = _search(connection, query, agent_id=agent_id, limit=limit, after=after)
                return TicketPage(tuple(read_rows(connection, found.ids, agent_id)), found.next, found.partial)
            places = read_places(connection, query, reading(agent_id), limit=limit + 1, after=after)
            following = places[limit - 1].key if len(places) > limit else None
            rows = read_rows(connection, [place.id for place in places[:limit]], agent_id)
            return TicketPage(tuple(rows), following)

        return self._connections.read(read)

    def ids(self, query: TicketQuery, *, limit: int | None = None, agent_id: int | None = None) -> array[int]:
        """Return the ids of a whole list in its order; of a search the newest `MOST_RESULTS`, within its time budget.

        `agent_id` is who "me" and "unread" mean, in a list's filters and in a search text.
        """

        def read(connection: Connection) -> array[int]:
            if query.search.strip():
                most = min(limit or MOST_RESULTS, MOST_RESULTS)
                return array("q", _search(connection, query, agent_id=agent_id, limit=most).ids)
            return array("q", read_ids(connection, query, reading(agent_id), limit=limit))

        return self._connections.read(read)

    def count(self, query: TicketQuery, *, agent_id: int | None, most: int = 1_000) -> int:
        """Count a list or search, no further than to `most`."""

        def read(connection: Connection) -> int:
            if query.search.strip():
                return len(_search(connection, query, agent_id=agent_id, limit=most).ids)
            return count_places(connection, query, reading(agent_id), most=most)

        return self._connections.read(read)

    def rows(self, ids: Sequence[int], *, agent_id: int | None) -> list[TicketRow]:
        """Return rows for ids, in the order of `ids`; unknown ids are left out."""
        return self._connections.read(lambda connection: read_rows(connection, ids, agent_id))

    def hits(self, ids: Sequence[int], search: str) -> Mapping[int, str]:
        """Return where in a ticket's newest messages the words of a search stand."""
        from desk_app.domain.search import parse
        from desk_app.domain.search.snippets import sought
        from desk_app.storage.search.hits import read_hits

        words = sought(parse(search))
        return self._connections.read(lambda connection: read_hits(connection, ids, words)) if words else {}

    def counts(self, agent_id: int | None) -> Counts:
        """Return all counters, from the incremental counter table only."""
        return self._connections.read(lambda connection: _counts(connection, agent_id))

    def statuses(self) -> list[Status]:
        """Return every status."""
        statement = select(status).order_by(status.c.position, status.c.id)
        return self._connections.read(lambda connection: [to_status(row) for row in connection.execute(statement)])

    def find(self, number_or_id: str) -> int | None:
        """Return the id of the ticket with this number (or "#id"); follows merges to the surviving ticket."""
        return self._connections.read(lambda connection: _find(connection, number_or_id.strip()))


def _search(
    connection: Connection, query: TicketQuery, *, agent_id: int | None, limit: int, after: PageKey | None = None
) -> Found:
    from desk_app.storage.search.search import search

    return search(connection, query, agent_id=agent_id, limit=limit, after=after)


def _find(connection: Connection, wanted: str) -> int | None:
    row = (
        connection.execute(_NUMBER, {"wanted": wanted}).first()
        or connection.execute(_NUMBER, {"wanted": wanted.upper()}).first()
    )
    digits = wanted.removeprefix("#")
    if row is None and wanted.startswith("#"):
        row = connection.execute(_NUMBER, {"wanted": digits}).first()
        if row is None and digits.isascii() and digits.isdecimal() and len(digits) < 19:
            row = connection.execute(_ID, {"wanted": int(digits)}).first()
    for _ in range(_MERGE_STEPS):
        if row is None:
            return None
        if row.merged_into_id is None:
            return int(row.id)
        row = connection.execute(_ID, {"wanted": row.merged_into_id}).first()
    return None


def _counts(connection: Connection, agent_id: int | None) -> Counts:
    total: dict[Bucket, int] = dict.fromkeys(Bucket, 0)
    mine: dict[Bucket, int] = dict.fromkeys(Bucket, 0)
    nobody: dict[Bucket, int] = dict.fromkeys(Bucket, 0)
    mailboxes: dict[int, dict[Bucket, int]] = {}
    for row in connection.execute(_COUNTERS, {"reader": agent_id or 0}):
        bucket, number = Bucket(row.bucket), int(row.tickets)
        if row.scope == "all":
            total[bucket] += number
        elif row.scope == "mailbox":
            mailboxes.setdefault(row.scope_id, dict.fromkeys(Bucket, 0))[bucket] += number
        elif row.scope_id == 0:
            nobody[bucket] += number
        else:
            mine[bucket] += number
    by_account: Mapping[int, Mapping[Bucket, int]] = mailboxes
    return Counts(
        total=total,
        mine=mine,
        nobody=nobody,
        mailboxes=by_account,
        outbox_held=_in_outbox(connection, OutboxState.HELD),
        outbox_unknown=_in_outbox(connection, OutboxState.UNKNOWN),
        quarantined=int(
            connection.execute(
                select(func.count()).where(inbound_item.c.state == InboundState.QUARANTINED.value)
            ).scalar_one()
        ),
    )


def _in_outbox(connection: Connection, state: OutboxState) -> int:
    return int(connection.execute(select(func.count()).where(outbox.c.state == state.value)).scalar_one())
