"""Keeps the leases of this process alive while its threads work (database.md 3: TTL 30 s, renewed every 10 s)."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from desk_app.services.faults import where
from desk_app.services.mailboxes.sync import LEASE_TTL
from desk_app.services.ports.errors import StorageError
from desk_app.services.ports.system import Lease
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class HeldLease:
    """A lease this process holds; `lost` is set when somebody else has it."""

    lease: Lease
    lost: bool = False


class Heartbeat:
    """Takes leases and renews them from a thread of its own, so that a job may wait for a network meanwhile.

    A process that was frozen or cut off from the database finds its leases lost; what it then writes is fenced off by
    the epoch check inside each result's transaction.
    """

    def __init__(self, uow: UnitOfWorkFactory, holder: str, *, ttl: timedelta = LEASE_TTL) -> None:
        self._uow = uow
        self._holder = holder
        self._ttl = ttl
        self._held: dict[str, HeldLease] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """Stop renewing and give every lease back, so that nobody need wait for it to run out."""
        self._stop.set()
        self._thread.join(timeout=1.0)
        with self._lock:
            held, self._held = list(self._held.values()), {}
        try:
            with self._uow() as uow:
                for one in held:
                    uow.leases.release(one.lease)
                uow.commit()
        except StorageError as error:
            _log.warning("the leases run out by themselves: %s", where(error))

    def take(self, name: str) -> HeldLease | None:
        """Return a lease, None while somebody else holds it. Raises StorageError."""
        return self.take_all([name]).get(name)

    def take_all(self, names: Sequence[str]) -> Mapping[str, HeldLease]:
        """Return those of several leases that nobody else holds, by name, taken in one transaction. Raises
        StorageError."""
        with self._lock:
            found = {name: held for name in names if (held := self._held.get(name)) is not None and not held.lost}
        missing = sorted(set(names) - set(found))  # in one order everywhere, or two programs wait for each other
        if not missing:
            return found
        host, pid = socket.gethostname(), os.getpid()
        with self._uow() as uow:
            acquire = uow.leases.acquire
            taken = {name: acquire(name, self._holder, self._ttl, host=host, pid=pid) for name in missing}
            uow.commit()
        fresh = {name: HeldLease(lease) for name, lease in taken.items() if lease is not None}
        with self._lock:
            self._held.update(fresh)
        for name, held in fresh.items():
            _log.info("this process does the job %s (epoch %d)", name, held.lease.epoch)
        return found | fresh

    def give_back(self, name: str) -> None:
        """Give a lease back. Raises StorageError."""
        with self._lock:
            held = self._held.pop(name, None)
        if held is not None and not held.lost:
            with self._uow() as uow:
                uow.leases.release(held.lease)
                uow.commit()

    def forget(self, name: str) -> None:
        """Note that a job found its lease lost."""
        with self._lock:
            held = self._held.pop(name, None)
        if held is not None:
            held.lost = True

    def _run(self) -> None:
        while not self._stop.wait(self._ttl.total_seconds() / 3):
            try:
                self._renew()
            except Exception as error:  # noqa: BLE001 -- a thread that ends renews nothing any more
                _log.warning("no lease was renewed: %s", where(error))

    def _renew(self) -> None:
        """Renew every lease in one transaction, however many there are."""
        with self._lock:
            held = dict(sorted(self._held.items()))  # in one order everywhere, as above
        if not held:
            return
        with self._uow() as uow:
            leases = {name: uow.leases.acquire(name, self._holder, self._ttl) for name in held}
            uow.commit()
        lost = {name: lease for name, lease in leases.items() if lease is None or lease.epoch != held[name].lease.epoch}
        if not lost:
            return
        for name in lost:
            # a new epoch means that the old one ran out meanwhile: whatever is under way must not write with it
            _log.warning("the lease %s was lost", name)
            self.forget(name)
        with self._uow() as uow:
            for lease in lost.values():
                if lease is not None:
                    uow.leases.release(lease)
            uow.commit()
