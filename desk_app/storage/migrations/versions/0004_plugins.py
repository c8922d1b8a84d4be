"""What the desk knows of its plugins, and what they keep.

Revision: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk_app.storage.schema.base import BigId, CleanText, Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; programs of schema 3 know nothing of them and may go on writing."""
    op.create_table(
        "plugin",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        _text("version"),
        _text("previous_version"),
        _text("files_sha256"),
        sa.Column("wanted", sa.Boolean(), server_default=sa.false(), nullable=False),
        _text("paused"),
        sa.Column("position", sa.Integer(), server_default="100", nullable=False),
        _text("granted", "[]"),
        _text("revoked", "[]"),
        sa.Column("table_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("installed_at", Instant(), nullable=False),
        sa.Column("activated_at", Instant(), nullable=True),
        sa.Column("activated_event_id", BigId, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin")),
        sa.UniqueConstraint("slug", name=op.f("uq_plugin_slug")),
        sqlite_autoincrement=True,
    )
    _values("plugin_setting", sa.String(length=128))
    _values("plugin_value", sa.String(length=255))
    op.create_table(
        "plugin_ticket_value",
        sa.Column("plugin_id", BigId, autoincrement=False, nullable=False),
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        _text("value"),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_plugin_ticket_value_department_id")
        ),
        _of_plugin("plugin_ticket_value"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_plugin_ticket_value_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plugin_id", "ticket_id", "key", name=op.f("pk_plugin_ticket_value")),
    )
    op.create_index("ix_plugin_ticket_value_ticket", "plugin_ticket_value", ["ticket_id"], unique=False)
    op.create_table(
        "plugin_progress",
        sa.Column("name", sa.String(length=128), nullable=False),
        _text("state"),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_plugin_progress")),
    )
    op.create_table(
        "plugin_fault",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("plugin_id", BigId, autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        *(_text(name) for name in ("version", "place", "summary", "detail", "computer")),
        _of_plugin("plugin_fault"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_fault")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_plugin_fault_plugin", "plugin_fault", ["plugin_id", "id"], unique=False)
    op.execute("UPDATE schema_info SET version = 4 WHERE component = 'core'")


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, CleanText(), server_default=default, nullable=False)


def _of_plugin(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["plugin_id"], ["plugin.id"], name=op.f(f"fk_{table}_plugin_id"), ondelete="CASCADE")


def _values(table: str, key: sa.String) -> None:
    op.create_table(
        table,
        sa.Column("plugin_id", BigId, autoincrement=False, nullable=False),
        sa.Column("key", key, nullable=False),
        _text("value"),
        sa.Column("changed_at", Instant(), nullable=False),
        _of_plugin(table),
        sa.PrimaryKeyConstraint("plugin_id", "key", name=op.f(f"pk_{table}")),
    )
