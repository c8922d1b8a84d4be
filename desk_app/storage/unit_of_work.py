"""The unit of work: one transaction with every repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk_app.storage.contacts.repository import SqlContactRepository
from desk_app.storage.mailboxes.accounts import SqlAccountRepository
from desk_app.storage.mailboxes.inbound import SqlInboundRepository
from desk_app.storage.mailboxes.outbox import SqlOutboxRepository
from desk_app.storage.messages.blobs import SqlBlobStore
from desk_app.storage.messages.drafts import SqlDraftRepository
from desk_app.storage.messages.repository import SqlMessageRepository
from desk_app.storage.people.repository import SqlPeopleRepository
from desk_app.storage.search.index import SqlSearchIndex
from desk_app.storage.system.leases import SqlLeaseRepository
from desk_app.storage.system.settings import SqlSettingRepository
from desk_app.storage.tickets.repository import SqlTicketRepository
from desk_app.storage.transaction import Transaction

if TYPE_CHECKING:
    from desk_app.services.ports.contacts import ContactRepository
    from desk_app.services.ports.drafts import DraftRepository
    from desk_app.services.ports.messages import BlobStore, MessageRepository, SearchIndex
    from desk_app.services.ports.people import PeopleRepository
    from desk_app.services.ports.sync import AccountRepository, InboundRepository, OutboxRepository
    from desk_app.services.ports.system import LeaseRepository, SettingRepository
    from desk_app.services.ports.tickets import TicketRepository
    from desk_app.storage.engine.connections import Connections


class SqlUnitOfWork(Transaction):
    """A writing transaction with its repositories; see the port."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(connections)
        self.tickets: TicketRepository = SqlTicketRepository(self)
        self.messages: MessageRepository = SqlMessageRepository(self)
        self.contacts: ContactRepository = SqlContactRepository(self)
        self.people: PeopleRepository = SqlPeopleRepository(self)
        self.accounts: AccountRepository = SqlAccountRepository(self)
        self.inbound: InboundRepository = SqlInboundRepository(self)
        self.outbox: OutboxRepository = SqlOutboxRepository(self)
        self.blobs: BlobStore = SqlBlobStore(self)
        self.search: SearchIndex = SqlSearchIndex(self)
        self.settings: SettingRepository = SqlSettingRepository(self)
        self.leases: LeaseRepository = SqlLeaseRepository(self)
        self.drafts: DraftRepository = SqlDraftRepository(self)
