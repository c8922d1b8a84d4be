"""What the desk knows of its plugins, and what they keep (plugins.md, "States and lifecycle").

A plugin's own tables (`px_<plugin>_...`) are not part of this schema.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, false

from desk_app.storage.schema.base import NEVER_REUSED, BigId, department, instant, key, metadata, ref, text

plugin = Table(
    "plugin",
    metadata,
    key(),
    Column("slug", String(64), nullable=False, unique=True),  # the manifest's id
    text("version"),  # the one that was activated last
    text("previous_version"),
    text("files_sha256"),  # of the files that were activated
    Column("wanted", Boolean, nullable=False, server_default=false()),  # switched on by a person
    text("paused"),  # why the desk stopped it, "" where it did not
    Column("position", Integer, nullable=False, server_default="100"),  # its place among filters and guards
    text("granted", default="[]"),  # JSON: permissions
    text("revoked", default="[]"),  # JSON: permissions taken away again
    Column("table_version", Integer, nullable=False, server_default="0"),  # its last migration
    instant("installed_at"),
    instant("activated_at", nullable=True),
    Column("activated_event_id", BigId, nullable=False, server_default="0"),  # the newest line of history then
    **NEVER_REUSED,
)

plugin_setting = Table(  # values of the settings its manifest declares
    "plugin_setting",
    metadata,
    ref("plugin_id", "plugin.id", primary_key=True, ondelete="CASCADE"),
    Column("key", String(128), primary_key=True),
    text("value"),  # JSON; never a secret
    instant("changed_at"),
)

plugin_value = Table(  # ctx.kv
    "plugin_value",
    metadata,
    ref("plugin_id", "plugin.id", primary_key=True, ondelete="CASCADE"),
    Column("key", String(255), primary_key=True),
    text("value"),  # JSON
    instant("changed_at"),
)

plugin_ticket_value = Table(  # ctx.data_for(ticket)
    "plugin_ticket_value",
    metadata,
    ref("plugin_id", "plugin.id", primary_key=True, ondelete="CASCADE"),
    ref("ticket_id", "ticket.id", primary_key=True, ondelete="CASCADE"),
    Column("key", String(255), primary_key=True),
    department(),
    text("value"),  # JSON
    instant("changed_at"),
)
Index("ix_plugin_ticket_value_ticket", plugin_ticket_value.c.ticket_id)

plugin_progress = Table(  # how far each plugin was told what happened
    "plugin_progress",
    metadata,
    Column("name", String(128), primary_key=True),
    text("state"),  # JSON, see domain/plugins/progress.py
    instant("changed_at"),
)

plugin_fault = Table(  # what went wrong, the newest of each plugin
    "plugin_fault",
    metadata,
    key(),
    ref("plugin_id", "plugin.id", ondelete="CASCADE"),
    instant("at"),
    text("version"),
    text("place"),  # the hook, or what else was being done
    text("summary"),
    text("detail"),  # traceback and ids of the arguments, without contents of mail
    text("computer"),
    **NEVER_REUSED,
)
Index("ix_plugin_fault_plugin", plugin_fault.c.plugin_id, plugin_fault.c.id)
