"""Opening a ticket by hand: with a first mail to a customer, or for a call or a visit (MB-23)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from desk_app.domain.contacts.model import Contact
from desk_app.domain.mailboxes.desk import DeskSettings
from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.draft import NewTicketDraft
from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Ticket
from desk_app.domain.tickets.tags import clean_tags
from desk_app.services.messages.checks import Headers
from desk_app.services.messages.dispatch import Dispatcher, Letter, Prepared, leaves_at, outbound_record
from desk_app.services.messages.drafts import end_draft
from desk_app.services.messages.records import note_record
from desk_app.services.messages.replies import ReplySent
from desk_app.services.messages.senders import sending_account
from desk_app.services.messages.signatures import signature_for
from desk_app.services.plugins.asking import asked_before
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.outside import ContentPipeline, ReplyKeys
from desk_app.services.ports.sync import OutboxItem
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line
from desk_app.services.tickets.results import CommandRefusedError
from desk_app.services.tickets.statuses import Statuses


@dataclass(frozen=True, slots=True)
class _Beforehand:
    """What plugins said of a first mail while no transaction was open. `number` is taken for its ticket, "" where
    nobody was to see it; `written` is what leaves over a channel that is not mail, from `account` as it was then."""

    account: Account
    headers: Headers | None = None
    number: str = ""
    written: Prepared | None = None


class NewTicketService:
    """Tickets that an agent opens."""

    def __init__(
        self, uow: UnitOfWorkFactory, dispatcher: Dispatcher, pipeline: ContentPipeline, keys: ReplyKeys
    ) -> None:
        self._uow = uow
        self._dispatcher = dispatcher
        self._pipeline = pipeline
        self._keys = keys

    def open(self, draft: NewTicketDraft, actor: Actor, *, ends_draft: bool = False) -> ReplySent:
        """Open a ticket as its draft says. `ends_draft`: the actor's kept draft of a new ticket is what is opened, and
        vanishes with it (CO-04).

        Raises CommandRefusedError, SendDeniedError where a plugin denies the mail, and ValueError for an address nobody
        can be written at.
        """
        if not draft.to:
            raise ValueError("A ticket needs a customer.")
        draft, before = self._asked(draft, actor) if draft.send else (draft, None)

        def store(uow: UnitOfWork) -> ReplySent:
            account = sending_account(uow, draft.from_account_id)
            settings = uow.settings.desk()
            ticket = _opened(uow, draft, account, settings, actor, before.number if before is not None else "")
            item: OutboxItem | None = None
            if before is not None:
                record, item = self._first_mail(uow, draft, ticket, account, settings, actor, before)
                ticket.agent_replied_at = ticket.created_at
            else:
                record = note_record(self._pipeline, ticket, draft.text, draft.html, actor, ticket.created_at)
                record.id = uow.messages.add(record)
                uow.search.index(record)
            _note_opening(uow, ticket, record, item, actor)
            if ends_draft:
                end_draft(uow, DraftKind.NEW_TICKET, None, actor)
            return ReplySent.of(record, item)

        return asked_before(self._uow, store)

    def _asked(self, draft: NewTicketDraft, actor: Actor) -> tuple[NewTicketDraft, _Beforehand]:
        """Ask plugins about a first mail, before its ticket is there."""
        checks = self._dispatcher.checks
        with self._uow() as uow:
            account = sending_account(uow, draft.from_account_id)
            seen = checks.seen(uow, _unopened(uow, draft, account, actor))
            instance_id, at = uow.settings.desk().instance_id, uow.now()
        is_mail = self._dispatcher.refuse_unreachable(_letter(draft), account)
        letter = checks.letter(_letter(draft), seen, actor)
        draft = replace(draft, subject=letter.subject, text=letter.text, html=letter.html)
        headers = checks.headers_before(letter, seen, account)
        if is_mail and not checks.asks_of_signatures():
            return draft, _Beforehand(account, headers)
        number = self._taken_number()
        written = self._written(draft, account, number, actor, instance_id, at) if not is_mail else None
        return draft, _Beforehand(account, headers, number, written)

    def _taken_number(self) -> str:
        """Take the number of the ticket that is going to be opened: plugins see it in what they are asked, which is
        another question with another number. It is lost where nothing is opened then."""
        with self._uow() as uow:
            number = uow.tickets.next_number(uow.settings.desk().number_format)
            uow.commit()
        return number

    def _written(
        self, draft: NewTicketDraft, account: Account, number: str, actor: Actor, instance_id: str, at: datetime
    ) -> Prepared:
        """Return what leaves over a channel that is not mail. Its id names no ticket, which has none yet: an answer
        finds it as the id of a stored message."""
        letter = replace(_letter(draft), subject=_subject(draft, number), agent_name=actor.agent_name)
        ids = self._keys.ids(instance_id)
        return self._dispatcher.write(letter, account, 0, ids, instance_id, at, is_mail=False)

    def _first_mail(
        self,
        uow: UnitOfWork,
        draft: NewTicketDraft,
        ticket: Ticket,
        account: Account,
        settings: DeskSettings,
        actor: Actor,
        before: _Beforehand,
    ) -> tuple[MessageRecord, OutboxItem]:
        if before.written is None:
            prepared = self._mail(uow, draft, ticket, account, settings, actor, before.headers)
        elif account == before.account:
            prepared = before.written
        else:
            raise CommandRefusedError("Somebody changed the mailbox at the same moment. Please send it again.")
        record = outbound_record(prepared, ticket, account, actor, ticket.created_at)
        item = self._dispatcher.queue(
            uow,
            prepared,
            record,
            armed=settings.outgoing_armed,
            send_after_at=leaves_at(uow.now(), settings.undo_seconds, None),
        )
        return record, item

    def _mail(
        self,
        uow: UnitOfWork,
        draft: NewTicketDraft,
        ticket: Ticket,
        account: Account,
        settings: DeskSettings,
        actor: Actor,
        headers: Headers | None,
    ) -> Prepared:
        letter = replace(
            _letter(draft),
            subject=_subject(draft, ticket.number),
            signature=signature_for(uow, ticket.id, account.id, actor, self._dispatcher.checks).in_work(),
            agent_name=actor.agent_name,
        )
        ids = self._keys.ids(settings.instance_id)
        return self._dispatcher.write(letter, account, ticket.id, ids, settings.instance_id, uow.now(), headers=headers)


def _subject(draft: NewTicketDraft, number: str) -> str:
    return f"{draft.subject} [#{number}]".strip()


def _letter(draft: NewTicketDraft) -> Letter:
    return Letter(
        draft.from_address, draft.to, draft.cc, draft.bcc, draft.subject, draft.text, draft.html, draft.attachments
    )


def _note_opening(
    uow: UnitOfWork, ticket: Ticket, record: MessageRecord, item: OutboxItem | None, actor: Actor
) -> None:
    """Write what a first message makes of its ticket."""
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
    if actor.agent_id is not None:
        uow.tickets.mark_seen(ticket.id, actor.agent_id, record.id)
    uow.changed("ticket", ticket.id, "insert", ticket.department_id)


def _opened(
    uow: UnitOfWork, draft: NewTicketDraft, account: Account, settings: DeskSettings, actor: Actor, number: str
) -> Ticket:
    """Insert the ticket of a draft, still without a message; `number` is taken for it, "" for the next one."""
    customer = draft.to[0]
    department_id = _department(uow, draft, account)
    contact = uow.contacts.get(draft.contact_id) if draft.contact_id is not None else None
    if contact is None and "@" in customer.email:
        contact = uow.contacts.get_or_create(
            customer.email,
            customer.name or customer.email.partition("@")[0],
            language="",
            department_id=department_id,
            at=uow.now(),
        )
    ticket = _unopened(uow, draft, account, actor, contact)
    ticket.number = number or uow.tickets.next_number(settings.number_format)
    uow.tickets.add(ticket)
    if tags := clean_tags(draft.tags):
        uow.tickets.set_tags(ticket.id, tags)
    return ticket


def _unopened(
    uow: UnitOfWork, draft: NewTicketDraft, account: Account, actor: Actor, contact: Contact | None = None
) -> Ticket:
    """Return the ticket of a draft as it is going to be, still without a number."""
    at = uow.now()
    statuses = Statuses(uow.tickets.statuses())
    status = statuses.waiting() if draft.send else statuses.working()
    customer = draft.to[0]
    if contact is None and draft.contact_id is not None:
        contact = uow.contacts.get(draft.contact_id)
    return Ticket(
        id=0,
        number="",
        department_id=_department(uow, draft, account),
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
        assignee_id=None if draft.unassigned else draft.assignee_id or actor.agent_id,
        mailbox_ids=(account.id,),
    )


def _department(uow: UnitOfWork, draft: NewTicketDraft, account: Account) -> int:
    if draft.department_id is None or draft.department_id == account.department_id:
        return account.department_id
    if draft.department_id not in {department.id for department in uow.people.departments()}:
        raise CommandRefusedError("There is no such department.")
    return draft.department_id
