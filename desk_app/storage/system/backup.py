"""Copies of a whole database: SQLite's online backup, and pg_dump."""

from __future__ import annotations

import os
import queue
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from desk_app.services.ports.errors import DamagedDatabaseError, StorageError
from desk_app.storage.migrations import runner

if TYPE_CHECKING:
    from desk_app.storage.engine.connections import Connections

_DUMP_SECONDS = 6 * 3600


class SqliteBackups:
    """The file, page by page, while it is in use."""

    suffix = ".sqlite"

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def command(self, target: Path) -> Sequence[str]:  # noqa: ARG002 -- a BackupStore's signature
        """There is none: the program copies by itself."""
        return ()

    def problem(self) -> str:
        """Nothing is needed."""
        return ""

    def copy(self, target: Path) -> Iterator[tuple[int, int]]:
        """Copy the file; pages are told as they come."""
        told: queue.Queue[tuple[int, int] | None] = queue.Queue()
        failed: list[BaseException] = []

        def work() -> None:
            try:
                runner.backup_file(self._connections, target, lambda done, total: told.put((done, total)))
            except BaseException as error:  # noqa: BLE001 -- raised where it is asked for
                failed.append(error)
            finally:
                told.put(None)

        thread = threading.Thread(target=work, name="backup", daemon=True)
        thread.start()
        while (step := told.get()) is not None:
            yield step
        thread.join()
        if failed:
            raise failed[0]

    def verify(self, copy: Path) -> int:
        """Open the copy, check every page and index, and count its tickets."""
        try:
            with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as opened:
                verdict = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
                tickets = opened.execute("SELECT COUNT(*) FROM ticket").fetchone()[0]
        except sqlite3.Error as error:
            raise DamagedDatabaseError(f"The copy cannot be read: {error}.", "Make another backup.") from error
        if verdict != "ok":
            raise DamagedDatabaseError(f"The copy is damaged: {verdict}.", "Check the disk.")
        return int(tickets)


class PostgresBackups:
    """pg_dump in its own format, where the program is installed."""

    suffix = ".dump"

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def command(self, target: Path) -> Sequence[str]:
        """Return pg_dump with the database but without its password."""
        url = self._connections.url
        words = ["pg_dump", "--format=custom", f"--file={target}"]
        if url.host or "host" in url.query:
            words.append(f"--host={url.host or url.query['host']}")
        if url.port:
            words.append(f"--port={url.port}")
        if url.username:
            words.append(f"--username={url.username}")
        return [*words, url.database or "postgres"]

    def problem(self) -> str:
        """Say that pg_dump is missing."""
        if shutil.which("pg_dump") is None:
            return "pg_dump is not installed on this computer. Run the command on the database server."
        return ""

    def copy(self, target: Path) -> Iterator[tuple[int, int]]:
        """Run pg_dump; it tells no progress."""
        if problem := self.problem():
            raise StorageError(problem, "")
        unfinished = target.with_name(target.name + ".part")
        environment = dict(os.environ)
        if self._connections.url.password:
            environment["PGPASSWORD"] = str(self._connections.url.password)
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        yield 0, 0
        try:
            self._run([*self.command(unfinished)], environment)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)

    def verify(self, copy: Path) -> int:
        """Let pg_restore read the contents, and count the tickets in them."""
        if shutil.which("pg_restore") is None:
            return 0
        listed = self._run(["pg_restore", "--list", str(copy)], dict(os.environ))
        if " TABLE DATA " not in listed or " ticket " not in listed:
            raise DamagedDatabaseError("The copy holds no tickets.", "Make another backup.")
        rows = self._run(["pg_restore", "--data-only", "--table=ticket", "--file=-", str(copy)], dict(os.environ))
        body = rows.partition("FROM stdin;\n")[2].partition("\n\\.\n")[0]
        return len(body.splitlines())

    @staticmethod
    def _run(words: Sequence[str], environment: dict[str, str]) -> str:
        try:
            done = subprocess.run(  # noqa: S603 -- fixed words and the database's own name, no shell
                words, env=environment, capture_output=True, text=True, check=False, timeout=_DUMP_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StorageError(f"{words[0]} could not be run: {error}.", "") from error
        if done.returncode != 0:
            raise StorageError(f"{words[0]} failed: {done.stderr.strip()[-300:]}", "")
        return done.stdout
