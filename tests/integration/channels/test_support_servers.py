"""The servers that other tests rely on do what they promise."""

from __future__ import annotations

import imaplib
import smtplib
import ssl
from collections.abc import Callable

import pytest

from tests.support.dovecot import DovecotServer
from tests.support.line_proxy import LineProxy
from tests.support.smtp_server import SmtpServer
from tests.support.tls import TestAuthority

MAIL = b"Subject: hello\r\nMessage-ID: <1@example.org>\r\n\r\nhi\r\n"
pytestmark = pytest.mark.dovecot


def test_dovecot_keeps_mail_over_restart_and_kill(dovecot: DovecotServer) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", MAIL, flags="(\\Seen)")
    dovecot.restart()
    assert dovecot.uids(user) == [1]
    dovecot.kill()
    assert dovecot.pid is None
    dovecot.start()
    assert dovecot.flags(user) == {1: "\\Seen"}


def test_dovecot_speaks_tls_with_our_certificate(dovecot: DovecotServer, authority: TestAuthority) -> None:
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    with imaplib.IMAP4_SSL(dovecot.host, dovecot.tls_port, ssl_context=context, timeout=5) as connection:
        assert "AUTH=XOAUTH2" in connection.capabilities


def test_dovecot_forgets_its_uids(dovecot: DovecotServer) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", MAIL, MAIL)
    dovecot.bump_uidvalidity(user)
    assert len(dovecot.uids(user)) == 2


def test_smtp_server_records_and_refuses(smtp_server: Callable[..., SmtpServer]) -> None:
    server = smtp_server(users={"ann": "secret"})
    server.refuse["bob@example.org"] = "550 5.1.1 unknown"
    with smtplib.SMTP(server.host, server.port, timeout=5) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("ann", "wrong")
        client.login("ann", "secret")
        refused = client.sendmail("me@example.org", ["ann@example.org", "bob@example.org"], MAIL)
    assert list(refused) == ["bob@example.org"]
    (mail,) = server.wait_for(1)
    assert (mail.sender, mail.recipients, mail.signed_in_as) == ("me@example.org", ["ann@example.org"], "ann")


def test_proxy_cuts_the_line(dovecot: DovecotServer, line_proxy: Callable[[str, int], LineProxy]) -> None:
    proxy = line_proxy(dovecot.host, dovecot.port)
    proxy.cut_after = 5
    with pytest.raises(imaplib.IMAP4.abort):
        imaplib.IMAP4(proxy.host, proxy.port, timeout=5)
