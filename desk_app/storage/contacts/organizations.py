"""Organizations, the domains that stand for them, and their members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, or_, select, update

from desk_app.domain.contacts.model import Organization
from desk_app.domain.contacts.naming import sort_key
from desk_app.storage.contacts.repository import read_fields, write_fields
from desk_app.storage.schema.contacts import contact, contact_address, organization, organization_domain
from desk_app.storage.upsert import insert_new

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from desk_app.storage.transaction import Transaction

_AT_ONCE = 500


class SqlOrganizationRepository:
    """Organizations in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def add(self, organization_: Organization) -> int:
        """Insert an organization with its domains."""
        now = self._t.now()
        values = _values(organization_) | {"created_at": now, "updated_at": now}
        key = int(self._t.connection.execute(insert(organization).returning(organization.c.id), values).scalar_one())
        self._add_domains(key, organization_.domains)
        self._t.changed("organization", key, "insert")
        return key

    def get(self, organization_id: int) -> Organization | None:
        """Return an organization."""
        return read_organization(self._t.connection, organization_id)

    def save(self, organization_: Organization) -> None:
        """Write an organization and its domains."""
        table, connection = organization, self._t.connection
        values = _values(organization_) | {"updated_at": self._t.now(), "version": organization_.version + 1}
        updated = connection.execute(
            update(table).where(table.c.id == organization_.id, table.c.version == organization_.version).values(values)
        )
        if updated.rowcount != 1:
            raise ValueError("The organization was changed by somebody else.")
        domain = organization_domain.c
        stored = set(
            connection.execute(select(domain.domain).where(domain.organization_id == organization_.id)).scalars()
        )
        gone = sorted(stored - set(organization_.domains))
        if gone:
            connection.execute(delete(organization_domain).where(domain.domain.in_(gone)))
        self._add_domains(organization_.id, [one for one in organization_.domains if one not in stored])
        self._t.changed("organization", organization_.id)

    def remove(self, organization_id: int) -> None:
        """Delete an organization; its members stay."""
        members = self.members(organization_id)
        self.assign(members, None)
        self._t.connection.execute(delete(organization).where(organization.c.id == organization_id))
        self._t.changed("organization", organization_id, "delete")

    def restore(self, organization_: Organization, member_ids: Sequence[int]) -> None:
        """Put a deleted organization back under its old id."""
        now = self._t.now()
        made = organization_.created_at or now
        values = _values(organization_) | {"id": organization_.id, "created_at": made, "updated_at": now}
        self._t.connection.execute(insert(organization), values)
        self._add_domains(organization_.id, organization_.domains)
        for start in range(0, len(member_ids), _AT_ONCE):
            homeless = select(contact.c.id).where(
                contact.c.id.in_(list(member_ids[start : start + _AT_ONCE])), contact.c.organization_id.is_(None)
            )
            self.assign(list(self._t.connection.execute(homeless).scalars()), organization_.id)
        self._t.changed("organization", organization_.id, "insert")

    def members(self, organization_id: int) -> Sequence[int]:
        """Return the contacts of an organization."""
        statement = select(contact.c.id).where(contact.c.organization_id == organization_id).order_by(contact.c.id)
        return list(self._t.connection.execute(statement).scalars())

    def assign(self, contact_ids: Sequence[int], organization_id: int | None) -> None:
        """Make contacts members of an organization, or of none."""
        now = self._t.now()
        for start in range(0, len(contact_ids), _AT_ONCE):
            ids = list(contact_ids[start : start + _AT_ONCE])
            self._t.connection.execute(
                update(contact)
                .where(contact.c.id.in_(ids))
                .values(organization_id=organization_id, updated_at=now, version=contact.c.version + 1)
            )
            for key in ids:
                self._t.changed("contact", key)

    def homeless(self, domains: Sequence[str]) -> Sequence[int]:
        """Return the contacts without an organization who have an address in one of these domains."""
        if not domains:
            return []
        address = contact_address.c
        inside = or_(*(address.address.like(f"%@{_escaped(domain)}", escape="\\") for domain in domains))
        statement = (
            select(contact.c.id)
            .join(contact_address, address.contact_id == contact.c.id)
            .where(
                address.kind == "email",
                inside,
                contact.c.organization_id.is_(None),
                contact.c.merged_into_id.is_(None),
            )
            .distinct()
        )
        return list(self._t.connection.execute(statement).scalars())

    def find(self, domain: str) -> int | None:
        """Return the organization a domain stands for."""
        return self._t.connection.execute(
            select(organization_domain.c.organization_id).where(organization_domain.c.domain == domain)
        ).scalar()

    def named(self, name: str) -> int | None:
        """Return the organization of this name, however it is written."""
        return self._t.connection.execute(
            select(organization.c.id).where(organization.c.sort_name == sort_key(name)).order_by(organization.c.id)
        ).scalar()

    def _add_domains(self, organization_id: int, domains: Sequence[str]) -> None:
        add = insert_new(self._t, organization_domain, keys=("domain",)).returning(organization_domain.c.domain)
        for domain in domains:
            row = {"domain": domain, "organization_id": organization_id}
            if self._t.connection.execute(add, row).first() is None:
                raise ValueError(f"{domain} belongs to another organization.")


def read_organization(connection: Connection, organization_id: int) -> Organization | None:
    """Return an organization with its domains."""
    row = connection.execute(select(organization).where(organization.c.id == organization_id)).first()
    if row is None:
        return None
    domain = organization_domain.c
    domains = connection.execute(
        select(domain.domain).where(domain.organization_id == organization_id).order_by(domain.domain)
    ).scalars()
    return Organization(
        id=row.id,
        name=row.name,
        note=row.note,
        domains=tuple(domains),
        fields=read_fields(row.fields),
        created_at=row.created_at,
        version=row.version,
    )


def _values(item: Organization) -> dict[str, object]:
    return {
        "name": item.name,
        "sort_name": sort_key(item.name),
        "note": item.note,
        "fields": write_fields(item.fields),
    }


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
