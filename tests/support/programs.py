"""Starts `desk-app` as processes of their own on one desk with a real mail server, with plugins that tests write.

def test_x(desk_programs):
    desk_programs.plugin("import os; os._exit(3)")
    worker = desk_programs.worker()
    desk_programs.mail_arrives("after it")
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.mailboxes.model import Account, AccountPolicy, FirstImport
from desk_app.domain.plugins.model import Permission, PluginRecord
from desk_app.infra.location import DeskLocation
from desk_app.runtime.compose import open_desk
from desk_app.services.desk import Desk
from desk_app.services.people.agents import actor_for
from desk_app.storage.database import open_database
from tests.support.desks import mail
from tests.support.dovecot import DovecotServer
from tests.support.plugin_folders import write_plugin

ADDRESS = "help@kopi.invalid"
PATIENCE_SECONDS = 40.0
"""So long anything may take on a busy machine; nothing waits so long where all is well."""
_ROOT = Path(__file__).resolve().parents[2]


class Nursery:
    """The process that all others are children of; see `program_child`."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "XDG_CONFIG_HOME": str(folder),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.program_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
            env={**os.environ, **self.environment, "PYTHONPATH": str(_ROOT)},
        )

    def order(self, **order: Any) -> int:
        """Give an order and return the number it is answered with."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it; every child has ended before."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


class Program:
    """One `desk-app` that runs."""

    def __init__(self, nursery: Nursery, pid: int, out: Path) -> None:
        self._nursery, self.pid, self._out = nursery, pid, out
        self.status: int | None = None

    def printed(self) -> str:
        return self._out.read_text(encoding="utf-8", errors="replace")

    def ended(self) -> int:
        """Wait until it has ended by itself and return its status, minus the signal that killed it."""
        if self.status is None:
            assert until(lambda: not runs(self.pid)), f"it goes on and on:\n{self.printed()}"
            self.status = self._nursery.order(wait=self.pid)
        return self.status

    def end(self) -> int:
        """Ask it to end, as the system does, and return its status."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
        return self.ended()

    def kill(self) -> None:
        """End it however it is."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.status = self._nursery.order(wait=self.pid)


class DeskPrograms:
    """One desk with a mailbox and a few tickets, and the programs that run on it."""

    def __init__(self, nursery: Nursery, server: DovecotServer, user: str, folder: Path) -> None:
        self._nursery, self._server, self._user, self.folder = nursery, server, user, folder
        self._started: list[Program] = []
        self._mails = 0
        self.before = self.rows()

    # -- plugins ------------------------------------------------------------------------------------------------------

    def plugin(
        self, code: str, slug: str = "hostile", *, permissions: tuple[str, ...] = (), write: bool = True, **more: Any
    ) -> None:
        """Let a plugin be installed and switched on, as if it had been so before it went bad."""
        if write:
            write_plugin(self.folder / "plugins", slug, code, installed=True, **more)
        granted = frozenset(map(Permission, permissions))
        with self.database() as database, database.unit_of_work() as uow:
            record = PluginRecord(0, slug, version=more.get("version", "1.0.0"), wanted=True, granted=granted)
            record.activated_at, record.activated_event_id = uow.now(), uow.event_log.newest_id()
            uow.plugins.save(record)
            uow.commit()

    def shown(self, slug: str = "hostile") -> Mapping[str, Any]:
        """Return what `desk-app plugin list` says of a plugin."""
        program = self.start("plugin", "list", "--json", *self._place(), out="list.json")
        assert program.ended() == 0, program.printed()
        found = [one for one in json.loads(program.printed())["plugins"] if one["id"] == slug]
        assert found, program.printed()
        return {**found[0], "all": found}

    def faults(self, slug: str = "hostile") -> list[str]:
        """Return what is written down of a plugin's faults, oldest first."""
        sql = "SELECT f.place, f.summary FROM plugin_fault f JOIN plugin p ON p.id = f.plugin_id WHERE p.slug = ?"
        return [f"{place}: {summary}" for place, summary in self.asked(f"{sql} ORDER BY f.id", slug)]

    def paused(self, slug: str = "hostile") -> str:
        """Return why a plugin is paused, "" where it is not."""
        found = self.asked("SELECT paused FROM plugin WHERE slug = ?", slug)
        return str(found[0][0] or "") if found else ""

    # -- programs -----------------------------------------------------------------------------------------------------

    def worker(self, *options: str, seconds: float = 20.0) -> Program:
        """Start `desk-app worker`; `seconds` is how long a plugin may take."""
        return self.start("worker", *options, *self._place(), seconds=seconds)

    def window(self, *options: str, work: bool = False, seconds: float = 20.0) -> Program:
        """Start `desk-app run` on no screen; with `work` somebody opens one ticket after the other."""
        return self.start("run", *options, *self._place(), work=work, seconds=seconds)

    def command(self, *arguments: str) -> Program:
        """Start a subcommand that ends by itself."""
        return self.start(*arguments, *self._place())

    def start(self, *arguments: str, out: str = "out", seconds: float = 20.0, **more: Any) -> Program:
        """Start `desk-app`."""
        file = self.folder.parent / f"{len(self._started)}-{out}"
        pid = self._nursery.order(arguments=arguments, out=str(file), seconds=seconds, **more)
        self._started.append(Program(self._nursery, pid, file))
        return self._started[-1]

    def _place(self) -> tuple[str, ...]:
        return ("--data", str(self.folder), "--keychain", "sealed")

    def end(self) -> None:
        """End whatever still runs."""
        for one in self._started:
            one.kill()

    def leases_run_out(self) -> None:
        """Let so much time pass that nobody waits for a program that is gone."""
        with closing(sqlite3.connect(self.folder / "desk.sqlite", timeout=20)) as database:
            database.execute("DELETE FROM lease")
            database.commit()

    # -- mail and data ------------------------------------------------------------------------------------------------

    def mail_arrives(self, count: int = 1) -> None:
        """Let mails arrive one after the other, and wait until each is a ticket."""
        for _ in range(count):
            subject = self.deliver()
            there = until(lambda subject=subject: self.is_ticket(subject))  # type: ignore[misc]
            said = "\n".join(one.printed() for one in self._started)
            assert there, f"no mail flows any more; the programs say:\n{said}"

    def deliver(self) -> str:
        """Let a mail arrive at the server, and return its subject."""
        self._mails += 1
        subject = f"Letter {self._mails} of {self.folder.parents[1].name}"
        self._server.append(self._user, "INBOX", mail("It never came.", subject=subject, to=ADDRESS))
        return subject

    def is_ticket(self, subject: str) -> bool:
        return bool(self.asked("SELECT 1 FROM ticket WHERE subject = ?", subject))

    def asked(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database, as nobody of the desk."""
        with closing(sqlite3.connect(f"file:{self.folder / 'desk.sqlite'}?mode=ro", uri=True, timeout=20)) as database:
            return database.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def database(self) -> Iterator[Any]:
        opened = open_database(f"sqlite:///{self.folder / 'desk.sqlite'}", origin="test")
        try:
            yield opened
        finally:
            opened.close()

    def rows(self) -> dict[str, set[tuple[Any, ...]]]:
        """Return every row of the core's tables."""
        found = {}
        for (table,) in self.asked("SELECT name FROM sqlite_schema WHERE type = 'table'"):
            if not table.startswith(NOT_CORES) and table not in CHANGING:
                columns = COLUMNS.get(table, "*")
                found[table] = set(self.asked(f'SELECT {columns} FROM "{table}"'))
        return found

    def harmed(self) -> dict[str, set[tuple[Any, ...]]]:
        """Return the rows of the core that were there before the plugin and are gone or different now, by table."""
        now = self.rows()
        changed = {table: rows - now.get(table, set()) for table, rows in self.before.items()}
        return {table: rows for table, rows in changed.items() if rows}


NOT_CORES = ("plugin", "px_", "sqlite_", "search_text", "search_term_part")
"""What tables of plugins begin with, and those that SQLite keeps for itself."""
CHANGING = frozenset({"account_health", "channel_cursor", "lease", "number_counter", "search_term"})
"""Tables whose old rows change whenever a mail is fetched."""
COLUMNS = {"message_body": "message_id, department_id, text, visible_text, folded_text"}
"""What stays of a row that has a part which is made when somebody looks."""


def until(there: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    """Wait for something; returns whether it came."""
    end = time.monotonic() + seconds
    while not there() and time.monotonic() < end:
        time.sleep(0.02)
    return there()


def runs(pid: int) -> bool:
    """Return whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def _with_mailbox(desk: Desk, dovecot: DovecotServer, user: str) -> None:
    ann = actor_for(desk.people.sign_in("ann", name="Ann Agent"))
    imap = {"host": dovecot.host, "port": dovecot.port, "security": "none", "user": user}
    account = Account(
        id=0,
        department_id=desk.people.departments()[0].id,
        channel="email",
        name="Kopi Works",
        sender_name="Kopi Works",
        address=ADDRESS,
        settings={"imap": imap, "smtp": {"host": dovecot.host, "port": 9, "security": "none"}},
        policy=AccountPolicy(first_import=FirstImport.UNDECIDED),
    )
    account_id = desk.mailboxes.add(account, {"password": dovecot.password(user)}, ann)
    desk.mailboxes.decide_first_import(account_id, FirstImport.NONE, None, ann)
    for number in range(6):
        subject = f"A ticket from before, number {number}"
        dovecot.append(user, "INBOX", mail("Where is my lamp?", subject=subject, to=ADDRESS))
    desk.sync.sync_all()
    desk.people.add_agent(
        getpass.getuser(), ann, name="Adam Admin", kind="admin"
    )  # who gives commands; told of nothing


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("nursery"))
    yield made
    made.close()


@dataclass(frozen=True, slots=True)
class Template:
    """A desk with a mailbox and a few tickets, to be copied; `user` is whose mailbox it is."""

    folder: Path
    user: str


@pytest.fixture(scope="session")
def desk_template(nursery: Nursery, _dovecot: DovecotServer, tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder = tmp_path_factory.mktemp("template") / "data"
    folder.mkdir()
    user = _dovecot.user()
    location = DeskLocation(f"sqlite:///{folder / 'desk.sqlite'}", folder, keychain="sealed")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in nursery.environment.items():
            patch.setenv(name, value)
        desk = open_desk(location, origin="test")
        try:
            _with_mailbox(desk, _dovecot, user)
        finally:
            desk.close()
    return Template(folder, user)


@pytest.fixture
def desk_programs(
    nursery: Nursery, dovecot: DovecotServer, desk_template: Template, tmp_path: Path
) -> Iterator[DeskPrograms]:
    folder = tmp_path / "desk" / "data"
    shutil.copytree(desk_template.folder.parent, folder.parent)  # with the key of the secrets, which lies beside it
    programs = DeskPrograms(nursery, dovecot, desk_template.user, folder)
    yield programs
    programs.end()
    with dovecot.client(desk_template.user) as client:  # the next desk has no business with these
        _, (count, *_) = client.select("INBOX")
        if int(count or 0):
            client.store("1:*", "+FLAGS", "\\Deleted")
            client.expunge()
