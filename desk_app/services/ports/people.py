"""Agents and departments in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from desk_app.domain.people.agent import Agent, Department


class PeopleRepository(Protocol):
    """Agents and departments."""

    def agents(self) -> Sequence[Agent]:
        """Return all agents, active first, by name."""
        ...

    def agent(self, agent_id: int) -> Agent | None:
        """Return an agent."""
        ...

    def agent_by_login(self, login: str) -> Agent | None:
        """Return the agent with this login (case does not matter)."""
        ...

    def add_agent(self, agent: Agent, department_ids: Sequence[int]) -> int:
        """Insert an agent into departments and return the new id."""
        ...

    def save_agent(self, agent: Agent) -> None:
        """Write name, address, kind and whether the agent is active."""
        ...

    def departments(self) -> Sequence[Department]:
        """Return all departments in order."""
        ...

    def department_settings(self, department_id: int) -> Mapping[str, Any]:
        """Return what a department does otherwise than the desk, {} where nothing."""
        ...

    def set_department_setting(self, department_id: int, key: str, value: Any) -> None:
        """Store one of a department's settings; None does as the desk does."""
        ...

    def add_department(self, name: str) -> int:
        """Insert a department and return the new id."""
        ...

    def save_department(self, department: Department) -> None:
        """Write a department's name and place."""
        ...


class ChoiceRepository(Protocol):
    """What agents chose for themselves and want to find on every computer: JSON values by key."""

    def get(self, agent_id: int, key: str, default: Any = None) -> Any:
        """Return one choice of an agent."""
        ...

    def all(self, agent_id: int) -> Mapping[str, Any]:
        """Return every choice of an agent."""
        ...

    def set(self, agent_id: int, key: str, value: Any) -> None:
        """Store one choice; None forgets it."""
        ...
