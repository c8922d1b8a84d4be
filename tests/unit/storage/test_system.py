"""Settings, leases, counters and the change feed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from desk_app.domain.mailboxes.desk import DeskSettings, HistoryIncluded
from desk_app.services.queries.changes import Change, ChangeFeed
from desk_app.storage.database import Database, open_database
from desk_app.storage.system.changes import EVERYTHING, PostgresqlFeed, fold
from desk_app.storage.system.settings import settings_from
from tests.support.postgres import PostgresServer
from tests.unit.storage.samples import ticket

TTL = timedelta(seconds=30)


def test_settings_come_back_and_unknown_ones_are_left_out(database: Database) -> None:
    with database.unit_of_work() as uow:
        settings = uow.settings.desk()
        assert len(settings.instance_id) == 16
        changed = replace(
            settings, outgoing_armed=True, history_included=HistoryIncluded.FULL, number_prefixes_used=("A-", "B-")
        )
        uow.settings.save_desk(changed)
        uow.settings.set("view.columns", {"a": [1, 2]})
        uow.settings.set("desk.from_the_future", 1)
        uow.settings.set("desk.undo_seconds", "not a number")
        uow.commit()
    with database.unit_of_work() as uow:
        assert uow.settings.desk() == changed
        assert uow.settings.get("view.columns") == {"a": [1, 2]}
        assert uow.settings.get("nothing", 7) == 7


def test_unusable_stored_settings_fall_back_to_defaults() -> None:
    stored = {"history_included": '"nonsense"', "reopen_days": "true", "number_prefixes_used": "1", "desk_name": "{"}
    assert settings_from(stored) == DeskSettings()


def test_database_3_a_lease_has_one_holder_and_a_new_one_fences_the_old_off(database: Database) -> None:
    with database.unit_of_work() as uow:
        first = uow.leases.acquire("outbox", "a", TTL, host="h", pid=5)
        assert first is not None
        assert uow.leases.acquire("outbox", "b", TTL) is None
        renewed = uow.leases.acquire("outbox", "a", TTL)
        assert renewed is not None
        assert renewed.epoch == first.epoch
        assert uow.leases.holds(renewed)
        frozen = uow.leases.acquire("timers", "a", timedelta(seconds=-1))
        assert frozen is not None
        assert not uow.leases.holds(frozen)
        taken = uow.leases.acquire("timers", "b", TTL)
        assert taken is not None
        assert taken.epoch == frozen.epoch + 1
        uow.leases.release(frozen)
        assert uow.leases.holds(taken), "an old holder cannot release the new one's lease"
        uow.leases.release(taken)
        assert uow.leases.acquire("timers", "c", TTL) is not None
        assert [(lease.name, lease.host, lease.pid) for lease in uow.leases.all()] == [
            ("outbox", "h", 5),
            ("timers", "", 0),
        ]


def test_database_3_many_threads_find_one_holder(database: Database) -> None:
    winners: list[str] = []

    def run(name: str) -> None:
        with database.unit_of_work() as uow:
            if uow.leases.acquire("sync:1", name, TTL) is not None:
                winners.append(name)
            uow.commit()

    threads = [threading.Thread(target=run, args=(f"t{n}",)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1


def test_serialised_transactions_wait_for_each_other(database: Database) -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait(10)
        with database.unit_of_work() as uow:
            uow.leases.serialise("numbers")
            order.append("second")
            uow.commit()

    thread = threading.Thread(target=second)
    thread.start()
    with database.unit_of_work() as uow:
        uow.leases.serialise("numbers")
        inside.set()
        time.sleep(0.2)
        order.append("first")
        uow.commit()
    thread.join()
    assert order == ["first", "second"]
    with database.unit_of_work() as uow:
        assert uow.leases.all() == []


def test_folding_counters_changes_no_sum(database: Database) -> None:
    for _ in range(3):
        with database.unit_of_work() as uow:
            item = ticket(uow)
            item.assignee_id = None
            ticket(uow, spam=True)
            uow.commit()
    before = database.ticket_queries.counts(None)
    assert database.housekeeping.fold_counters() == 0, "not worth it yet"
    assert database.housekeeping.fold_counters(at_least=1) > 0
    assert database.ticket_queries.counts(None) == before
    database.housekeeping.run()


def test_old_changes_are_forgotten(database: Database) -> None:
    with database.unit_of_work() as uow:
        ticket(uow)
        uow.commit()
    assert database.housekeeping.prune() == 0
    assert database.housekeeping.prune(changes_kept=timedelta(seconds=-60)) == 1


def _until(feed: ChangeFeed, enough: Callable[[list[Change]], bool]) -> list[Change]:
    found: list[Change] = []
    deadline = time.monotonic() + 15
    while not enough(found):
        found += feed.poll()
        assert time.monotonic() < deadline, found
        time.sleep(0.01)
    return found


def test_the_feed_gives_own_and_foreign_changes_once(database: Database, database_url: str) -> None:
    other = open_database(database_url, origin="other")
    feed = database.change_feed()
    try:
        with database.unit_of_work() as uow:
            mine = ticket(uow)
            uow.tickets.save(mine)
            uow.commit()
        with other.unit_of_work() as uow:
            uow.changed("setting", 0)
            theirs = ticket(uow)
            uow.commit()
        with other.unit_of_work() as uow:
            ticket(uow)  # rolled back: nobody hears of it
        found = _until(feed, lambda changes: len(changes) >= 3)
        assert sorted(found, key=lambda change: (change.entity, change.entity_id)) == [
            Change("setting", 0, "update", None, own=False),
            Change("ticket", mine.id, "insert", 1, own=True),
            Change("ticket", theirs.id, "insert", 1, own=False),
        ]
        time.sleep(0.05)
        assert feed.poll() == []
    finally:
        feed.close()
        other.close()


def test_database_2_the_feed_loses_nothing_with_concurrent_writers(database: Database) -> None:
    feed = database.change_feed()
    written: list[int] = []

    def write(worker: int) -> None:
        for number in range(25):
            entity = worker * 1000 + number
            with database.unit_of_work() as uow:
                uow.changed("ticket", entity)
                uow.connection.execute(sa.text("SELECT 1"))
                if uow.postgresql:
                    uow.connection.execute(
                        sa.text("SELECT pg_current_xact_id(), pg_sleep(:s)"), {"s": (entity % 7) / 500}
                    )
                uow.commit()
            written.append(entity)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    try:
        found = _until(feed, lambda changes: len(changes) >= 75)
    finally:
        for thread in threads:
            thread.join()
    time.sleep(0.05)
    found += feed.poll()
    feed.close()
    assert sorted(change.entity_id for change in found) == sorted(written)


def test_a_savepoint_that_fails_takes_its_changes_and_counters_along(database: Database) -> None:
    feed = database.change_feed()
    with database.unit_of_work() as uow:
        kept = ticket(uow)
        with contextlib.suppress(RuntimeError), uow.savepoint():
            ticket(uow)
            raise RuntimeError
        uow.commit()
    found = _until(feed, lambda changes: len(changes) >= 1)
    feed.close()
    assert [change.entity_id for change in found] == [kept.id]
    assert sum(database.ticket_queries.counts(None).total.values()) == 1


def test_changes_missed_by_pruning_ask_for_a_full_refresh(sqlite_database: Database) -> None:
    feed = sqlite_database.change_feed()
    for _ in range(2):
        with sqlite_database.unit_of_work() as uow:
            ticket(uow)
            uow.commit()
    with sqlite_database.unit_of_work() as uow:
        uow.connection.execute(sa.text("DELETE FROM change_log WHERE id = (SELECT MIN(id) FROM change_log)"))
        uow.commit()
    assert feed.poll() == [EVERYTHING]
    feed.close()


@pytest.mark.postgres
def test_database_2_a_broken_connection_is_opened_again_and_nothing_is_lost(
    postgres_database: Database, postgres_server: PostgresServer
) -> None:
    feed = postgres_database.change_feed()
    assert isinstance(feed, PostgresqlFeed)
    with postgres_server.connect("postgres") as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%changes'"
        )
    with postgres_database.unit_of_work() as uow:
        made = ticket(uow)
        uow.commit()
    assert feed.alive
    assert feed.poll() == []
    assert not feed.alive, "the window can say so"
    found = _until(feed, lambda changes: len(changes) >= 1)
    assert feed.alive
    feed.close()
    assert [change.entity_id for change in found] == [made.id]


def test_folding_changes_keeps_the_strongest_word() -> None:
    rows = [("ticket", 1, "insert", 1, "me"), ("ticket", 1, "update", 1, "me"), ("ticket", 2, "update", 1, "me")]
    rows += [("ticket", 2, "delete", 1, "you"), ("outbox", 1, "update", None, "you")]
    assert fold(rows, "me") == [
        Change("ticket", 1, "insert", 1, own=True),
        Change("ticket", 2, "delete", 1, own=False),
        Change("outbox", 1, "update", None, own=False),
    ]
