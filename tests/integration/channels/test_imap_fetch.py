"""Reading from a real IMAP server (mail.md 6 "IMAP", pains.md 1, 2, 14)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk_app.channels.email.session import EmailSession
from desk_app.domain.mailboxes.settings import EmailSettings
from desk_app.plugin_api.channels import ChannelError, ChannelFault, Cursor, FetchBatch, InboundMessage
from tests.support.dovecot import DovecotServer
from tests.support.line_proxy import LineProxy
from tests.support.secrets import MemorySecrets

pytestmark = pytest.mark.dovecot
MAX = 1_000_000
Imap = Callable[..., EmailSettings]
Open = Callable[..., EmailSession]
Proxy = Callable[[str, int], LineProxy]


def mail(number: int, size: int = 100) -> bytes:
    head = f"Subject: mail {number}\r\nMessage-ID: <{number}@example.org>\r\nFrom: a@example.org\r\n\r\n".encode()
    return head + b"x" * size + b"\r\n"


def drain(
    session: EmailSession, cursor: Cursor, **options: Any
) -> tuple[list[InboundMessage], Cursor, list[FetchBatch]]:
    found: list[InboundMessage] = []
    batches = []
    while True:
        batch = session.fetch(cursor, limit=options.get("limit", 200), max_bytes=options.get("max_bytes", MAX))
        batches.append(batch)
        found += batch.messages
        cursor = batch.cursor
        if not batch.messages and not batch.remaining:
            return found, cursor, batches


def test_batches_of_500_messages_come_once_each_and_count_down(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", *(mail(number) for number in range(500)))
    session = open_session(imap(user))
    found, cursor, batches = drain(session, Cursor(), limit=200)
    assert [message.raw for message in found] == [mail(number) for number in range(500)]
    assert [batch.remaining for batch in batches] == [300, 100, 0, 0]
    assert len({message.source_key for message in found}) == 500
    assert session.fetch(cursor, limit=200, max_bytes=MAX).messages == ()  # "n:*" would return the last one again
    dovecot.append(user, "INBOX", mail(500))
    assert [message.raw for message in session.fetch(cursor, limit=200, max_bytes=MAX).messages] == [mail(500)]


def test_mail_6_nothing_is_marked_on_the_server_and_seen_mail_comes_too(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", mail(1))
    dovecot.append(user, "INBOX", mail(2), flags="(\\Seen)")
    found, _, _ = drain(open_session(imap(user)), Cursor())
    assert [message.flags for message in found] == [("\\Recent",), ("\\Seen", "\\Recent")]
    assert dovecot.flags(user) == {1: "", 2: "\\Seen"}


def test_a_cursor_that_was_not_stored_brings_the_same_mail_again(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", *(mail(number) for number in range(6)))
    session = open_session(imap(user))
    first = session.fetch(Cursor(), limit=2, max_bytes=MAX)
    second = session.fetch(first.cursor, limit=2, max_bytes=MAX)
    again = session.fetch(first.cursor, limit=2, max_bytes=MAX)
    assert [message.source_key for message in again.messages] == [message.source_key for message in second.messages]
    assert len(drain(session, Cursor())[0]) == 6


def test_an_oversize_message_comes_without_bytes_and_the_rest_follows(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", mail(1), mail(2, 50_000), mail(3))
    session = open_session(imap(user))
    found, _, _ = drain(session, Cursor(), max_bytes=10_000)
    assert [(message.raw is None, message.problem) for message in found] == [(False, ""), (True, ""), (False, "")]
    assert found[1].size == len(mail(2, 50_000))
    whole = session.fetch_one(found[1].source_key)
    assert whole is not None
    assert whole.raw == mail(2, 50_000)


def test_batches_are_bounded_by_bytes(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", *(mail(number, 40_000) for number in range(5)))
    found, _, batches = drain(open_session(imap(user), batch_bytes=100_000), Cursor())
    assert len(found) == 5
    assert [len(batch.messages) for batch in batches[:-1]] == [2, 2, 1]


def test_several_folders_have_their_own_positions_mb_06(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    user = dovecot.user()
    dovecot.create(user, "Entw&APw-rfe")  # modified UTF-7
    dovecot.append(user, "INBOX", mail(1))
    dovecot.append(user, "Entw&APw-rfe", mail(2))
    session = open_session(imap(user, folders=("INBOX", "Entwürfe")))
    found, cursor, _ = drain(session, Cursor())
    assert [(message.stream, message.raw) for message in found] == [("INBOX", mail(1)), ("Entwürfe", mail(2))]
    assert set(cursor.positions) == {"INBOX", "Entwürfe"}
    assert [(count.stream, count.total) for count in session.counts()] == [("INBOX", 1), ("Entwürfe", 1)]


def test_a_missing_folder_is_named(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    session = open_session(imap(dovecot.user(), folders=("Nowhere",)))
    with pytest.raises(ChannelError) as caught:
        session.counts()
    assert caught.value.fault is ChannelFault.FOLDER
    assert "Nowhere" in caught.value.detail


def test_mail_6_a_new_uidvalidity_scans_again_and_says_so(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", mail(1), mail(2))
    before, cursor, _ = drain(open_session(imap(user)), Cursor())
    dovecot.bump_uidvalidity(user)
    dovecot.append(user, "INBOX", mail(3))
    session = open_session(imap(user))
    first = session.fetch(cursor, limit=1, max_bytes=MAX)
    rest, cursor, _ = drain(open_session(imap(user)), first.cursor)  # another session goes on
    found = [*first.messages, *rest]
    assert sorted(message.raw or b"" for message in found) == [mail(1), mail(2), mail(3)]
    assert all(message.rescan for message in found)
    assert not {message.source_key for message in found} & {message.source_key for message in before}
    assert session.fetch_one(before[0].source_key) is None
    dovecot.append(user, "INBOX", mail(4))
    assert [message.rescan for message in drain(session, cursor)[0]] == [False]


def test_mb_08_first_connect_declines_old_mail_for_ever(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    user = dovecot.user()
    now = datetime.now(UTC)
    dovecot.append(user, "INBOX", mail(1), at=now - timedelta(days=400))
    dovecot.append(user, "INBOX", mail(2), at=now - timedelta(days=3))
    session = open_session(imap(user))
    since = now - timedelta(days=30)
    assert [(count.total, count.since) for count in session.counts(since)] == [(2, 1)]
    nothing = session.start_cursor(None)
    recent = session.start_cursor(since)
    assert drain(session, nothing)[0] == []
    assert [message.raw for message in drain(session, recent)[0]] == [mail(2)]
    dovecot.bump_uidvalidity(user)
    dovecot.append(user, "INBOX", mail(3), at=now + timedelta(seconds=5))
    dovecot.append(user, "INBOX", mail(4), at=now - timedelta(days=900))  # it was there when the server renumbered
    assert [message.raw for message in drain(open_session(imap(user)), nothing)[0]] == [mail(3)]
    _, cursor, _ = drain(open_session(imap(user)), nothing)
    dovecot.append(
        user, "INBOX", mail(5), at=now - timedelta(days=500)
    )  # old mail somebody moved in later is new to us
    assert [message.raw for message in drain(open_session(imap(user)), cursor)[0]] == [mail(5)]


def test_a_line_cut_in_mid_fetch_loses_nothing(
    dovecot: DovecotServer, imap: Imap, open_session: Open, line_proxy: Proxy
) -> None:
    user = dovecot.user()
    mails = [mail(number, 20_000) for number in range(10)]
    dovecot.append(user, "INBOX", *mails)
    proxy = line_proxy(dovecot.host, dovecot.port)
    session = open_session(imap(user, port=proxy.port))
    proxy.cut_after = 90_000  # every line breaks there; going on one by one gets through all the same
    found, _, _ = drain(session, Cursor())
    assert [message.raw for message in found] == mails
    assert proxy.connections > 2


def test_one_message_that_always_breaks_the_line_is_reported_and_passed(
    dovecot: DovecotServer, imap: Imap, open_session: Open, line_proxy: Proxy
) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", mail(1), b"Subject: POISON\r\n\r\n" + b"p" * 500, mail(3))
    proxy = line_proxy(dovecot.host, dovecot.port)
    proxy.rewrite = lambda block: block.replace(b"Subject: POISON", b"").replace(b"ppppp", b"")  # short literal
    session = open_session(imap(user, port=proxy.port), read=0.5)
    found, _, _ = drain(session, Cursor())
    assert [message.raw for message in found] == [mail(1), None, mail(3)]
    assert found[1].problem


def test_the_server_dies_and_comes_back(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", mail(1))
    session = open_session(imap(user))
    cursor = session.fetch(Cursor(), limit=10, max_bytes=MAX).cursor
    dovecot.kill()
    for _ in range(2):  # first the old line breaks, then nobody listens
        with pytest.raises(ChannelError) as caught:
            session.counts()
        assert caught.value.fault is ChannelFault.NETWORK
    dovecot.start()
    dovecot.append(user, "INBOX", mail(2))
    assert [message.raw for message in session.fetch(cursor, limit=10, max_bytes=MAX).messages] == [mail(2)]


def test_a_silent_server_is_given_up(dovecot: DovecotServer, imap: Imap, open_session: Open, line_proxy: Proxy) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", mail(1, 5_000))
    proxy = line_proxy(dovecot.host, dovecot.port)
    begun = time.monotonic()
    for silent_after in (10, 500):  # at once, and after the sign-in
        proxy.stall_after = silent_after
        with pytest.raises(ChannelError) as caught:
            open_session(imap(user, port=proxy.port), read=0.5).fetch(Cursor(), limit=10, max_bytes=MAX)
        assert caught.value.fault is ChannelFault.NETWORK
    assert time.monotonic() - begun < 20


def test_a_wrong_password_is_told_from_a_dead_server_and_not_repeated(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = dovecot.user(password="right-secret")
    session = open_session(imap(user))
    with pytest.raises(ChannelError) as caught:
        session.counts()
    assert caught.value.fault is ChannelFault.SIGN_IN
    assert "secret" not in str(caught.value)


def test_no_stored_password_is_a_fault_of_its_own(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    session = open_session(imap(dovecot.user()), secrets=MemorySecrets())
    with pytest.raises(ChannelError) as caught:
        session.counts()
    assert caught.value.fault is ChannelFault.SECRET


def test_mb_31_the_server_can_be_listed_by_headers(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", *(mail(number) for number in range(3)), b"Subject: no id\r\n\r\nx\r\n")
    session = open_session(imap(user))
    fetched, _, _ = drain(session, Cursor())
    first = session.message_ids("INBOX", limit=2)
    rest = session.message_ids("INBOX", after=first[-1].source_key)
    assert [one.message_id for one in (*first, *rest)] == ["0@example.org", "1@example.org", "2@example.org", ""]
    assert [one.source_key for one in (*first, *rest)] == [message.source_key for message in fetched]
    assert [one.size for one in (*first, *rest)] == [message.size for message in fetched]


def test_a_password_with_every_kind_of_character_signs_in(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = dovecot.user(password='pä"ß\\w {5} ☂')
    session = open_session(imap(user), secrets=MemorySecrets(password='pä"ß\\w {5} ☂'))
    assert session.counts()[0].total == 0


def test_se_08_no_log_holds_a_password_or_a_mail(
    dovecot: DovecotServer, imap: Imap, open_session: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    user = dovecot.user(password="tulip-secret")
    dovecot.append(user, "INBOX", b"Subject: x\r\n\r\nprivate-words\r\n")
    session = open_session(imap(user), secrets=MemorySecrets(password="tulip-secret"))
    assert len(drain(session, Cursor())[0]) == 1
    assert not [record for record in caplog.records if "tulip" in str(record.__dict__)]
    assert not [record for record in caplog.records if "private-words" in str(record.__dict__)]
    assert session._imap is not None
    assert not [line for line in session._imap.client.imap._cmd_log.values() if b"tulip" in line[0]]
