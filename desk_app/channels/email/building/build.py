"""From an `OutgoingMail` to bytes (CO-14)."""

from __future__ import annotations

import re
from email.utils import format_datetime

from desk_app.channels.content.plain import html_to_text
from desk_app.channels.email.building.headers import (
    CRLF,
    address_header,
    ids_header,
    reference_chain,
    sendable,
    text_header,
    token_header,
)
from desk_app.channels.email.building.history import quoted_html, quoted_text
from desk_app.channels.email.building.parts import Part, attachment_part, multipart, text_part
from desk_app.domain.messages.outgoing import Automatic, OutgoingAttachment, OutgoingMail

_CONTENT_REFERENCE = re.compile(r"""(?:src|background)\s*=\s*["']?cid:([^"'\s>]+)""", re.IGNORECASE)
_PRECEDENCE = {Automatic.REPLIED: "auto_reply", Automatic.GENERATED: "bulk"}


class EmailBuilder:
    """Writes outgoing mail; stateless."""

    def build(self, mail: OutgoingMail) -> bytes:
        """Return the bytes of a mail; see `build_mail`."""
        return build_mail(mail)


def build_mail(mail: OutgoingMail) -> bytes:
    """Return a mail as it goes over the wire: CRLF line ends, ASCII only, no line over 998 bytes.

    The same mail always gives the same bytes. Nothing a field holds can begin another header. Raises UnsendableAddress
    for an address no server takes, ValueError for a naive date or a Message-ID that is none.
    """
    if mail.date.tzinfo is None:
        raise ValueError("the date of a mail needs a time zone")
    for recipient in mail.recipients:
        sendable(recipient)
    body = _body(mail)
    return (_headers(mail) + body.headers + CRLF).encode("ascii") + body.body


def _headers(mail: OutgoingMail) -> str:
    message_id = ids_header("Message-ID", [mail.message_id])
    if not message_id:
        raise ValueError("a mail needs a Message-ID of its own")
    headers = address_header("From", [mail.from_])
    headers += address_header("To", mail.to) if mail.to else f"To: undisclosed-recipients:;{CRLF}"
    if mail.cc:
        headers += address_header("Cc", mail.cc)
    if mail.reply_to:
        headers += address_header("Reply-To", mail.reply_to)
    headers += text_header("Subject", mail.subject)
    headers += f"Date: {format_datetime(mail.date)}{CRLF}" + message_id
    headers += ids_header("In-Reply-To", [mail.in_reply_to])
    headers += ids_header("References", reference_chain(mail.references, mail.in_reply_to))
    if mail.automatic is not Automatic.NO:
        headers += token_header("Auto-Submitted", mail.automatic.value)
        headers += token_header("X-Auto-Response-Suppress", "All")
        headers += token_header("Precedence", _PRECEDENCE[mail.automatic])
    if mail.instance_id:
        headers += token_header("X-Desk-App-Instance", mail.instance_id)
    if mail.token:
        headers += token_header("X-Desk-App-Token", mail.token)
    for name, value in mail.extra_headers:
        headers += text_header(name, value)
    return headers + token_header("MIME-Version", "1.0")


def _body(mail: OutgoingMail) -> Part:
    markup = mail.html + "".join(quoted.html for quoted in mail.history) if mail.html else ""
    referenced = {name.replace("&amp;", "&") for name in _CONTENT_REFERENCE.findall(markup)}
    inline = [file for file in mail.attachments if file.content_id and file.content_id in referenced]
    shown = {file.content_id for file in inline}
    attached = [file for file in mail.attachments if file.content_id not in shown]
    content = text_part(_text(mail), "plain")
    if mail.html:
        page = text_part(_page(mail, shown), "html")
        content = multipart("alternative", [content, _related(mail, page, inline)], f"alternative {mail.message_id}")
    if not attached:
        return content
    files = [attachment_part(file, inline=False) for file in attached]
    return multipart("mixed", [content, *files], f"mixed {mail.message_id}")


def _related(mail: OutgoingMail, page: Part, inline: list[OutgoingAttachment]) -> Part:
    if not inline:
        return page
    pictures = [attachment_part(file, inline=True) for file in inline]
    return multipart("related", [page, *pictures], f"related {mail.message_id}", [("type", "text/html")])


def _text(mail: OutgoingMail) -> str:
    own = mail.text or html_to_text(mail.html)
    if not mail.history:
        return own
    return f"{own.rstrip()}\n\n{quoted_text(mail.history, mail.attribution)}\n"


def _page(mail: OutgoingMail, content_ids: set[str]) -> str:
    quoted = quoted_html(mail.history, mail.attribution, content_ids) if mail.history else ""
    return (
        '<!DOCTYPE html>\n<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>\n'
        f"<body>{mail.html}{'<br>' if quoted else ''}{quoted}</body></html>\n"
    )
