"""One writer at a time on a SQLite file, in this process and between processes.

SQLite serialises writers itself, but versions before 3.51.3 can damage a file when two connections commit and
checkpoint at the same moment (database.md 7, "WAL-reset bug"). So everything that may write or checkpoint (a writing
transaction, closing a connection) happens under one lock: a thread lock, and on such versions a lock file beside the
database too.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from desk_app.services.ports.errors import DatabaseBusyError

FIXED_IN = (3, 51, 3)
_POLL_SECONDS = 0.003


def needs_lock_file(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Return whether this SQLite has the WAL-reset fault, so that processes must keep each other out."""
    return version < FIXED_IN


class WriterLock:
    """The right to write to one file. Use `WriterLock.of`; every engine of a process shares it."""

    _all: ClassVar[dict[Path, WriterLock]] = {}
    _guard: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, file: Path, *, between_processes: bool) -> None:
        self._path = file.with_name(file.name + "-writer") if between_processes else None
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._handle: int | None = None
        self._users = 0
        self._key = file

    @classmethod
    def of(cls, file: Path) -> WriterLock:
        """Return the lock of a file, the same one for every caller in this process; each calls `close` once."""
        key = file.resolve()
        with cls._guard:
            if key not in cls._all:
                cls._all[key] = cls(key, between_processes=needs_lock_file())
            lock = cls._all[key]
            lock._users += 1  # noqa: SLF001 -- its own class
            return lock

    def close(self) -> None:
        """Say that one caller needs the lock no longer; the last one closes the lock file."""
        with self._guard:
            self._users -= 1
            if self._users > 0:
                return
            self._all.pop(self._key, None)
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None

    def acquire(self, timeout: float = 30.0) -> None:
        """Wait up to `timeout` seconds; raises DatabaseBusyError after that, RuntimeError on a nested call."""
        if self._owner == threading.get_ident():
            raise RuntimeError("a unit of work is open in this thread already")
        deadline = time.monotonic() + timeout
        if not self._lock.acquire(timeout=timeout):
            raise _busy()
        try:
            self._lock_file(deadline)
        except BaseException:
            self._lock.release()
            raise
        self._owner = threading.get_ident()

    def release(self) -> None:
        """Let the next one write."""
        self._owner = None
        if self._handle is not None:
            _unlock(self._handle)
        self._lock.release()

    @contextmanager
    def held(self, timeout: float = 30.0) -> Iterator[None]:
        """Hold the lock for a block, waited for so many seconds; a thread that holds it already just goes on."""
        if self._owner == threading.get_ident():
            yield
            return
        self.acquire(timeout)
        try:
            yield
        finally:
            self.release()

    def _lock_file(self, deadline: float) -> None:
        if self._path is None:
            return
        if self._handle is None:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        while not _try_lock(self._handle):
            if time.monotonic() > deadline:
                raise _busy()
            time.sleep(_POLL_SECONDS)


def _busy() -> DatabaseBusyError:
    return DatabaseBusyError(
        "Another program kept the database locked for too long.",
        "Try again; if it lasts, look for another window or worker of the desk that hangs.",
    )


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
