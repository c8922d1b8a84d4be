"""Contacts, their addresses, and merging them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from desk_app.domain.contacts.domains import domain_of, is_public
from desk_app.domain.contacts.model import Contact, ContactAddress
from desk_app.domain.contacts.naming import sort_key
from desk_app.storage.contacts.held import HeldContacts
from desk_app.storage.schema.base import CleanText
from desk_app.storage.schema.contacts import (
    contact,
    contact_address,
    contact_department,
    contact_move,
    organization_domain,
)
from desk_app.storage.schema.messages import message
from desk_app.storage.schema.tickets import ticket
from desk_app.storage.upsert import insert_new

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.engine import Connection

    from desk_app.storage.transaction import Transaction

_MERGE_STEPS = 100
_BY_ID = select(contact).where(contact.c.id == bindparam("wanted"))
_ADDRESSES = (
    select(contact_address).where(contact_address.c.contact_id == bindparam("wanted")).order_by(contact_address.c.id)
)
_BY_EMAIL = select(contact_address.c.contact_id).where(
    contact_address.c.kind == "email", contact_address.c.address == bindparam("wanted")
)
_AT_ONCE = 500
_BY_IDS = select(contact).where(contact.c.id.in_(bindparam("wanted", expanding=True)))
_ADDRESSES_OF = (
    select(contact_address)
    .where(contact_address.c.contact_id.in_(bindparam("wanted", expanding=True)))
    .order_by(contact_address.c.id)
)
_BY_EMAILS = select(contact_address.c.address, contact_address.c.contact_id).where(
    contact_address.c.kind == "email", contact_address.c.address.in_(bindparam("wanted", expanding=True))
)
_DEPARTMENTS = select(contact_department).where(
    contact_department.c.contact_id.in_(bindparam("wanted", expanding=True))
)
_ORGANIZATIONS = select(organization_domain).where(
    organization_domain.c.domain.in_(bindparam("wanted", expanding=True, type_=CleanText()))  # mail brings anything
)
_IN_DEPARTMENT = select(contact_department.c.contact_id).where(
    contact_department.c.contact_id == bindparam("wanted"), contact_department.c.department_id == bindparam("place")
)


class SqlContactRepository:
    """Contacts in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction
        self._add_address = insert_new(transaction, contact_address, keys=("kind", "address")).returning(
            contact_address.c.id
        )
        self._add_department = insert_new(transaction, contact_department, keys=("contact_id", "department_id"))

    def get_or_create(self, email: str, name: str, *, language: str, department_id: int, at: datetime) -> Contact:
        """Return the contact with this address, creating it from its first mail."""
        email = email.strip().lower()
        held = self._held()
        if held is not None:
            return self._get_or_hold(held, email, name, language=language, department_id=department_id, at=at)
        found = self.by_email(email) or self._create(email, name, language, at)
        if not found.name and name:
            found = self._name(found, name, at)
        place = {"wanted": found.id, "place": department_id}
        if self._t.connection.execute(_IN_DEPARTMENT, place).first() is None:
            self._t.connection.execute(self._add_department, {"contact_id": found.id, "department_id": department_id})
        return found

    def prefetch(self, emails: Sequence[str]) -> None:
        """Read contacts together that a batch is going to ask for."""
        held = self._held()
        if held is None or not emails:
            return
        connection = self._t.connection
        ids: dict[str, int] = {}
        for start in range(0, len(emails), _AT_ONCE):
            for row in connection.execute(_BY_EMAILS, {"wanted": list(emails[start : start + _AT_ONCE])}):
                ids[row.address] = row.contact_id
        contacts = read_contacts(connection, sorted(set(ids.values())))
        for email in emails:
            held.learn(email, contacts.get(ids[email]) if email in ids else None)
        held.organizations.update(self._organizations([email for email in emails if email not in ids]))
        wanted = sorted({found.id for found in contacts.values()})
        for start in range(0, len(wanted), _AT_ONCE):
            for row in connection.execute(_DEPARTMENTS, {"wanted": wanted[start : start + _AT_ONCE]}):
                held.departments.add((row.contact_id, row.department_id))

    def get(self, contact_id: int) -> Contact | None:
        """Return a contact; a merged one resolves to the one that took it over."""
        return read_contact(self._t.connection, contact_id)

    def by_email(self, email: str) -> Contact | None:
        """Return the contact with this address."""
        contact_id = self._t.connection.execute(_BY_EMAIL, {"wanted": email.strip().lower()}).scalar()
        return None if contact_id is None else self.get(contact_id)

    def save(self, contact: Contact) -> None:
        """Write a contact and its addresses; raises ValueError where an address belongs to somebody else."""
        self._forget_held()
        _save(self._t, contact)
        self._t.changed("contact", contact.id)

    def merge(self, source_id: int, target_id: int) -> None:
        """Move addresses, tickets and messages to the target; remembered row by row, so that it can be undone."""
        self._forget_held()
        if source_id == target_id:
            raise ValueError("a contact cannot be merged into itself")
        connection, now = self._t.connection, self._t.now()
        target = self.get(target_id)
        if target is None or target.id != target_id:
            raise ValueError("the target was merged or is gone")
        if self._t.connection.execute(_BY_ID, {"wanted": source_id}).one().merged_into_id is not None:
            raise ValueError("the source was merged already")
        for entity, table, column in (
            ("ticket", ticket, ticket.c.requester_id),
            ("message", message, message.c.contact_id),
        ):
            rows = connection.execute(
                select(table.c.id.label("entity_id"), table.c.department_id).where(column == source_id)
            ).all()
            moves = [{"source_id": source_id, "entity": entity, **row._asdict()} for row in rows]
            if moves:
                connection.execute(insert(contact_move), moves)
            connection.execute(update(table).where(column == source_id).values({column.name: target_id}))
            if entity == "ticket":
                for row in rows:
                    self._t.changed("ticket", row.entity_id, "update", row.department_id)
        connection.execute(
            update(contact_address)
            .where(contact_address.c.contact_id == source_id)
            .values(
                contact_id=target_id,
                original_contact_id=func.coalesce(contact_address.c.original_contact_id, source_id),
                is_primary=False,
            )
        )
        seen_in = connection.execute(
            select(contact_department.c.department_id).where(contact_department.c.contact_id == source_id)
        ).scalars()
        rows_in = [{"contact_id": target_id, "department_id": key} for key in seen_in]
        if rows_in:
            connection.execute(self._add_department, rows_in)
        connection.execute(
            update(contact)
            .where(contact.c.id == source_id)
            .values(merged_into_id=target_id, updated_at=now, version=contact.c.version + 1)
        )
        self._t.changed("contact", source_id)
        self._t.changed("contact", target_id)

    def unmerge(self, source_id: int) -> None:
        """Undo a merge: what came from the source goes back, where it still is at the target, or at whoever took that
        one over since."""
        self._forget_held()
        connection = self._t.connection
        takers = self._takers(source_id)
        if not takers:
            raise ValueError("the contact is not merged")
        for entity, table, column in (
            ("ticket", ticket, ticket.c.requester_id),
            ("message", message, message.c.contact_id),
        ):
            moved = select(contact_move.c.entity_id).where(
                contact_move.c.source_id == source_id, contact_move.c.entity == entity
            )
            if entity == "ticket":
                for key in connection.execute(moved).scalars().all():
                    self._t.changed("ticket", key)
            connection.execute(
                update(table).where(table.c.id.in_(moved), column.in_(takers)).values({column.name: source_id})
            )
            later = (contact_move.c.source_id.in_(takers), contact_move.c.entity == entity)
            connection.execute(delete(contact_move).where(*later, contact_move.c.entity_id.in_(moved)))
        connection.execute(delete(contact_move).where(contact_move.c.source_id == source_id))
        own = contact_address.c.original_contact_id
        connection.execute(update(contact_address).where(own.in_(self._taken(source_id))).values(contact_id=source_id))
        connection.execute(update(contact_address).where(own == source_id).values(original_contact_id=None))
        connection.execute(
            update(contact)
            .where(contact.c.id == source_id)
            .values(merged_into_id=None, updated_at=self._t.now(), version=contact.c.version + 1)
        )
        for key in (source_id, *takers):
            self._t.changed("contact", key)

    def _takers(self, contact_id: int) -> list[int]:
        """Return the contacts that took a merged one over, one after the other."""
        found: list[int] = []
        while len(found) < _MERGE_STEPS:
            row = self._t.connection.execute(_BY_ID, {"wanted": found[-1] if found else contact_id}).one()
            if row.merged_into_id is None:
                break
            found.append(row.merged_into_id)
        return found

    def _taken(self, contact_id: int) -> list[int]:
        """Return a contact with those that were merged into it, directly or on the way."""
        found = new = [contact_id]
        while new:
            merged = select(contact.c.id).where(contact.c.merged_into_id.in_(new))
            new = list(self._t.connection.execute(merged).scalars())
            found = found + new
        return found

    def mark_failing(self, email: str, reason: str, at: datetime) -> None:
        """Mark an address as failing after a permanent bounce; the first failure's time stays."""
        row = self._mail_address(email)
        if row is not None:
            since_at, bounces = row.failing_since_at or at, contact_address.c.bounce_count + 1
            self._note_failing(row, failing_since_at=since_at, failing_reason=reason, bounce_count=bounces)

    def mark_working(self, email: str) -> None:
        """Clear the failing mark."""
        row = self._mail_address(email)
        if row is not None and row.failing_since_at is not None:
            self._note_failing(row, failing_since_at=None, failing_reason="", bounce_count=0)

    def _mail_address(self, email: str) -> Row[Any, Any, Any] | None:
        self._forget_held()
        address = contact_address.c
        statement = select(address.id, address.contact_id, address.failing_since_at)
        wanted = statement.where(address.kind == "email", address.address == email.strip().lower())
        return self._t.connection.execute(wanted).first()

    def _note_failing(self, row: Row[Any, Any, Any], **values: Any) -> None:
        self._t.connection.execute(update(contact_address).where(contact_address.c.id == row.id).values(**values))
        self._t.changed("contact", row.contact_id)

    def _organizations(self, emails: Sequence[str]) -> dict[str, int | None]:
        """Return which organization the domains of new addresses belong to; those of public providers to none."""
        wanted = {domain: None for email in emails if (domain := domain_of(email)) and not is_public(domain)}
        found: dict[str, int | None] = dict(wanted)
        domains = sorted(wanted)
        for start in range(0, len(domains), _AT_ONCE):
            rows = self._t.connection.execute(_ORGANIZATIONS, {"wanted": domains[start : start + _AT_ONCE]})
            found.update((row.domain, row.organization_id) for row in rows)
        return found

    def _held(self) -> HeldContacts | None:
        return None if self._t.held is None else self._t.held.part(HeldContacts)

    def _forget_held(self) -> None:
        held = self._held()
        if held is not None:
            held.forget()

    def _get_or_hold(
        self, held: HeldContacts, email: str, name: str, *, language: str, department_id: int, at: datetime
    ) -> Contact:
        """Do in a batch what `get_or_create` does, without a statement where the batch knows the address."""
        if not held.knows(email):
            held.learn(email, self.by_email(email))
        found = held.get(email)
        if found is None:
            domain = domain_of(email)
            if domain not in held.organizations:
                held.organizations.update(self._organizations([email]))
            found = held.add(email, name, language, at, held.organizations.get(domain))
            self._t.changed("contact", found.id, "insert")
        if not found.name and name:
            held.forget()
            found = self._name(found, name, at)
            held.learn(email, found)
        held.enter(found.id, department_id)
        return found

    def _name(self, found: Contact, name: str, at: datetime) -> Contact:
        values = {"name": name, "sort_name": sort_key(name), "updated_at": at}
        self._t.connection.execute(update(contact).where(contact.c.id == found.id).values(values))
        return self.get(found.id) or found

    def _create(self, email: str, name: str, language: str, at: datetime) -> Contact:
        connection = self._t.connection
        contact_id = int(
            connection.execute(
                insert(contact).returning(contact.c.id),
                {
                    "name": name,
                    "sort_name": sort_key(name),
                    "language": language,
                    "organization_id": self._organizations([email]).get(domain_of(email)),
                    "created_at": at,
                    "updated_at": at,
                },
            ).scalar_one()
        )
        added = connection.execute(
            self._add_address,
            {"contact_id": contact_id, "kind": "email", "address": email, "is_primary": True},
        )
        if added.first() is None:  # somebody else's transaction was faster
            connection.execute(delete(contact).where(contact.c.id == contact_id))
            found = self.by_email(email)
            if found is not None:
                return found
            raise LookupError("the address appeared and went again")
        self._t.changed("contact", contact_id, "insert")
        found = self.get(contact_id)
        assert found is not None  # noqa: S101 -- just inserted
        return found


def read_contact(connection: Connection, contact_id: int) -> Contact | None:
    """Return a contact, following merges to the one that took it over."""
    for _ in range(_MERGE_STEPS):
        row = connection.execute(_BY_ID, {"wanted": contact_id}).first()
        if row is None:
            return None
        if row.merged_into_id is None:
            return _contact(row, connection.execute(_ADDRESSES, {"wanted": contact_id}).all())
        contact_id = row.merged_into_id
    return None


def read_contacts(connection: Connection, contact_ids: Sequence[int]) -> dict[int, Contact]:
    """Return many contacts by the ids that were asked for, following merges."""
    rows: list[Row[Any]] = []
    addresses: dict[int, list[Row[Any]]] = {}
    for start in range(0, len(contact_ids), _AT_ONCE):
        wanted = {"wanted": list(contact_ids[start : start + _AT_ONCE])}
        rows += connection.execute(_BY_IDS, wanted)
        for item in connection.execute(_ADDRESSES_OF, wanted):
            addresses.setdefault(item.contact_id, []).append(item)
    found: dict[int, Contact] = {}
    for row in rows:
        merged = row.merged_into_id is not None
        one = read_contact(connection, row.id) if merged else _contact(row, addresses.get(row.id, ()))
        if one is not None:
            found[row.id] = one
    return found


def _contact(row: Row[Any], addresses: Sequence[Row[Any]]) -> Contact:
    return Contact(
        id=row.id,
        name=row.name,
        language=row.language,
        note=row.note,
        blocked=row.blocked,
        merged_into_id=row.merged_into_id,
        addresses=tuple(
            ContactAddress(
                address=item.address,
                kind=item.kind,
                label=item.label,
                is_primary=item.is_primary,
                failing_since_at=item.failing_since_at,
                failing_reason=item.failing_reason,
                bounce_count=item.bounce_count,
                id=item.id,
            )
            for item in addresses
        ),
        created_at=row.created_at,
        version=row.version,
        organization_id=row.organization_id,
        fields=read_fields(row.fields),
    )


def read_fields(text: str) -> dict[str, str]:
    """Return the values of the desk's own fields; what is no text was written by something else and is left out."""
    try:
        stored = json.loads(text)
    except ValueError:
        return {}
    return {key: value for key, value in stored.items() if isinstance(value, str)} if isinstance(stored, dict) else {}


def write_fields(values: Mapping[str, str]) -> str:
    """Return values of the desk's own fields as they are stored; empty ones are left out."""
    return json.dumps({key: value for key, value in values.items() if value}, ensure_ascii=False, sort_keys=True)


def _save(transaction: Transaction, item: Contact) -> None:
    connection = transaction.connection
    updated = connection.execute(
        update(contact)
        .where(contact.c.id == item.id, contact.c.version == item.version)
        .values(
            name=item.name,
            sort_name=sort_key(item.name),
            organization_id=item.organization_id,
            fields=write_fields(item.fields),
            language=item.language,
            note=item.note,
            blocked=item.blocked,
            updated_at=transaction.now(),
            version=item.version + 1,
        )
    )
    if updated.rowcount != 1:
        raise ValueError("the contact was changed by somebody else")
    stored = {(row.kind, row.address): row.id for row in connection.execute(_ADDRESSES, {"wanted": item.id}).all()}
    wanted = {(address.kind, address.address.strip().lower()): address for address in item.addresses}
    for key, row_id in stored.items():
        if key not in wanted:
            connection.execute(delete(contact_address).where(contact_address.c.id == row_id))
    add = insert_new(transaction, contact_address, keys=("kind", "address")).returning(contact_address.c.id)
    for key, address in wanted.items():
        values: dict[str, Any] = {"label": address.label, "is_primary": address.is_primary}
        if key in stored:
            connection.execute(update(contact_address).where(contact_address.c.id == stored[key]).values(values))
            continue
        values |= {"contact_id": item.id, "kind": key[0], "address": key[1], "bounce_count": address.bounce_count}
        values |= {"failing_since_at": address.failing_since_at, "failing_reason": address.failing_reason}
        added = connection.execute(add, values)
        if added.first() is None:
            raise ValueError(f"{key[1]} belongs to another contact")
