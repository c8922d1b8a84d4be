"""Sending, and knowing afterwards whether it left (pains.md 9)."""

from __future__ import annotations

import logging
import re
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import pytest

from desk_app.channels.email.session import EmailSession
from desk_app.domain.mailboxes.settings import EmailSettings, Security, ServerSettings
from desk_app.plugin_api.channels import ChannelError, ChannelFault, OutboundMail, SendOutcome
from tests.support.line_proxy import LineProxy
from tests.support.secrets import MemorySecrets
from tests.support.smtp_server import SmtpServer
from tests.support.tls import TestAuthority

RAW = b"Message-ID: <1@example.org>\nSubject: hello\n\n.leading dot\r\n..two\rbare CR\n"
WIRE = b"Message-ID: <1@example.org>\r\nSubject: hello\r\n\r\n.leading dot\r\n..two\r\nbare CR\r\n"
Start = Callable[..., SmtpServer]
Open = Callable[..., EmailSession]


def mail(*recipients: str, sender: str = "desk@example.org", raw: bytes = RAW) -> OutboundMail:
    return OutboundMail(raw, "1@example.org", sender, recipients or ("ann@example.org",))


def through(server: SmtpServer | LineProxy, *, user: str = "", **more: Any) -> EmailSettings:
    security = more.pop("security", Security.NONE)
    host = more.pop("host", server.host)
    return EmailSettings(smtp=ServerSettings(host, server.port, security, user, **more))


def test_a_mail_arrives_byte_for_byte_and_the_line_is_kept(smtp_server: Start, open_session: Open) -> None:
    server = smtp_server()
    session = open_session(through(server))
    for _ in range(2):
        receipt = session.send(mail("ann@example.org", "bob@example.org"))
        assert receipt.outcome is SendOutcome.ACCEPTED
        assert [(one.address, one.accepted) for one in receipt.recipients] == [
            ("ann@example.org", True),
            ("bob@example.org", True),
        ]
    assert [(one.sender, one.recipients, one.raw) for one in server.mails] == [
        ("desk@example.org", ["ann@example.org", "bob@example.org"], WIRE)
    ] * 2
    assert server.connections == 1


def test_a_null_sender_leaves_as_one(smtp_server: Start, open_session: Open) -> None:
    server = smtp_server()
    assert open_session(through(server)).send(mail(sender="")).outcome is SendOutcome.ACCEPTED
    assert server.mails[0].sender == ""


def test_some_recipients_are_refused_and_named(smtp_server: Start, open_session: Open) -> None:
    server = smtp_server()
    server.refuse["bob@example.org"] = "550 5.1.1 no such user"
    receipt = open_session(through(server)).send(mail("ann@example.org", "bob@example.org"))
    assert receipt.outcome is SendOutcome.ACCEPTED
    assert [(one.accepted, one.response) for one in receipt.recipients][1] == (False, "550 5.1.1 no such user")
    assert server.mails[0].recipients == ["ann@example.org"]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"refuse": {"ann@example.org": "550 5.1.1 no such user"}}, SendOutcome.REFUSED),
        ({"refuse": {"ann@example.org": "451 4.7.1 greylisted"}}, SendOutcome.DEFERRED),
        ({"sender_answer": "553 5.7.1 not your address"}, SendOutcome.REFUSED),
        ({"sender_answer": "452 4.3.1 full"}, SendOutcome.DEFERRED),
        ({"data_answer": "554 5.7.1 spam"}, SendOutcome.REFUSED),
        ({"data_answer": "451 4.3.0 later"}, SendOutcome.DEFERRED),
        ({"data_answer": "299 strange but positive"}, SendOutcome.ACCEPTED),
        ({"data_answer": "777 nonsense"}, SendOutcome.UNKNOWN),
        ({"drop_after_data": True}, SendOutcome.UNKNOWN),
        ({"delay": 4.0}, SendOutcome.UNKNOWN),
    ],
)
def test_pains_9_each_answer_has_one_outcome_and_the_next_mail_still_leaves(
    change: dict[str, Any], outcome: SendOutcome, smtp_server: Start, open_session: Open
) -> None:
    server = smtp_server()
    session = open_session(through(server), final=0.5)
    for name, value in change.items():
        setattr(server, name, value)
    receipt = session.send(mail())
    assert receipt.outcome is outcome
    assert receipt.response
    assert [one.address for one in receipt.recipients] == ["ann@example.org"]
    assert all(one.accepted for one in receipt.recipients) == (outcome in {SendOutcome.ACCEPTED, SendOutcome.UNKNOWN})
    server.refuse, server.sender_answer, server.data_answer, server.drop_after_data, server.delay = {}, "", "", False, 0
    assert session.send(mail("cy@example.org")).outcome is SendOutcome.ACCEPTED


def test_pains_9_a_line_that_breaks_before_the_final_dot_left_nothing(smtp_server: Start, open_session: Open) -> None:
    server = smtp_server()
    server.drop_at_rcpt = True
    with pytest.raises(ChannelError) as caught:
        open_session(through(server)).send(mail())
    assert caught.value.fault is ChannelFault.NETWORK
    assert server.mails == []


def test_pains_9_no_server_left_nothing(smtp_server: Start, open_session: Open) -> None:
    server = smtp_server()
    settings = through(server)
    server.stop()
    with pytest.raises(ChannelError) as caught:
        open_session(settings).send(mail())
    assert caught.value.fault is ChannelFault.NETWORK


def test_a_mail_over_the_servers_limit_is_refused_before_it_is_sent(smtp_server: Start, open_session: Open) -> None:
    server = smtp_server(size_limit=1000)
    receipt = open_session(through(server)).send(mail(raw=RAW + b"x" * 2000))
    assert receipt.outcome is SendOutcome.REFUSED
    assert "1000" in receipt.response


@pytest.mark.parametrize(
    "address", ["a@b.org>\r\nDATA", "a b@c.org", "", "a@b.org\r\nRCPT TO:<evil@c.org", "<a@b.org>"]
)
def test_no_address_smuggles_a_command_in(address: str, smtp_server: Start, open_session: Open) -> None:
    server = smtp_server()
    receipt = open_session(through(server)).send(mail(address, "ann@example.org"))
    assert [one.accepted for one in receipt.recipients] == [False, True]
    assert server.mails[0].recipients == ["ann@example.org"]


def test_addresses_beyond_ascii_use_smtputf8_or_the_domains_wire_form(smtp_server: Start, open_session: Open) -> None:
    able, unable = smtp_server(), smtp_server(smtputf8=False)
    assert open_session(through(able)).send(mail("jörg@exämple.org")).outcome is SendOutcome.ACCEPTED
    assert able.mails[0].recipients == ["jörg@exämple.org"]
    assert "SMTPUTF8" in able.mails[0].mail_options
    receipt = open_session(through(unable)).send(mail("jörg@example.org", "ann@exämple.org"))
    assert [one.accepted for one in receipt.recipients] == [False, True]
    assert unable.mails[0].recipients == ["ann@xn--exmple-cua.org"]


def test_8bit_text_is_announced(smtp_server: Start, open_session: Open) -> None:
    server = smtp_server()
    raw = "Subject: x\n\nGrüße\n".encode()
    open_session(through(server)).send(mail(raw=raw))
    assert server.mails[0].raw == raw.replace(b"\n", b"\r\n")
    assert "BODY=8BITMIME" in server.mails[0].mail_options


def test_signing_in_with_right_and_wrong_password(smtp_server: Start, open_session: Open) -> None:
    server = smtp_server(users={"ann": "right-secret"})
    session = open_session(through(server, user="ann"), secrets=MemorySecrets(password="right-secret"))
    assert session.send(mail()).outcome is SendOutcome.ACCEPTED
    assert server.mails[0].signed_in_as == "ann"
    with pytest.raises(ChannelError) as caught:
        open_session(through(server, user="ann"), secrets=MemorySecrets(smtp_password="wrong-secret")).send(mail())
    assert caught.value.fault is ChannelFault.SIGN_IN
    assert "secret" not in str(caught.value)


def test_signing_in_where_only_login_or_nothing_is_offered(smtp_server: Start, open_session: Open) -> None:
    server = smtp_server(users={"ann": "secret"}, without=("PLAIN",))
    assert open_session(through(server, user="ann")).send(mail()).outcome is SendOutcome.ACCEPTED
    assert server.mails[0].signed_in_as == "ann"
    for closed in (
        smtp_server(users={"ann": "secret"}, without=("PLAIN", "LOGIN")),
        smtp_server(without=("PLAIN", "LOGIN")),
    ):
        with pytest.raises(ChannelError) as caught:
            open_session(through(closed, user="ann")).send(mail())
        assert caught.value.fault is ChannelFault.REFUSED


@pytest.mark.parametrize("kind", ["tls", "starttls"])
def test_encrypted_lines(kind: str, smtp_server: Start, open_session: Open, trusted_authority: TestAuthority) -> None:
    server = smtp_server(tls=kind, users={"ann": "secret"})
    session = open_session(through(server, user="ann", security=Security(kind), host="localhost"))
    assert session.send(mail()).outcome is SendOutcome.ACCEPTED


def test_an_untrusted_certificate_stops_before_the_password(smtp_server: Start, open_session: Open) -> None:
    server = smtp_server(tls="tls", users={"ann": "secret"})
    with pytest.raises(ChannelError) as caught:
        open_session(through(server, user="ann", security=Security.TLS, host="localhost")).send(mail())
    assert caught.value.fault is ChannelFault.TLS


def test_starttls_that_is_not_offered_is_not_skipped(smtp_server: Start, open_session: Open) -> None:
    server = smtp_server()
    with pytest.raises(ChannelError) as caught:
        open_session(through(server, security=Security.STARTTLS)).send(mail())
    assert caught.value.fault is ChannelFault.TLS
    assert server.mails == []


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH\r\n", b"\x00\xff\x00\r\n", b"554 go away\r\n", b"421 4.7.0 too many connections\r\n"]
)
def test_a_strange_greeting_is_an_error_of_its_own(
    greeting: bytes, smtp_server: Start, open_session: Open, line_proxy: Callable[[str, int], LineProxy]
) -> None:
    server = smtp_server()
    proxy = line_proxy(server.host, server.port)
    proxy.rewrite = lambda block: greeting if block.startswith(b"220") else block
    with pytest.raises(ChannelError) as caught:
        open_session(through(proxy), read=1).send(mail())
    wanted = ChannelFault.THROTTLED if greeting.startswith(b"421") else None
    assert wanted is None or caught.value.fault is wanted
    assert re.search("127.0.0.1|go away|too many", caught.value.detail)


def test_pains_9_a_line_that_breaks_in_the_middle_of_the_mail_left_nothing(open_session: Open) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def serve() -> None:
        line, _ = listener.accept()
        with line, line.makefile("rb") as reader:
            line.settimeout(10)
            line.sendall(b"220 hi\r\n")
            for answer in (b"250 hi", b"250 sender", b"250 recipient", b"354 go on"):
                reader.readline()
                line.sendall(answer + b"\r\n")
            line.recv(10)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # hang up at once

    thread = threading.Thread(target=serve)
    thread.start()
    settings = EmailSettings(smtp=ServerSettings("127.0.0.1", listener.getsockname()[1], Security.NONE))
    with pytest.raises(ChannelError) as caught:
        open_session(settings).send(mail(raw=RAW + b"x" * 20_000_000))
    thread.join(15)
    listener.close()
    assert caught.value.fault is ChannelFault.NETWORK


def test_se_08_no_log_holds_a_password_or_a_mail(
    smtp_server: Start, open_session: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = smtp_server(users={"ann": "tulip-secret"})
    session = open_session(through(server, user="ann"), secrets=MemorySecrets(password="tulip-secret"))
    session.send(mail(raw=b"Subject: x\r\n\r\nprivate-words\r\n"))
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("mail.", "asyncio"))]
    assert not [said for said in ours if "tulip" in said or "private-words" in said]
