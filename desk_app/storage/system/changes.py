"""The feed that keeps a desktop up to date (database.md 2).

SQLite: `PRAGMA data_version` tells in microseconds whether anybody wrote, and with one writer ids are in commit order.
PostgreSQL: ids are not, so the cursor is a transaction id: every row of a transaction that may still have been running
at the last look is read again, and rows seen before are skipped. A poke through LISTEN only says when to look.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk_app.services.queries.changes import Change, ChangeFeed
from desk_app.storage.engine import postgresql
from desk_app.storage.engine.connections import CHANNEL, Connections
from desk_app.storage.engine.faults import server_errors, translated
from desk_app.storage.engine.sqlite import BUSY_SECONDS

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

EVERYTHING = Change("everything", 0, "refresh", None, own=False)
"""Given where changes may have been missed (they were pruned, or the server is another one): read everything anew."""

_COLUMNS = "entity, entity_id, op, department_id, origin"
_LOOK_EVERY = 1.5  # seconds; without a poke
_RECONNECT_EVERY = 3.0  # seconds


def open_feed(connections: Connections) -> ChangeFeed:
    """Return a feed of what is committed from now on."""
    with translated():
        return PostgresqlFeed(connections) if connections.postgresql else SqliteFeed(connections)


class SqliteFeed:
    """Changes of a SQLite file."""

    def __init__(self, connections: Connections) -> None:
        assert connections.file is not None  # noqa: S101 -- SQLite always has a file
        self._connections = connections
        self._own = connections.process_id
        self._connection = _open_file(connections.file)
        self._version = self._data_version()
        self._last = self._newest()
        self.alive = True

    def poll(self) -> list[Change]:
        """Return what was committed since the last call, folded by entity."""
        self.alive = False
        with translated():
            found = self._look()
        self.alive = True
        return found

    def _look(self) -> list[Change]:
        version = self._data_version()
        if version == self._version:
            return []
        self._version = version
        rows = self._connection.execute(
            f"SELECT id, {_COLUMNS} FROM change_log WHERE id > ? ORDER BY id", (self._last,)
        ).fetchall()
        if not rows:
            return []
        missed = rows[0][0] > self._last + 1 and self._pruned_past(rows[0][0])
        self._last = rows[-1][0]
        return [EVERYTHING] if missed else fold((row[1:] for row in rows), self._own)

    def close(self) -> None:
        """Let go of the connection; the last one to close writes the log back, so the writer lock is held."""
        with self._connections.exclusive():
            self._connection.close()

    def _pruned_past(self, first: int) -> bool:
        oldest = self._connection.execute("SELECT MIN(id) FROM change_log").fetchone()[0]
        return bool(oldest == first)

    def _data_version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _newest(self) -> int:
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'change_log'").fetchone()
        return int(row[0]) if row else 0


class PostgresqlFeed:
    """Changes of a PostgreSQL database."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._own = connections.process_id
        self._watermark = 0
        self._seen: set[int] = set()
        self._next_look = 0.0
        self._next_connect = 0.0
        self._connection: psycopg.Connection[Any] | None = self._connect()
        self._server = self._identity(self._connection)
        with closing(self._connection.cursor()) as cursor:
            self._watermark, rows = _overlap(cursor, None)
        self._seen = {row[0] for row in rows}

    def poll(self) -> list[Change]:
        """Return what was committed since the last call, folded by entity; [] while the server cannot be reached."""
        try:
            return self._poll()
        except server_errors():
            if self._connection is not None:
                log.warning("the connection for changes broke; trying again")
                self._connection.close()
                self._connection = None
            return []

    @property
    def alive(self) -> bool:
        """Whether the server could be reached at the last call."""
        return self._connection is not None and not self._connection.closed

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _poll(self) -> list[Change]:
        now = time.monotonic()
        if self._connection is None or self._connection.closed:
            if now < self._next_connect:
                return []
            self._next_connect = now + _RECONNECT_EVERY
            self._connection = self._connect()  # LISTEN first, then catch up: nothing falls between
            self._next_look = 0.0
            if self._identity(self._connection) != self._server:
                return self._start_anew(self._connection)
        poked = any(True for _ in self._connection.notifies(timeout=0))
        if not poked and now < self._next_look:
            return []
        self._next_look = now + _LOOK_EVERY
        with closing(self._connection.cursor()) as cursor:
            watermark, rows = _overlap(cursor, self._watermark)
        fresh = [row for row in rows if row[0] not in self._seen]
        self._watermark = watermark
        self._seen = {row[0] for row in rows if row[1] >= watermark}
        return fold((row[2:] for row in fresh), self._own)

    def _start_anew(self, connection: psycopg.Connection[Any]) -> list[Change]:
        self._server = self._identity(connection)
        with closing(connection.cursor()) as cursor:
            self._watermark, rows = _overlap(cursor, None)
        self._seen = {row[0] for row in rows}
        return [EVERYTHING]

    def _connect(self) -> psycopg.Connection[Any]:
        connection = postgresql.plain_connection(self._connections.url, f"{self._connections.origin} changes")
        connection.execute(f"LISTEN {CHANNEL}")
        return connection

    @staticmethod
    def _identity(connection: psycopg.Connection[Any]) -> str:
        row = connection.execute(
            "SELECT oid::text, current_database() FROM pg_database WHERE datname = current_database()"
        )
        return str(row.fetchone())


def fold(rows: Iterable[tuple[Any, ...]], own: str) -> list[Change]:
    """Return one change an entity, in the order of its last mention; rows are the columns of `change_log`."""
    folded: dict[tuple[str, int], Change] = {}
    for entity, entity_id, op, department_id, origin in rows:
        key = (entity, entity_id)
        earlier = folded.pop(key, None)
        if earlier is not None and earlier.op == "insert" and op == "update":
            op = "insert"  # noqa: PLW2901 -- the reader has not seen the entity yet
        mine = origin == own and (earlier is None or earlier.own)
        folded[key] = Change(entity, entity_id, op, department_id, mine)
    return list(folded.values())


def _open_file(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _overlap(cursor: psycopg.Cursor[Any], watermark: int | None) -> tuple[int, list[tuple[Any, ...]]]:
    """Return the new watermark and every row whose transaction had not ended for certain at the last look.

    Both come from one snapshot: transactions below its xmin have all ended, so their rows need not be read again.
    """
    cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        row = cursor.fetchone()
        lowest = int(row[0]) if row else 0
        cursor.execute(
            f"SELECT id, xid, {_COLUMNS} FROM change_log WHERE xid >= %s ORDER BY xid, id",
            (lowest if watermark is None else watermark,),
        )
        return lowest, cursor.fetchall()
    finally:
        cursor.execute("COMMIT")
