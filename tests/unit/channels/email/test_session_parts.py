"""The small parts of the mail session that need no server."""

from __future__ import annotations

import base64
import hashlib
import smtplib
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.email import tls
from desk_app.channels.email.imap_folders import Folder, match, read_listing, special
from desk_app.channels.email.imap_line import announces_mail
from desk_app.channels.email.imap_positions import MessageKey, Position, moved, position
from desk_app.channels.email.imap_sent import message_id_of
from desk_app.channels.email.imap_survey import imap_day
from desk_app.channels.email.session_errors import LineLostError, back_off, clean, line_fault, refusal
from desk_app.channels.email.session_limits import Limits
from desk_app.channels.email.session_line import TimedLine
from desk_app.channels.email.smtp_send import wire_form
from desk_app.plugin_api.channels import ChannelFault, Cursor
from tests.support.tls import TestAuthority


@given(st.binary(max_size=300))
def test_rfc_5321_what_goes_over_the_line_cannot_end_the_mail_early(raw: bytes) -> None:
    wire = wire_form(raw)
    assert wire.endswith(b"\r\n")
    assert b"\r\n.\r\n" not in b"\r\n" + wire
    assert wire.replace(b"\r\n", b"").count(b"\n") == wire.replace(b"\r\n", b"").count(b"\r") == 0
    undotted = b"\r\n".join(line[1:] if line.startswith(b".") else line for line in wire.split(b"\r\n"))
    plain = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert undotted.replace(b"\r\n", b"\n") == plain + (b"" if plain.endswith(b"\n") else b"\n")


@given(st.text(min_size=1), st.integers(0, 2**32), st.integers(1, 2**32))
def test_a_message_key_is_read_back(folder: str, validity: int, uid: int) -> None:
    key = MessageKey(folder, validity, uid)
    assert MessageKey.parse(str(key)) == key


def test_a_position_is_read_back_and_others_stay() -> None:
    at = Position(7, 9, datetime(2026, 11, 22, tzinfo=UTC), 5, 12)
    cursor = moved(moved(Cursor(), "Other", Position(1, 2)), "INBOX", at)
    assert position(cursor, "INBOX") == at
    assert position(cursor, "Other") == Position(1, 2)
    assert position(cursor, "None") is None
    assert "rescan_uid" not in Position(7, 12, rescan_uid=12).to_json()  # the scan is over


@given(st.text("ABC é\r\n\x00", max_size=200), st.text("abcdefgh0123456789ß", min_size=1, max_size=30))
def test_se_08_no_secret_survives_in_a_servers_words(words: str, secret: str) -> None:
    encoded = base64.b64encode(secret.encode()).decode()
    cleaned = clean(f"{secret} {encoded} {words} {encoded}", ["", secret])
    assert secret not in cleaned
    assert encoded.rstrip("=") not in cleaned
    assert cleaned.isprintable()
    assert len(cleaned) <= 300


@pytest.mark.parametrize(
    ("said", "fault", "pause"),
    [
        ("[AUTHENTICATIONFAILED] Authentication failed.", ChannelFault.SIGN_IN, None),
        ("[ALERT] Application-specific password required", ChannelFault.REFUSED, None),
        ("Request is throttled. Suggested Backoff Time: 299961 milliseconds", ChannelFault.THROTTLED, 299.961),
        ("Back-off time: 30 seconds", ChannelFault.REFUSED, None),
        ("[NONEXISTENT] Mailbox doesn't exist: X", ChannelFault.FOLDER, None),
        ("[OVERQUOTA] Account exceeded command or bandwidth limits", ChannelFault.THROTTLED, None),
        ("[UNAVAILABLE] Temporary authentication failure.", ChannelFault.THROTTLED, None),
        ("Something else", ChannelFault.REFUSED, None),
    ],
)
def test_pains_4_words_become_faults(said: str, fault: ChannelFault, pause: float | None) -> None:
    error = refusal(said, ChannelFault.REFUSED)
    assert (error.fault, error.retry_after) == (fault, pause)


def test_a_pause_is_read_in_its_unit() -> None:
    assert back_off("Back-off time: 30 seconds") == 30
    assert back_off("Suggested Backoff Time: 1500 ms") == 1.5
    assert back_off("soon") is None


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (socket.gaierror(-2, "Name or service not known"), ChannelFault.NAME),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), ChannelFault.NETWORK),
        (ssl.SSLError(1, "broken"), ChannelFault.TLS),
        (TimeoutError(), ChannelFault.NETWORK),
        (ConnectionRefusedError(), ChannelFault.NETWORK),
        (LineLostError("x"), ChannelFault.NETWORK),
        (ssl.SSLEOFError(8, "EOF"), ChannelFault.NETWORK),
        (OSError("odd"), ChannelFault.NETWORK),
    ],
)
def test_each_broken_line_has_its_fault(error: OSError, fault: ChannelFault) -> None:
    caught = line_fault(error, "imap.example.org, port 993")
    assert caught.fault is fault
    assert caught.detail.startswith("imap.example.org, port 993: ")


def test_imap_writes_days_in_english_and_utc() -> None:
    assert imap_day(datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=7)))) == "28-Feb-2026"


def test_folders_are_matched_as_people_name_them() -> None:
    folders = read_listing(
        [
            ((b"\\HasChildren",), b".", "INBOX"),
            ((b"\\Noselect",), b".", "Archive"),
            ((b"\\Sent",), b".", "INBOX.Sent"),
            ((), b".", "INBOX.Kunden.2026"),
        ]
    )
    assert match("sent", folders) == "INBOX.Sent"
    assert match("Kunden/2026", folders) == "INBOX.Kunden.2026"
    assert match("inbox", folders) == "INBOX"
    assert match("Archive", folders) is None
    assert special(folders, "\\sent") == "INBOX.Sent"
    assert special(folders, "\\junk") is None
    assert read_listing([((), None, "Flat")]) == [Folder("Flat", "", frozenset())]
    assert match("flat", read_listing([((), None, "Flat")])) == "Flat"


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"Subject: x\r\nMessage-ID: <a@b>\r\n\r\nMessage-ID: <c@d>\r\n", "a@b"),
        (b"message-id:\n <a@b>\n\nx", "a@b"),
        (b"Subject: x\n\nMessage-ID: <c@d>\n", ""),
        (b"", ""),
    ],
)
def test_the_message_id_comes_from_the_header_only(raw: bytes, wanted: str) -> None:
    assert message_id_of(raw) == wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [(b"* 3 EXISTS", True), (b"* 1 recent", True), (b"* 3 EXPUNGE", False), (b"* OK Still here", False), (b"", False)],
)
def test_only_growth_is_news(line: bytes, *, wanted: bool) -> None:
    assert announces_mail(line) is wanted


class TestLine:
    def test_a_whole_exchange_has_a_limit_however_it_trickles(self) -> None:
        ours, theirs = socket.socketpair()
        stop = threading.Event()

        def trickle() -> None:
            while not stop.wait(0.05):
                theirs.sendall(b"x")

        thread = threading.Thread(target=trickle)
        with ours, theirs:
            thread.start()
            line = TimedLine(ours, Limits(read=5, command=0.4))
            with pytest.raises(TimeoutError):
                line.readline(1000)
            stop.set()
            thread.join(10)

    def test_lines_and_literals_come_from_one_buffer(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            line = TimedLine(ours, Limits(read=5))
            theirs.sendall(b"one\r\ntwo\r\nliteral")
            assert line.readline(100) == b"one\r\n"
            assert line.ready(0, None)
            assert line.read(3) == b"two"
            assert line.readline(100) == b"\r\n"
            assert line.read(7) == b"literal"
            assert not line.ready(0, None)
            theirs.sendall(b"short")
            theirs.shutdown(socket.SHUT_WR)
            with pytest.raises(LineLostError):
                line.read(6)

    def test_a_large_mail_on_a_slow_line_is_not_cut_off(self) -> None:
        ours, theirs = socket.socketpair()
        received = 0

        def sip() -> None:
            nonlocal received
            while block := theirs.recv(200_000):
                received += len(block)
                time.sleep(0.02)

        thread = threading.Thread(target=sip)
        with ours, theirs:
            thread.start()
            line = TimedLine(ours, Limits(read=0.3, command=0.3))  # far less than the whole takes
            line.send(b"x" * 8_000_000)
            ours.shutdown(socket.SHUT_WR)
            thread.join(30)
        assert received == 8_000_000

    def test_a_server_that_takes_nothing_is_given_up(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs, pytest.raises(TimeoutError):
            TimedLine(ours, Limits(read=0.2)).send(b"x" * 8_000_000)

    def test_a_line_without_end_is_not_collected_for_ever(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(b"x" * 5000)
            with pytest.raises(LineLostError):
                TimedLine(ours, Limits(read=5)).readline(1000)


def test_a_certificate_is_described_for_people(authority: TestAuthority) -> None:
    issued = authority.issue("mail.example.test", "127.0.0.1")
    der = ssl.PEM_cert_to_DER_cert(issued.cert.read_text())
    shown = tls.describe(der)
    assert shown.fingerprint == issued.fingerprint
    assert shown.names == ("mail.example.test", "127.0.0.1")
    assert "mail.example.test" in str(shown)
    damaged = tls.describe(b"not a certificate")
    assert damaged.fingerprint == hashlib.sha256(b"not a certificate").hexdigest()
    assert str(damaged)


def test_smtplib_errors_are_os_errors_so_their_order_matters() -> None:
    assert issubclass(smtplib.SMTPException, OSError)
