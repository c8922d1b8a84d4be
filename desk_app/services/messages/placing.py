"""Puts one arrived mail where it belongs: our own mail again, a copy, a bounce, or a message of a ticket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from desk_app.domain.mailboxes.desk import TwoMailboxes
from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.model import Classification, Direction
from desk_app.domain.people.actor import SYSTEM
from desk_app.services.messages.bounces import place_bounce
from desk_app.services.messages.records import inbound_record
from desk_app.services.messages.round import Arrival, Round, named_ids
from desk_app.services.messages.threads import Threads
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.sync import InboundItem, InboundState, OutboxState
from desk_app.services.tickets.history import line

_SETTLED = frozenset({InboundState.DONE, InboundState.DUPLICATE, InboundState.PURGED})


class Placed(StrEnum):
    """What became of an arrived mail."""

    CREATED = "created"
    JOINED = "joined"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    BLOCKED = "blocked"


class Placement:
    """Places the mails of one round, each within the round's transaction."""

    def __init__(self, round_: Round) -> None:
        self._round = round_
        self._uow = round_.uow
        self._threads = Threads(round_)

    def place_all(self, arrivals: Sequence[Arrival]) -> Counter[Placed]:
        """Place the mails of the round and write what the round has gathered; returns how many became what."""
        tally = Counter(self.place(arrival) for arrival in arrivals)
        self._round.write()
        return tally

    def place(self, arrival: Arrival) -> Placed:
        """Store a mail as a message, or note why there is none, and write its ledger row."""
        item = arrival.item
        item.internet_id = arrival.internet_id
        item.content_hash = arrival.parsed.content_hash
        item.attempts += 1
        item.reason = ""
        placed = self._place(arrival)
        self._round.processed(item)
        return placed

    def _place(self, arrival: Arrival) -> Placed:
        if self._is_own(arrival):
            return self._own(arrival)
        block = self._round.block(arrival)
        if block is not None:
            arrival.item.state = InboundState.BLOCKED
            arrival.item.reason = f"Mail from {block.value} is blocked."
            self._uow.changed("inbound", arrival.item.id, "update", arrival.item.department_id)
            return Placed.BLOCKED
        twin = self._twin(arrival.item)
        if twin is not None and (twin.state is InboundState.PURGED or not self._wants_pair(twin, arrival.item)):
            return self._copy(arrival.item, twin)
        record = self._record(arrival)
        self._settle_waiting(arrival)
        if record.classification is Classification.BOUNCE and place_bounce(self._round, arrival, record) is not None:
            return self._done(arrival.item, record, Placed.JOINED)
        ticket = self._threads.place(arrival, record, twin)
        if ticket is None and twin is not None:
            return self._copy(arrival.item, twin)
        placed = Placed.CREATED if ticket is not None and ticket.message_count == 1 else Placed.JOINED
        return self._done(arrival.item, record, placed)

    def _done(self, item: InboundItem, record: MessageRecord, placed: Placed) -> Placed:
        item.state = InboundState.DONE
        item.message_id = record.id
        return placed

    def _record(self, arrival: Arrival) -> MessageRecord:
        item = arrival.item
        account = self._round.account(item.account_id)
        return inbound_record(
            self._round,
            arrival,
            department_id=account.department_id if account is not None else item.department_id,
            imported=item.archive or _came_before(account, item),
        )

    # -- our own mail -------------------------------------------------------------------------------------------------

    def _is_own(self, arrival: Arrival) -> bool:
        """Whether this desk sent the mail (pains.md 8): its header proves it, or it carries a Message-ID and a sender
        of ours.
        """
        parsed = arrival.parsed
        instance = self._round.settings.instance_id
        if instance and parsed.origin_instance == instance:
            if self._round.reply_ids.is_origin(parsed.origin_token, arrival.internet_id):
                return True
            if self._uow.outbox.by_internet_id(arrival.internet_id) is not None:
                return True  # another machine of the team sealed it with its own key
        if parsed.from_.email not in self._round.own_addresses:
            return False
        return any(known.direction is Direction.OUTBOUND for known in self._round.known(arrival.internet_id))

    def _own(self, arrival: Arrival) -> Placed:
        item = arrival.item
        item.state = InboundState.IGNORED
        item.reason = "This desk sent the mail itself."
        sent = next((k for k in self._round.known(item.internet_id) if k.direction is Direction.OUTBOUND), None)
        if sent is not None:
            item.message_id = sent.id
        self._settle_waiting(arrival)
        return Placed.IGNORED

    def _settle_waiting(self, arrival: Arrival) -> None:
        """Settle outgoing mail that this arrival says something about: an answer to a mail with an unclear outcome
        proves that it left; a mail for later is given up when the customer writes first (CO-03)."""
        waiting = self._round.waiting_mail()
        if not waiting:
            return
        named = set(named_ids(arrival))
        tickets = {
            known.ticket_id
            for internet_id in named
            for known in self._round.known(internet_id)
            if known.side_conversation_id is None  # a third party's answer is not the customer's (IN-18)
        }
        for item in waiting:
            if item.state is OutboxState.UNKNOWN:
                if item.internet_id in named:
                    proof = "Mail that names this one arrived: it has left."
                    self._uow.outbox.transition(item.id, [OutboxState.UNKNOWN], OutboxState.SENT, response=proof)
                    self._round.settled(item)
            elif item.ticket_id in tickets and arrival.parsed.classification is Classification.NORMAL:
                states = [OutboxState.HELD, OutboxState.QUEUED]
                if self._uow.outbox.transition(
                    item.id, states, OutboxState.CANCELLED, response="The customer wrote first."
                ):
                    self._round.settled(item)

    # -- copies -------------------------------------------------------------------------------------------------------

    def _twin(self, item: InboundItem) -> InboundItem | None:
        """The same mail (Message-ID and content), taken in before: this mailbox's first, then the one with the
        message.
        """
        settled = [t for t in self._round.twins(item) if t.state in _SETTLED]
        settled.sort(key=lambda t: (t.account_id != item.account_id, t.state is not InboundState.DONE, t.id))
        return settled[0] if settled else None

    def _wants_pair(self, twin: InboundItem, item: InboundItem) -> bool:
        return twin.account_id != item.account_id and self._round.settings.two_mailboxes is TwoMailboxes.PAIR

    def _copy(self, item: InboundItem, twin: InboundItem) -> Placed:
        item.message_id = twin.message_id
        if twin.state is InboundState.PURGED:
            item.state = InboundState.PURGED
            item.reason = "The mail was deleted for good; it does not come back (IN-32)."
            return Placed.IGNORED
        item.state = InboundState.DUPLICATE
        item.reason = f"The same mail as entry {twin.id} of the ledger."
        if twin.account_id != item.account_id:
            self._show_in_mailbox(item, twin)
        return Placed.DUPLICATE

    def _show_in_mailbox(self, item: InboundItem, twin: InboundItem) -> None:
        """One shared ticket is shown in both inboxes (MB-10)."""
        ticket = self._round.ticket_of(twin)
        if ticket is None or item.account_id in ticket.mailbox_ids:
            return
        ticket.mailbox_ids = (*ticket.mailbox_ids, item.account_id)
        self._uow.tickets.save(ticket)
        account = self._round.account(item.account_id)
        cause = "The same mail arrived in a second mailbox; the desk shares one ticket."
        name = account.name if account is not None else str(item.account_id)
        change = ("mailbox", None, name)
        self._round.record(
            line(
                ticket, "MailboxAdded", SYSTEM, self._round.now, cause=cause, change=change, message_id=twin.message_id
            )
        )
        self._uow.changed("ticket", ticket.id, "update", ticket.department_id)


def _came_before(account: Account | None, item: InboundItem) -> bool:
    """Whether a mail lay on the server before the mailbox was connected: it triggers nothing (MB-08)."""
    connected_at = account.policy.connected_at if account is not None else None
    return connected_at is not None and item.received_at < connected_at
