"""What an answer answers, and what it quotes."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.model import Address, AddressRole, Direction, MessageKind
from desk_app.domain.messages.outgoing import EarlierMessage, history_to_quote
from desk_app.domain.messages.recipients import AnsweredMessage
from desk_app.services.messages.records import addresses_as
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.tickets.results import CommandRefusedError


def answered_message(records: Sequence[MessageRecord], message_id: int | None) -> MessageRecord | None:
    """Return the message an answer answers: the named one, else the newest from a person outside, else our newest mail.

    What stands in a side conversation is never answered to the customer (IN-18): raises CommandRefusedError.
    """
    if message_id is not None and any(r.id == message_id and r.side_conversation_id is not None for r in records):
        raise CommandRefusedError("That message belongs to a side conversation: answer it there.")
    mails = [r for r in records if r.kind is MessageKind.PUBLIC_REPLY and r.internet_id and not r.side_conversation_id]
    if message_id is not None:
        return next((r for r in mails if r.id == message_id), None)
    people = [r for r in mails if r.direction is Direction.INBOUND and not r.classification.is_machine_answer]
    return people[-1] if people else mails[-1] if mails else None


def answered_mail(record: MessageRecord, delivered_to: tuple[str, ...] = ()) -> AnsweredMessage:
    """Return the headers of a message that decide whom its answer goes to."""
    return AnsweredMessage(
        direction=record.direction,
        from_=_author(record),
        to=addresses_as(record, AddressRole.TO),
        cc=addresses_as(record, AddressRole.CC),
        reply_to=addresses_as(record, AddressRole.REPLY_TO),
        delivered_to=delivered_to,
    )


def quoted_history(
    records: Sequence[MessageRecord], included: HistoryIncluded, answered: MessageRecord | None
) -> tuple[EarlierMessage, ...]:
    """Return what is quoted: messages of the customer's thread only, never a note (pains.md 21) nor a side conversation
    (IN-18), newest first, the answered one at the top."""
    public = [
        r
        for r in reversed(records)
        if r.kind is MessageKind.PUBLIC_REPLY
        and not r.classification.is_machine_answer
        and r.side_conversation_id is None
    ]
    if answered is not None:
        public = [answered, *(r for r in public if r.id < answered.id)]
    return tuple(map(earlier, history_to_quote(public, included)))


def earlier(record: MessageRecord) -> EarlierMessage:
    """Return a message as it is quoted below another one."""
    return EarlierMessage(
        author=_author(record),
        at=record.sent_at,
        text=record.visible_text or record.text,
        html=record.content.visible_html if record.content is not None and record.has_html else "",
    )


def _author(record: MessageRecord) -> Address:
    return next(iter(addresses_as(record, AddressRole.FROM)), Address(record.author_name, record.author_email))
