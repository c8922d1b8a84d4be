"""Agents and departments."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, func, insert, select, update

from desk_app.domain.people.agent import Agent, Department
from desk_app.storage.schema.people import agent, agent_department, department

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from desk_app.storage.transaction import Transaction


class SqlPeopleRepository:
    """People in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def agents(self) -> Sequence[Agent]:
        """Return all agents, active first, by name."""
        statement = select(agent).order_by(agent.c.active.desc(), func.lower(agent.c.name), agent.c.id)
        return [_agent(row) for row in self._t.connection.execute(statement)]

    def agent(self, agent_id: int) -> Agent | None:
        """Return an agent."""
        row = self._t.connection.execute(select(agent).where(agent.c.id == agent_id)).first()
        return None if row is None else _agent(row)

    def agent_by_login(self, login: str) -> Agent | None:
        """Return the agent with this login."""
        row = self._t.connection.execute(select(agent).where(agent.c.login == login.strip().lower())).first()
        return None if row is None else _agent(row)

    def add_agent(self, agent: Agent, department_ids: Sequence[int]) -> int:
        """Insert an agent into departments and return the new id; raises DuplicateError where the login is taken."""
        agent_id = _add_agent(self._t, agent)
        rows = [{"agent_id": agent_id, "department_id": key} for key in sorted(set(department_ids))]
        if rows:
            self._t.connection.execute(insert(agent_department), rows)
        self._t.changed("agent", agent_id, "insert")
        return agent_id

    def save_agent(self, agent: Agent) -> None:
        """Write name, address, kind and whether the agent is active."""
        _save_agent(self._t, agent)
        self._t.changed("agent", agent.id)

    def departments(self) -> Sequence[Department]:
        """Return all departments in order."""
        statement = select(department).order_by(department.c.position, department.c.id)
        return [Department(row.id, row.name, row.position) for row in self._t.connection.execute(statement)]

    def department_settings(self, department_id: int) -> Mapping[str, Any]:
        """Return what a department does otherwise than the desk."""
        stored = self._t.connection.execute(select(department.c.settings).where(department.c.id == department_id))
        found: dict[str, Any] = json.loads(stored.scalar() or "{}")
        return found

    def set_department_setting(self, department_id: int, key: str, value: Any) -> None:
        """Store one of a department's settings; None does as the desk does."""
        settings = {**self.department_settings(department_id), key: value}
        kept = {name: one for name, one in settings.items() if one is not None}
        self._t.connection.execute(
            update(department).where(department.c.id == department_id).values(settings=json.dumps(kept))
        )
        self._t.changed("department", department_id, "update", department_id)

    def add_department(self, name: str) -> int:
        """Insert a department and return the new id."""
        last = self._t.connection.execute(select(func.max(department.c.position))).scalar()
        statement = (
            insert(department)
            .values(name=name, position=(last if last is not None else -1) + 1, created_at=self._t.now())
            .returning(department.c.id)
        )
        department_id = int(self._t.connection.execute(statement).scalar_one())
        self._t.changed("department", department_id, "insert", department_id)
        return department_id

    def save_department(self, department: Department) -> None:
        """Write a department's name and place."""
        _save_department(self._t, department)
        self._t.changed("department", department.id, "update", department.id)


def _save_department(transaction: Transaction, item: Department) -> None:
    transaction.connection.execute(
        update(department).where(department.c.id == item.id).values(name=item.name, position=item.position)
    )


def _save_agent(transaction: Transaction, item: Agent) -> None:
    transaction.connection.execute(
        update(agent)
        .where(agent.c.id == item.id)
        .values(name=item.name, email=item.email.lower(), kind=item.kind, active=item.active)
    )


def _add_agent(transaction: Transaction, item: Agent) -> int:
    statement = (
        insert(agent)
        .values(
            login=item.login.strip().lower(),
            name=item.name,
            email=item.email.lower(),
            kind=item.kind,
            active=item.active,
            created_at=transaction.now(),
        )
        .returning(agent.c.id)
    )
    with transaction.savepoint():
        return int(transaction.connection.execute(statement).scalar_one())


def read_agents(connection: Connection, statement: Select[Any]) -> list[Agent]:
    """Return the agents of a selection of the table's rows."""
    return [_agent(row) for row in connection.execute(statement)]


def _agent(row: Row[Any]) -> Agent:
    return Agent(row.id, row.login, row.name, row.email, row.kind, row.active)
