"""Looks at a database's schema version and brings it up to date."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from desk_app.services.ports.errors import (
    DamagedDatabaseError,
    DatabaseBusyError,
    NewerSchemaError,
    NotADatabaseError,
    OutdatedSchemaError,
    StorageError,
)
from desk_app.storage.engine.connections import Connections
from desk_app.storage.engine.faults import explain, translated
from desk_app.storage.engine.postgresql import SCHEMA
from desk_app.storage.migrations import CORE_REVISION, SCHEMA_VERSION, VERSION_TABLE
from desk_app.storage.schema.system import schema_info

log = logging.getLogger(__name__)

_MIGRATION_LOCK = 0x6465736B  # "desk": the key of the advisory lock that one migration at a time holds
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class SchemaState:
    """What a database holds. `revision` "" means it is empty; `version` is 0 then."""

    revision: str
    version: int
    min_read: int
    min_write: int

    @property
    def empty(self) -> bool:
        """Whether nothing was ever created."""
        return not self.revision

    @property
    def current(self) -> bool:
        """Whether nothing is to be done."""
        return self.revision == CORE_REVISION or self.version > SCHEMA_VERSION


def read_state(connection: Connection) -> SchemaState:
    """Return the schema state; raises NotADatabaseError where the tables are somebody else's."""
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        if tables and connection.dialect.name == "sqlite":
            raise NotADatabaseError("The file is a database of another program.", "Choose another file.")
        return SchemaState("", 0, 0, 0)
    revision = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() or ""
    if not revision:
        return SchemaState("", 0, 0, 0)
    row = connection.execute(select(schema_info).where(schema_info.c.component == "core")).one()
    return SchemaState(str(revision), row.version, row.min_read, row.min_write)


def check_readable(state: SchemaState) -> None:
    """Raise NewerSchemaError where this program is too old for the database."""
    if max(state.min_read, state.min_write) > SCHEMA_VERSION:
        raise NewerSchemaError(
            f"The database was changed by a newer version of Desk App (schema {state.version}, this one knows "
            f"{SCHEMA_VERSION}).",
            "Update Desk App on this computer.",
        )


def check_current(connections: Connections) -> None:
    """Raise NewerSchemaError or OutdatedSchemaError unless the database is the one this program works with."""
    state = _state(connections)
    check_readable(state)
    if not state.current:
        raise OutdatedSchemaError("The database must be upgraded first.", "Run: desk-app db upgrade")


_PAGES_AT_ONCE = 4000


def upgrade(connections: Connections) -> SchemaState:
    """Bring a database up to date, creating it where it is empty; safe when several processes start at once."""
    state = _state(connections)
    check_readable(state)
    if state.current:
        return state
    if connections.postgresql:
        _repeat(lambda: _upgrade_postgresql(connections))
    else:
        _upgrade_sqlite(connections, state)
    state = _state(connections)
    check_readable(state)
    return state


def backup_file(
    connections: Connections, target: Path, told: Callable[[int, int], None] = lambda _done, _total: None
) -> Path:
    """Copy a SQLite file as it is now with the backup API, check the copy, and return its path. `told` hears how many
    pages of how many are done.

    Others go on writing meanwhile; the copy shows one moment. Written beside the target first, readable by its owner
    only, so that a backup that stands under its name is whole (database.md 4).
    """
    if connections.file is None:
        raise StorageError("Only a SQLite file can be copied.", "Use pg_dump for PostgreSQL.")
    unfinished = target.with_name(target.name + ".part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    try:
        with translated(), closing(sqlite3.connect(unfinished)) as copy:
            with _snapshot(connections) as source:
                source.backup(
                    copy,
                    pages=_PAGES_AT_ONCE,
                    progress=lambda _state, left, total: told(total - left, total),
                    sleep=0.0,
                )
            copy.execute("PRAGMA journal_mode = DELETE")
            verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise DamagedDatabaseError(f"The copy of the database is damaged: {verdict}.", "Check the disk.")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)  # a full disk is not kept full by half a copy
    return target


@contextmanager
def _snapshot(connections: Connections) -> Iterator[sqlite3.Connection]:
    """Open a SQLite file at one moment: without it, every write of somebody else would begin a backup anew.

    The last connection to be closed writes the log back, so closing takes its turn among the writers.
    """
    source = sqlite3.connect(str(connections.file), isolation_level=None)
    try:
        source.execute("BEGIN")
        source.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        yield source
        source.execute("ROLLBACK")
    finally:
        with connections.exclusive():
            source.close()


def _state(connections: Connections) -> SchemaState:
    return connections.read(read_state)


def _upgrade_sqlite(connections: Connections, state: SchemaState) -> None:
    if not state.empty and connections.file is not None:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        name = f"{connections.file.stem}.before-{CORE_REVISION}.{stamp}{connections.file.suffix}"
        log.info("backup before the upgrade: %s", backup_file(connections, connections.file.with_name(name)).name)
    connection = connections.begin_writing()
    finished = False
    try:
        with translated():
            if not read_state(connection).current:
                _migrate(connection)
        finished = True
    finally:
        connections.end_writing(connection, commit=finished)


def _upgrade_postgresql(connections: Connections) -> None:
    connection = connections.begin_writing()
    finished = False
    try:
        with translated():
            # bounded by lock_timeout, so that a waiting migration never holds up the readers behind it (database.md 4)
            connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            if connection.exec_driver_sql("SELECT 1 FROM pg_namespace WHERE nspname = %s", (SCHEMA,)).first() is None:
                connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
            if not read_state(connection).current:
                _migrate(connection)
        finished = True
    finally:
        connections.end_writing(connection, commit=finished)


def _repeat(work: Callable[[], None]) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            work()
        except DatabaseBusyError:
            if attempt + 1 == _ATTEMPTS:
                raise
            time.sleep(0.2 * 2**attempt)
        except DBAPIError as error:
            told = explain(error)
            raise told if told is not None else error from error
        else:
            return


def _migrate(connection: Connection) -> None:
    """Run what is missing inside the transaction that is open on `connection`."""
    from alembic.operations import Operations  # noqa: PLC0415 -- 0.1 s that only a migration needs
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 -- same
    from alembic.script import ScriptDirectory  # noqa: PLC0415 -- same

    scripts = ScriptDirectory(str(Path(__file__).parent))

    def steps(revision: Any, context: Any) -> Any:  # noqa: ARG001 -- Alembic's signature
        return scripts._upgrade_revs("head", revision)  # noqa: SLF001 -- what `alembic upgrade` itself calls

    context = MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE, "fn": steps, "render_as_batch": True}
    )
    with Operations.context(context):
        context.run_migrations()
