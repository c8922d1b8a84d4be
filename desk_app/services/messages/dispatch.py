"""Turns a draft into a message and an outbox row: bytes, Message-ID and recipients are fixed here and never change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from desk_app.domain.messages.outgoing import (
    ATTRIBUTION,
    Automatic,
    EarlierMessage,
    OutgoingAttachment,
    OutgoingMail,
)
from desk_app.domain.messages.reply_ids import ReplyIds
from desk_app.domain.messages.signatures import MARK, UNSIGNED, SignatureText, sender_name, with_signature
from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Ticket
from desk_app.plugin_api.channels import ChannelError, OutboundContent, OutboundFile
from desk_app.services.messages.checks import Headers, OutgoingChecks
from desk_app.services.messages.records import is_compressible, snippet_of
from desk_app.services.plugins.placeholders import PluginPlaceholders
from desk_app.services.ports.channels import gone
from desk_app.services.ports.hooks import Hooks
from desk_app.services.ports.messages import MessageRecord, StoredAttachment
from desk_app.services.ports.outside import Channels, ContentPipeline, MailBuilder
from desk_app.services.ports.sync import OutboxItem, OutboxRecipient, OutboxState
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.tickets.results import CommandRefusedError

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
    attribution: str = ATTRIBUTION
    signature: SignatureText = UNSIGNED
    agent_name: str = ""
    """Who writes, for mailboxes that show the agent's name; "" in automatic mail."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A mail ready to be queued: all the work that needs no database is done. `text` and `content` are the writer's own
    words, `folded` what stands below them: signature and quotes."""

    mail: OutgoingMail
    raw: bytes
    content: PreparedContent
    text: str
    folded: str


class Dispatcher:
    """Prepares and queues what leaves. `checks` are what plugins are asked before."""

    def __init__(
        self,
        builder: MailBuilder,
        pipeline: ContentPipeline,
        channels: Channels,
        hooks: Hooks,
        placeholders: PluginPlaceholders,
    ) -> None:
        self._builder = builder
        self._channels = channels
        self._pipeline = pipeline
        self.checks = OutgoingChecks(hooks, pipeline, placeholders)

    def prepare(
        self,
        letter: Letter,
        account: Account,
        ticket_id: int,
        ids: ReplyIds,
        instance_id: str,
        at: datetime,
        *,
        headers: Headers | None = None,
    ) -> Prepared:
        """Write the mail, or what the account's channel sends instead; `headers` says what a mail has as further ones.
        Not inside a transaction: the channel may be a plugin's.

        Raises ValueError where the sender is not the account's, a recipient is no address, or the channel cannot send
        that; CommandRefusedError where the channel is not there or failed.
        """
        is_mail = self.refuse_unreachable(letter, account)
        return self.write(letter, account, ticket_id, ids, instance_id, at, headers=headers, is_mail=is_mail)

    def refuse_unreachable(self, letter: Letter, account: Account) -> bool:
        """Refuse a letter that cannot leave from this account; returns whether it leaves as mail. Not inside a
        transaction: channels of plugins are asked. Raises as `prepare` does."""
        if self._channels.missing(account.channel):
            raise CommandRefusedError(gone(account.channel))
        is_mail = self._channels.is_mail(account)
        recipients = [address.email for address in (*letter.to, *letter.cc, *letter.bcc) if address.email]
        if not recipients:
            raise ValueError("The mail has no recipient.")
        self._refuse_elsewhere(recipients, account, is_mail=is_mail)
        return is_mail

    def write(
        self,
        letter: Letter,
        account: Account,
        ticket_id: int,
        ids: ReplyIds,
        instance_id: str,
        at: datetime,
        *,
        headers: Headers | None = None,
        is_mail: bool = True,
    ) -> Prepared:
        """Write a letter that can leave from this account. Mail asks no plugin, and may be written inside a
        transaction. Raises as `prepare` does."""
        if not is_mail:
            letter = replace(letter, history=(), signature=UNSIGNED)
        mail = _mail(letter, account, ids.token(ticket_id), ids, instance_id, at)
        if headers is not None and is_mail:
            mail = replace(mail, extra_headers=headers(mail))
        content = self._pipeline.prepare(
            ParsedMessage(text=letter.text, html=letter.html, attachments=tuple(map(_as_parsed, letter.attachments)))
        )
        own = letter.text or "\n".join(t for t in (content.visible_text, content.folded_text) if t)
        signed = f"{MARK}\n{letter.signature.text.strip()}" if letter.signature.text.strip() else ""
        folded = "\n\n".join(part for part in (signed, self._builder.quote(mail)[0]) if part)
        raw = self._builder.build(mail) if is_mail else self._content(mail, account, own)
        return Prepared(mail, raw, content, own, folded)

    def _refuse_elsewhere(self, recipients: Sequence[str], account: Account, *, is_mail: bool) -> None:
        """Refuse what would reach somebody else: people of a channel are written to over it, and nobody else is."""
        for address in recipients:
            domain = address.rpartition("@")[2]
            elsewhere = domain != account.channel
            if is_mail:
                elsewhere = "." not in domain and any(one.id == domain for one in self._channels.types())
            if elsewhere:
                raise ValueError(f"{address} cannot be reached from {account.name}: choose another sender.")

    def _content(self, mail: OutgoingMail, account: Account, text: str) -> bytes:
        to = tuple(address.email for address in (*mail.to, *mail.cc, *mail.bcc) if address.email)
        content = OutboundContent(
            conversation=to[0].rpartition("@")[0],
            to=to,
            text=text,
            html=mail.html,
            subject=mail.subject,
            files=tuple(OutboundFile(one.filename, one.content_type, one.content) for one in mail.attachments),
            answers=mail.in_reply_to,
            message_id=mail.message_id,
        )
        try:
            return self._channels.build(account, content)
        except ChannelError as error:
            raise CommandRefusedError(error.detail) from error

    def quote(self, letter: Letter, account: Account, at: datetime) -> tuple[str, str]:
        """Return what would be quoted below a letter, as text and HTML."""
        sender = _sender(account, letter.from_address)
        mail = OutgoingMail(
            sender,
            letter.to,
            letter.subject,
            at,
            "preview@invalid",
            attachments=letter.attachments,
            history=letter.history,
            attribution=letter.attribution,
        )
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
        shown = mail.html + "".join(quoted.html for quoted in mail.history)
        record.attachments = [_stored(uow, a, shown) for a in mail.attachments]
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


def outbound_record(prepared: Prepared, ticket: Ticket, account: Account, actor: Actor, at: datetime) -> MessageRecord:
    """Return the record of a mail about to be queued."""
    mail = prepared.mail
    return MessageRecord(
        ticket_id=ticket.id,
        department_id=ticket.department_id,
        account_id=account.id,
        kind=MessageKind.PUBLIC_REPLY,
        direction=Direction.OUTBOUND,
        author_name=actor.name,
        author_email=mail.from_.email,
        subject=mail.subject,
        sent_at=mail.date,
        created_at=at,
        internet_id=mail.message_id,
        text=prepared.text,
        agent_id=actor.agent_id,
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


def _mail(letter: Letter, account: Account, token: str, ids: ReplyIds, instance_id: str, at: datetime) -> OutgoingMail:
    """Return a letter as the mail it is sent as; `token` names its ticket to whoever answers."""
    sender = _sender(account, letter.from_address, letter.agent_name)
    text, html = with_signature(letter.text, letter.html, letter.signature)
    message_id = f"{token}@{sender.email.rpartition('@')[2]}"
    reply_to: tuple[Address, ...] = ()
    if account.policy.plus_addressing:
        reply_to = (Address(sender.name, ids.plus_address(sender.email, token)),)
    answered = letter.answers
    references = [*answered.refers_to, answered.internet_id] if answered is not None else []
    return OutgoingMail(
        from_=sender,
        to=letter.to,
        cc=letter.cc,
        bcc=letter.bcc,
        subject=letter.subject,
        date=at.replace(microsecond=0),
        message_id=message_id,
        text=text,
        html=html,
        reply_to=reply_to,
        in_reply_to=answered.internet_id if answered is not None else "",
        references=_shortened([r for r in dict.fromkeys(references) if r]),
        attachments=letter.attachments,
        history=letter.history,
        attribution=letter.attribution,
        automatic=letter.automatic,
        instance_id=instance_id,
        token=ids.origin(message_id),
    )


def _sender(account: Account, from_address: str, agent_name: str = "") -> Address:
    wanted = (from_address or account.address).strip().lower()
    for address, name in ((account.address, ""), *((alias.address, alias.sender_name) for alias in account.aliases)):
        if address == wanted:
            mailbox = name or account.sender_name or account.name
            return Address(sender_name(account.policy.sender_name, mailbox=mailbox, agent=agent_name), address)
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
