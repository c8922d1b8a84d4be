"""Keeps the claim on a mail alive while a slow server takes it (docs/decisions/055-short-claims.md)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from desk_app.services.faults import where
from desk_app.services.ports.errors import StorageError
from desk_app.services.ports.sync import OutboxItem
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory

LONGEST = timedelta(minutes=30)  # no exchange takes longer (session_limits.py); a thread that hangs lets its claim go
_log = logging.getLogger(__name__)


@contextmanager
def kept(uow: UnitOfWorkFactory, item: OutboxItem, claim: timedelta) -> Iterator[None]:
    """Renew the claim on `item` three times a span until the block ends, from a thread of its own.

    A process that dies stops renewing, so its mail shows as unclear after one span; one that was frozen finds its
    claim lost and cannot write its outcome any more.
    """
    done = threading.Event()
    name = f"desk-claim-{item.id}"
    keeper = threading.Thread(target=_keep, args=(uow, item, claim, done), name=name, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join(timeout=5.0)


def _keep(uow: UnitOfWorkFactory, item: OutboxItem, claim: timedelta, done: threading.Event) -> None:
    end = time.monotonic() + LONGEST.total_seconds()
    while not done.wait(max(claim.total_seconds() / 3, 0.05)) and time.monotonic() < end:
        try:
            with uow() as transaction:
                alive = transaction.outbox.renew(item, claim)
                transaction.commit()
        except StorageError as error:
            _log.warning("the claim on mail %d was not renewed: %s", item.id, where(error))
            continue
        if not alive:
            return
