"""How the desk talks to the outside: the interface of every channel, e-mail included (plugins.md, group "channels").

A channel is data in, data out: a session yields raw `InboundMessage` values and takes `OutboundMail` values. It never
sees the database. All calls of one session are made from one thread at a time, never from the GUI thread, and every
call that waits for a network must give up by itself (time limits on every socket call): one that does not come back
within three minutes is left behind, and is a fault of the plugin.

A channel that is not mail (a chat) says by `AsksForSettings` what an account needs and by `BuildsContent` what leaves.
Its people and conversations have addresses `<id>@<channel>` in lower case, without a dot after the "@", so that no mail
can go there by mistake; what arrives names its conversation as `reply_to`, and `references` an id that all messages of
the conversation share (docs/decisions/122-channels-of-plugins.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from desk_app.domain.mailboxes.model import AfterImport as AfterImport  # noqa: PLC0414 -- given on to authors
from desk_app.domain.messages.model import Address as Address  # noqa: PLC0414 -- given on to authors
from desk_app.domain.messages.model import ParsedAttachment as ParsedAttachment  # noqa: PLC0414 -- given on to authors
from desk_app.domain.messages.model import ParsedMessage as ParsedMessage  # noqa: PLC0414 -- given on to authors
from desk_app.plugin_api.channel_faults import ChannelError as ChannelError  # noqa: PLC0414 -- given on to authors
from desk_app.plugin_api.channel_faults import ChannelFault as ChannelFault  # noqa: PLC0414 -- given on to authors
from desk_app.plugin_api.channel_faults import SecretError as SecretError  # noqa: PLC0414 -- given on to authors
from desk_app.plugin_api.polling import PollingSession as PollingSession  # noqa: PLC0414 -- given on to authors

if TYPE_CHECKING:
    from desk_app.plugin_api.contributions import Parameter


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a session has read, by stream (for e-mail: folder). Opaque to the desk, JSON-able, stored by it in the
    same transaction as the messages."""

    positions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message as it lies on the server.

    `source_key` identifies it in its account for ever (for e-mail: folder, UIDVALIDITY, UID). `raw` is None when the
    message was not fetched because it exceeds the size limit; `size` is in bytes all the same. `received_at` is the
    server's own time of arrival. `problem` says why `raw` is missing although the size is not the reason (the server
    cannot or will not hand the message out). `rescan` marks a message of a stream whose positions the server has
    forgotten: the desk may know it already under another key.
    """

    source_key: str
    stream: str
    raw: bytes | None
    size: int
    received_at: datetime | None = None
    flags: tuple[str, ...] = ()
    problem: str = ""
    rescan: bool = False


@dataclass(frozen=True, slots=True)
class FetchBatch:
    """Some messages, and the cursor to store with them. `remaining` counts what the server still has beyond this
    batch."""

    messages: tuple[InboundMessage, ...]
    cursor: Cursor
    remaining: int = 0


@dataclass(frozen=True, slots=True)
class StreamCount:
    """What a stream holds on the server: for the first-connect question and for reconciliation."""

    stream: str
    total: int
    since: int | None = None


@dataclass(frozen=True, slots=True)
class ServerMessage:
    """One message a server holds, by its headers only: for "server has X, we have Y" (MB-31). `message_id` has no angle
    brackets and is empty where there is none."""

    source_key: str
    message_id: str
    size: int
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutboundMail:
    """One message, ready to leave: bytes, envelope and Message-ID were fixed when it was queued and never change.

    `raw` is a mail, or what the channel's own `BuildsContent.build` returned; `recipients` are the channel's addresses.
    """

    raw: bytes
    message_id: str
    envelope_from: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecipientResult:
    """What the server said about one recipient."""

    address: str
    accepted: bool
    response: str


class SendOutcome(StrEnum):
    """Whether a mail left. UNKNOWN: the connection broke after the data was handed over; never send again blindly."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # permanently; nothing left
    DEFERRED = "deferred"  # temporarily; nothing left, may be tried again
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SendReceipt:
    """The server's answer to one mail. With ACCEPTED some recipients may still be refused."""

    outcome: SendOutcome
    response: str
    recipients: tuple[RecipientResult, ...] = ()


class SentCheck(StrEnum):
    """Whether the provider's Sent folder holds a Message-ID. ABSENT proves nothing where the desk itself appends
    copies."""

    FOUND = "found"
    ABSENT = "absent"
    CANNOT_TELL = "cannot_tell"


class StepState(StrEnum):
    """How a step of a connection test ended."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class TestStep:
    """One step of a connection test: `id` is name, tls, sign_in, folder, smtp_name, smtp_tls, smtp_sign_in or send, or
    one of the channel's own; then `title` says in words what is tried.

    `detail` is shown to the admin ("imap.example.org, port 993, TLS 1.3"), `fault` is set on failure, `certificate`
    carries the SHA-256 fingerprint (hex) of a certificate that was refused, so that it can be accepted explicitly.
    """

    __test__ = False

    id: str
    state: StepState
    detail: str = ""
    fault: ChannelFault | None = None
    certificate: str = ""
    title: str = ""


class ChannelSession(Protocol):
    """An open line to one account. Every method may raise ChannelError and nothing else."""

    def counts(self, since: datetime | None = None) -> Sequence[StreamCount]:
        """Count what lies on the server, in all and since an instant."""
        ...

    def start_cursor(self, since: datetime | None) -> Cursor:
        """Return the cursor that skips everything that lies there now, or everything older than `since`."""
        ...

    def fetch(self, cursor: Cursor, *, limit: int, max_bytes: int) -> FetchBatch:
        """Return up to `limit` messages after the cursor (fewer where they are big); messages over `max_bytes` come
        without raw."""
        ...

    def fetch_one(self, source_key: str) -> InboundMessage | None:
        """Fetch one message again, whatever its size; None when it is gone."""
        ...

    def acknowledge(self, source_keys: Sequence[str], action: AfterImport, target: str = "") -> None:
        """Flag, move or delete messages that are stored; calling it twice does no harm."""
        ...

    def wait(self, timeout: float) -> bool:
        """Block until something new is there (True) or `timeout` seconds have passed (False)."""
        ...

    def wake(self) -> None:
        """End a running `wait` at once, and the next one where none is running. The only call allowed from another
        thread."""
        ...

    def send(self, mail: OutboundMail) -> SendReceipt:
        """Hand one mail to the server. Only raises when nothing can have left."""
        ...

    def check_sent(self, message_id: str) -> SentCheck:
        """Look for a Message-ID in the Sent folder."""
        ...

    def store_copy(self, raw: bytes) -> str:
        """Append a copy to the Sent folder and return its source key ("" where the server does not tell)."""
        ...

    def close(self) -> None:
        """Hang up; never raises."""
        ...


@runtime_checkable
class Reconcilable(Protocol):
    """A session that can list what its server holds without fetching it; not every channel can."""

    def message_ids(self, stream: str, *, after: str = "", limit: int = 1000) -> Sequence[ServerMessage]:
        """Return up to `limit` messages of a stream, oldest first, that follow the source key `after`."""
        ...


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do."""

    fetch: bool = True
    send: bool = True
    idle: bool = False
    html: bool = True


@runtime_checkable
class SecretStore(Protocol):
    """Where a session reads and refreshes its account's secrets. Values never reach settings, logs or the database.

    Every method raises SecretError where the keychain does not work.
    """

    def get(self, name: str) -> str | None:
        """Return a secret ("password", "smtp_password", "oauth", "oauth_client_secret"), None where there is none."""
        ...

    def set(self, name: str, value: str) -> None:
        """Store a secret, replacing the old one."""
        ...

    def delete(self, name: str) -> None:
        """Forget a secret; nothing happens where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class AccountView:
    """A configured account as a channel sees it: `settings` is the channel's own JSON object, secrets come from
    `secrets`."""

    id: int
    name: str
    address: str
    settings: Mapping[str, Any]
    secrets: SecretStore


class ChannelType(Protocol):
    """A kind of channel. The built-in "email" is one; plugins add others."""

    id: str
    title: str
    capabilities: Capabilities

    def open(self, account: AccountView) -> ChannelSession:
        """Return a session; connects lazily, so this does not touch the network."""
        ...

    def test(self, account: AccountView, *, send_to: str = "") -> Iterator[TestStep]:
        """Try the account step by step; yields each step as RUNNING, then as it ended. Never raises."""
        ...

    def read(self, raw: bytes) -> ParsedMessage:
        """Make sense of raw bytes; never raises, never touches the network."""
        ...


@runtime_checkable
class AsksForSettings(Protocol):
    """A channel type whose accounts are set up in a generated form; the values come back in `AccountView.settings` and,
    for the kind secret, in `AccountView.secrets`, under the parameters' keys."""

    account_settings: Sequence[Parameter]
    """What a person fills in for an account, in the order of the form."""


@dataclass(frozen=True, slots=True)
class OutboundFile:
    """A file that leaves with a message."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class OutboundContent:
    """What an agent wants to send over a channel that is not mail.

    `conversation` is the id of the conversation: what stands before the "@" in the first address of `to`. `text` is
    what the agent wrote, without signature and quotes; `html` the same with its formatting, "" where there is none.
    `answers` is the id (`ParsedMessage.message_id`) of the message that is answered, "" for none. `message_id` is the
    desk's own id of this message, the same if it is tried again.
    """

    conversation: str
    to: tuple[str, ...]
    text: str
    html: str = ""
    subject: str = ""
    files: tuple[OutboundFile, ...] = ()
    answers: str = ""
    message_id: str = ""


@runtime_checkable
class BuildsContent(Protocol):
    """A channel type whose messages are no mail."""

    def build(self, content: OutboundContent) -> bytes:
        """Return what a session's `send` gets as `OutboundMail.raw`, in a form of the channel's own that `send` can
        read. The same content always gives the same bytes; neither network nor account is needed. It has 15 seconds.

        Raises ValueError with a text for the agent where such a message cannot be sent (too long, too many files):
        nothing is queued then.
        """
        ...


class PendingSignIn(Protocol):
    """A sign-in at a provider that waits for the person's browser."""

    @property
    def url(self) -> str:
        """The page to open in the person's browser."""
        ...

    def finish(self, timeout: float = 300.0) -> None:
        """Wait up to `timeout` seconds for the answer and put what it brings into the account's SecretStore.

        Raises ChannelError: CONSENT when the person declined, cancelled or did not come.
        """
        ...

    def cancel(self) -> None:
        """End a running or coming `finish`, from any thread."""
        ...

    def close(self) -> None:
        """Give back what it holds; nothing happens the second time."""
        ...


@runtime_checkable
class SignsIn(Protocol):
    """A channel type whose accounts may be signed in at a provider instead of by password (MB-03); not every channel
    can."""

    def begin_sign_in(self, account: AccountView) -> PendingSignIn:
        """Begin a sign-in; raises ChannelError (CONSENT) where the account has no such way."""
        ...
