"""What a plugin gets (`plugin_api.Context`): everything its own, every permission asked anew at each call."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desk_app.domain.plugins.model import Permission, PluginRecord
from desk_app.plugin_api.channels import SecretStore
from desk_app.plugin_api.context import Clock, Contacts, Http, KeyValues, Mode, Tables, TicketCommands, TicketData
from desk_app.plugin_api.data import AgentView, CannedView, ContactView, MessageView, TicketView
from desk_app.plugin_api.errors import PermissionDenied, RefusedByDesk
from desk_app.plugin_host.manifest import Manifest
from desk_app.plugin_host.own_log import OwnLog
from desk_app.plugin_host.own_settings import OwnSecrets, OwnSettings, secret_names
from desk_app.plugin_host.own_values import OwnTicketValues, OwnValues, TicketRoom
from desk_app.plugin_host.own_words import OwnWords
from desk_app.plugin_host.web import Web
from desk_app.services.first_use import on_first_use
from desk_app.services.plugins.commands import PluginCommands, is_id, of_changes, plugin_actor, told
from desk_app.services.plugins.present import Present
from desk_app.services.plugins.views import canned_view
from desk_app.services.ports.plugins import (
    Pictures,
    PluginReading,
    PluginSecrets,
    PluginTables,
    PluginTableSpace,
)
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.ports.writing import WritingQueries
from desk_app.services.waiting import waiting

LONG_TRANSACTION = 1.0
"""Seconds after which a plugin's transaction is worth a warning: nobody else can write meanwhile."""
_BUSY = (
    "The desk is in the middle of a change here: a transaction of ctx.tables is open. Do this before it begins, or "
    "after it has ended."
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextFactory:
    """Makes the contexts of plugins from what the desk has.

    `redact` takes secrets out of a text, `hide` makes a value known as a secret.
    """

    unit_of_work: UnitOfWorkFactory
    reading: PluginReading
    pictures: Pictures
    commands: PluginCommands
    writing: WritingQueries
    secrets: PluginSecrets
    tables: PluginTables
    present: Present
    now: Callable[[], datetime] = _utc_now
    redact: Callable[[str], str] = lambda text: text
    hide: Callable[[str], None] = lambda _secret: None

    def make(self, manifest: Manifest, record: Callable[[], PluginRecord], mode: Mode, folder: Path) -> PluginContext:
        """Return the context of a plugin. `record` gives what the desk knows of it now and must be quick; `folder` is
        where its files lie."""
        return PluginContext(self, manifest, record, mode, folder)

    def forget(self, slug: str, record: PluginRecord) -> None:
        """Delete for good what a plugin has outside of the database: its secrets on this computer."""
        store = self.secrets(slug)
        for name in secret_names(self.reading.settings(record.id)):
            store.delete(name)


class _Gate:
    """Asks for permissions. Refusals stand in the plugin's log; after `close` everything is refused."""

    def __init__(self, record: Callable[[], PluginRecord], log: OwnLog, inside: Callable[[], bool]) -> None:
        self._record = record
        self._log = log
        self._inside = inside
        self.closed = False

    def need(self, permission: Permission, what: str) -> None:
        """Raise PermissionDenied where the plugin does not have a permission now."""
        self.open()
        if not self.has(permission):
            self._log.warning("refused: %s needs the permission “%s”", what, permission.value)
            raise PermissionDenied(permission.value, what)

    def has(self, permission: Permission) -> bool:
        """Return whether the plugin has a permission now."""
        return permission in self._record().permissions

    def open(self) -> None:
        """Raise RefusedByDesk where the plugin was switched off."""
        if self.closed:
            raise RefusedByDesk("The plugin was switched off.")

    def free(self) -> None:
        """Raise RefusedByDesk where waiting for another transaction would never end."""
        self.open()
        if self._inside():
            raise RefusedByDesk(_BUSY)


class _Tickets:
    """Tickets, as one plugin may see and change them."""

    def __init__(self, commands: PluginCommands, gate: _Gate, name: str) -> None:
        self._commands = commands
        self._gate = gate
        self._actor = plugin_actor(name)

    def get(self, ticket_id: int) -> TicketView | None:
        self._gate.need(Permission.TICKETS_READ, "reading a ticket")
        with told():
            return self._commands.get(ticket_id)

    def get_many(self, ticket_ids: Sequence[int]) -> Mapping[int, TicketView]:
        self._gate.need(Permission.TICKETS_READ, "reading tickets")
        with told():
            return self._commands.get_many(ticket_ids)

    def messages(self, ticket_id: int, *, limit: int = 50) -> Sequence[MessageView]:
        self._gate.need(Permission.TICKETS_READ, "reading messages")
        with told():
            return self._commands.messages(ticket_id, limit)

    def attachment(self, attachment_id: int) -> bytes | None:
        self._gate.need(Permission.TICKETS_READ, "reading a file")
        with told():
            return self._commands.attachment(attachment_id)

    def search(self, query: str, *, limit: int = 50) -> Sequence[TicketView]:
        self._gate.need(Permission.TICKETS_READ, "searching tickets")
        with told():
            return self._commands.search(query, limit)

    def update(self, ticket_id: int, **changes: Any) -> TicketView:
        self._gate.need(Permission.TICKETS_WRITE, "changing a ticket")
        self._gate.free()
        with waiting():
            view = self._commands.update(ticket_id, changes, self._actor)
        return view if self._gate.has(Permission.TICKETS_READ) else of_changes(view, changes)

    def add_note(self, ticket_id: int, text: str) -> int:
        self._gate.need(Permission.TICKETS_WRITE, "adding a note")
        self._gate.free()
        with waiting():
            return self._commands.add_note(ticket_id, text, self._actor)

    def reply(self, ticket_id: int, text: str) -> int:
        self._gate.need(Permission.MAIL_SEND, "answering a customer")
        self._gate.free()
        with waiting():
            return self._commands.reply(ticket_id, text, self._actor)


class _Contacts:
    """Customers, as one plugin may see them."""

    def __init__(self, pictures: Pictures, gate: _Gate) -> None:
        self._pictures = pictures
        self._gate = gate

    def get(self, contact_id: int) -> ContactView | None:
        self._gate.need(Permission.CONTACTS, "reading a customer")
        with told():
            return self._pictures.contact(contact_id) if is_id(contact_id) else None

    def find(self, address: str) -> ContactView | None:
        self._gate.need(Permission.CONTACTS, "finding a customer")
        with told():
            return self._pictures.contact_at(str(address))


class _Tables:
    """A plugin's own tables, with a warning where it keeps everybody waiting. Most plugins have none: `open_space` is
    called when they are first asked for."""

    def __init__(self, open_space: Callable[[], PluginTableSpace], gate: _Gate, log: OwnLog) -> None:
        self._open_space = open_space
        self._gate = gate
        self._log = log

    @on_first_use
    def _space(self) -> PluginTableSpace:
        return self._open_space()

    def define(self, name: str, *columns: Any) -> Any:
        return self._space.define(name, *columns)

    def core(self, name: str) -> Any:
        return self._space.core(name)

    @contextmanager
    def begin(self) -> Iterator[Any]:
        self._gate.free()
        with self._space.begin() as connection:
            begun = time.monotonic()
            yield connection
        took = time.monotonic() - begun
        if took > LONG_TRANSACTION:
            self._log.warning("a transaction took %.1f seconds; nobody else could write meanwhile", took)

    def migrate(self, record_slug: str, version: int, run: Callable[[Any], None]) -> bool:
        """Do one step of the tables; the host's business."""
        self._gate.free()
        return self._space.migrate(record_slug, version, run)

    def reading(self) -> AbstractContextManager[Any]:
        self._gate.open()
        return self._space.reading()

    def create(self, connection: Any, table: Any) -> None:
        self._space.create(connection, table)

    def add_column(self, connection: Any, column: Any) -> None:
        self._space.add_column(connection, column)

    def drop(self, connection: Any, table: Any) -> None:
        self._space.drop(connection, table)


class _Clock:
    """The desk's clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now()


class PluginContext:
    """Everything one plugin gets; see `plugin_api.Context`. `close` takes it back."""

    def __init__(
        self,
        factory: ContextFactory,
        manifest: Manifest,
        record: Callable[[], PluginRecord],
        mode: Mode,
        folder: Path,
    ) -> None:
        self._factory = factory
        self._manifest = manifest
        self._record = record
        self._mode = mode
        self._log = OwnLog(manifest.slug, factory.now, factory.redact)
        self._gate = _Gate(record, self._log, factory.tables.inside)
        self._settings = OwnSettings(
            manifest,
            record,
            factory.reading,
            self._writing,
        )
        self._secrets = OwnSecrets(
            factory.secrets(manifest.slug),
            self._settings,
            lambda what: self._gate.need(Permission.SECRETS, what),
            factory.hide,
        )
        self._kv = OwnValues(self._open_record, factory.reading, self._writing)
        self._room = TicketRoom()
        self._tables = _Tables(lambda: factory.tables.space(manifest.slug), self._gate, self._log)
        self._tickets = _Tickets(factory.commands, self._gate, manifest.name)
        self._contacts = _Contacts(factory.pictures, self._gate)
        self._http = Web(self._may_send, f"DeskApp-plugin/{manifest.slug}/{manifest.version}")
        self._clock = _Clock(factory.now)
        self._words = OwnWords(folder, lambda: factory.present.code, self._log.warning)

    def close(self) -> None:
        """Refuse everything from now on: the plugin was switched off, but a thread of its own may still run."""
        self._gate.closed = True

    # -- who it is ----------------------------------------------------------------------------------------------------

    @property
    def plugin_id(self) -> str:
        """The plugin's id."""
        return self._manifest.id

    @property
    def version(self) -> str:
        """The plugin's version."""
        return str(self._manifest.version)

    @property
    def mode(self) -> Mode:
        """In which program it runs."""
        return self._mode

    @property
    def agent(self) -> AgentView | None:
        """Who is signed in."""
        return self._factory.present.view

    @property
    def clock(self) -> Clock:
        """The time."""
        return self._clock

    def tr(self, text: str) -> str:
        """Return a text in the agent's language."""
        return self._words.tr(text)

    # -- what is its own ----------------------------------------------------------------------------------------------

    @property
    def log(self) -> OwnLog:
        """Its log."""
        return self._log

    @property
    def settings(self) -> OwnSettings:
        """Its settings."""
        return self._settings

    @property
    def secrets(self) -> SecretStore:
        """Its secrets."""
        return self._secrets

    @property
    def kv(self) -> KeyValues:
        """Small things to remember."""
        return self._kv

    def data_for(self, ticket_id: int) -> TicketData:
        """Small things to remember about a ticket."""
        return OwnTicketValues(self._open_record, self._factory.reading, self._writing, ticket_id, self._room)

    @property
    def tables(self) -> Tables:
        """Its own tables."""
        return self._tables

    # -- the desk and the world ---------------------------------------------------------------------------------------

    @property
    def tickets(self) -> TicketCommands:
        """Tickets."""
        return self._tickets

    @property
    def contacts(self) -> Contacts:
        """Customers."""
        return self._contacts

    def canned_responses(self) -> Sequence[CannedView]:
        """Return the prepared answers that are shared."""
        self._gate.need(Permission.TICKETS_READ, "reading prepared answers")
        with told():
            return tuple(canned_view(one) for one in self._factory.writing.canned(None) if one.agent_id is None)

    @property
    def http(self) -> Http:
        """Requests to other computers."""
        return self._http

    # -- within -------------------------------------------------------------------------------------------------------

    def _may_send(self, host: str) -> None:
        self._gate.need(Permission.NETWORK, f"a request to {host}")
        self._gate.free()

    def _open_record(self) -> PluginRecord:
        self._gate.open()
        return self._record()

    def _writing(self) -> UnitOfWork:
        self._gate.free()
        return self._factory.unit_of_work()
