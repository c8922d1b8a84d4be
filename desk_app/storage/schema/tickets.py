"""Tickets, their history, and the counters the sidebar shows."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, desc, false

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

status = Table(
    "status",
    metadata,
    key(),
    text("key"),  # new, open, waiting, resolved ...
    text("name"),
    text("category"),  # open, waiting, closed: alone drives SLA, load and reports
    department(nullable=True),  # NULL: every department
    Column("position", Integer, nullable=False, server_default="0"),
)

ticket = Table(
    "ticket",
    metadata,
    key(),
    text("number"),  # as shown and as written into subjects when created (IN-34)
    department(),
    ref("account_id", "channel_account.id", nullable=True),  # where replies leave from
    text("channel", default="email"),
    text("subject"),
    ref("status_id", "status.id"),
    text("bucket", default="open"),  # open, waiting, closed, snoozed, spam, trash, merged: which lists it is in
    text("priority", default="normal"),  # low, normal, high, urgent
    ref("assignee_id", "agent.id", nullable=True),
    ref("requester_id", "contact.id", nullable=True),
    text("requester_name"),  # as the list shows it
    text("requester_email"),
    text("language"),
    text("snippet"),  # first words of the newest message
    Column("message_count", Integer, nullable=False, server_default="0"),
    Column("has_attachments", Boolean, nullable=False, server_default=false()),
    Column("spam", Boolean, nullable=False, server_default=false()),
    Column("imported", Boolean, nullable=False, server_default=false()),  # came with a first connect: triggers nothing
    Column("last_message_id", BigId, nullable=True),
    Column("last_inbound_id", BigId, nullable=True),
    instant("created_at"),
    instant("updated_at"),
    instant("activity_at"),  # newest message: what lists sort by
    instant("customer_wrote_at", nullable=True),
    instant("agent_replied_at", nullable=True),
    instant("first_response_at", nullable=True),
    instant("closed_at", nullable=True),
    instant("snoozed_until_at", nullable=True),
    instant("due_at", nullable=True),  # the next promise to keep (IN-04)
    instant("trashed_at", nullable=True),
    ref("merged_into_id", "ticket.id", nullable=True),
    ref("follows_id", "ticket.id", nullable=True),  # new linked ticket after a late answer (IN-35), split, linked pair
    text("link_kind"),  # follow_up, split, pair
    Column("version", Integer, nullable=False, server_default="1"),
    **NEVER_REUSED,
)
Index("uq_ticket_number", ticket.c.number, unique=True)
Index("ix_ticket_bucket_activity", ticket.c.bucket, desc(ticket.c.activity_at), desc(ticket.c.id))
Index("ix_ticket_bucket_created", ticket.c.bucket, desc(ticket.c.created_at), desc(ticket.c.id))
Index("ix_ticket_bucket_priority", ticket.c.bucket, ticket.c.priority, desc(ticket.c.activity_at), desc(ticket.c.id))
Index("ix_ticket_assignee", ticket.c.assignee_id, ticket.c.bucket, desc(ticket.c.activity_at), desc(ticket.c.id))
Index("ix_ticket_assignee_created", ticket.c.assignee_id, ticket.c.bucket, desc(ticket.c.created_at), desc(ticket.c.id))
Index("ix_ticket_department", ticket.c.department_id, ticket.c.bucket, desc(ticket.c.activity_at), desc(ticket.c.id))
Index(
    "ix_ticket_department_created",
    ticket.c.department_id,
    ticket.c.bucket,
    desc(ticket.c.created_at),
    desc(ticket.c.id),
)
Index("ix_ticket_requester", ticket.c.requester_id, ticket.c.bucket, desc(ticket.c.activity_at), desc(ticket.c.id))
Index("ix_ticket_merged", ticket.c.merged_into_id, **partial(ticket.c.merged_into_id.is_not(None)))
Index("ix_ticket_follows", ticket.c.follows_id, **partial(ticket.c.follows_id.is_not(None)))
Index("ix_ticket_snoozed", ticket.c.snoozed_until_at, **partial(ticket.c.snoozed_until_at.is_not(None)))
Index("ix_ticket_due", ticket.c.bucket, ticket.c.due_at, ticket.c.id, **partial(ticket.c.due_at.is_not(None)))
Index("ix_ticket_trashed", ticket.c.trashed_at, **partial(ticket.c.trashed_at.is_not(None)))

ticket_mailbox = Table(  # which mailboxes show a ticket; repeats what a list filters and sorts by
    "ticket_mailbox",
    metadata,
    ref("ticket_id", "ticket.id", ondelete="CASCADE", primary_key=True),
    ref("account_id", "channel_account.id", primary_key=True),
    department(),
    text("bucket"),
    instant("activity_at"),
    instant("created_at"),
    **CLUSTERED,
)
Index(
    "ix_ticket_mailbox_created",
    ticket_mailbox.c.account_id,
    ticket_mailbox.c.bucket,
    desc(ticket_mailbox.c.created_at),
    desc(ticket_mailbox.c.ticket_id),
)
Index(
    "ix_ticket_mailbox_list",
    ticket_mailbox.c.account_id,
    ticket_mailbox.c.bucket,
    desc(ticket_mailbox.c.activity_at),
    desc(ticket_mailbox.c.ticket_id),
)

ticket_tag = Table(  # repeats what a list filters and sorts by, as ticket_mailbox does
    "ticket_tag",
    metadata,
    ref("ticket_id", "ticket.id", ondelete="CASCADE", primary_key=True),
    Column("tag", Text, primary_key=True),  # lower case
    department(),
    text("bucket"),
    instant("activity_at"),
    instant("created_at"),
    **CLUSTERED,
)
Index(
    "ix_ticket_tag_list",
    ticket_tag.c.tag,
    ticket_tag.c.bucket,
    desc(ticket_tag.c.activity_at),
    desc(ticket_tag.c.ticket_id),
)
Index(
    "ix_ticket_tag_created",
    ticket_tag.c.tag,
    ticket_tag.c.bucket,
    desc(ticket_tag.c.created_at),
    desc(ticket_tag.c.ticket_id),
)

ticket_seen = Table(  # up to which message an agent has read
    "ticket_seen",
    metadata,
    ref("ticket_id", "ticket.id", ondelete="CASCADE", primary_key=True),
    ref("agent_id", "agent.id", primary_key=True),
    department(),
    Column("message_id", BigId, nullable=False),
    **CLUSTERED,
)

ticket_event = Table(  # append-only: triggers refuse UPDATE, and DELETE unless the ticket stands in ticket_purge
    "ticket_event",
    metadata,
    key(),
    ref("ticket_id", "ticket.id"),
    department(),
    instant("at"),
    text("kind"),  # TicketCreated, StatusChanged, MessageAdded ... (past tense)
    text("actor_kind"),
    Column("actor_id", BigId, nullable=True),
    text("actor_name"),
    text("cause"),  # what made it happen, in words a person can check ("header In-Reply-To matched ...")
    text("field"),
    text("old", nullable=True),
    text("new", nullable=True),
    Column("message_id", BigId, nullable=True),
    text("data", default="{}"),  # JSON: the full explanation
)
Index("ix_ticket_event_ticket", ticket_event.c.ticket_id, ticket_event.c.id)

ticket_purge = Table(  # the log of purges, and the permit to delete (IN-32)
    "ticket_purge",
    metadata,
    key(),
    Column("ticket_id", BigId, nullable=False),
    department(),
    text("number"),
    instant("at"),
    text("actor_name"),
    text("reason"),
)
Index("ix_ticket_purge_ticket", ticket_purge.c.ticket_id)

ticket_counter = Table(  # counters as deltas: writers only insert, reading sums, a job folds old rows together
    "ticket_counter",
    metadata,
    key(),
    department(),
    text("scope"),  # all, agent, mailbox
    Column("scope_id", BigId, nullable=False, server_default="0"),  # agent (0: nobody) or account
    text("bucket"),
    Column("delta", BigId, nullable=False),
)
Index("ix_ticket_counter", ticket_counter.c.scope, ticket_counter.c.scope_id, ticket_counter.c.bucket)
