"""What hangs on tickets: tags and their colours, links, watchers, stars, side conversations."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from desk_app.storage.schema.base import (
    CLUSTERED,
    NEVER_REUSED,
    BigId,
    department,
    instant,
    key,
    metadata,
    ref,
    text,
)

tag = Table(  # IN-21: how a tag looks; a tag without a row here is grey
    "tag",
    metadata,
    key(),
    text("name"),  # lower case, as in ticket_tag
    text("colour"),
    instant("created_at"),
)
Index("uq_tag_name", tag.c.name, unique=True)

ticket_link = Table(  # IN-16; written once, read from both ends
    "ticket_link",
    metadata,
    ref("ticket_id", "ticket.id", ondelete="CASCADE", primary_key=True),
    ref("other_id", "ticket.id", ondelete="CASCADE", primary_key=True),
    Column("kind", String(16), primary_key=True),  # related, parent (ticket_id is the parent), blocks
    department(),
    text("actor_name"),
    instant("created_at"),
    **CLUSTERED,
)
Index("ix_ticket_link_other", ticket_link.c.other_id)

ticket_watcher = Table(  # IN-19
    "ticket_watcher",
    metadata,
    ref("ticket_id", "ticket.id", ondelete="CASCADE", primary_key=True),
    ref("agent_id", "agent.id", primary_key=True),
    department(),
    instant("since_at"),
    **CLUSTERED,
)
Index("ix_ticket_watcher_agent", ticket_watcher.c.agent_id)

ticket_star = Table(  # IN-20
    "ticket_star",
    metadata,
    ref("ticket_id", "ticket.id", ondelete="CASCADE", primary_key=True),
    ref("agent_id", "agent.id", primary_key=True),
    department(),
    instant("since_at"),
    **CLUSTERED,
)
Index("ix_ticket_star_agent", ticket_star.c.agent_id)

side_conversation = Table(  # IN-18: with a third party; its answers never reach the customer
    "side_conversation",
    metadata,
    key(),
    ref("ticket_id", "ticket.id", ondelete="CASCADE"),
    department(),
    text("subject"),
    text("people", default="[]"),  # JSON: [[name, address], ...]
    Column("agent_id", BigId, nullable=True),
    instant("created_at"),
    **NEVER_REUSED,
)
Index("ix_side_conversation_ticket", side_conversation.c.ticket_id)

image_permission = Table(  # IN-25: senders whose pictures may be loaded without asking
    "image_permission",
    metadata,
    Column("sender", String(320), primary_key=True),  # an address, lower case
    text("actor_name"),
    instant("at"),
)
