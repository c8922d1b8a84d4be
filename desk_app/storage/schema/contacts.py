"""Contacts: the people outside. A contact is seen through the departments it wrote to."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, false

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

contact = Table(
    "contact",
    metadata,
    key(),
    text("name"),
    text("language"),
    text("note"),
    ref("merged_into_id", "contact.id", nullable=True),
    Column("blocked", Boolean, nullable=False, server_default=false()),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    **NEVER_REUSED,
)
Index("ix_contact_merged", contact.c.merged_into_id, **partial(contact.c.merged_into_id.is_not(None)))
Index("ix_contact_name", contact.c.name, contact.c.id)

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
