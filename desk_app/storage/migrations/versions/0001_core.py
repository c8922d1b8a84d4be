"""The first core schema.

Written once from `desk_app.storage.schema` by Alembic's autogenerate and frozen since; a test compares the two. Later
changes are revisions of their own.

Revision: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from desk_app.storage.migrations import core_sql
from desk_app.storage.schema.base import BigId, Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything and put the first rows in."""
    _people()
    _contacts()
    _accounts()
    _tickets()
    _messages()
    _search()
    _traffic()
    _system()
    core_sql.make_extras(op.get_bind())
    core_sql.seed(op.get_bind())


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _people() -> None:
    op.create_table(
        "department",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("settings", sa.Text(), server_default="{}", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "agent",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("login", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="agent", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_agent_login", "agent", ["login"], unique=True)
    op.create_table(
        "agent_department",
        sa.Column("agent_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("level", sa.Text(), server_default="agent", nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_department_agent_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_agent_department_department_id")),
        sa.PrimaryKeyConstraint("agent_id", "department_id", name=op.f("pk_agent_department")),
        sqlite_with_rowid=False,
    )


def _contacts() -> None:
    op.create_table(
        "contact",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("merged_into_id", BigId, autoincrement=False, nullable=True),
        sa.Column("blocked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["merged_into_id"], ["contact.id"], name=op.f("fk_contact_merged_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_contact_merged", "contact", ["merged_into_id"], unique=False, **_where("merged_into_id IS NOT NULL")
    )
    op.create_index("ix_contact_name", "contact", ["name", "id"], unique=False)
    op.create_table(
        "contact_address",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("contact_id", BigId, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), server_default="email", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("failing_since_at", Instant(), nullable=True),
        sa.Column("failing_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("bounce_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("original_contact_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_address_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_address")),
    )
    op.create_index("ix_contact_address_contact_id", "contact_address", ["contact_id"], unique=False)
    op.create_index("uq_contact_address_kind_address", "contact_address", ["kind", "address"], unique=True)
    op.create_table(
        "contact_department",
        sa.Column("contact_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_department_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_contact_department_department_id")),
        sa.PrimaryKeyConstraint("contact_id", "department_id", name=op.f("pk_contact_department")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contact_move",
        sa.Column("source_id", BigId, autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(length=16), nullable=False),
        sa.Column("entity_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_contact_move_department_id")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["contact.id"], name=op.f("fk_contact_move_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "entity", "entity_id", name=op.f("pk_contact_move")),
        sqlite_with_rowid=False,
    )


def _accounts() -> None:
    op.create_table(
        "channel_account",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), server_default="email", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("sender_name", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("colour", sa.Text(), server_default="chart1", nullable=False),
        sa.Column("settings", sa.Text(), server_default="{}", nullable=False),
        sa.Column("policy", sa.Text(), server_default="{}", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_channel_account_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_account")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "account_alias",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("sender_name", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_account_alias_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_account_alias_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_alias")),
    )
    op.create_index("uq_account_alias_address", "account_alias", ["address"], unique=True)
    op.create_table(
        "account_health",
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("attempted_at", Instant(), nullable=True),
        sa.Column("succeeded_at", Instant(), nullable=True),
        sa.Column("next_try_at", Instant(), nullable=True),
        sa.Column("failed_polls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("backlog", BigId, server_default="0", nullable=False),
        sa.Column("server_count", BigId, nullable=True),
        sa.Column("stored_count", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_account_health_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_account_health_department_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_health")),
    )
    op.create_table(
        "channel_cursor",
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("position", sa.Text(), server_default="{}", nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_channel_cursor_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_channel_cursor_department_id")),
        sa.PrimaryKeyConstraint("account_id", "stream", name=op.f("pk_channel_cursor")),
        sqlite_with_rowid=False,
    )


def _tickets() -> None:
    op.create_table(
        "status",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_status_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("account_id", BigId, autoincrement=False, nullable=True),
        sa.Column("channel", sa.Text(), server_default="email", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("status_id", BigId, autoincrement=False, nullable=False),
        sa.Column("bucket", sa.Text(), server_default="open", nullable=False),
        sa.Column("priority", sa.Text(), server_default="normal", nullable=False),
        sa.Column("assignee_id", BigId, autoincrement=False, nullable=True),
        sa.Column("requester_id", BigId, autoincrement=False, nullable=True),
        sa.Column("requester_name", sa.Text(), server_default="", nullable=False),
        sa.Column("requester_email", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("snippet", sa.Text(), server_default="", nullable=False),
        sa.Column("message_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("has_attachments", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("spam", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("imported", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("last_message_id", BigId, nullable=True),
        sa.Column("last_inbound_id", BigId, nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("activity_at", Instant(), nullable=False),
        sa.Column("customer_wrote_at", Instant(), nullable=True),
        sa.Column("agent_replied_at", Instant(), nullable=True),
        sa.Column("first_response_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("snoozed_until_at", Instant(), nullable=True),
        sa.Column("trashed_at", Instant(), nullable=True),
        sa.Column("merged_into_id", BigId, autoincrement=False, nullable=True),
        sa.Column("follows_id", BigId, autoincrement=False, nullable=True),
        sa.Column("link_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name=op.f("fk_ticket_account_id")),
        sa.ForeignKeyConstraint(["assignee_id"], ["agent.id"], name=op.f("fk_ticket_assignee_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_ticket_department_id")),
        sa.ForeignKeyConstraint(["follows_id"], ["ticket.id"], name=op.f("fk_ticket_follows_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["ticket.id"], name=op.f("fk_ticket_merged_into_id")),
        sa.ForeignKeyConstraint(["requester_id"], ["contact.id"], name=op.f("fk_ticket_requester_id")),
        sa.ForeignKeyConstraint(["status_id"], ["status.id"], name=op.f("fk_ticket_status_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_ticket_assignee",
        "ticket",
        ["assignee_id", "bucket", sa.literal_column("activity_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_assignee_created",
        "ticket",
        ["assignee_id", "bucket", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_bucket_activity",
        "ticket",
        ["bucket", sa.literal_column("activity_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_bucket_created",
        "ticket",
        ["bucket", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_department",
        "ticket",
        ["department_id", "bucket", sa.literal_column("activity_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_department_created",
        "ticket",
        ["department_id", "bucket", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_ticket_follows", "ticket", ["follows_id"], unique=False, **_where("follows_id IS NOT NULL"))
    op.create_index(
        "ix_ticket_merged", "ticket", ["merged_into_id"], unique=False, **_where("merged_into_id IS NOT NULL")
    )
    op.create_index(
        "ix_ticket_requester",
        "ticket",
        ["requester_id", "bucket", sa.literal_column("activity_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_snoozed", "ticket", ["snoozed_until_at"], unique=False, **_where("snoozed_until_at IS NOT NULL")
    )
    op.create_index("ix_ticket_trashed", "ticket", ["trashed_at"], unique=False, **_where("trashed_at IS NOT NULL"))
    op.create_index("uq_ticket_number", "ticket", ["number"], unique=True)
    op.create_table(
        "ticket_mailbox",
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("bucket", sa.Text(), server_default="", nullable=False),
        sa.Column("activity_at", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name=op.f("fk_ticket_mailbox_account_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_ticket_mailbox_department_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_mailbox_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "account_id", name=op.f("pk_ticket_mailbox")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_ticket_mailbox_created",
        "ticket_mailbox",
        ["account_id", "bucket", sa.literal_column("created_at DESC"), sa.literal_column("ticket_id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_mailbox_list",
        "ticket_mailbox",
        ["account_id", "bucket", sa.literal_column("activity_at DESC"), sa.literal_column("ticket_id DESC")],
        unique=False,
    )
    op.create_table(
        "ticket_tag",
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("bucket", sa.Text(), server_default="", nullable=False),
        sa.Column("activity_at", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_ticket_tag_department_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_tag_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", "tag", name=op.f("pk_ticket_tag")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_ticket_tag_created",
        "ticket_tag",
        ["tag", "bucket", sa.literal_column("created_at DESC"), sa.literal_column("ticket_id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_tag_list",
        "ticket_tag",
        ["tag", "bucket", sa.literal_column("activity_at DESC"), sa.literal_column("ticket_id DESC")],
        unique=False,
    )
    op.create_table(
        "ticket_seen",
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("agent_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_ticket_seen_agent_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_ticket_seen_department_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_seen_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "agent_id", name=op.f("pk_ticket_seen")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ticket_event",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("actor_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("field", sa.Text(), server_default="", nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("message_id", BigId, nullable=True),
        sa.Column("data", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_ticket_event_department_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_event_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_event")),
    )
    op.create_index("ix_ticket_event_ticket", "ticket_event", ["ticket_id", "id"], unique=False)
    op.create_table(
        "ticket_purge",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_ticket_purge_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_purge")),
    )
    op.create_index("ix_ticket_purge_ticket", "ticket_purge", ["ticket_id"], unique=False)
    op.create_table(
        "ticket_counter",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("scope_id", BigId, server_default="0", nullable=False),
        sa.Column("bucket", sa.Text(), server_default="", nullable=False),
        sa.Column("delta", BigId, nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_ticket_counter_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_counter")),
    )
    op.create_index("ix_ticket_counter", "ticket_counter", ["scope", "scope_id", "bucket"], unique=False)


def _messages() -> None:
    op.create_table(
        "blob",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("codec", sa.Text(), server_default="zstd", nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob")),
    )
    op.create_table(
        "message",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("account_id", BigId, autoincrement=False, nullable=True),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("direction", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_id", BigId, autoincrement=False, nullable=True),
        sa.Column("agent_id", BigId, autoincrement=False, nullable=True),
        sa.Column("author_name", sa.Text(), server_default="", nullable=False),
        sa.Column("author_email", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("snippet", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("internet_id", sa.Text(), server_default="", nullable=False),
        sa.Column("content_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("classification", sa.Text(), server_default="normal", nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=True),
        sa.Column("size", BigId, server_default="0", nullable=False),
        sa.Column("imported", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("stranger", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("has_html", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attachment_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("join_rule", sa.Text(), server_default="", nullable=False),
        sa.Column("join_reason", sa.Text(), server_default="{}", nullable=False),
        sa.Column("problems", sa.Text(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name=op.f("fk_message_account_id")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_message_agent_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_message_contact_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_message_department_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_message_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_contact", "message", ["contact_id", "id"], unique=False)
    op.create_index("ix_message_internet_id", "message", ["internet_id"], unique=False)
    op.create_index("ix_message_raw", "message", ["raw_sha256"], unique=False)
    op.create_index("ix_message_ticket", "message", ["ticket_id", "id"], unique=False)
    op.create_table(
        "message_body",
        sa.Column("message_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("visible_text", sa.Text(), server_default="", nullable=False),
        sa.Column("folded_text", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("folded_html", sa.Text(), nullable=True),
        sa.Column("view", sa.Text(), server_default="{}", nullable=False),
        sa.Column("reader_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pipeline_version", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_message_body_department_id")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_body_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_body")),
    )
    op.create_index("ix_message_body_pipeline", "message_body", ["pipeline_version", "message_id"], unique=False)
    op.create_index("ix_message_body_reader", "message_body", ["reader_version", "message_id"], unique=False)
    op.create_table(
        "message_address",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("message_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_message_address_department_id")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_address_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_address")),
    )
    op.create_index("ix_message_address_email", "message_address", ["email", "message_id"], unique=False)
    op.create_index("ix_message_address_message", "message_address", ["message_id"], unique=False)
    op.create_table(
        "message_ref",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("message_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("internet_id", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_message_ref_department_id")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_ref_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_ref")),
    )
    op.create_index("ix_message_ref_internet_id", "message_ref", ["internet_id"], unique=False)
    op.create_index("ix_message_ref_message", "message_ref", ["message_id"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("message_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("part", sa.Text(), server_default="", nullable=False),
        sa.Column("filename", sa.Text(), server_default="", nullable=False),
        sa.Column("content_type", sa.Text(), server_default="", nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("content_id", sa.Text(), server_default="", nullable=False),
        sa.Column("inline", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_attachment_department_id")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_attachment_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_message", "attachment", ["message_id"], unique=False)
    op.create_index("ix_attachment_sha256", "attachment", ["sha256"], unique=False)


def _search() -> None:
    op.create_table(
        "search_document",
        sa.Column("message_id", BigId, autoincrement=False, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("analyzer_version", sa.Integer(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_search_document_department_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_search_document")),
    )
    op.create_index("ix_search_document_ticket", "search_document", ["ticket_id", "message_id"], unique=False)
    op.create_index("ix_search_document_version", "search_document", ["analyzer_version", "message_id"], unique=False)
    op.create_table(
        "search_term",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_term")),
        sa.UniqueConstraint("term", name=op.f("uq_search_term_term")),
    )


def _traffic() -> None:
    op.create_table(
        "inbound_item",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("stream", sa.Text(), server_default="", nullable=False),
        sa.Column("source_key", sa.Text(), server_default="", nullable=False),
        sa.Column("internet_id", sa.Text(), server_default="", nullable=False),
        sa.Column("content_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("stored_at", Instant(), nullable=False),
        sa.Column("size", BigId, server_default="0", nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=True),
        sa.Column("archive", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("message_id", BigId, nullable=True),
        sa.Column("after_import", sa.Text(), server_default="keep", nullable=False),
        sa.Column("acknowledged", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name=op.f("fk_inbound_item_account_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_inbound_item_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_item")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbound_item_internet_id", "inbound_item", ["internet_id"], unique=False)
    op.create_index("ix_inbound_item_message", "inbound_item", ["message_id"], unique=False)
    op.create_index(
        "ix_inbound_item_open_ack",
        "inbound_item",
        ["account_id", "id"],
        unique=False,
        **_where("NOT acknowledged AND after_import != 'keep'"),
    )
    op.create_index("ix_inbound_item_raw", "inbound_item", ["raw_sha256"], unique=False)
    op.create_index("ix_inbound_item_state", "inbound_item", ["state", "id"], unique=False)
    op.create_index("uq_inbound_item", "inbound_item", ["account_id", "source_key"], unique=True)
    op.create_index(
        "uq_inbound_item_mail",
        "inbound_item",
        ["account_id", "internet_id", "content_hash"],
        unique=True,
        **_where("state = 'done' AND internet_id != ''"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("message_id", BigId, autoincrement=False, nullable=True),
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=True),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("purpose", sa.Text(), server_default="reply", nullable=False),
        sa.Column("internet_id", sa.Text(), server_default="", nullable=False),
        sa.Column("envelope_from", sa.Text(), server_default="", nullable=False),
        sa.Column("mime_sha256", sa.String(length=64), nullable=False),
        sa.Column("queued_at", Instant(), nullable=False),
        sa.Column("send_after_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until_at", Instant(), nullable=True),
        sa.Column("claimed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("response", sa.Text(), server_default="", nullable=False),
        sa.Column("copy_state", sa.Text(), server_default="none", nullable=False),
        sa.Column("cancel_on_reply", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name=op.f("fk_outbox_account_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_outbox_department_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_outbox_message_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_outbox_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_copy", "outbox", ["copy_state", "id"], unique=False, **_where("copy_state = 'pending'"))
    op.create_index("ix_outbox_due", "outbox", ["state", "send_after_at", "id"], unique=False)
    op.create_index("ix_outbox_internet_id", "outbox", ["internet_id"], unique=False)
    op.create_index("ix_outbox_message", "outbox", ["message_id"], unique=False)
    op.create_index("ix_outbox_mime", "outbox", ["mime_sha256"], unique=False)
    op.create_index("ix_outbox_ticket", "outbox", ["ticket_id"], unique=False)
    op.create_table(
        "outbox_recipient",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("outbox_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("response", sa.Text(), server_default="", nullable=False),
        sa.Column("at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_outbox_recipient_department_id")),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_recipient_outbox_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_recipient")),
    )
    op.create_index("ix_outbox_recipient_address", "outbox_recipient", ["address"], unique=False)
    op.create_index("ix_outbox_recipient_outbox", "outbox_recipient", ["outbox_id"], unique=False)
    op.create_table(
        "auto_answer",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("ticket_id", BigId, nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_auto_answer_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_answer")),
    )
    op.create_index("ix_auto_answer_address", "auto_answer", ["address", "at"], unique=False)
    op.create_index("ix_auto_answer_at", "auto_answer", ["at"], unique=False)
    op.create_index("ix_auto_answer_ticket", "auto_answer", ["ticket_id", "at"], unique=False)


def _system() -> None:
    op.create_table(
        "schema_info",
        sa.Column("component", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("min_read", sa.Integer(), nullable=False),
        sa.Column("min_write", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("component", name=op.f("pk_schema_info")),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("holder", sa.Text(), server_default="", nullable=False),
        sa.Column("host", sa.Text(), server_default="", nullable=False),
        sa.Column("pid", sa.Integer(), server_default="0", nullable=False),
        sa.Column("epoch", BigId, server_default="0", nullable=False),
        sa.Column("until_at", Instant(), nullable=False),
        sa.Column("renewed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "number_counter",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("last", BigId, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_number_counter")),
    )
    op.create_table(
        "change_log",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("xid", BigId, server_default="0", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("department_id", BigId, nullable=True),
        sa.Column("entity", sa.Text(), server_default="", nullable=False),
        sa.Column("entity_id", BigId, nullable=False),
        sa.Column("op", sa.Text(), server_default="", nullable=False),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_log")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_change_log_at", "change_log", ["at"], unique=False)
    op.create_index("ix_change_log_xid", "change_log", ["xid", "id"], unique=False)
