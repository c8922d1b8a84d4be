"""Messages with their bodies, addresses, references, attachments, and the bytes they came as."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, false

from desk_app.storage.schema.base import NEVER_REUSED, BigId, department, instant, key, metadata, partial, ref, text

blob = (
    Table(  # content-addressed bytes, compressed, each stored once; no customer column: reached only through its owners
        "blob",
        metadata,
        Column("sha256", String(64), primary_key=True),
        Column("size", BigId, nullable=False),
        text("codec", default="zstd"),  # zstd, raw
        Column("content", LargeBinary, nullable=False),
    )
)

message = Table(
    "message",
    metadata,
    key(),
    ref("ticket_id", "ticket.id", ondelete="CASCADE"),
    department(),
    ref("account_id", "channel_account.id", nullable=True),
    text("kind"),  # public_reply, internal_note, system
    text("direction"),  # in, out
    ref("contact_id", "contact.id", nullable=True),
    ref("agent_id", "agent.id", nullable=True),
    text("author_name"),
    text("author_email"),
    text("subject"),
    text("snippet"),
    instant("sent_at"),  # the mail's own date, else its arrival
    instant("created_at"),  # when the desk stored it
    text("internet_id"),  # Message-ID without brackets; synthetic where the mail had none (MB-11)
    text("content_hash"),
    text("classification", default="normal"),
    Column("raw_sha256", String(64), nullable=True),
    Column("size", BigId, nullable=False, server_default="0"),
    Column("imported", Boolean, nullable=False, server_default=false()),
    Column("stranger", Boolean, nullable=False, server_default=false()),  # unknown sender on a known thread (SE-04)
    Column("has_html", Boolean, nullable=False, server_default=false()),
    Column("attachment_count", Integer, nullable=False, server_default="0"),
    text("join_rule"),  # reply_id, in_reply_to, references, subject_token, duplicate, new ...
    text("join_reason", default="{}"),  # JSON: the stored explanation
    text("problems", default="[]"),  # JSON list
    ref("side_conversation_id", "side_conversation.id", nullable=True),  # NULL: the customer's thread (IN-18)
    **NEVER_REUSED,
)
Index("ix_message_ticket", message.c.ticket_id, message.c.id)
Index("ix_message_internet_id", message.c.internet_id)
Index("ix_message_contact", message.c.contact_id, message.c.id)
Index(
    "ix_message_side_conversation",
    message.c.side_conversation_id,
    **partial(message.c.side_conversation_id.is_not(None)),
)
Index("ix_message_raw", message.c.raw_sha256)

message_body = Table(
    "message_body",
    metadata,
    ref("message_id", "message.id", ondelete="CASCADE", primary_key=True),
    department(),
    text("text"),  # the whole plain text
    text("visible_text"),
    text("folded_text"),
    text("html", nullable=True),  # safe, normalised; NULL: not prepared yet
    text("folded_html", nullable=True),
    text("view", default="{}"),  # JSON: remote images, deceptive links, own colours
    Column("reader_version", Integer, nullable=False, server_default="0"),
    Column("pipeline_version", Integer, nullable=False, server_default="0"),  # 0: HTML not prepared yet
)
Index("ix_message_body_pipeline", message_body.c.pipeline_version, message_body.c.message_id)
Index("ix_message_body_reader", message_body.c.reader_version, message_body.c.message_id)

message_address = Table(
    "message_address",
    metadata,
    key(),
    ref("message_id", "message.id", ondelete="CASCADE"),
    department(),
    text("role"),  # from, reply_to, to, cc, bcc
    Column("position", Integer, nullable=False, server_default="0"),
    text("name"),
    text("email"),
)
Index("ix_message_address_message", message_address.c.message_id)
Index("ix_message_address_email", message_address.c.email, message_address.c.message_id)

message_ref = Table(  # who refers to which Message-ID, so that an answer that came before its parent finds it
    "message_ref",
    metadata,
    key(),
    ref("message_id", "message.id", ondelete="CASCADE"),
    department(),
    text("internet_id"),
)
Index("ix_message_ref_internet_id", message_ref.c.internet_id)
Index("ix_message_ref_message", message_ref.c.message_id)

attachment = Table(
    "attachment",
    metadata,
    key(),
    ref("message_id", "message.id", ondelete="CASCADE"),
    department(),
    Column("position", Integer, nullable=False, server_default="0"),
    text("part"),
    text("filename"),
    text("content_type"),
    Column("size", BigId, nullable=False),
    text("content_id"),
    Column("inline", Boolean, nullable=False, server_default=false()),
    Column("sha256", String(64), nullable=False),
)
Index("ix_attachment_message", attachment.c.message_id)
Index("ix_attachment_sha256", attachment.c.sha256)

search_document = (
    Table(  # one row a message; the index itself (FTS5, or a tsvector column here) is made by the migration
        "search_document",
        metadata,
        Column("message_id", BigId, primary_key=True, autoincrement=False),
        Column("ticket_id", BigId, nullable=False),
        department(),
        Column("analyzer_version", Integer, nullable=False),
        Column("terms", LargeBinary, nullable=True),  # SQLite: what was indexed, compressed; FTS5 needs it to forget
    )
)
Index("ix_search_document_ticket", search_document.c.ticket_id, search_document.c.message_id)
Index("ix_search_document_version", search_document.c.analyzer_version, search_document.c.message_id)

search_term = Table(  # every distinct term, so that parts of words can be found; holds no reference to a message
    "search_term",
    metadata,
    key(),
    Column("term", Text, nullable=False, unique=True),
)
