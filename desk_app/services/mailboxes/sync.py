"""Fetching: one account from its cursor to the end of its mail."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from desk_app.domain.mailboxes.model import Account, AfterImport, FirstImport
from desk_app.plugin_api.channels import ChannelError, ChannelFault, ChannelSession, SecretError
from desk_app.services.mailboxes.health import ill, well
from desk_app.services.messages.intake import IntakeCounts, IntakeService, LeaseLostError, Taken
from desk_app.services.notifications.commands import tell_alarm
from desk_app.services.ports.channels import ChannelGoneError
from desk_app.services.ports.outside import Channels
from desk_app.services.ports.system import Lease
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory

BATCH = 200
LEASE_TTL = timedelta(seconds=30)
_ACKNOWLEDGE_AT_ONCE = 200
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What one fetch gave. `fault` is a ChannelFault value or "", `detail` says more; counts are mails."""

    fetched: int = 0
    created: int = 0
    joined: int = 0
    duplicates: int = 0
    quarantined: int = 0
    fault: str = ""
    detail: str = ""
    ignored: int = 0
    blocked: int = 0


@dataclass(slots=True)
class _Fetched:
    """What one walk from the cursor to the end gave."""

    account: Account | None = None
    counts: IntakeCounts = field(default_factory=IntakeCounts)
    mails: int = 0
    remaining: int = 0
    undecided: bool = False


def sync_lease(account_id: int) -> str:
    """Return the name of the lease that lets a process fetch an account."""
    return f"sync:{account_id}"


class SyncService:
    """Fetches accounts. `holder` names this process in leases; two threads of it never fetch one account together."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        intake: IntakeService,
        channels: Channels,
        *,
        holder: str,
        ttl: timedelta = LEASE_TTL,
    ) -> None:
        self._uow = uow
        self._intake = intake
        self._channels = channels
        self._holder = holder
        self._ttl = ttl
        self._locks: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)
        self._kept: dict[int, Lease] = {}

    def sync_all(self) -> dict[int, SyncResult]:
        """Fetch every enabled account that can fetch; the key is the account."""
        return {account.id: self.sync_once(account.id) for account in self.fetchable()}

    def fetchable(self) -> list[Account]:
        """Return the enabled accounts that mail is fetched from."""
        with self._uow() as uow:
            accounts = uow.accounts.all(include_disabled=False)
        return [account for account in accounts if self._channels.fetches(account)]

    def sync_once(self, account_id: int) -> SyncResult:
        """Fetch everything new of one account now ("get mail now", MB-07). Failures are in the result and in the
        account's health, never raised, except those of the database."""
        with self._uow() as uow:
            account = uow.accounts.get(account_id)
        if account is None:
            return SyncResult(fault=ChannelFault.REFUSED.value, detail="There is no such mailbox.")
        with self._locks[account_id]:
            kept = self._kept.get(account_id)
            lease = kept or self._acquire(account_id)
            if lease is None:
                return SyncResult(detail="Another process is fetching this mailbox.")
            try:
                with self.session(account) as session:
                    return self.run(account_id, session, lease)
            except ChannelError as error:
                self.note_failure(account_id, error)
                return SyncResult(fault=error.fault.value, detail=error.detail)
            except LeaseLostError:
                return SyncResult(detail="Another process took over.")
            finally:
                if kept is None:
                    self._release(lease)

    def keep(self, account_id: int, lease: Lease | None) -> None:
        """Tell that this process's worker holds an account's lease (None: no longer), so that "get mail now" neither
        waits for it nor gives it back."""
        if lease is None:
            self._kept.pop(account_id, None)
        else:
            self._kept[account_id] = lease

    @contextmanager
    def session(self, account: Account) -> Iterator[ChannelSession]:
        """Open a session and close it whatever happens. Raises ChannelError, also where the keychain fails."""
        try:
            session = self._channels.open(account)
            try:
                yield session
            finally:
                session.close()
        except SecretError as error:
            raise ChannelError(ChannelFault.SECRET, str(error)) from error

    def locked(self, account_id: int) -> threading.Lock:
        """Return the lock that keeps two threads of this process from fetching one account together."""
        return self._locks[account_id]

    def run(
        self, account_id: int, session: ChannelSession, lease: Lease, *, stopping: Callable[[], bool] = lambda: False
    ) -> SyncResult:
        """Fetch from the cursor to the end over an open session and note the account's health.

        Stops early when `stopping` says so or when the account was disabled meanwhile. Raises ChannelError and
        LeaseLostError. Renews `lease` after every batch.
        """
        fetched = self._fetch_all(account_id, session, lease, stopping)
        if fetched.undecided:
            return SyncResult(detail="Nothing is fetched until somebody chose what happens to the mail already there.")
        counts = fetched.counts
        counts += self._intake.process_pending(account_id=account_id)
        if fetched.account is not None:
            self._acknowledge(fetched.account, session)
        self._note_success(account_id, fetched.remaining)
        return SyncResult(
            fetched=fetched.mails,
            created=counts.created,
            joined=counts.joined,
            duplicates=counts.duplicates,
            quarantined=counts.quarantined,
            ignored=counts.ignored,
            blocked=counts.blocked,
        )

    def _fetch_all(
        self, account_id: int, session: ChannelSession, lease: Lease, stopping: Callable[[], bool]
    ) -> _Fetched:
        """Fetch to the end. One batch is fetched, stored and being read while the one before becomes messages."""
        found = _Fetched()
        ahead: Taken | None = None
        try:
            while True:
                with self._uow() as uow:
                    account = found.account = uow.accounts.get(account_id)
                    cursor = uow.accounts.cursor(account_id)
                    if uow.leases.acquire(lease.name, lease.holder, self._ttl) is None:
                        raise LeaseLostError(lease.name)
                    uow.commit()
                if account is None or not account.enabled or stopping():
                    return found
                if account.policy.first_import is FirstImport.UNDECIDED:
                    found.undecided = True
                    return found
                batch = session.fetch(cursor, limit=BATCH, max_bytes=account.policy.max_bytes)
                before, ahead = ahead, self._intake.store(account, batch, lease=lease)
                if before is not None:
                    found.counts += self._intake.place(before)
                found.mails += len(batch.messages)
                found.remaining = batch.remaining
                if batch.remaining == 0:
                    return found
        finally:
            if ahead is not None:
                found.counts += self._intake.place(ahead)

    def note_failure(self, account_id: int, error: ChannelError) -> None:
        """Write into the account's health what went wrong and when to try again. An account that is suspended is not
        ill."""
        if isinstance(error, ChannelGoneError):
            return
        _log.warning("fetching account %d failed: %s", account_id, error.fault.value)
        with self._uow() as uow:
            account, before = uow.accounts.get(account_id), uow.accounts.health(account_id)
            after = ill(before, uow.now(), error)
            uow.accounts.set_health(after)
            if account is not None and account.enabled:
                tell_alarm(uow, account, before, after)
            uow.changed("account", account_id)
            uow.commit()

    def _note_success(self, account_id: int, backlog: int) -> None:
        with self._uow() as uow:
            before = uow.accounts.health(account_id)
            uow.accounts.set_health(well(before, uow.now(), backlog=backlog, next_try_at=None))
            if before.fault or before.backlog != backlog:
                uow.changed("account", account_id)
            uow.commit()

    def _acknowledge(self, account: Account, session: ChannelSession) -> None:
        """Do on the server what the account asks for, for mail that is safely stored (MB-15). Repeating it does no
        harm, so a crash between the server's answer and the note costs nothing."""
        while True:
            with self._uow() as uow:
                rows = uow.inbound.unacknowledged(account.id, _ACKNOWLEDGE_AT_ONCE)
            if not rows:
                return
            for action in {row.after_import for row in rows}:
                keys = [row.source_key for row in rows if row.after_import is action]
                if action is not AfterImport.KEEP:
                    session.acknowledge(keys, action, account.policy.after_import_target)
            with self._uow() as uow:
                uow.inbound.acknowledge([row.id for row in rows])
                uow.commit()

    def _acquire(self, account_id: int) -> Lease | None:
        with self._uow() as uow:
            lease = uow.leases.acquire(sync_lease(account_id), self._holder, self._ttl)
            uow.commit()
        return lease

    def _release(self, lease: Lease) -> None:
        with self._uow() as uow:
            uow.leases.release(lease)
            uow.commit()
