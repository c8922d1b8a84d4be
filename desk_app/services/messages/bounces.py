"""Mail that came back: joins the mail it returns, marks the address, changes nothing else (MB-22, mail.md 6)."""

from __future__ import annotations

from desk_app.domain.messages.model import Direction
from desk_app.domain.messages.threading import JoinRule
from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.tickets.model import Ticket
from desk_app.services.messages.records import store
from desk_app.services.messages.round import Arrival, Round
from desk_app.services.ports.messages import KnownMessage, MessageRecord
from desk_app.services.tickets.history import line


def place_bounce(round_: Round, arrival: Arrival, record: MessageRecord) -> Ticket | None:
    """Attach a delivery failure to the mail it returns; None where the desk does not know that mail.

    The ticket is neither reopened nor moved up in the list. Addresses are marked failing only for mail that the desk
    sent itself: anybody can write a delivery report about somebody else's mail.
    """
    original = _original(round_, arrival)
    ticket = round_.uow.tickets.survivor(original.ticket_id) if original is not None else None
    if original is None or ticket is None:
        return None
    record.ticket_id = ticket.id
    record.department_id = ticket.department_id
    record.side_conversation_id = original.side_conversation_id
    record.join_rule = JoinRule.RETURNED_MAIL.value
    reason = f"The delivery report returns message {original.internet_id} of this ticket."
    record.join_reason = {"reason": reason, "message_id": original.id, "internet_id": original.internet_id}
    store(round_, record, arrival.parsed)
    ticket.message_count += 1
    ticket.last_message_id = record.id
    ticket.updated_at = round_.now
    events = [line(ticket, "MessageAdded", SYSTEM, round_.now, cause=reason, message_id=record.id)]
    if original.direction is Direction.OUTBOUND:
        events += [
            line(
                ticket,
                "DeliveryFailed",
                SYSTEM,
                round_.now,
                cause=response,
                change=("recipient", None, address),
                message_id=original.id,
                data={"permanent": permanent},
            )
            for address, response, permanent in _mark(round_, arrival, original)
        ]
    round_.uow.tickets.save(ticket)
    round_.record(*events)
    round_.uow.changed("ticket", ticket.id, "update", ticket.department_id)
    return ticket


def _original(round_: Round, arrival: Arrival) -> KnownMessage | None:
    named = [b.original_message_id for b in arrival.parsed.bounce if b.original_message_id]
    found: list[KnownMessage] = []
    for internet_id in dict.fromkeys([*named, *arrival.parsed.bounce_refs, *arrival.parsed.in_reply_to]):
        known = sorted(round_.known(internet_id), key=lambda k: (k.direction is Direction.OUTBOUND, k.id))
        if known and known[-1].direction is Direction.OUTBOUND:
            return known[-1]
        found += known[-1:]
    return found[0] if found else None


def _mark(round_: Round, arrival: Arrival, original: KnownMessage) -> list[tuple[str, str, bool]]:
    marked = []
    for bounce in arrival.parsed.bounce:
        response = " ".join(part for part in (bounce.status, bounce.diagnostic) if part) or "returned"
        if bounce.permanent:
            round_.uow.outbox.mark_bounced(original.internet_id, bounce.recipient, response)
            if bounce.recipient:
                round_.uow.contacts.mark_failing(bounce.recipient, response, round_.now)
        marked.append((bounce.recipient, response, bounce.permanent))
    if not arrival.parsed.bounce:
        round_.uow.outbox.mark_bounced(original.internet_id, "", "returned")
        marked.append(("", "returned", True))
    return marked
