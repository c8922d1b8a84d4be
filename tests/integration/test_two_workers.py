"""Several workers on one database: no job is done twice, and a dead or frozen one is replaced (database.md 3)."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from desk_app.services.ports.system import Lease
from tests.integration.test_kill import Stage
from tests.support.desk_children import children
from tests.support.dovecot import DovecotServer
from tests.support.smtp_server import SmtpServer

pytestmark = [pytest.mark.dovecot, pytest.mark.kill]

TTL = 2.0


def until(condition: Callable[[], bool], seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)


def leases(stage: Stage) -> dict[str, Lease]:
    with stage.database.unit_of_work() as uow:
        return {lease.name: lease for lease in uow.leases.all() if lease.until_at > uow.now()}


def messages(stage: Stage) -> dict[str, int]:
    with stage.database.unit_of_work() as uow:
        found = uow.messages.by_internet_ids(stage.delivered)
    return {i: len(found.get(i, ())) for i in stage.delivered}


def all_there(stage: Stage) -> bool:
    return all(messages(stage).values())


@pytest.fixture
def stage(tmp_path: Path, dovecot: DovecotServer, smtp_server: Callable[[], SmtpServer]) -> Stage:
    return Stage(tmp_path, dovecot, smtp_server())


def test_two_workers_share_the_work_and_do_nothing_twice(stage: Stage, tmp_path: Path) -> None:
    with children(tmp_path, ttl=TTL, claim=20) as processes:
        pids = {processes.start("worker") for _ in range(2)}
        for number in range(6):
            stage.deliver(number)
        until(lambda: all_there(stage))
        for number in range(8):
            stage.answer(number)
        stage.smtp.wait_for(8, timeout=40)
        until(lambda: not stage.desk.outbox.tray())
        held = leases(stage)
        assert {name.partition(":")[0] for name in held} == {"sync", "outbox", "timers"}
        assert {lease.pid for lease in held.values()} <= pids
        for pid in pids:
            processes.signal(pid, signal.SIGTERM)
        for pid in pids:
            processes.wait_gone(pid, 10)  # two seconds on a quiet machine
    assert set(messages(stage).values()) == {1}
    assert len(stage.smtp.mails) == 8
    assert leases(stage) == {}  # given back, nobody waits for them to run out
    stage.database.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_dead_or_frozen_holder_is_replaced_and_fenced_off(stage: Stage, tmp_path: Path, how: signal.Signals) -> None:
    with children(tmp_path, ttl=TTL, claim=20) as processes:
        first = processes.start("worker")
        stage.deliver(0)
        until(lambda: all_there(stage) and len(leases(stage)) == 4)
        epochs = {name: lease.epoch for name, lease in leases(stage).items()}
        processes.signal(first, how)
        second = processes.start("worker")
        stage.deliver(1)
        until(lambda: {lease.pid for lease in leases(stage).values()} == {second} and len(leases(stage)) == 4)
        until(lambda: all_there(stage))
        assert all(lease.epoch > epochs[name] for name, lease in leases(stage).items())
        if how is signal.SIGSTOP:
            processes.signal(first, signal.SIGCONT)
            stage.deliver(2)
            stage.answer(0)
            until(lambda: all_there(stage))
            stage.smtp.wait_for(1, timeout=40)
            assert {lease.pid for lease in leases(stage).values()} == {second}
    counts = Counter(messages(stage).values())
    assert set(counts) == {1}
    assert len(stage.smtp.mails) == len(stage.replies)
    stage.database.close()
