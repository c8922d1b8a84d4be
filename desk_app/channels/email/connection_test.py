"""The connection test: one step after the other, so that the admin sees which one fails and what to do about it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from desk_app.channels.email import smtp_send, tls
from desk_app.channels.email.account_credentials import Credentials
from desk_app.channels.email.imap_connection import ImapConnection
from desk_app.channels.email.imap_sent import sent_folder
from desk_app.channels.email.session_errors import line_fault
from desk_app.channels.email.session_limits import Limits
from desk_app.channels.email.smtp_line import SmtpConnection
from desk_app.domain.mailboxes.settings import EmailSettings, Security, ServerSettings
from desk_app.plugin_api.channels import (
    ChannelError,
    ChannelFault,
    OutboundMail,
    SendOutcome,
    StepState,
    TestStep,
)

_RECEIVING = ("name", "tls", "sign_in", "folder")
_SENDING = ("smtp_name", "smtp_tls", "smtp_sign_in", "send")


@dataclass(slots=True)
class ConnectionTest:
    """Tries one account. `address` is what the test mail is sent from."""

    settings: EmailSettings
    credentials: Credentials
    address: str
    limits: Limits

    def run(self, send_to: str = "") -> Iterator[TestStep]:
        """Yield each step as RUNNING and then as it ended; never raises. A mail only leaves when `send_to` is given."""
        if self.settings.imap is None:
            yield from _skip(_RECEIVING, "this mailbox only sends")
        else:
            yield from self._receiving(self.settings.imap)
        if self.settings.smtp is None:
            yield from _skip(_SENDING, "this mailbox only receives")
        else:
            yield from self._sending(self.settings.smtp, send_to)

    def _receiving(self, server: ServerSettings) -> Iterator[TestStep]:
        lines: list[ImapConnection] = []

        def connect() -> str:
            lines.append(ImapConnection(server, self.limits))
            return self._secured(server, lines[0].client.imap.sock)

        def sign_in() -> str:
            lines[0].sign_in(self.credentials)
            return f"signed in as {server.user}"

        try:
            yield from _steps(
                (
                    ("name", lambda: _resolve(server)),
                    ("tls", connect),
                    ("sign_in", sign_in),
                    ("folder", lambda: self._look_into_folders(lines[0])),
                ),
                lambda: self._refused_certificate(server, "imap"),
            )
        finally:
            for line in lines:
                line.close()

    def _look_into_folders(self, connection: ImapConnection) -> str:
        found = []
        for folder in self.settings.folders:
            state = connection.select(folder)
            found.append(f"{folder}: {state.exists} messages")
        if self.settings.wants_sent_copy:
            sent = sent_folder(connection, self.settings.sent_folder)
            if sent is None and self.settings.sent_folder:
                raise ChannelError(ChannelFault.FOLDER, f"{self.settings.sent_folder}: there is no such Sent folder")
            found.append(f"copies go to {sent}" if sent else "a Sent folder will be created")
        return "; ".join(found)

    def _sending(self, server: ServerSettings, send_to: str) -> Iterator[TestStep]:
        lines: list[SmtpConnection] = []

        def connect() -> str:
            lines.append(SmtpConnection(server, self.limits))
            return self._secured(server, lines[0].smtp.line.socket)

        def sign_in() -> str:
            lines[0].sign_in(self.credentials)
            return f"signed in as {server.user}" if server.user else "the server asks for no sign-in"

        steps: list[tuple[str, Callable[[], str]]] = [
            ("smtp_name", lambda: _resolve(server)),
            ("smtp_tls", connect),
            ("smtp_sign_in", sign_in),
        ]
        if send_to:
            steps.append(("send", lambda: self._send(lines[0], send_to)))
        try:
            yield from _steps(tuple(steps), lambda: self._refused_certificate(server, "smtp"))
            if not send_to:
                yield TestStep("send", StepState.SKIPPED, "no address to send a test mail to")
        finally:
            for line in lines:
                line.close()

    def _send(self, connection: SmtpConnection, send_to: str) -> str:
        mail = test_mail(self.address, send_to, datetime.now(UTC))
        receipt = smtp_send.send(connection, mail)
        if receipt.outcome is SendOutcome.ACCEPTED:
            return f"test mail to {send_to} accepted: {receipt.response}"
        fault = ChannelFault.NETWORK if receipt.outcome is SendOutcome.UNKNOWN else ChannelFault.REFUSED
        raise ChannelError(fault, receipt.response)

    @staticmethod
    def _secured(server: ServerSettings, line: socket.socket) -> str:
        where = f"{server.host}, port {server.port}, {tls.about(line)}"
        if server.accepted_certificates and isinstance(line, ssl.SSLSocket):
            if tls.fingerprint(line) in server.accepted_certificates:
                return f"{where}, with the certificate that was accepted"
            return f"{where}, the accepted certificate is no longer needed"
        return where

    def _refused_certificate(self, server: ServerSettings, protocol: str) -> tls.Certificate | None:
        """Return the certificate a server shows, over a line of its own on which nothing else is said."""
        try:
            line = tls.connect(server.host, server.port, self.limits.connect)
            try:
                if server.security is Security.STARTTLS:
                    _ask_for_tls(line, protocol)
                return tls.observe(line, server.host, self.limits.connect)
            finally:
                line.close()
        except (ChannelError, OSError):
            return None


def test_mail(sender: str, recipient: str, now: datetime) -> OutboundMail:
    """Return the mail a connection test sends."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, recipient
    mail["Subject"] = "Test mail from your help desk"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("This mail shows that your help desk can send from this mailbox. Nothing needs to be done.\n")
    return OutboundMail(mail.as_bytes(), str(mail["Message-ID"]).strip("<>"), sender, (recipient,))


test_mail.__test__ = False  # type: ignore[attr-defined]  # its name is no reason for pytest to call it


def _resolve(server: ServerSettings) -> str:
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty or over 63 bytes
        raise ChannelError(ChannelFault.NAME, f"{server.host}: not a host name") from error
    except OSError as error:
        raise line_fault(error, server.host) from error
    return f"{server.host} is {found[0][4][0]}"


def _ask_for_tls(line: socket.socket, protocol: str) -> None:
    """Say just enough to begin STARTTLS; whatever comes back, a failing handshake tells the rest."""
    with line.makefile("rb") as reader:
        reader.readline(4096)
        if protocol == "imap":
            line.sendall(b"A1 STARTTLS\r\n")
        else:
            line.sendall(b"EHLO localhost\r\n")
            while reader.readline(4096)[3:4] == b"-":
                continue
            line.sendall(b"STARTTLS\r\n")
        reader.readline(4096)


def _steps(
    steps: tuple[tuple[str, Callable[[], str]], ...], certificate: Callable[[], tls.Certificate | None]
) -> Iterator[TestStep]:
    """Run steps in order; after a failure the others are skipped."""
    failed = ""
    for name, run in steps:
        if failed:
            yield TestStep(name, StepState.SKIPPED, "an earlier step failed")
            continue
        yield TestStep(name, StepState.RUNNING)
        try:
            detail = run()
        except tls.CertificateRefusedError as error:
            failed = name
            shown = certificate()
            detail = f"{error.detail}. The certificate is {shown}" if shown else error.detail
            yield TestStep(name, StepState.FAILED, detail, error.fault, shown.fingerprint if shown else "")
        except ChannelError as error:
            failed = name
            yield TestStep(name, StepState.FAILED, error.detail, error.fault)
        else:
            yield TestStep(name, StepState.OK, detail)


def _skip(names: tuple[str, ...], reason: str) -> Iterator[TestStep]:
    for name in names:
        yield TestStep(name, StepState.SKIPPED, reason)
