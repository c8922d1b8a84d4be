"""What an agent keeps for itself: saved views, choices that follow the agent, notifications, bulk jobs."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, false

from desk_app.storage.schema.base import (
    CLUSTERED,
    NEVER_REUSED,
    BigId,
    department,
    instant,
    key,
    metadata,
    partial,
    ref,
    text,
)

saved_view = Table(  # IN-01
    "saved_view",
    metadata,
    key(),
    ref("agent_id", "agent.id"),  # who made it; only that agent sees a private one
    department(nullable=True),  # a shared view of one department; NULL: everybody's
    Column("shared", Boolean, nullable=False, server_default=false()),
    text("name"),
    text("icon"),
    Column("position", Integer, nullable=False, server_default="0"),
    text("query", default="{}"),  # JSON: the filters
    text("sort", default="activity"),
    Column("ascending", Boolean, nullable=False, server_default=false()),
    text("columns", default="[]"),  # JSON: ids of list columns
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    **NEVER_REUSED,
)
Index("ix_saved_view_agent", saved_view.c.agent_id)

agent_setting = Table(  # choices that follow the agent from computer to computer
    "agent_setting",
    metadata,
    ref("agent_id", "agent.id", primary_key=True),
    Column("key", String(128), primary_key=True),
    text("value"),  # JSON
    instant("changed_at"),
)

notification = Table(  # NT-05
    "notification",
    metadata,
    key(),
    ref("agent_id", "agent.id"),
    department(nullable=True),
    text("kind"),  # assigned, mentioned, customer_wrote, note_added, new_ticket, woken, send_failed, mailbox_alarm ...
    ref("ticket_id", "ticket.id", nullable=True, ondelete="CASCADE"),
    Column("message_id", BigId, nullable=True),
    text("actor_name"),
    text("data", default="{}"),  # JSON: what the words are made of
    Column("channels", Integer, nullable=False, server_default="1"),  # bits: 1 centre, 2 desktop, 4 sound
    instant("at"),
    instant("read_at", nullable=True),  # at once where it is not for the centre
    **NEVER_REUSED,
)
Index("ix_notification_agent", notification.c.agent_id, notification.c.id)
Index("ix_notification_unread", notification.c.agent_id, **partial(notification.c.read_at.is_(None)))
Index("ix_notification_ticket", notification.c.ticket_id)

bulk_job = Table(  # IN-06: a change of many tickets, its progress and its way back
    "bulk_job",
    metadata,
    key(),
    ref("agent_id", "agent.id"),
    text("command"),  # assign, status, tag ...
    text("arguments", default="{}"),  # JSON
    text("state"),  # running, interrupted, cancelled, done, undoing, undone
    text("runner"),  # which process works on it
    instant("alive_at"),  # when that process last wrote
    Column("total", Integer, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    instant("started_at"),
    instant("finished_at", nullable=True),
    **NEVER_REUSED,
)
Index("ix_bulk_job_agent", bulk_job.c.agent_id, bulk_job.c.id)

bulk_item = Table(
    "bulk_item",
    metadata,
    ref("job_id", "bulk_job.id", ondelete="CASCADE", primary_key=True),
    Column("ticket_id", BigId, primary_key=True, autoincrement=False),
    department(nullable=True),
    text("state"),  # waiting, done, failed, undone, kept (an undo left it alone)
    text("error"),
    Column("before", Text, nullable=False, server_default="{}"),  # JSON: what an undo puts back
    **CLUSTERED,
)
Index("ix_bulk_item_ticket", bulk_item.c.ticket_id)
