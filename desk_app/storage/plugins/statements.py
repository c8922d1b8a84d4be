"""Which statements a plugin may run in a transaction of its own.

It keeps authors from harming the desk by mistake, and shows at once who tries on purpose; it contains nobody, because
plugins run in the same process (plugins.md, "Isolation and recovery mode"). On SQLite the database itself refuses, too.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import DDL, Select, Table, TableClause, TextClause, event
from sqlalchemy.schema import CreateIndex, CreateTable, DropIndex, DropTable
from sqlalchemy.sql.elements import ColumnClause, ReleaseSavepointClause, RollbackToSavepointClause, SavepointClause
from sqlalchemy.sql.expression import SelectBase, TextualSelect, UpdateBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate

from desk_app.plugin_api.errors import RefusedByDesk
from desk_app.storage.schema.base import metadata

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_WRITES = re.compile(
    r"\b(?:insert\s+(?:or\s+\w+\s+)?into|replace\s+into|delete\s+from|merge\s+into|into|"
    r"(?<!for )(?<!do )(?<!on )(?<!key )update)\s+"
    r"(?:only\s+|temp\w*\s+|table\s+)*(?!set\b|of\b|from\b)(?:\"?\w+\"?\.)?\"?(\w+)",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r"\b(?:set_config|setval|nextval|pg_terminate_backend|pg_cancel_backend|pg_sleep\w*|pg_\w*advisory\w*|dblink\w*|"
    r"lo_\w+|pg_read\w*|pg_ls_\w+|load_extension|\w+_to_xml\w*)\s*\(",
    re.IGNORECASE,
)
_SOURCES = re.compile(
    r"\bfrom\b(.*?)(?=\b(?:where|group|order|having|limit|offset|union|intersect|except|window|returning|from)\b|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_SOURCE = re.compile(r"[\s(]*(?:only\s+|lateral\s+|\()*(?:\"?(\w+)\"?\s*\.\s*)?\"?(\w+)", re.IGNORECASE)
_NEXT = re.compile(r",|\bjoin\b", re.IGNORECASE)
_WHOLE = re.compile(r"\btable\s+(?:only\s+)?(?:\"?\w+\"?\.)?\"?(\w+)", re.IGNORECASE)
_BEGINNINGS = re.compile(r"\s*(?:select|with|values)\b", re.IGNORECASE)
_HARMLESS = re.compile(r"\s*(?:\*|\d+|null)\s*\Z", re.IGNORECASE)
_SYSTEM = ("pg_", "sqlite_", "information_schema")
_POINTS = re.compile(r"begin(?: immediate)?\Z|(?:rollback to |release )?savepoint \"?\w+\"?\Z", re.IGNORECASE)
_SAVEPOINTS = (SavepointClause, RollbackToSavepointClause, ReleaseSavepointClause)
_CATALOGS = ("sqlite_master", "sqlite_schema", "sqlite_sequence", "sqlite_temp_master")


class AddColumn(DDL):
    """Adds a column to a plugin's table; made by the desk only."""

    def __init__(self, statement: str) -> None:
        super().__init__(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]


class Statements:
    """Looks at every statement of a plugin's connections."""

    def __init__(self, prefix: str, core: Iterable[Table], *, postgresql: bool) -> None:
        self._prefix = prefix
        self._core = {table.name: table for table in core}
        self._postgresql = postgresql
        self._trusting: set[int] = set()
        self._texts: set[int] = set()  # connections whose next statement has text in it

    def watch(self, connection: Connection) -> None:
        """Look at what runs on a connection from now on."""
        event.listen(connection, "before_execute", self._before)
        event.listen(connection, "before_cursor_execute", self._before_cursor)
        if not self._postgresql:
            driver: Any = connection.connection.driver_connection
            driver.set_authorizer(self._may)

    def leave(self, connection: Connection) -> None:
        """Look no longer."""
        event.remove(connection, "before_execute", self._before)
        event.remove(connection, "before_cursor_execute", self._before_cursor)
        if not self._postgresql and not connection.closed and not connection.invalidated:
            driver: Any = connection.connection.driver_connection
            driver.set_authorizer(None)

    @contextmanager
    def trusted(self, connection: Connection) -> Iterator[None]:
        """Let the desk itself ask something for a block."""
        key = id(connection)
        self._trusting.add(key)
        try:
            yield
        finally:
            self._trusting.discard(key)

    # -- what is asked for --------------------------------------------------------------------------------------------

    def _before(self, connection: Connection, element: Any, *_rest: Any) -> None:
        if id(connection) in self._trusting or isinstance(element, (*_SAVEPOINTS, AddColumn)):
            return None
        if isinstance(element, CreateTable | DropTable):
            return self._own(element.element)
        if isinstance(element, CreateIndex | DropIndex):
            return self._own(element.element.table)
        if isinstance(element, TextClause):
            return self._text(element.text)
        if not isinstance(element, SelectBase | UpdateBase | FunctionElement):
            raise RefusedByDesk(f"A plugin's transaction cannot run {type(element).__name__}.")
        self._texts.discard(id(connection))
        for part in iterate(element):
            if isinstance(part, UpdateBase):
                self._own(part.table)
            elif isinstance(part, TextualSelect):
                self._text(str(part.element))
            elif isinstance(part, TableClause):
                self._readable(part)
            elif isinstance(part, TextClause):
                self._fragment(connection, part.text)
            elif isinstance(part, ColumnClause) and part.is_literal:
                self._fragment(connection, part.name)
            elif isinstance(part, Select) and part._for_update_arg is not None and self._touches_core(part):  # noqa: SLF001 -- nothing else tells
                raise RefusedByDesk("A plugin cannot lock rows of the desk.")
        return None

    def _before_cursor(
        self, connection: Connection, _cursor: Any, sql: str, _p: Any, context: Any, _many: bool
    ) -> None:
        if id(connection) in self._trusting:
            return
        compiled = getattr(context, "compiled", None)
        if compiled is not None and isinstance(compiled.statement, (*_SAVEPOINTS, AddColumn)):
            return
        if compiled is None:
            if not _POINTS.match(sql):
                self._text(sql)
        elif not context.isddl:
            self._writes(_plain(sql))
            if id(connection) in self._texts:
                self._reads(_plain(sql))

    def _fragment(self, connection: Connection, sql: str) -> None:
        """Refuse a piece of text that would end the statement it stands in, and look closer at one with others."""
        plain = _plain(sql)
        if ";" in plain or "--" in plain:
            raise RefusedByDesk("One statement at a time.")
        if not _HARMLESS.match(plain):
            self._texts.add(id(connection))

    def _text(self, sql: str) -> None:
        """Whatever comes as text may only read the plugin's tables."""
        plain = _plain(sql)
        if not _BEGINNINGS.match(plain) or _WRITES.search(plain):
            raise RefusedByDesk(
                "A statement given as text may only read. Write with insert(), update() and delete() of a table."
            )
        self._writes(plain)
        self._reads(plain)

    def _reads(self, plain: str) -> None:
        """Refuse text that names tables of the desk: what of them it reads cannot be told."""
        for name in [*_named(plain, self._prefix), *_WHOLE.findall(plain)]:
            if name.lower() in metadata.tables or name.lower().startswith(_SYSTEM):
                raise RefusedByDesk(f"A statement made of text cannot read “{name}”.")

    def _writes(self, plain: str) -> None:
        if ";" in plain.strip().rstrip(";"):
            raise RefusedByDesk("One statement at a time.")
        for name in _WRITES.findall(plain):
            if not name.lower().startswith(self._prefix):
                raise RefusedByDesk(f"A plugin can only change its own tables, not “{name}”.")
        found = _ACTS.search(plain)
        if found is not None:
            raise RefusedByDesk(f"A plugin's transaction cannot call {found[0].rstrip('( ')}().")

    def _own(self, table: Any) -> None:
        name = getattr(table, "name", "")
        if not isinstance(table, Table) or table.schema is not None or not name.startswith(self._prefix):
            raise RefusedByDesk(f"A plugin can only change its own tables, not “{name}”.")

    def _readable(self, table: TableClause) -> None:
        only_id = table.name in self._core and set(table.columns.keys()) <= {"id"}
        if not table.name.startswith(self._prefix) and not only_id:
            raise RefusedByDesk(f"A plugin's transaction cannot read “{table.name}”; use ctx.tickets and ctx.contacts.")

    def _touches_core(self, statement: Any) -> bool:
        return any(isinstance(part, TableClause) and part.name in self._core for part in iterate(statement))

    # -- SQLite's own word --------------------------------------------------------------------------------------------

    def _may(self, action: int, first: str | None, second: str | None, _database: str | None, _by: str | None) -> int:
        """Answer SQLite, which asks while it compiles a statement."""
        return sqlite3.SQLITE_OK if self._allowed(action, first or "", second or "") else sqlite3.SQLITE_DENY

    def _allowed(self, action: int, first: str, second: str) -> bool:
        if action in _ALWAYS:
            return True
        if action == sqlite3.SQLITE_READ:
            if first in self._core:
                return second in {"id", ""}
            return first not in metadata.tables
        if action in _ON_A_TABLE:
            return first.startswith(self._prefix) or first in _CATALOGS
        if action in _ON_AN_INDEX:
            return second.startswith(self._prefix)
        if action == sqlite3.SQLITE_ALTER_TABLE:
            return second.startswith(self._prefix)
        if action == sqlite3.SQLITE_REINDEX:
            return True
        return action == sqlite3.SQLITE_PRAGMA and first in _ASKING


_ALWAYS = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_TRANSACTION,
    sqlite3.SQLITE_SAVEPOINT,
    sqlite3.SQLITE_RECURSIVE,
}
_ON_A_TABLE = {
    sqlite3.SQLITE_INSERT,
    sqlite3.SQLITE_UPDATE,
    sqlite3.SQLITE_DELETE,
    sqlite3.SQLITE_CREATE_TABLE,
    sqlite3.SQLITE_DROP_TABLE,
}
_ON_AN_INDEX = {sqlite3.SQLITE_CREATE_INDEX, sqlite3.SQLITE_DROP_INDEX}
_ASKING = {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list"}


def _plain(sql: str) -> str:
    """A statement without its texts and remarks."""
    return _QUOTED.sub(" ", sql)


def _named(plain: str, own: str) -> Iterator[str]:
    """Return what a statement reads from, as far as its text tells."""
    for sources in _SOURCES.findall(plain):
        for piece in _NEXT.split(sources):
            found = _SOURCE.match(piece)
            if found is not None and not (found[1] or "").lower().startswith(own):
                yield found[2]
