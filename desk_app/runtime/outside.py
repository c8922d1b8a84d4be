"""The real world behind `services.ports.outside`: channels, reader, content pipeline, keychain."""

from __future__ import annotations

import base64
import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from desk_app.channels.facts import EMAIL_CAPABILITIES, PIPELINE_VERSION, READER_VERSION
from desk_app.domain.mailboxes.settings import EmailSettings, SettingsError
from desk_app.domain.messages.reply_ids import ReplyIds
from desk_app.plugin_api.channels import (
    AccountView,
    AsksForSettings,
    BuildsContent,
    Capabilities,
    ChannelError,
    ChannelFault,
    ChannelSession,
    ChannelType,
    OutboundContent,
    PendingSignIn,
    SecretError,
    SecretStore,
    SignsIn,
    TestStep,
)

if TYPE_CHECKING:
    from desk_app.channels.email.channel import EmailChannel
    from desk_app.domain.mailboxes.model import Account
    from desk_app.domain.messages.content import PreparedContent
    from desk_app.domain.messages.model import ParsedMessage
    from desk_app.domain.messages.outgoing import OutgoingMail
    from desk_app.plugin_api.contributions import Parameter
    from desk_app.runtime.reading_process import ReadingProcess
from desk_app.runtime.channel_line import BUILD_SECONDS, SHORT_SECONDS
from desk_app.runtime.channel_types import ChannelTypes, Provided, guarded_reading, guarded_steps, plugin_failed
from desk_app.services.ports.channels import ChannelGoneError, ChannelInfo
from desk_app.services.ports.outside import Reading

_WORTH_A_PROCESS = 20  # mails read at once
_log = logging.getLogger(__name__)

OpenSecrets = Callable[[int], SecretStore]
"""Returns the secrets of an account; account 0 is the desk itself."""

DESK_SECRETS = 0
_MAIL_SECRETS = ("password", "smtp_password", "oauth", "oauth_client_secret")


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
    """The channel types that are there, with the keychain behind them."""

    def __init__(self, types: ChannelTypes, open_secrets: OpenSecrets) -> None:
        self._types = types
        self._open_secrets = open_secrets

    def types(self) -> Sequence[ChannelInfo]:
        """Return the channel types that are there at this moment."""
        return [
            ChannelInfo(
                key,
                self._types.asked(one, "title", lambda one=one: str(one.type.title), key),  # type: ignore[misc]
                one.plugin,
                self._settings_of(one),
            )
            for key, one in self._types.all().items()
        ]

    def missing(self, channel: str, *, wait: bool = True) -> bool:
        """Return whether nobody brings a channel at this moment."""
        return not self._types.has(channel, wait=wait)

    def is_mail(self, account: Account) -> bool:
        """Return whether an account sends mail."""
        found = self._types.get(account.channel)
        return found is not None and not isinstance(found.type, BuildsContent)

    def build(self, account: Account, content: OutboundContent) -> bytes:
        """Return what leaves over a channel that is not mail."""
        provided = self._type(account.channel)
        channel: object = provided.type
        if not isinstance(channel, BuildsContent):
            raise ChannelError(ChannelFault.REFUSED, "this channel sends mail")
        building: BuildsContent = channel

        def build() -> bytes:
            try:
                return bytes(building.build(content))
            except (ChannelError, ValueError):
                raise
            except BaseException as error:
                self._types.fault(provided, "build", error)
                raise plugin_failed(provided.plugin, error) from error

        return self._types.limited(provided, "build", build, BUILD_SECONDS)

    def secret_names(self, account: Account) -> Sequence[str]:
        """Return the names of the secrets an account may have."""
        found = self._types.get(account.channel)
        asked = self._settings_of(found) if found is not None else ()
        return (*_MAIL_SECRETS, *(one.key for one in asked if one.kind == "secret"))

    def open(self, account: Account) -> ChannelSession:
        """Return a session of an account."""
        return self._types.open(self._type(account.channel), self._view(account, self.secrets(account)))

    def test(self, account: Account, secrets: Mapping[str, str] | None, *, send_to: str = "") -> Iterator[TestStep]:
        """Try an account step by step, with given secrets over the stored ones."""
        stored = self.secrets(account) if account.id else None
        store: SecretStore = GivenSecrets(secrets or {}, stored)
        provided, view = self._type(account.channel), self._view(account, store)
        return guarded_steps(self._types, provided, lambda: provided.type.test(view, send_to=send_to))

    def discover(self, channel: str, address: str) -> Sequence[Any]:
        """Return the settings a channel proposes for an address."""
        provided = self._type(channel)
        discover = getattr(provided.type, "discover", None)
        if discover is None:
            return []
        found = partial(self._types.guarded, provided, "discover", lambda: list(discover(address)))
        return self._types.limited(provided, "discover", found, SHORT_SECONDS)

    def signs_in(self, account: Account) -> bool:
        """Return whether this account is signed in at a provider."""
        found = self._types.get(account.channel)
        return found is not None and isinstance(found.type, SignsIn) and bool(account.settings.get("oauth"))

    def begin_sign_in(self, account: Account, secrets: SecretStore) -> PendingSignIn:
        """Begin a sign-in at the account's provider."""
        provided = self._type(account.channel)
        channel: object = provided.type
        if not isinstance(channel, SignsIn):
            raise ChannelError(ChannelFault.CONSENT, "this kind of mailbox has no sign-in at a provider")
        view = self._view(account, secrets)
        begun = partial(self._types.guarded, provided, "begin_sign_in", lambda: channel.begin_sign_in(view))
        return self._types.limited(provided, "begin_sign_in", begun, SHORT_SECONDS)

    def fetches(self, account: Account) -> bool:
        """Return whether mail is fetched from this account."""
        found = self._types.get(account.channel)
        return found is not None and self._can(found).fetch and _part(account, "imap")

    def sends(self, account: Account) -> bool:
        """Return whether mail can leave from this account."""
        found = self._types.get(account.channel)
        return found is not None and self._can(found).send and _part(account, "smtp")

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

    def _can(self, provided: Provided) -> Capabilities:
        """What a channel can do; one that fails over that can do nothing."""
        nothing = Capabilities(fetch=False, send=False)
        found: object = self._types.asked(provided, "capabilities", lambda: provided.type.capabilities, nothing)
        return found if isinstance(found, Capabilities) else nothing

    def _settings_of(self, provided: Provided) -> tuple[Parameter, ...]:
        return self._types.asked(provided, "account_settings", lambda: _settings_of(provided.type), ())

    def _type(self, channel: str) -> Provided:
        found = self._types.get(channel)
        if found is None:
            raise ChannelGoneError(channel)
        return found

    @staticmethod
    def _view(account: Account, store: SecretStore) -> AccountView:
        return AccountView(account.id, account.name, account.address, account.settings, store)


class InstalledReader:
    """Reads mail with the channel it came through."""

    version = READER_VERSION

    def __init__(self, types: ChannelTypes, process: ReadingProcess | None = None) -> None:
        self._process = process
        self._types = types

    def knows(self, channel: str) -> bool:
        """Return whether messages of a channel can be read at this moment."""
        return self._types.has(channel)

    def read(self, raw: bytes, *, channel: str = "email") -> ParsedMessage:
        """Return what one raw message says. Raises ChannelGoneError, and what a plugin's channel raises."""
        provided = self._types.get(channel)
        if provided is None:
            raise ChannelGoneError(channel)
        return provided.type.read(raw) if provided.own else guarded_reading(self._types, provided, raw)

    def _builtin(self, channel: str) -> bool:
        provided = self._types.get(channel)
        return provided is not None and provided.own and _is_builtin(provided.type)

    def begin(self, raws: Sequence[tuple[str, bytes]]) -> Callable[[], Sequence[Reading]]:
        """Begin to read many messages; much mail of the built-in channel is read by a process of its own."""
        if (
            self._process is not None
            and len(raws) >= _WORTH_A_PROCESS
            and all(map(self._builtin, {c for c, _ in raws}))
        ):
            started = self._process.begin([raw for _, raw in raws])
            if started is not None:
                return started
        from desk_app.runtime.reading import reading_of  # noqa: PLC0415 -- with the first mail, not with the window

        return lambda: [reading_of(self.read(raw, channel=channel)) for channel, raw in raws]

    def mail_in(self, raw: bytes) -> bytes:
        """Return the mail that a file holds; Outlook's own files are written anew. Raises ValueError."""
        from desk_app.channels.email.reading.outlook import is_outlook, mail_of_outlook  # noqa: PLC0415 -- with a file, not with the window

        return mail_of_outlook(raw) if is_outlook(raw) else raw

    def synthetic_id(self, parsed: ParsedMessage) -> str:
        """Return the id of a mail without Message-ID."""
        from desk_app.channels.email.reading import synthetic_message_id  # noqa: PLC0415 -- with the first mail, not with the window

        # the content hash leaves the subject out, which may be all that a machine's mail differs in
        digest = sha256(f"{parsed.content_hash}\0{parsed.subject}".encode("utf-8", "surrogatepass")).hexdigest()
        return synthetic_message_id(digest)


class InstalledPipeline:
    """The content pipeline, with the fold that intake needs."""

    version = PIPELINE_VERSION

    def prepare(self, parsed: ParsedMessage) -> PreparedContent:
        """Return the body of a message, safe and folded."""
        from desk_app.channels.content.pipeline import prepare  # noqa: PLC0415 -- with the first mail, not with the window

        return prepare(parsed)

    def fold(self, text: str, *, subject: str = "") -> tuple[str, str]:
        """Return the text without quotes and signature, and the rest."""
        from desk_app.runtime.reading import fold  # noqa: PLC0415 -- with the first mail, not with the window

        return fold(text, subject)


class InstalledBuilder:
    """Writes outgoing mail."""

    def build(self, mail: OutgoingMail) -> bytes:
        """Return the bytes of a mail."""
        from desk_app.channels.email.building import build_mail  # noqa: PLC0415 -- with the first mail, not with the window

        return build_mail(mail)

    def quote(self, mail: OutgoingMail) -> tuple[str, str]:
        """Return what is quoted below a mail."""
        if not mail.history:
            return "", ""
        from desk_app.channels.email.building.history import quoted_html, quoted_text  # noqa: PLC0415 -- with the first mail, not with the window

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


class BuiltinEmail:
    """The e-mail channel, loaded when it is first used: a window shows its lists without it."""

    id = "email"
    title = "E-mail"
    capabilities = EMAIL_CAPABILITIES

    @cached_property
    def _channel(self) -> EmailChannel:
        from desk_app.channels.email.channel import EmailChannel  # noqa: PLC0415 -- with the first mail, not with the window

        return EmailChannel()

    def open(self, account: AccountView) -> ChannelSession:
        """Return a session of an account."""
        return self._channel.open(account)

    def test(self, account: AccountView, *, send_to: str = "") -> Iterator[TestStep]:
        """Try an account step by step."""
        return self._channel.test(account, send_to=send_to)

    def read(self, raw: bytes) -> ParsedMessage:
        """Return what one raw mail says."""
        return self._channel.read(raw)

    def discover(self, address: str) -> Sequence[Any]:
        """Return the settings proposed for an address, best first."""
        return self._channel.discover(address)

    def begin_sign_in(self, account: AccountView) -> PendingSignIn:
        """Begin a sign-in at the account's provider."""
        return self._channel.begin_sign_in(account)


def builtin_channels() -> list[ChannelType]:
    """Return the channels that come with the program."""
    return [BuiltinEmail()]


def _settings_of(channel: object) -> tuple[Parameter, ...]:
    return tuple(channel.account_settings) if isinstance(channel, AsksForSettings) else ()


def _is_builtin(channel: object) -> bool:
    """Whether mail of a channel may be read by the program's own reading process."""
    return isinstance(channel, BuiltinEmail) or type(channel).__module__ == "desk_app.channels.email.channel"


def _part(account: Account, part: str) -> bool:
    """Whether an account's settings name this half of it; only e-mail accounts have halves."""
    return account.channel != "email" or account.settings.get(part) is not None
