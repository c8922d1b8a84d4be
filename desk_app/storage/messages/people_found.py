"""Contacts by the beginning of their address or name, for whoever types a recipient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection

from desk_app.domain.contacts.naming import sort_key
from desk_app.storage.schema.contacts import contact, contact_address

_LAST = "\U0010ffff"


def find_people(connection: Connection, typed: str, limit: int) -> list[tuple[str, str]]:
    """Return names and addresses, at most `limit`, those that fit by address first; "" finds nobody.

    Names are compared without capitals and accents. Goes by the indexes ix_contact_sort_name and
    uq_contact_address_kind_address (on PostgreSQL ix_contact_name_prefix and ix_contact_address_prefix), so that it
    takes as long with a hundred thousand contacts as with ten.
    """
    beginning = " ".join(typed.split()).lower()
    if not beginning:
        return []
    found: dict[str, str] = {}
    alive = contact.c.merged_into_id.is_(None)
    by_address = _begins(connection, contact_address.c.address, beginning)
    _note(found, connection, (contact_address.c.kind == "email", by_address, alive), limit * 3)
    name = sort_key(typed)
    if len(found) < limit and name:
        by_name = _begins(connection, contact.c.sort_name, name)
        named = select(contact.c.id).where(by_name, alive).limit(limit * 3)
        ids = list(connection.execute(named).scalars())  # alone, so that every database goes by its index
        if ids:
            _note(found, connection, (contact_address.c.contact_id.in_(ids),), limit * 6)
    ordered = sorted(found.items(), key=lambda one: (not one[0].startswith(beginning), one[1].lower(), one[0]))
    return [(name, address) for address, name in ordered[:limit]]


def _note(found: dict[str, str], connection: Connection, conditions: Sequence[ColumnElement[bool]], most: int) -> None:
    statement = (
        select(contact.c.name, contact_address.c.address, contact_address.c.kind)
        .select_from(contact_address)
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .where(*conditions)
        .limit(most)
    )
    for name, address, kind in connection.execute(statement):
        if kind == "email":  # asked here: as a condition it would tempt SQLite to walk through every address
            found.setdefault(address, name if name != address else "")


def _begins(connection: Connection, column: ColumnElement[Any], beginning: str) -> ColumnElement[bool]:
    if connection.dialect.name == "postgresql":  # by a pattern index, which knows no collation
        return column.startswith(beginning, autoescape=True)
    return (column >= beginning) & (column < beginning + _LAST)
