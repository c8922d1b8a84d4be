"""Agents and departments, and who sits in front of the window."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.domain.people.actor import Actor, ActorKind
from desk_app.domain.people.agent import Agent, Department
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory


class PeopleService:
    """Agents and departments."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def agents(self) -> Sequence[Agent]:
        """Return all agents, active first."""
        with self._uow() as uow:
            return uow.people.agents()

    def departments(self) -> Sequence[Department]:
        """Return all departments in order."""
        with self._uow() as uow:
            return uow.people.departments()

    def sign_in(self, os_user: str, *, name: str = "") -> Agent:
        """Return the agent of a computer's user; the first one ever becomes the desk's admin.

        A user the desk does not know becomes an agent of every department: who may open the database is decided by the
        file's or server's rights (database.md 1). Raises PermissionError for an agent who was switched off.
        """
        login = os_user.strip().lower() or "agent"
        with self._uow() as uow:
            uow.leases.serialise("people")
            agent = uow.people.agent_by_login(login)
            if agent is None:
                kind = "agent" if uow.people.agents() else "admin"
                departments = [d.id for d in uow.people.departments()] or [uow.people.add_department("Support")]
                new = Agent(0, login, name or os_user.strip() or "Agent", "", kind)
                agent_id = uow.people.add_agent(new, departments)
                agent = uow.people.agent(agent_id)
                uow.commit()
        if agent is None:
            raise LookupError("The agent could not be read back.")
        if not agent.active:
            raise PermissionError(f"{agent.name} was switched off in this desk.")
        return agent

    def add_department(self, name: str, actor: Actor) -> int:  # noqa: ARG002 -- every command names its actor
        """Add a department and return its id."""
        with self._uow() as uow:
            department_id = uow.people.add_department(" ".join(name.split()))
            uow.commit()
        return department_id


def actor_for(agent: Agent) -> Actor:
    """Return the actor an agent's changes are recorded under."""
    return Actor(ActorKind.AGENT, agent.id, agent.name)
