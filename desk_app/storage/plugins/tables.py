"""Tables of plugins in the desk's database (plugins.md, "Settings, secrets, storage").

A plugin's tables are called `px_<plugin>__<name>`. No id of a plugin holds two underscores in a row, so that no
plugin's tables can be taken for another's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Enum, ForeignKeyConstraint, Index, MetaData, Table, inspect, select, text, update
from sqlalchemy.exc import ArgumentError, DatabaseError, InvalidRequestError
from sqlalchemy.schema import CreateColumn
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.util import LRUCache

from desk_app.plugin_api.errors import RefusedByDesk
from desk_app.services.ports.errors import StorageError
from desk_app.storage.engine.faults import translated
from desk_app.storage.plugins.patience import READING_SECONDS, WRITING_SECONDS, Held
from desk_app.storage.plugins.statements import AddColumn, Statements
from desk_app.storage.schema.base import BigId
from desk_app.storage.schema.plugins import plugin

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from desk_app.storage.engine.connections import Connections

CORE = ("ticket", "message", "contact", "agent")
"""Tables of the desk a plugin's tables may point at."""
LONGEST = 63
"""Characters of a name on PostgreSQL."""
_LONGEST_SLUG = 30
_COMPILED = 100  # statements that are kept compiled for a plugin
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*\Z")
_GOES_WITH_IT = {"CASCADE", "SET NULL"}
_BUSY = "The desk is in the middle of a change here. Open no transaction of your own inside another one."


class SqlPluginTables:
    """Where plugins have tables of their own; see the port."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def space(self, slug: str) -> SqlTableSpace:
        """Return the tables of a plugin."""
        return SqlTableSpace(self._connections, slug)

    def inside(self) -> bool:
        """Return whether this thread has a writing transaction open."""
        return self._connections.writing_here


class SqlTableSpace:
    """The tables of one plugin; see the port."""

    def __init__(self, connections: Connections, slug: str) -> None:
        self._connections = connections
        self._slug = slug
        self.prefix = prefix_of(slug)
        self._metadata = MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_name)s",
                "pk": "pk_%(table_name)s",
            }
        )
        self._core = {name: Table(name, self._metadata, Column("id", BigId, primary_key=True)) for name in CORE}
        self._compiled: Any = LRUCache(_COMPILED)  # of its own: a plugin's statements go with it, and push none aside
        self._statements = Statements(self.prefix, self._core.values(), postgresql=connections.postgresql)

    # -- what there is ------------------------------------------------------------------------------------------------

    def define(self, name: str, *columns: Any) -> Table:
        """Return an own table; the same one where nothing about its columns is new."""
        if not _NAME.match(str(name)):
            raise RefusedByDesk(f"“{name}”: a table's name has lower-case letters, digits and single underscores.")
        full = f"{self.prefix}{name}"
        if len(full) > LONGEST:
            raise RefusedByDesk(f"“{name}” is too long: “{self.prefix}” and it may have {LONGEST} letters.")
        known = self._metadata.tables.get(full)
        if known is not None and not columns:
            return known
        if known is not None:
            if _looks(known) == _asked(columns):
                return known
            self._metadata.remove(known)
        try:
            made = Table(full, self._metadata, *columns)
            self._check(made)
        except (ArgumentError, InvalidRequestError) as error:
            self._forget(full)
            raise RefusedByDesk(f"The table “{name}” cannot be defined: {error}") from error
        except RefusedByDesk:
            self._forget(full)
            raise
        return made

    def core(self, name: str) -> Table:
        """Return a table of the desk with its id."""
        found = self._core.get(name)
        if found is None:
            raise RefusedByDesk(f"“{name}” is none of the desk's tables a plugin may point at: {', '.join(CORE)}.")
        return found

    def existing(self) -> Sequence[str]:
        """Return the names of the tables this plugin has in the database."""
        return self._connections.read(self._existing)

    def contents(self) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]:
        """Give every table of this plugin with the names of its columns and its rows, for a copy."""
        with self._told(), self._connections.reading() as connection:
            for name in self._existing(connection):
                found = connection.exec_driver_sql(f'SELECT * FROM "{name}"')
                yield name, tuple(found.keys()), found

    # -- transactions -------------------------------------------------------------------------------------------------

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a writing transaction, the only one of its time on SQLite."""
        with self._writing(WRITING_SECONDS) as connection:
            self._refuse_where_gone(connection)
            with self._watched(connection):
                yield connection

    def migrate(self, record_slug: str, version: int, run: Callable[[Connection], None]) -> bool:
        """Do one step of the tables and keep its number, or neither."""
        with self._writing() as connection:
            mine = plugin.c.slug == record_slug
            found = connection.execute(select(plugin.c.table_version).where(mine).with_for_update()).scalar()
            fresh = found is not None and found < version
            if fresh:
                with self._watched(connection):
                    run(connection)
                connection.execute(update(plugin).where(mine).values(table_version=version))
        return fresh

    @contextmanager
    def _writing(self, seconds: float = 0.0) -> Iterator[Connection]:
        """Open a writing transaction, for at most so many seconds; 0 sets no limit."""
        if self._connections.writing_here:
            raise RefusedByDesk(_BUSY)
        with self._told():
            connection = self._connections.begin_writing()
            held, done = Held(connection, self._connections.take_away), False
            try:
                with held.at_most(seconds) if seconds and not self._connections.postgresql else nullcontext():
                    yield connection
                done = True
            finally:
                if held.taken:
                    connection.close()
                else:
                    self._connections.end_writing(connection, commit=done)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads and holds nobody up."""
        with self._told(), self._connections.reading() as connection:
            held = Held(connection, self._connections.take_away)
            patience = nullcontext() if self._connections.postgresql else held.at_most(READING_SECONDS)
            with patience, self._watched(connection):
                yield connection

    # -- making and dropping ------------------------------------------------------------------------------------------

    def create(self, connection: Connection, table: Table) -> None:
        """Create an own table with its indexes; nothing happens where it is there."""
        self._own(table)
        if table.name not in self._existing(connection):
            table.create(connection, checkfirst=False)

    def add_column(self, connection: Connection, column: Column[Any]) -> None:
        """Add a column of an own table; nothing happens where it is there."""
        table = self._own(column.table)
        if column.foreign_keys or column.primary_key:
            raise RefusedByDesk("A column that is added later can be neither a key nor point at another table.")
        dialect = connection.dialect
        place = dialect.identifier_preparer.format_table(table)
        there = set(connection.execute(text(f"SELECT * FROM {place} LIMIT 0")).keys())
        if column.name in there:
            return
        spec = CreateColumn(column).compile(dialect=dialect)
        connection.execute(AddColumn(f"ALTER TABLE {place} ADD COLUMN {spec}"))
        for index in table.indexes:
            if column.name in index.columns:
                index.create(connection, checkfirst=False)

    def drop(self, connection: Connection, table: Table) -> None:
        """Drop an own table; nothing happens where it is gone."""
        self._own(table)
        if table.name in self._existing(connection):
            table.drop(connection, checkfirst=False)

    # -- within -------------------------------------------------------------------------------------------------------

    def _refuse_where_gone(self, connection: Connection) -> None:
        """Let nobody remove the plugin with its data before this transaction ends; refuse where somebody has."""
        mine = select(plugin.c.id).where(plugin.c.slug == self._slug).with_for_update(read=True, key_share=True)
        if connection.execute(mine).scalar() is None:
            raise RefusedByDesk("The plugin was removed with its data, or never switched on.")

    def _existing(self, connection: Connection) -> list[str]:
        with self._statements.trusted(connection):
            names = inspect(connection).get_table_names()
        return sorted(name for name in names if name.startswith(self.prefix))

    @contextmanager
    def _watched(self, connection: Connection) -> Iterator[None]:
        """Refuse what changes something else than the plugin's tables, for a block."""
        connection.execution_options(compiled_cache=self._compiled)
        self._statements.watch(connection)
        try:
            yield
        finally:
            self._statements.leave(connection)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in words of the plugin interface what the database cannot do."""
        try:
            with translated():
                yield
        except StorageError as error:
            raise RefusedByDesk(str(error)) from error
        except DatabaseError as error:
            if "not authorized" in str(error.orig) or "prohibited" in str(error.orig):
                raise RefusedByDesk("That statement does not keep to the plugin's own tables.") from None
            raise

    def _own(self, table: Any) -> Table:
        if not isinstance(table, Table) or not table.name.startswith(self.prefix):
            raise RefusedByDesk("That is no table of this plugin.")
        return table

    def _forget(self, full: str) -> None:
        half_made = self._metadata.tables.get(full)
        if half_made is not None:
            self._metadata.remove(half_made)

    def _check(self, table: Table) -> None:
        """Refuse what would hinder the desk, give names that nobody else has, and index what points at the desk."""
        if not table.columns:
            raise RefusedByDesk("A table needs columns.")
        for column in table.columns:
            if isinstance(column.type, Enum) and column.type.native_enum:
                raise RefusedByDesk(f"“{column.name}”: use String, or Enum with native_enum=False.")
        for constraint in table.constraints:
            if isinstance(constraint, ForeignKeyConstraint):
                self._check_key(table, constraint)
            if constraint.name and not str(constraint.name).startswith(("uq_px_", "ck_px_", "fk_px_", "pk_px_")):
                constraint.name = _clipped(f"{self.prefix}{constraint.name}")
        for index in table.indexes:
            if index.name and not str(index.name).startswith("ix_px_"):
                index.name = quoted_name(_clipped(f"{self.prefix}{index.name}"), quote=None)

    def _check_key(self, table: Table, constraint: ForeignKeyConstraint) -> None:
        for element in constraint.elements:
            target = element.target_fullname.rpartition(".")[0]
            if target.startswith(self.prefix):
                continue
            if target not in self._core:
                raise RefusedByDesk(f"A plugin's table cannot point at “{target}”, only at {', '.join(CORE)}.")
            if (constraint.ondelete or "").upper() not in _GOES_WITH_IT:
                raise RefusedByDesk(
                    f'What points at “{target}” needs ondelete="CASCADE" or "SET NULL": the desk must be able to '
                    "delete for good."
                )
        first = next(iter(constraint.columns))
        leading = {next(iter(index.columns)).name for index in table.indexes}
        key = next(iter(table.primary_key.columns), None)
        if first.name not in leading and (key is None or key.name != first.name):
            Index(None, first)


def drop_tables(connection: Connection, slug: str) -> None:
    """Drop every table of a plugin, whatever points at what among them; in the transaction that forgets the plugin."""
    postgresql = connection.dialect.name == "postgresql"
    quote = connection.dialect.identifier_preparer.quote
    if not postgresql:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    for name in sorted(inspect(connection).get_table_names()):
        if name.startswith(prefix_of(slug)):
            connection.exec_driver_sql(f"DROP TABLE {quote(name)}{' CASCADE' if postgresql else ''}")


def prefix_of(slug: str) -> str:
    """Return how the names of a plugin's tables begin."""
    name = re.sub(r"\W", "_", slug)
    if len(name) > _LONGEST_SLUG:
        name = f"{name[: _LONGEST_SLUG - 9].rstrip('_')}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return f"px_{name}__"


def _clipped(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _looks(table: Table) -> list[tuple[str, str, bool]]:
    return [(column.name, repr(column.type), bool(column.nullable)) for column in table.columns]


def _asked(columns: Sequence[Any]) -> list[tuple[str, str, bool]]:
    return [(one.name, repr(one.type), bool(one.nullable)) for one in columns if isinstance(one, Column)]
