"""Everything a front end may use, in one value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk_app.services.first_use import on_first_use

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk_app.services.contacts.blocking import BlockService
    from desk_app.services.contacts.commands import ContactService
    from desk_app.services.contacts.export import ExportService
    from desk_app.services.contacts.merging import ContactMergeService
    from desk_app.services.contacts.organizations import OrganizationService
    from desk_app.services.contacts.privacy import PrivacyService
    from desk_app.services.contacts.reply_address import ReplyAddressService
    from desk_app.services.contacts.settings import ContactSettingsService
    from desk_app.services.mailboxes.accounts import MailboxService
    from desk_app.services.mailboxes.outbox import OutboxService
    from desk_app.services.mailboxes.quarantine import QuarantineService
    from desk_app.services.mailboxes.sign_in import SignInService
    from desk_app.services.mailboxes.sync import SyncService
    from desk_app.services.messages.answers import AutoAnswers
    from desk_app.services.messages.canned import CannedService
    from desk_app.services.messages.contents import ContentService
    from desk_app.services.messages.dispatch import Dispatcher
    from desk_app.services.messages.drafts import DraftService
    from desk_app.services.messages.file_import import FileImportService
    from desk_app.services.messages.image_permissions import ImagePermissionService
    from desk_app.services.messages.intake import IntakeService
    from desk_app.services.messages.new_tickets import NewTicketService
    from desk_app.services.messages.replies import ReplyService
    from desk_app.services.messages.shown import ShownContent
    from desk_app.services.messages.side_conversations import SideConversationService
    from desk_app.services.messages.signatures import SignatureService
    from desk_app.services.notifications.commands import NotificationService
    from desk_app.services.people.agents import PeopleService
    from desk_app.services.people.choices import ChoiceService
    from desk_app.services.plugins.administration import PluginAdministration
    from desk_app.services.plugins.commands import PluginCommands
    from desk_app.services.plugins.copying import PluginCopies
    from desk_app.services.plugins.events import EventPump
    from desk_app.services.plugins.keeping import PluginKeeping
    from desk_app.services.plugins.loops import Chains
    from desk_app.services.plugins.placeholders import PluginPlaceholders
    from desk_app.services.plugins.present import Present
    from desk_app.services.plugins.signers import PluginSigners
    from desk_app.services.ports.desk import Circumstances, DeskOutside, DeskStore
    from desk_app.services.ports.hooks import Hooks
    from desk_app.services.ports.plugin_switching import PluginHosting
    from desk_app.services.ports.plugins import Pictures, PluginControl
    from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
    from desk_app.services.ports.writing import WritingQueries
    from desk_app.services.queries.changes import ChangeFeed
    from desk_app.services.queries.contacts import ContactQueries
    from desk_app.services.queries.conversation import ConversationQueries
    from desk_app.services.queries.facts import FactQueries
    from desk_app.services.queries.tickets import TicketQueries
    from desk_app.services.settings import SettingsService
    from desk_app.services.system.backups import BackupService
    from desk_app.services.system.first_steps import FirstSteps
    from desk_app.services.system.samples import SampleService
    from desk_app.services.system.service import SystemService
    from desk_app.services.tickets.bulk import BulkService
    from desk_app.services.tickets.commands import TicketService
    from desk_app.services.tickets.links import LinkService
    from desk_app.services.tickets.message_moves import MessageMoveService
    from desk_app.services.tickets.tags import TagService
    from desk_app.services.timers import TimerService
    from desk_app.services.views.service import ViewService


class Desk:
    """What a composition root builds; window and command line get this and nothing else.

    `changes` opens a feed for one consumer thread. `holder` names this process in leases. Every service is built, and
    its code loaded, when it is first asked for (`on_first_use`).
    """

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, store: DeskStore, outside: DeskOutside, settled: Circumstances
    ) -> None:
        self.unit_of_work = unit_of_work
        self.holder = settled.holder
        self.changes: Callable[[], ChangeFeed] = store.change_feed
        self.close = outside.close
        self._store, self._outside, self._settled = store, outside, settled

    def _asking(self) -> UnitOfWork:
        """Open a transaction in which it shows whether plugins are to be asked."""
        self.hooks.await_plugins()
        return self.unit_of_work()

    @classmethod
    def parts(cls) -> tuple[str, ...]:
        """Return the names of all services and queries."""
        return tuple(name for name, part in vars(cls).items() if isinstance(part, on_first_use) and name[0] != "_")

    def upkeep(self) -> None:
        """Let the storage tidy up and copy itself; called now and then by whoever holds the timers."""
        self._store.tidy()
        self.backups.daily()

    # -- read models ------------------------------------------------------------------------------------------------
    @on_first_use
    def ticket_queries(self) -> TicketQueries:
        """Lists, rows and counters."""
        return self._store.ticket_queries

    @on_first_use
    def conversations(self) -> ConversationQueries:
        """What a ticket view shows."""
        return self._store.conversations

    @on_first_use
    def contact_queries(self) -> ContactQueries:
        """Customers and organizations."""
        return self._store.contact_queries

    @on_first_use
    def writing(self) -> WritingQueries:
        """What is offered while an answer is written."""
        return self._store.writing

    @on_first_use
    def facts(self) -> FactQueries:
        """What every screen needs."""
        from desk_app.services.queries.facts import FactQueries

        return FactQueries(self.unit_of_work, self.ticket_queries.statuses, lambda: self._outside.channels)

    # -- tickets ------------------------------------------------------------------------------------------------------
    @on_first_use
    def tickets(self) -> TicketService:
        """Commands on tickets."""
        from desk_app.services.tickets.commands import TicketService

        return TicketService(self._asking, hooks=self.hooks)

    @on_first_use
    def message_moves(self) -> MessageMoveService:
        """Moving messages from ticket to ticket."""
        from desk_app.services.tickets.message_moves import MessageMoveService

        return MessageMoveService(self._asking, self.hooks)

    @on_first_use
    def tags(self) -> TagService:
        """Names and colours of tags."""
        from desk_app.services.tickets.tags import TagService

        return TagService(self.unit_of_work, lambda: self.tickets)

    @on_first_use
    def bulk(self) -> BulkService:
        """Changes of many tickets as one job."""
        from desk_app.services.tickets.bulk import BulkService

        return BulkService(self._asking, self.tickets, self.ticket_queries)

    @on_first_use
    def links(self) -> LinkService:
        """How tickets belong together."""
        from desk_app.services.tickets.links import LinkService

        return LinkService(self.unit_of_work)

    @on_first_use
    def views(self) -> ViewService:
        """Saved views."""
        from desk_app.services.views.service import ViewService

        return ViewService(self.unit_of_work)

    @on_first_use
    def timers(self) -> TimerService:
        """What becomes due by itself."""
        from desk_app.services.timers import TimerService

        return TimerService(self.unit_of_work)

    # -- messages -----------------------------------------------------------------------------------------------------
    @on_first_use
    def replies(self) -> ReplyService:
        """Writing to customers."""
        from desk_app.services.messages.replies import ReplyService

        out = self._outside
        return ReplyService(
            self._asking, self._dispatcher, out.reader, out.pipeline, out.channels, out.reply_keys, self.hooks
        )

    @on_first_use
    def new_tickets(self) -> NewTicketService:
        """Tickets opened by hand."""
        from desk_app.services.messages.new_tickets import NewTicketService

        out = self._outside
        return NewTicketService(self._asking, self._dispatcher, out.pipeline, out.reply_keys)

    @on_first_use
    def _dispatcher(self) -> Dispatcher:
        from desk_app.services.messages.dispatch import Dispatcher

        out = self._outside
        return Dispatcher(out.builder, out.pipeline, out.channels, self.hooks, self._placeholders)

    @on_first_use
    def _placeholders(self) -> PluginPlaceholders:
        from desk_app.services.plugins.placeholders import PluginPlaceholders

        return PluginPlaceholders(self.hooks, lambda: self.plugins)

    @on_first_use
    def side_conversations(self) -> SideConversationService:
        """Mail with third parties about a ticket."""
        from desk_app.services.messages.side_conversations import SideConversationService

        out = self._outside
        return SideConversationService(self._asking, self._dispatcher, out.channels, out.reply_keys, self.hooks)

    @on_first_use
    def auto_answers(self) -> AutoAnswers:
        """What is answered by itself."""
        from desk_app.services.messages.answers import AutoAnswers

        out = self._outside
        return AutoAnswers(self.unit_of_work, self._dispatcher, out.reader, out.reply_keys)

    @on_first_use
    def drafts(self) -> DraftService:
        """Answers half written."""
        from desk_app.services.messages.drafts import DraftService

        return DraftService(self.unit_of_work, self._store.drafts)

    @on_first_use
    def canned(self) -> CannedService:
        """Canned responses."""
        from desk_app.services.messages.canned import CannedService

        return CannedService(self.unit_of_work, self.writing, self._placeholders)

    @on_first_use
    def signatures(self) -> SignatureService:
        """Signatures."""
        from desk_app.services.messages.signatures import SignatureService

        return SignatureService(self._asking, self._dispatcher.checks)

    @on_first_use
    def content(self) -> ContentService:
        """What of a message is shown."""
        from desk_app.services.messages.contents import ContentService

        out = self._outside
        return ContentService(self.unit_of_work, out.reader, out.pipeline)

    @on_first_use
    def shown(self) -> ShownContent:
        """Conversations as plugins want them to be seen."""
        from desk_app.services.messages.shown import ShownContent

        out = self._outside
        return ShownContent(self.unit_of_work, self.conversations, out.reader, out.pipeline, self.hooks)

    @on_first_use
    def image_permissions(self) -> ImagePermissionService:
        """Whose pictures may be fetched."""
        from desk_app.services.messages.image_permissions import ImagePermissionService

        return ImagePermissionService(self.unit_of_work)

    @on_first_use
    def intake(self) -> IntakeService:
        """Mail that comes in."""
        from desk_app.services.messages.incoming import IncomingChecks
        from desk_app.services.messages.intake import IntakeService

        out = self._outside
        return IntakeService(self._asking, out.reader, out.reply_keys, IncomingChecks(self.hooks, out.pipeline))

    @on_first_use
    def file_import(self) -> FileImportService:
        """Mail out of files."""
        from desk_app.services.messages.file_import import FileImportService

        return FileImportService(self.unit_of_work, self.intake, self.message_moves, self._outside.reader)

    # -- mailboxes ----------------------------------------------------------------------------------------------------
    @on_first_use
    def mailboxes(self) -> MailboxService:
        """Mailboxes and how they fare."""
        from desk_app.services.mailboxes.accounts import MailboxService

        return MailboxService(self.unit_of_work, self._outside.channels, lambda: self.intake)

    @on_first_use
    def sign_in(self) -> SignInService:
        """Signing in at a mail provider."""
        from desk_app.services.mailboxes.sign_in import SignInService

        return SignInService(self.unit_of_work, self._outside.channels, self._settled.unlock)

    @on_first_use
    def sync(self) -> SyncService:
        """Fetching mail."""
        from desk_app.services.mailboxes.sync import LEASE_TTL, SyncService

        ttl = self._settled.lease_ttl or LEASE_TTL
        return SyncService(self.unit_of_work, self.intake, self._outside.channels, holder=self.holder, ttl=ttl)

    @on_first_use
    def outbox(self) -> OutboxService:
        """Sending mail."""
        from desk_app.services.mailboxes.outbox import CLAIM, OutboxService

        claim = self._settled.claim or CLAIM
        return OutboxService(self._asking, self._outside.channels, holder=self.holder, claim=claim, hooks=self.hooks)

    @on_first_use
    def quarantine(self) -> QuarantineService:
        """Mail that could not be read."""
        from desk_app.services.mailboxes.quarantine import QuarantineService

        return QuarantineService(self.unit_of_work, self.intake, self._outside.channels)

    # -- customers ----------------------------------------------------------------------------------------------------
    @on_first_use
    def contacts(self) -> ContactService:
        """Customers."""
        from desk_app.services.contacts.commands import ContactService

        return ContactService(self.unit_of_work)

    @on_first_use
    def contact_merges(self) -> ContactMergeService:
        """Customers who are the same."""
        from desk_app.services.contacts.merging import ContactMergeService

        return ContactMergeService(self.unit_of_work)

    @on_first_use
    def organizations(self) -> OrganizationService:
        """Organizations."""
        from desk_app.services.contacts.organizations import OrganizationService

        return OrganizationService(self.unit_of_work)

    @on_first_use
    def contact_settings(self) -> ContactSettingsService:
        """What is asked about customers."""
        from desk_app.services.contacts.settings import ContactSettingsService

        return ContactSettingsService(self.unit_of_work)

    @on_first_use
    def blocks(self) -> BlockService:
        """Blocked senders."""
        from desk_app.services.contacts.blocking import BlockService

        return BlockService(self.unit_of_work)

    @on_first_use
    def privacy(self) -> PrivacyService:
        """Erasing a person."""
        from desk_app.services.contacts.privacy import PrivacyService

        return PrivacyService(self.unit_of_work)

    @on_first_use
    def exports(self) -> ExportService:
        """Everything about a person, in files."""
        from desk_app.services.contacts.export import ExportService

        return ExportService(self.privacy, self.contact_queries, self.conversations)

    @on_first_use
    def reply_addresses(self) -> ReplyAddressService:
        """Where answers to a customer go."""
        from desk_app.services.contacts.reply_address import ReplyAddressService

        return ReplyAddressService(self.unit_of_work)

    # -- plugins ------------------------------------------------------------------------------------------------------
    @on_first_use
    def plugins(self) -> PluginControl:
        """What there is, and what runs; loads the plugin host."""
        return self._plugin_host

    @on_first_use
    def plugin_admin(self) -> PluginAdministration:
        """Installing plugins and switching them, for admins."""
        from desk_app.services.plugins.administration import PluginAdministration

        return PluginAdministration(self.unit_of_work, self._plugin_host)

    @on_first_use
    def _plugin_host(self) -> PluginHosting:
        """The plugin host itself, which asks nobody for leave."""
        return self._outside.plugins

    @on_first_use
    def plugin_keeping(self) -> PluginKeeping:
        """Faults and settings of plugins."""
        from desk_app.services.plugins.keeping import PluginKeeping

        return PluginKeeping(self.unit_of_work, self._outside.plugin_secrets)

    @on_first_use
    def plugin_signers(self) -> PluginSigners:
        """Whose plugin files the desk knows."""
        from desk_app.services.plugins.signers import PluginSigners

        return PluginSigners(self.unit_of_work)

    @on_first_use
    def plugin_copies(self) -> PluginCopies:
        """Copies of what plugins keep."""
        from desk_app.services.plugins.copying import PluginCopies

        return PluginCopies(self.unit_of_work, self._store.plugin_tables)

    @on_first_use
    def plugin_commands(self) -> PluginCommands:
        """What plugins do to tickets."""
        from desk_app.services.plugins.commands import PluginCommands

        return PluginCommands(
            self.unit_of_work,
            self.tickets,
            self.replies,
            self.pictures,
            self.ticket_queries,
            self.conversations.attachment,
            self.plugin_chains,
        )

    @on_first_use
    def plugin_chains(self) -> Chains:
        """Knows which changes of plugins followed from one another."""
        from desk_app.services.plugins.loops import Chains

        return Chains()

    @on_first_use
    def pictures(self) -> Pictures:
        """What plugins are shown of the desk."""
        return self._store.pictures

    @on_first_use
    def present(self) -> Present:
        """Who sits in front of this program."""
        from desk_app.services.plugins.present import Present

        return Present()

    @on_first_use
    def plugin_events(self) -> EventPump:
        """Telling plugins what has happened."""
        from desk_app.services.plugins.event_pages import EventSources
        from desk_app.services.plugins.events import EventPump

        sources = EventSources(self._store.event_reading, self._store.plugin_reading, self._store.pictures)
        return EventPump(self.unit_of_work, sources, self.hooks, self.plugin_chains)

    @on_first_use
    def hooks(self) -> Hooks:
        """Asks the plugins that run."""
        return self._outside.hooks

    # -- people and the desk itself -----------------------------------------------------------------------------------
    @on_first_use
    def people(self) -> PeopleService:
        """Agents and departments."""
        from desk_app.services.people.agents import PeopleService

        return PeopleService(self.unit_of_work, private=self._settled.private)

    @on_first_use
    def choices(self) -> ChoiceService:
        """What an agent chose."""
        from desk_app.services.people.choices import ChoiceService

        return ChoiceService(self.unit_of_work)

    @on_first_use
    def notifications(self) -> NotificationService:
        """What agents are told."""
        from desk_app.services.notifications.commands import NotificationService

        return NotificationService(self.unit_of_work, self._store.notifications)

    @on_first_use
    def settings(self) -> SettingsService:
        """What holds for the whole desk."""
        from desk_app.services.settings import SettingsService

        return SettingsService(self.unit_of_work)

    @on_first_use
    def system(self) -> SystemService:
        """How the desk fares."""
        from desk_app.services.system.service import SystemService

        settled, facts = self._settled, self._store.diagnostics
        return SystemService(
            self.unit_of_work,
            settled.place,
            facts=facts,
            keychain=settled.keychain,
            redact=settled.redact,
            holder=self.holder,
        )

    @on_first_use
    def backups(self) -> BackupService:
        """Copies of the database."""
        from desk_app.services.system.backups import BackupService

        return BackupService(self.unit_of_work, self._store.backups, self._settled.place)

    @on_first_use
    def samples(self) -> SampleService:
        """Mail to try things with."""
        from desk_app.services.system.samples import SampleService

        return SampleService(self.unit_of_work, self.intake, self.tickets, self.ticket_queries)

    @on_first_use
    def first_steps(self) -> FirstSteps:
        """How far the desk is set up."""
        from desk_app.services.system.first_steps import FirstSteps

        return FirstSteps(self.unit_of_work)
