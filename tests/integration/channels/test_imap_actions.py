"""What the desk does on the IMAP server besides reading: waiting, flagging, moving, deleting, Sent (MB-15, MB-16)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from desk_app.channels.email.session import EmailSession
from desk_app.domain.mailboxes.model import AfterImport
from desk_app.domain.mailboxes.settings import EmailSettings, SentCopy, ServerSettings
from desk_app.plugin_api.channels import ChannelError, ChannelFault, Cursor, SentCheck
from tests.support.dovecot import DovecotServer, dovecot_server
from tests.support.line_proxy import LineProxy
from tests.support.tls import TestAuthority

pytestmark = pytest.mark.dovecot
Imap = Callable[..., EmailSettings]
Open = Callable[..., EmailSession]
PLAIN = "IMAP4rev1 UNSELECT CHILDREN NAMESPACE LITERAL+"  # a server without IDLE, MOVE, UIDPLUS, SPECIAL-USE


def mail(number: int) -> bytes:
    return f"Subject: {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\nx\r\n".encode()


@pytest.fixture(scope="module")
def plain_server(authority: TestAuthority) -> Iterator[DovecotServer]:
    with dovecot_server(authority.issue(), capability=PLAIN, tls=False) as server:
        yield server


def later(seconds: float, call: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, call)
    timer.start()
    return timer


def keys(session: EmailSession) -> list[str]:
    return [message.source_key for message in session.fetch(Cursor(), limit=100, max_bytes=10_000).messages]


# -- waiting ----------------------------------------------------------------------------------------------------------


def test_idle_wakes_on_new_mail(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    user = dovecot.user()
    session = open_session(imap(user))
    cursor = session.start_cursor(None)
    timer = later(0.3, lambda: dovecot.append(user, "INBOX", mail(1)))
    assert session.wait(20) is True
    timer.join()
    assert len(session.fetch(cursor, limit=10, max_bytes=10_000).messages) == 1


def test_mail_that_came_before_the_wait_is_not_waited_for(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = dovecot.user()
    session = open_session(imap(user))
    session.fetch(Cursor(), limit=10, max_bytes=10_000)
    dovecot.append(user, "INBOX", mail(1))
    assert session.wait(20) is True


def test_idle_gives_up_in_time_and_is_issued_again(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    session = open_session(imap(dovecot.user()), idle=0.2)
    assert session.wait(0.7) is False
    assert session.counts()[0].total == 0  # the line is still good


def test_a_wait_ends_at_once_when_another_thread_wakes_it(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    session = open_session(imap(dovecot.user()))
    timer = later(0.3, session.wake)
    begun = time.monotonic()
    assert session.wait(60) is False
    assert time.monotonic() - begun < 10
    timer.join()
    session.wake()
    assert session.wait(60) is False  # woken before it began
    session.close()
    session.wake()  # after the end: nothing happens


def test_idle_notices_a_server_that_dies(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    session = open_session(imap(dovecot.user()))
    timer = later(0.3, dovecot.kill)
    with pytest.raises(ChannelError) as caught:
        session.wait(20)
    timer.join()
    assert caught.value.fault is ChannelFault.NETWORK


def test_without_idle_it_polls_and_can_be_woken(plain_server: DovecotServer, imap: Imap, open_session: Open) -> None:
    user = plain_server.user()
    session = open_session(imap(user, port=plain_server.port), poll=0.2)
    session.fetch(Cursor(), limit=1, max_bytes=1)
    assert session.wait(0.3) is False
    timer = later(0.3, lambda: plain_server.append(user, "INBOX", mail(1)))
    assert session.wait(20) is True
    timer.join()
    session.fetch(Cursor(), limit=1, max_bytes=10_000)
    timer = later(0.3, session.wake)
    assert session.wait(60) is False
    timer.join()


def test_mb_29_a_mailbox_that_only_sends_waits_and_says_so(open_session: Open) -> None:
    session = open_session(EmailSettings(smtp=ServerSettings("127.0.0.1", 25)))
    assert session.wait(0.05) is False
    assert session.check_sent("x@y") is SentCheck.CANNOT_TELL
    assert session.store_copy(b"x") == ""
    with pytest.raises(ChannelError) as caught:
        session.counts()
    assert caught.value.fault is ChannelFault.REFUSED


# -- after import -----------------------------------------------------------------------------------------------------


def test_mb_15_flag_move_delete_touch_only_what_they_are_told(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", *(mail(number) for number in range(5)))
    dovecot.append(user, "INBOX", mail(5), flags="(\\Deleted)")  # somebody else's, not ours to expunge
    session = open_session(imap(user))
    known = keys(session)
    for _ in range(2):  # calling it twice does no harm
        session.acknowledge(known[:1], AfterImport.KEEP)
        session.acknowledge(known[1:2], AfterImport.FLAG)
        session.acknowledge(known[2:3], AfterImport.MOVE, "Done/Früher")
        session.acknowledge(known[3:4], AfterImport.DELETE)
        session.acknowledge(known[4:5], AfterImport.FLAG, "\\Seen")
    assert dovecot.flags(user) == {1: "", 2: "\\Flagged", 5: "\\Seen", 6: "\\Deleted"}
    assert len(dovecot.uids(user, "Done.Fr&APw-her")) == 1


def test_mb_15_a_renumbered_folder_is_left_alone(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", mail(1))
    known = keys(open_session(imap(user)))
    dovecot.bump_uidvalidity(user)
    open_session(imap(user)).acknowledge(known, AfterImport.DELETE)
    assert len(dovecot.uids(user)) == 1


def test_mb_15_without_move_and_uidplus_mail_is_copied_and_marked_and_never_expunged(
    plain_server: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = plain_server.user()
    plain_server.append(user, "INBOX", mail(1), mail(2), mail(3))
    plain_server.append(user, "INBOX", mail(4), flags="(\\Deleted)")
    session = open_session(imap(user, port=plain_server.port))
    known = keys(session)
    for _ in range(2):
        session.acknowledge(known[:1], AfterImport.MOVE, "Done")
        session.acknowledge(known[1:2], AfterImport.DELETE)
    assert plain_server.flags(user) == {1: "\\Deleted", 2: "\\Deleted", 3: "", 4: "\\Deleted"}
    assert len(plain_server.uids(user, "Done")) == 1


def test_mb_15_a_move_needs_a_folder(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", mail(1))
    session = open_session(imap(user))
    with pytest.raises(ChannelError) as caught:
        session.acknowledge(keys(session), AfterImport.MOVE)
    assert caught.value.fault is ChannelFault.FOLDER


@pytest.mark.parametrize("key", ["", "1", "1/2", "1/2/", "x/2/INBOX", "1/-2/INBOX", "١/2/INBOX"])
def test_a_key_no_session_made_is_refused(key: str, dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    with pytest.raises(ChannelError) as caught:
        open_session(imap(dovecot.user())).fetch_one(key)
    assert caught.value.fault is ChannelFault.FOLDER


# -- Sent -------------------------------------------------------------------------------------------------------------


def test_mb_16_the_copy_goes_to_sent_once_and_its_key_is_the_one_a_fetch_makes(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = dovecot.user()
    session = open_session(imap(user, folders=("INBOX", "Sent")))
    assert session.check_sent("1@example.org") is SentCheck.CANNOT_TELL
    key = session.store_copy(mail(1))
    assert session.store_copy(mail(1)) == key  # the desk died between storing and noting
    other = session.store_copy(mail(2).replace(b"\r\n", b"\n"))
    assert session.check_sent("1@example.org") is SentCheck.FOUND
    assert session.check_sent("<1@example.org>") is SentCheck.FOUND
    assert dovecot.flags(user, "Sent") == {1: "\\Seen", 2: "\\Seen"}
    found = session.fetch(Cursor(), limit=10, max_bytes=10_000).messages
    assert [(message.source_key, message.raw) for message in found] == [(key, mail(1)), (other, mail(2))]


def test_mb_16_a_named_sent_folder_is_made_where_it_is_missing(
    plain_server: DovecotServer, imap: Imap, open_session: Open
) -> None:
    user = plain_server.user()
    session = open_session(imap(user, port=plain_server.port, sent_folder="Gesendetes"))
    session.store_copy(mail(1))
    assert len(plain_server.uids(user, "Gesendetes")) == 1


def test_mb_16_no_copy_where_none_is_wanted(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    user = dovecot.user()
    assert open_session(imap(user, sent_copy=SentCopy.NEVER)).store_copy(mail(1)) == ""
    assert dovecot.uids(user, "Sent") == []


def test_absence_from_sent_means_something_where_the_provider_files_copies(
    dovecot: DovecotServer, imap: Imap, open_session: Open
) -> None:
    settings = imap(dovecot.user(), smtp=ServerSettings("smtp.gmail.com", 465))
    assert open_session(settings).check_sent("1@example.org") is SentCheck.ABSENT


def test_folders_are_listed_with_their_uses(dovecot: DovecotServer, imap: Imap, open_session: Open) -> None:
    user = dovecot.user()
    dovecot.create(user, "Entw&APw-rfe")
    folders = {folder.name: folder for folder in open_session(imap(user)).folders()}
    assert {"INBOX", "Sent", "Trash", "Entwürfe"} <= set(folders)
    assert "\\sent" in folders["Sent"].attributes


# -- servers that misbehave -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "fault", "pause"),
    [
        (b"NO [LIMIT] Too many requests. Suggested Backoff Time: 299961 milliseconds", ChannelFault.THROTTLED, 299.961),
        (b"NO [UNAVAILABLE] Account exceeded command or bandwidth limits.", ChannelFault.THROTTLED, None),
        (b"NO [SERVERBUG] Internal error", ChannelFault.FOLDER, None),
        (b"* ] garbage {", ChannelFault.PROTOCOL, None),
        (b"* BYE Shutting down", ChannelFault.NETWORK, None),
    ],
)
def test_pains_4_a_servers_words_become_the_right_fault(
    said: bytes,
    fault: ChannelFault,
    pause: float | None,
    dovecot: DovecotServer,
    imap: Imap,
    open_session: Open,
    line_proxy: Callable[[str, int], LineProxy],
) -> None:
    user = dovecot.user()
    dovecot.append(user, "INBOX", mail(1))
    proxy = line_proxy(dovecot.host, dovecot.port)
    session = open_session(imap(user, port=proxy.port), read=1)
    session.counts()

    def say(block: bytes) -> bytes:
        tag = block.rpartition(b"\r\n")[0].rpartition(b"\r\n")[2].split(b" ")[0]
        return (said if said.startswith(b"*") else tag + b" " + said) + b"\r\n"

    proxy.rewrite = say
    with pytest.raises(ChannelError) as caught:
        session.message_ids("INBOX")
    assert caught.value.fault is fault
    assert caught.value.retry_after == pause
