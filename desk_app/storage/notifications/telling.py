"""Writes notifications in the transaction of the events they tell of (decision 100).

Called once before a commit with the history lines that may concern somebody; what is needed to decide is read together
for all of them, so that a round of a hundred mails costs a handful of statements.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from desk_app.domain.notifications.choices import Matrix, NotificationChoices, NotificationDefaults
from desk_app.domain.notifications.model import NoticeKind
from desk_app.domain.notifications.telling import Desk, TicketPeople, Told, who_is_told
from desk_app.domain.people.actor import ActorKind
from desk_app.domain.tickets.model import Bucket, TicketEvent
from desk_app.services.ports.notifications import CHOICES, DEFAULTS, NewNotice
from desk_app.storage.notifications.repository import SqlNotificationRepository
from desk_app.storage.schema.links import ticket_watcher
from desk_app.storage.schema.messages import message
from desk_app.storage.schema.people import agent, agent_department
from desk_app.storage.schema.system import setting
from desk_app.storage.schema.tickets import ticket
from desk_app.storage.schema.views import agent_setting

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_AT_ONCE = 500


class Telling:
    """Decides for the events of one transaction whom to tell, and stores it."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def write(self, events: Sequence[TicketEvent]) -> None:
        """Store the notifications of these events."""
        tickets = self._tickets(sorted({event.ticket_id for event in events}))
        told = who_is_told(events, tickets, self._desk(), self._authors(events))
        if not told:
            return
        defaults = NotificationDefaults.read(self._stored(setting, DEFAULTS))
        chosen = self._chosen(sorted({one.agent_id for one in told}))
        SqlNotificationRepository(self._t).add([_notice(one, tickets, defaults, chosen) for one in told])

    def _tickets(self, ids: Sequence[int]) -> dict[int, TicketPeople]:
        watchers: defaultdict[int, set[int]] = defaultdict(set)
        found: dict[int, TicketPeople] = {}
        connection = self._t.connection
        columns = (ticket.c.id, ticket.c.department_id, ticket.c.bucket, ticket.c.assignee_id)
        for start in range(0, len(ids), _AT_ONCE):
            some = list(ids[start : start + _AT_ONCE])
            watching = select(ticket_watcher.c.ticket_id, ticket_watcher.c.agent_id)
            for pair in connection.execute(watching.where(ticket_watcher.c.ticket_id.in_(some))):
                watchers[pair.ticket_id].add(pair.agent_id)
            for row in connection.execute(select(*columns).where(ticket.c.id.in_(some))):
                people = frozenset(watchers.get(row.id, ()))
                bucket = Bucket(row.bucket)
                found[row.id] = TicketPeople(row.id, row.department_id, bucket, row.assignee_id, people)
        return found

    def _desk(self) -> Desk:
        known = self._t.cache.get("notification_desk")
        if isinstance(known, Desk):
            return known
        connection = self._t.connection
        active = frozenset(connection.execute(select(agent.c.id).where(agent.c.active)).scalars())
        members: defaultdict[int, set[int]] = defaultdict(set)
        for row in connection.execute(select(agent_department.c.agent_id, agent_department.c.department_id)):
            members[row.department_id].add(row.agent_id)
        desk = Desk(active, {key: frozenset(found & active) for key, found in members.items()})
        self._t.cache["notification_desk"] = desk
        return desk

    def _authors(self, events: Iterable[TicketEvent]) -> dict[int, int]:
        wanted = sorted({e.message_id for e in events if e.message_id and e.actor.kind is ActorKind.SYSTEM})
        authors: dict[int, int] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            statement = select(message.c.id, message.c.agent_id).where(
                message.c.id.in_(wanted[start : start + _AT_ONCE]), message.c.agent_id.is_not(None)
            )
            authors |= {row.id: row.agent_id for row in self._t.connection.execute(statement)}
        return authors

    def _chosen(self, agent_ids: Sequence[int]) -> Mapping[int, Matrix]:
        statement = select(agent_setting.c.agent_id, agent_setting.c.value).where(
            agent_setting.c.key == CHOICES, agent_setting.c.agent_id.in_(agent_ids)
        )
        return {
            row.agent_id: NotificationChoices.read(json.loads(row.value)).matrix
            for row in self._t.connection.execute(statement)
        }

    def _stored(self, table: Any, key: str) -> Any:
        value = self._t.connection.execute(select(table.c.value).where(table.c.key == key)).scalar()
        return None if value is None else json.loads(value)


def _notice(
    told: Told, tickets: Mapping[int, TicketPeople], defaults: NotificationDefaults, chosen: Mapping[int, Matrix]
) -> NewNotice:
    event = told.event
    department_id = tickets[event.ticket_id].department_id
    by_agent = event.actor.kind is not ActorKind.CONTACT and told.kind not in {NoticeKind.SEND_FAILED, NoticeKind.WOKEN}
    return NewNotice(
        agent_id=told.agent_id,
        kind=told.kind,
        channels=defaults.channels(told.kind, department_id, chosen.get(told.agent_id)),
        department_id=department_id,
        ticket_id=event.ticket_id,
        message_id=event.message_id,
        actor_name=event.actor.name if by_agent else "",
        data={"how": told.detail} if told.detail else {},
    )
