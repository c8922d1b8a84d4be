"""The built-in channel "email": IMAP in, SMTP out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from desk_app.channels.email.account_credentials import Credentials
from desk_app.channels.email.connection_test import ConnectionTest
from desk_app.channels.email.oauth_providers import PROVIDERS, OAuthProvider
from desk_app.channels.email.oauth_tokens import OAuthTokens
from desk_app.channels.email.session import EmailSession
from desk_app.channels.email.session_limits import Limits
from desk_app.channels.facts import EMAIL_CAPABILITIES
from desk_app.domain.mailboxes.settings import Candidate, EmailSettings, SettingsError
from desk_app.domain.messages.model import ParsedMessage
from desk_app.plugin_api.channels import (
    AccountView,
    ChannelError,
    ChannelFault,
    StepState,
    TestStep,
)

if TYPE_CHECKING:
    from desk_app.channels.email.oauth_sign_in import PendingSignIn


class EmailChannel:
    """The ChannelType for e-mail."""

    id = "email"
    title = "E-mail"
    capabilities = EMAIL_CAPABILITIES

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        providers: Mapping[str, OAuthProvider] = PROVIDERS,
    ) -> None:
        """`providers` are the OAuth providers by the name settings use."""
        self._limits = limits or Limits()
        self._providers = providers

    def open(self, account: AccountView) -> EmailSession:
        """Return a session; raises ChannelError (REFUSED) where the settings cannot work."""
        settings = _settings(account)
        return EmailSession(settings, self._credentials(account, settings), self._limits)

    def test(self, account: AccountView, *, send_to: str = "") -> Iterator[TestStep]:
        """Try the account step by step; never raises."""
        try:
            settings = _settings(account)
            credentials = self._credentials(account, settings)
        except ChannelError as error:
            yield TestStep("name", StepState.FAILED, error.detail, error.fault)
            return
        yield from ConnectionTest(settings, credentials, account.address, self._limits).run(send_to)

    def read(self, raw: bytes) -> ParsedMessage:
        """Make sense of raw bytes; never raises, never touches the network."""
        from desk_app.channels.email.reading import read_message  # noqa: PLC0415 -- signing in does not wait for it

        return read_message(raw)

    def discover(self, address: str) -> list[Candidate]:
        """Find settings for an address, the surest first; needs seconds at most and works without a network."""
        from desk_app.channels.email.discovery import Discovery  # noqa: PLC0415 -- needed once a mailbox is added

        return Discovery().discover(address)

    def begin_sign_in(self, account: AccountView) -> PendingSignIn:
        """Begin an OAuth sign-in: show its `url` to the person, then call its `finish`; raises ChannelError
        (CONSENT)."""
        from desk_app.channels.email.oauth_sign_in import begin_sign_in  # noqa: PLC0415 -- as above

        settings = _settings(account)
        return begin_sign_in(self._tokens(settings), account.secrets, login_hint=_login(account, settings))

    def _credentials(self, account: AccountView, settings: EmailSettings) -> Credentials:
        return Credentials(account.secrets, self._tokens(settings) if settings.oauth else None)

    def _tokens(self, settings: EmailSettings) -> OAuthTokens:
        if settings.oauth is None:
            raise ChannelError(ChannelFault.CONSENT, "no OAuth registration is set for this mailbox")
        provider = self._providers.get(settings.oauth.provider)
        if provider is None:
            raise ChannelError(ChannelFault.CONSENT, f"{settings.oauth.provider}: not a known OAuth provider")
        return OAuthTokens(provider.for_tenant(settings.oauth.tenant), settings.oauth.client_id)


def _settings(account: AccountView) -> EmailSettings:
    try:
        return EmailSettings.from_json(account.settings)
    except SettingsError as error:
        raise ChannelError(ChannelFault.REFUSED, f"the mailbox's settings: {error}") from error


def _login(account: AccountView, settings: EmailSettings) -> str:
    server = settings.imap or settings.smtp
    return server.user if server and server.user else account.address
