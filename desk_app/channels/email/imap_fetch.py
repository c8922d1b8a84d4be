"""Reading new mail: by UID, in batches bounded by count and bytes, without marking anything (mail.md 6 "IMAP").

One message that cannot be had never stops those behind it (pains.md 2): it is delivered without bytes and with a
reason.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from desk_app.channels.email.imap_connection import ImapConnection
from desk_app.channels.email.imap_positions import DEFAULT, MessageKey, Position, moved, position
from desk_app.channels.email.session_limits import Limits
from desk_app.plugin_api.channels import ChannelError, ChannelFault, Cursor, FetchBatch, InboundMessage

_FACTS = ("RFC822.SIZE", "INTERNALDATE", "FLAGS")
_BODY = "BODY.PEEK[]"  # not RFC822: it sets \\Seen, and iCloud answers it without data
_LINE_FAULTS = frozenset({ChannelFault.NETWORK, ChannelFault.PROTOCOL, ChannelFault.TLS})


@dataclass(slots=True)
class _Queue:
    """What still lies in a folder beyond position `at`, as of the last look."""

    folder: str
    at: Position
    uids: deque[int]

    def fits(self, at: Position | None) -> bool:
        """Whether this queue continues a cursor; it does not when the cursor was taken back."""
        if at is None or at.uidvalidity != self.at.uidvalidity:
            return self.at.uid == 0
        return at.uid >= self.at.uid

    def skip_to(self, at: Position) -> None:
        """Drop what has been read."""
        if at.uidvalidity == self.at.uidvalidity:
            while self.uids and self.uids[0] <= at.uid:
                self.uids.popleft()
            self.at = replace(self.at, uid=at.uid)

    def declines(self, one: _Facts) -> bool:
        """Whether a message was declined at the first connect."""
        floor, when = self.at.floor, one.received_at
        return floor is not None and one.uid <= self.at.floor_uid and when is not None and when < floor

    def key(self, uid: int) -> MessageKey:
        """Return a message's name for ever."""
        return MessageKey(self.folder, self.at.uidvalidity, uid)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the server says about one message before its bytes."""

    uid: int
    size: int
    received_at: datetime | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Body:
    """The bytes of one message, or why the server did not hand them out."""

    raw: bytes | None
    problem: str = ""


@dataclass(slots=True)
class MailReader:
    """Reads the folders of one mailbox. Keeps what it learnt about them over reconnections; the truth is the cursor."""

    folders: tuple[str, ...]
    limits: Limits
    _queues: dict[str, _Queue] = field(default_factory=dict)
    _uidnext: dict[str, int] = field(default_factory=dict)
    stumbled: bool = False  # whether the last call broke the line while bytes were fetched: everything before went well
    _careful: int = 0  # this many messages are fetched one by one, after a batch failed
    _failures: Counter[MessageKey] = field(default_factory=Counter)

    def fetch(self, connection: ImapConnection, cursor: Cursor, *, limit: int, max_bytes: int) -> FetchBatch:
        """Return the next messages after the cursor; raises ChannelError."""
        self.stumbled = looked = False
        while True:
            if not looked and not any(self._pending(cursor, folder) for folder in self.folders):
                for folder in self.folders:
                    cursor = self._look(connection, cursor, folder)
                looked = True
            folder = next((name for name in self.folders if self._pending(cursor, name)), "")
            if not folder:
                return FetchBatch((), cursor)
            messages, cursor = self._batch(connection, cursor, self._queues[folder], limit, max_bytes)
            remaining = sum(self._pending(cursor, name) for name in self.folders)
            if messages or not remaining:
                return FetchBatch(messages, cursor, remaining)

    def grown(self, folder: str, uidnext: int) -> bool:
        """Return whether a folder got mail since it was last read (by its UIDNEXT)."""
        return bool(uidnext) and uidnext > self._uidnext.get(folder, uidnext)

    # -- what is there ------------------------------------------------------------------------------------------------

    def _pending(self, cursor: Cursor, folder: str) -> int:
        queue = self._queues.get(folder)
        if queue is None:
            return 0
        at = position(cursor, folder)
        if not queue.fits(at):
            del self._queues[folder]
            return 0
        if at is not None:
            queue.skip_to(at)
        return len(queue.uids)

    def _look(self, connection: ImapConnection, cursor: Cursor, folder: str) -> Cursor:
        """See what lies in a folder beyond the cursor; the cursor changes where the folder is new or was renumbered."""
        state = connection.select(folder)
        at = position(cursor, folder)
        self._uidnext[folder] = state.uidnext
        if at is None or at.uidvalidity != state.uidvalidity:
            newest = (state.uidnext or 2**32) - 1
            # what was declined at the first connect stays declined
            floor = (at or position(cursor, DEFAULT) or Position(0)).floor
            at = Position(state.uidvalidity, 0, floor, newest if floor else 0, newest if at is not None else 0)
            cursor = moved(cursor, folder, at)
        uids: list[int] = []
        if state.exists and not (state.uidnext and state.uidnext - 1 <= at.uid):
            # "n:*" also returns the last message when that one is older than n (mail.md 6)
            uids = [uid for uid in connection.search("UID", f"{at.uid + 1}:*") if uid > at.uid]
        self._queues[folder] = _Queue(folder, at, deque(uids))
        return cursor

    # -- one batch ----------------------------------------------------------------------------------------------------

    def _batch(
        self, connection: ImapConnection, cursor: Cursor, queue: _Queue, limit: int, max_bytes: int
    ) -> tuple[tuple[InboundMessage, ...], Cursor]:
        if connection.opened(queue.folder).uidvalidity != queue.at.uidvalidity:  # renumbered since the last look
            return (), self._look(connection, cursor, queue.folder)
        asked = list(islice(queue.uids, limit))
        facts = _ask_facts(connection, asked)
        chosen = self._choose([facts[uid] for uid in asked if uid in facts], queue, max_bytes)
        last = chosen[-1].uid if len(chosen) < len(facts) else asked[-1]
        wanted = [one for one in chosen if not queue.declines(one)]
        bodies = self._bodies(connection, queue, [one for one in wanted if one.size <= max_bytes])
        bodies |= {one.uid: _Body(None) for one in wanted if one.size > max_bytes}
        messages = tuple(_message(queue, one, bodies[one.uid]) for one in wanted if one.uid in bodies)
        return messages, moved(cursor, queue.folder, replace(queue.at, uid=last))

    def _choose(self, facts: Sequence[_Facts], queue: _Queue, max_bytes: int) -> list[_Facts]:
        """Return as many messages as one exchange may carry, at least one."""
        chosen: list[_Facts] = []
        room = self.limits.batch_bytes
        carried = 0
        for one in facts:
            if one.size <= max_bytes and not queue.declines(one):
                if carried and (one.size > room or self._careful):
                    break
                carried += 1
                room -= one.size
            chosen.append(one)
        return chosen

    def _bodies(self, connection: ImapConnection, queue: _Queue, wanted: Sequence[_Facts]) -> dict[int, _Body]:
        """Return the bytes by UID; a message that is gone is missing."""
        if not wanted:
            return {}
        uids = [one.uid for one in wanted]
        if len(uids) == 1 and self._failures[queue.key(uids[0])] >= self.limits.single_attempts:
            return {uids[0]: _Body(None, "the connection breaks each time the server hands it out")}
        try:
            found = _ask_bodies(connection, uids, largest=max(one.size for one in wanted))
        except ChannelError as error:
            self._careful = max(self._careful, len(uids))
            if not connection.alive or error.fault is ChannelFault.THROTTLED:
                self.stumbled = error.fault in _LINE_FAULTS
                if len(uids) == 1 and self.stumbled:
                    self._failures[queue.key(uids[0])] += 1
                raise
            return self._one_by_one(connection, wanted)
        self._careful = max(0, self._careful - len(uids))
        return found

    @staticmethod
    def _one_by_one(connection: ImapConnection, wanted: Sequence[_Facts]) -> dict[int, _Body]:
        """After the server refused a batch, find out which messages it refuses."""
        found: dict[int, _Body] = {}
        for one in wanted:
            try:
                found |= _ask_bodies(connection, [one.uid], largest=one.size)
            except ChannelError as error:
                if not connection.alive or error.fault is ChannelFault.THROTTLED:
                    raise
                found[one.uid] = _Body(None, f"the server does not hand it out: {error.detail}")
        return found


def fetch_one(connection: ImapConnection, key: MessageKey) -> InboundMessage | None:
    """Fetch one message whatever its size; None when it is gone or its folder was renumbered."""
    if connection.select(key.folder).uidvalidity != key.uidvalidity:
        return None
    facts = _ask_facts(connection, [key.uid]).get(key.uid)
    if facts is None:
        return None
    body = _ask_bodies(connection, [key.uid], largest=facts.size).get(key.uid)
    return None if body is None else _message(_Queue(key.folder, Position(key.uidvalidity), deque()), facts, body)


def _ask_facts(connection: ImapConnection, uids: Sequence[int]) -> dict[int, _Facts]:
    found = {}
    for uid, items in connection.fetch(uids, *_FACTS).items():
        when = items.get(b"INTERNALDATE")
        found[uid] = _Facts(
            uid=uid,
            size=int(items.get(b"RFC822.SIZE") or 0),
            received_at=when.astimezone(UTC) if isinstance(when, datetime) else None,
            flags=tuple(_text(flag) for flag in items.get(b"FLAGS") or ()),
        )
    return found


def _ask_bodies(connection: ImapConnection, uids: Sequence[int], *, largest: int) -> dict[int, _Body]:
    """Fetch bytes; an answer that announces far more than the message's size breaks the line off."""
    line = connection.client.imap
    line.literal_limit = 2 * largest + connection.limits.literal_slack
    try:
        return {uid: _body(items) for uid, items in connection.fetch(uids, _BODY).items()}
    finally:
        line.literal_limit = connection.limits.line_bytes


def _body(items: dict[bytes, Any]) -> _Body:
    """Read one answer: some servers answer without data (mail.md 6), or with NIL for nothing."""
    if b"BODY[]" not in items:
        return _Body(None, "the server answers without its text")
    value = items[b"BODY[]"]
    return _Body(value if isinstance(value, bytes) else str(value if value is not None else "").encode())


def _message(queue: _Queue, facts: _Facts, body: _Body) -> InboundMessage:
    return InboundMessage(
        source_key=str(queue.key(facts.uid)),
        stream=queue.folder,
        raw=body.raw,
        size=facts.size if body.raw is None else len(body.raw),
        received_at=facts.received_at,
        flags=facts.flags,
        problem=body.problem,
        rescan=facts.uid <= queue.at.rescan_uid,
    )


def _text(flag: object) -> str:
    return flag.decode("utf-8", "replace") if isinstance(flag, bytes) else str(flag)
