"""Writes mail as customers' programs write it: HTML flavours, quoting, signatures, inline pictures."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from hashlib import sha256

from desk_app.runtime.demo.documents import document


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes. `client` is gmail, outlook, apple, phone or plain; `language` en, id or es."""

    name: str
    email: str
    client: str = "gmail"
    language: str = "en"
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """The mail a reply answers, as far as it is quoted. `text` is what the program quotes, its own quotes included."""

    sender: Person
    to: str
    subject: str
    at: datetime
    text: str
    message_id: str
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to write. `files` are names for `documents.document`; `inline` shows pictures inside the HTML."""

    sender: Person
    to: Sequence[tuple[str, str]]
    subject: str
    at: datetime
    text: str
    message_id: str
    cc: Sequence[tuple[str, str]] = ()
    html: bool = False
    inline: bool = False
    files: Sequence[str] = ()
    answers: Quoted | None = None
    headers: dict[str, str] = field(default_factory=dict)


_DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "id": ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min"),
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
}
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
}
_WROTE = {
    "en": "On {day}, {d} {month} {year} at {time}, {name} <{email}> wrote:",
    "id": "Pada {day}, {d} {month} {year} pukul {time} {name} <{email}> menulis:",
    "es": "El {day}, {d} {month} {year} a las {time}, {name} (<{email}>) escribió:",
}
_OUTLOOK = {
    "en": ("From", "Sent", "To", "Subject"),
    "id": ("Dari", "Dikirim", "Kepada", "Subjek"),
    "es": ("De", "Enviado el", "Para", "Asunto"),
}
_PROGRAMS = {
    "outlook": "Microsoft Outlook 16.0",
    "apple": "Apple Mail (2.3774.600.62)",
    "phone": "iPhone Mail (22A3354)",
    "plain": "Mozilla Thunderbird",
}
_STYLES = {
    "gmail": '<div dir="ltr">{body}</div>',
    "outlook": '<html><body lang="{language}" style="font:11pt Calibri,sans-serif">{body}</body></html>',
    "apple": '<html><body style="overflow-wrap: break-word; line-break: after-white-space;">{body}</body></html>',
    "phone": "<html><body>{body}</body></html>",
    "plain": "<html><body>{body}</body></html>",
}


def message_id(key: str, domain: str) -> str:
    """Return the Message-ID (without angle brackets) that belongs to a key."""
    return f"{sha256(key.encode()).hexdigest()[:24]}@{domain}"


def reply_subject(subject: str) -> str:
    """Return the subject of an answer."""
    return subject if re.match(r"(?i)\s*(re|bls|rv)\s*:", subject) else f"Re: {subject}"


def full_text(letter: Letter) -> str:
    """Return the whole plain text of a letter: what is new, the signature, the quoted mail."""
    own = letter.text.strip()
    if letter.sender.signature:
        separator = "-- \n" if letter.sender.client in {"plain", "apple"} else ""
        own += f"\n\n{separator}{letter.sender.signature}"
    quoted = letter.answers
    if quoted is None:
        return own + "\n"
    if letter.sender.client == "plain":  # answers below what it quotes
        return f"{_wrote(letter.sender, quoted)}\n{_marked(quoted.text)}\n\n{own}\n"
    if letter.sender.client == "outlook":
        head = "\n".join(f"{label}: {value}" for label, value in _outlook_head(letter, quoted))
        return f"{own}\n\n________________________________\n{head}\n\n{quoted.text.strip()}\n"
    return f"{own}\n\n{_wrote(letter.sender, quoted)}\n\n{_marked(quoted.text)}\n"


def write(letter: Letter) -> bytes:
    """Return the bytes of a letter, as they go over the wire (RFC 5322, CRLF)."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((letter.sender.name, letter.sender.email))
    mail["To"] = ", ".join(formataddr(address) for address in letter.to)
    if letter.cc:
        mail["Cc"] = ", ".join(formataddr(address) for address in letter.cc)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = f"<{letter.message_id}>"
    if letter.answers is not None:
        mail["In-Reply-To"] = f"<{letter.answers.message_id}>"
        chain = (*letter.answers.references, letter.answers.message_id)
        mail["References"] = " ".join(f"<{reference}>" for reference in chain)
    if letter.sender.client in _PROGRAMS:
        mail["X-Mailer"] = _PROGRAMS[letter.sender.client]
    for name, value in letter.headers.items():
        mail[name] = value
    mail.set_content(full_text(letter), cte="quoted-printable")
    files = [document(name) for name in letter.files]
    pictures = [file for file in files if letter.inline and file.maintype == "image"]
    ids = [message_id(f"{letter.message_id}/{file.filename}", "inline") for file in pictures]
    if letter.html or pictures:
        mail.add_alternative(_html(letter, ids), subtype="html", cte="quoted-printable")
        body = mail.get_body(("html",))
        for file, cid in zip(pictures, ids, strict=True):
            if isinstance(body, EmailMessage):
                body.add_related(
                    file.content,
                    file.maintype,
                    file.subtype,
                    cid=f"<{cid}>",
                    filename=file.filename,
                    disposition="inline",
                )
    for file in files:
        if file not in pictures:
            mail.add_attachment(file.content, maintype=file.maintype, subtype=file.subtype, filename=file.filename)
    return mail.as_bytes()


def _html(letter: Letter, ids: Sequence[str]) -> str:
    body = paragraphs(letter.text)
    body += "".join(f'<div><img src="cid:{cid}" width="480" alt=""></div>' for cid in ids)
    if letter.sender.signature:
        lines = "<br>".join(html.escape(line) for line in letter.sender.signature.splitlines())
        body += f'<p style="color:#6b7280;font-size:small">{lines}</p>'
    if letter.answers is not None:
        body += _html_quote(letter, letter.answers)
    return _STYLES[letter.sender.client].format(body=body, language=letter.sender.language)


def _outlook_head(letter: Letter, quoted: Quoted) -> list[tuple[str, str]]:
    """Return what Outlook says above a quote: labels in the writer's language, and what belongs to them."""
    who = f"{quoted.sender.name} <{quoted.sender.email}>"
    values = (who, _when(letter.sender, quoted), quoted.to, quoted.subject)
    return list(zip(_OUTLOOK[letter.sender.language], values, strict=True))


def _html_quote(letter: Letter, quoted: Quoted) -> str:
    inner = paragraphs(quoted.text)
    if letter.sender.client == "outlook":
        head = "<br>".join(f"<b>{a}:</b> {html.escape(b)}" for a, b in _outlook_head(letter, quoted))
        rule = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
        return f'<div><div style="{rule}"><p>{head}</p></div></div>{inner}'
    wrote = html.escape(_wrote(letter.sender, quoted))
    if letter.sender.client == "gmail":
        style = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"
        return (
            f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{wrote}<br></div>'
            f'<blockquote class="gmail_quote" style="{style}">{inner}</blockquote></div>'
        )
    return f'<div><br><blockquote type="cite"><div>{wrote}</div><br>{inner}</blockquote></div>'


def paragraphs(text: str) -> str:
    """Return plain text as HTML paragraphs and lists."""
    blocks = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if all(line.startswith("- ") for line in lines):
            blocks.append("<ul>" + "".join(f"<li>{html.escape(line[2:])}</li>" for line in lines) + "</ul>")
        else:
            blocks.append("<p>" + "<br>".join(html.escape(line) for line in lines) + "</p>")
    return "".join(blocks)


def _marked(text: str) -> str:
    return "\n".join(
        f"> {line}".rstrip() if not line.startswith(">") else f">{line}" for line in text.strip().splitlines()
    )


def _wrote(writer: Person, quoted: Quoted) -> str:
    at, language = quoted.at, writer.language
    return _WROTE[language].format(
        day=_DAYS[language][at.weekday()],
        d=at.day,
        month=_MONTHS[language][at.month - 1],
        year=at.year,
        time=at.strftime("%H.%M" if language == "id" else "%H:%M"),
        name=quoted.sender.name,
        email=quoted.sender.email,
    )


def _when(writer: Person, quoted: Quoted) -> str:
    at, language = quoted.at, writer.language
    return f"{_DAYS[language][at.weekday()]} {at.day} {_MONTHS[language][at.month - 1]} {at.year} {at:%H:%M}"
