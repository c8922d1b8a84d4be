"""What services need of plugins, and what the plugin host needs of the storage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from desk_app.domain.plugins.model import PluginFault, PluginRecord, Source, StateKind
from desk_app.domain.tickets.model import Ticket, TicketEvent

if TYPE_CHECKING:
    from desk_app.plugin_api.channels import SecretStore
    from desk_app.plugin_api.context import Mode
    from desk_app.plugin_api.data import AgentView, ContactView, MessageView, TicketView

T = TypeVar("T")


class PluginRefusedError(Exception):
    """A plugin cannot be switched on, changed or removed; the text says why, for a person."""


class PluginLateError(Exception):
    """A plugin did not come back in time, or was not called since an earlier call has not; the text says from what."""


@dataclass(frozen=True, slots=True)
class PluginState:
    """A plugin as this program sees it.

    `manifest` is a `plugin_host.manifest.Manifest`, None where it cannot be read; `record` what the desk keeps of the
    plugin, None where it was never switched on. `reason` says in plain words why it does not run, `problems` what is
    wrong with its manifest. `update` is a newer version that lies ready, "" for none. `slow` says that it has held the
    window up. `running` is false for an active plugin that has no part in this kind of program.
    """

    slug: str
    kind: StateKind
    source: Source
    folder: Path | None = None
    manifest: Any = None
    record: PluginRecord | None = None
    reason: str = ""
    problems: tuple[str, ...] = ()
    update: str = ""
    slow: str = ""
    running: bool = False

    @property
    def name(self) -> str:
        """Its English name, else its slug."""
        return str(self.manifest.name) if self.manifest is not None else self.slug

    @property
    def version(self) -> str:
        """The version that runs or would run, "" where nobody knows."""
        if self.manifest is not None:
            return str(self.manifest.version)
        return self.record.version if self.record is not None else ""

    @property
    def can_activate(self) -> bool:
        """Whether a person may switch it on."""
        return self.kind in {StateKind.INACTIVE, StateKind.PAUSED, StateKind.CHANGED}

    @property
    def can_update(self) -> bool:
        """Whether a newer version lies ready."""
        return bool(self.update)

    @property
    def can_roll_back(self) -> bool:
        """Whether the version before is known; it may still be gone."""
        return self.source is Source.USER and self.record is not None and bool(self.record.previous_version)

    @property
    def can_uninstall(self) -> bool:
        """Whether the desk may delete its files; those of the program and of pip stay."""
        return self.source is Source.USER


@dataclass(frozen=True, slots=True)
class Contribution:
    """One thing a plugin adds: what a collecting hook returned, and the context it is to be called with."""

    plugin: str
    ctx: Any
    spec: Any


class PluginControl(Protocol):
    """The plugins of this program: what there is, and what runs. Any thread, unless it says otherwise; what loads or
    stops plugins may take seconds and never runs on the GUI thread.

    What a person wants of plugins goes through `services.plugins.administration`, which asks who that is.
    """

    @property
    def safe_mode(self) -> str:
        """Why no plugin was loaded at this start, "" where they were."""
        ...

    def start(self, mode: Mode, *, safe: bool = False) -> None:
        """Load what is wanted and tell it that the program is ready; with `safe` only look. Never raises."""
        ...

    def start_was_good(self) -> None:
        """Take note that the program is up and stays up; two starts without that leave plugins out."""
        ...

    def leave_safe_mode(self) -> None:
        """Load what was left out at this start."""
        ...

    def run_only(self, slugs: Iterable[str] | None) -> None:
        """Let only these of the wanted plugins run in this program, until it ends; with none of them it is in safe
        mode, None lets all run again. What other programs run, and what the desk keeps, stays as it is."""
        ...

    def look(self) -> Sequence[PluginState]:
        """Look again for plugins on this computer, load nothing, and return them all."""
        ...

    def sync(self) -> None:
        """Follow what other programs on the desk have switched on and off, and tell plugins of changed settings."""
        ...

    def plugins(self) -> Sequence[PluginState]:
        """Return every plugin as it stands, by position and name; asks nobody."""
        ...

    def state(self, slug: str) -> PluginState | None:
        """Return one plugin as it stands."""
        ...

    def contributions(self, hook: str) -> Sequence[Contribution]:
        """Return what the active plugins add by a collecting hook, in their order; asks nobody."""
        ...

    def speak_anew(self) -> None:
        """Ask the plugins anew what they add beside the window, as the agent has chosen another language. Not for the
        GUI thread."""
        ...

    def context(self, slug: str) -> Any:
        """Return the context of a plugin that runs, None where it does not."""
        ...

    def ui_part(self, slug: str) -> Mapping[str, Sequence[Contribution]]:
        """Import the window's half of a plugin that runs and return what it adds, by hook. GUI thread only.

        Raises PluginRefusedError; the fault is noted. Empty where it has no such half.
        """
        ...

    def fault(self, slug: str, place: str, error: BaseException | None, summary: str = "") -> None:
        """Note that a plugin failed; after too many it is paused. Returns at once, on any thread, and never raises."""
        ...

    def pause(self, slug: str, reason: str) -> None:
        """Stop a plugin for every program of the desk, with a reason; a person may let it run again."""
        ...

    def ask(self, slug: str, doing: str, function: Callable[[], T], otherwise: T) -> T:
        """Return what a function returns that a plugin brought, in the few seconds that a person waits for it
        (`plugin_api.marks`). Where it raises or does not come back, that is the plugin's fault, noted as one of what it
        was `doing`, and `otherwise` is returned; so it is while an earlier call has not come back. Not for the GUI
        thread, and not inside a transaction."""
        ...

    def let(self, slug: str, doing: str, function: Callable[[], T]) -> T:
        """Return what a function returns that a plugin brought for a thread of its own: nobody waits, but it has as
        long as a hook that the desk waits for. Raises what it raises, and PluginLateError where it does not come back;
        whoever calls this notes both as faults. Not for the GUI thread, and not inside a transaction."""
        ...

    def at_work(self, slug: str, doing: str) -> AbstractContextManager[None]:
        """Note for the length of a block what a plugin is doing: where the program ends in it, the next start can tell,
        and pauses the plugin when that happens again."""
        ...

    def used_hooks(self, slug: str) -> Sequence[str]:
        """Return the hooks a running plugin implements."""
        ...

    def timings(self, slug: str) -> Mapping[str, Any]:
        """Return how long its hooks took since it was switched on: `plugin_host.dispatch.Timing` by hook."""
        ...

    def on_change(self, listener: Callable[[str, StateKind], None]) -> Callable[[], None]:
        """Call `listener` with slug and new state whenever a plugin changes; returns what ends that.

        It is called on whichever thread does the work and must neither raise nor wait. DEACTIVATING is told while the
        plugin is still there: what shows parts of it lets them go then. The slug is "" where everything may be
        different: after the start, after a look, when the order is new.
        """
        ...

    def close(self, deadline: float) -> None:
        """Tell every plugin that the program ends, and let them go. `deadline` is in seconds."""
        ...


class PluginReading(Protocol):
    """Reads what the desk keeps of its plugins. That of the database holds no writer up; any thread may ask it."""

    def all(self) -> Sequence[PluginRecord]:
        """Return every plugin that was ever installed or switched on here, in order of position."""
        ...

    def get(self, slug: str) -> PluginRecord | None:
        """Return one plugin."""
        ...

    def settings(self, plugin_id: int) -> Mapping[str, Any]:
        """Return the stored settings."""
        ...

    def all_settings(self) -> Mapping[int, Mapping[str, Any]]:
        """Return the stored settings of every plugin that has any, by its id."""
        ...

    def values(self, plugin_id: int, prefix: str = "") -> Mapping[str, Any]:
        """Return the values a plugin keeps."""
        ...

    def value(self, plugin_id: int, key: str) -> Any:
        """Return one value, None where there is none."""
        ...

    def ticket_values(self, plugin_id: int, ticket_id: int, prefix: str = "") -> Mapping[str, Any]:
        """Return what a plugin keeps about a ticket."""
        ...

    def sizes(self, plugin_id: int, key: str, ticket_id: int | None = None) -> tuple[int, int, int | None]:
        """Return how many other values than one a plugin keeps, for itself or about a ticket, their bytes as JSON, and
        those of that one, None where it is not there."""
        ...

    def size_of_all_tickets(self, plugin_id: int) -> tuple[int, int]:
        """Return how many values a plugin keeps about tickets, and their bytes. Reads all of them."""
        ...

    def faults(self, plugin_id: int, limit: int = 50) -> Sequence[PluginFault]:
        """Return the newest faults, newest first."""
        ...


class PluginRepository(PluginReading, Protocol):
    """What the desk keeps of its plugins. Changes are told as entity "plugin"."""

    def held(self, slug: str, *, new: bool) -> PluginRecord | None:
        """Return one plugin, and let nobody else change it until the transaction ends; where it is not there it is made
        if it is `new`, else None is returned."""
        ...

    def save(self, record: PluginRecord) -> PluginRecord:
        """Store a record, a new one where its id is 0; returns it with its id."""
        ...

    def delete(self, slug: str) -> None:
        """Forget a plugin with everything it keeps, its own tables too, once whoever writes to them has ended. Nothing
        happens where it is gone."""
        ...

    def set_setting(self, plugin_id: int, key: str, value: Any) -> None:
        """Store one setting as JSON; None forgets it."""
        ...

    def set_value(self, plugin_id: int, key: str, value: Any) -> None:
        """Keep one value as JSON; None forgets it."""
        ...

    def all_ticket_values(self, plugin_id: int) -> Sequence[tuple[int, str, Any]]:
        """Return everything a plugin keeps about tickets: ticket, key and value."""
        ...

    def set_ticket_value(self, plugin_id: int, ticket_id: int, key: str, value: Any) -> bool:
        """Keep one value about a ticket; False where the ticket is gone."""
        ...

    def add_fault(self, plugin_id: int, fault: PluginFault) -> None:
        """Keep a fault, and the newest `KEPT_FAULTS` with it."""
        ...

    def clear_faults(self, plugin_id: int) -> None:
        """Forget the faults of a plugin."""
        ...


class Pictures(Protocol):
    """Reads what hooks are shown (`plugin_api.data`), a fixed number of statements however many are asked for.

    `UnitOfWork.pictures` sees what its transaction has written; that of the database reads in transactions of its own,
    holds no writer up and may be asked from any thread.
    """

    def tickets(self, ticket_ids: Iterable[int]) -> Mapping[int, TicketView]:
        """Return tickets by id, in the order asked for; those that are gone are left out."""
        ...

    def ticket(self, ticket_id: int) -> TicketView | None:
        """Return one ticket."""
        ...

    def of(self, item: Ticket) -> TicketView:
        """Return a ticket as it is in memory, stored or not; tags are those that are stored."""
        ...

    def messages(self, message_ids: Iterable[int]) -> Mapping[int, MessageView]:
        """Return messages by id; those that are gone are left out."""
        ...

    def message(self, message_id: int) -> MessageView | None:
        """Return one message."""
        ...

    def newest_messages(self, ticket_id: int, limit: int) -> Sequence[MessageView]:
        """Return the newest messages of a ticket, oldest first; notes and side conversations count."""
        ...

    def contact(self, contact_id: int) -> ContactView | None:
        """Return a customer; a merged one is the one that took it over."""
        ...

    def contact_at(self, address: str) -> ContactView | None:
        """Return the customer with an e-mail address."""
        ...

    def agent(self, agent_id: int) -> AgentView | None:
        """Return an agent."""
        ...


class EventReading(Protocol):
    """The history in the order of its numbers, and how far it was told. Numbers become visible out of order. That of
    the database holds no writer up; any thread may ask it."""

    def after(self, event_id: int, limit: int) -> Sequence[TicketEvent]:
        """Return the lines beyond a number, in order; those of imported and of automatic mail are silent."""
        ...

    def newest_id(self) -> int:
        """Return the highest number that is visible, 0 where there is none."""
        ...

    def newest_before(self, instant: datetime) -> int:
        """Return the highest number of a line from before an instant, 0 where there is none."""
        ...

    def ids_of(self, numbers: Iterable[str]) -> Mapping[str, int]:
        """Return the ids of tickets by their numbers; unknown ones are left out."""
        ...

    def progress(self, name: str) -> Mapping[str, Any]:
        """Return how far a reader is, as it was kept; empty for a new one."""
        ...


class EventLog(EventReading, Protocol):
    """As `EventReading`, in an open transaction."""

    def keep_progress(self, name: str, state: Mapping[str, Any]) -> None:
        """Keep how far a reader is, as JSON values."""
        ...


class PluginTableSpace(Protocol):
    """The tables of one plugin; see `plugin_api.Tables`. Whatever is refused raises RefusedByDesk."""

    def define(self, name: str, *columns: Any) -> Any:
        """Return an own table."""
        ...

    def core(self, name: str) -> Any:
        """Return a table of the desk for foreign keys."""
        ...

    def begin(self) -> AbstractContextManager[Any]:
        """Open a transaction; refused where the plugin was removed with its data."""
        ...

    def migrate(self, record_slug: str, version: int, run: Callable[[Any], None]) -> bool:
        """Let `run` do one step of the plugin's tables on a connection, and keep its number in the record, all in one
        transaction. False where another program of the desk has done the step meanwhile."""
        ...

    def reading(self) -> AbstractContextManager[Any]:
        """Open a transaction that only reads."""
        ...

    def create(self, connection: Any, table: Any) -> None:
        """Create an own table."""
        ...

    def add_column(self, connection: Any, column: Any) -> None:
        """Add a column of an own table to what is there already."""
        ...

    def drop(self, connection: Any, table: Any) -> None:
        """Drop an own table."""
        ...

    def existing(self) -> Sequence[str]:
        """Return the names of the tables this plugin has in the database."""
        ...

    def contents(self) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]:
        """Give every table of this plugin with the names of its columns and its rows."""
        ...


class PluginTables(Protocol):
    """Where plugins have tables of their own."""

    def space(self, slug: str) -> PluginTableSpace:
        """Return the tables of a plugin by its id; nothing is defined in it yet."""
        ...

    def inside(self) -> bool:
        """Return whether this thread has a writing transaction of the desk open, so that another one would wait for it
        for ever."""
        ...


PluginSecrets: TypeAlias = "Callable[[str], SecretStore]"
"""Returns the secrets of a plugin by its id, apart from those of the mailboxes."""
