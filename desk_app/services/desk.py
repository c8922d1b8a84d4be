"""Everything a front end may use, in one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from desk_app.services.contacts.commands import ContactService
from desk_app.services.mailboxes.accounts import MailboxService
from desk_app.services.mailboxes.outbox import OutboxService
from desk_app.services.mailboxes.quarantine import QuarantineService
from desk_app.services.mailboxes.sign_in import SignInService
from desk_app.services.mailboxes.sync import SyncService
from desk_app.services.messages.answers import AutoAnswers
from desk_app.services.messages.contents import ContentService
from desk_app.services.messages.drafts import DraftService
from desk_app.services.messages.intake import IntakeService
from desk_app.services.messages.replies import ReplyService
from desk_app.services.people.agents import PeopleService
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory
from desk_app.services.queries.changes import ChangeFeed
from desk_app.services.queries.conversation import ConversationQueries
from desk_app.services.queries.tickets import TicketQueries
from desk_app.services.settings import SettingsService
from desk_app.services.tickets.commands import TicketService
from desk_app.services.timers import TimerService


@dataclass(frozen=True, slots=True)
class Desk:
    """What a composition root builds; window and command line get this and nothing else.

    `changes` opens a feed for one consumer thread. `holder` names this process in leases. `upkeep` lets the storage
    tidy up (counters, change log, search index) and is called now and then by whoever holds the timers.
    """

    tickets: TicketService
    replies: ReplyService
    intake: IntakeService
    content: ContentService
    contacts: ContactService
    mailboxes: MailboxService
    sign_in: SignInService
    sync: SyncService
    outbox: OutboxService
    quarantine: QuarantineService
    people: PeopleService
    settings: SettingsService
    timers: TimerService
    auto_answers: AutoAnswers
    drafts: DraftService
    ticket_queries: TicketQueries
    conversations: ConversationQueries
    changes: Callable[[], ChangeFeed]
    close: Callable[[], None]
    unit_of_work: UnitOfWorkFactory
    holder: str = ""
    upkeep: Callable[[], None] = field(default=lambda: None)
