"""Reads one mail for the intake: what it says, folded, and its words for the search index."""

from __future__ import annotations

from datetime import UTC, datetime

from desk_app.channels.content.quotes import fold_text
from desk_app.domain.messages.model import Direction, MessageKind, ParsedMessage
from desk_app.domain.messages.threading import may_be_forward
from desk_app.services.messages.records import addresses_of
from desk_app.services.messages.search_words import fields_of
from desk_app.services.ports.messages import MessageRecord, StoredAttachment
from desk_app.services.ports.outside import Reading

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def fold(text: str, subject: str) -> tuple[str, str]:
    """Return a text without quotes and signature, and the rest; a forwarded mail is content."""
    halves = fold_text(text, forwarded=may_be_forward(subject))
    return halves.visible, halves.folded


def reading_of(parsed: ParsedMessage) -> Reading:
    """Return everything intake needs of a mail that takes time and no database."""
    visible, folded = fold(parsed.text, parsed.subject)
    sketch = MessageRecord(
        ticket_id=0,
        department_id=0,
        account_id=None,
        kind=MessageKind.PUBLIC_REPLY,
        direction=Direction.INBOUND,
        author_name=parsed.from_.name or parsed.from_.email,
        author_email=parsed.from_.email,
        subject=parsed.subject,
        sent_at=_NEVER,
        created_at=_NEVER,
        internet_id="",
        text=parsed.text,
        addresses=addresses_of(parsed),
        attachments=[StoredAttachment(a.filename, a.content_type, a.size, a.sha256) for a in parsed.attachments],
    )
    return Reading(parsed, visible, folded, fields_of(sketch))
