"""Departments and agents."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, true

from desk_app.storage.schema.base import department as department_column
from desk_app.storage.schema.base import instant, key, metadata, ref, text

department = Table(
    "department",
    metadata,
    key(),
    text("name"),
    Column("position", Integer, nullable=False, server_default="0"),
    text("settings", default="{}"),  # JSON
    instant("created_at"),
)

agent = Table(
    "agent",
    metadata,
    key(),
    text("login"),  # lower case
    text("name"),
    text("email"),  # lower case
    text("kind", default="agent"),  # light, agent, lead, manager, admin
    Column("active", Boolean, nullable=False, server_default=true()),
    instant("created_at"),
)
Index("uq_agent_login", agent.c.login, unique=True)

agent_department = Table(
    "agent_department",
    metadata,
    ref("agent_id", "agent.id"),
    department_column(),
    text("level", default="agent"),
)
Index("uq_agent_department", agent_department.c.agent_id, agent_department.c.department_id, unique=True)
