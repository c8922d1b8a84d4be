"""What a desk is built from; the composition root brings it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from desk_app.services.ports.backup import BackupStore
    from desk_app.services.ports.drafts import DraftQueries
    from desk_app.services.ports.hooks import Hooks
    from desk_app.services.ports.notifications import NotificationQueries
    from desk_app.services.ports.outside import Channels, ContentPipeline, MailBuilder, MessageReader, ReplyKeys
    from desk_app.services.ports.plugin_switching import PluginHosting
    from desk_app.services.ports.plugins import (
        EventReading,
        Pictures,
        PluginReading,
        PluginSecrets,
        PluginTables,
    )
    from desk_app.services.ports.writing import WritingQueries
    from desk_app.services.queries.changes import ChangeFeed
    from desk_app.services.queries.contacts import ContactQueries
    from desk_app.services.queries.conversation import ConversationQueries
    from desk_app.services.queries.tickets import TicketQueries
    from desk_app.services.system.place import DeskPlace


class DeskStore(Protocol):
    """What a desk needs of its database, beside units of work."""

    @property
    def ticket_queries(self) -> TicketQueries:
        """Lists, rows and counters."""
        ...

    @property
    def conversations(self) -> ConversationQueries:
        """What a ticket view shows."""
        ...

    @property
    def contact_queries(self) -> ContactQueries:
        """Customers and organizations."""
        ...

    @property
    def drafts(self) -> DraftQueries:
        """Answers half written."""
        ...

    @property
    def notifications(self) -> NotificationQueries:
        """What agents were told."""
        ...

    @property
    def writing(self) -> WritingQueries:
        """What is offered while an answer is written."""
        ...

    @property
    def plugin_tables(self) -> PluginTables:
        """The tables of plugins."""
        ...

    @property
    def pictures(self) -> Pictures:
        """What plugins are shown."""
        ...

    @property
    def event_reading(self) -> EventReading:
        """The history as plugins are told of it."""
        ...

    @property
    def plugin_reading(self) -> PluginReading:
        """What is kept of plugins."""
        ...

    @property
    def backups(self) -> BackupStore:
        """Copies of the database."""
        ...

    def change_feed(self) -> ChangeFeed:
        """Return a feed of what is committed from now on."""
        ...

    def diagnostics(self) -> Mapping[str, Any]:
        """Return facts about the database."""
        ...

    def tidy(self) -> None:
        """Tidy up: counters, change log, search index."""
        ...


class DeskOutside(Protocol):
    """What a desk needs of the world outside its database."""

    @property
    def channels(self) -> Channels:
        """The channel types that are installed."""
        ...

    @property
    def reader(self) -> MessageReader:
        """Makes sense of raw mail."""
        ...

    @property
    def pipeline(self) -> ContentPipeline:
        """Makes content safe to show."""
        ...

    @property
    def builder(self) -> MailBuilder:
        """Builds mail."""
        ...

    @property
    def reply_keys(self) -> ReplyKeys:
        """Signs what answers are recognised by."""
        ...

    @property
    def hooks(self) -> Hooks:
        """Asks the plugins."""
        ...

    @property
    def plugin_secrets(self) -> PluginSecrets:
        """Opens the secrets of a plugin by its slug."""
        ...

    @property
    def plugins(self) -> PluginHosting:
        """Runs the plugins, and switches them."""
        ...

    def close(self) -> None:
        """End what works beside this process, then close the database."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is settled when a desk is opened. `holder` names this process in leases, `claim` is how long a mail being
    sent is left alone, `lease_ttl` how long a mailbox belongs to the process that fetches from it (None: as long as
    usual for both). `private` says that the database is a file of the user. `keychain` returns the keychain's title
    and what is wrong with it; `redact` takes secrets out of a text."""

    place: DeskPlace
    holder: str
    private: bool
    keychain: Callable[[], tuple[str, str]]
    unlock: Callable[[], None]
    redact: Callable[[str], str]
    claim: timedelta | None = None
    lease_ttl: timedelta | None = None
