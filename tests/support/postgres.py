"""A throw-away PostgreSQL on a Unix socket, one a test process, started when the first test needs it.

    def test_x(postgres_server):
        with postgres_server.database() as url: ...

As root it runs as the system's user "postgres", otherwise as whoever runs the tests. Skips where no PostgreSQL is
installed, and fails there on CI.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

_PATIENCE_SECONDS = 30.0
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "max_wal_size": "256MB",
    "autovacuum": "off",
}


def binaries() -> Path | None:
    """Return the folder with the newest server's programs, None where there is none."""
    folders = sorted(
        (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0,
    )
    if folders:
        return folders[-1]
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class PostgresServer:
    """One running server; `url` names a database on it. Further settings are PostgreSQL's own."""

    def __init__(self, programs: Path, **settings: str) -> None:
        self._programs = programs
        self._settings = _SETTINGS | settings
        self._root = Path(tempfile.mkdtemp(prefix="desk-pg-"))
        self._numbers = itertools.count(1)
        self._account = "postgres" if os.geteuid() == 0 else None
        if self._account is not None:
            entry = pwd.getpwnam(self._account)
            os.chown(self._root, entry.pw_uid, entry.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None
        version = programs.parent.name  # 15 and later copy a template through their log unless they are told not to
        self._copies = " STRATEGY FILE_COPY" if version.isdigit() and int(version) >= 15 else ""
        atexit.register(self.stop)

    def start(self) -> None:
        """Create a cluster and run it; returns when it answers."""
        data = self._root / "data"
        self._run(
            ["initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        )
        self.resume()

    def resume(self) -> None:
        """Run the server on the cluster that is there; returns when it answers."""
        data = self._root / "data"
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(data), "-k", str(self._root), *options]
        with (self._root / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", user=self._account)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                psycopg.connect(self._plain("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise RuntimeError((self._root / "log").read_text(errors="replace")) from None
                time.sleep(0.05)
            else:
                return

    def halt(self) -> None:
        """Stop the server by its pid; its files stay for `resume`."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGINT)  # "fast": ends sessions and shuts down
            try:
                process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self.halt()
        shutil.rmtree(self._root, ignore_errors=True)
        atexit.unregister(self.stop)

    def url(self, name: str) -> str:
        """Return the URL the product opens a database by."""
        return f"postgresql://postgres@/{name}?host={self._root}"

    def create(self, name: str = "", *, template: str = "template0") -> str:
        """Create a database, a copy of `template`, and return its name."""
        name = name or f"test_{next(self._numbers)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{self._copies}')
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @contextlib.contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Give the URL of a database of its own."""
        name = self.create(template=template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def connect(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        """Return a plain connection in autocommit mode, to look behind the product's back."""
        return psycopg.connect(self._plain(name), autocommit=True, options="-c search_path=desk,public")

    def _plain(self, name: str) -> str:
        return f"host={self._root} user=postgres dbname={name}"

    def _execute(self, statement: str) -> None:
        with contextlib.closing(psycopg.connect(self._plain("postgres"), autocommit=True)) as connection:
            connection.execute(statement.encode())

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(
            [str(self._programs / command[0]), *command[1:]],
            cwd="/",
            user=self._account,
            capture_output=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode(errors="replace"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of this test process."""
    programs = binaries()
    if programs is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("CI needs a PostgreSQL server (Debian: postgresql)")
        pytest.skip("no PostgreSQL server is installed (Debian: apt install postgresql)")
    server = PostgresServer(programs)
    try:
        server.start()
        yield server
    finally:
        server.stop()
