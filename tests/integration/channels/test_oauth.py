"""OAuth: signing in, renewing, and a clear word when a person must act (MB-03, MB-04)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from desk_app.channels.email.channel import EmailChannel
from desk_app.channels.email.oauth_providers import GOOGLE, MICROSOFT, PROVIDERS, OAuthProvider
from desk_app.channels.email.oauth_sign_in import PendingSignIn, begin_sign_in
from desk_app.channels.email.oauth_tokens import OAuthTokens
from desk_app.channels.email.session import EmailSession
from desk_app.domain.mailboxes.settings import EmailSettings, OAuthSettings, Security, ServerSettings, SignIn
from desk_app.plugin_api.channels import AccountView, ChannelError, ChannelFault, OutboundMail, SendOutcome
from tests.integration.channels.conftest import QUICK
from tests.support.dovecot import DovecotServer, free_port
from tests.support.secrets import MemorySecrets
from tests.support.smtp_server import SmtpServer
from tests.support.token_server import TokenServer

NOW = 1_800_000_000.0


@pytest.fixture
def provider(token_server: TokenServer) -> OAuthProvider:
    return replace(GOOGLE, authorize_url="https://accounts.example.org/auth", token_url=token_server.url)


@pytest.fixture
def tokens(provider: OAuthProvider) -> OAuthTokens:
    return OAuthTokens(provider, "client-1", clock=lambda: NOW)


def bundle(access: str = "access-old", expires_in: float = -10, refresh: str = "refresh-0") -> MemorySecrets:
    stored = {"access_token": access, "refresh_token": refresh, "expires_at": NOW + expires_in}
    return MemorySecrets(oauth=json.dumps(stored))


def test_a_token_is_used_until_two_minutes_before_its_end(tokens: OAuthTokens, token_server: TokenServer) -> None:
    assert tokens.access_token(bundle(expires_in=121)) == "access-old"
    assert token_server.forms == []
    secrets = bundle(expires_in=119)
    assert tokens.access_token(secrets) == "access-1"
    assert tokens.access_token(secrets) == "access-1"
    assert len(token_server.forms) == 1
    assert token_server.forms[0] == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-0",
        "client_id": "client-1",
    }
    kept = json.loads(secrets.values["oauth"])
    assert (kept["refresh_token"], kept["expires_at"]) == ("refresh-0", NOW + 3599)


def test_a_token_the_mail_server_refused_is_renewed_although_it_is_not_over(tokens: OAuthTokens) -> None:
    assert tokens.access_token(bundle(expires_in=3000), refused="access-old") == "access-1"


def test_a_rotated_refresh_token_is_kept_and_another_process_may_have_been_quicker(
    tokens: OAuthTokens, token_server: TokenServer
) -> None:
    token_server.rotate = True
    ours = bundle()
    tokens.access_token(ours)
    assert json.loads(ours.values["oauth"])["refresh_token"] == "refresh-1"

    class Stale(MemorySecrets):
        """Shows the old bundle once, as a process does that read it before the other one wrote."""

        reads = 0

        def get(self, name: str) -> str | None:
            self.reads += name == "oauth"
            return bundle().values["oauth"] if self.reads == 1 and name == "oauth" else super().get(name)

    assert tokens.access_token(Stale(**ours.values)) == "access-1"


@pytest.mark.parametrize(
    ("status", "answer", "fault", "pause"),
    [
        (400, {"error": "invalid_grant", "error_description": "revoked"}, ChannelFault.CONSENT, None),
        (400, {"error": "interaction_required"}, ChannelFault.CONSENT, None),
        (401, {"error": "invalid_client"}, ChannelFault.CONSENT, None),
        (429, {"error": "slow_down"}, ChannelFault.THROTTLED, 7.0),
        (503, b"<html>oops", ChannelFault.THROTTLED, 7.0),
        (200, b"not json", ChannelFault.PROTOCOL, None),
        (200, {"token_type": "Bearer"}, ChannelFault.PROTOCOL, None),
        (200, ["odd"], ChannelFault.PROTOCOL, None),
        (302, b"", ChannelFault.PROTOCOL, None),
    ],
)
def test_mb_04_each_answer_has_its_fault_and_no_secret_in_it(
    status: int,
    answer: object,
    fault: ChannelFault,
    pause: float | None,
    tokens: OAuthTokens,
    token_server: TokenServer,
) -> None:
    token_server.answers = [(status, answer)]
    token_server.headers = {"Retry-After": "7", "Location": "http://127.0.0.1:1/"}
    secrets = bundle(refresh="refresh-hidden")
    secrets.values["oauth_client_secret"] = "client-hidden"
    before = dict(secrets.values)
    with pytest.raises(ChannelError) as caught:
        tokens.access_token(secrets)
    assert caught.value.fault is fault
    assert caught.value.retry_after == pause
    assert "hidden" not in str(caught.value)
    assert secrets.values == before
    assert token_server.forms[0]["client_secret"] == "client-hidden"


@pytest.mark.parametrize("stored", [{}, {"oauth": "not json"}, {"oauth": "[]"}, {"oauth": '{"access_token": ""}'}])
def test_nothing_usable_in_the_keychain_asks_for_a_sign_in(tokens: OAuthTokens, stored: dict[str, str]) -> None:
    with pytest.raises(ChannelError) as caught:
        tokens.access_token(MemorySecrets(**stored))
    assert caught.value.fault is ChannelFault.CONSENT


def test_no_network_is_no_reason_to_sign_in_again(provider: OAuthProvider) -> None:
    nowhere = replace(provider, token_url=f"http://127.0.0.1:{free_port()}/")
    unreachable = OAuthTokens(nowhere, "client-1", clock=lambda: NOW)
    with pytest.raises(ChannelError) as caught:
        unreachable.access_token(bundle())
    assert caught.value.fault is ChannelFault.NETWORK


# -- the person's part ------------------------------------------------------------------------------------------------


def finished(pending: PendingSignIn, timeout: float = 10) -> tuple[threading.Thread, list[ChannelError]]:
    errors: list[ChannelError] = []

    def run() -> None:
        try:
            pending.finish(timeout)
        except ChannelError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


def test_mb_03_sign_in_with_pkce_over_a_loopback_redirect(tokens: OAuthTokens, token_server: TokenServer) -> None:
    secrets = MemorySecrets()
    pending = begin_sign_in(tokens, secrets, login_hint="desk@example.org")
    query = parse_qs(urlsplit(pending.url).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["login_hint"] == ["desk@example.org"]
    assert query["access_type"] == ["offline"]
    thread, errors = finished(pending)
    assert token_server.browse(pending.url, state="forged").status_code == 404
    page = token_server.browse(pending.url)
    thread.join(15)
    assert errors == []
    assert "Signed in" in page.text
    assert tokens.access_token(secrets) == "access-1"
    assert token_server.forms[0]["redirect_uri"].startswith("http://127.0.0.1:")
    assert json.loads(secrets.values["oauth"])["refresh_token"] == "refresh-1"


def test_a_person_who_declines_is_told_so(tokens: OAuthTokens, token_server: TokenServer) -> None:
    secrets = MemorySecrets()
    pending = begin_sign_in(tokens, secrets)
    thread, errors = finished(pending)
    token_server.browse(pending.url, code="", error="access_denied")
    thread.join(15)
    assert [error.fault for error in errors] == [ChannelFault.CONSENT]
    assert "access_denied" in errors[0].detail
    assert secrets.values == {}


def test_a_forged_code_gets_no_token(tokens: OAuthTokens, token_server: TokenServer) -> None:
    pending = begin_sign_in(tokens, MemorySecrets())
    thread, errors = finished(pending)
    token_server.browse(pending.url, code="another")
    thread.join(15)
    assert [error.fault for error in errors] == [ChannelFault.CONSENT]


def test_nobody_answers_or_somebody_cancels(tokens: OAuthTokens) -> None:
    with pytest.raises(ChannelError, match="in time"):
        begin_sign_in(tokens, MemorySecrets()).finish(0.1)
    pending = begin_sign_in(tokens, MemorySecrets())
    thread, errors = finished(pending, 60)
    pending.cancel()
    thread.join(15)
    assert "cancelled" in errors[0].detail


def test_microsofts_tenant_stands_in_its_addresses() -> None:
    chosen = MICROSOFT.for_tenant("contoso.example")
    assert "/contoso.example/oauth2/v2.0/authorize" in chosen.authorize_url
    assert "{" not in chosen.token_url
    assert set(PROVIDERS) == {"google", "microsoft"}


# -- with mail servers ------------------------------------------------------------------------------------------------


def settings(imap: ServerSettings | None, smtp: ServerSettings | None = None) -> EmailSettings:
    return EmailSettings(imap=imap, smtp=smtp, oauth=OAuthSettings("google", "client-1"))


@pytest.mark.dovecot
def test_mb_03_xoauth2_good_refused_then_renewed_and_dead(
    dovecot: DovecotServer, provider: OAuthProvider, token_server: TokenServer
) -> None:
    user = dovecot.user()
    token_server.mint = lambda: dovecot.token(user)
    server = ServerSettings(dovecot.host, dovecot.port, Security.NONE, user, SignIn.OAUTH2)
    channel = EmailChannel(limits=QUICK, providers={"google": provider})

    def counted(access: str, refresh: str = "refresh-0") -> None:
        stored = {"access_token": access, "refresh_token": refresh, "expires_at": 4e9}
        session = channel.open(
            AccountView(1, "x", user, settings(server).to_json(), MemorySecrets(oauth=json.dumps(stored)))
        )
        try:
            assert session.counts()[0].total == 0
        finally:
            session.close()

    counted(dovecot.token(user))
    assert token_server.forms == []
    for refused in (dovecot.token(user, expires_in=-60), "garbage", dovecot.token(user, secret=b"x" * 32)):
        counted(refused)  # the server declines it, so it is renewed once
    assert len(token_server.forms) == 3
    with pytest.raises(ChannelError) as caught:
        counted(dovecot.token(user, expires_in=-60), refresh="dead")
    assert caught.value.fault is ChannelFault.CONSENT
    token_server.mint = lambda: dovecot.token("somebody-else")
    with pytest.raises(ChannelError) as caught:
        counted("garbage")
    assert caught.value.fault is ChannelFault.SIGN_IN


def test_mb_03_xoauth2_for_sending(
    provider: OAuthProvider,
    token_server: TokenServer,
    smtp_server: Callable[..., SmtpServer],
) -> None:
    server = smtp_server(tokens={"desk@example.org": "access-1"})
    smtp = ServerSettings(server.host, server.port, Security.NONE, "desk@example.org", SignIn.OAUTH2)
    channel = EmailChannel(limits=QUICK, providers={"google": provider})
    stored = {"access_token": "outdated", "refresh_token": "refresh-0", "expires_at": 4e9}
    view = AccountView(
        1, "x", "desk@example.org", settings(None, smtp).to_json(), MemorySecrets(oauth=json.dumps(stored))
    )
    session: EmailSession = channel.open(view)
    mail = OutboundMail(b"Subject: x\r\n\r\nx\r\n", "1@example.org", "desk@example.org", ("me@example.org",))
    assert session.send(mail).outcome is SendOutcome.ACCEPTED
    session.close()
    assert server.mails[0].signed_in_as == "desk@example.org"
    assert len(token_server.forms) == 1
