"""Lists and profiles of people and organizations.

The order by name is an index; parts of names and addresses are found by looking through the two small tables once,
which takes some tens of milliseconds at 100,000 people.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, or_, select
from sqlalchemy.engine import Connection

from desk_app.domain.contacts.blocking import block_of, keys_of
from desk_app.domain.contacts.model import Contact, ContactEvent
from desk_app.domain.contacts.naming import phone_key, same_phone, sort_key
from desk_app.domain.contacts.query import ContactFilter, ContactOrder, ContactQuery
from desk_app.domain.tickets.model import Bucket
from desk_app.services.queries.contacts import ContactProfile, ContactRow, OrganizationProfile, OrganizationRow
from desk_app.storage.contacts.blocks import blocks_among
from desk_app.storage.contacts.organizations import read_organization
from desk_app.storage.contacts.repository import read_contact, read_contacts
from desk_app.storage.engine.connections import Connections
from desk_app.storage.schema.contacts import contact, contact_address, contact_event, organization, organization_domain
from desk_app.storage.schema.tickets import ticket

_AT_ONCE = 500
_SHOWN_MEMBERS = 50
_SHOWN_EVENTS = 30
_SHOWN_MERGED = 20
_OPEN = frozenset({Bucket.OPEN.value, Bucket.WAITING.value, Bucket.SNOOZED.value})
_COUNTED = (*sorted(_OPEN), Bucket.CLOSED.value)
_HERE = contact.c.merged_into_id.is_(None)


class SqlContactQueries:
    """Reads people and organizations; see the port."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def ids(self, query: ContactQuery) -> array[int]:
        """Return the ids of a whole list in its order."""
        return self._connections.read(lambda connection: _ids(connection, _list(query)))

    def rows(self, ids: Sequence[int]) -> list[ContactRow]:
        """Return rows for ids, in the order of `ids`."""
        return self._connections.read(lambda connection: read_contact_rows(connection, ids))

    def profile(self, contact_id: int) -> ContactProfile | None:
        """Return a person's profile, following merges."""
        return self._connections.read(lambda connection: _profile(connection, contact_id))

    def duplicates(self, contact_id: int, limit: int = 5) -> list[ContactRow]:
        """Return people who may be the same one."""
        return self._connections.read(lambda connection: _duplicates(connection, contact_id, limit))

    def organization_ids(self, search: str = "") -> array[int]:
        """Return the ids of organizations by name."""
        table = organization.c
        conditions: list[ColumnElement[bool]] = []
        for word in sort_key(search).split():
            domain = organization_domain.c
            inside = exists().where(domain.organization_id == table.id, domain.domain.like(_part(word), escape="\\"))
            conditions.append(or_(table.sort_name.like(_part(word), escape="\\"), inside))
        statement = select(table.id).where(*conditions).order_by(table.sort_name, table.id)
        return self._connections.read(lambda connection: _ids(connection, statement))

    def organization_rows(self, ids: Sequence[int]) -> list[OrganizationRow]:
        """Return rows for ids, in the order of `ids`."""
        return self._connections.read(lambda connection: _organization_rows(connection, ids))

    def organization_profile(self, organization_id: int) -> OrganizationProfile | None:
        """Return an organization's profile."""
        return self._connections.read(lambda connection: _organization_profile(connection, organization_id))


def _ids(connection: Connection, statement: Select[Any]) -> array[int]:
    result = connection.execute(statement)
    return array("q", [row[0] for row in result.cursor.fetchall()])


def _list(query: ContactQuery) -> Select[Any]:
    statement = select(contact.c.id).where(_HERE, *(_found(word) for word in _words(query.search)))
    if query.organization_id is not None:
        statement = statement.where(contact.c.organization_id == query.organization_id)
    if query.filter is ContactFilter.BLOCKED:
        statement = statement.where(contact.c.blocked.is_(True))
    elif query.filter is ContactFilter.FAILING:
        failing = select(contact_address.c.contact_id).where(contact_address.c.failing_since_at.is_not(None))
        statement = statement.where(contact.c.id.in_(failing))
    elif query.filter is ContactFilter.WITHOUT_TICKETS:
        statement = statement.where(~exists().where(ticket.c.requester_id == contact.c.id))
    if query.order is ContactOrder.LAST_CONTACT:
        last = (
            select(ticket.c.requester_id, func.max(ticket.c.activity_at).label("at"))
            .group_by(ticket.c.requester_id)
            .subquery()
        )
        statement = statement.outerjoin(last, last.c.requester_id == contact.c.id)
        return statement.order_by(last.c.at.desc().nulls_last(), contact.c.id.desc())
    if query.search.strip():
        start = _escaped(sort_key(query.search)) + "%"
        first = case((contact.c.sort_name.like(start, escape="\\"), 0), else_=1)
        return statement.order_by(first, contact.c.sort_name, contact.c.id)
    return statement.order_by(contact.c.sort_name, contact.c.id)


def _words(search: str) -> list[str]:
    """Return what a search asks for; a phone number written in groups is one word."""
    key = phone_key(search)
    if key and not any(one.isalpha() for one in search):
        return [search.strip()]
    return search.split()


def _found(word: str) -> ColumnElement[bool]:
    plain = sort_key(word)
    address = contact_address.c
    wanted: list[ColumnElement[bool]] = [address.address.like(_part(word.lower()), escape="\\")]
    digits = "".join(one for one in word if one.isdigit())
    if len(digits) >= 4 and not any(one.isalpha() for one in word):
        bare: ColumnElement[str] = address.address
        for mark in " -()./":
            bare = func.replace(bare, mark, literal(""))
        wanted.append((address.kind == "phone") & bare.like(_part(digits.lstrip("0")), escape="\\"))
    inside = select(address.contact_id).where(or_(*wanted))
    of_organization = select(organization.c.id).where(organization.c.sort_name.like(_part(plain), escape="\\"))
    return or_(
        contact.c.sort_name.like(_part(plain), escape="\\"),
        contact.c.id.in_(inside),
        contact.c.organization_id.in_(of_organization),
    )


def _part(text: str) -> str:
    return f"%{_escaped(text)}%"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def read_contact_rows(connection: Connection, ids: Sequence[int]) -> list[ContactRow]:
    """Return rows for ids, in the order of `ids`."""
    contacts = read_contacts(connection, ids)
    counts = _tickets(connection, ticket.c.requester_id, list(contacts))
    homes = {one.organization_id for one in contacts.values() if one.organization_id is not None}
    names = _names(connection, sorted(homes))
    return [_row(contacts[key], counts, names) for key in ids if key in contacts]


def _row(one: Contact, counts: dict[int, tuple[int, int, datetime | None]], names: dict[int, str]) -> ContactRow:
    total, still_open, last = counts.get(one.id, (0, 0, None))
    return ContactRow(
        id=one.id,
        name=one.name,
        email=one.primary_email,
        organization=names.get(one.organization_id or 0, ""),
        tickets=total,
        open_tickets=still_open,
        last_contact_at=last,
        blocked=one.blocked,
        failing=any(address.failing_since_at is not None for address in one.addresses),
    )


def _tickets(
    connection: Connection, column: ColumnElement[Any], ids: Sequence[int]
) -> dict[int, tuple[int, int, datetime | None]]:
    """Return for each id: tickets, open ones, and when the newest was touched."""
    found: dict[int, tuple[int, int, datetime | None]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        statement = (
            select(
                column.label("whose"),
                ticket.c.bucket,
                func.count().label("tickets"),
                func.max(ticket.c.activity_at).label("last"),
            )
            .where(column.in_(list(ids[start : start + _AT_ONCE])), ticket.c.bucket.in_(_COUNTED))
            .group_by(column, ticket.c.bucket)
        )
        if column.table is not ticket:
            statement = statement.join(contact, contact.c.id == ticket.c.requester_id)
        for row in connection.execute(statement):
            total, still_open, last = found.get(row.whose, (0, 0, None))
            newest = max(filter(None, (last, row.last)), default=None)
            opened = int(row.tickets) if row.bucket in _OPEN else 0
            found[row.whose] = (total + int(row.tickets), still_open + opened, newest)
    return found


def _names(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        part = list(ids[start : start + _AT_ONCE])
        rows = connection.execute(select(organization.c.id, organization.c.name).where(organization.c.id.in_(part)))
        found.update((row.id, row.name) for row in rows)
    return found


def _profile(connection: Connection, contact_id: int) -> ContactProfile | None:
    found = read_contact(connection, contact_id)
    if found is None:
        return None
    home = read_organization(connection, found.organization_id) if found.organization_id is not None else None
    blocks = blocks_among(connection, found.emails)
    merged = connection.execute(
        select(contact.c.id, contact.c.name)
        .where(contact.c.merged_into_id == found.id)
        .order_by(contact.c.id.desc())
        .limit(_SHOWN_MERGED)
    )
    return ContactProfile(
        contact=found,
        organization=home,
        row=read_contact_rows(connection, [found.id])[0],
        block=block_of(found.emails, blocks) if any(keys_of(email) for email in found.emails) else None,
        events=_events(connection, contact_event.c.contact_id == found.id),
        merged=tuple(Contact(row.id, row.name, merged_into_id=found.id) for row in merged),
    )


def _events(connection: Connection, whose: ColumnElement[bool]) -> tuple[ContactEvent, ...]:
    rows = connection.execute(
        select(contact_event).where(whose).order_by(contact_event.c.id.desc()).limit(_SHOWN_EVENTS)
    )
    return tuple(ContactEvent(row.at, row.actor_name, row.kind, row.id) for row in rows)


def _duplicates(connection: Connection, contact_id: int, limit: int) -> list[ContactRow]:
    mine = read_contact(connection, contact_id)
    if mine is None:
        return []
    ids: list[int] = []
    key = sort_key(mine.name)
    if len(key) > 2 and key not in {email.partition("@")[0] for email in mine.emails}:
        alike = select(contact.c.id).where(contact.c.sort_name == key, _HERE, contact.c.id != mine.id).limit(limit)
        ids += connection.execute(alike).scalars()
    for phone in mine.phones:
        ids += _same_phone(connection, phone, mine.id)
    return read_contact_rows(connection, list(dict.fromkeys(ids))[:limit])


def _same_phone(connection: Connection, phone: str, but_not: int) -> Iterable[int]:
    key = phone_key(phone)
    if not key:
        return []
    rows = connection.execute(
        select(contact_address.c.contact_id, contact_address.c.address)
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .where(
            contact_address.c.kind == "phone",
            contact_address.c.address.like(f"%{key[-1]}"),
            contact_address.c.contact_id != but_not,
            _HERE,
        )
    )
    return [row.contact_id for row in rows if same_phone(row.address, phone)]


def _organization_rows(connection: Connection, ids: Sequence[int]) -> list[OrganizationRow]:
    names = _names(connection, ids)
    counts = _tickets(connection, contact.c.organization_id, list(names))
    members: dict[int, int] = {}
    domains: dict[int, list[str]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        part = list(ids[start : start + _AT_ONCE])
        grouped = (
            select(contact.c.organization_id, func.count().label("members"))
            .where(contact.c.organization_id.in_(part), _HERE)
            .group_by(contact.c.organization_id)
        )
        members.update((row.organization_id, int(row.members)) for row in connection.execute(grouped))
        domain = organization_domain.c
        for row in connection.execute(
            select(domain.organization_id, domain.domain)
            .where(domain.organization_id.in_(part))
            .order_by(domain.domain)
        ):
            domains.setdefault(row.organization_id, []).append(row.domain)
    return [
        OrganizationRow(
            id=key,
            name=names[key],
            domains=tuple(domains.get(key, ())),
            members=members.get(key, 0),
            tickets=counts.get(key, (0, 0, None))[0],
            open_tickets=counts.get(key, (0, 0, None))[1],
        )
        for key in ids
        if key in names
    ]


def _organization_profile(connection: Connection, organization_id: int) -> OrganizationProfile | None:
    found = read_organization(connection, organization_id)
    if found is None:
        return None
    members = connection.execute(
        select(contact.c.id)
        .where(contact.c.organization_id == organization_id, _HERE)
        .order_by(contact.c.sort_name, contact.c.id)
        .limit(_SHOWN_MEMBERS)
    ).scalars()
    return OrganizationProfile(
        organization=found,
        row=_organization_rows(connection, [organization_id])[0],
        members=tuple(read_contact_rows(connection, list(members))),
        events=_events(connection, contact_event.c.organization_id == organization_id),
    )
