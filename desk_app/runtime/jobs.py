"""What the worker's threads do: a mailbox, the outbox, the timers. Each survives a database and a network that go
away.
"""

from __future__ import annotations

import logging
import random
import threading
import time

from desk_app.domain.mailboxes.model import Account, AccountHealth, FirstImport
from desk_app.plugin_api.channels import ChannelError, ChannelSession
from desk_app.runtime.heartbeat import Heartbeat, HeldLease
from desk_app.services.desk import Desk
from desk_app.services.faults import where
from desk_app.services.mailboxes.sync import sync_lease
from desk_app.services.messages.intake import LeaseLostError
from desk_app.services.ports.channels import ChannelGoneError
from desk_app.services.ports.errors import StorageError

_LEASE_RETRY_SECONDS = 5.0
_FAULT_PAUSE_SECONDS = 5.0
_GONE_PAUSE_SECONDS = 1.0
_RECONCILE_AFTER_SECONDS = 24 * 3600.0
_FIRST_RECONCILE_SECONDS = 600.0
_RECOVER_SECONDS = 15.0
_PREPARE_AT_ONCE = 40
_log = logging.getLogger(__name__)


class Job(threading.Thread):
    """A thread that does a job again and again while its lease is held; a fault costs a pause, never the thread."""

    def __init__(self, desk: Desk, heartbeat: Heartbeat, lease_name: str, stop: threading.Event) -> None:
        super().__init__(name=f"desk-{lease_name}", daemon=True)
        self._desk = desk
        self._heartbeat = heartbeat
        self.lease_name = lease_name
        self._all_stop = stop
        self._own_stop = threading.Event()

    @property
    def stopping(self) -> bool:
        """Whether the job is to end."""
        return self._all_stop.is_set() or self._own_stop.is_set()

    def ask_to_stop(self) -> None:
        """End the job soon; returns at once."""
        self._own_stop.set()

    def run(self) -> None:
        """Work until asked to stop."""
        while not self.stopping:
            try:
                held = self._heartbeat.take(self.lease_name)
                if held is None:
                    self.rest(_LEASE_RETRY_SECONDS)
                    continue
                self.work(held)
            except StorageError as error:
                _log.warning("%s waits for the database: %s", self.name, where(error))
                self.rest(_FAULT_PAUSE_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 -- spreads load
            except LeaseLostError:
                _log.warning("%s: another process took over", self.name)
                self._heartbeat.forget(self.lease_name)
            except Exception as error:  # noqa: BLE001 -- a fault in one job must not end it for good (pains.md 3)
                _log.error("%s failed: %s", self.name, where(error))
                self.rest(_FAULT_PAUSE_SECONDS)

    def work(self, held: HeldLease) -> None:
        """Do one round of the job."""
        raise NotImplementedError

    def rest(self, seconds: float) -> None:
        """Wait, but not longer than until the job is to end."""
        end = time.monotonic() + seconds
        while not self.stopping and (left := end - time.monotonic()) > 0:
            self._own_stop.wait(min(left, 0.2))


class MailboxJob(Job):
    """Fetches one account: everything new, then waits for the server to tell, at most one poll interval."""

    def __init__(self, desk: Desk, heartbeat: Heartbeat, account: Account, stop: threading.Event) -> None:
        super().__init__(desk, heartbeat, sync_lease(account.id), stop)
        self.account = account
        self._session: ChannelSession | None = None
        self._reconcile_at = time.monotonic() + _FIRST_RECONCILE_SECONDS

    def ask_to_stop(self) -> None:
        """End a running wait and the job."""
        super().ask_to_stop()
        session = self._session
        if session is not None:
            session.wake()

    def work(self, held: HeldLease) -> None:
        """Fetch over one session until it breaks or the account changes."""
        if self._waits_for_a_choice() or self._waits_for_next_try():
            return
        self._desk.sync.keep(self.account.id, held.lease)
        try:
            with self._desk.sync.session(self.account) as session:
                self._session = session
                while not self.stopping and not held.lost:
                    with self._desk.sync.locked(self.account.id):
                        self._desk.sync.run(self.account.id, session, held.lease, stopping=lambda: self.stopping)
                    self._reconcile()
                    if not self.stopping:
                        session.wait(self.account.policy.poll_seconds)
        except ChannelError as error:
            self._desk.sync.note_failure(self.account.id, error)
            if isinstance(error, ChannelGoneError):
                self.rest(_GONE_PAUSE_SECONDS)
        finally:
            self._session = None
            self._desk.sync.keep(self.account.id, None)

    def _waits_for_a_choice(self) -> bool:
        if self.account.policy.first_import is not FirstImport.UNDECIDED:
            return False
        self.rest(_LEASE_RETRY_SECONDS)
        return True

    def _waits_for_next_try(self) -> bool:
        """Back-off is kept in the database, so that a restart does not hammer a server that asked for a pause."""
        with self._desk.unit_of_work() as uow:
            health: AccountHealth = uow.accounts.health(self.account.id)
            now = uow.now()
        if health.next_try_at is None or health.next_try_at <= now:
            return False
        self.rest(min((health.next_try_at - now).total_seconds(), _LEASE_RETRY_SECONDS))
        return True

    def _reconcile(self) -> None:
        """Compare with the server once a day, so that silent loss shows (MB-31)."""
        if time.monotonic() < self._reconcile_at or self.stopping:
            return
        self._reconcile_at = time.monotonic() + _RECONCILE_AFTER_SECONDS
        found = self._desk.mailboxes.reconcile(self.account.id)
        if found.missing_count:
            _log.warning("mailbox %d: the server has %d mails more", self.account.id, found.missing_count)


class OutboxJob(Job):
    """Sends what is due, a second after it is due at the latest."""

    def __init__(self, desk: Desk, heartbeat: Heartbeat, stop: threading.Event, *, interval: float = 1.0) -> None:
        super().__init__(desk, heartbeat, "outbox", stop)
        self._interval = interval
        self._recover_at = 0.0

    def work(self, held: HeldLease) -> None:
        """Recover what a dead sender left, then send."""
        while not self.stopping and not held.lost:
            if time.monotonic() >= self._recover_at:
                self._recover_at = time.monotonic() + _RECOVER_SECONDS
                self._desk.outbox.recover_expired()
            self._desk.outbox.send_due(20)
            self.rest(self._interval)


class TimersJob(Job):
    """Wakes snoozed tickets, empties the trash, prepares bodies, tidies up."""

    def __init__(self, desk: Desk, heartbeat: Heartbeat, stop: threading.Event, *, interval: float = 5.0) -> None:
        super().__init__(desk, heartbeat, "timers", stop)
        self._interval = interval
        self._tidy_at = 0.0

    def work(self, held: HeldLease) -> None:
        """Do what is due."""
        while not self.stopping and not held.lost:
            self._desk.timers.wake_snoozed(held.lease)
            if time.monotonic() >= self._tidy_at:
                self._tidy_at = time.monotonic() + 60.0
                self._desk.timers.empty_trash(held.lease)
                self._desk.quarantine.expire_blocked(held.lease)
                self._desk.upkeep()
            self._desk.intake.process_pending(200)  # what a fetcher that died had stored
            prepared = self._desk.content.prepare_pending(_PREPARE_AT_ONCE)
            self.rest(0.2 if prepared >= _PREPARE_AT_ONCE else self._interval)
