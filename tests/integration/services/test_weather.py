"""The worker survives databases and servers that go away for a while, says so, and goes on (pains.md 3, MB-31)."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from desk_app.plugin_api.channels import ChannelError, ChannelFault
from desk_app.runtime import jobs
from desk_app.runtime.worker import Pace, run_worker
from desk_app.services.mailboxes import health
from desk_app.services.mailboxes.sync import LEASE_TTL
from desk_app.services.ports.errors import StorageError
from desk_app.storage.database import Database, open_database
from desk_app.storage.engine import sqlite as sqlite_engine
from desk_app.storage.engine.urls import file_of, parse_url
from tests.support.desks import DeskKit, MemorySession, mail
from tests.support.postgres import PostgresServer, binaries

PACE = Pace(accounts=0.2, outbox=0.1, timers=0.5, lease_ttl=timedelta(seconds=6))


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker try again soon, and let a wait for new mail be short instead of none at all."""

    def wait(session: MemorySession, timeout: float) -> bool:
        time.sleep(0.05)
        return False

    monkeypatch.setattr(MemorySession, "wait", wait)
    monkeypatch.setattr(jobs, "_FAULT_PAUSE_SECONDS", 0.3)
    monkeypatch.setattr(jobs, "_LEASE_RETRY_SECONDS", 0.3)
    monkeypatch.setattr(health, "FIRST_PAUSE", timedelta(seconds=0.2))


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(StorageError):
            if condition():
                return
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)


@contextlib.contextmanager
def working(*kits: DeskKit) -> Iterator[None]:
    """Run a worker for each kit."""
    stop = threading.Event()
    threads = [threading.Thread(target=run_worker, args=(k.desk, stop), kwargs={"pace": PACE}) for k in kits]
    for thread in threads:
        thread.start()
    try:
        yield
        assert all(thread.is_alive() for thread in threads), "a worker ended"
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


class Scene:
    """A desk with a mailbox, one ticket and a reply in it; proves that mail still comes and goes."""

    def __init__(self, database: Database) -> None:
        self.kit = DeskKit(database)
        self.kit.arm()
        self.box = self.kit.mailbox("support@desk.example")
        self.server = self.kit.server(self.box)
        self.sent = 0

    def deliver(self, text: str) -> None:
        self.server.deliver(mail(text, subject=text))

    def subjects(self) -> list[str]:
        return [ticket.subject for ticket in self.kit.tickets()]

    def answer(self) -> None:
        self.kit.reply(self.kit.tickets()[0].id, f"answer {self.sent}")
        self.sent += 1

    def all_is_well(self, *subjects: str) -> bool:
        ((_, found),) = self.kit.desk.mailboxes.list()
        return (
            sorted(self.subjects()) == sorted(subjects)
            and len(self.server.sent) == self.sent
            and not self.kit.desk.outbox.tray()
            and found.fault == ""
        )


def test_a_restarting_postgresql_is_waited_for() -> None:
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt install postgresql)")
    server = PostgresServer(programs)
    server.start()
    try:
        database = open_database(server.url(server.create()), origin="test")
        scene = Scene(database)
        with working(scene.kit):
            scene.deliver("before")
            until(lambda: scene.subjects() == ["before"])
            scene.answer()
            until(lambda: scene.all_is_well("before"))
            server.halt()
            scene.deliver("meanwhile")
            time.sleep(2.0)
            server.resume()
            until(lambda: scene.all_is_well("before", "meanwhile"))
            scene.answer()
            scene.deliver("after")
            until(lambda: scene.all_is_well("before", "meanwhile", "after"))
        database.close()
    finally:
        server.stop()


def test_a_sqlite_file_that_somebody_locks_is_waited_for(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_engine, "BUSY_SECONDS", 0.5)
    database: Database = request.getfixturevalue("sqlite_database")
    scene = Scene(database)
    with working(scene.kit):
        scene.deliver("before")
        until(lambda: scene.all_is_well("before"))
        scene.answer()
        until(lambda: scene.all_is_well("before"))
        with contextlib.closing(sqlite3.connect(_file(database), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            scene.deliver("meanwhile")
            time.sleep(4.0)
            assert other.execute("SELECT count(*) FROM ticket").fetchone() == (1,)
            other.execute("ROLLBACK")
        until(lambda: scene.all_is_well("before", "meanwhile"))
        scene.answer()
        until(lambda: scene.all_is_well("before", "meanwhile"))


def test_a_full_disk_loses_nothing(sqlite_database: Database) -> None:
    scene = Scene(sqlite_database)
    with working(scene.kit):
        scene.deliver("before")
        until(lambda: scene.all_is_well("before"))
        _limit(sqlite_database, full=True)
        scene.server.deliver(mail("word " * 200_000, subject="large"))
        for n in range(5):
            scene.deliver(f"mail {n}")
        time.sleep(2.0)
        _limit(sqlite_database, full=False)
        until(lambda: scene.all_is_well("before", "large", *(f"mail {n}" for n in range(5))))
        scene.answer()
        until(lambda: scene.all_is_well("before", "large", *(f"mail {n}" for n in range(5))))


def test_mb_31_a_mail_server_that_is_away_shows_in_the_health_and_is_found_again(database: Database) -> None:
    scene = Scene(database)
    scene.server.faults += [ChannelError(ChannelFault.NETWORK, "connection refused")] * 4
    alarms: list[int] = []
    with working(scene.kit):
        scene.deliver("mail")
        until(lambda: bool(alarms.extend(h.failed_polls for _, h in scene.kit.desk.mailboxes.alarms()) or alarms))
        until(lambda: scene.all_is_well("mail"))
    ((_, found),) = scene.kit.desk.mailboxes.list()
    assert (found.failed_polls, found.detail, scene.kit.desk.mailboxes.alarms()) == (0, "", ())
    assert found.succeeded_at is not None
    assert min(alarms) >= 3


def test_mb_31_the_daily_comparison_finds_exactly_the_mail_that_was_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs, "_FIRST_RECONCILE_SECONDS", 0.0)
    scene = Scene(database)
    desk = scene.kit.desk
    for n in range(3):
        scene.server.deliver(mail(f"mail {n}", message_id=f"m{n}@c.example"))
    desk.sync.sync_once(scene.box.id)
    assert desk.mailboxes.reconcile(scene.box.id).missing == ()
    with database.unit_of_work() as uow:
        lost = next(k for m, k in ((m, k) for m in ["m1@c.example"] for k in uow.inbound.by_internet_ids([m])[m]))
        _forget(uow, lost.id)
        uow.commit()
    with working(scene.kit):
        until(lambda: any("1 mails more" in r.getMessage() for r in caplog.records))
        ((_, found),) = desk.mailboxes.list()
        assert (found.server_count, found.stored_count) == (3, 2)
    result = desk.mailboxes.reconcile(scene.box.id)
    assert [m.message_id for m in result.missing] == ["m1@c.example"]
    counts = desk.mailboxes.import_missing(scene.box.id, [m.source_key for m in result.missing], scene.kit.ann)
    assert counts.stored == 1
    assert desk.mailboxes.reconcile(scene.box.id).missing == ()


def test_two_workers_on_one_database_do_nothing_twice(database_url: str) -> None:
    first, second = (open_database(database_url, origin=name) for name in ("window", "worker"))
    scene = Scene(first)
    other = DeskKit(second, channel=scene.kit.channel)
    with working(scene.kit, other):
        for n in range(20):
            scene.deliver(f"mail {n}")
        subjects = [f"mail {n}" for n in range(20)]
        until(lambda: scene.all_is_well(*subjects))
        for _ in range(10):
            scene.answer()
        until(lambda: scene.all_is_well(*subjects))
        assert len({m.message_id for m in scene.server.sent}) == 10
        with first.unit_of_work() as uow:
            holders = {lease.name: lease.holder for lease in uow.leases.all()}
        assert set(holders.values()) <= {scene.kit.desk.holder, other.desk.holder}
    first.close()
    second.close()


def test_ad_06_a_dead_holder_is_replaced_within_a_minute() -> None:
    assert LEASE_TTL + timedelta(seconds=5.0) < timedelta(minutes=1)  # what is left pays for connecting


def _file(database: Database) -> Path:
    return file_of(parse_url(database.url))


def _limit(database: Database, *, full: bool) -> None:
    """Let the writer's file grow no more (SQLITE_FULL), or as it likes."""
    connections = database._connections
    connection = connections.begin_writing()
    try:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages if full else 1 << 30}")
    finally:
        connections.end_writing(connection, commit=False)


def _forget(uow: object, item_id: int) -> None:
    from sqlalchemy import text

    uow.connection.execute(text("DELETE FROM inbound_item WHERE id = :id"), {"id": item_id})  # type: ignore[attr-defined]
