"""Desk settings and leases in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from desk_app.domain.mailboxes.desk import DeskSettings


class SettingRepository(Protocol):
    """The desk's own settings."""

    def desk(self) -> DeskSettings:
        """Return the desk's settings, defaults where nothing is stored."""
        ...

    def save_desk(self, settings: DeskSettings) -> None:
        """Store the desk's settings."""
        ...

    def get(self, key: str, default: Any = None) -> Any:
        """Return one JSON value."""
        ...

    def set(self, key: str, value: Any) -> None:
        """Store one JSON value."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do a job. `epoch` grows with every new holder and fences off writes of an old one."""

    name: str
    holder: str
    epoch: int
    until_at: datetime
    host: str = ""
    pid: int = 0


class LeaseRepository(Protocol):
    """Who does a job, by the database's clock (database.md 3)."""

    def acquire(self, name: str, holder: str, ttl: timedelta, *, host: str = "", pid: int = 0) -> Lease | None:
        """Take or renew a lease; None while somebody else's is alive."""
        ...

    def holds(self, lease: Lease) -> bool:
        """Return whether a lease is still valid; called inside the transaction that writes the job's result."""
        ...

    def serialise(self, name: str) -> None:
        """Let only one transaction with this name go on at a time, until this one ends: a row lock where the database
        has several writers, nothing on SQLite. Needs no lease of that name."""
        ...

    def release(self, lease: Lease) -> None:
        """Give a lease back so that another process need not wait."""
        ...

    def all(self) -> list[Lease]:
        """Return every lease, for the system page."""
        ...
