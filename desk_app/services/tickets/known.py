"""What a command looks up once, however many tickets it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk_app.services.tickets.statuses import Statuses

if TYPE_CHECKING:
    from desk_app.domain.people.agent import Agent
    from desk_app.services.ports.unit_of_work import UnitOfWork


class Known:
    """Agents, statuses and departments; made anew for every command."""

    def __init__(self) -> None:
        self._agents: dict[int, Agent | None] = {}
        self._statuses: Statuses | None = None
        self._departments: dict[int, str] | None = None

    def agent(self, uow: UnitOfWork, agent_id: int | None) -> Agent | None:
        """Return an agent, None for nobody."""
        if agent_id is None:
            return None
        if agent_id not in self._agents:
            self._agents[agent_id] = uow.people.agent(agent_id)
        return self._agents[agent_id]

    def name(self, uow: UnitOfWork, agent_id: int | None) -> str | None:
        """Return an agent's name, None for nobody."""
        found = self.agent(uow, agent_id)
        return found.name if found is not None else None

    def statuses(self, uow: UnitOfWork) -> Statuses:
        """Return the statuses of the desk."""
        if self._statuses is None:
            self._statuses = Statuses(uow.tickets.statuses())
        return self._statuses

    def departments(self, uow: UnitOfWork) -> dict[int, str]:
        """Return the names of the departments by id."""
        if self._departments is None:
            self._departments = {one.id: one.name for one in uow.people.departments()}
        return self._departments
