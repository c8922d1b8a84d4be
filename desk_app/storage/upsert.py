"""INSERT ... ON CONFLICT, the same on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


def upsert(transaction: Transaction, table: Table, values: Mapping[str, Any], *, keys: Sequence[str]) -> None:
    """Insert a row, or update the one with the same `keys`."""
    maker: Any = postgresql.insert if transaction.postgresql else sqlite.insert
    statement = maker(table)
    changes = {name: statement.excluded[name] for name in values if name not in keys}
    if changes:
        statement = statement.on_conflict_do_update(index_elements=list(keys), set_=changes)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(keys))
    transaction.connection.execute(statement, dict(values))


def insert_new(transaction: Transaction, table: Table, *, keys: Sequence[str] = ()) -> Any:
    """Return an insert statement that skips rows whose `keys` (default: any unique key) are there already."""
    maker: Any = postgresql.insert if transaction.postgresql else sqlite.insert
    return maker(table).on_conflict_do_nothing(index_elements=list(keys) or None)
