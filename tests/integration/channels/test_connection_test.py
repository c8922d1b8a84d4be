"""The connection test names the step that fails and what to do about it (pains.md 4, MB-02)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from desk_app.channels.email.channel import EmailChannel
from desk_app.domain.mailboxes.settings import EmailSettings, Security, ServerSettings
from desk_app.plugin_api.channels import (
    AccountView,
    ChannelError,
    ChannelFault,
    ChannelSession,
    ChannelType,
    OutboundMail,
    Reconcilable,
    SendOutcome,
    StepState,
    TestStep,
)
from tests.integration.channels.conftest import QUICK
from tests.support.dovecot import DovecotServer, dovecot_server, free_port
from tests.support.secrets import MemorySecrets
from tests.support.smtp_server import SmtpServer
from tests.support.tls import TestAuthority

pytestmark = pytest.mark.dovecot
Start = Callable[..., SmtpServer]


@pytest.fixture
def channel() -> EmailChannel:
    return EmailChannel(limits=QUICK)


def account(settings: EmailSettings, **secrets: str) -> AccountView:
    return AccountView(
        1, "Support", "desk@example.org", settings.to_json(), MemorySecrets(**(secrets or {"password": "secret"}))
    )


def ended(steps: Iterator[TestStep]) -> dict[str, TestStep]:
    """Return how each step ended, having checked that each was announced first."""
    seen = list(steps)
    for before, after in pairwise(seen):
        if after.state in {StepState.OK, StepState.FAILED}:
            assert (before.id, before.state) == (after.id, StepState.RUNNING)
    return {step.id: step for step in seen if step.state is not StepState.RUNNING}


def states(steps: dict[str, TestStep]) -> dict[str, str]:
    return {name: step.state.value for name, step in steps.items()}


def test_the_channel_is_what_the_interface_says(channel: EmailChannel, dovecot: DovecotServer) -> None:
    kind: ChannelType = channel
    session: ChannelSession = kind.open(
        account(EmailSettings(imap=ServerSettings(dovecot.host, dovecot.port, Security.NONE, dovecot.user())))
    )
    assert isinstance(session, Reconcilable)
    assert session.counts()[0].total == 0
    session.close()
    session.close()
    assert kind.read(b"Subject: hello\r\n\r\nhi").subject == "hello"


def test_settings_that_cannot_work_are_an_error_not_a_crash(channel: EmailChannel) -> None:
    view = AccountView(1, "x", "x@example.org", {"imap": {"host": "h", "port": 0, "user": "u"}}, MemorySecrets())
    with pytest.raises(ChannelError) as caught:
        channel.open(view)
    assert "imap.port" in caught.value.detail
    (step,) = channel.test(view)
    assert step.state is StepState.FAILED
    assert "imap.port" in step.detail


def test_all_is_well_and_a_test_mail_arrives(
    channel: EmailChannel, dovecot: DovecotServer, smtp_server: Start, trusted_authority: TestAuthority
) -> None:
    user = dovecot.user()
    server = smtp_server(tls="starttls", users={user: "secret"})
    settings = EmailSettings(
        imap=ServerSettings("localhost", dovecot.tls_port, Security.TLS, user),
        smtp=ServerSettings("localhost", server.port, Security.STARTTLS, user),
    )
    steps = ended(channel.test(account(settings), send_to="me@example.org"))
    assert list(steps) == ["name", "tls", "sign_in", "folder", "smtp_name", "smtp_tls", "smtp_sign_in", "send"]
    assert set(states(steps).values()) == {"ok"}
    assert "TLS" in steps["tls"].detail
    assert "INBOX: 0 messages" in steps["folder"].detail
    assert "copies go to Sent" in steps["folder"].detail
    (mail,) = server.wait_for(1)
    assert mail.recipients == ["me@example.org"]
    assert b"Auto-Submitted: auto-generated" in mail.raw
    assert states(ended(channel.test(account(settings))))["send"] == "skipped"


def test_each_failing_step_is_named(channel: EmailChannel, dovecot: DovecotServer) -> None:
    user = dovecot.user()
    good: dict[str, Any] = {"host": dovecot.host, "port": dovecot.port, "security": Security.NONE, "user": user}
    cases = [
        ("name", ChannelFault.NAME, {"host": "imap..example.org"}, "secret", ("INBOX",)),
        ("tls", ChannelFault.NETWORK, {"port": free_port()}, "secret", ("INBOX",)),
        ("tls", ChannelFault.TLS, {"security": Security.TLS}, "secret", ("INBOX",)),
        ("sign_in", ChannelFault.SIGN_IN, {}, "wrong", ("INBOX",)),
        ("folder", ChannelFault.FOLDER, {}, "secret", ("INBOX", "Elsewhere")),
    ]
    for failing, fault, change, password, folders in cases:
        settings = EmailSettings(imap=ServerSettings(**{**good, **change}), folders=folders)
        steps = ended(channel.test(account(settings, password=password)))
        order = ["name", "tls", "sign_in", "folder"]
        at = order.index(failing)
        wanted = {**dict.fromkeys(order[:at], "ok"), failing: "failed", **dict.fromkeys(order[at + 1 :], "skipped")}
        assert {name: state for name, state in states(steps).items() if name in order} == wanted, steps
        assert steps[failing].fault is fault
        assert steps[failing].detail
        assert {states(steps)[name] for name in ("smtp_name", "smtp_tls", "smtp_sign_in", "send")} == {"skipped"}


def test_a_send_only_mailbox_is_tested_too_and_a_refused_mail_is_told(
    channel: EmailChannel, smtp_server: Start
) -> None:
    server = smtp_server()
    server.refuse["me@example.org"] = "550 5.7.1 relaying denied"
    settings = EmailSettings(smtp=ServerSettings(server.host, server.port, Security.NONE))
    steps = ended(channel.test(account(settings), send_to="me@example.org"))
    assert states(steps)["smtp_sign_in"] == "ok"
    assert (steps["send"].state, steps["send"].fault) == (StepState.FAILED, ChannelFault.REFUSED)
    assert "relaying denied" in steps["send"].detail
    assert steps["folder"].state is StepState.SKIPPED


# -- certificates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_mb_02_a_certificate_is_shown_accepted_by_fingerprint_and_no_other_is(
    security: Security, channel: EmailChannel, dovecot: DovecotServer, smtp_server: Start, authority: TestAuthority
) -> None:
    user = dovecot.user()
    shown = authority.issue()
    server = smtp_server(tls=security.value, context=shown.context(), users={user: "secret"})
    port = dovecot.tls_port if security is Security.TLS else dovecot.port

    def settings(imap_pin: str = "", smtp_pin: str = "") -> EmailSettings:
        return EmailSettings(
            imap=ServerSettings("localhost", port, security, user, accepted_certificates=_pins(imap_pin)),
            smtp=ServerSettings("localhost", server.port, security, user, accepted_certificates=_pins(smtp_pin)),
        )

    steps = ended(channel.test(account(settings()), send_to="me@example.org"))
    for name, fingerprint in (("tls", dovecot.certificate.fingerprint), ("smtp_tls", shown.fingerprint)):
        assert (steps[name].state, steps[name].fault) == (StepState.FAILED, ChannelFault.TLS)
        assert steps[name].certificate == fingerprint
        assert "issued to" in steps[name].detail
    accepted = settings(dovecot.certificate.fingerprint, shown.fingerprint)
    steps = ended(channel.test(account(accepted), send_to="me@example.org"))
    assert set(states(steps).values()) == {"ok"}
    assert "accepted" in steps["tls"].detail
    session = channel.open(account(accepted))
    assert session.send(_mail()).outcome is SendOutcome.ACCEPTED
    assert session.counts()[0].total == 0
    session.close()
    foreign = settings("0" * 64, "0" * 64)
    steps = ended(channel.test(account(foreign)))
    assert (steps["tls"].state, steps["smtp_tls"].state) == (StepState.FAILED, StepState.FAILED)
    assert steps["tls"].certificate == dovecot.certificate.fingerprint


def test_mb_02_a_server_that_got_a_proper_certificate_since_is_trusted_again(
    channel: EmailChannel, dovecot: DovecotServer, trusted_authority: TestAuthority
) -> None:
    server = ServerSettings("localhost", dovecot.tls_port, user=dovecot.user(), accepted_certificates=("0" * 64,))
    steps = ended(channel.test(account(EmailSettings(imap=server))))
    assert states(steps)["tls"] == "ok"
    assert "no longer needed" in steps["tls"].detail


@pytest.mark.parametrize("fault", ["name", "expired"])
def test_mb_02_a_certificate_for_another_name_or_out_of_date_is_refused(
    fault: str, channel: EmailChannel, trusted_authority: TestAuthority
) -> None:
    names = ("mail.elsewhere.test",) if fault == "name" else ("localhost",)
    with dovecot_server(trusted_authority.issue(*names, expired=fault == "expired")) as server:
        settings = EmailSettings(imap=ServerSettings("localhost", server.tls_port, user=server.user()))
        steps = ended(channel.test(account(settings)))
        assert (steps["tls"].state, steps["tls"].fault) == (StepState.FAILED, ChannelFault.TLS)
        assert steps["tls"].certificate == server.certificate.fingerprint
        assert states(steps)["sign_in"] == "skipped"
        told = server.log().lower().replace("no auth attempts", "").replace("before auth was ready", "")
        assert "auth" not in told  # no credential was tried


def test_mb_02_a_server_without_starttls_gets_no_password(channel: EmailChannel, authority: TestAuthority) -> None:
    with dovecot_server(authority.issue(), tls=False) as server:
        settings = EmailSettings(imap=ServerSettings("localhost", server.port, Security.STARTTLS, server.user()))
        steps = ended(channel.test(account(settings)))
        assert (steps["tls"].state, steps["tls"].fault) == (StepState.FAILED, ChannelFault.TLS)


def test_starttls_drops_what_was_said_before_the_handshake(channel: EmailChannel) -> None:
    """RFC 9051 6.2.1: an attacker may put answers in front of the encrypted ones."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def serve() -> None:
        line, _ = listener.accept()
        with line:
            line.settimeout(10)
            line.sendall(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n")
            tag = line.recv(1000).split(b" ")[0]  # CAPABILITY
            line.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + tag + b" OK done\r\n")
            tag = line.recv(1000).split(b" ")[0]  # STARTTLS
            line.sendall(tag + b" OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")
            line.recv(1000)

    thread = threading.Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]
    settings = EmailSettings(imap=ServerSettings("127.0.0.1", port, Security.STARTTLS, "ann"))
    steps = ended(channel.test(account(settings)))
    thread.join(15)
    listener.close()
    assert steps["tls"].state is StepState.FAILED
    assert states(steps)["sign_in"] == "skipped"


def _pins(fingerprint: str) -> tuple[str, ...]:
    return (fingerprint,) if fingerprint else ()


def _mail() -> OutboundMail:
    return OutboundMail(b"Subject: x\r\n\r\nx\r\n", "1@example.org", "desk@example.org", ("me@example.org",))
