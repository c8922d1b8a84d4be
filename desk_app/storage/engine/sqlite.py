"""SQLite connections: one writer, several readers, a write-ahead log (database.md 7, toolchain.md 4)."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, QueuePool, create_engine, event
from sqlalchemy.engine import URL, Connection

from desk_app.services.ports.errors import DatabaseBusyError, NotADatabaseError, UnsafeFolderError

BUSY_SECONDS = 5.0
_UNDO_ATTEMPTS = 100
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


def undo(connection: sqlite3.Connection) -> None:
    """Roll back what another thread has begun, and stop the statement it is in. Raises sqlite3.Error where that does
    not succeed within a few seconds."""
    for attempt in range(_UNDO_ATTEMPTS):
        connection.interrupt()
        try:
            connection.rollback()
        except sqlite3.OperationalError:
            if attempt == _UNDO_ATTEMPTS - 1:
                raise
            time.sleep(0.05)
        else:
            return


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
