"""Contacts: the people outside. A contact is seen through the departments it wrote to."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, false

from desk_app.storage.schema.base import department, instant, key, metadata, ref, text

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
)
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
    text("original_contact", default=""),  # where a merge took it from, so that it can be undone
)
Index("uq_contact_address_kind_address", contact_address.c.kind, contact_address.c.address, unique=True)
Index("ix_contact_address_contact_id", contact_address.c.contact_id)

contact_department = Table(
    "contact_department",
    metadata,
    ref("contact_id", "contact.id", ondelete="CASCADE"),
    department(),
)
Index("uq_contact_department", contact_department.c.contact_id, contact_department.c.department_id, unique=True)
