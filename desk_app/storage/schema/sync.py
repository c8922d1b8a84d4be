"""Channel accounts, what came in through them, and what is to go out."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, and_, false, true

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

channel_account = Table(
    "channel_account",
    metadata,
    key(),
    department(),
    text("channel", default="email"),
    text("name"),  # as the sidebar shows it ("Support")
    text("sender_name"),  # as customers see it
    text("address"),  # lower case
    text("colour", default="chart1"),  # a theme token
    text("settings", default="{}"),  # JSON of the channel; never a secret
    text("policy", default="{}"),  # JSON: import choice, after import, contact-form senders ...
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("position", Integer, nullable=False, server_default="0"),
    instant("created_at"),
    instant("deleted_at", nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    **NEVER_REUSED,
)

account_alias = Table(
    "account_alias",
    metadata,
    key(),
    ref("account_id", "channel_account.id", ondelete="CASCADE"),
    department(),
    text("address"),  # lower case
    text("sender_name"),
)
Index("uq_account_alias_address", account_alias.c.address, unique=True)

account_health = Table(  # MB-31, MB-04
    "account_health",
    metadata,
    ref("account_id", "channel_account.id", ondelete="CASCADE", primary_key=True),
    department(),
    instant("attempted_at", nullable=True),
    instant("succeeded_at", nullable=True),
    instant("next_try_at", nullable=True),
    Column("failed_polls", Integer, nullable=False, server_default="0"),
    text("fault"),  # a ChannelFault, "" when well
    text("detail"),
    Column("backlog", BigId, nullable=False, server_default="0"),
    Column("server_count", BigId, nullable=True),
    Column("stored_count", BigId, nullable=True),
)

channel_cursor = Table(
    "channel_cursor",
    metadata,
    ref("account_id", "channel_account.id", ondelete="CASCADE", primary_key=True),
    Column("stream", Text, primary_key=True),
    department(),
    text("position", default="{}"),  # JSON of the channel: for e-mail UIDVALIDITY and last UID
    instant("updated_at"),
    **CLUSTERED,
)

inbound_item = (
    Table(  # the intake ledger: raw first, parse second; rows outlive their ticket as tombstones (pains.md 13)
        "inbound_item",
        metadata,
        key(),
        ref("account_id", "channel_account.id"),
        department(),
        text("stream"),
        text("source_key"),
        text("internet_id"),
        text("content_hash"),
        instant("received_at"),
        instant("stored_at"),
        Column("size", BigId, nullable=False, server_default="0"),
        Column("raw_sha256", String(64), nullable=True),
        Column(
            "archive", Boolean, nullable=False, server_default=false()
        ),  # imported as closed history: triggers nothing
        text("state"),  # stored, done, duplicate, quarantined, blocked, ignored, dropped, purged
        text("reason"),
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("message_id", BigId, nullable=True),
        text("after_import", default="keep"),  # keep, flag, move, delete: what is still to be done on the server
        Column("acknowledged", Boolean, nullable=False, server_default=false()),
        **NEVER_REUSED,
    )
)
Index("uq_inbound_item", inbound_item.c.account_id, inbound_item.c.source_key, unique=True)
Index("ix_inbound_item_state", inbound_item.c.state, inbound_item.c.id)
Index("ix_inbound_item_internet_id", inbound_item.c.internet_id)
Index("ix_inbound_item_raw", inbound_item.c.raw_sha256)
Index(  # two machines that fetch at the same second cannot make two messages of one mail (MB-09)
    "uq_inbound_item_mail",
    inbound_item.c.account_id,
    inbound_item.c.internet_id,
    inbound_item.c.content_hash,
    unique=True,
    **partial(and_(inbound_item.c.state == "done", inbound_item.c.internet_id != "")),
)
Index("ix_inbound_item_message", inbound_item.c.message_id)
Index(
    "ix_inbound_item_open_ack",
    inbound_item.c.account_id,
    inbound_item.c.id,
    **partial(and_(inbound_item.c.acknowledged.is_(false()), inbound_item.c.after_import != "keep")),
)

outbox = Table(
    "outbox",
    metadata,
    key(),
    ref("message_id", "message.id", nullable=True, ondelete="CASCADE"),  # NULL: an automatic mail outside a thread
    ref("ticket_id", "ticket.id", nullable=True, ondelete="CASCADE"),
    department(),
    ref("account_id", "channel_account.id"),
    text("state"),  # held, queued, sending, sent, unknown, failed, cancelled
    text("purpose", default="reply"),  # reply, auto_reply, notification
    text("internet_id"),  # fixed before the first attempt
    text("envelope_from"),
    Column("mime_sha256", String(64), nullable=False),
    instant("queued_at"),
    instant("send_after_at"),  # undo window or send later
    instant("sent_at", nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    instant("lease_until_at", nullable=True),
    text("claimed_by"),
    text("response"),  # the server's last words
    text("copy_state", default="none"),  # none, pending, stored, failed: the copy in the Sent folder
    Column(
        "cancel_on_reply", Boolean, nullable=False, server_default=false()
    ),  # send later, unless the customer writes
    Column("version", Integer, nullable=False, server_default="1"),
    **NEVER_REUSED,
)
Index("ix_outbox_due", outbox.c.state, outbox.c.send_after_at, outbox.c.id)
Index("ix_outbox_ticket", outbox.c.ticket_id)
Index("ix_outbox_message", outbox.c.message_id)
Index("ix_outbox_internet_id", outbox.c.internet_id)
Index("ix_outbox_mime", outbox.c.mime_sha256)
Index("ix_outbox_copy", outbox.c.copy_state, outbox.c.id, **partial(outbox.c.copy_state == "pending"))

outbox_recipient = Table(
    "outbox_recipient",
    metadata,
    key(),
    ref("outbox_id", "outbox.id", ondelete="CASCADE"),
    department(),
    text("role"),
    text("address"),
    text("name"),
    text("state", default="queued"),  # queued, accepted, refused, bounced, unknown
    text("response"),
    instant("at", nullable=True),
)
Index("ix_outbox_recipient_outbox", outbox_recipient.c.outbox_id)
Index("ix_outbox_recipient_address", outbox_recipient.c.address)

auto_answer = Table(  # the ceiling on automatic mail (MB-20): one row an automatic answer
    "auto_answer",
    metadata,
    key(),
    department(),
    Column("ticket_id", BigId, nullable=True),
    text("address"),
    instant("at"),
)
Index("ix_auto_answer_address", auto_answer.c.address, auto_answer.c.at)
Index("ix_auto_answer_at", auto_answer.c.at)
Index("ix_auto_answer_ticket", auto_answer.c.ticket_id, auto_answer.c.at)
