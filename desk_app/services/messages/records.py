"""Turns a read mail, or a note, into the record that is stored."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from desk_app.domain.messages.model import (
    Address,
    AddressRole,
    Direction,
    MessageKind,
    ParsedAttachment,
    ParsedMessage,
)
from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Ticket
from desk_app.services.messages.round import Arrival, Round
from desk_app.services.ports.messages import BlobStore, MessageRecord, StoredAttachment
from desk_app.services.ports.outside import ContentPipeline

SNIPPET_CHARS = 180
_FUTURE = timedelta(days=1)  # a Date header this far ahead of the arrival comes from a wrong clock
_WHITE = re.compile(r"\s+")
_PACKED = re.compile(
    r"^(?:image/(?!svg|bmp|x-ms-bmp|tiff)|audio/|video/|application/(?:zip|gzip|x-7z|x-rar|vnd\.openxml|pdf|x-xz|x-bzip))"
)


def snippet_of(text: str) -> str:
    """Return the first words of a text on one line."""
    return _WHITE.sub(" ", text[: SNIPPET_CHARS * 4]).strip()[:SNIPPET_CHARS]


def addresses_as(record: MessageRecord, role: AddressRole) -> tuple[Address, ...]:
    """Return the addresses of one header of a message."""
    return tuple(address for r, address in record.addresses if r is role)


def is_compressible(content_type: str) -> bool:
    """Return whether compressing content of this type is worth the time."""
    return _PACKED.match(content_type.lower()) is None


def sent_at_of(parsed: ParsedMessage, received_at: datetime) -> datetime:
    """Return the mail's own date unless it lies in the future or is missing: then its arrival."""
    date = parsed.date
    return received_at if date is None or date > received_at + _FUTURE or date.year < 1980 else date


def addresses_of(parsed: ParsedMessage) -> list[tuple[AddressRole, Address]]:
    """Return every address of a mail with the header it stood in."""
    found = [(AddressRole.FROM, parsed.from_)] if parsed.from_.email or parsed.from_.name else []
    for role, addresses in (
        (AddressRole.REPLY_TO, parsed.reply_to),
        (AddressRole.TO, parsed.to),
        (AddressRole.CC, parsed.cc),
        (AddressRole.BCC, parsed.bcc),
    ):
        found += [(role, address) for address in addresses]
    return found


def refers_to(parsed: ParsedMessage) -> list[str]:
    """Return the Message-IDs a mail answers, oldest first, each once, the direct parent last."""
    ids = [*parsed.references, *parsed.in_reply_to]
    return list(dict.fromkeys(reversed(ids)))[::-1]


def keep_attachment(blobs: BlobStore, attachment: ParsedAttachment) -> StoredAttachment:
    """Store an attachment's bytes and return the row for it."""
    sha256 = blobs.put(
        attachment.content, sha256=attachment.sha256, compressible=is_compressible(attachment.content_type)
    )
    return StoredAttachment(
        filename=attachment.filename,
        content_type=attachment.content_type,
        size=attachment.size,
        sha256=sha256,
        content_id=attachment.content_id,
        inline=attachment.inline,
        part=attachment.part,
    )


def inbound_record(round_: Round, arrival: Arrival, *, department_id: int, imported: bool) -> MessageRecord:
    """Return the record of an arrived mail; its ticket is set when it is placed."""
    parsed, item = arrival.parsed, arrival.item
    visible = arrival.reading.visible_text
    return MessageRecord(
        ticket_id=0,
        department_id=department_id,
        account_id=item.account_id,
        kind=MessageKind.PUBLIC_REPLY,
        direction=Direction.INBOUND,
        author_name=parsed.from_.name or parsed.from_.email,
        author_email=parsed.from_.email,
        subject=parsed.subject,
        sent_at=sent_at_of(parsed, item.received_at),
        created_at=round_.now,
        internet_id=arrival.internet_id,
        text=parsed.text,
        snippet=snippet_of(visible) or snippet_of(parsed.text),
        content_hash=parsed.content_hash,
        classification=parsed.classification,
        raw_sha256=item.raw_sha256,
        size=item.size,
        imported=imported,
        has_html=bool(parsed.html),
        problems=parsed.problems,
        visible_text=visible,
        folded_text=arrival.reading.folded_text,
        addresses=addresses_of(parsed),
        refers_to=refers_to(parsed),
        reader_version=round_.reader_version,
        search_fields=arrival.reading.search_fields,
        content=arrival.content,
        final=arrival.content is not None,
    )


def note_record(
    pipeline: ContentPipeline, ticket: Ticket, text: str, html: str, actor: Actor, at: datetime
) -> MessageRecord:
    """Return the record of an internal note, or of what was said in a call or a visit."""
    content = pipeline.prepare(ParsedMessage(text=text, html=html))
    plain = text or content.visible_text
    return MessageRecord(
        ticket_id=ticket.id,
        department_id=ticket.department_id,
        account_id=None,
        kind=MessageKind.INTERNAL_NOTE,
        direction=Direction.OUTBOUND,
        author_name=actor.name,
        author_email="",
        subject="",
        sent_at=at,
        created_at=at,
        internet_id="",
        text=plain,
        agent_id=actor.agent_id,
        snippet=snippet_of(plain),
        has_html=bool(html),
        join_rule="agent",
        visible_text=content.visible_text,
        folded_text=content.folded_text,
        content=content,
    )


def store(round_: Round, record: MessageRecord, parsed: ParsedMessage) -> None:
    """Write a record with attachments and search document; gives it its id."""
    record.attachments = [keep_attachment(round_.uow.blobs, a) for a in parsed.attachments]
    record.id = round_.uow.messages.add(record)
    round_.uow.search.add(record)
    round_.stored(record)
