"""Who is told of which line of a ticket's history, and why (NT-02, NT-04). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from desk_app.domain.notifications.model import NoticeKind
from desk_app.domain.people.actor import ActorKind
from desk_app.domain.tickets.model import Bucket, TicketEvent

_FAILURES = {"ReplyFailed": "failed", "ReplyUnknown": "unknown", "DeliveryFailed": "bounced"}
_DETAILS = {**_FAILURES, "SideAnswerAdded": "side"}

TELLING = frozenset({"AssigneeChanged", "NoteAdded", "MessageAdded", "TicketCreated", "Woken", *_DETAILS})
"""Kinds of history lines somebody may be told of; all others cost nothing."""

_DEAF = frozenset({Bucket.SPAM, Bucket.TRASH, Bucket.MERGED})
_RANK = {kind: place for place, kind in enumerate(NoticeKind)}


@dataclass(frozen=True, slots=True)
class TicketPeople:
    """Who has to do with a ticket when the transaction ends."""

    ticket_id: int
    department_id: int
    bucket: Bucket
    assignee_id: int | None = None
    watcher_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Desk:
    """Who works here: active agents, and those of each department."""

    active: frozenset[int]
    members: Mapping[int, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """One agent is told of one event."""

    agent_id: int
    kind: NoticeKind
    event: TicketEvent
    detail: str = ""
    """For a failed reply: failed, unknown or bounced; for an answer in a side conversation: side."""


def who_is_told(
    events: Iterable[TicketEvent],
    tickets: Mapping[int, TicketPeople],
    desk: Desk,
    authors: Mapping[int, int] | None = None,
) -> Sequence[Told]:
    """Return who is told of the events of one transaction, in their order.

    Never the agent who did it, nobody of a silent event (imported mail, automatic answers), nobody of spam, trash and
    merged tickets. Of one message or one ticket an agent is told once, for the strongest reason. `authors` maps message
    ids to the agents who wrote them.
    """
    found: dict[tuple[int, int, int | None], Told] = {}
    for event in events:
        ticket = tickets.get(event.ticket_id)
        if event.silent or ticket is None or (ticket.bucket in _DEAF and event.kind not in _FAILURES):
            continue
        own = event.actor.agent_id
        for agent_id, kind in _wanted(event, ticket, desk, authors or {}):
            if agent_id == own or agent_id not in desk.active:
                continue
            key = (agent_id, event.ticket_id, event.message_id)
            before = found.get(key)
            if before is None or _RANK[kind] < _RANK[before.kind]:
                found[key] = Told(agent_id, kind, event, _DETAILS.get(event.kind, ""))
    wrote = {(one.agent_id, one.event.ticket_id) for one in found.values() if one.kind is NoticeKind.CUSTOMER_WROTE}
    return [
        one
        for one in found.values()
        if one.kind is not NoticeKind.WOKEN or (one.agent_id, one.event.ticket_id) not in wrote
    ]


def _wanted(
    event: TicketEvent, ticket: TicketPeople, desk: Desk, authors: Mapping[int, int]
) -> Iterable[tuple[int, NoticeKind]]:
    concerned = sorted({*ticket.watcher_ids, *([ticket.assignee_id] if ticket.assignee_id is not None else [])})
    if event.kind in _FAILURES:
        author = authors.get(event.message_id or 0)
        return _each({*concerned, *([author] if author is not None else [])}, NoticeKind.SEND_FAILED)
    if event.kind == "AssigneeChanged":
        wanted = event.data.get("agent_id")
        return _each({wanted} if isinstance(wanted, int) and ticket.assignee_id == wanted else (), NoticeKind.ASSIGNED)
    if event.kind == "NoteAdded":
        mentioned = [one["id"] if isinstance(one, dict) else one for one in event.data.get("mentions", ())]
        return [*_each(mentioned, NoticeKind.MENTIONED), *_each(concerned, NoticeKind.NOTE_ADDED)]
    if event.kind == "TicketCreated":
        return _of_new_ticket(ticket, concerned, desk)
    if event.kind == "Woken":
        return _each(concerned, NoticeKind.WOKEN)
    return _each(concerned if event.actor.kind is ActorKind.CONTACT else (), NoticeKind.CUSTOMER_WROTE)


def _of_new_ticket(ticket: TicketPeople, concerned: Iterable[int], desk: Desk) -> Iterable[tuple[int, NoticeKind]]:
    if ticket.assignee_id is not None:
        return _each([ticket.assignee_id], NoticeKind.ASSIGNED)
    if ticket.bucket not in {Bucket.OPEN, Bucket.WAITING}:
        return ()
    return [
        *_each(desk.members.get(ticket.department_id, ()), NoticeKind.NEW_TICKET),
        *_each(concerned, NoticeKind.CUSTOMER_WROTE),
    ]


def _each(agent_ids: Iterable[int], kind: NoticeKind) -> Iterable[tuple[int, NoticeKind]]:
    return [(agent_id, kind) for agent_id in sorted(agent_ids)]
