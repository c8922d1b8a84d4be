"""Opening a ticket by hand: with a first mail to a customer, or for a call or a visit (MB-23)."""

from __future__ import annotations

from dataclasses import replace

from desk_app.domain.contacts.model import Contact
from desk_app.domain.mailboxes.desk import DeskSettings
from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.draft import NewTicketDraft
from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Ticket
from desk_app.domain.tickets.tags import clean_tags
from desk_app.services.messages.checks import Headers
from desk_app.services.messages.dispatch import Dispatcher, Letter, leaves_at, outbound_record
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
        draft, headers = self._checked(draft, actor) if draft.send else (draft, None)

        def store(uow: UnitOfWork) -> ReplySent:
            account = sending_account(uow, draft.from_account_id)
            settings = uow.settings.desk()
            ticket = _opened(uow, draft, account, settings, actor)
            item: OutboxItem | None = None
            if draft.send:
                record, item = self._first_mail(uow, draft, ticket, account, settings, actor, headers)
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

    def _checked(self, draft: NewTicketDraft, actor: Actor) -> tuple[NewTicketDraft, Headers | None]:
        """Ask plugins about a first mail, before its ticket is there."""
        checks = self._dispatcher.checks
        with self._uow() as uow:
            account = sending_account(uow, draft.from_account_id)
            seen = checks.seen(uow, _unopened(uow, draft, account, actor))
        letter = checks.letter(_letter(draft), seen, actor)
        changed = replace(draft, subject=letter.subject, text=letter.text, html=letter.html)
        return changed, checks.headers_before(letter, seen, account)

    def _first_mail(
        self,
        uow: UnitOfWork,
        draft: NewTicketDraft,
        ticket: Ticket,
        account: Account,
        settings: DeskSettings,
        actor: Actor,
        headers: Headers | None,
    ) -> tuple[MessageRecord, OutboxItem]:
        letter = replace(
            _letter(draft),
            subject=f"{draft.subject} [#{ticket.number}]".strip(),
            signature=signature_for(uow, ticket.id, account.id, actor, self._dispatcher.checks).in_work(),
            agent_name=actor.agent_name,
        )
        ids = self._keys.ids(settings.instance_id)
        prepared = self._dispatcher.prepare(
            letter, account, ticket.id, ids, settings.instance_id, uow.now(), headers=headers
        )
        record = outbound_record(prepared, ticket, account, actor, ticket.created_at)
        item = self._dispatcher.queue(
            uow,
            prepared,
            record,
            armed=settings.outgoing_armed,
            send_after_at=leaves_at(uow.now(), settings.undo_seconds, None),
        )
        return record, item


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


def _opened(uow: UnitOfWork, draft: NewTicketDraft, account: Account, settings: DeskSettings, actor: Actor) -> Ticket:
    """Insert the ticket of a draft, still without a message."""
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
    ticket.number = uow.tickets.next_number(settings.number_format)
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
