"""What the services need of the world outside the database; the composition root puts the real ones in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from desk_app.domain.mailboxes.model import Account
    from desk_app.domain.messages.content import PreparedContent
    from desk_app.domain.messages.model import ParsedMessage
    from desk_app.domain.messages.outgoing import OutgoingMail
    from desk_app.domain.messages.reply_ids import ReplyIds
    from desk_app.domain.search import SearchFields
    from desk_app.plugin_api.channels import ChannelSession, OutboundContent, PendingSignIn, SecretStore, TestStep
    from desk_app.services.ports.channels import ChannelInfo


@dataclass(frozen=True, slots=True)
class Reading:
    """One message read: what it says, its text folded, and its words for the search index (None: not made yet)."""

    parsed: ParsedMessage
    visible_text: str
    folded_text: str
    search_fields: SearchFields | None = None


class MessageReader(Protocol):
    """Makes sense of raw mail. Never touches the network. Only channels of plugins may raise: then their plugin failed,
    or is not there."""

    version: int

    def read(self, raw: bytes, *, channel: str = "email") -> ParsedMessage:
        """Return what one raw message says."""
        ...

    def begin(self, raws: Sequence[tuple[str, bytes]]) -> Callable[[], Sequence[Reading]]:
        """Begin to read many messages, each with its channel, and return a function that waits for the results, in
        order.

        With much to read this may happen in another process, while the caller goes on.
        """
        ...

    def knows(self, channel: str) -> bool:
        """Return whether messages of a channel can be read at this moment."""
        ...

    def mail_in(self, raw: bytes) -> bytes:
        """Return the mail that a file holds: its very bytes, unless it is Outlook's own kind of file, which is written
        anew. Raises ValueError where that holds no mail."""
        ...

    def synthetic_id(self, parsed: ParsedMessage) -> str:
        """Return the id of a mail without Message-ID: the same for the same mail, for ever (MB-11)."""
        ...


class ContentPipeline(Protocol):
    """Makes bodies safe to show (ui.md 9)."""

    version: int

    def prepare(self, parsed: ParsedMessage) -> PreparedContent:
        """Return the body of a message, safe and folded."""
        ...

    def fold(self, text: str, *, subject: str = "") -> tuple[str, str]:
        """Return the text without quotes and signature, and the rest (mail.md 4); cheap enough for intake. The
        subject says whether the mail was forwarded: then what was forwarded is not folded."""
        ...


class MailBuilder(Protocol):
    """Writes outgoing mail."""

    def build(self, mail: OutgoingMail) -> bytes:
        """Return the bytes of a mail; the same input always gives the same bytes. Raises ValueError for an address
        that no server takes."""
        ...

    def quote(self, mail: OutgoingMail) -> tuple[str, str]:
        """Return what is quoted below a mail, as text and as HTML; "" where nothing is."""
        ...


class Channels(Protocol):
    """The channel types that are there, with their accounts' secrets."""

    def types(self) -> Sequence[ChannelInfo]:
        """Return the channel types that are there at this moment."""
        ...

    def missing(self, channel: str, *, wait: bool = True) -> bool:
        """Return whether nobody brings a channel at this moment: its accounts are suspended. With `wait` plugins that
        are being loaded are waited for."""
        ...

    def is_mail(self, account: Account) -> bool:
        """Return whether an account sends mail; else what leaves is made by `build`."""
        ...

    def build(self, account: Account, content: OutboundContent) -> bytes:
        """Return what leaves over a channel that is not mail. Raises ValueError with a text for the agent, and
        ChannelError where the channel is gone or failed."""
        ...

    def secret_names(self, account: Account) -> Sequence[str]:
        """Return the names of the secrets an account of this channel may have."""
        ...

    def open(self, account: Account) -> ChannelSession:
        """Return a session of an account; raises ChannelGoneError where the channel is gone."""
        ...

    def test(self, account: Account, secrets: Mapping[str, str] | None, *, send_to: str) -> Iterator[TestStep]:
        """Try an account step by step, with these secrets instead of the stored ones where they are given."""
        ...

    def discover(self, channel: str, address: str) -> Sequence[Any]:
        """Return the settings a channel proposes for an address, best first."""
        ...

    def signs_in(self, account: Account) -> bool:
        """Return whether this account is signed in at a provider instead of by password (MB-03)."""
        ...

    def begin_sign_in(self, account: Account, secrets: SecretStore) -> PendingSignIn:
        """Begin such a sign-in over these secrets; raises ChannelError (CONSENT) where there is no such way."""
        ...

    def fetches(self, account: Account) -> bool:
        """Return whether mail is fetched from this account (MB-29)."""
        ...

    def sends(self, account: Account) -> bool:
        """Return whether mail can leave from this account."""
        ...

    def keeps_copies(self, account: Account) -> bool:
        """Return whether the desk must append a copy to the Sent folder (MB-16)."""
        ...

    def secrets(self, account: Account) -> SecretStore:
        """Return where the account's secrets are kept."""
        ...


class ReplyKeys(Protocol):
    """The keyed reply ids of this desk on this machine (docs/decisions/050-reply-keys.md)."""

    def ids(self, instance_id: str) -> ReplyIds:
        """Return the ids made and checked with this machine's key; makes the key on first use."""
        ...
