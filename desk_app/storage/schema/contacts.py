"""Contacts: the people outside. A contact is seen through the departments it wrote to."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, false, true

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

organization = Table(  # CU-05
    "organization",
    metadata,
    key(),
    text("name"),
    text("sort_name"),  # how lists order and search it (domain.contacts.naming)
    text("note"),
    text("fields", default="{}"),  # JSON: the desk's own fields (CU-06)
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    **NEVER_REUSED,
)
Index("ix_organization_sort_name", organization.c.sort_name, organization.c.id)

organization_domain = Table(  # whoever writes from this domain belongs to the organization
    "organization_domain",
    metadata,
    Column("domain", String(253), primary_key=True),  # lower case
    ref("organization_id", "organization.id", ondelete="CASCADE"),
)
Index("ix_organization_domain_organization", organization_domain.c.organization_id)

contact = Table(
    "contact",
    metadata,
    key(),
    text("name"),
    text("sort_name"),  # how lists order and search it (domain.contacts.naming)
    text("language"),
    text("note"),
    ref("organization_id", "organization.id", nullable=True),
    text("fields", default="{}"),  # JSON: the desk's own fields (CU-06)
    ref("merged_into_id", "contact.id", nullable=True),
    Column("blocked", Boolean, nullable=False, server_default=false()),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    **NEVER_REUSED,
)
Index("ix_contact_merged", contact.c.merged_into_id, **partial(contact.c.merged_into_id.is_not(None)))
Index("ix_contact_organization", contact.c.organization_id, **partial(contact.c.organization_id.is_not(None)))
Index("ix_contact_sort_name", contact.c.sort_name, contact.c.id)
Index("ix_contact_blocked", contact.c.id, **partial(contact.c.blocked.is_(true())))

contact_address = Table(
    "contact_address",
    metadata,
    key(),
    ref("contact_id", "contact.id", ondelete="CASCADE"),
    text("kind", default="email"),  # email, phone
    text("address"),  # lower case
    text("label"),
    Column("is_primary", Boolean, nullable=False, server_default=false()),
    instant("failing_since_at", nullable=True),  # MB-22
    text("failing_reason"),
    Column("bounce_count", Integer, nullable=False, server_default="0"),
    Column("original_contact_id", BigId, nullable=True),  # where a merge took it from, so that it can be undone
)
Index("uq_contact_address_kind_address", contact_address.c.kind, contact_address.c.address, unique=True)
Index("ix_contact_address_contact_id", contact_address.c.contact_id)
Index(
    "ix_contact_address_failing",
    contact_address.c.contact_id,
    **partial(contact_address.c.failing_since_at.is_not(None)),
)

contact_department = Table(
    "contact_department",
    metadata,
    ref("contact_id", "contact.id", ondelete="CASCADE", primary_key=True),
    department(primary_key=True),
    **CLUSTERED,
)

contact_move = Table(  # what a contact merge took over, so that it can be undone (CU-03)
    "contact_move",
    metadata,
    ref("source_id", "contact.id", ondelete="CASCADE", primary_key=True),
    Column("entity", String(16), primary_key=True),  # ticket, message
    Column("entity_id", BigId, primary_key=True, autoincrement=False),
    department(),
    **CLUSTERED,
)

contact_event = Table(  # who changed what about a person or an organization; goes with the person's data (CU-10)
    "contact_event",
    metadata,
    key(),
    Column("contact_id", BigId, nullable=True),
    Column("organization_id", BigId, nullable=True),
    instant("at"),
    text("actor_name"),
    text("kind"),  # renamed, noted, merged, blocked ...
    text("data", default="{}"),  # JSON: what an undo puts back
)
Index("ix_contact_event_contact", contact_event.c.contact_id, contact_event.c.id)
Index("ix_contact_event_organization", contact_event.c.organization_id, contact_event.c.id)

sender_block = Table(  # CU-09: mail from here waits in quarantine
    "sender_block",
    metadata,
    key(),
    text("kind"),  # address, domain
    text("value"),  # lower case
    text("reason"),
    text("actor_name"),
    instant("created_at"),
)
Index("uq_sender_block_value", sender_block.c.kind, sender_block.c.value, unique=True)

privacy_log = Table(  # CU-10: that somebody's data was handed out or erased, without the data
    "privacy_log",
    metadata,
    key(),
    Column("contact_id", BigId, nullable=False),
    text("action"),  # export, erase
    text("actor_name"),
    text("summary"),
    instant("at"),
)

ticket_erasure = Table(  # the permit to take a person out of a ticket's history, which is append-only otherwise (CU-10)
    "ticket_erasure",
    metadata,
    ref("ticket_id", "ticket.id", ondelete="CASCADE", primary_key=True),
    department(),
    instant("at"),
)
