"""What a plugin may do: its context, made for it alone (plugins.md, "Shape").

Everything here may be called from any thread but the GUI thread unless it says otherwise; calls may wait for the
database. What needs a permission raises PermissionDenied without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from desk_app.plugin_api.channels import SecretStore
from desk_app.plugin_api.data import AgentView, CannedView, ContactView, MessageView, TicketView


class Mode(StrEnum):
    """In which program the plugin runs; a window with its own worker is one program."""

    GUI = "gui"
    SERVICE = "service"
    CLI = "cli"


class Log(Protocol):
    """The plugin's own log: in the program's log under its name, and on the Plugins page. Secrets are blackened."""

    def debug(self, message: str, *arguments: object) -> None:
        """For the author only."""
        ...

    def info(self, message: str, *arguments: object) -> None:
        """Something worth knowing."""
        ...

    def warning(self, message: str, *arguments: object) -> None:
        """Something that may need a person."""
        ...

    def error(self, message: str, *arguments: object, exc_info: bool = False) -> None:
        """Something that failed."""
        ...

    def exception(self, message: str, *arguments: object) -> None:
        """Something that failed, with the exception that is being handled."""
        ...


class Settings(Protocol):
    """The values of the settings the manifest declares, with their defaults, each of its declared type. Any thread."""

    def __getitem__(self, key: str) -> Any:
        """Return a value. Raises KeyError for a key the manifest does not declare."""
        ...

    def __iter__(self) -> Iterator[str]: ...

    def set(self, key: str, value: Any) -> None:
        """Store a value. Raises RefusedByDesk where the manifest does not allow it."""
        ...


class KeyValues(Protocol):
    """Small things to remember, as JSON: at most 64 kB a value. Shared by every program on the desk."""

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, `default` where there is none."""
        ...

    def set(self, key: str, value: Any) -> None:
        """Store a value; None forgets it."""
        ...

    def items(self, prefix: str = "") -> Mapping[str, Any]:
        """Return all values whose keys begin with `prefix`."""
        ...


class TicketData(KeyValues, Protocol):
    """Small things to remember about one ticket; they go with it."""


class TicketCommands(Protocol):
    """Tickets. Reading needs tickets.read, changing tickets.write, writing to customers mail.send.

    Changes carry the plugin's name in the history. All raise RefusedByDesk where the desk says no.
    """

    def get(self, ticket_id: int) -> TicketView | None:
        """Return a ticket, None where it is gone."""
        ...

    def get_many(self, ticket_ids: Sequence[int]) -> Mapping[int, TicketView]:
        """Return many tickets at once; those that are gone are left out."""
        ...

    def messages(self, ticket_id: int, *, limit: int = 50) -> Sequence[MessageView]:
        """Return the newest messages of a ticket, oldest first."""
        ...

    def attachment(self, attachment_id: int) -> bytes | None:
        """Return the bytes of a file, by the id of its `AttachmentView`; None where it is gone."""
        ...

    def search(self, query: str, *, limit: int = 50) -> Sequence[TicketView]:
        """Return the tickets the search box would find, the last active first; it knows `in:open`, `tag:vip`,
        `has:attachment` and the like."""
        ...

    def update(self, ticket_id: int, **changes: Any) -> TicketView:
        """Change subject, status (its key), priority, assignee_id, add_tags or remove_tags; returns what came of it:
        without tickets.read the ticket's id and what was set, with everything else empty."""
        ...

    def add_note(self, ticket_id: int, text: str) -> int:
        """Add an internal note; returns the message's id."""
        ...

    def reply(self, ticket_id: int, text: str) -> int:
        """Answer the customer through the ticket's own channel; returns the message's id."""
        ...


class Contacts(Protocol):
    """Customers; needs the permission contacts."""

    def get(self, contact_id: int) -> ContactView | None:
        """Return a customer."""
        ...

    def find(self, address: str) -> ContactView | None:
        """Return the customer with an e-mail address."""
        ...


class HttpResponse(Protocol):
    """An answer of a server, whatever its status."""

    @property
    def status(self) -> int:
        """The status code."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by lower-case name."""
        ...

    @property
    def content(self) -> bytes:
        """The body."""
        ...

    def json(self) -> Any:
        """The body as JSON. Raises HttpError where it is none."""
        ...


class Http(Protocol):
    """Requests to other computers; needs the permission network."""

    def request(  # noqa: PLR0913 -- what every HTTP client takes
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: bytes | Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        timeout: float = 10.0,
        max_bytes: int = 10_000_000,
        redirects: bool = True,
    ) -> HttpResponse:
        """Send a request and wait for the answer at most `timeout` seconds (at most 120), reading at most `max_bytes`.

        `files` maps form names to file name, content and type. `redirects` are followed on the same host only, and as
        browsers do: after 301, 302 and 303 a POST goes on as a GET without its body. Raises HttpError; the text holds
        no query and no secret.
        """
        ...


class Clock(Protocol):
    """The time; tests stop it."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        ...


class Tables(Protocol):
    """The plugin's own tables, beside the desk's (plugins.md, "Settings, secrets, storage").

    Names are `px_<plugin>__<name>`. Columns, tables and statements are SQLAlchemy Core's (`import sqlalchemy`).
    Whatever is refused raises RefusedByDesk.
    """

    def define(self, name: str, *columns: Any) -> Any:
        """Return the `sqlalchemy.Table` of one's own called `name`, made of columns and constraints; it is created by a
        migration. Calling it again with the same columns, or none, gives the same table.

        What points at a table of the desk needs `ondelete="CASCADE"` or `"SET NULL"`, and gets an index."""
        ...

    def core(self, name: str) -> Any:
        """Return a table of the desk for foreign keys: ticket, message, contact or agent, with its column `id` only."""
        ...

    def begin(self) -> AbstractContextManager[Any]:
        """Open a transaction and give its `sqlalchemy.Connection`; commits at the end, rolls back on an exception.

        Nobody else can write meanwhile, so be quick and wait for nothing. Statements that change anything but the
        plugin's tables are refused; text may only read. Not inside another transaction."""
        ...

    def reading(self) -> AbstractContextManager[Any]:
        """Open a transaction that only reads; it holds nobody up and may be opened anywhere."""
        ...

    def create(self, connection: Any, table: Any) -> None:
        """Create one's own table with its indexes, unless it is there; for migrations."""
        ...

    def add_column(self, connection: Any, column: Any) -> None:
        """Add `table.c.<name>` to one's own table, unless it is there; for migrations."""
        ...

    def drop(self, connection: Any, table: Any) -> None:
        """Drop one's own table, if it is there; for migrations."""
        ...


class Context(Protocol):
    """Everything a plugin gets. `settings`, `secrets`, `kv`, `tables` and `log` are its own."""

    @property
    def plugin_id(self) -> str:
        """The plugin's id."""
        ...

    @property
    def version(self) -> str:
        """The plugin's version."""
        ...

    @property
    def mode(self) -> Mode:
        """In which program it runs."""
        ...

    @property
    def log(self) -> Log:
        """Its log."""
        ...

    @property
    def settings(self) -> Settings:
        """Its settings."""
        ...

    @property
    def secrets(self) -> SecretStore:
        """Its secrets, in the keychain; needs the permission secrets. Settings of type secret are found here by key."""
        ...

    @property
    def kv(self) -> KeyValues:
        """Small things to remember."""
        ...

    def data_for(self, ticket_id: int) -> TicketData:
        """Small things to remember about a ticket."""
        ...

    @property
    def tables(self) -> Tables:
        """Its own tables."""
        ...

    @property
    def tickets(self) -> TicketCommands:
        """Tickets."""
        ...

    @property
    def contacts(self) -> Contacts:
        """Customers."""
        ...

    def canned_responses(self) -> Sequence[CannedView]:
        """Return the prepared answers that are shared, no agent's own ones; needs tickets.read."""
        ...

    @property
    def http(self) -> Http:
        """Requests to other computers."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def agent(self) -> AgentView | None:
        """Who is signed in, None in programs without a window. Any thread."""
        ...

    def tr(self, text: str) -> str:
        """Return a text in the agent's language, from the plugin's `i18n/<language>.json`. Any thread."""
        ...
