"""Writing into a ticket: replies, notes, and taking a reply back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.domain.messages.model import Address, AddressRole, Direction, MessageKind
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.messages.recipients import ReplyRecipients, reply_recipients
from desk_app.domain.messages.signatures import UNSIGNED, SignatureText
from desk_app.domain.people.actor import SYSTEM, Actor
from desk_app.domain.tickets.model import Ticket
from desk_app.domain.tickets.numbers import reply_subject
from desk_app.services.messages.answering import answered_mail, answered_message, quoted_history
from desk_app.services.messages.dispatch import Dispatcher, Letter, leaves_at, outbound_record
from desk_app.services.messages.drafts import end_draft, keep_again, keep_undone
from desk_app.services.messages.records import note_record
from desk_app.services.messages.senders import sending_account, sending_mailbox, ticket_to_write
from desk_app.services.messages.sent_replies import (
    forget_note,
    forget_reply,
    note_reply,
    queued_event,
    refuse_choices,
)
from desk_app.services.messages.signatures import signature_for
from desk_app.services.messages.taken_back import reply_again, reply_choices
from desk_app.services.people.agents import actor_for, history_of
from desk_app.services.plugins.asking import asked_before
from desk_app.services.ports.hooks import Hooks, NoHooks
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.outside import Channels, ContentPipeline, MessageReader, ReplyKeys
from desk_app.services.ports.sync import OutboxItem, OutboxState
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line
from desk_app.services.tickets.results import CommandRefusedError
from desk_app.services.tickets.watching import add_watchers

_MOST_SHOWN = 4000
"""Characters of a newer message that are shown beside the reply it stops."""


@dataclass(frozen=True, slots=True)
class ReplyStart:
    """What the composer opens with. `answers_message_id` is the message answered, None in a ticket without one;
    `signature` is what stands below from this sender, `history_included` what the department quotes, `html` is what
    plugins let a new reply begin with."""

    from_account_id: int
    from_address: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    history_text: str
    history_html: str
    last_message_id: int | None
    explanation: tuple[str, ...]
    answers_message_id: int | None = None
    signature: SignatureText = UNSIGNED
    history_included: HistoryIncluded = HistoryIncluded.LAST
    html: str = ""

    def draft(
        self, ticket_id: int, text: str, html: str = "", attachments: Sequence[OutgoingAttachment] = ()
    ) -> ReplyDraft:
        """Return a reply to the ticket that leaves as it opened, with nothing but a text and files added."""
        return ReplyDraft(
            ticket_id=ticket_id,
            from_account_id=self.from_account_id,
            from_address=self.from_address,
            to=self.to,
            cc=self.cc,
            subject=self.subject,
            text=text,
            html=html,
            attachments=tuple(attachments),
            last_message_id=self.last_message_id,
            answers_message_id=self.answers_message_id,
        )


@dataclass(frozen=True, slots=True)
class ReplySent:
    """A reply on its way. `state` is the outbox state ("queued", "held"), "noted" where nothing is sent;
    `undo_until_at` is when it leaves, None where nothing leaves by itself."""

    message_id: int
    outbox_id: int | None
    state: str
    undo_until_at: datetime | None
    ticket_id: int

    @classmethod
    def of(cls, record: MessageRecord, item: OutboxItem | None) -> ReplySent:
        """Return what became of a message just stored, with its row in the outbox where it is sent."""
        if item is None:
            return cls(record.id, None, "noted", None, record.ticket_id)
        until = item.send_after_at if item.state is OutboxState.QUEUED else None
        return cls(record.id, item.id, item.state.value, until, record.ticket_id)


@dataclass(frozen=True, slots=True)
class NewerMessage:
    """A message that came after the agent began to write."""

    message_id: int
    kind: MessageKind
    direction: Direction
    author: str
    at: datetime
    snippet: str
    text: str = ""
    """What is new in it, without quotes and signature."""


class StaleReplyError(Exception):
    """Something came into the ticket while the reply was written; the text is kept, the agent decides (IN-09)."""

    def __init__(self, newer: tuple[NewerMessage, ...]) -> None:
        super().__init__("Something new came into the ticket while you were writing.")
        self.newer_messages = newer


class ReplyService:
    """Replies and notes."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        dispatcher: Dispatcher,
        reader: MessageReader,
        pipeline: ContentPipeline,
        channels: Channels,
        keys: ReplyKeys,
        hooks: Hooks | None = None,
    ) -> None:
        self._uow = uow
        self._dispatcher = dispatcher
        self._reader = reader
        self._pipeline = pipeline
        self._channels = channels
        self._keys = keys
        self._hooks: Hooks = hooks or NoHooks()

    # -- beginning ----------------------------------------------------------------------------------------------------

    def start(
        self,
        ticket_id: int,
        *,
        message_id: int | None = None,
        agent_id: int | None = None,
        reply_all: bool = True,
    ) -> ReplyStart:
        """Return whom an answer goes to, from which address, and what it quotes; `message_id` None answers the
        customer's newest message. Raises CommandRefusedError where no mailbox can send."""
        with self._uow() as uow:
            ticket = ticket_to_write(uow, ticket_id)
            records = uow.messages.of_ticket(ticket.id)
            answered = answered_message(records, message_id)
            account = sending_mailbox(uow, self._channels, ticket, answered)
            own = uow.accounts.own_addresses()
            included = history_of(uow, ticket.department_id)
            writer = uow.people.agent(agent_id) if agent_id is not None else None
            me = actor_for(writer) if writer else SYSTEM
            sign = signature_for(uow, ticket.id, account.id, me, self._dispatcher.checks)
            begun = self._dispatcher.checks.beginning(uow, ticket, me)
            raw = self._raw_where_needed(uow, answered, account)
            now = uow.now()
        delivered = self._reader.read(raw, channel=account.channel).delivered_to if raw is not None else ()
        found = self._recipients(ticket, answered, account, own, delivered, reply_all=reply_all)
        history = quoted_history(records, included, answered)
        letter = Letter(found.from_address, found.to, found.cc, (), "", "", "", (), history)
        quoted_text, quoted_html = self._dispatcher.quote(letter, account, now)
        return ReplyStart(
            from_account_id=account.id,
            from_address=found.from_address,
            to=found.to,
            cc=found.cc,
            subject=reply_subject(ticket.subject, ticket.number),
            history_text=quoted_text,
            history_html=quoted_html,
            last_message_id=records[-1].id if records else None,
            explanation=found.explanation,
            answers_message_id=answered.id if answered is not None else None,
            signature=sign(),
            history_included=included,
            html=begun(),
        )

    def _recipients(
        self,
        ticket: Ticket,
        answered: MessageRecord | None,
        account: Account,
        own: frozenset[str],
        delivered: tuple[str, ...],
        *,
        reply_all: bool,
    ) -> ReplyRecipients:
        requester = Address(ticket.requester_name, ticket.requester_email)
        if answered is None:
            to = (requester,) if requester.email else ()
            return ReplyRecipients(account.address, to, (), ("goes to the customer of the ticket",))
        found = reply_recipients(
            answered_mail(answered, delivered),
            own_addresses=own,
            sender_addresses=account.addresses,
            reply_all=reply_all,
        )
        return self._with_new_requester(found, ticket, answered)

    def _with_new_requester(self, found: ReplyRecipients, ticket: Ticket, answered: MessageRecord) -> ReplyRecipients:
        """A ticket whose customer was changed by hand is answered to the new customer (CU-04)."""
        if answered.direction is Direction.OUTBOUND or answered.contact_id in {None, ticket.requester_id}:
            return found
        if not ticket.requester_email or any(a.email == ticket.requester_email for a in (*found.to, *found.cc)):
            return found
        with self._uow() as uow:
            changed = any(e.kind == "RequesterChanged" for e in uow.tickets.events(ticket.id))
        if not changed:
            return found
        why = "goes to the customer that was chosen for this ticket"
        to = (Address(ticket.requester_name, ticket.requester_email),)
        return ReplyRecipients(found.from_address, to, found.cc, (why, *found.explanation))

    def _raw_where_needed(self, uow: UnitOfWork, answered: MessageRecord | None, account: Account) -> bytes | None:
        """The raw mail names the address it was delivered to; only asked where To and Cc do not name one of ours."""
        if answered is None or answered.direction is Direction.OUTBOUND or not answered.raw_sha256:
            return None
        named = {a.email for role, a in answered.addresses if role in {AddressRole.TO, AddressRole.CC}}
        return None if named & set(account.addresses) else uow.blobs.get(answered.raw_sha256)

    # -- sending ------------------------------------------------------------------------------------------------------

    def send(
        self,
        draft: ReplyDraft,
        actor: Actor,
        *,
        then_status: str = "",
        then_assign: int | None = None,
        send_at: datetime | None = None,
        force: bool = False,
        ends_draft: bool = False,
    ) -> ReplySent:
        """Queue a reply. It leaves after the undo window, or at `send_at`; while outgoing is not armed it waits in
        the tray. `then_status` and `then_assign` (an agent) change the ticket with it (CO-10). `ends_draft`: the
        actor's kept draft to this ticket is what is sent, and vanishes with it (CO-04).

        Raises StaleReplyError where something newer is in the ticket and not `force`, CommandRefusedError,
        SendDeniedError where a plugin denies it, and ValueError for an address nobody can be written at.
        """
        with self._uow() as uow:
            ticket = ticket_to_write(uow, draft.ticket_id)
            account = sending_account(uow, draft.from_account_id)
            settings = uow.settings.desk()
            records = uow.messages.of_ticket(ticket.id)
            if not force:
                _refuse_stale(records, draft.last_message_id, actor)
            at = uow.now()
            letter = _letter(uow, draft, ticket, records, actor)
            sign = signature_for(uow, ticket.id, draft.from_account_id, actor, self._dispatcher.checks)
            seen = self._dispatcher.checks.seen(uow, ticket)
        letter = self._dispatcher.checks.letter(letter, seen, actor)
        letter = replace(letter, signature=sign()) if draft.with_signature else letter
        ids, headers = self._keys.ids(settings.instance_id), self._dispatcher.checks.headers(seen, account)
        prepared = self._dispatcher.prepare(letter, account, ticket.id, ids, settings.instance_id, at, headers=headers)

        def store(uow: UnitOfWork) -> ReplySent:
            ticket = ticket_to_write(uow, draft.ticket_id)
            refuse_choices(self._hooks, uow, ticket, actor, then_status=then_status, then_assign=then_assign)
            if not force and ticket.last_message_id != (records[-1].id if records else None):
                _refuse_stale(uow.messages.of_ticket(ticket.id), draft.last_message_id, actor)
            record = outbound_record(prepared, ticket, account, actor, at)
            item = self._dispatcher.queue(
                uow,
                prepared,
                record,
                armed=uow.settings.desk().outgoing_armed,
                send_after_at=leaves_at(uow.now(), settings.undo_seconds, send_at),
                cancel_on_reply=draft.cancel_on_reply,
            )
            note_reply(
                uow,
                ticket,
                record,
                item,
                actor,
                then_status=then_status,
                then_assign=then_assign,
                choices=reply_choices(draft),
            )
            if ends_draft:
                end_draft(uow, DraftKind.REPLY, draft.ticket_id, actor)
            return ReplySent.of(record, item)

        return asked_before(self._uow, store)

    def undo(self, outbox_id: int, actor: Actor) -> ReplyDraft | None:
        """Take a reply back that has not left: it vanishes from the thread and comes back as a draft. None: too
        late.
        """
        with self._uow() as uow:
            item = uow.outbox.get(outbox_id)
            record = uow.messages.get(item.message_id) if item is not None and item.message_id else None
            states = [OutboxState.HELD, OutboxState.QUEUED]
            if record is not None and record.side_conversation_id is not None:
                raise CommandRefusedError("That mail belongs to a side conversation: take it back there.")
            if item is None or record is None or not uow.outbox.transition(outbox_id, states, OutboxState.CANCELLED):
                return None
            draft = reply_again(uow, record, item, queued_event(uow, record))
            ticket = uow.tickets.get(record.ticket_id)
            uow.messages.discard(record.id)
            if ticket is not None:
                forget_reply(uow, ticket, record, actor)
                keep_undone(uow, draft, actor, ticket.department_id)
            uow.changed("outbox", outbox_id, "delete", item.department_id)
            uow.commit()
        return draft

    # -- notes --------------------------------------------------------------------------------------------------------

    def note(
        self,
        ticket_id: int,
        text: str,
        html: str,
        actor: Actor,
        *,
        mentions: Sequence[int] = (),
        ends_draft: bool = False,
    ) -> int:
        """Add an internal note, which no customer ever gets, and return its message id (IN-17).

        `mentions` are the ids of the agents named in it: they stand in the history's data and watch the ticket from now
        on. `ends_draft` as in `send`.
        """
        if not (text.strip() or html.strip()):
            raise ValueError("The note is empty.")
        with self._uow() as uow:
            ticket = ticket_to_write(uow, ticket_id)
            record = note_record(self._pipeline, ticket, text, html, actor, uow.now())
            record.id = uow.messages.add(record)
            uow.search.index(record)
            ticket.message_count += 1
            ticket.last_message_id = record.id
            ticket.updated_at = record.created_at
            uow.tickets.save(ticket)
            named = [agent for key in dict.fromkeys(mentions) if (agent := uow.people.agent(key)) is not None]
            data = {"mentions": [{"id": agent.id, "name": agent.name} for agent in named]} if named else {}
            uow.tickets.record([line(ticket, "NoteAdded", actor, record.created_at, message_id=record.id, data=data)])
            others = [agent.id for agent in named if agent.id != actor.agent_id]
            cause = f"{actor.name} mentioned them in a note."
            add_watchers(uow, ticket, others, actor, record.created_at, cause=cause)
            if actor.agent_id is not None:
                uow.tickets.mark_seen(ticket.id, actor.agent_id, record.id)
            uow.changed("ticket", ticket.id, "update", ticket.department_id)
            if ends_draft:
                end_draft(uow, DraftKind.NOTE, ticket_id, actor)
            uow.commit()
        return record.id

    def undo_note(self, message_id: int, actor: Actor, *, html: str = "") -> int | None:
        """Take back a note of the actor's: it vanishes from the thread, those it mentioned hear of it no more, and it
        comes back as a draft. `html` is the note as it was written: what is stored links no names.

        Returns its ticket; None where it is gone, is somebody else's, or is all there is of its ticket.
        """
        with self._uow() as uow:
            record = uow.messages.get(message_id)
            ticket = uow.tickets.get(record.ticket_id) if record is not None else None
            if record is None or ticket is None or ticket.message_count == 1:
                return None
            if record.kind is not MessageKind.INTERNAL_NOTE or record.agent_id is None:
                return None
            if record.agent_id != actor.agent_id:
                return None
            draft = KeptDraft(
                kind=DraftKind.NOTE,
                agent_id=record.agent_id,
                ticket_id=ticket.id,
                text=record.text,
                html=html,
                cursor=len(record.text),
            )
            uow.messages.discard(record.id)
            forget_note(uow, ticket, record, actor)
            keep_again(uow, draft, ticket.department_id)
            uow.commit()
        return ticket.id


def _letter(
    uow: UnitOfWork,
    draft: ReplyDraft,
    ticket: Ticket,
    records: Sequence[MessageRecord],
    actor: Actor,
) -> Letter:
    """Return a reply as it leaves, with what it quotes, still without a signature."""
    if not (draft.text.strip() or draft.html.strip() or draft.attachments):
        raise ValueError("The reply is empty.")
    answered = answered_message(records, draft.answers_message_id)
    included = draft.include_history if draft.include_history is not None else history_of(uow, ticket.department_id)
    return Letter(
        from_address=draft.from_address,
        to=draft.to,
        cc=draft.cc,
        bcc=draft.bcc,
        subject=draft.subject or reply_subject(ticket.subject, ticket.number),
        text=draft.text,
        html=draft.html,
        attachments=draft.attachments,
        history=quoted_history(records, included, answered),
        answers=answered,
        agent_name=actor.agent_name,
    )


def _refuse_stale(records: Sequence[MessageRecord], last_message_id: int | None, actor: Actor) -> None:
    """Raise StaleReplyError where a ticket has news since the last message that the actor had seen."""
    if last_message_id is None:
        return
    newer = tuple(
        NewerMessage(
            r.id, r.kind, r.direction, r.author_name, r.created_at, r.snippet, (r.visible_text or r.text)[:_MOST_SHOWN]
        )
        for r in records
        if r.id > last_message_id and not _is_own_aside(r, actor)
    )
    if newer:
        raise StaleReplyError(newer)


def _is_own_aside(record: MessageRecord, actor: Actor) -> bool:
    """Whether the actor wrote a message that the customer does not see: it is no news to them."""
    aside = record.kind is MessageKind.INTERNAL_NOTE or record.side_conversation_id is not None
    return aside and actor.agent_id is not None and record.agent_id == actor.agent_id
