"""Links between tickets, and who watches them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, delete, or_, select
from sqlalchemy.engine import Connection

from desk_app.domain.tickets.links import Relation, TicketLink, TicketLinkKind, relation_to
from desk_app.domain.tickets.model import Bucket, LinkKind, Ticket
from desk_app.services.queries.conversation import LinkView, WatcherView
from desk_app.storage.schema.links import ticket_link, ticket_watcher
from desk_app.storage.schema.people import agent
from desk_app.storage.schema.tickets import status, ticket
from desk_app.storage.upsert import insert_new

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_FOLLOWING = 20
_ORIGINS = {
    LinkKind.FOLLOW_UP: (Relation.EARLIER, Relation.FOLLOW_UP),
    LinkKind.SPLIT: (Relation.SPLIT_FROM, Relation.SPLIT_OFF),
    LinkKind.PAIR: (Relation.PAIR, Relation.PAIR),
}


class SqlLinkRepository:
    """Links between tickets in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def add(self, link: TicketLink, *, department_id: int, actor_name: str, at: datetime) -> bool:
        """Insert a link."""
        statement = insert_new(self._t, ticket_link).values(
            ticket_id=link.ticket_id,
            other_id=link.other_id,
            kind=link.kind.value,
            department_id=department_id,
            actor_name=actor_name,
            created_at=at,
        )
        return self._t.connection.execute(statement.returning(ticket_link.c.ticket_id)).first() is not None

    def remove(self, link: TicketLink) -> bool:
        """Delete a link."""
        gone = self._t.connection.execute(
            delete(ticket_link).where(
                ticket_link.c.ticket_id == link.ticket_id,
                ticket_link.c.other_id == link.other_id,
                ticket_link.c.kind == link.kind.value,
            )
        )
        return gone.rowcount == 1

    def above(self, ticket_id: int, kind: TicketLinkKind) -> Sequence[int]:
        """Return the tickets at the first end of links to this one."""
        statement = select(ticket_link.c.ticket_id).where(
            ticket_link.c.other_id == ticket_id, ticket_link.c.kind == kind.value
        )
        return list(self._t.connection.execute(statement).scalars())


class SqlWatcherRepository:
    """Watchers in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def add(self, ticket_id: int, agent_id: int, *, department_id: int, at: datetime) -> bool:
        """Let an agent watch a ticket."""
        statement = insert_new(self._t, ticket_watcher).values(
            ticket_id=ticket_id, agent_id=agent_id, department_id=department_id, since_at=at
        )
        return self._t.connection.execute(statement.returning(ticket_watcher.c.ticket_id)).first() is not None

    def remove(self, ticket_id: int, agent_id: int) -> bool:
        """Stop watching."""
        gone = self._t.connection.execute(
            delete(ticket_watcher).where(ticket_watcher.c.ticket_id == ticket_id, ticket_watcher.c.agent_id == agent_id)
        )
        return gone.rowcount == 1

    def of_ticket(self, ticket_id: int) -> Sequence[int]:
        """Return the ids of the agents who watch a ticket."""
        statement = (
            select(ticket_watcher.c.agent_id)
            .where(ticket_watcher.c.ticket_id == ticket_id)
            .order_by(ticket_watcher.c.since_at, ticket_watcher.c.agent_id)
        )
        return list(self._t.connection.execute(statement).scalars())


def read_watchers(connection: Connection, ticket_id: int) -> tuple[WatcherView, ...]:
    """Return who watches a ticket, the longest watching first."""
    statement = (
        select(agent.c.id, agent.c.name)
        .join(ticket_watcher, ticket_watcher.c.agent_id == agent.c.id)
        .where(ticket_watcher.c.ticket_id == ticket_id)
        .order_by(ticket_watcher.c.since_at, agent.c.id)
    )
    return tuple(WatcherView(row.id, row.name) for row in connection.execute(statement))


def read_links(connection: Connection, item: Ticket) -> tuple[LinkView, ...]:
    """Return the tickets that hang together with one: those linked by hand, then where it came from and what came of
    it."""
    found = [relation_to(_link(row), item.id) for row in connection.execute(_links_of(item.id))]
    by_hand = len(found)
    if item.follows_id is not None and item.link_kind in _ORIGINS:
        found.append((_ORIGINS[item.link_kind][0], item.follows_id))
    later = (
        select(ticket.c.id, ticket.c.link_kind)
        .where(ticket.c.follows_id == item.id)
        .order_by(ticket.c.id.desc())
        .limit(_FOLLOWING)
    )
    for row in connection.execute(later):
        kind = LinkKind(row.link_kind)
        if kind in _ORIGINS:
            found.append((_ORIGINS[kind][1], row.id))
    if not found:
        return ()
    shown = (
        select(ticket.c.id, ticket.c.number, ticket.c.subject, ticket.c.bucket, status.c.name.label("status_name"))
        .join(status, status.c.id == ticket.c.status_id)
        .where(ticket.c.id.in_([other for _, other in found]))
    )
    others = {row.id: row for row in connection.execute(shown)}
    return tuple(
        _view(relation, others[other], by_hand=place < by_hand)
        for place, (relation, other) in enumerate(found)
        if other in others
    )


def _links_of(ticket_id: int) -> Any:
    return (
        select(ticket_link)
        .where(or_(ticket_link.c.ticket_id == ticket_id, ticket_link.c.other_id == ticket_id))
        .order_by(ticket_link.c.created_at, ticket_link.c.ticket_id, ticket_link.c.other_id)
    )


def _link(row: Row[Any]) -> TicketLink:
    return TicketLink(row.ticket_id, row.other_id, TicketLinkKind(row.kind))


def _view(relation: Relation, row: Any, *, by_hand: bool) -> LinkView:
    return LinkView(relation, row.id, row.number, row.subject, Bucket(row.bucket), row.status_name, by_hand)
