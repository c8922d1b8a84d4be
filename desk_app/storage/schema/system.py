"""What the desk keeps about itself."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from desk_app.storage.schema.base import NEVER_REUSED, BigId, instant, key, metadata, text

schema_info = Table(  # which clients may read and write (database.md 4)
    "schema_info",
    metadata,
    Column("component", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("min_read", Integer, nullable=False),
    Column("min_write", Integer, nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("key", String(128), primary_key=True),
    text("value"),  # JSON
    instant("changed_at"),
)

lease = Table(  # who does a job; every write of the holder checks `epoch` (database.md 3)
    "lease",
    metadata,
    Column("name", String(128), primary_key=True),  # sync:<account>, outbox, timers
    text("holder"),  # random id of the process
    text("host"),
    Column("pid", Integer, nullable=False, server_default="0"),
    Column("epoch", BigId, nullable=False, server_default="0"),
    instant("until_at"),
    instant("renewed_at"),
)

number_counter = Table(  # SQLite's source of ticket numbers; PostgreSQL has a sequence, so that nobody waits for it
    "number_counter",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("last", BigId, nullable=False),
)

change_log = Table(  # the feed that keeps other desktops up to date (database.md 2)
    "change_log",
    metadata,
    key(),
    Column("xid", BigId, nullable=False, server_default="0"),  # PostgreSQL: the transaction's id
    instant("at"),
    Column("department_id", BigId, nullable=True),
    text("entity"),  # ticket, outbox, account, setting ...
    Column("entity_id", BigId, nullable=False),
    text("op"),  # insert, update, delete
    text("actor_name"),
    text("origin"),  # the process that wrote it, so that it can skip its own changes
    **NEVER_REUSED,  # readers remember the last id; one that came back would be skipped
)
Index("ix_change_log_xid", change_log.c.xid, change_log.c.id)
Index("ix_change_log_at", change_log.c.at)
