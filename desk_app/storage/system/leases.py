"""Leases: who does a job, by the database's clock (database.md 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Interval, bindparam, func, literal, or_, select, update

from desk_app.services.ports.system import Lease
from desk_app.storage.schema.base import Instant
from desk_app.storage.schema.system import lease
from desk_app.storage.upsert import insert_new

if TYPE_CHECKING:
    from sqlalchemy import Row

    from desk_app.storage.transaction import Transaction

_PAST = datetime(1970, 1, 1, tzinfo=UTC)


class SqlLeaseRepository:
    """Leases in the database; see the port.

    Every comparison with the time is made by the statement that writes, on PostgreSQL with the server's clock.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def acquire(self, name: str, holder: str, ttl: timedelta, *, host: str = "", pid: int = 0) -> Lease | None:
        """Take or renew a lease; None while somebody else's is alive. A new holder gets a new epoch."""
        self._ensure(name)
        now = self._clock()
        renewed = (
            update(lease)
            .where(lease.c.name == name, lease.c.holder == holder, lease.c.until_at > now)
            .values(until_at=self._later(ttl), renewed_at=now)
            .returning(lease)
        )
        row = self._t.connection.execute(renewed).first()
        if row is None:
            taken = (
                update(lease)
                .where(lease.c.name == name, or_(lease.c.until_at <= now, lease.c.holder == ""))
                .values(
                    holder=holder,
                    host=host,
                    pid=pid,
                    epoch=lease.c.epoch + 1,
                    until_at=self._later(ttl),
                    renewed_at=now,
                )
                .returning(lease)
            )
            row = self._t.connection.execute(taken).first()
        return None if row is None else _lease(row)

    def holds(self, lease: Lease) -> bool:
        """Return whether a lease is still valid, and lock its row so that nobody takes it before this transaction
        ends."""
        return _holds(self._t, lease, self._clock())

    def serialise(self, name: str) -> None:
        """Let only one transaction with this name go on at a time, until this one ends."""
        connection = self._t.connection  # on SQLite this begins the transaction, which keeps every other writer out
        if not self._t.postgresql:
            return
        self._ensure(f"only:{name}")
        connection.execute(select(lease.c.name).where(lease.c.name == f"only:{name}").with_for_update())

    def release(self, lease: Lease) -> None:
        """Give a lease back so that another process need not wait."""
        _release(self._t, lease, self._clock())

    def all(self) -> list[Lease]:
        """Return every lease that somebody held, for the system page."""
        rows = self._t.connection.execute(select(lease).where(lease.c.epoch > 0).order_by(lease.c.name))
        return [_lease(row) for row in rows]

    def _ensure(self, name: str) -> None:
        if self._t.connection.execute(select(lease.c.name).where(lease.c.name == name)).first() is None:
            self._t.connection.execute(
                insert_new(self._t, lease, keys=("name",)),
                {"name": name, "until_at": _PAST, "renewed_at": _PAST, "epoch": 0},
            )

    def _clock(self) -> ColumnElement[Any]:
        if self._t.postgresql:
            return func.clock_timestamp(type_=Instant())
        return literal(self._t.now(), Instant())

    def _later(self, ttl: timedelta) -> ColumnElement[Any]:
        if self._t.postgresql:
            return func.clock_timestamp(type_=Instant()).op("+")(bindparam("ttl", ttl, Interval()))
        return literal(self._t.now() + ttl, Instant())


def _holds(transaction: Transaction, held: Lease, now: ColumnElement[Any]) -> bool:
    statement = (
        select(lease.c.name)
        .where(
            lease.c.name == held.name,
            lease.c.holder == held.holder,
            lease.c.epoch == held.epoch,
            lease.c.until_at > now,
        )
        .with_for_update()
    )
    return transaction.connection.execute(statement).first() is not None


def _release(transaction: Transaction, held: Lease, now: ColumnElement[Any]) -> None:
    transaction.connection.execute(
        update(lease)
        .where(lease.c.name == held.name, lease.c.holder == held.holder, lease.c.epoch == held.epoch)
        .values(until_at=now, holder="")
    )


def _lease(row: Row[Any]) -> Lease:
    return Lease(row.name, row.holder, row.epoch, row.until_at, row.host, row.pid)
