"""What a driver's error means for the person in front of the screen."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from desk_app.services.ports.errors import (
    DamagedDatabaseError,
    DatabaseBusyError,
    DatabaseUnavailableError,
    DiskFullError,
    DuplicateError,
    FolderNotWritableError,
    NotADatabaseError,
    StorageError,
)

if TYPE_CHECKING:
    import psycopg

_UNIQUE = "23505"  # SQLSTATE unique_violation
_SERVER_STATES = {
    "53100": (DiskFullError, "The database server's disk is full.", "Free some space on the server; nothing was lost."),
    "55P03": (DatabaseBusyError, "Somebody else kept a row or table locked for too long.", "Try again."),
    "40001": (DatabaseBusyError, "Two changes met each other.", "Try again."),
    "40P01": (DatabaseBusyError, "Two changes waited for each other.", "Try again."),
    "53300": (DatabaseBusyError, "The database server has no free connection.", "Try again, or raise max_connections."),
    "57014": (DatabaseBusyError, "The database server stopped the query because it took too long.", "Try again."),
}
_REFUSALS = (
    (r'database ".*" does not exist', "3D000"),
    (r"authentication failed|no password supplied|no pg_hba\.conf entry|role \".*\" does not exist", "28P01"),
    (r"too many (clients|connections)", "53300"),
)
_BUSY_ADVICE = "Try again; if it lasts, look for another program that keeps the file open."


def explain(error: BaseException) -> StorageError | None:
    """Return what a driver error means, None where it is a fault of the program and should be seen as it is."""
    if isinstance(error, PoolTimeoutError):
        return DatabaseBusyError("All connections to the database are in use.", "Try again.")
    origin = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(origin, sqlite3.Error):
        return _explain_sqlite(origin)
    if isinstance(origin, server_errors()):
        return _explain_postgresql(origin, lost=isinstance(error, DBAPIError) and error.connection_invalidated)
    return None


def server_errors() -> tuple[type[psycopg.Error], ...]:
    """The errors of the PostgreSQL driver; none where it was never loaded, as on a desk in a file."""
    kind = getattr(sys.modules.get("psycopg"), "Error", None)
    return (kind,) if kind is not None else ()


@contextmanager
def translated() -> Iterator[None]:
    """Raise StorageError instead of driver errors a person can do something about."""
    try:
        yield
    except (DBAPIError, PoolTimeoutError, sqlite3.Error, *server_errors()) as error:  # type: ignore[misc]  # a tuple
        told = explain(error)
        if told is None:
            raise
        raise told from error


def is_unique_violation(error: BaseException) -> bool:
    """Return whether a driver error says that a row was there already."""
    if not isinstance(error, IntegrityError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorname in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
    return getattr(error.orig, "sqlstate", "") == _UNIQUE


def _explain_sqlite(error: sqlite3.Error) -> StorageError | None:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseBusyError("Another program kept the database locked for too long.", _BUSY_ADVICE)
    if name.startswith("SQLITE_NOTADB"):
        return NotADatabaseError(
            "The file is not a database of this program.", "Choose another file, or restore a backup."
        )
    if name.startswith("SQLITE_FULL"):
        return DiskFullError("The disk is full.", "Free some space and try again; nothing that was saved is lost.")
    if name.startswith("SQLITE_CORRUPT"):
        return DamagedDatabaseError("The database file is damaged.", "Restore the newest backup.")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return FolderNotWritableError(
            "The database file cannot be opened for writing.", "Check the rights of the file and its folder."
        )
    if name.startswith("SQLITE_IOERR"):
        return DiskFullError(
            f"The disk refused to read or write the database ({name}).", "Check the disk and its free space."
        )
    if name in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}:
        return DuplicateError("This is stored already.")
    return None


def _explain_postgresql(error: psycopg.Error, *, lost: bool) -> StorageError | None:
    # a refused connection has no SQLSTATE, only the server's words
    state = error.sqlstate or next((code for pattern, code in _REFUSALS if re.search(pattern, str(error))), "")
    if state in _SERVER_STATES:
        kind, message, advice = _SERVER_STATES[state]
        return kind(message, advice)
    if state == _UNIQUE:
        return DuplicateError("This is stored already.")
    if state.startswith("28"):
        return DatabaseUnavailableError(
            "The database server refused the sign-in.", "Check user and password of the database."
        )
    if state == "3D000":
        return DatabaseUnavailableError("The database does not exist on the server.", "Ask its administrator.")
    if lost or state.startswith(("08", "57P", "53")) or (_is_operational(error) and not state):
        return DatabaseUnavailableError(
            "The database server cannot be reached.", "Check the network and the server, then try again."
        )
    return None


def _is_operational(error: psycopg.Error) -> bool:
    import psycopg  # noqa: PLC0415 -- its error is here, so it is loaded

    return isinstance(error, psycopg.OperationalError)
