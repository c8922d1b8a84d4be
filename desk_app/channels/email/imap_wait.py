"""Waiting for new mail: IDLE where it is offered, NOOP otherwise, and an end to it from another thread (mail.md 6)."""

from __future__ import annotations

import socket
import time

from desk_app.channels.email.imap_connection import ImapConnection
from desk_app.channels.email.imap_line import announces_mail
from desk_app.plugin_api.channels import ChannelFault


class Waker:
    """Ends a wait from another thread."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    @property
    def socket(self) -> socket.socket:
        """Readable as soon as somebody called `wake`."""
        return self._reader

    def wake(self) -> None:
        """End the running wait, or the next one; allowed from any thread and after `close`."""
        try:
            self._writer.send(b"x")
        except OSError:
            return  # full: it is awake already; closed: nobody waits

    def rest(self, seconds: float) -> None:
        """Wait without a server."""
        self._reader.settimeout(max(0.001, seconds))
        try:
            self._reader.recv(1)
        except OSError:
            return
        finally:
            self._reader.setblocking(False)

    def clear(self) -> bool:
        """Forget calls of `wake`; True when there were some."""
        try:
            return bool(self._reader.recv(4096))
        except OSError:
            return False

    def close(self) -> None:
        """Give the sockets back."""
        self._reader.close()
        self._writer.close()


def wait_for_mail(connection: ImapConnection, folder: str, seconds: float, waker: Waker) -> bool:
    """Wait up to `seconds` for new mail in a folder; False when there was none or somebody woke us.

    IDLE is issued again after `Limits.idle` at the latest: servers and address translators drop quiet lines without a
    word.
    """
    end = time.monotonic() + seconds
    connection.opened(folder)
    listen = _idle if connection.can("IDLE") else _poll
    while (left := end - time.monotonic()) > 0:
        news = listen(connection, left, waker)
        if news is not None:
            waker.clear()
            return news
    return False


def _idle(connection: ImapConnection, seconds: float, waker: Waker) -> bool | None:
    """Listen once; None when neither mail came nor somebody woke us."""
    imap = connection.client.imap
    news: bool | None = None
    with connection.talking(ChannelFault.NETWORK):
        imap.idle_begin()
        end = time.monotonic() + min(seconds, connection.limits.idle)
        while news is None and (left := end - time.monotonic()) > 0:
            if imap.line.ready(left, waker.socket):
                said = imap.idle_line()
                if said.upper().startswith(b"* BYE"):
                    raise imap.abort(said.decode("utf-8", "replace"))
                news = announces_mail(said) or None
            elif waker.clear():
                news = False
        if imap.idle_end():
            news = True
    return news


def _poll(connection: ImapConnection, seconds: float, waker: Waker) -> bool | None:
    """Ask once after a pause; None when nothing came."""
    imap = connection.client.imap
    waiting = min(seconds, connection.limits.poll)
    if imap.line.ready(0, None):
        waiting = 0.0
    end = time.monotonic() + waiting
    while (left := end - time.monotonic()) > 0:
        waker.rest(left)
        if time.monotonic() < end:
            return False
    with connection.talking(ChannelFault.NETWORK):
        _, answers = connection.client.noop()
        if any(len(answer) == 2 and answer[1] in {b"EXISTS", b"RECENT"} for answer in answers):
            return True
    return None
