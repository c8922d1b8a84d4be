"""Turns a draft into a message and an outbox row: bytes, Message-ID and recipients are fixed here and never change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.content import PreparedContent
from desk_app.domain.messages.model import (
    Address,
    AddressRole,
    Direction,
    MessageKind,
    ParsedAttachment,
    ParsedMessage,
)
from desk_app.domain.messages.outgoing import Automatic, EarlierMessage, OutgoingAttachment, OutgoingMail
from desk_app.domain.messages.reply_ids import ReplyIds
from desk_app.domain.people.actor import Actor, ActorKind
from desk_app.services.messages.records import is_compressible, snippet_of
from desk_app.services.ports.messages import MessageRecord, StoredAttachment
from desk_app.services.ports.outside import ContentPipeline, MailBuilder
from desk_app.services.ports.sync import OutboxItem, OutboxRecipient, OutboxState
from desk_app.services.ports.unit_of_work import UnitOfWork

_MOST_REFERENCES = 50


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody wants to send, from whichever form it came."""

    from_address: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    text: str
    html: str
    attachments: tuple[OutgoingAttachment, ...]
    history: tuple[EarlierMessage, ...] = ()
    answers: MessageRecord | None = None
    automatic: Automatic = Automatic.NO


@dataclass(frozen=True, slots=True)
class Prepared:
    """A mail ready to be queued: all the work that needs no database is done."""

    mail: OutgoingMail
    raw: bytes
    content: PreparedContent
    text: str
    folded: str


class Dispatcher:
    """Prepares and queues outgoing mail."""

    def __init__(self, builder: MailBuilder, pipeline: ContentPipeline) -> None:
        self._builder = builder
        self._pipeline = pipeline

    def prepare(
        self, letter: Letter, account: Account, ticket_id: int, ids: ReplyIds, instance_id: str, at: datetime
    ) -> Prepared:
        """Write the mail. Raises ValueError where the sender is not the account's or a recipient is no address."""
        sender = _sender(account, letter.from_address)
        token = ids.token(ticket_id)
        message_id = f"{token}@{sender.email.rpartition('@')[2]}"
        reply_to: tuple[Address, ...] = ()
        if account.policy.plus_addressing:
            reply_to = (Address(sender.name, ids.plus_address(sender.email, token)),)
        answered = letter.answers
        references = [*answered.refers_to, answered.internet_id] if answered is not None else []
        mail = OutgoingMail(
            from_=sender,
            to=letter.to,
            cc=letter.cc,
            bcc=letter.bcc,
            subject=letter.subject,
            date=at.replace(microsecond=0),
            message_id=message_id,
            text=letter.text,
            html=letter.html,
            reply_to=reply_to,
            in_reply_to=answered.internet_id if answered is not None else "",
            references=_shortened([r for r in dict.fromkeys(references) if r]),
            attachments=letter.attachments,
            history=letter.history,
            automatic=letter.automatic,
            instance_id=instance_id,
            token=ids.origin(message_id),
        )
        if not mail.recipients:
            raise ValueError("The mail has no recipient.")
        content = self._pipeline.prepare(
            ParsedMessage(text=letter.text, html=letter.html, attachments=tuple(map(_as_parsed, letter.attachments)))
        )
        text = letter.text or "\n".join(t for t in (content.visible_text, content.folded_text) if t)
        return Prepared(mail, self._builder.build(mail), content, text, self._builder.quote(mail)[0])

    def quote(self, letter: Letter, account: Account, at: datetime) -> tuple[str, str]:
        """Return what would be quoted below a letter, as text and HTML."""
        sender = _sender(account, letter.from_address)
        mail = OutgoingMail(sender, letter.to, letter.subject, at, "preview@invalid", history=letter.history)
        return self._builder.quote(mail) if letter.history else ("", "")

    def queue(
        self,
        uow: UnitOfWork,
        prepared: Prepared,
        record: MessageRecord,
        *,
        armed: bool,
        send_after_at: datetime,
        cancel_on_reply: bool = False,
        purpose: str = "reply",
    ) -> OutboxItem:
        """Store a message with its outbox row; both belong to the caller's transaction."""
        mail = prepared.mail
        record.raw_sha256 = uow.blobs.put(prepared.raw, sha256=sha256(prepared.raw).hexdigest())
        record.size = len(prepared.raw)
        record.attachments = [_stored(uow, a, mail.html) for a in mail.attachments]
        record.id = uow.messages.add(record)
        uow.search.index(record)
        item = OutboxItem(
            account_id=record.account_id or 0,
            department_id=record.department_id,
            state=OutboxState.QUEUED if armed else OutboxState.HELD,
            internet_id=mail.message_id,
            envelope_from=mail.envelope_from,
            mime_sha256=record.raw_sha256,
            queued_at=record.created_at,
            send_after_at=send_after_at,
            recipients=_recipients(mail),
            message_id=record.id,
            ticket_id=record.ticket_id,
            purpose=purpose,
            cancel_on_reply=cancel_on_reply,
        )
        item.id = uow.outbox.add(item)
        uow.changed("outbox", item.id, "insert", item.department_id)
        return item


def outbound_record(
    prepared: Prepared, *, ticket_id: int, department_id: int, account_id: int, actor: Actor, at: datetime
) -> MessageRecord:
    """Return the record of a mail about to be queued."""
    mail = prepared.mail
    return MessageRecord(
        ticket_id=ticket_id,
        department_id=department_id,
        account_id=account_id,
        kind=MessageKind.PUBLIC_REPLY,
        direction=Direction.OUTBOUND,
        author_name=actor.name,
        author_email=mail.from_.email,
        subject=mail.subject,
        sent_at=mail.date,
        created_at=at,
        internet_id=mail.message_id,
        text=prepared.text,
        agent_id=actor.id if actor.kind is ActorKind.AGENT else None,
        snippet=snippet_of(prepared.content.visible_text) or snippet_of(prepared.text),
        has_html=bool(mail.html),
        join_rule="agent",
        join_reason={"reason": f"{actor.name} wrote it in this ticket."},
        visible_text=prepared.content.visible_text,
        folded_text="\n".join(t for t in (prepared.content.folded_text, prepared.folded) if t),
        content=prepared.content,
        addresses=[
            (AddressRole.FROM, mail.from_),
            *((AddressRole.TO, a) for a in mail.to),
            *((AddressRole.CC, a) for a in mail.cc),
            *((AddressRole.BCC, a) for a in mail.bcc),
        ],
        refers_to=list(dict.fromkeys([*mail.references, *([mail.in_reply_to] if mail.in_reply_to else [])])),
    )


def leaves_at(now: datetime, undo_seconds: int, send_at: datetime | None) -> datetime:
    """Return when a mail may leave: after the undo window, and not before it was asked to."""
    earliest = now + timedelta(seconds=undo_seconds)
    return max(earliest, send_at) if send_at is not None else earliest


def _sender(account: Account, from_address: str) -> Address:
    wanted = (from_address or account.address).strip().lower()
    if wanted == account.address:
        return Address(account.sender_name or account.name, account.address)
    for alias in account.aliases:
        if alias.address == wanted:
            return Address(alias.sender_name or account.sender_name or account.name, alias.address)
    raise ValueError(f"{from_address} is no address of the mailbox {account.name}.")


def _shortened(references: Sequence[str]) -> tuple[str, ...]:
    """Keep the first and the newest references: the header must not grow for ever (RFC 5322 3.6.4)."""
    if len(references) <= _MOST_REFERENCES:
        return tuple(references)
    return (references[0], *references[-(_MOST_REFERENCES - 1) :])


def _recipients(mail: OutgoingMail) -> list[OutboxRecipient]:
    found: dict[str, OutboxRecipient] = {}
    for role, addresses in (("to", mail.to), ("cc", mail.cc), ("bcc", mail.bcc)):
        for address in addresses:
            if address.email:
                found.setdefault(address.email, OutboxRecipient(role=role, address=address.email, name=address.name))
    return list(found.values())


def _stored(uow: UnitOfWork, attachment: OutgoingAttachment, html: str) -> StoredAttachment:
    digest = sha256(attachment.content).hexdigest()
    uow.blobs.put(attachment.content, sha256=digest, compressible=is_compressible(attachment.content_type))
    return StoredAttachment(
        filename=attachment.filename,
        content_type=attachment.content_type,
        size=len(attachment.content),
        sha256=digest,
        content_id=attachment.content_id,
        inline=bool(attachment.content_id) and f"cid:{attachment.content_id}" in html,
    )


def _as_parsed(attachment: OutgoingAttachment) -> ParsedAttachment:
    return ParsedAttachment(
        part="",
        filename=attachment.filename,
        content_type=attachment.content_type,
        content=attachment.content,
        sha256=sha256(attachment.content).hexdigest(),
        content_id=attachment.content_id,
        inline=bool(attachment.content_id),
    )
