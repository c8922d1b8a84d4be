"""Carries a threading decision out: joins a ticket, opens it again, or opens a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from desk_app.domain.contacts.model import Contact
from desk_app.domain.messages.model import Address, Classification, Direction
from desk_app.domain.messages.reply_ids import ReplyId
from desk_app.domain.messages.side_conversations import SideConversation, side_of
from desk_app.domain.messages.threading import (
    Evidence,
    Join,
    JoinRule,
    Landing,
    Relative,
    decide,
    is_forward,
    land,
    named_by_plugin,
)
from desk_app.domain.people.actor import SYSTEM, Actor, ActorKind
from desk_app.domain.tickets.model import LinkKind, StatusCategory, Ticket, TicketEvent
from desk_app.domain.tickets.numbers import numbers_in_subject
from desk_app.services.messages.records import store
from desk_app.services.messages.round import Arrival, Round, addressed_ids
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.sync import InboundItem
from desk_app.services.tickets.history import line
from desk_app.services.tickets.joining import absorb
from desk_app.services.tickets.statuses import change_status

_PARENTS_TO_TRY = 3  # unknown parents for which earlier answers are looked up


@dataclass(frozen=True, slots=True)
class Link:
    """Why a new ticket points at an earlier one."""

    kind: LinkKind
    ticket_id: int


def evidence_of(round_: Round, arrival: Arrival) -> Evidence:
    """Collect what the threading decision needs to know of a mail."""
    parsed, account_id = arrival.parsed, arrival.item.account_id
    senders = {a.email for a in (parsed.from_, *((parsed.sender,) if parsed.sender else ())) if a.email}
    customer = round_.customer(arrival)
    if customer.email:
        senders.add(customer.email)
    mail_ids = [*parsed.in_reply_to, *parsed.references]
    addresses = [*(a.email for a in (*parsed.to, *parsed.cc)), *parsed.delivered_to]
    by_address = round_.reply_ids.find(addresses)
    echoed = None if by_address else round_.reply_ids.find(reversed(mail_ids))
    parents = [*parsed.in_reply_to, *addressed_ids(parsed)]
    relatives = {
        internet_id: [Relative(k.id, k.ticket_id, k.account_id) for k in round_.known(internet_id)]
        for internet_id in dict.fromkeys([*mail_ids, *parents])
        if internet_id != arrival.internet_id
    }
    found = Evidence(
        senders=frozenset(senders - round_.own_addresses),
        subject=parsed.subject,
        participants=round_.participants,
        account_id=account_id,
        reply_id=_followed(round_, by_address or echoed),
        reply_id_place="an address of the mail" if by_address else "References or In-Reply-To",
        addressed_to_ticket=by_address is not None,
        in_reply_to=parents,
        references=parsed.references,
        relatives=relatives,
    )
    if found.reply_id is not None or any(relatives.values()) or is_forward(parsed.subject):
        return found
    return _with_weak_signs(round_, arrival, found)


def _followed(round_: Round, reply_id: ReplyId | None) -> ReplyId | None:
    """A proven id of a merged ticket stands for the one that took over; of a purged one, for nothing."""
    ticket = round_.uow.tickets.survivor(reply_id.ticket_id) if reply_id is not None else None
    return replace(reply_id, ticket_id=ticket.id) if reply_id is not None and ticket is not None else None


def _with_weak_signs(round_: Round, arrival: Arrival, evidence: Evidence) -> Evidence:
    """Add what is only worth a query where the headers lead nowhere."""
    tickets = []
    for number in numbers_in_subject(evidence.subject):
        named = round_.uow.tickets.by_number(number)
        ticket = round_.uow.tickets.survivor(named.id) if named is not None else None
        if ticket is not None:
            tickets.append((number, ticket.id))
    children = [Relative(k.id, k.ticket_id, k.account_id) for k in round_.referring(arrival.internet_id)]
    unknown = list(dict.fromkeys([*evidence.in_reply_to, *reversed(evidence.references)]))[:_PARENTS_TO_TRY]
    siblings = [
        Relative(k.id, k.ticket_id, k.account_id)
        for internet_id in unknown
        for k in round_.referring(internet_id)
        if k.direction is Direction.INBOUND
    ]
    return replace(evidence, subject_tickets=tickets, late_children=children, siblings=siblings)


class Threads:
    """Places mail that is neither a copy nor a bounce."""

    def __init__(self, round_: Round) -> None:
        self._round = round_
        self._uow = round_.uow

    def place(self, arrival: Arrival, record: MessageRecord, twin: InboundItem | None) -> Ticket | None:
        """Store a mail in the ticket it belongs to and return that ticket, or None where the other mailbox's copy is
        there already. A new ticket has exactly this one message."""
        evidence = evidence_of(self._round, arrival)
        join = decide(evidence)
        named = self._round.matches.get(arrival.item.id)
        if named is not None and twin is None and join.rule is JoinRule.NEW:
            join = named_by_plugin(evidence, named)
        twin_ticket = self._round.ticket_of(twin) if twin is not None else None
        ticket = self._uow.tickets.survivor(join.ticket_id) if join.ticket_id is not None else None
        if ticket is not None and twin_ticket is not None and ticket.id == twin_ticket.id:
            return None
        if ticket is None:
            if join.ticket_id is not None:
                join = replace(join, rule=JoinRule.NEW, reason=f"{join.reason} But that ticket is gone: a new one.")
            link = Link(LinkKind.PAIR, twin_ticket.id) if twin_ticket is not None else None
            return self._open(arrival, record, join, link)
        side = self._side(ticket, arrival)
        landing, why = land(
            closed_at=(ticket.closed_at or ticket.updated_at) if ticket.category is StatusCategory.CLOSED else None,
            trashed=ticket.trashed_at is not None,
            now=self._round.now,
            reopen_days=self._round.settings.reopen_days,
            wakes=_wakes(record) and (side is None or ticket.trashed_at is not None),
        )
        if landing is Landing.FOLLOW_UP:
            reason = f"{join.reason} {why} A new, linked ticket."
            followed = replace(join, reason=reason, evidence={**join.evidence, "follows": ticket.id})
            return self._open(arrival, record, followed, Link(LinkKind.FOLLOW_UP, ticket.id))
        if side is not None:
            self._join_side(ticket, arrival, record, join, *side)
        else:
            self._join(ticket, arrival, record, join, why if landing is Landing.REOPEN else "")
        return ticket

    # -- a ticket that is there ---------------------------------------------------------------------------------------

    def _join(self, ticket: Ticket, arrival: Arrival, record: MessageRecord, join: Join, reopened: str) -> None:
        contact = self._contact(arrival, ticket.department_id)
        record.ticket_id = ticket.id
        record.department_id = ticket.department_id
        record.contact_id = contact.id if contact is not None else None
        record.stranger = join.stranger
        record.join_rule = join.rule.value
        record.join_reason = join.stored()
        store(self._round, record, arrival.parsed)
        actor = _actor(contact, record)
        events = [
            line(
                ticket,
                "MessageAdded",
                actor,
                self._round.now,
                cause=join.reason,
                message_id=record.id,
                data={"rule": join.rule.value, "stranger": join.stranger},
            )
        ]
        ticket.message_count += 1
        ticket.last_message_id = record.id
        ticket.updated_at = self._round.now
        ticket.has_attachments |= any(not a.inline for a in record.attachments)
        if record.account_id is not None and record.account_id not in ticket.mailbox_ids:
            ticket.mailbox_ids = (*ticket.mailbox_ids, record.account_id)
        if record.classification is not Classification.AUTO_REPLY:
            ticket.last_inbound_id = record.id
            self._show(ticket, arrival, record)
        if _wakes(record):
            events += self._wake(ticket, actor, reopened)
        self._uow.tickets.save(ticket)
        self._round.record(*events, silent=not _wakes(record))
        if join.rule is JoinRule.LATE_PARENT:
            self._round.write()  # the history says first that the parent came, then what it brought together
            self._gather_children(ticket, arrival)
        self._uow.changed("ticket", ticket.id, "update", ticket.department_id)

    def _side(self, ticket: Ticket, arrival: Arrival) -> tuple[SideConversation, str] | None:
        """Return the side conversation a mail belongs to, and why; None: it is the customer's (IN-18)."""
        sides = self._round.sides(ticket.id)
        if not sides:
            return None
        parsed = arrival.parsed
        named = dict.fromkeys([*parsed.in_reply_to, *addressed_ids(parsed), *reversed(parsed.references)])
        parents = [
            known.side_conversation_id
            for internet_id in named
            for known in reversed(self._round.known(internet_id))
            if known.ticket_id == ticket.id
        ]
        senders = {a.email for a in (parsed.from_, *((parsed.sender,) if parsed.sender else ())) if a.email}
        own = self._round.own_addresses
        side_id, why = side_of(
            frozenset(senders - own),
            parents,
            sides,
            lambda: (self._uow.side_conversations.customers(ticket.id) | {ticket.requester_email.lower()}) - own,
        )
        return next(((side, why) for side in sides if side.id == side_id), None)

    def _join_side(
        self, ticket: Ticket, arrival: Arrival, record: MessageRecord, join: Join, side: SideConversation, why: str
    ) -> None:
        """Store a third party's answer: it is unread and moves the ticket up, but it is no word of the customer, so it
        neither wakes nor opens the ticket again."""
        contact = self._contact(arrival, ticket.department_id)
        now, person = self._round.now, arrival.parsed.from_
        record.ticket_id = ticket.id
        record.department_id = ticket.department_id
        record.side_conversation_id = side.id
        record.contact_id = contact.id if contact is not None else None
        record.stranger = person.email.lower() not in side.addresses
        record.join_rule = join.rule.value
        record.join_reason = join.stored() | {"side_conversation": why}
        store(self._round, record, arrival.parsed)
        self._round.side_grew(side, person)
        ticket.message_count += 1
        ticket.last_message_id = record.id
        ticket.updated_at = now
        ticket.has_attachments |= any(not a.inline for a in record.attachments)
        if record.account_id is not None and record.account_id not in ticket.mailbox_ids:
            ticket.mailbox_ids = (*ticket.mailbox_ids, record.account_id)
        if record.classification is not Classification.AUTO_REPLY:
            ticket.last_inbound_id = record.id
            ticket.activity_at = max(ticket.activity_at, record.sent_at if record.imported else now)
        self._uow.tickets.save(ticket)
        data = {"rule": join.rule.value, "stranger": record.stranger, "side_conversation_id": side.id}
        cause = f"{join.reason} {why}"
        self._round.record(
            line(ticket, "SideAnswerAdded", _actor(contact, record), now, cause=cause, message_id=record.id, data=data),
            silent=not _wakes(record),
        )
        self._uow.changed("ticket", ticket.id, "update", ticket.department_id)

    def _show(self, ticket: Ticket, arrival: Arrival, record: MessageRecord) -> None:
        at = min(arrival.item.received_at, self._round.now) if record.imported else self._round.now
        if at >= ticket.activity_at:
            ticket.activity_at = at
            ticket.snippet = record.snippet
        ticket.customer_wrote_at = max(at, ticket.customer_wrote_at or at)

    def _wake(self, ticket: Ticket, actor: Actor, reopened: str) -> list[TicketEvent]:
        events = []
        now, statuses = self._round.now, self._round.statuses
        if ticket.snoozed_until_at is not None:
            old = ticket.snoozed_until_at.isoformat()
            ticket.snoozed_until_at = None
            events.append(
                line(ticket, "Woken", actor, now, cause="The customer wrote.", change=("snoozed_until_at", old, None))
            )
        if ticket.category is not StatusCategory.OPEN:
            cause = reopened or "The customer wrote."
            events.append(
                change_status(ticket, statuses.by_id(ticket.status_id), statuses.working(), actor, now, cause)
            )
        return events

    def _gather_children(self, ticket: Ticket, arrival: Arrival) -> None:
        """Answers that came before this parent opened tickets of their own: bring those together, unless somebody
        already works on them (mail.md 6, "out of order")."""
        for child in list(self._round.referring(arrival.internet_id)):
            other = self._uow.tickets.survivor(child.ticket_id)
            if other is None or other.id == ticket.id or other.trashed_at is not None:
                continue
            if other.agent_replied_at is None and other.assignee_id is None and other.category is StatusCategory.OPEN:
                cause = "The mail that both tickets answer arrived later."
                absorb(self._uow, other, ticket, SYSTEM, self._round.now, cause=cause)
                self._round.moved(other.id, ticket.id)

    # -- a new ticket -------------------------------------------------------------------------------------------------

    def _open(self, arrival: Arrival, record: MessageRecord, join: Join, link: Link | None) -> Ticket:
        contact = self._contact(arrival, record.department_id)
        customer = self._round.customer(arrival)
        ticket = self._new_ticket(arrival, record, contact, customer, link)
        self._uow.tickets.add(ticket)
        self._round.opened(ticket.id)
        record.ticket_id = ticket.id
        record.contact_id = contact.id if contact is not None else None
        record.join_rule = join.rule.value
        record.join_reason = join.stored()
        store(self._round, record, arrival.parsed)
        ticket.last_message_id = record.id
        ticket.has_attachments = any(not a.inline for a in record.attachments)
        if not record.classification.is_machine_answer:
            ticket.last_inbound_id = record.id
        self._uow.tickets.save(ticket)
        data = {"rule": join.rule.value, **join.evidence}
        if link is not None:
            data["linked"] = {"kind": link.kind.value, "ticket_id": link.ticket_id}
        event = line(
            ticket,
            "TicketCreated",
            _actor(contact, record),
            self._round.now,
            cause=join.reason,
            change=("status", None, self._round.statuses.by_id(ticket.status_id).key),
            message_id=record.id,
            data=data,
        )
        self._round.record(event, silent=not _wakes(record))
        self._uow.changed("ticket", ticket.id, "insert", ticket.department_id)
        return ticket

    def _new_ticket(
        self, arrival: Arrival, record: MessageRecord, contact: Contact | None, customer: Address, link: Link | None
    ) -> Ticket:
        item, parsed, now = arrival.item, arrival.parsed, self._round.now
        returned = record.classification is Classification.BOUNCE
        status = self._round.statuses.closed() if item.archive or returned else self._round.statuses.initial()
        at = min(item.received_at, now) if record.imported else now
        account = self._round.account(item.account_id)
        return Ticket(
            id=0,
            number=self._uow.tickets.next_number(self._round.settings.number_format),
            department_id=record.department_id,
            account_id=item.account_id,
            channel=account.channel if account is not None else "email",
            subject=parsed.subject,
            status_id=status.id,
            category=status.category,
            requester_id=contact.id if contact is not None else None,
            requester_name=customer.name or (contact.name if contact else "") or customer.email,
            requester_email=customer.email,
            created_at=at,
            updated_at=now,
            activity_at=at,
            language=parsed.language,
            snippet=record.snippet,
            message_count=1,
            imported=record.imported,
            spam=parsed.spam,
            customer_wrote_at=None if returned else at,
            closed_at=at if status.category is StatusCategory.CLOSED else None,
            follows_id=link.ticket_id if link is not None else None,
            link_kind=link.kind if link is not None else LinkKind.NONE,
            mailbox_ids=(item.account_id,),
        )

    def _contact(self, arrival: Arrival, department_id: int) -> Contact | None:
        parsed = arrival.parsed
        customer = self._round.customer(arrival)
        if not customer.email or "@" not in customer.email or parsed.classification is Classification.BOUNCE:
            return None
        contact = self._uow.contacts.get_or_create(
            customer.email,
            customer.name or customer.email.partition("@")[0],
            language=parsed.language,
            department_id=department_id,
            at=self._round.now,
        )
        failing = any(a.address == customer.email and a.failing_since_at is not None for a in contact.addresses)
        if failing and parsed.classification is Classification.NORMAL and not arrival.item.archive:
            self._uow.contacts.mark_working(customer.email)  # the person has just written from it
        return contact


def _wakes(record: MessageRecord) -> bool:
    return not record.imported and record.classification in {Classification.NORMAL, Classification.LIST}


def _actor(contact: Contact | None, record: MessageRecord) -> Actor:
    if contact is None:
        return Actor(ActorKind.CONTACT, None, record.author_name) if record.author_name else SYSTEM
    return Actor(ActorKind.CONTACT, contact.id, record.author_name or contact.name)
