"""The notification centre of an agent, and what the agent wants to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from desk_app.domain.notifications.choices import Matrix, NotificationChoices, NotificationDefaults
from desk_app.domain.notifications.model import NoticeKind
from desk_app.domain.people.actor import Actor
from desk_app.services.mailboxes.health import needs_alarm
from desk_app.services.ports.notifications import CHOICES, DEFAULTS, NewNotice, NoticeRow, NotificationQueries

if TYPE_CHECKING:
    from desk_app.domain.mailboxes.model import Account, AccountHealth
    from desk_app.domain.people.agent import Agent
    from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

_LEADING = frozenset({"lead", "manager", "admin"})


class NotificationService:
    """Reads and settles notifications. Writing them is part of what they tell of (decision 100)."""

    def __init__(self, uow: UnitOfWorkFactory, queries: NotificationQueries) -> None:
        self._uow = uow
        self._queries = queries

    # -- the centre ---------------------------------------------------------------------------------------------------

    def unread(self, agent_id: int) -> int:
        """Return how many notifications an agent has not read."""
        return self._queries.unread(agent_id)

    def centre(
        self, agent_id: int, *, unread_only: bool = False, kinds: Sequence[NoticeKind] = (), limit: int = 200
    ) -> Sequence[NoticeRow]:
        """Return an agent's notifications, newest first."""
        return self._queries.centre(agent_id, unread_only=unread_only, kinds=kinds, limit=limit)

    def newest_id(self, agent_id: int) -> int:
        """Return the id of an agent's newest notification, 0 for none."""
        return self._queries.newest_id(agent_id)

    def since(self, agent_id: int, after_id: int) -> tuple[Sequence[NoticeRow], datetime]:
        """Return what came after a notification, oldest first, for whoever shows it, and the database's time."""
        return self._queries.since(agent_id, after_id)

    def mark_read(self, ids: Sequence[int], actor: Actor, *, read: bool = True) -> int:
        """Mark the actor's notifications as read or unread; returns how many changed."""
        with self._uow() as uow:
            count = uow.notifications.mark_read(_agent_id(actor), ids, read=read)
            uow.commit()
        return count

    def mark_ticket_read(self, ticket_id: int, actor: Actor) -> int:
        """Mark the actor's notifications about a ticket as read; returns how many changed."""
        with self._uow() as uow:
            count = uow.notifications.mark_ticket_read(_agent_id(actor), ticket_id)
            uow.commit()
        return count

    def mark_all_read(self, up_to_id: int, actor: Actor) -> int:
        """Mark the actor's notifications up to the newest one shown as read; returns how many changed."""
        with self._uow() as uow:
            count = uow.notifications.mark_all_read(_agent_id(actor), up_to_id)
            uow.commit()
        return count

    # -- choices ------------------------------------------------------------------------------------------------------

    def choices(self, agent_id: int) -> tuple[NotificationChoices, NotificationDefaults]:
        """Return what an agent chose, and what holds where it did not."""
        chosen, defaults = self._queries.choices(agent_id)
        return NotificationChoices.read(chosen), NotificationDefaults.read(defaults)

    def choose(self, choices: NotificationChoices, actor: Actor) -> None:
        """Store the actor's choices."""
        with self._uow() as uow:
            uow.choices.set(_agent_id(actor), CHOICES, choices.stored())
            uow.commit()

    def pause(self, until: datetime | None, actor: Actor) -> NotificationChoices:
        """Let nothing pop up for the actor until an instant; None goes on at once. Returns the choices."""
        with self._uow() as uow:
            agent_id = _agent_id(actor)
            choices = replace(NotificationChoices.read(uow.choices.get(agent_id, CHOICES)), paused_until=until)
            uow.choices.set(agent_id, CHOICES, choices.stored())
            uow.commit()
        return choices

    def set_defaults(self, matrix: Matrix, department_id: int | None, actor: Actor) -> None:
        """Store what holds for everybody who did not choose, in a department or (None) the whole desk.

        Raises PermissionError unless a lead, a manager or an admin asks.
        """
        with self._uow() as uow:
            agent = uow.people.agent(_agent_id(actor))
            if agent is None or not may_set_defaults(agent):
                raise PermissionError("Only a lead, a manager or an admin can change this for everybody.")
            defaults = NotificationDefaults.read(uow.settings.get(DEFAULTS))
            if department_id is None:
                defaults = replace(defaults, desk=matrix)
            else:
                defaults = replace(defaults, departments={**defaults.departments, department_id: matrix})
            uow.settings.set(DEFAULTS, defaults.stored())
            uow.commit()


def may_set_defaults(agent: Agent) -> bool:
    """Return whether an agent decides for the others."""
    return agent.kind in _LEADING


def tell_alarm(uow: UnitOfWork, account: Account, before: AccountHealth, after: AccountHealth) -> None:
    """Tell those who lead the desk that a mailbox needs somebody (MB-04): once for each alarm, in the transaction that
    notes the failure."""
    limit = uow.settings.desk().alarm_after_failed_polls
    if not needs_alarm(after, limit) or (needs_alarm(before, limit) and before.fault == after.fault):
        return
    agents = [agent for agent in uow.people.agents() if agent.active]
    leading = [agent for agent in agents if may_set_defaults(agent)]
    data = {"about": account.id, "mailbox": account.name, "fault": after.fault}
    _tell(uow, [one.id for one in leading or agents], NoticeKind.MAILBOX_ALARM, account.department_id, data)


def tell_job_finished(uow: UnitOfWork, agent_id: int, job_id: int, data: dict[str, object]) -> None:
    """Tell an agent that a job of theirs has ended, in the transaction that notes it. `data` is what the words are made
    of: done and failed (numbers of tickets), undone (whether it was taken back)."""
    _tell(uow, [agent_id], NoticeKind.JOB_FINISHED, None, {"about": job_id, **data})


def tell_assigned(uow: UnitOfWork, agent_id: int, count: int, actor_name: str) -> None:
    """Tell an agent once that many tickets were assigned to them."""
    _tell(uow, [agent_id], NoticeKind.ASSIGNED, None, {"count": count}, actor_name=actor_name)


def _tell(
    uow: UnitOfWork,
    agent_ids: Sequence[int],
    kind: NoticeKind,
    department_id: int | None,
    data: dict[str, object],
    *,
    actor_name: str = "",
) -> None:
    defaults = NotificationDefaults.read(uow.settings.get(DEFAULTS))
    notices = []
    for agent_id in agent_ids:
        mine = NotificationChoices.read(uow.choices.get(agent_id, CHOICES)).matrix
        channels = defaults.channels(kind, department_id, mine)
        notices.append(NewNotice(agent_id, kind, channels, department_id, actor_name=actor_name, data=data))
    uow.notifications.add(notices)


def _agent_id(actor: Actor) -> int:
    if actor.agent_id is None:
        raise PermissionError("Notifications belong to an agent.")
    return actor.agent_id
