"""One transaction."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from desk_app.services.ports.contacts import ContactRepository
from desk_app.services.ports.drafts import DraftRepository
from desk_app.services.ports.messages import BlobStore, MessageRepository, SearchIndex
from desk_app.services.ports.people import PeopleRepository
from desk_app.services.ports.sync import AccountRepository, InboundRepository, OutboxRepository
from desk_app.services.ports.system import LeaseRepository, SettingRepository
from desk_app.services.ports.tickets import TicketRepository


class UnitOfWork(Protocol):
    """A writing transaction with its repositories. Leaving the `with` block without `commit` rolls everything back.

    On SQLite it begins IMMEDIATE, so that only one writer works at a time. Changes that other desktops must see are
    noted with `changed` and land in `change_log` in the same transaction.
    """

    tickets: TicketRepository
    messages: MessageRepository
    contacts: ContactRepository
    people: PeopleRepository
    accounts: AccountRepository
    inbound: InboundRepository
    outbox: OutboxRepository
    blobs: BlobStore
    search: SearchIndex
    settings: SettingRepository
    leases: LeaseRepository
    drafts: DraftRepository

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def commit(self) -> None:
        """Make everything since the last commit permanent; the unit of work can go on in a new transaction."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """Open a savepoint: an exception inside rolls back to it and goes on to the caller."""
        ...

    def batch(self) -> AbstractContextManager[None]:
        """Open a savepoint in which rows may be held back and written together.

        Everybody who reads inside sees them all the same; a conflict may be told as late as at the end of the block.
        """
        ...

    def changed(self, entity: str, entity_id: int, op: str = "update", department_id: int | None = None) -> None:
        """Note a change for the change feed; several notes of one entity are folded together."""
        ...

    def now(self) -> datetime:
        """Return the database's own time (leases, undo windows and due rows use no other clock)."""
        ...


class UnitOfWorkFactory(Protocol):
    """Opens units of work; safe to call from any thread."""

    def __call__(self) -> UnitOfWork:
        """Return a new unit of work."""
        ...


class StaleTicketError(Exception):
    """Somebody else changed the ticket since it was read; read it again and repeat or ask."""
