"""Handing a mail to the server, so that the desk knows afterwards whether it left (pains.md 9).

Until the final dot is on its way nothing can have left: every failure is a refusal or a ChannelError. From the final
dot to the server's answer nobody knows: a break there is UNKNOWN and never retried by the desk.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Sequence

from desk_app.channels.email.session_errors import clean
from desk_app.channels.email.smtp_line import SmtpConnection
from desk_app.plugin_api.channels import (
    ChannelError,
    ChannelFault,
    OutboundMail,
    RecipientResult,
    SendOutcome,
    SendReceipt,
)

_UNSAFE = re.compile(r"[\s<>\x00-\x1f\x7f]")


class _RefusedError(Exception):
    """The transaction ended before any data was handed over."""

    def __init__(self, receipt: SendReceipt) -> None:
        super().__init__(receipt.response)
        self.receipt = receipt


def send(connection: SmtpConnection, mail: OutboundMail) -> SendReceipt:
    """Send one mail over a signed-in connection; raises ChannelError only when nothing can have left."""
    data = wire_form(mail.raw)
    try:
        _begin(connection, mail, data)
        results = _recipients(connection, mail)
        _open_data(connection, results)
    except _RefusedError as refused:
        return refused.receipt
    return _hand_over(connection, data, results)


def wire_form(raw: bytes) -> bytes:
    """Return a mail as it goes over the line: CRLF, leading dots doubled (RFC 5321 4.5.2), without the final dot."""
    lines = re.sub(rb"\r\n|\n|\r", b"\r\n", raw)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", lines)


def _begin(connection: SmtpConnection, mail: OutboundMail, data: bytes) -> None:
    smtp = connection.smtp
    limit = smtp.esmtp_features.get("size", "")
    if limit.isdigit() and 0 < int(limit) < len(data):
        said = f"the mail has {len(data)} bytes, the server takes {limit}"
        raise _RefusedError(SendReceipt(SendOutcome.REFUSED, said, _all(mail.recipients, said)))
    sender = _address(connection, mail.envelope_from) if mail.envelope_from else ""
    if sender is None:
        said = f"{clean(mail.envelope_from)}: the server cannot take this address as a sender"
        raise _RefusedError(SendReceipt(SendOutcome.REFUSED, said, _all(mail.recipients, said)))
    options = [f"SIZE={len(data)}"] if smtp.has_extn("size") else []
    if not data.isascii() and smtp.has_extn("8bitmime"):
        options.append("BODY=8BITMIME")
    if smtp.has_extn("smtputf8") and not all(text.isascii() for text in (mail.envelope_from, *mail.recipients)):
        options.append("SMTPUTF8")
        smtp.command_encoding = "utf-8"
    code, said_bytes = _command(connection, " ".join([f"MAIL FROM:<{sender}>", *options]))
    if code != 250:
        raise _RefusedError(_negative(connection, code, said_bytes, mail.recipients))


def _recipients(connection: SmtpConnection, mail: OutboundMail) -> tuple[RecipientResult, ...]:
    results = []
    temporary = False
    for recipient in mail.recipients:
        address = _address(connection, recipient)
        if not address:
            results.append(RecipientResult(recipient, accepted=False, response="the server cannot take this address"))
            continue
        code, said = _command(connection, f"RCPT TO:<{address}>")
        if code in {421, -1}:
            raise _RefusedError(_negative(connection, code, said, mail.recipients))
        temporary = temporary or 400 <= code <= 499
        results.append(RecipientResult(recipient, accepted=code in {250, 251}, response=connection.words(code, said)))
    if not any(result.accepted for result in results):
        _command(connection, "RSET")
        outcome = SendOutcome.DEFERRED if temporary else SendOutcome.REFUSED
        said_last = results[-1].response if results else "the mail has no recipient"
        raise _RefusedError(SendReceipt(outcome, said_last, tuple(results)))
    return tuple(results)


def _open_data(connection: SmtpConnection, results: Sequence[RecipientResult]) -> None:
    code, said = _command(connection, "DATA")
    if code != 354:
        receipt = _negative(connection, code, said, [result.address for result in results])
        raise _RefusedError(receipt)


def _hand_over(connection: SmtpConnection, data: bytes, results: tuple[RecipientResult, ...]) -> SendReceipt:
    line = connection.smtp.line
    with connection.talking(ChannelFault.NETWORK):
        line.begin()
        line.send(data)  # without the final dot: a break here leaves the server with half a mail, which it must drop
    try:
        line.begin(silence=connection.limits.final)
        line.send(b".\r\n")
        code, said = connection.smtp.getreply()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        connection.smtp.close()
        why = "no answer in time" if isinstance(error, TimeoutError) else "the connection broke"
        return SendReceipt(SendOutcome.UNKNOWN, f"{why} after the mail was handed over: look into Sent", results)
    response = connection.words(code, said)
    if 200 <= code <= 299:
        return SendReceipt(SendOutcome.ACCEPTED, response, results)
    if 400 <= code <= 599:
        outcome = SendOutcome.DEFERRED if code < 500 else SendOutcome.REFUSED
        if code == 421:
            connection.smtp.close()
        return SendReceipt(outcome, response, _all([result.address for result in results], response))
    connection.smtp.close()
    return SendReceipt(SendOutcome.UNKNOWN, f"the server's answer makes no sense: {response}", results)


def _command(connection: SmtpConnection, line: str) -> tuple[int, bytes]:
    with connection.talking(ChannelFault.REFUSED):
        return connection.smtp.docmd(line)


def _negative(connection: SmtpConnection, code: int, said: bytes, recipients: Sequence[str]) -> SendReceipt:
    """Return the receipt of a transaction that the server ended; the line stays usable except after 421."""
    if not 400 <= code <= 599:
        connection.smtp.close()
        raise ChannelError(ChannelFault.PROTOCOL, f"{connection.where}: an answer that is not SMTP")
    response = connection.words(code, said)
    if code == 421:
        connection.smtp.close()
    else:
        _command(connection, "RSET")
    outcome = SendOutcome.DEFERRED if code < 500 else SendOutcome.REFUSED
    return SendReceipt(outcome, response, _all(recipients, response))


def _all(recipients: Sequence[str], response: str) -> tuple[RecipientResult, ...]:
    return tuple(RecipientResult(recipient, accepted=False, response=response) for recipient in recipients)


def _address(connection: SmtpConnection, address: str) -> str | None:
    """Return an address as the server can take it, None where it cannot: nothing may smuggle a command in."""
    if _UNSAFE.search(address) or not address:
        return None
    if address.isascii() or connection.smtp.has_extn("smtputf8"):
        return address
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        return None
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None
