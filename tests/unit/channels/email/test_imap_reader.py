"""Reading from servers that behave in ways Dovecot does not (mail.md 6 "IMAP", pains.md 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from desk_app.channels.email.imap_connection import FolderState, ImapConnection
from desk_app.channels.email.imap_fetch import MailReader
from desk_app.channels.email.session_limits import Limits
from desk_app.plugin_api.channels import ChannelError, ChannelFault, Cursor, InboundMessage


class FakeServer:
    """An IMAP connection over a dictionary of messages; `refuse` is called with the UIDs of each request for bytes."""

    def __init__(self, mails: dict[int, bytes]) -> None:
        self.mails = mails
        self.uidnext = 0  # 0: the server does not tell
        self.uidvalidity = 1
        self.alive = True
        self.limits = Limits()
        self.client = SimpleNamespace(imap=SimpleNamespace(literal_limit=0))
        self.refuse: Callable[[Sequence[int]], None] = lambda _: None
        self.without_text: set[int] = set()
        self.vanish: set[int] = set()
        self.asked: list[list[int]] = []
        self.searches = 0

    def select(self, folder: str) -> FolderState:
        return FolderState(folder, self.uidvalidity, self.uidnext, len(self.mails))

    opened = select

    def search(self, *criteria: str) -> list[int]:
        self.searches += 1
        start = int(criteria[1].removesuffix(":*"))
        uids = sorted(self.mails)
        return [uid for uid in uids if uid >= start] or uids[-1:]  # "n:*" returns the last one too

    def fetch(self, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]]:
        there = [uid for uid in uids if uid in self.mails]
        if "BODY.PEEK[]" not in items:
            when = datetime(2026, 11, 22, tzinfo=UTC)
            return {uid: {b"RFC822.SIZE": len(self.mails[uid]), b"INTERNALDATE": when, b"FLAGS": ()} for uid in there}
        self.asked.append(list(uids))
        self.refuse(uids)
        found: dict[int, dict[bytes, Any]] = {}
        for uid in there:
            if uid not in self.vanish:
                found[uid] = {b"SEQ": 1} if uid in self.without_text else {b"SEQ": 1, b"BODY[]": self.mails[uid]}
        return found


def drain(server: FakeServer) -> list[InboundMessage]:
    reader = MailReader(("INBOX",), Limits())
    cursor, found = Cursor(), []
    for _ in range(50):
        batch = reader.fetch(cast("ImapConnection", server), cursor, limit=4, max_bytes=1000)
        cursor = batch.cursor
        found += batch.messages
        if not batch.messages and not batch.remaining:
            return found
    raise AssertionError("no end")


def mails(count: int) -> dict[int, bytes]:
    return {uid: f"Subject: {uid}\r\n\r\n".encode() for uid in range(1, count + 1)}


def test_a_server_that_does_not_tell_uidnext_is_searched_and_nothing_comes_twice() -> None:
    server = FakeServer(mails(10))
    assert [message.raw for message in drain(server)] == list(server.mails.values())
    assert server.searches == 2  # once for all, once to see that nothing is new


def test_one_message_the_server_refuses_does_not_stop_its_batch() -> None:
    server = FakeServer(mails(6))

    def refuse(uids: Sequence[int]) -> None:
        if 3 in uids:
            raise ChannelError(ChannelFault.REFUSED, "[SERVERBUG] could not convert")

    server.refuse = refuse
    found = drain(server)
    assert [message.raw is None for message in found] == [False, False, True, False, False, False]
    assert "SERVERBUG" in found[2].problem
    assert found[2].size == len(server.mails[3])


def test_an_answer_without_text_is_told_and_a_message_that_vanished_is_not() -> None:
    server = FakeServer(mails(5))
    server.without_text, server.vanish = {2}, {4}
    found = drain(server)
    assert [message.source_key for message in found] == ["1/1/INBOX", "1/2/INBOX", "1/3/INBOX", "1/5/INBOX"]
    assert [bool(message.problem) for message in found] == [False, True, False, False]


def test_a_whole_batch_that_vanished_is_passed() -> None:
    server = FakeServer(mails(9))
    server.vanish = set(range(1, 9))
    assert [message.source_key for message in drain(server)] == ["1/9/INBOX"]


def test_pains_14_throttling_is_not_answered_with_more_requests() -> None:
    server = FakeServer(mails(5))

    def refuse(_: Sequence[int]) -> None:
        raise ChannelError(ChannelFault.THROTTLED, "slow down", retry_after=30)

    server.refuse = refuse
    with pytest.raises(ChannelError) as caught:
        drain(server)
    assert caught.value.retry_after == 30
    assert len(server.asked) == 1


def test_a_message_that_breaks_every_line_is_given_up_after_three_times() -> None:
    server = FakeServer(mails(3))
    reader = MailReader(("INBOX",), Limits())

    def refuse(uids: Sequence[int]) -> None:
        if 2 in uids:
            server.alive = False
            raise ChannelError(ChannelFault.NETWORK, "hung up")

    server.refuse = refuse
    broken = 0
    cursor = Cursor()
    found: list[InboundMessage] = []
    for _ in range(12):
        server.alive = True
        try:
            batch = reader.fetch(cast("ImapConnection", server), cursor, limit=4, max_bytes=1000)
        except ChannelError:
            broken += 1
            continue
        found += batch.messages
        cursor = batch.cursor
    assert broken == 4  # once in a batch, three times alone
    assert [(message.raw is None, message.problem) for message in found] == [
        (False, ""),
        (True, "the connection breaks each time the server hands it out"),
        (False, ""),
    ]


def test_a_folder_renumbered_in_mid_scan_is_looked_at_again() -> None:
    server = FakeServer(mails(6))
    reader = MailReader(("INBOX",), Limits())
    first = reader.fetch(cast("ImapConnection", server), Cursor(), limit=4, max_bytes=1000)
    server.uidvalidity = 2
    rest: list[InboundMessage] = []
    cursor = first.cursor
    for _ in range(4):
        batch = reader.fetch(cast("ImapConnection", server), cursor, limit=4, max_bytes=1000)
        rest += batch.messages
        cursor = batch.cursor
    assert [message.source_key for message in rest] == [f"2/{uid}/INBOX" for uid in range(1, 7)]
    assert all(message.rescan for message in rest)
