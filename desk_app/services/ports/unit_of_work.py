"""One transaction."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from desk_app.services.ports.bulk import BulkRepository
    from desk_app.services.ports.contacts import (
        ContactEventRepository,
        ContactRepository,
        OrganizationRepository,
        SenderBlockRepository,
    )
    from desk_app.services.ports.drafts import DraftRepository
    from desk_app.services.ports.image_permissions import ImagePermissionRepository
    from desk_app.services.ports.links import LinkRepository, WatcherRepository
    from desk_app.services.ports.messages import BlobStore, MessageRepository, SearchIndex
    from desk_app.services.ports.notifications import NotificationRepository
    from desk_app.services.ports.people import ChoiceRepository, PeopleRepository
    from desk_app.services.ports.plugins import EventLog, Pictures, PluginRepository
    from desk_app.services.ports.privacy import PrivacyRepository
    from desk_app.services.ports.side_conversations import SideConversationRepository
    from desk_app.services.ports.sync import AccountRepository, InboundRepository, OutboxRepository
    from desk_app.services.ports.system import LeaseRepository, SettingRepository
    from desk_app.services.ports.tags import TagRepository
    from desk_app.services.ports.tickets import TicketRepository
    from desk_app.services.ports.views import ViewRepository
    from desk_app.services.ports.writing import CannedRepository, SignatureRepository


class UnitOfWork(Protocol):
    """A writing transaction with its repositories. Leaving the `with` block without `commit` rolls everything back.

    On SQLite it begins IMMEDIATE, so that only one writer works at a time. Changes that other desktops must see are
    noted with `changed` and land in `change_log` in the same transaction.
    """

    @property
    def tickets(self) -> TicketRepository:
        """Tickets and their history."""
        ...

    @property
    def tags(self) -> TagRepository:
        """Tags."""
        ...

    @property
    def messages(self) -> MessageRepository:
        """Messages."""
        ...

    @property
    def contacts(self) -> ContactRepository:
        """Customers."""
        ...

    @property
    def contact_events(self) -> ContactEventRepository:
        """What happened to customers."""
        ...

    @property
    def organizations(self) -> OrganizationRepository:
        """Organizations."""
        ...

    @property
    def sender_blocks(self) -> SenderBlockRepository:
        """Blocked senders."""
        ...

    @property
    def privacy(self) -> PrivacyRepository:
        """What has to be erased with a person."""
        ...

    @property
    def people(self) -> PeopleRepository:
        """Agents and departments."""
        ...

    @property
    def choices(self) -> ChoiceRepository:
        """What agents chose."""
        ...

    @property
    def accounts(self) -> AccountRepository:
        """Mailboxes."""
        ...

    @property
    def inbound(self) -> InboundRepository:
        """The ledger of mail that came in."""
        ...

    @property
    def outbox(self) -> OutboxRepository:
        """Mail on its way out."""
        ...

    @property
    def blobs(self) -> BlobStore:
        """Bytes of messages and files."""
        ...

    @property
    def search(self) -> SearchIndex:
        """The search index."""
        ...

    @property
    def settings(self) -> SettingRepository:
        """Settings of the desk."""
        ...

    @property
    def leases(self) -> LeaseRepository:
        """Which process does what."""
        ...

    @property
    def drafts(self) -> DraftRepository:
        """Answers half written."""
        ...

    @property
    def canned(self) -> CannedRepository:
        """Canned responses."""
        ...

    @property
    def signatures(self) -> SignatureRepository:
        """Signatures."""
        ...

    @property
    def side_conversations(self) -> SideConversationRepository:
        """Mail with third parties."""
        ...

    @property
    def views(self) -> ViewRepository:
        """Saved views."""
        ...

    @property
    def bulk(self) -> BulkRepository:
        """Changes of many tickets."""
        ...

    @property
    def notifications(self) -> NotificationRepository:
        """What agents are told."""
        ...

    @property
    def links(self) -> LinkRepository:
        """How tickets belong together."""
        ...

    @property
    def watchers(self) -> WatcherRepository:
        """Who follows a ticket."""
        ...

    @property
    def image_permissions(self) -> ImagePermissionRepository:
        """Whose pictures may be fetched."""
        ...

    @property
    def plugins(self) -> PluginRepository:
        """What the desk knows of its plugins."""
        ...

    @property
    def event_log(self) -> EventLog:
        """The history as plugins are told of it."""
        ...

    @property
    def pictures(self) -> Pictures:
        """What plugins are shown of the desk."""
        ...

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
