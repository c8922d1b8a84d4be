"""One raw message, read as a careful person would (mail.md 2)."""

from __future__ import annotations

import re

from desk_app.channels.email.reading.addresses import read_addresses
from desk_app.channels.email.reading.bodies import BodyReader
from desk_app.channels.email.reading.bounces import read_bounce
from desk_app.channels.email.reading.charsets import codec_for, join_surrogates
from desk_app.channels.email.reading.fields import parameter_text, read_date, read_ids, read_message_id
from desk_app.channels.email.reading.fingerprint import content_hash
from desk_app.channels.email.reading.headers import Headers
from desk_app.channels.email.reading.language import guess_language
from desk_app.channels.email.reading.machine import (
    INSTANCE_HEADER,
    TOKEN_HEADER,
    Envelope,
    classify,
    is_spam,
    kept_headers,
    read_signs,
)
from desk_app.channels.email.reading.structure import Part, Splitter
from desk_app.domain.messages.model import Address, ParsedMessage

_SINGLE = ("from", "subject", "message-id", "date", "sender", "content-type", "in-reply-to", "references", "reply-to")
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-delivered-to", "x-envelope-to", "x-rcpt-to")
_HEADER_SCAN = 65_536
_EIGHT_BIT_FIELDS = ("subject", "from", "to", "cc", "reply-to")
_BARE_CR = re.compile(rb"\r(?!\n)")


def read_message(raw: bytes, *, max_parts: int = 500, max_depth: int = 30) -> ParsedMessage:
    """Read raw bytes into a message. Never raises, never touches the network; what is odd is named in `problems`.

    `max_parts` and `max_depth` bound the MIME tree (mail.md 2, class 14): what lies beyond stays in the raw mail.
    """
    try:
        return _read(raw, max_parts, max_depth)
    except Exception as fault:  # noqa: BLE001 -- any byte whatsoever must become a readable item (mail.md 8.1)
        return _read_plainly(raw, f"reader-fault: {type(fault).__name__}")


def _read(raw: bytes, max_parts: int, max_depth: int) -> ParsedMessage:
    buf, problems = _normalised(raw)
    splitter = Splitter(max_parts=max_parts, max_depth=max_depth)
    root = splitter.split(buf, 0, len(buf))
    headers = root.headers
    bodies = BodyReader(max_parts=max_parts, max_depth=max_depth)
    text, html = bodies.read(root)
    hint = bodies.charset or _label(root)
    problems += [*splitter.problems, *bodies.problems, *_header_problems(headers)]
    subject = headers.text("subject", hint)
    senders = read_addresses(headers, "from", hint)
    sender = next(iter(read_addresses(headers, "sender", hint)), None)
    from_ = next((a for a in senders if a.email), senders[0] if senders else Address("", ""))
    if not from_.email and not from_.name and sender is not None:
        from_ = sender
        problems.append("from-missing: sender used")
    elif not from_.email:
        problems.append("from-without-address" if from_.name else "from-missing")
    date, date_problem = read_date(headers.first("date"))
    if date_problem:
        problems.append(date_problem)
    signs = read_signs(
        Envelope(
            headers,
            subject,
            from_.email,
            from_.name,
            root.content_type,
            parameter_text(root.parameters, "report-type").lower(),
        )
    )
    is_bounce, bounce, refs = read_bounce(root, signs, text)
    return ParsedMessage(
        subject=subject,
        from_=from_,
        sender=sender,
        to=read_addresses(headers, "to", hint),
        cc=read_addresses(headers, "cc", hint),
        bcc=read_addresses(headers, "bcc", hint),
        reply_to=read_addresses(headers, "reply-to", hint),
        delivered_to=_delivered_to(headers),
        date=date,
        message_id=read_message_id(headers.first("message-id")),
        in_reply_to=read_ids(headers.all("in-reply-to")),
        references=read_ids(headers.all("references")),
        text=text,
        html=html,
        language=guess_language(text, headers.text("content-language")),
        attachments=tuple(bodies.attachments),
        classification=classify(signs, bounce=is_bounce),
        may_answer=signs.may_answer and not is_bounce,
        machine_signs=(*signs.reasons, "delivery failure") if is_bounce else signs.reasons,
        bounce=bounce,
        bounce_refs=refs,
        origin_instance=headers.text(INSTANCE_HEADER)[:200],
        origin_token=headers.text(TOKEN_HEADER)[:500],
        spam=is_spam(headers),
        headers=kept_headers(headers),
        problems=tuple(dict.fromkeys(problems)),
        content_hash=content_hash(headers, buf[root.start :]),
    )


def _normalised(raw: bytes) -> tuple[bytes, list[str]]:
    """Return the bytes with line ends a splitter can work with: UTF-16 files, CR-only and doubled CR are repaired."""
    problems: list[str] = []
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") and len(raw) > 20:
        raw = raw.decode("utf-16", "replace").encode("utf-8", "replace")
        problems.append("utf-16-file")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    head = raw[:_HEADER_SCAN]
    if b"\r" in head:
        if b"\n" not in head:
            raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            problems.append("line-ends: CR only")
        elif b"\r\r\n" in head:
            raw = raw.replace(b"\r\r\n", b"\r\n")
            problems.append("line-ends: CR CR LF")
        else:
            ends = [at + 1 for at in (head.find(b"\n\r\n"), head.find(b"\n\n")) if at >= 0]
            end = min(ends, default=0)
            if end and _BARE_CR.search(head, 0, end):
                raw = _BARE_CR.sub(b"\n", raw[:end]) + raw[end:]
                problems.append("line-ends: bare CR")
    if raw[:1] in (b"\r", b"\n", b" ", b"\t"):
        stripped = raw.lstrip(b"\r\n")
        if stripped and len(raw) - len(stripped) < 100:
            raw = stripped
    return raw, problems


def _label(root: Part) -> str:
    """Return the charset of the first part that names one: the hint for raw 8-bit headers where no text was 8-bit."""
    for part in root.walk()[:20]:
        if b"charset" in part.headers.first("content-type").lower():
            codec = codec_for(parameter_text(part.parameters, "charset"))
            if codec:
                return codec
    return ""


def _header_problems(headers: Headers) -> list[str]:
    fields = headers.fields
    found = [f"header-repeated: {name}" for name in _SINGLE if len(fields.get(name, ())) > 1]
    found += [f"header-8bit: {name}" for name in _EIGHT_BIT_FIELDS if name in fields and not fields[name][0].isascii()]
    found += [f"header-missing: {name}" for name in ("date", "message-id") if not headers.first(name)]
    return found


def _delivered_to(headers: Headers) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in _DELIVERED:
        if name in headers:
            found.update(dict.fromkeys(a.email for a in read_addresses(headers, name)[:50] if a.email))
    return tuple(found)


def _read_plainly(raw: bytes, problem: str) -> ParsedMessage:
    """What can always be had: the whole message as text."""
    text = join_surrogates(raw[:1_000_000].decode("utf-8", "replace")).replace("\x00", "")
    return ParsedMessage(text=text, problems=(problem,), content_hash=content_hash(Headers(), raw))
