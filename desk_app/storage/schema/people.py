"""Departments and agents."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, true

from desk_app.storage.schema.base import CLUSTERED, NEVER_REUSED, instant, key, metadata, ref, text
from desk_app.storage.schema.base import department as department_column

department = Table(
    "department",
    metadata,
    key(),
    text("name"),
    Column("position", Integer, nullable=False, server_default="0"),
    text("settings", default="{}"),  # JSON
    instant("created_at"),
    **NEVER_REUSED,
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
    **NEVER_REUSED,
)
Index("uq_agent_login", agent.c.login, unique=True)

agent_department = Table(
    "agent_department",
    metadata,
    ref("agent_id", "agent.id", primary_key=True),
    department_column(primary_key=True),
    text("level", default="agent"),
    **CLUSTERED,
)
