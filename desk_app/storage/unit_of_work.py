"""The unit of work: one transaction with every repository, each built and loaded when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk_app.services.first_use import on_first_use
from desk_app.storage.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desk_app.domain.tickets.model import TicketEvent
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
    from desk_app.storage.engine.connections import Connections


class SqlUnitOfWork(Transaction):
    """A writing transaction with its repositories; see the port."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(connections)
        self.on_events = self._tell

    def _tell(self, events: Sequence[TicketEvent]) -> None:
        from desk_app.storage.notifications.telling import Telling

        Telling(self).write(events)

    @on_first_use
    def tickets(self) -> TicketRepository:
        """Tickets and their history."""
        from desk_app.storage.tickets.repository import SqlTicketRepository

        return SqlTicketRepository(self)

    @on_first_use
    def tags(self) -> TagRepository:
        """Tags."""
        from desk_app.storage.tickets.tags import SqlTagRepository

        return SqlTagRepository(self)

    @on_first_use
    def messages(self) -> MessageRepository:
        """Messages."""
        from desk_app.storage.messages.repository import SqlMessageRepository

        return SqlMessageRepository(self)

    @on_first_use
    def contacts(self) -> ContactRepository:
        """Customers."""
        from desk_app.storage.contacts.repository import SqlContactRepository

        return SqlContactRepository(self)

    @on_first_use
    def contact_events(self) -> ContactEventRepository:
        """What happened to customers."""
        from desk_app.storage.contacts.events import SqlContactEventRepository

        return SqlContactEventRepository(self)

    @on_first_use
    def organizations(self) -> OrganizationRepository:
        """Organizations."""
        from desk_app.storage.contacts.organizations import SqlOrganizationRepository

        return SqlOrganizationRepository(self)

    @on_first_use
    def sender_blocks(self) -> SenderBlockRepository:
        """Blocked senders."""
        from desk_app.storage.contacts.blocks import SqlSenderBlockRepository

        return SqlSenderBlockRepository(self)

    @on_first_use
    def privacy(self) -> PrivacyRepository:
        """What has to be erased with a person."""
        from desk_app.storage.contacts.privacy import SqlPrivacyRepository

        return SqlPrivacyRepository(self)

    @on_first_use
    def people(self) -> PeopleRepository:
        """Agents and departments."""
        from desk_app.storage.people.repository import SqlPeopleRepository

        return SqlPeopleRepository(self)

    @on_first_use
    def choices(self) -> ChoiceRepository:
        """What agents chose."""
        from desk_app.storage.people.choices import SqlChoiceRepository

        return SqlChoiceRepository(self)

    @on_first_use
    def accounts(self) -> AccountRepository:
        """Mailboxes."""
        from desk_app.storage.mailboxes.accounts import SqlAccountRepository

        return SqlAccountRepository(self)

    @on_first_use
    def inbound(self) -> InboundRepository:
        """The ledger of mail that came in."""
        from desk_app.storage.mailboxes.inbound import SqlInboundRepository

        return SqlInboundRepository(self)

    @on_first_use
    def outbox(self) -> OutboxRepository:
        """Mail on its way out."""
        from desk_app.storage.mailboxes.outbox import SqlOutboxRepository

        return SqlOutboxRepository(self)

    @on_first_use
    def blobs(self) -> BlobStore:
        """Bytes of messages and files."""
        from desk_app.storage.messages.blobs import SqlBlobStore

        return SqlBlobStore(self)

    @on_first_use
    def search(self) -> SearchIndex:
        """The search index."""
        from desk_app.storage.search.index import SqlSearchIndex

        return SqlSearchIndex(self)

    @on_first_use
    def settings(self) -> SettingRepository:
        """Settings of the desk."""
        from desk_app.storage.system.settings import SqlSettingRepository

        return SqlSettingRepository(self)

    @on_first_use
    def leases(self) -> LeaseRepository:
        """Which process does what."""
        from desk_app.storage.system.leases import SqlLeaseRepository

        return SqlLeaseRepository(self)

    @on_first_use
    def notifications(self) -> NotificationRepository:
        """What agents are told."""
        from desk_app.storage.notifications.repository import SqlNotificationRepository

        return SqlNotificationRepository(self)

    @on_first_use
    def drafts(self) -> DraftRepository:
        """Answers half written."""
        from desk_app.storage.messages.drafts import SqlDraftRepository

        return SqlDraftRepository(self)

    @on_first_use
    def canned(self) -> CannedRepository:
        """Canned responses."""
        from desk_app.storage.messages.canned import SqlCannedRepository

        return SqlCannedRepository(self)

    @on_first_use
    def signatures(self) -> SignatureRepository:
        """Signatures."""
        from desk_app.storage.messages.signatures import SqlSignatureRepository

        return SqlSignatureRepository(self)

    @on_first_use
    def side_conversations(self) -> SideConversationRepository:
        """Mail with third parties."""
        from desk_app.storage.messages.side_conversations import SqlSideConversationRepository

        return SqlSideConversationRepository(self)

    @on_first_use
    def views(self) -> ViewRepository:
        """Saved views."""
        from desk_app.storage.views.repository import SqlViewRepository

        return SqlViewRepository(self)

    @on_first_use
    def bulk(self) -> BulkRepository:
        """Changes of many tickets."""
        from desk_app.storage.tickets.bulk import SqlBulkRepository

        return SqlBulkRepository(self)

    @on_first_use
    def links(self) -> LinkRepository:
        """How tickets belong together."""
        from desk_app.storage.tickets.links import SqlLinkRepository

        return SqlLinkRepository(self)

    @on_first_use
    def watchers(self) -> WatcherRepository:
        """Who follows a ticket."""
        from desk_app.storage.tickets.links import SqlWatcherRepository

        return SqlWatcherRepository(self)

    @on_first_use
    def image_permissions(self) -> ImagePermissionRepository:
        """Whose pictures may be fetched."""
        from desk_app.storage.messages.image_permissions import SqlImagePermissionRepository

        return SqlImagePermissionRepository(self)

    @on_first_use
    def plugins(self) -> PluginRepository:
        """What the desk knows of its plugins."""
        from desk_app.storage.plugins.repository import SqlPluginRepository

        return SqlPluginRepository(self)

    @on_first_use
    def event_log(self) -> EventLog:
        """The history as plugins are told of it."""
        from desk_app.storage.plugins.event_log import SqlEventLog

        return SqlEventLog(self)

    @on_first_use
    def pictures(self) -> Pictures:
        """What plugins are shown of the desk."""
        from desk_app.storage.plugins.pictures import SqlPictures

        return SqlPictures(lambda work: work(self.connection))
