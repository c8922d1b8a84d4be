"""INSERT ... ON CONFLICT, the same on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


def upsert(transaction: Transaction, table: Table, values: Mapping[str, Any], *, keys: Sequence[str]) -> None:
    """Insert a row, or update the one with the same `keys`."""
    statement = _insert(transaction, table)
    changes = {name: statement.excluded[name] for name in values if name not in keys}
    if changes:
        statement = statement.on_conflict_do_update(index_elements=list(keys), set_=changes)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(keys))
    transaction.connection.execute(statement, dict(values))


def insert_new(transaction: Transaction, table: Table, *, keys: Sequence[str] = ()) -> Any:
    """Return an insert statement that skips rows whose `keys` (default: any unique key) are there already."""
    return _insert(transaction, table).on_conflict_do_nothing(index_elements=list(keys) or None)


def _insert(transaction: Transaction, table: Table) -> Any:
    if transaction.postgresql:
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 -- a desk in a file does not need it

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415 -- as above

    return sqlite.insert(table)
