"""What one round of intake knows: settings, statuses and stored relatives, read once for many messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from desk_app.domain.contacts.blocking import SenderBlock, block_of
from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.content import PreparedContent
from desk_app.domain.messages.model import Address, Classification, ParsedMessage
from desk_app.domain.messages.reply_ids import ReplyIds, tokens_in
from desk_app.domain.messages.side_conversations import SideConversation, joined_people
from desk_app.domain.tickets.model import Ticket, TicketEvent
from desk_app.domain.tickets.numbers import numbers_in_subject
from desk_app.services.messages.customers import customer_of
from desk_app.services.ports.messages import KnownMessage, MessageRecord
from desk_app.services.ports.outside import Reading
from desk_app.services.ports.sync import InboundItem, OutboxItem, OutboxState
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.tickets.statuses import Statuses


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail of the ledger, read. `internet_id` is its Message-ID or the synthetic one.

    `content` is its body, where a plugin changed what it says: then it is final.
    """

    item: InboundItem
    reading: Reading
    internet_id: str
    content: PreparedContent | None = None

    @property
    def parsed(self) -> ParsedMessage:
        """What the mail says."""
        return self.reading.parsed


class Round:
    """Reads once what the messages of one transaction share, and keeps it right while they are placed."""

    def __init__(
        self,
        uow: UnitOfWork,
        reply_ids: ReplyIds,
        arrivals: Sequence[Arrival],
        *,
        reader_version: int,
        released: frozenset[int] = frozenset(),
        matches: Mapping[int, int] | None = None,
    ) -> None:
        self.uow = uow
        self.reply_ids = reply_ids
        self.reader_version = reader_version
        self.matches = matches or {}
        """The tickets that plugins name for ledger rows the desk finds none for."""
        self.now: datetime = uow.now()
        self.settings = uow.settings.desk()
        self.own_addresses = uow.accounts.own_addresses()
        self.statuses = Statuses(uow.tickets.statuses())
        self._accounts: dict[int, Account | None] = {}
        self._participants: dict[int, frozenset[str]] = {}
        self._sides: dict[int, Sequence[SideConversation]] = {}
        self._known: defaultdict[str, list[KnownMessage]] = defaultdict(list)
        self._released = released
        self._blocks = uow.sender_blocks.among([one for arrival in arrivals for one in self._senders(arrival)])
        self._waiting: list[OutboxItem] | None = None
        self._events: list[TicketEvent] = []
        self._ledger: list[InboundItem] = []
        wanted = sorted({i for arrival in arrivals for i in named_ids(arrival)})
        for internet_id, known in uow.messages.by_internet_ids(wanted).items():
            self._known[internet_id].extend(known)
        self._referring: defaultdict[str, list[KnownMessage]] = defaultdict(list)
        for internet_id, known in uow.messages.referring_to_any(wanted).items():
            self._referring[internet_id].extend(known)
        self._rows: defaultdict[str, list[InboundItem]] = defaultdict(list)
        for internet_id, rows in uow.inbound.by_internet_ids([a.internet_id for a in arrivals]).items():
            self._rows[internet_id].extend(rows)

    def prefetch(self, arrivals: Sequence[Arrival]) -> None:
        """Read together what placing these mails is going to ask for one by one; makes nothing but speed."""
        known = [*self._known.values(), *self._referring.values()]
        tickets = sorted({k.ticket_id for found in known for k in found})
        numbers = {number for arrival in arrivals for number in numbers_in_subject(arrival.parsed.subject)}
        self.uow.tickets.prefetch(tickets, sorted(numbers))
        self._sides.update(self.uow.side_conversations.of_tickets(tickets))
        for ticket_id, people in self.uow.tickets.participants_of(tickets).items():
            self._participants[ticket_id] = people - self.own_addresses
        customers = (self.customer(arrival) for arrival in arrivals)
        self.uow.contacts.prefetch(sorted({c.email.strip().lower() for c in customers if c.email}))
        self.uow.blobs.prefetch([a.sha256 for arrival in arrivals for a in arrival.parsed.attachments if a.sha256])

    def account(self, account_id: int) -> Account | None:
        """Return an account, deleted ones too where the ledger still knows them."""
        if account_id not in self._accounts:
            self._accounts[account_id] = self.uow.accounts.get(account_id)
        return self._accounts[account_id]

    def known(self, internet_id: str) -> Sequence[KnownMessage]:
        """Return the stored messages with a Message-ID that some arrival of this round names."""
        return self._known.get(internet_id, ())

    def referring(self, internet_id: str) -> Sequence[KnownMessage]:
        """Return the stored messages that refer to a Message-ID which some arrival of this round names."""
        return self._referring.get(internet_id, ())

    def twins(self, item: InboundItem) -> Sequence[InboundItem]:
        """Return the other ledger rows of the same mail: same Message-ID and same content."""
        rows = self._rows.get(item.internet_id, ())
        return [row for row in rows if row.id != item.id and row.content_hash == item.content_hash]

    def record(self, *events: TicketEvent, silent: bool = False) -> None:
        """Note history lines; written together by `write`. With `silent` nobody is told of them (NT-04)."""
        self._events += [replace(event, silent=True) for event in events] if silent else events

    def processed(self, item: InboundItem) -> None:
        """Note a ledger row whose mail has been placed; written by `write`."""
        self._ledger.append(item)
        self._rows[item.internet_id] = [row for row in self._rows[item.internet_id] if row.id != item.id] + [item]

    def write(self) -> None:
        """Write history lines and ledger rows; called at the end of the round, in its transaction."""
        self.uow.tickets.record(self._events)
        self.uow.inbound.save_all(self._ledger)
        self._events, self._ledger = [], []

    def participants(self, ticket_id: int) -> frozenset[str]:
        """Return everybody who stands in a ticket's messages; the desk's own addresses are nobody's proof."""
        if ticket_id not in self._participants:
            self._participants[ticket_id] = self.uow.tickets.participants(ticket_id) - self.own_addresses
        return self._participants[ticket_id]

    def sides(self, ticket_id: int) -> Sequence[SideConversation]:
        """Return the side conversations of a ticket, oldest first."""
        if ticket_id not in self._sides:
            self._sides.update(self.uow.side_conversations.of_tickets([ticket_id]))
        return self._sides[ticket_id]

    def side_grew(self, side: SideConversation, person: Address) -> None:
        """Take note that somebody answered in a side conversation."""
        people = joined_people(side.people, [person])
        if people != side.people:
            self.uow.side_conversations.set_people(side.id, people)
            self._sides.pop(side.ticket_id, None)

    def customer(self, arrival: Arrival) -> Address:
        """Return who wrote (see `customer_of`)."""
        return customer_of(arrival.parsed, self.account(arrival.item.account_id), self.own_addresses)

    def block(self, arrival: Arrival) -> SenderBlock | None:
        """Return what holds a mail back because of who sent it (CU-09). Bounces come through: they tell of our own
        mail."""
        if not self._blocks or arrival.item.id in self._released:
            return None
        if arrival.parsed.classification is Classification.BOUNCE:
            return None
        return block_of(self._senders(arrival), self._blocks)

    def _senders(self, arrival: Arrival) -> list[str]:
        senders = (arrival.parsed.from_.email, self.customer(arrival).email)
        return [one for one in dict.fromkeys(senders) if one and one not in self.own_addresses]

    def opened(self, ticket_id: int) -> None:
        """Take note of a new ticket: nobody stands in it yet."""
        self._participants[ticket_id] = frozenset()
        self._sides[ticket_id] = ()

    def ticket_of(self, row: InboundItem) -> Ticket | None:
        """Return the ticket of the message that was made of a ledger row."""
        if not row.message_id:
            return None
        known = next((k for k in self.known(row.internet_id) if k.id == row.message_id), None)
        if known is not None:
            return self.uow.tickets.survivor(known.ticket_id)
        message = self.uow.messages.get(row.message_id)
        return self.uow.tickets.survivor(message.ticket_id) if message is not None else None

    def stored(self, record: MessageRecord) -> None:
        """Take note of a message stored in this round."""
        known = KnownMessage(
            id=record.id,
            ticket_id=record.ticket_id,
            account_id=record.account_id,
            direction=record.direction,
            internet_id=record.internet_id,
            content_hash=record.content_hash,
            side_conversation_id=record.side_conversation_id,
        )
        self._known[record.internet_id].append(known)
        for internet_id in record.refers_to:
            self._referring[internet_id].append(known)
        if record.ticket_id in self._participants:
            people = {address.email for _, address in record.addresses if address.email}
            self._participants[record.ticket_id] |= people - self.own_addresses

    def moved(self, ticket_id: int, target_id: int) -> None:
        """Take note that a ticket's messages went to another one."""
        for known in (*self._known.values(), *self._referring.values()):
            known[:] = [replace(k, ticket_id=target_id) if k.ticket_id == ticket_id else k for k in known]
        self._participants.clear()
        self._sides.clear()

    def waiting_mail(self) -> Sequence[OutboxItem]:
        """Return outgoing mail that an arriving message may settle: not sent yet, or with an unclear outcome."""
        if self._waiting is None:
            states = (OutboxState.HELD, OutboxState.QUEUED, OutboxState.UNKNOWN)
            self._waiting = [
                item
                for item in self.uow.outbox.listed(states)
                if item.cancel_on_reply or item.state is OutboxState.UNKNOWN
            ]
        return self._waiting

    def settled(self, item: OutboxItem) -> None:
        """Forget a mail of `waiting_mail`."""
        self._waiting = [other for other in self.waiting_mail() if other.id != item.id]


def named_ids(arrival: Arrival) -> Iterable[str]:
    """Return every Message-ID that may lead from a mail to a stored one, its own included."""
    parsed = arrival.parsed
    yield arrival.internet_id
    yield from parsed.in_reply_to
    yield from parsed.references
    yield from parsed.bounce_refs
    yield from (bounce.original_message_id for bounce in parsed.bounce if bounce.original_message_id)
    yield from addressed_ids(parsed)


def addressed_ids(parsed: ParsedMessage) -> Sequence[str]:
    """Return the Message-IDs that plus-addresses of a mail stand for (see `ReplyIds.plus_address`), proven or not."""
    found = []
    for address in (*(a.email for a in (*parsed.to, *parsed.cc)), *parsed.delivered_to):
        domain = address.rpartition("@")[2].lower()
        found += [f"{token}@{domain}" for token in tokens_in([address])]
    return found
