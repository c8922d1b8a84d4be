"""Notifications in the database; see the ports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, delete, func, select, update

from desk_app.domain.notifications.model import Channel, Notice, NoticeKind
from desk_app.services.ports.notifications import CHOICES, DEFAULTS, NewNotice, NoticeRow
from desk_app.storage.schema.messages import message
from desk_app.storage.schema.system import setting
from desk_app.storage.schema.tickets import ticket
from desk_app.storage.schema.views import agent_setting, notification

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from desk_app.storage.engine.connections import Connections
    from desk_app.storage.transaction import Transaction

ENTITY = "notification"
_KINDS = frozenset(kind.value for kind in NoticeKind)
_CENTRE = [bits for bits in range(8) if bits & Channel.CENTRE]
_AT_ONCE = 500
_ROWS = (
    select(
        notification,
        ticket.c.number,
        ticket.c.subject,
        ticket.c.requester_name,
        message.c.author_name,
        message.c.snippet,
    )
    .outerjoin(ticket, ticket.c.id == notification.c.ticket_id)
    .outerjoin(message, message.c.id == notification.c.message_id)
)


class SqlNotificationRepository:
    """Notifications inside a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def add(self, notices: Sequence[NewNotice]) -> None:
        """Store notifications."""
        at = self._t.now()
        rows = [
            {
                "agent_id": one.agent_id,
                "department_id": one.department_id,
                "kind": one.kind.value,
                "ticket_id": one.ticket_id,
                "message_id": one.message_id,
                "actor_name": one.actor_name,
                "data": json.dumps(dict(one.data), ensure_ascii=False) if one.data else "{}",
                "channels": int(one.channels),
                "at": at,
                "read_at": None if one.channels & Channel.CENTRE else at,
            }
            for one in notices
            if one.channels
        ]
        if rows:
            self._t.put(notification, rows)
            for agent_id in dict.fromkeys(one.agent_id for one in notices if one.channels):
                self._t.changed(ENTITY, agent_id)

    def forget(self, message_id: int) -> None:
        """Delete what tells of a message that is taken back."""
        told = notification.c.message_id == message_id
        agents = set(self._t.connection.execute(select(notification.c.agent_id).where(told)).scalars())
        if agents:
            self._t.connection.execute(delete(notification).where(told))
            for agent_id in sorted(agents):
                self._t.changed(ENTITY, agent_id)

    def mark_read(self, agent_id: int, ids: Sequence[int], *, read: bool = True) -> int:
        """Mark an agent's notifications as read or unread."""
        count = 0
        for start in range(0, len(ids), _AT_ONCE):
            chosen = notification.c.id.in_(list(ids[start : start + _AT_ONCE]))
            count += self._mark(agent_id, chosen, notification.c.read_at.is_(None) if read else _was_read(), read=read)
        return count

    def mark_ticket_read(self, agent_id: int, ticket_id: int) -> int:
        """Mark everything about a ticket as read."""
        return self._mark(agent_id, notification.c.ticket_id == ticket_id, notification.c.read_at.is_(None))

    def mark_all_read(self, agent_id: int, up_to_id: int) -> int:
        """Mark everything up to an id as read."""
        return self._mark(agent_id, notification.c.id <= up_to_id, notification.c.read_at.is_(None))

    def _mark(self, agent_id: int, *conditions: ColumnElement[bool], read: bool = True) -> int:
        statement = (
            update(notification)
            .where(notification.c.agent_id == agent_id, *conditions)
            .values(read_at=self._t.now() if read else None)
        )
        count = int(self._t.connection.execute(statement).rowcount)
        if count:
            self._t.changed(ENTITY, agent_id)
        return count


class SqlNotificationQueries:
    """Notifications read without a writing transaction."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def choices(self, agent_id: int) -> tuple[Any, Any]:
        """Return the JSON values of an agent's choices and of the desk's defaults."""
        mine = select(agent_setting.c.value).where(agent_setting.c.agent_id == agent_id, agent_setting.c.key == CHOICES)
        defaults = select(setting.c.value).where(setting.c.key == DEFAULTS)

        def read(connection: Connection) -> tuple[Any, Any]:
            found = [connection.execute(statement).scalar() for statement in (mine, defaults)]
            chosen, stored = (None if value is None else json.loads(value) for value in found)
            return chosen, stored

        return self._connections.read(read)

    def unread(self, agent_id: int) -> int:
        """Return how many notifications of the centre are unread."""
        statement = (
            select(func.count())
            .select_from(notification)
            .where(notification.c.agent_id == agent_id, notification.c.read_at.is_(None))
        )
        return self._connections.read(lambda connection: int(connection.execute(statement).scalar_one()))

    def centre(
        self, agent_id: int, *, unread_only: bool = False, kinds: Sequence[NoticeKind] = (), limit: int = 200
    ) -> Sequence[NoticeRow]:
        """Return an agent's notifications of the centre, newest first."""
        statement = (
            _ROWS.where(notification.c.agent_id == agent_id, notification.c.channels.in_(_CENTRE))
            .order_by(notification.c.id.desc())
            .limit(limit)
        )
        if unread_only:
            statement = statement.where(notification.c.read_at.is_(None))
        if kinds:
            statement = statement.where(notification.c.kind.in_([kind.value for kind in kinds]))
        return self._connections.read(lambda connection: _rows(connection.execute(statement)))

    def newest_id(self, agent_id: int) -> int:
        """Return the id of an agent's newest notification."""
        statement = select(func.max(notification.c.id)).where(notification.c.agent_id == agent_id)
        return self._connections.read(lambda connection: int(connection.execute(statement).scalar() or 0))

    def since(self, agent_id: int, after_id: int, limit: int = 500) -> tuple[Sequence[NoticeRow], datetime]:
        """Return the newest notifications after an id, oldest first, and the database's own time."""
        statement = (
            _ROWS.where(notification.c.agent_id == agent_id, notification.c.id > after_id)
            .order_by(notification.c.id.desc())
            .limit(limit)
        )

        def read(connection: Connection) -> tuple[Sequence[NoticeRow], datetime]:
            found = _rows(connection.execute(statement))
            if not self._connections.postgresql:
                return found[::-1], datetime.now(UTC)
            now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
            return found[::-1], now.astimezone(UTC)

        return self._connections.read(read)


def _was_read() -> ColumnElement[bool]:
    return notification.c.read_at.is_not(None) & notification.c.channels.in_(_CENTRE)


def _rows(found: Any) -> list[NoticeRow]:
    return [_row(row) for row in found if row.kind in _KINDS]


def _row(row: Row[Any]) -> NoticeRow:
    notice = Notice(
        id=row.id,
        kind=NoticeKind(row.kind),
        at=row.at,
        channels=Channel(row.channels),
        ticket_id=row.ticket_id,
        department_id=row.department_id,
        data=json.loads(row.data) if row.data != "{}" else {},
    )
    return NoticeRow(
        notice=notice,
        read=row.read_at is not None,
        message_id=row.message_id,
        number=row.number or "",
        subject=row.subject or "",
        author=row.actor_name or row.author_name or row.requester_name or "",
        snippet=row.snippet or "",
    )
