"""Writing into a ticket: replies, notes, new tickets, and taking a reply back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from desk_app.domain.mailboxes.desk import DeskSettings, HistoryIncluded
from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.draft import NewTicketDraft, ReplyDraft
from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.model import Address, AddressRole, Classification, Direction, MessageKind, ParsedMessage
from desk_app.domain.messages.outgoing import EarlierMessage, OutgoingAttachment, history_to_quote
from desk_app.domain.messages.recipients import AnsweredMessage, ReplyRecipients, reply_recipients
from desk_app.domain.people.actor import Actor, ActorKind
from desk_app.domain.tickets.model import StatusCategory, Ticket, TicketEvent
from desk_app.domain.tickets.numbers import reply_subject
from desk_app.services.messages.dispatch import Dispatcher, Letter, Prepared, leaves_at, outbound_record
from desk_app.services.messages.drafts import end_draft, keep_undone
from desk_app.services.messages.records import snippet_of
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.outside import Channels, ContentPipeline, MessageReader, ReplyKeys
from desk_app.services.ports.sync import OutboxItem, OutboxState
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.commands import CommandRefusedError
from desk_app.services.tickets.history import line
from desk_app.services.tickets.joining import refresh
from desk_app.services.tickets.statuses import Statuses, change_status

_MACHINE = frozenset({Classification.AUTO_REPLY, Classification.BOUNCE})


@dataclass(frozen=True, slots=True)
class ReplyStart:
    """What the composer opens with. `answers_message_id` is the message answered, None in a ticket without one."""

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


@dataclass(frozen=True, slots=True)
class ReplySent:
    """A reply on its way. `state` is the outbox state ("queued", "held"), "noted" where nothing is sent;
    `undo_until_at` is when it leaves, None where nothing leaves by itself."""

    message_id: int
    outbox_id: int | None
    state: str
    undo_until_at: datetime | None
    ticket_id: int = 0


@dataclass(frozen=True, slots=True)
class NewerMessage:
    """A message that came after the agent began to write."""

    message_id: int
    kind: MessageKind
    direction: Direction
    author: str
    at: datetime
    snippet: str


class StaleReplyError(Exception):
    """Something came into the ticket while the reply was written; the text is kept, the agent decides (IN-09)."""

    def __init__(self, newer: tuple[NewerMessage, ...]) -> None:
        super().__init__("Something new came into the ticket while you were writing.")
        self.newer_messages = newer


class ReplyService:
    """Replies, notes and new tickets."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        dispatcher: Dispatcher,
        reader: MessageReader,
        pipeline: ContentPipeline,
        channels: Channels,
        keys: ReplyKeys,
    ) -> None:
        self._uow = uow
        self._dispatcher = dispatcher
        self._reader = reader
        self._pipeline = pipeline
        self._channels = channels
        self._keys = keys

    # -- beginning ----------------------------------------------------------------------------------------------------

    def start(
        self,
        ticket_id: int,
        *,
        message_id: int | None = None,
        agent_id: int | None = None,  # noqa: ARG002 -- signatures by agent come with MB-18
        reply_all: bool = True,
    ) -> ReplyStart:
        """Return whom an answer goes to, from which address, and what it quotes; `message_id` None answers the
        customer's newest message. Raises CommandRefusedError where no mailbox can send."""
        with self._uow() as uow:
            ticket = _ticket(uow, ticket_id)
            records = uow.messages.of_ticket(ticket.id)
            answered = _answered(records, message_id)
            account = self._account(uow, ticket, answered)
            own = uow.accounts.own_addresses()
            settings = uow.settings.desk()
            raw = self._raw_where_needed(uow, answered, account)
            now = uow.now()
        delivered = self._reader.read(raw, channel=account.channel).delivered_to if raw is not None else ()
        found = self._recipients(ticket, answered, account, own, delivered, reply_all=reply_all)
        history = _history(records, settings.history_included, answered)
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
            AnsweredMessage(
                direction=answered.direction,
                from_=next(iter(_of(answered, AddressRole.FROM)), Address(answered.author_name, answered.author_email)),
                to=_of(answered, AddressRole.TO),
                cc=_of(answered, AddressRole.CC),
                reply_to=_of(answered, AddressRole.REPLY_TO),
                delivered_to=delivered,
            ),
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

    def _account(self, uow: UnitOfWork, ticket: Ticket, answered: MessageRecord | None) -> Account:
        wanted = [answered.account_id if answered is not None else None, ticket.account_id, *ticket.mailbox_ids]
        everybody = uow.accounts.all(include_disabled=False)
        for account_id in (*wanted, *(a.id for a in everybody if a.department_id == ticket.department_id)):
            account = next((a for a in everybody if a.id == account_id), None)
            if account is not None and self._channels.sends(account):
                return account
        raise CommandRefusedError("No mailbox of this ticket can send mail.")

    # -- sending ------------------------------------------------------------------------------------------------------

    def send(
        self,
        draft: ReplyDraft,
        actor: Actor,
        *,
        then_status: str = "",
        send_at: datetime | None = None,
        force: bool = False,
        ends_draft: bool = False,
    ) -> ReplySent:
        """Queue a reply. It leaves after the undo window, or at `send_at`; while outgoing is not armed it waits in
        the tray. `ends_draft`: the actor's kept draft to this ticket is what is sent, and vanishes with it (CO-04).

        Raises StaleReplyError where something newer is in the ticket and not `force`, CommandRefusedError, and
        ValueError for an address nobody can be written at.
        """
        with self._uow() as uow:
            ticket = _ticket(uow, draft.ticket_id)
            account = _sending_account(uow, draft.from_account_id)
            settings = uow.settings.desk()
            records = uow.messages.of_ticket(ticket.id)
            _refuse_stale(records, draft.last_message_id, actor, force=force)
            at = uow.now()
        prepared = self._prepare(draft, ticket, account, settings, records, at)
        with self._uow() as uow:
            ticket = _ticket(uow, draft.ticket_id)
            if not force and ticket.last_message_id != (records[-1].id if records else None):
                _refuse_stale(uow.messages.of_ticket(ticket.id), draft.last_message_id, actor, force=False)
            record = outbound_record(
                prepared,
                ticket_id=ticket.id,
                department_id=ticket.department_id,
                account_id=account.id,
                actor=actor,
                at=at,
            )
            item = self._dispatcher.queue(
                uow,
                prepared,
                record,
                armed=uow.settings.desk().outgoing_armed,
                send_after_at=leaves_at(uow.now(), settings.undo_seconds, send_at),
                cancel_on_reply=draft.cancel_on_reply,
            )
            self._after_reply(uow, ticket, record, item, actor, then_status)
            if ends_draft:
                end_draft(uow, DraftKind.REPLY, draft.ticket_id, actor)
            uow.commit()
        return _sent(record, item)

    def _prepare(
        self,
        draft: ReplyDraft,
        ticket: Ticket,
        account: Account,
        settings: DeskSettings,
        records: Sequence[MessageRecord],
        at: datetime,
    ) -> Prepared:
        if not (draft.text.strip() or draft.html.strip() or draft.attachments):
            raise ValueError("The reply is empty.")
        answered = _answered(records, draft.answers_message_id)
        included = draft.include_history if draft.include_history is not None else settings.history_included
        letter = Letter(
            from_address=draft.from_address,
            to=draft.to,
            cc=draft.cc,
            bcc=draft.bcc,
            subject=draft.subject or reply_subject(ticket.subject, ticket.number),
            text=draft.text,
            html=draft.html,
            attachments=draft.attachments,
            history=_history(records, included, answered),
            answers=answered,
        )
        ids = self._keys.ids(settings.instance_id)
        return self._dispatcher.prepare(letter, account, ticket.id, ids, settings.instance_id, at)

    def _after_reply(
        self, uow: UnitOfWork, ticket: Ticket, record: MessageRecord, item: OutboxItem, actor: Actor, then_status: str
    ) -> None:
        at = record.created_at
        statuses = Statuses(uow.tickets.statuses())
        old = statuses.by_id(ticket.status_id)
        new = statuses.by_key(then_status, ticket.department_id) if then_status else old
        if not then_status and old.id == statuses.initial().id:
            new = statuses.working()
        events = [
            line(
                ticket,
                "ReplyQueued",
                actor,
                at,
                message_id=record.id,
                data={"outbox_id": item.id, "state": item.state.value, "status_before": old.key},
            )
        ]
        if new.id != old.id:
            events.append(change_status(ticket, old, new, actor, at, "Chosen with the reply." if then_status else ""))
        ticket.message_count += 1
        ticket.last_message_id = record.id
        ticket.has_attachments |= any(not a.inline for a in record.attachments)
        ticket.snippet = record.snippet
        ticket.updated_at = ticket.activity_at = ticket.agent_replied_at = at
        ticket.first_response_at = ticket.first_response_at or at
        if item.account_id not in ticket.mailbox_ids:
            ticket.mailbox_ids = (*ticket.mailbox_ids, item.account_id)
        uow.tickets.save(ticket)
        uow.tickets.record(events)
        if actor.kind is ActorKind.AGENT and actor.id is not None:
            uow.tickets.mark_seen(ticket.id, actor.id, record.id)
        uow.changed("ticket", ticket.id, "update", ticket.department_id)

    def undo(self, outbox_id: int, actor: Actor) -> ReplyDraft | None:
        """Take a reply back that has not left: it vanishes from the thread and comes back as a draft. None: too
        late.
        """
        with self._uow() as uow:
            item = uow.outbox.get(outbox_id)
            record = uow.messages.get(item.message_id) if item is not None and item.message_id else None
            states = [OutboxState.HELD, OutboxState.QUEUED]
            if item is None or record is None or not uow.outbox.transition(outbox_id, states, OutboxState.CANCELLED):
                return None
            draft = _as_draft(uow, record, item)
            ticket = uow.tickets.get(record.ticket_id)
            uow.messages.discard(record.id)
            if ticket is not None:
                self._forget_reply(uow, ticket, record, actor)
                keep_undone(uow, draft, actor, ticket.department_id)
            uow.changed("outbox", outbox_id, "delete", item.department_id)
            uow.commit()
        return draft

    def _forget_reply(self, uow: UnitOfWork, ticket: Ticket, record: MessageRecord, actor: Actor) -> None:
        at = uow.now()
        events: list[TicketEvent] = [line(ticket, "ReplyUndone", actor, at, data={"message_id": record.id})]
        queued = next(
            (e for e in uow.tickets.events(ticket.id) if e.kind == "ReplyQueued" and e.message_id == record.id), None
        )
        statuses = Statuses(uow.tickets.statuses())
        if queued is not None and queued.data.get("status_before"):
            now, before = statuses.by_id(ticket.status_id), statuses.by_key(str(queued.data["status_before"]))
            if now.id != before.id:
                events.append(change_status(ticket, now, before, actor, at, "The reply was taken back."))
        if ticket.first_response_at == record.created_at:
            ticket.first_response_at = None
        refresh(uow, ticket)
        ticket.updated_at = at
        uow.tickets.save(ticket)
        uow.tickets.record(events)

    # -- notes and new tickets ----------------------------------------------------------------------------------------

    def note(self, ticket_id: int, text: str, html: str, actor: Actor, *, ends_draft: bool = False) -> int:
        """Add an internal note, which no customer ever gets, and return its message id (IN-17). `ends_draft` as in
        `send`."""
        if not (text.strip() or html.strip()):
            raise ValueError("The note is empty.")
        with self._uow() as uow:
            ticket = _ticket(uow, ticket_id)
            record = self._note_record(ticket, text, html, actor, uow.now())
            record.id = uow.messages.add(record)
            uow.search.index(record)
            ticket.message_count += 1
            ticket.last_message_id = record.id
            ticket.updated_at = record.created_at
            uow.tickets.save(ticket)
            uow.tickets.record([line(ticket, "NoteAdded", actor, record.created_at, message_id=record.id)])
            if actor.kind is ActorKind.AGENT and actor.id is not None:
                uow.tickets.mark_seen(ticket.id, actor.id, record.id)
            uow.changed("ticket", ticket.id, "update", ticket.department_id)
            if ends_draft:
                end_draft(uow, DraftKind.NOTE, ticket_id, actor)
            uow.commit()
        return record.id

    def _note_record(self, ticket: Ticket, text: str, html: str, actor: Actor, at: datetime) -> MessageRecord:
        content = self._pipeline.prepare(ParsedMessage(text=text, html=html))
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
            agent_id=actor.id if actor.kind is ActorKind.AGENT else None,
            snippet=snippet_of(plain),
            has_html=bool(html),
            join_rule="agent",
            visible_text=content.visible_text,
            folded_text=content.folded_text,
            content=content,
        )

    def new_ticket(self, draft: NewTicketDraft, actor: Actor, *, ends_draft: bool = False) -> ReplySent:
        """Open a ticket with a first mail to a customer, or, with `send` False, for a call or a visit (MB-23). Raises
        CommandRefusedError and ValueError."""
        if not draft.to:
            raise ValueError("A ticket needs a customer.")
        with self._uow() as uow:
            account = _sending_account(uow, draft.from_account_id)
            settings = uow.settings.desk()
            ticket = _opened(uow, draft, account, settings, actor)
            record: MessageRecord
            item: OutboxItem | None = None
            if draft.send:
                letter = Letter(
                    draft.from_address, draft.to, draft.cc, draft.bcc,
                    f"{draft.subject} [#{ticket.number}]".strip(), draft.text, draft.html, draft.attachments,
                )  # fmt: skip
                ids = self._keys.ids(settings.instance_id)
                prepared = self._dispatcher.prepare(letter, account, ticket.id, ids, settings.instance_id, uow.now())
                record = outbound_record(
                    prepared,
                    ticket_id=ticket.id,
                    department_id=ticket.department_id,
                    account_id=account.id,
                    actor=actor,
                    at=ticket.created_at,
                )
                item = self._dispatcher.queue(
                    uow,
                    prepared,
                    record,
                    armed=settings.outgoing_armed,
                    send_after_at=leaves_at(uow.now(), settings.undo_seconds, None),
                )
                ticket.agent_replied_at = ticket.created_at
            else:
                record = self._note_record(ticket, draft.text, draft.html, actor, ticket.created_at)
                record.id = uow.messages.add(record)
                uow.search.index(record)
            self._after_opening(uow, ticket, record, item, actor)
            if ends_draft:
                end_draft(uow, DraftKind.NEW_TICKET, None, actor)
            uow.commit()
        return _sent(record, item)

    def _after_opening(
        self, uow: UnitOfWork, ticket: Ticket, record: MessageRecord, item: OutboxItem | None, actor: Actor
    ) -> None:
        ticket.last_message_id = record.id
        ticket.message_count = 1
        ticket.snippet = record.snippet
        ticket.has_attachments = any(not a.inline for a in record.attachments)
        uow.tickets.save(ticket)
        data = {"channel": ticket.channel, "outbox_id": item.id if item is not None else None}
        cause = f"{actor.name} opened it."
        uow.tickets.record(
            [line(ticket, "TicketCreated", actor, ticket.created_at, cause=cause, message_id=record.id, data=data)]
        )
        if actor.kind is ActorKind.AGENT and actor.id is not None:
            uow.tickets.mark_seen(ticket.id, actor.id, record.id)
        uow.changed("ticket", ticket.id, "insert", ticket.department_id)


def _ticket(uow: UnitOfWork, ticket_id: int) -> Ticket:
    ticket = uow.tickets.survivor(ticket_id)
    if ticket is None:
        raise CommandRefusedError("The ticket is gone.")
    if ticket.trashed_at is not None:
        raise CommandRefusedError("The ticket lies in the trash; restore it first.")
    return ticket


def _sending_account(uow: UnitOfWork, account_id: int) -> Account:
    account = uow.accounts.get(account_id)
    if account is None or not account.enabled:
        raise CommandRefusedError("The mailbox to send from is gone or switched off.")
    return account


def _opened(uow: UnitOfWork, draft: NewTicketDraft, account: Account, settings: DeskSettings, actor: Actor) -> Ticket:
    """Insert the ticket of a draft, still without a message."""
    at = uow.now()
    statuses = Statuses(uow.tickets.statuses())
    status = statuses.waiting() if draft.send else statuses.working()
    customer = draft.to[0]
    contact = None
    if "@" in customer.email:
        contact = uow.contacts.get_or_create(
            customer.email,
            customer.name or customer.email.partition("@")[0],
            language="",
            department_id=account.department_id,
            at=at,
        )
    assignee = draft.assignee_id or (actor.id if actor.kind is ActorKind.AGENT else None)
    ticket = Ticket(
        id=0,
        number=uow.tickets.next_number(settings.number_format),
        department_id=account.department_id,
        account_id=account.id,
        channel=draft.channel,
        subject=draft.subject,
        status_id=status.id,
        category=status.category,
        requester_id=contact.id if contact is not None else None,
        requester_name=customer.name or (contact.name if contact is not None else customer.email),
        requester_email=customer.email,
        created_at=at,
        updated_at=at,
        activity_at=at,
        assignee_id=assignee,
        closed_at=at if status.category is StatusCategory.CLOSED else None,
        mailbox_ids=(account.id,),
    )
    uow.tickets.add(ticket)
    return ticket


def _answered(records: Sequence[MessageRecord], message_id: int | None) -> MessageRecord | None:
    """The message an answer answers: the named one, else the newest from a person outside, else our newest mail."""
    mails = [r for r in records if r.kind is MessageKind.PUBLIC_REPLY and r.internet_id]
    if message_id is not None:
        return next((r for r in mails if r.id == message_id), None)
    people = [r for r in mails if r.direction is Direction.INBOUND and r.classification not in _MACHINE]
    return people[-1] if people else mails[-1] if mails else None


def _history(
    records: Sequence[MessageRecord], included: HistoryIncluded, answered: MessageRecord | None
) -> tuple[EarlierMessage, ...]:
    """What is quoted: public messages only, never a note (pains.md 21), newest first, the answered one at the top."""
    public = [r for r in reversed(records) if r.kind is MessageKind.PUBLIC_REPLY and r.classification not in _MACHINE]
    if answered is not None:
        public = [answered, *(r for r in public if r.id < answered.id)]
    return tuple(
        EarlierMessage(
            author=next(iter(_of(r, AddressRole.FROM)), Address(r.author_name, r.author_email)),
            at=r.sent_at,
            text=r.visible_text or r.text,
            html=r.content.visible_html if r.content is not None and r.has_html else "",
        )
        for r in history_to_quote(public, included)
    )


def _of(record: MessageRecord, role: AddressRole) -> tuple[Address, ...]:
    return tuple(address for r, address in record.addresses if r is role)


def _refuse_stale(records: Sequence[MessageRecord], last_message_id: int | None, actor: Actor, *, force: bool) -> None:
    if force or last_message_id is None:
        return
    newer = tuple(
        NewerMessage(r.id, r.kind, r.direction, r.author_name, r.created_at, r.snippet)
        for r in records
        if r.id > last_message_id and not _is_own_note(r, actor)
    )
    if newer:
        raise StaleReplyError(newer)


def _is_own_note(record: MessageRecord, actor: Actor) -> bool:
    return record.kind is MessageKind.INTERNAL_NOTE and actor.kind is ActorKind.AGENT and record.agent_id == actor.id


def _as_draft(uow: UnitOfWork, record: MessageRecord, item: OutboxItem) -> ReplyDraft:
    attachments = []
    for kept in record.attachments:
        content = uow.blobs.get(kept.sha256)
        if content is not None:
            attachments.append(OutgoingAttachment(kept.filename, kept.content_type, content, kept.content_id))
    parents = uow.messages.by_internet_ids(list(record.refers_to)[-1:])
    answered = next((k.id for found in parents.values() for k in found if k.ticket_id == record.ticket_id), None)
    return ReplyDraft(
        ticket_id=record.ticket_id,
        from_account_id=item.account_id,
        from_address=record.author_email,
        to=_of(record, AddressRole.TO),
        cc=_of(record, AddressRole.CC),
        bcc=_of(record, AddressRole.BCC),
        subject=record.subject,
        text=record.text,
        html=record.content.safe_html if record.content is not None and record.has_html else "",
        attachments=tuple(attachments),
        answers_message_id=answered,
        cancel_on_reply=item.cancel_on_reply,
    )


def _sent(record: MessageRecord, item: OutboxItem | None) -> ReplySent:
    if item is None:
        return ReplySent(record.id, None, "noted", None, record.ticket_id)
    until = item.send_after_at if item.state is OutboxState.QUEUED else None
    return ReplySent(record.id, item.id, item.state.value, until, record.ticket_id)
