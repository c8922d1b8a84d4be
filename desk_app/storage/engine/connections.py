"""The connections of one database: a writer and readers on SQLite, one small pool on PostgreSQL."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError

from desk_app.services.waiting import waiting
from desk_app.storage.engine import postgresql, sqlite
from desk_app.storage.engine.faults import translated
from desk_app.storage.engine.urls import file_of
from desk_app.storage.engine.writer_lock import WriterLock

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_TERM_SECONDS = 900.0
_TERM_LIMIT = 400_000
CHANNEL = "desk_changes"


class KnownTerms:
    """Search terms that certainly stand in the vocabulary, so that most need no statement. Forgets all when full, and
    every quarter of an hour: another process may have taken words of an erased person out (CU-10)."""

    def __init__(self) -> None:
        self._terms: set[str] = set()
        self._lock = threading.Lock()
        self._since = time.monotonic()

    def unknown(self, tokens: set[str]) -> set[str]:
        """Return those tokens that are not known."""
        with self._lock:
            if time.monotonic() - self._since > _TERM_SECONDS:
                self._terms.clear()
                self._since = time.monotonic()
            return tokens - self._terms

    def add(self, terms: set[str]) -> None:
        """Remember committed terms."""
        with self._lock:
            if len(self._terms) > _TERM_LIMIT:
                self._terms.clear()
            self._terms |= terms

    def clear(self) -> None:
        """Forget everything: the vocabulary was emptied."""
        with self._lock:
            self._terms.clear()


class Connections:
    """Opens transactions. Safe to use from any thread."""

    def __init__(self, url: URL, origin: str) -> None:
        self.url = url
        self.origin = origin
        self.process_id = uuid.uuid4().hex
        self.postgresql = url.get_backend_name() == "postgresql"
        self.known_terms = KnownTerms()
        self.file: Path | None = None
        self._lock: WriterLock | None = None
        self._poker: psycopg.Connection[Any] | None = None
        self._poke_lock = threading.Lock()
        self._writers: dict[int, int] = {}  # the thread of each writing transaction, by its connection
        if self.postgresql:
            self._writer = self._reader = postgresql.postgresql_engine(url, origin)
        else:
            self.file = file_of(url)
            self._lock = WriterLock.of(self.file)
            self._writer = sqlite.writer_engine(url)
            self._reader = sqlite.reader_engine(url)

    def begin_writing(self) -> Connection:
        """Return a connection with a writing transaction begun; `end_writing` gives it back."""
        if self._lock is not None:
            with waiting():
                self._lock.acquire()
        try:
            with translated():
                connection = self._writer.connect()
                try:
                    connection.begin()
                except BaseException:
                    connection.close()
                    raise
        except BaseException:
            if self._lock is not None:
                self._lock.release()
            raise
        self._writers[id(connection)] = threading.get_ident()
        return connection

    @property
    def writing_here(self) -> bool:
        """Whether this thread has a writing transaction open; it must not wait for another one."""
        return threading.get_ident() in list(self._writers.values())

    def end_writing(self, connection: Connection, *, commit: bool) -> None:
        """Commit or roll back and give the connection back."""
        transaction = connection.get_transaction()
        self._writers.pop(id(connection), None)
        try:
            if transaction is not None and transaction.is_active and commit:
                transaction.commit()
            elif transaction is not None:
                transaction.rollback()
        finally:
            try:
                connection.close()
            finally:
                if self._lock is not None:
                    self._lock.release()

    def take_away(self, connection: Connection) -> None:
        """End a transaction on SQLite from another thread than its own: what it did is undone, its connection is closed
        under it, and the next one may write. It is not given back any more."""
        writes = self._writers.pop(id(connection), None) is not None
        try:
            driver: Any = connection.connection.driver_connection
            with sqlite.undone(driver):
                connection.invalidate()
        except Exception:
            log.warning("a transaction that took too long could not be ended cleanly", exc_info=True)
        finally:
            if writes and self._lock is not None:
                self._lock.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a read transaction: everything inside sees one state of the database."""
        with translated(), self._reading() as connection:
            yield connection

    def read(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run `work` in a read transaction; once more where the connection had died or a statement's plan was
        outdated."""
        with translated():
            try:
                with self._reading() as connection:
                    return work(connection)
            except DBAPIError as error:
                if not (error.connection_invalidated or postgresql.CHANGED_PLAN in str(error.orig)):
                    raise
            with self._reading() as connection:
                return work(connection)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._reader.connect() as connection:
            if self.postgresql:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    def poke(self) -> None:
        """Wake the listeners of other desktops after a commit, in a tiny transaction of its own (database.md 2).

        It carries nothing, and when it fails the others find the change by polling.
        """
        if not self.postgresql:
            return
        import psycopg  # noqa: PLC0415 -- 0.1 s of a start that a desk in a file does not need

        with self._poke_lock:
            try:
                if self._poker is None or self._poker.closed:
                    self._poker = postgresql.plain_connection(self.url, f"{self.origin} poke")
                    self._poker.execute("SET synchronous_commit = off")
                self._poker.execute(f"NOTIFY {CHANNEL}")
            except psycopg.Error:
                log.warning("other desktops could not be notified; they will poll")
                if self._poker is not None:
                    self._poker.close()
                    self._poker = None

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep every other writer of a SQLite file out for a block (backup, migration); nothing on PostgreSQL."""
        if self._lock is None:
            yield
            return
        with self._lock.held():
            yield

    def close(self) -> None:
        """Close every connection; the last one of a SQLite file writes its log back, so the writer lock is held."""
        with self._poke_lock:
            if self._poker is not None:
                self._poker.close()
                self._poker = None
        with self.exclusive():
            self._reader.dispose()
            self._writer.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None
