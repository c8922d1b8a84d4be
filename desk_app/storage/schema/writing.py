"""What agents write with: drafts and canned responses."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from desk_app.storage.schema.base import NEVER_REUSED, BigId, department, instant, key, metadata, ref, text

draft = Table(  # CO-04; the id never comes back, so that a late write cannot meet a newer draft by chance
    "draft",
    metadata,
    key(),
    ref("agent_id", "agent.id"),
    department(),
    ref("ticket_id", "ticket.id", nullable=True, ondelete="CASCADE"),  # NULL: a new ticket
    Column("slot", BigInteger, nullable=False, server_default="0"),  # the ticket, 0 for a new one
    text("kind"),  # reply, note, new_ticket
    Column("from_account_id", BigId, nullable=False, server_default="0"),
    text("from_address"),
    text("recipients", default="[]"),  # JSON: [[role, name, address], ...]
    text("subject"),
    text("text"),
    text("html"),
    text("then_status"),
    Column("cursor", Integer, nullable=False, server_default="0"),
    Column("answers_message_id", BigId, nullable=True),
    Column("last_message_id", BigId, nullable=True),
    text("channel", default="email"),
    text("options", default="{}"),  # JSON: how it is to be sent (DraftOptions)
    instant("saved_at"),
    Column("revision", Integer, nullable=False, server_default="1"),
    **NEVER_REUSED,
)
Index("uq_draft_slot", draft.c.agent_id, draft.c.slot, draft.c.kind, unique=True)
Index("ix_draft_ticket", draft.c.ticket_id)

draft_attachment = Table(
    "draft_attachment",
    metadata,
    key(),
    ref("draft_id", "draft.id", ondelete="CASCADE"),
    department(),
    Column("position", Integer, nullable=False, server_default="0"),
    text("filename"),
    text("content_type"),
    text("content_id"),
    Column("sha256", String(64), nullable=False),
)
Index("ix_draft_attachment_draft", draft_attachment.c.draft_id)
Index("ix_draft_attachment_sha256", draft_attachment.c.sha256)

canned_response = Table(  # CO-06
    "canned_response",
    metadata,
    key(),
    department(nullable=True),  # NULL: everybody's
    ref("agent_id", "agent.id", nullable=True),  # NULL: shared; else only this agent's
    text("language"),
    text("folder"),
    text("title"),
    text("text"),
    text("html"),
    Column("use_count", BigId, nullable=False, server_default="0"),
    instant("used_at", nullable=True),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    **NEVER_REUSED,
)
Index("ix_canned_response_department", canned_response.c.department_id)

canned_attachment = Table(
    "canned_attachment",
    metadata,
    key(),
    ref("canned_response_id", "canned_response.id", ondelete="CASCADE"),
    Column("position", Integer, nullable=False, server_default="0"),
    text("filename"),
    text("content_type"),
    text("content_id"),
    Column("sha256", String(64), nullable=False),
)
Index("ix_canned_attachment_response", canned_attachment.c.canned_response_id)
Index("ix_canned_attachment_sha256", canned_attachment.c.sha256)

signature = Table(  # MB-18
    "signature",
    metadata,
    key(),
    Column("scope", String(120), nullable=False),  # SignatureScope.key
    ref("account_id", "channel_account.id", nullable=True, ondelete="CASCADE"),
    department(nullable=True),
    ref("agent_id", "agent.id", nullable=True),
    text("text"),
    text("html"),
    instant("updated_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    **NEVER_REUSED,
)
Index("uq_signature_scope", signature.c.scope, unique=True)
Index("ix_signature_account", signature.c.account_id)
