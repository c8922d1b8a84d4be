"""Agents and departments, and who sits in front of the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.people.actor import Actor, ActorKind
from desk_app.domain.people.agent import Agent, Department

if TYPE_CHECKING:
    from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

KINDS = ("light", "agent", "lead", "manager", "admin")
_MOST_NOTED = 200
_HISTORY = "history_included"


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
            if not is_admin(uow, actor):
                raise PermissionError("Only an admin of the desk can add agents.")
            uow.leases.serialise("people")
            if uow.people.agent_by_login(clean) is not None:
                raise ValueError(f"There is an agent “{clean}” already.")
            new = Agent(0, clean, " ".join(name.split()) or login.strip(), email.strip().lower(), kind)
            agent_id = _add(uow, new)
            _note(uow, actor, "agent added", agent_id)
            uow.commit()
        return replace(new, id=agent_id)

    def history_included(self, department_id: int) -> HistoryIncluded | None:
        """Return how much of a thread a department's mails quote, None where it does as the desk does (CO-12)."""
        with self._uow() as uow:
            chosen = uow.people.department_settings(department_id).get(_HISTORY)
        return next((one for one in HistoryIncluded if one.value == chosen), None)

    def set_history_included(self, department_id: int, included: HistoryIncluded | None, actor: Actor) -> None:  # noqa: ARG002 -- every command names its actor
        """Choose it; None does as the desk does."""
        with self._uow() as uow:
            uow.people.set_department_setting(department_id, _HISTORY, included.value if included is not None else None)
            uow.commit()

    def change_agent(self, agent: Agent, actor: Actor) -> None:
        """Write an agent's name, address, kind, and whether the agent may work here; the login stays.

        Raises PermissionError unless an admin asks (everybody may change their own name and address), ValueError where
        that would leave the desk without an admin or the name is empty.
        """
        with self._uow() as uow:
            uow.leases.serialise("people")  # two admins must not demote each other at the same moment
            before = uow.people.agent(agent.id)
            if before is None:
                raise LookupError("There is no such agent.")
            own = actor.agent_id == agent.id and (agent.kind, agent.active) == (before.kind, before.active)
            if not own and not is_admin(uow, actor):
                raise PermissionError("Only an admin of the desk can change agents.")
            if agent.kind not in KINDS:
                raise ValueError(f"There is no kind of agent “{agent.kind}”; there are {', '.join(KINDS)}.")
            name = " ".join(agent.name.split())
            if not name:
                raise ValueError("An agent needs a name.")
            admins = [one for one in uow.people.agents() if one.kind == "admin" and one.active]
            keeps = agent.kind == "admin" and agent.active
            if [one.id for one in admins] == [agent.id] and not keeps:
                raise ValueError("The desk needs an admin: make somebody else one first.")
            uow.people.save_agent(replace(agent, login=before.login, name=name, email=agent.email.strip().lower()))
            _note(uow, actor, "agent changed" if agent.active else "agent switched off", agent.id)
            uow.commit()

    def add_department(self, name: str, actor: Actor) -> int:
        """Add a department and return its id. Raises PermissionError unless an admin or the system asks, ValueError
        where the name is empty or taken."""
        with self._uow() as uow:
            if not is_admin(uow, actor):
                raise PermissionError("Only an admin of the desk can change departments.")
            department_id = uow.people.add_department(_department_name(uow, name))
            uow.commit()
        return department_id

    def rename_department(self, department_id: int, name: str, actor: Actor) -> None:
        """Give a department another name; raises as `add_department` does, LookupError where it is gone."""
        with self._uow() as uow:
            if not is_admin(uow, actor):
                raise PermissionError("Only an admin of the desk can change departments.")
            found = next((one for one in uow.people.departments() if one.id == department_id), None)
            if found is None:
                raise LookupError("There is no such department.")
            uow.people.save_department(replace(found, name=_department_name(uow, name, but_not=department_id)))
            uow.commit()


def _department_name(uow: UnitOfWork, name: str, but_not: int = 0) -> str:
    clean = " ".join(name.split())
    if not clean:
        raise ValueError("A department needs a name.")
    if any(one.name.casefold() == clean.casefold() and one.id != but_not for one in uow.people.departments()):
        raise ValueError(f"There is a department “{clean}” already.")
    return clean


def _note(uow: UnitOfWork, actor: Actor, what: str, agent_id: int) -> None:
    log = list(uow.settings.get("people_changes", []))
    entry = {"at": uow.now().isoformat(), "actor": actor.name, "what": what, "agent_id": agent_id}
    uow.settings.set("people_changes", [*log, entry][-_MOST_NOTED:])


def history_of(uow: UnitOfWork, department_id: int) -> HistoryIncluded:
    """Return how much of a thread a department's mails quote: as it chose, else as the desk does (CO-12)."""
    chosen = uow.people.department_settings(department_id).get(_HISTORY)
    known = {one.value: one for one in HistoryIncluded}
    return known.get(str(chosen), uow.settings.desk().history_included)


def _add(uow: UnitOfWork, agent: Agent) -> int:
    departments = [d.id for d in uow.people.departments()] or [uow.people.add_department("Support")]
    return uow.people.add_agent(agent, departments)


def is_admin(uow: UnitOfWork, actor: Actor) -> bool:
    """Return whether an actor may set the desk up: an admin of it, or the program itself."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    agent = uow.people.agent(actor.agent_id) if actor.agent_id is not None else None
    return agent is not None and agent.active and agent.kind == "admin"


def actor_for(agent: Agent) -> Actor:
    """Return the actor an agent's changes are recorded under."""
    return Actor(ActorKind.AGENT, agent.id, agent.name)
