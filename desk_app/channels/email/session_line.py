"""One TCP line with time limits: on each silence and on a whole exchange."""

from __future__ import annotations

import os
import select
import socket
import ssl
import time

from desk_app.channels.email import tls
from desk_app.channels.email.session_errors import LineLostError
from desk_app.channels.email.session_limits import Limits
from desk_app.domain.mailboxes.settings import Security, ServerSettings

_BLOCK = 256 * 1024
_SEND_BLOCK = 64 * 1024
_SLOWEST = 4 * 1024  # bytes a second: what a line must carry for an exchange to go on beyond its limit


class TimedLine:
    """A buffered line to a server. Reading raises TimeoutError when the server is silent for `Limits.read`, or when an
    exchange begun by `begin` takes longer than `Limits.command` and what it carried at 4 kB a second; LineLostError
    when the server hangs up."""

    def __init__(self, line: socket.socket, limits: Limits) -> None:
        self.socket = line
        self._limits = limits
        self._buffer = bytearray()
        self._deadline = time.monotonic() + limits.command
        self._silence = limits.read

    @classmethod
    def open(cls, server: ServerSettings, limits: Limits, accepted: tuple[str, ...]) -> TimedLine:
        """Connect to a server, encrypted from the start where its settings say so; raises ChannelError."""
        line = tls.connect(server.host, server.port, limits.connect)
        if server.security is Security.TLS:
            line = tls.secure(line, server.host, accepted, limits.connect)
        return cls(line, limits)

    def encrypt(self, host: str, accepted: tuple[str, ...]) -> None:
        """Switch to TLS in the middle of the line (STARTTLS). What was sent ahead in clear is dropped with the line:
        an attacker may have put it there (RFC 9051 6.2.1)."""
        if self._buffer:
            raise LineLostError("data before the TLS handshake")
        self.socket = tls.secure(self.socket, host, accepted, self._limits.connect)

    def begin(self, *, silence: float | None = None) -> None:
        """Start the clock of one exchange; `silence` (seconds) replaces the usual patience for its answer."""
        self._deadline = time.monotonic() + self._limits.command
        self._silence = silence or self._limits.read

    def _arm(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the exchange takes too long")
        self.socket.settimeout(min(self._silence, left))

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        while len(self._buffer) < size:
            self._fill(size - len(self._buffer))
        return self._take(size)

    def readline(self, longest: int) -> bytes:
        """Return one line with its end; a line of more than `longest` bytes raises LineLostError."""
        seen = 0
        while (end := self._buffer.find(b"\n", seen)) < 0:
            seen = len(self._buffer)
            if seen > longest:
                raise LineLostError("a line without end")
            self._fill(_BLOCK)
        return self._take(end + 1)

    def send(self, data: bytes) -> None:
        """Send all of `data`, in blocks: a time limit on the whole of it would stop a large mail on a slow line."""
        view = memoryview(data)
        for start in range(0, len(view), _SEND_BLOCK):
            block = view[start : start + _SEND_BLOCK]
            self._arm()
            self.socket.sendall(block)
            self._deadline += len(block) / _SLOWEST

    def ready(self, seconds: float, wake: socket.socket | None) -> bool:
        """Wait until the server says something (True), `seconds` have passed or `wake` is readable (False)."""
        if self._buffer or (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()):
            return True
        watched = [self.socket] if wake is None else [self.socket, wake]
        end = time.monotonic() + seconds
        while True:  # select knows no signal-safe "for ever" and, on Windows, no more than 64 sockets: two are enough
            left = end - time.monotonic()
            found = _select(watched, max(0.0, left))
            if self.socket in found:
                return True
            if found or left <= 0:
                return False

    def _fill(self, wanted: int) -> None:
        self._arm()
        block = self.socket.recv(min(max(wanted, 4096), _BLOCK))
        if not block:
            raise LineLostError("end of line")
        self._buffer += block
        self._deadline += len(block) / _SLOWEST

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return taken

    def close(self) -> None:
        """Hang up; never raises."""
        try:
            self.socket.close()
        except OSError:
            return


def _select(watched: list[socket.socket], seconds: float) -> list[socket.socket]:
    if os.name == "nt" or not hasattr(select, "poll"):
        return list(select.select(watched, [], [], seconds)[0])
    poller = select.poll()  # select() fails on descriptors over 1023
    for one in watched:
        poller.register(one, select.POLLIN)
    numbers = {number for number, _ in poller.poll(seconds * 1000)}
    return [one for one in watched if one.fileno() in numbers]
