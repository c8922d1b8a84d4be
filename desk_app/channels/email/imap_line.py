"""imaplib and imapclient on a line with time limits, without their debug output, and with STARTTLS checked as TLS is.

mail.md 6 "imapclient": it switches imaplib's debugging on, which costs several times the CPU and puts whole mails into
logs. imaplib also keeps the last commands, passwords included, for that output; nothing is kept here.
"""

from __future__ import annotations

import imaplib
import socket
from typing import Any

from imapclient import IMAPClient

from desk_app.channels.email.session_limits import Limits
from desk_app.channels.email.session_line import TimedLine
from desk_app.domain.mailboxes.settings import ServerSettings


class TimedImap(imaplib.IMAP4):
    """imaplib's protocol on a TimedLine. `literal_limit` (bytes) bounds what one literal may announce."""

    def __init__(self, server: ServerSettings, limits: Limits, accepted: tuple[str, ...]) -> None:
        self._server = server
        self._limits = limits
        self._accepted = accepted
        self.literal_limit = limits.line_bytes
        super().__init__(server.host, server.port, limits.connect)

    # -- the methods imaplib lets others override ------------------------------------------------------------------

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:  # noqa: ARG002
        """Connect (called by imaplib, whose one time limit is not ours)."""
        self.host, self.port = host, port
        self.line = TimedLine.open(self._server, self._limits, self._accepted)
        self.sock: socket.socket = self.line.socket

    def read(self, size: int) -> bytes:
        """Read a literal."""
        if size > self.literal_limit:
            raise self.abort("literal larger than announced")
        return self.line.read(size)

    def readline(self) -> bytes:
        """Read a line; longer than imaplib's limit, which a search in a large folder exceeds."""
        return self.line.readline(self._limits.line_bytes)

    def send(self, data: Any) -> None:
        """Send a command and start its clock."""
        self.line.begin()
        self.line.send(bytes(data))

    def shutdown(self) -> None:
        """Hang up."""
        self.line.close()

    def _log(self, line: bytes) -> None:
        """Keep no history of commands: it would hold the password."""

    def start_tls(self) -> None:
        """Encrypt the line (RFC 9051 6.2.1); the server must say afterwards what it can, what it said before is
        void."""
        if "STARTTLS" not in self.capabilities:
            raise imaplib.IMAP4.error("STARTTLS is not offered")
        kind, _ = self._simple_command("STARTTLS")
        if kind != "OK":
            raise imaplib.IMAP4.error("STARTTLS was refused")
        self.line.encrypt(self._server.host, self._accepted)
        self.sock = self.line.socket
        self.untagged_responses.clear()
        self._get_capabilities()

    # -- IDLE (RFC 2177); imapclient's own loses lines that TLS has decrypted already and trips over early answers -----

    def idle_begin(self) -> None:
        """Ask the server to speak up by itself."""
        self._idle_tag = self._command("IDLE")
        while self._get_response() is not None:
            if self.tagged_commands[self._idle_tag]:
                raise imaplib.IMAP4.error("IDLE was refused")

    def idle_line(self) -> bytes:
        """Return the next thing the server says."""
        self.line.begin()
        line: bytes = self._get_line()
        return line

    def idle_end(self) -> bool:
        """Stop listening; True when new messages were announced meanwhile."""
        self.send(b"DONE\r\n")
        news = False
        while not self.tagged_commands[self._idle_tag]:
            news = announces_mail(self._get_response() or b"") or news
        del self.tagged_commands[self._idle_tag]
        return news


def announces_mail(line: bytes) -> bool:
    """Return whether an untagged answer says that a folder grew."""
    words = line.split()
    return len(words) == 3 and words[0] == b"*" and words[2].upper() in {b"EXISTS", b"RECENT"}


class QuietImapClient(IMAPClient):  # type: ignore[misc]  # imapclient has no types
    """imapclient on a TimedImap."""

    _imap: TimedImap

    def __init__(self, server: ServerSettings, limits: Limits, accepted: tuple[str, ...]) -> None:
        self._wire = (server, limits, accepted)
        super().__init__(server.host, server.port, ssl=False, timeout=None)
        self._imap.debug = 0  # mail.md 6
        self.normalise_times = False  # keep INTERNALDATE aware

    def _create_IMAP4(self) -> TimedImap:  # noqa: N802 -- imapclient's name
        return TimedImap(*self._wire)

    @property
    def imap(self) -> TimedImap:
        """imaplib's half, for what imapclient cannot do."""
        return self._imap

    def start_tls(self) -> None:
        """Encrypt the line."""
        self._imap.start_tls()
        self._cached_capabilities = None

    def hang_up(self) -> None:
        """Close without a word; never raises."""
        self._imap.shutdown()
