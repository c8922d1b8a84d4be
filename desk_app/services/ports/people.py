"""Agents and departments in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

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

    def departments(self) -> Sequence[Department]:
        """Return all departments in order."""
        ...

    def add_department(self, name: str) -> int:
        """Insert a department and return the new id."""
        ...
