"""Who follows a ticket without owning it, inside the caller's transaction (IN-19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from desk_app.domain.people.actor import Actor
from desk_app.domain.people.agent import Agent
from desk_app.domain.tickets.model import Ticket
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.tickets.history import line


def add_watchers(
    uow: UnitOfWork, ticket: Ticket, agent_ids: Sequence[int], actor: Actor, at: datetime, *, cause: str = ""
) -> None:
    """Let agents watch a ticket, in the caller's transaction; those who do already stay as they are."""
    for agent_id in agent_ids:
        agent = uow.people.agent(agent_id)
        if agent is None or not uow.watchers.add(ticket.id, agent_id, department_id=ticket.department_id, at=at):
            continue
        data = {"agent_id": agent_id, "by_themselves": actor.agent_id == agent_id}
        change = ("watcher", None, agent.name)
        uow.tickets.record([line(ticket, "Watched", actor, at, cause=cause, change=change, data=data)])
        uow.changed("ticket", ticket.id, "update", ticket.department_id)


def remove_watcher(
    uow: UnitOfWork, ticket: Ticket, agent: Agent, actor: Actor, at: datetime, *, cause: str = ""
) -> None:
    """Stop an agent's watching of a ticket, in the caller's transaction; one who does not watch it stays as they
    are."""
    if uow.watchers.remove(ticket.id, agent.id):
        change = ("watcher", agent.name, None)
        uow.tickets.record([line(ticket, "Unwatched", actor, at, cause=cause, change=change)])
        uow.changed("ticket", ticket.id, "update", ticket.department_id)
