"""A session for channels that are asked again and again: `fetch` and `send` are to be written, all else is there."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desk_app.plugin_api.channels import (
        AfterImport,
        Cursor,
        FetchBatch,
        InboundMessage,
        OutboundMail,
        SendReceipt,
        SentCheck,
        StreamCount,
    )

_AT_ONCE = 100
_MOST_ROUNDS = 1000


class PollingSession:
    """A `ChannelSession` that needs `fetch` and `send` only. Where the service can tell more (how much waits, whether
    something was sent, that something is new), write those methods, too; whoever has an `__init__` calls this one."""

    def __init__(self) -> None:
        self._woken = threading.Event()

    def fetch(self, cursor: Cursor, *, limit: int, max_bytes: int) -> FetchBatch:
        """Return up to `limit` messages after the cursor. To be written."""
        raise NotImplementedError("a channel's session needs “fetch”")

    def send(self, mail: OutboundMail) -> SendReceipt:
        """Hand one message over. To be written."""
        raise NotImplementedError("a channel's session needs “send”")

    def counts(self, since: datetime | None = None) -> Sequence[StreamCount]:  # noqa: ARG002 -- the channel's interface
        """Say nothing about how much lies there."""
        return ()

    def start_cursor(self, since: datetime | None) -> Cursor:
        """Return the cursor behind everything `fetch` gives now, or behind what is older than `since`."""
        from desk_app.plugin_api.channels import Cursor  # noqa: PLC0415 -- it gives this class on to authors

        cursor = Cursor()
        for _round in range(_MOST_ROUNDS):
            batch = self.fetch(cursor, limit=_AT_ONCE, max_bytes=0)
            if since is not None and any(_is_newer(one, since) for one in batch.messages):
                return cursor
            if not batch.messages and not batch.remaining:
                return batch.cursor
            cursor = batch.cursor
        return cursor

    def fetch_one(self, source_key: str) -> InboundMessage | None:  # noqa: ARG002 -- as above
        """Return nothing: what was fetched is not given again."""
        return None

    def acknowledge(self, source_keys: Sequence[str], action: AfterImport, target: str = "") -> None:
        """Do nothing with what was fetched."""

    def wait(self, timeout: float) -> bool:
        """Wait until the time has passed, or `wake` was called."""
        woken = self._woken.wait(timeout)
        self._woken.clear()
        return woken

    def wake(self) -> None:
        """End a running `wait`, or the next one."""
        self._woken.set()

    def check_sent(self, message_id: str) -> SentCheck:  # noqa: ARG002 -- as above
        """Say that nobody can tell."""
        from desk_app.plugin_api.channels import SentCheck  # noqa: PLC0415 -- as above

        return SentCheck.CANNOT_TELL

    def store_copy(self, raw: bytes) -> str:  # noqa: ARG002 -- as above
        """Keep no copy."""
        return ""

    def close(self) -> None:
        """Let go of a running `wait`."""
        self.wake()


def _is_newer(message: InboundMessage, since: datetime) -> bool:
    return message.received_at is None or message.received_at >= since
