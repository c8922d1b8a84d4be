"""Rows held back inside a savepoint and written together, one statement a table (decision 044).

Nothing of it can be seen: whoever takes the transaction's connection, to read or to write, makes the batch write first
what it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from sqlalchemy import Dialect, Table

from desk_app.storage.schema.base import metadata

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_HELD_BYTES = 8 * 1024 * 1024  # of content; more is written at once, so that memory stays flat
_IDS_AT_ONCE = 100  # ids taken together from a sequence on PostgreSQL
_Binder = Callable[[Any], Any] | None
_Part = TypeVar("_Part", bound="Held")


class Held(Protocol):
    """What a repository holds back in a batch beside plain rows."""

    def __init__(self, batch: Batch) -> None: ...

    def insert(self) -> None:
        """Hand new rows to the batch, which is about to write."""
        ...

    def update(self) -> None:
        """Write what changed in rows that are there; all new rows have been written."""
        ...


@dataclass(frozen=True, slots=True)
class RowStatement:
    """A statement for the driver and how each of its values is bound."""

    sql: str
    binders: tuple[_Binder, ...]

    def bind(self, row: Sequence[Any]) -> list[Any]:
        """Return a row as the driver takes it."""
        return [value if binder is None else binder(value) for binder, value in zip(self.binders, row, strict=True)]


class Batch:
    """Collects the rows of one savepoint."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self._dialect = transaction.connection.dialect
        self._rows: dict[tuple[Table, tuple[str, ...], bool], list[Sequence[Any]]] = {}
        self._last: dict[str, list[tuple[Any, ...]]] = {}
        self._ids: dict[Table, Iterator[int]] = {}
        self._parts: dict[type[Any], Held] = {}
        self._bytes = 0
        self._idle = True

    def part(self, kind: type[_Part]) -> _Part:
        """Return what a repository keeps in this batch, made at the first call."""
        found = self._parts.get(kind)
        if found is None:
            found = self._parts[kind] = kind(self)
        return cast("_Part", found)

    def touch(self) -> None:
        """Note that a part holds something back."""
        self._idle = False

    def new_id(self, table: Table) -> int:
        """Return the id of a row that is going to be inserted."""
        while True:
            for found in self._ids.get(table, ()):
                return found
            self._ids[table] = self._more_ids(table)

    def insert(self, table: Table, values: Mapping[str, Any], *, skip_known: bool = False) -> None:
        """Hold a row back. With `skip_known`, one whose key is there already is left out."""
        key = (table, tuple(values), skip_known)
        rows = self._rows.get(key)
        if rows is None:
            rows = self._rows[key] = []
        rows.append(tuple(values.values()))
        self._idle = False

    def finally_run(self, sql: str, parameters: tuple[Any, ...]) -> None:
        """Hold a statement of the driver back until all rows are written."""
        self._last.setdefault(sql, []).append(parameters)
        self._idle = False

    def weigh(self, size: int) -> None:
        """Note how many bytes a held row brought; writes everything when it gets too much."""
        self._bytes += size
        if self._bytes > _HELD_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is held. Raises what the driver raises."""
        if self._idle:
            return
        for part in self._parts.values():
            part.insert()
        rows, self._rows, last, self._last = self._rows, {}, self._last, {}
        self._idle, self._bytes = True, 0
        if not self.transaction.postgresql:
            self._ids.clear()  # from now on others may insert too
        places = _places()
        for (table, names, skip_known), values in sorted(rows.items(), key=lambda entry: places[entry[0][0]]):
            statement = _insert(table, names, skip_known, self._dialect)
            self._run(statement.sql, [statement.bind(row) for row in values])
        for part in self._parts.values():
            part.update()
        for sql, parameters in last.items():
            self._run(sql, parameters)

    def update(self, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> int:
        """Write columns of existing rows now and return how many rows there were; `rows` name the same columns,
        `keys` those that find the row ("version=read_version" compares a column with another name's value)."""
        names = [name for name in rows[0] if name not in {key.rpartition("=")[2] for key in keys}]
        statement = _update(table, tuple(names), tuple(keys), self._dialect)
        order = [*names, *(key.rpartition("=")[2] for key in keys)]
        return self._run(statement.sql, [statement.bind([row[name] for name in order]) for row in rows])

    def discard(self) -> None:
        """Forget everything: the savepoint was rolled back."""
        self._rows, self._last, self._parts, self._bytes, self._idle = {}, {}, {}, 0, True
        self._ids.clear()

    def _run(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        cursor = self.transaction.driver.cursor()
        try:
            cursor.executemany(sql, rows)
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def _more_ids(self, table: Table) -> Iterator[int]:
        driver = self.transaction.driver
        if self.transaction.postgresql:
            sql = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
            return iter([int(row[0]) for row in driver.execute(sql, (table.name, _IDS_AT_ONCE)).fetchall()])
        # nobody else can write until this transaction ends, and every id that was ever given stands here
        row = driver.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table.name,)).fetchone()
        start = int(row[0]) + 1 if row else 1
        return iter(range(start, start + 2**31))


@cache
def _places() -> dict[Table, int]:
    """Return the place of each table in an order in which no row comes before the one it refers to."""
    return {table: place for place, table in enumerate(metadata.sorted_tables)}


_statements: dict[tuple[object, ...], RowStatement] = {}


def _insert(table: Table, names: tuple[str, ...], skip_known: bool, dialect: Dialect) -> RowStatement:
    key = ("insert", dialect.name, table.name, names, skip_known)
    if key not in _statements:
        quote = dialect.identifier_preparer.quote
        marks = ", ".join(_mark(dialect) for _ in names)
        conflict = " ON CONFLICT DO NOTHING" if skip_known else ""
        sql = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({marks}){conflict}"
        _statements[key] = RowStatement(sql, tuple(_binder(table, name, dialect) for name in names))
    return _statements[key]


def _update(table: Table, names: tuple[str, ...], keys: tuple[str, ...], dialect: Dialect) -> RowStatement:
    key = ("update", dialect.name, table.name, names, keys)
    if key not in _statements:
        quote, mark = dialect.identifier_preparer.quote, _mark(dialect)
        columns = [name.partition("=")[0] for name in keys]
        changes = ", ".join(f"{quote(name)} = {mark}" for name in names)
        where = " AND ".join(f"{quote(name)} = {mark}" for name in columns)
        sql = f"UPDATE {quote(table.name)} SET {changes} WHERE {where}"
        _statements[key] = RowStatement(sql, tuple(_binder(table, name, dialect) for name in (*names, *columns)))
    return _statements[key]


def _mark(dialect: Dialect) -> str:
    return "%s" if dialect.name == "postgresql" else "?"


def _binder(table: Table, name: str, dialect: Dialect) -> _Binder:
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
