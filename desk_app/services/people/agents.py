"""Agents and departments, and who sits in front of the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from desk_app.domain.people.actor import Actor, ActorKind
from desk_app.domain.people.agent import Agent, Department
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

KINDS = ("light", "agent", "lead", "manager", "admin")
_MOST_NOTED = 200


class UnknownAgentError(PermissionError):
    """The desk does not know this computer's user; an admin must add them first."""

    def __init__(self, login: str) -> None:
        super().__init__(
            f"This desk does not know the user “{login}”. An admin of the desk can add you: desk-app agent add {login}"
        )
        self.login = login


class PeopleService:
    """Agents and departments. `private` says that the database belongs to this computer's user alone."""

    def __init__(self, uow: UnitOfWorkFactory, *, private: bool = False) -> None:
        self._uow = uow
        self._private = private

    def agents(self) -> Sequence[Agent]:
        """Return all agents, active first."""
        with self._uow() as uow:
            return uow.people.agents()

    def departments(self) -> Sequence[Department]:
        """Return all departments in order."""
        with self._uow() as uow:
            return uow.people.departments()

    def sign_in(self, os_user: str, *, name: str = "") -> Agent:
        """Return the agent of a computer's user.

        The first one ever becomes the desk's admin. After that, whoever signs in on a desk of their own (an SQLite file
        of this user) becomes an agent of every department; on a shared desk an admin adds agents, else
        UnknownAgentError says so. Raises PermissionError for an agent who was switched off.
        """
        login = os_user.strip().lower() or "agent"
        with self._uow() as uow:
            uow.leases.serialise("people")
            agent = uow.people.agent_by_login(login)
            if agent is None:
                first = not uow.people.agents()
                if not (first or self._private):
                    raise UnknownAgentError(login)
                new = Agent(0, login, name or os_user.strip() or "Agent", "", "admin" if first else "agent")
                agent = uow.people.agent(_add(uow, new))
                uow.commit()
        if agent is None:
            raise LookupError("The agent could not be read back.")
        if not agent.active:
            raise PermissionError(f"{agent.name} was switched off in this desk.")
        return agent

    def add_agent(self, login: str, actor: Actor, *, name: str = "", email: str = "", kind: str = "agent") -> Agent:
        """Add an agent to every department; `login` is the user name on their computer.

        Raises PermissionError unless an admin or the system asks, ValueError where the login is taken or empty or the
        kind unknown.
        """
        clean = login.strip().lower()
        if not clean:
            raise ValueError("An agent needs the user name of their computer.")
        if kind not in KINDS:
            raise ValueError(f"There is no kind of agent “{kind}”; there are {', '.join(KINDS)}.")
        with self._uow() as uow:
            _refuse_unless_admin(uow, actor)
            uow.leases.serialise("people")
            if uow.people.agent_by_login(clean) is not None:
                raise ValueError(f"There is an agent “{clean}” already.")
            new = Agent(0, clean, " ".join(name.split()) or login.strip(), email.strip().lower(), kind)
            agent_id = _add(uow, new)
            log = list(uow.settings.get("people_changes", []))
            entry = {"at": uow.now().isoformat(), "actor": actor.name, "what": "agent added", "agent_id": agent_id}
            uow.settings.set("people_changes", [*log, entry][-_MOST_NOTED:])
            uow.commit()
        return replace(new, id=agent_id)

    def add_department(self, name: str, actor: Actor) -> int:  # noqa: ARG002 -- every command names its actor
        """Add a department and return its id."""
        with self._uow() as uow:
            department_id = uow.people.add_department(" ".join(name.split()))
            uow.commit()
        return department_id


def _add(uow: UnitOfWork, agent: Agent) -> int:
    departments = [d.id for d in uow.people.departments()] or [uow.people.add_department("Support")]
    return uow.people.add_agent(agent, departments)


def _refuse_unless_admin(uow: UnitOfWork, actor: Actor) -> None:
    if actor.kind is ActorKind.SYSTEM:
        return
    agent = uow.people.agent(actor.id) if actor.kind is ActorKind.AGENT and actor.id is not None else None
    if agent is None or not agent.active or agent.kind != "admin":
        raise PermissionError("Only an admin of the desk can add agents.")


def actor_for(agent: Agent) -> Actor:
    """Return the actor an agent's changes are recorded under."""
    return Actor(ActorKind.AGENT, agent.id, agent.name)
