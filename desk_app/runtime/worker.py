"""The headless half of the desk: fetches, sends, watches the clock. Runs alone or inside the window's process."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from desk_app.domain.mailboxes.model import Account
from desk_app.runtime.heartbeat import Heartbeat
from desk_app.runtime.jobs import Job, MailboxJob, OutboxJob, TimersJob
from desk_app.runtime.plugin_ears import PluginEvents
from desk_app.runtime.plugin_work import PluginFollower, PluginJobsRunner, Round
from desk_app.services.desk import Desk
from desk_app.services.faults import where
from desk_app.services.mailboxes.sync import LEASE_TTL
from desk_app.services.ports.errors import StorageError

_STOP_SECONDS = 1.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the worker looks; spans in seconds except `lease_ttl`. Tests make it faster."""

    accounts: float = 2.0
    outbox: float = 1.0
    timers: float = 5.0
    plugins: float = 0.5
    lease_ttl: timedelta = LEASE_TTL


def run_worker(desk: Desk, stop: threading.Event, *, pace: Pace | None = None) -> None:
    """Work until `stop` is set; then end within two seconds, giving every lease back.

    Any number of workers and windows may run on one database: each job is done by the one that holds its lease, and
    another takes over within a minute when that one dies or hangs. Faults of the network and the database are logged
    and survived.
    """
    worker = _Worker(desk, stop, pace or Pace())
    try:
        worker.run()
    finally:
        worker.end()


class _Worker:
    def __init__(self, desk: Desk, stop: threading.Event, pace: Pace) -> None:
        self._desk = desk
        self._stop = stop
        self._pace = pace
        self._heartbeat = Heartbeat(desk.unit_of_work, desk.holder, ttl=pace.lease_ttl)
        self._mailboxes: dict[int, MailboxJob] = {}
        self._others: list[Job | Round] = [
            OutboxJob(desk, self._heartbeat, stop, interval=pace.outbox),
            TimersJob(desk, self._heartbeat, stop, interval=pace.timers),
            PluginEvents(desk, self._heartbeat, stop, interval=pace.plugins),
            PluginFollower(desk, stop, interval=pace.plugins),
            PluginJobsRunner(desk, self._heartbeat, stop, interval=pace.plugins),
        ]

    def run(self) -> None:
        """Keep one thread for each mailbox that fetches."""
        _log.info("the worker starts")
        self._heartbeat.start()
        for job in self._others:
            job.start()
        while not self._stop.is_set():
            try:
                self._look_at_accounts()
            except StorageError as error:
                _log.warning("the worker waits for the database: %s", where(error))
            except Exception as error:  # noqa: BLE001 -- one bad round must not end fetching for good (pains.md 3)
                _log.error("the worker could not look at the mailboxes: %s", where(error))
            self._stop.wait(self._pace.accounts)

    def end(self) -> None:
        """Stop every thread; those that wait for a network are left behind as daemons and can write nothing any
        more.
        """
        self._stop.set()
        jobs = [*self._mailboxes.values(), *self._others]
        for job in jobs:
            job.ask_to_stop()
        end = time.monotonic() + _STOP_SECONDS
        for job in jobs:
            if job.is_alive():
                job.join(timeout=max(0.05, end - time.monotonic()))
        self._heartbeat.stop()
        _log.info("the worker has stopped")

    def _look_at_accounts(self) -> None:
        wanted = {account.id: account for account in self._desk.sync.fetchable()}
        for account_id, job in list(self._mailboxes.items()):
            if not job.is_alive():
                del self._mailboxes[account_id]
                if account_id not in wanted:
                    self._heartbeat.give_back(job.lease_name)
            elif _differs(job.account, wanted.get(account_id)):
                job.ask_to_stop()  # a changed mailbox gets a new thread once this one has ended
        for account_id, account in wanted.items():
            if account_id not in self._mailboxes and not self._stop.is_set():
                self._mailboxes[account_id] = MailboxJob(self._desk, self._heartbeat, account, self._stop)
                self._mailboxes[account_id].start()


def _differs(running: Account, wanted: Account | None) -> bool:
    return wanted is None or running.version != wanted.version
