"""Drafts and canned responses.

Revision: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk_app.storage.schema.base import BigId, Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables. Programs of schema 1 know nothing of the bytes drafts use and may not write any more."""
    _drafts()
    _canned_responses()
    op.execute("UPDATE schema_info SET version = 2, min_write = 2 WHERE component = 'core'")


def _drafts() -> None:
    op.create_table(
        "draft",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("agent_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=True),
        sa.Column("slot", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("from_account_id", BigId, server_default="0", nullable=False),
        sa.Column("from_address", sa.Text(), server_default="", nullable=False),
        sa.Column("recipients", sa.Text(), server_default="[]", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), server_default="", nullable=False),
        sa.Column("then_status", sa.Text(), server_default="", nullable=False),
        sa.Column("cursor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answers_message_id", BigId, nullable=True),
        sa.Column("last_message_id", BigId, nullable=True),
        sa.Column("channel", sa.Text(), server_default="email", nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_draft_agent_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_draft_department_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_draft_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_draft_slot", "draft", ["agent_id", "slot", "kind"], unique=True)
    op.create_index("ix_draft_ticket", "draft", ["ticket_id"], unique=False)
    op.create_table(
        "draft_attachment",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("draft_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("filename", sa.Text(), server_default="", nullable=False),
        sa.Column("content_type", sa.Text(), server_default="", nullable=False),
        sa.Column("content_id", sa.Text(), server_default="", nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], name=op.f("fk_draft_attachment_draft_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_draft_attachment_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_attachment")),
    )
    op.create_index("ix_draft_attachment_draft", "draft_attachment", ["draft_id"], unique=False)
    op.create_index("ix_draft_attachment_sha256", "draft_attachment", ["sha256"], unique=False)


def _canned_responses() -> None:
    op.create_table(
        "canned_response",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=True),
        sa.Column("folder", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), server_default="", nullable=False),
        sa.Column("use_count", BigId, server_default="0", nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_canned_response_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_response")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_canned_response_department", "canned_response", ["department_id"], unique=False)
