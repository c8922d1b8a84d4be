"""The real world behind `services.ports.outside`: channels, reader, content pipeline, keychain."""

from __future__ import annotations

import base64
import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from desk_app.channels.content.pipeline import MailContentPipeline
from desk_app.channels.email.building import build_mail
from desk_app.channels.email.building.history import quoted_html, quoted_text
from desk_app.channels.email.channel import EmailChannel
from desk_app.channels.email.reading import READER_VERSION, read_message, synthetic_message_id
from desk_app.domain.mailboxes.model import Account
from desk_app.domain.mailboxes.settings import EmailSettings, SettingsError
from desk_app.domain.messages.model import ParsedMessage
from desk_app.domain.messages.outgoing import OutgoingMail
from desk_app.domain.messages.reply_ids import ReplyIds
from desk_app.plugin_api.channels import (
    AccountView,
    ChannelError,
    ChannelFault,
    ChannelSession,
    ChannelType,
    PendingSignIn,
    SecretError,
    SecretStore,
    SignsIn,
    TestStep,
)
from desk_app.runtime.reading import fold, reading_of
from desk_app.runtime.reading_process import ReadingProcess
from desk_app.services.ports.outside import Reading

_WORTH_A_PROCESS = 20  # mails read at once
_log = logging.getLogger(__name__)

OpenSecrets = Callable[[int], SecretStore]
"""Returns the secrets of an account; account 0 is the desk itself."""

DESK_SECRETS = 0


class GivenSecrets:
    """Secrets a person has just typed, over those that are stored; what is set stays here."""

    def __init__(self, given: Mapping[str, str], stored: SecretStore | None) -> None:
        self._given = dict(given)
        self._stored = stored

    def get(self, name: str) -> str | None:
        """Return a secret, the given one first."""
        if name in self._given:
            return self._given[name]
        return self._stored.get(name) if self._stored is not None else None

    def set(self, name: str, value: str) -> None:
        """Remember a secret for this test only."""
        self._given[name] = value

    def delete(self, name: str) -> None:
        """Forget a secret of this test."""
        self._given.pop(name, None)


class InstalledChannels:
    """The channel types this program has, with the keychain behind them."""

    def __init__(self, types: Sequence[ChannelType], open_secrets: OpenSecrets) -> None:
        self._types = {one.id: one for one in types}
        self._open_secrets = open_secrets

    def open(self, account: Account) -> ChannelSession:
        """Return a session of an account."""
        return self._type(account.channel).open(self._view(account, self.secrets(account)))

    def test(self, account: Account, secrets: Mapping[str, str] | None, *, send_to: str = "") -> Iterator[TestStep]:
        """Try an account step by step, with given secrets over the stored ones."""
        stored = self.secrets(account) if account.id else None
        store: SecretStore = GivenSecrets(secrets or {}, stored)
        return self._type(account.channel).test(self._view(account, store), send_to=send_to)

    def discover(self, channel: str, address: str) -> Sequence[Any]:
        """Return the settings a channel proposes for an address."""
        discover = getattr(self._type(channel), "discover", None)
        return list(discover(address)) if discover is not None else []

    def signs_in(self, account: Account) -> bool:
        """Return whether this account is signed in at a provider."""
        channel: object = self._types.get(account.channel)
        return isinstance(channel, SignsIn) and bool(account.settings.get("oauth"))

    def begin_sign_in(self, account: Account, secrets: SecretStore) -> PendingSignIn:
        """Begin a sign-in at the account's provider."""
        channel: object = self._type(account.channel)
        if not isinstance(channel, SignsIn):
            raise ChannelError(ChannelFault.CONSENT, "this kind of mailbox has no sign-in at a provider")
        return channel.begin_sign_in(self._view(account, secrets))

    def fetches(self, account: Account) -> bool:
        """Return whether mail is fetched from this account."""
        channel = self._types.get(account.channel)
        return channel is not None and channel.capabilities.fetch and _part(account, "imap")

    def sends(self, account: Account) -> bool:
        """Return whether mail can leave from this account."""
        channel = self._types.get(account.channel)
        return channel is not None and channel.capabilities.send and _part(account, "smtp")

    def keeps_copies(self, account: Account) -> bool:
        """Return whether the desk must append a copy to the Sent folder."""
        if account.channel != "email":
            return False
        try:
            return EmailSettings.from_json(account.settings).wants_sent_copy
        except SettingsError:
            return False

    def secrets(self, account: Account) -> SecretStore:
        """Return where the account's secrets are kept."""
        return self._open_secrets(account.id)

    def _type(self, channel: str) -> ChannelType:
        found = self._types.get(channel)
        if found is None:
            raise ChannelError(ChannelFault.REFUSED, f"the channel “{channel}” is not installed")
        return found

    @staticmethod
    def _view(account: Account, store: SecretStore) -> AccountView:
        return AccountView(account.id, account.name, account.address, account.settings, store)


class InstalledReader:
    """Reads mail with the channel it came through."""

    version = READER_VERSION

    def __init__(self, types: Sequence[ChannelType], process: ReadingProcess | None = None) -> None:
        self._process = process
        self._builtin = {one.id for one in types if isinstance(one, EmailChannel)}
        self._read: dict[str, Callable[[bytes], ParsedMessage]] = {one.id: one.read for one in types}

    def read(self, raw: bytes, *, channel: str = "email") -> ParsedMessage:
        """Return what one raw message says."""
        return self._read.get(channel, read_message)(raw)

    def begin(self, raws: Sequence[tuple[str, bytes]]) -> Callable[[], Sequence[Reading]]:
        """Begin to read many messages; much mail of the built-in channel is read by a process of its own."""
        if self._process is not None and len(raws) >= _WORTH_A_PROCESS and all(c in self._builtin for c, _ in raws):
            started = self._process.begin([raw for _, raw in raws])
            if started is not None:
                return started
        return lambda: [reading_of(self.read(raw, channel=channel)) for channel, raw in raws]

    def synthetic_id(self, parsed: ParsedMessage) -> str:
        """Return the id of a mail without Message-ID."""
        # the content hash leaves the subject out, which may be all that a machine's mail differs in
        digest = sha256(f"{parsed.content_hash}\0{parsed.subject}".encode("utf-8", "surrogatepass")).hexdigest()
        return synthetic_message_id(digest)


class InstalledPipeline(MailContentPipeline):
    """The content pipeline, with the fold that intake needs."""

    def fold(self, text: str, *, subject: str = "") -> tuple[str, str]:
        """Return the text without quotes and signature, and the rest."""
        return fold(text, subject)


class InstalledBuilder:
    """Writes outgoing mail."""

    def build(self, mail: OutgoingMail) -> bytes:
        """Return the bytes of a mail."""
        return build_mail(mail)

    def quote(self, mail: OutgoingMail) -> tuple[str, str]:
        """Return what is quoted below a mail."""
        if not mail.history:
            return "", ""
        return quoted_text(mail.history, mail.attribution), quoted_html(mail.history, mail.attribution, frozenset())


class KeychainReplyKeys:
    """The key of this machine for the reply ids of a desk (docs/decisions/050-reply-keys.md).

    Without a working keychain the key lives until the program ends: answers are still found by their References.
    """

    def __init__(self, open_secrets: OpenSecrets) -> None:
        self._open_secrets = open_secrets
        self._made: dict[str, ReplyIds] = {}
        self._lock = threading.Lock()

    def ids(self, instance_id: str) -> ReplyIds:
        """Return the ids made and checked with this machine's key; makes the key on first use."""
        with self._lock:
            found = self._made.get(instance_id)
            if found is None:
                found = self._made[instance_id] = ReplyIds(self._key(), instance_id)
            return found

    def _key(self) -> bytes:
        try:
            store = self._open_secrets(DESK_SECRETS)
            kept = store.get("reply_key")
            if kept:
                return base64.b64decode(kept)
            key = secrets.token_bytes(32)
            store.set("reply_key", base64.b64encode(key).decode())
        except (SecretError, ValueError) as error:
            _log.warning("the keychain holds no reply key (%s); this run uses its own", type(error).__name__)
            return secrets.token_bytes(32)
        return key


def builtin_channels() -> list[ChannelType]:
    """Return the channels that come with the program."""
    return [EmailChannel()]


def _part(account: Account, part: str) -> bool:
    """Whether an account's settings name this half of it; only e-mail accounts have halves."""
    return account.channel != "email" or account.settings.get(part) is not None
