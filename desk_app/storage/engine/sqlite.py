"""SQLite connections: one writer, several readers, a write-ahead log (database.md 7, toolchain.md 4)."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Engine, QueuePool, create_engine, event
from sqlalchemy.engine import URL, Connection

from desk_app.services.ports.errors import DatabaseBusyError, NotADatabaseError, UnsafeFolderError

BUSY_SECONDS = 5.0
_UNDO_ATTEMPTS = 100
_UNDO_WAIT_SECONDS = 0.05
_HEADER = b"SQLite format 3\x00"
_CACHE_KIB = 16 * 1024
READERS = 5
_CHECKPOINT_PAGES = 4000  # 16 MiB: several rounds of intake, which write many pages again, share one write-back


def check_file(file: Path) -> None:
    """Raise NotADatabaseError where a file exists and is something else; an empty file counts as new."""
    if not file.exists():
        return
    if file.is_dir():
        raise NotADatabaseError(f"{file} is a folder.", "Name a file in it.")
    with file.open("rb") as stream:
        header = stream.read(len(_HEADER))
    if header and header != _HEADER:
        raise NotADatabaseError(f"{file} is not a database of this program.", "Choose another file.")


def writer_engine(url: URL) -> Engine:
    """Return an engine with one connection whose transactions begin IMMEDIATE."""
    engine = _engine(url, pool_size=1)
    event.listen(engine, "connect", _prepare_writer)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def reader_engine(url: URL) -> Engine:
    """Return an engine whose connections cannot write."""
    engine = _engine(url, pool_size=READERS)
    event.listen(engine, "connect", _prepare_reader)
    event.listen(engine, "begin", _begin_deferred)
    return engine


def _engine(url: URL, *, pool_size: int) -> Engine:
    return create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        hide_parameters=True,
        query_cache_size=1500,
        connect_args={
            "timeout": BUSY_SECONDS,
            "isolation_level": None,
            "check_same_thread": False,
            "cached_statements": 512,
            "factory": SharedConnection,
        },
    )


def _prepare_writer(connection: sqlite3.Connection, record: Any) -> None:  # noqa: ARG001 -- SQLAlchemy's signature
    _settings(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    mode = _switch_to_wal(connection)
    if mode != "wal":
        raise UnsafeFolderError(
            f"The disk does not allow a write-ahead log (SQLite answered {mode!r}).",
            "Choose a folder on this computer's own disk, or use PostgreSQL.",
        )


def _switch_to_wal(connection: sqlite3.Connection) -> str:
    try:
        return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]).lower()
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise
        raise DatabaseBusyError("Another program keeps the database locked.", "Close it and try again.") from error


def _prepare_reader(connection: sqlite3.Connection, record: Any) -> None:  # noqa: ARG001 -- SQLAlchemy's signature
    _settings(connection)
    connection.execute("PRAGMA query_only = ON")


def _settings(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("PRAGMA temp_store = MEMORY")


class SharedConnection(sqlite3.Connection):
    """A connection whose transaction another thread may undo while its own is at work.

    SQLite holds the connection while it asks the authorizer, which is Python and needs the interpreter; and Python
    holds the interpreter while it asks SQLite for the words of an error. Two threads in there at once would wait for
    each other and stop the whole program, so while there is an authorizer they take turns.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.turn = threading.RLock()
        self._asks = False
        super().__init__(*arguments, **options)

    def set_authorizer(self, authorizer: Callable[..., int] | None) -> None:
        """Ask a function what a statement may do; None asks nobody."""
        with self.turn:
            super().set_authorizer(authorizer)
            self._asks = authorizer is not None

    def cursor(self, factory: Any = None) -> Any:
        """Return a cursor, one that takes turns where that is needed."""
        return super().cursor(factory or (_Cursor if self._asks else sqlite3.Cursor))

    def commit(self) -> None:
        """End the transaction."""
        with self.turn:
            super().commit()

    def rollback(self) -> None:
        """Undo the transaction."""
        with self.turn:
            super().rollback()


class _Cursor(sqlite3.Cursor):
    """Takes turns with whoever undoes its transaction."""

    connection: SharedConnection

    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        with self.connection.turn:
            return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Self:
        with self.connection.turn:
            return super().executemany(sql, parameters)

    def fetchone(self) -> Any:
        with self.connection.turn:
            return super().fetchone()

    def fetchmany(self, size: int | None = None) -> list[Any]:
        with self.connection.turn:
            return super().fetchmany(self.arraysize if size is None else size)

    def fetchall(self) -> list[Any]:
        with self.connection.turn:
            return super().fetchall()

    def close(self) -> None:
        with self.connection.turn:
            super().close()


@contextmanager
def undone(connection: SharedConnection) -> Iterator[None]:
    """Stop the statement another thread is in, roll back what it has begun, and keep it out for a block. Raises
    sqlite3.Error where that does not succeed within a few seconds."""
    for _ in range(_UNDO_ATTEMPTS):
        if connection.turn.acquire(timeout=_UNDO_WAIT_SECONDS):
            break
        connection.interrupt()
    else:
        raise sqlite3.OperationalError("the statement does not end")
    try:
        connection.rollback()
        yield
    finally:
        connection.turn.release()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
