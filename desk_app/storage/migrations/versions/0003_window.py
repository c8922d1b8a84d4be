"""What the window keeps: views, links, watchers, notifications, bulk jobs, organizations, side conversations.

Revision: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk_app.domain.contacts.naming import sort_key
from desk_app.storage.schema.base import BigId, Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables. Programs of schema 2 would send what a side conversation says to the customer, and may not
    write any more."""
    _views()
    _notifications()
    _bulk_jobs()
    _links()
    _side_conversations()
    _contacts()
    _canned_responses()
    op.execute("UPDATE schema_info SET version = 3, min_write = 3 WHERE component = 'core'")


def _add_reference(table: str, column: str, target: str) -> None:
    """Add a nullable foreign key; SQLite takes one in a new column, without copying the table."""
    kind = "INTEGER" if op.get_context().dialect.name == "sqlite" else "BIGINT"
    name = f"fk_{table}_{column}"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} CONSTRAINT {name} REFERENCES {target} (id)")


def _views() -> None:
    op.create_table(
        "agent_setting",
        sa.Column("agent_id", BigId, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_setting_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", "key", name=op.f("pk_agent_setting")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("agent_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=True),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("icon", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("query", sa.Text(), server_default="{}", nullable=False),
        sa.Column("sort", sa.Text(), server_default="activity", nullable=False),
        sa.Column("ascending", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("columns", sa.Text(), server_default="[]", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_saved_view_agent_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_saved_view_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_saved_view_agent", "saved_view", ["agent_id"], unique=False)


def _notifications() -> None:
    op.create_table(
        "notification",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("agent_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=True),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=True),
        sa.Column("message_id", BigId, nullable=True),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("data", sa.Text(), server_default="{}", nullable=False),
        sa.Column("channels", sa.Integer(), server_default="1", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("read_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_notification_agent_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_notification_department_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_notification_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notification_agent", "notification", ["agent_id", "id"], unique=False)
    op.create_index("ix_notification_ticket", "notification", ["ticket_id"], unique=False)
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["agent_id"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )


def _bulk_jobs() -> None:
    op.create_table(
        "bulk_job",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("agent_id", BigId, autoincrement=False, nullable=False),
        sa.Column("command", sa.Text(), server_default="", nullable=False),
        sa.Column("arguments", sa.Text(), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("runner", sa.Text(), server_default="", nullable=False),
        sa.Column("alive_at", Instant(), nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_bulk_job_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_job")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bulk_job_agent", "bulk_job", ["agent_id", "id"], unique=False)
    op.create_table(
        "bulk_item",
        sa.Column("job_id", BigId, autoincrement=False, nullable=False),
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=True),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("before", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_bulk_item_department_id")),
        sa.ForeignKeyConstraint(["job_id"], ["bulk_job.id"], name=op.f("fk_bulk_item_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "ticket_id", name=op.f("pk_bulk_item")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bulk_item_ticket", "bulk_item", ["ticket_id"], unique=False)


def _links() -> None:
    op.create_table(
        "image_permission",
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_image_permission")),
    )
    op.create_table(
        "tag",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("colour", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
    )
    op.create_index("uq_tag_name", "tag", ["name"], unique=True)
    op.create_table(
        "ticket_link",
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("other_id", BigId, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_ticket_link_department_id")),
        sa.ForeignKeyConstraint(["other_id"], ["ticket.id"], name=op.f("fk_ticket_link_other_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_link_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "other_id", "kind", name=op.f("pk_ticket_link")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ticket_link_other", "ticket_link", ["other_id"], unique=False)
    op.create_table(
        "ticket_star",
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("agent_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("since_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_ticket_star_agent_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_ticket_star_department_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_star_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "agent_id", name=op.f("pk_ticket_star")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ticket_star_agent", "ticket_star", ["agent_id"], unique=False)
    op.create_table(
        "ticket_watcher",
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("agent_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("since_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_ticket_watcher_agent_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_ticket_watcher_department_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_watcher_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "agent_id", name=op.f("pk_ticket_watcher")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ticket_watcher_agent", "ticket_watcher", ["agent_id"], unique=False)
    op.add_column("ticket", sa.Column("due_at", Instant(), nullable=True))
    op.create_index(
        "ix_ticket_due",
        "ticket",
        ["bucket", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )

    op.create_index(
        "ix_ticket_bucket_priority",
        "ticket",
        ["bucket", "priority", sa.literal_column("activity_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )


def _side_conversations() -> None:
    op.create_table(
        "side_conversation",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("people", sa.Text(), server_default="[]", nullable=False),
        sa.Column("agent_id", BigId, nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_side_conversation_department_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_side_conversation_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_side_conversation")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_side_conversation_ticket", "side_conversation", ["ticket_id"], unique=False)
    _add_reference("message", "side_conversation_id", "side_conversation")
    op.create_index(
        "ix_message_side_conversation",
        "message",
        ["side_conversation_id"],
        unique=False,
        sqlite_where=sa.text("side_conversation_id IS NOT NULL"),
        postgresql_where=sa.text("side_conversation_id IS NOT NULL"),
    )


def _contacts() -> None:
    op.create_table(
        "organization",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("sort_name", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("fields", sa.Text(), server_default="{}", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_organization_sort_name", "organization", ["sort_name", "id"], unique=False)
    op.create_table(
        "privacy_log",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("contact_id", BigId, nullable=False),
        sa.Column("action", sa.Text(), server_default="", nullable=False),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_log")),
    )
    op.create_table(
        "sender_block",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender_block")),
    )
    op.create_index("uq_sender_block_value", "sender_block", ["kind", "value"], unique=True)
    op.create_table(
        "organization_domain",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("organization_id", BigId, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_organization_domain_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_organization_domain")),
    )
    op.create_index("ix_organization_domain_organization", "organization_domain", ["organization_id"], unique=False)
    _add_reference("contact", "organization_id", "organization")
    op.add_column("contact", sa.Column("fields", sa.Text(), server_default="{}", nullable=False))
    op.create_index(
        "ix_contact_organization",
        "contact",
        ["organization_id"],
        unique=False,
        sqlite_where=sa.text("organization_id IS NOT NULL"),
        postgresql_where=sa.text("organization_id IS NOT NULL"),
    )
    _contact_lists()
    _contact_history()
    _blocked_senders()


def _contact_lists() -> None:
    """Give lists of people an order that knows no capitals and accents, and their filters an index."""
    op.add_column("contact", sa.Column("sort_name", sa.Text(), server_default="", nullable=False))
    connection = op.get_bind()
    contact = sa.table("contact", sa.column("id"), sa.column("name"), sa.column("sort_name"))
    names = connection.execute(sa.select(contact.c.id, contact.c.name)).all()
    if names:
        connection.execute(
            contact.update().where(contact.c.id == sa.bindparam("wanted")).values(sort_name=sa.bindparam("sorted")),
            [{"wanted": one.id, "sorted": sort_key(one.name)} for one in names],
        )
    op.drop_index("ix_contact_name", "contact")
    op.create_index("ix_contact_sort_name", "contact", ["sort_name", "id"], unique=False)
    for name, table, column, condition in (
        ("ix_contact_blocked", "contact", "id", "blocked IS TRUE"),
        ("ix_contact_address_failing", "contact_address", "contact_id", "failing_since_at IS NOT NULL"),
    ):
        where = sa.text(condition if op.get_context().dialect.name == "postgresql" else condition.replace("TRUE", "1"))
        op.create_index(name, table, [column], unique=False, sqlite_where=where, postgresql_where=where)


def _contact_history() -> None:
    op.create_table(
        "contact_event",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("contact_id", BigId, nullable=True),
        sa.Column("organization_id", BigId, nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("data", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_event")),
    )
    op.create_index("ix_contact_event_contact", "contact_event", ["contact_id", "id"], unique=False)
    op.create_index("ix_contact_event_organization", "contact_event", ["organization_id", "id"], unique=False)
    op.create_table(
        "ticket_erasure",
        sa.Column("ticket_id", BigId, autoincrement=False, nullable=False),
        sa.Column("department_id", BigId, autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_erasure_ticket_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_ticket_erasure_department_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_ticket_erasure")),
    )
    for statement in _GUARD_PG if op.get_context().dialect.name == "postgresql" else _GUARD_SQLITE:
        op.execute(statement)


def _blocked_senders() -> None:
    """Whoever was blocked before stays blocked: each address gets its line in the list of blocked senders."""
    op.execute(
        "INSERT INTO sender_block (kind, value, reason, actor_name, created_at)"
        " SELECT 'address', contact_address.address, '', '', contact.updated_at FROM contact_address"
        " JOIN contact ON contact.id = contact_address.contact_id"
        " WHERE contact.blocked AND contact_address.kind = 'email'"
    )


_APPEND_ONLY = "the history of a ticket is append-only"
_GUARD_SQLITE = (
    "DROP TRIGGER ticket_event_no_update",
    f"""
    CREATE TRIGGER ticket_event_no_update BEFORE UPDATE ON ticket_event
    WHEN NOT EXISTS (SELECT 1 FROM ticket_erasure WHERE ticket_id = OLD.ticket_id)
    BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END
    """,
)
_GUARD_PG = (
    f"""
    CREATE OR REPLACE FUNCTION ticket_event_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF EXISTS (SELECT 1 FROM ticket_purge WHERE ticket_id = OLD.ticket_id) THEN
                RETURN OLD;
            END IF;
        ELSIF TG_OP = 'UPDATE' THEN
            IF EXISTS (SELECT 1 FROM ticket_erasure WHERE ticket_id = OLD.ticket_id) THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION '{_APPEND_ONLY}' USING ERRCODE = 'restrict_violation';
    END $$
    """,
)


def _canned_responses() -> None:
    op.create_table(
        "canned_attachment",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("canned_response_id", BigId, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("filename", sa.Text(), server_default="", nullable=False),
        sa.Column("content_type", sa.Text(), server_default="", nullable=False),
        sa.Column("content_id", sa.Text(), server_default="", nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["canned_response_id"],
            ["canned_response.id"],
            name=op.f("fk_canned_attachment_canned_response_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_attachment")),
    )
    op.create_index("ix_canned_attachment_response", "canned_attachment", ["canned_response_id"], unique=False)
    op.create_index("ix_canned_attachment_sha256", "canned_attachment", ["sha256"], unique=False)
    _add_reference("canned_response", "agent_id", "agent")
    op.add_column("canned_response", sa.Column("language", sa.Text(), server_default="", nullable=False))
    op.add_column("draft", sa.Column("options", sa.Text(), server_default="{}", nullable=False))
    op.create_table(
        "signature",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("account_id", BigId, autoincrement=False, nullable=True),
        sa.Column("department_id", BigId, autoincrement=False, nullable=True),
        sa.Column("agent_id", BigId, autoincrement=False, nullable=True),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), server_default="", nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_signature_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_signature_agent_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_signature_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_signature_scope", "signature", ["scope"], unique=True)
    op.create_index("ix_signature_account", "signature", ["account_id"], unique=False)
    _recipients()


def _recipients() -> None:
    """Make beginnings of names and addresses quick to find on PostgreSQL, where an index by collation cannot."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("CREATE INDEX ix_contact_name_prefix ON contact (sort_name text_pattern_ops)")
        op.execute("CREATE INDEX ix_contact_address_prefix ON contact_address (kind, address text_pattern_ops)")
