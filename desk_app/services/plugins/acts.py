"""Says in hooks what lines of the history tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from desk_app.domain.tickets.model import LinkKind, TicketEvent
from desk_app.plugin_api.data import AgentView, Change, MessageView, TicketView
from desk_app.services.plugins.views import actor_view

HOOKS = (
    "ticket_created",
    "ticket_changed",
    "message_added",
    "ticket_merged",
    "ticket_deleted",
    "message_sent",
    "message_send_failed",
)
"""What is told from the history."""

_MESSAGES = frozenset(
    {
        "TicketCreated",
        "MessageAdded",
        "SideAnswerAdded",
        "ReplyQueued",
        "NoteAdded",
        "SideConversationStarted",
        "SideMessageQueued",
        "AutoAnswered",
    }
)


@dataclass(slots=True)
class Act:
    """Lines of one ticket that one act wrote, in order."""

    ticket_id: int
    events: list[TicketEvent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """What the lines of a round name. `agents` are by id, `tickets_by_number` are the ids of merged tickets."""

    tickets: Mapping[int, TicketView]
    messages: Mapping[int, MessageView]
    agents: Mapping[int, AgentView] = field(default_factory=dict)
    tickets_by_number: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an event hook. `event_id` is the first line it tells of."""

    hook: str
    event_id: int
    arguments: Mapping[str, Any]


def acts_of(events: Iterable[TicketEvent]) -> list[Act]:
    """Put together what one act wrote: same ticket, same actor, same instant, nothing between."""
    acts: list[Act] = []
    last: dict[int, Act] = {}
    for event in events:
        act = last.get(event.ticket_id)
        if act is None or not _same(act.events[-1], event):
            act = last[event.ticket_id] = Act(event.ticket_id)
            acts.append(act)
        act.events.append(event)
    return acts


def whole_acts(events: Sequence[TicketEvent], *, more: bool) -> Sequence[TicketEvent]:
    """Leave out an act at the end that may go on beyond these events, unless there is nothing else."""
    if not more or not events:
        return events
    end = len(events)
    while end and events[end - 1].ticket_id == events[-1].ticket_id and _same(events[end - 1], events[-1]):
        end -= 1
    return events[:end] or events


def calls_of(act: Act, known: Known) -> Iterator[Call]:
    """Yield what an act is told as. A ticket that is gone for good is only told of as deleted."""
    ticket = known.tickets.get(act.ticket_id)
    changes = [(one.id, change) for one in act.events if (change := _change(one, known)) is not None]
    merged = [(one.id, int(one.data["source_id"])) for one in act.events if one.kind == "TicketAbsorbed"]
    for event in act.events:
        if event.kind == "Trashed":
            arguments = {"ticket_id": act.ticket_id, "actor": actor_view(event.actor)}
            yield Call("ticket_deleted", event.id, arguments)
        if ticket is None:
            continue
        yield from _created(event, ticket)
        yield from _about_message(event, ticket, known)
        if changes and changes[0][0] == event.id:
            told = tuple(change for _, change in changes)
            yield Call(
                "ticket_changed", event.id, {"ticket": ticket, "changes": told, "actor": actor_view(event.actor)}
            )
        if merged and merged[0][0] == event.id:
            ids = tuple(source for _, source in merged)
            yield Call("ticket_merged", event.id, {"ticket": ticket, "merged_ids": ids})


def _same(one: TicketEvent, other: TicketEvent) -> bool:
    return one.at == other.at and one.actor == other.actor


def _created(event: TicketEvent, ticket: TicketView) -> Iterator[Call]:
    if event.kind == "TicketCreated":
        yield Call("ticket_created", event.id, {"ticket": ticket, "source": _source(event, ticket)})


def _source(event: TicketEvent, ticket: TicketView) -> str:
    if event.data.get("linked", {}).get("kind") == LinkKind.SPLIT.value:
        return "split"
    if event.actor.kind == "agent":
        return "agent"
    return "mail" if ticket.channel == "email" else ticket.channel


def _about_message(event: TicketEvent, ticket: TicketView, known: Known) -> Iterator[Call]:
    message = known.messages.get(event.message_id) if event.message_id is not None else None
    if message is None:
        return
    about: dict[str, Any] = {"ticket": ticket, "message": message}
    if event.kind in _MESSAGES:
        yield Call("message_added", event.id, about | {"actor": actor_view(event.actor)})
    elif event.kind == "ReplySent":
        yield Call("message_sent", event.id, about | {"receipt": event.cause})
    elif event.kind == "ReplyFailed":
        yield Call("message_send_failed", event.id, about | {"error": event.cause, "will_retry": False})


def _change(event: TicketEvent, known: Known) -> Change | None:
    make = _CHANGES.get(event.kind)
    return make(event, known) if make is not None else None


def _plain(name: str) -> Callable[[TicketEvent, Known], Change]:
    return lambda event, _known: Change(name, event.old, event.new)


def _instants(name: str) -> Callable[[TicketEvent, Known], Change]:
    return lambda event, _known: Change(name, _instant(event.old), _instant(event.new))


def _fixed(name: str, old: object, new: object) -> Callable[[TicketEvent, Known], Change]:
    return lambda _event, _known: Change(name, old, new)


def _assignee(event: TicketEvent, known: Known) -> Change:
    old = _agent(event.data.get("agent_before"), event.old, known)
    return Change("assignee", old, _agent(event.data.get("agent_id"), event.new, known))


def _agent(agent_id: Any, name: str | None, known: Known) -> AgentView | None:
    if agent_id is None:
        return AgentView(0, name, "") if name else None
    return known.agents.get(int(agent_id)) or AgentView(int(agent_id), name or "", "")


def _tags(event: TicketEvent, _known: Known) -> Change:
    old, new = (tuple(one for one in (text or "").split(", ") if one) for text in (event.old, event.new))
    return Change("tags", old, new)


def _unmerged(event: TicketEvent, known: Known) -> Change:
    return Change("merged", known.tickets_by_number.get(event.old or ""), None)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_CHANGES: Mapping[str, Callable[[TicketEvent, Known], Change]] = {
    "StatusChanged": _plain("status"),
    "PriorityChanged": _plain("priority"),
    "SubjectChanged": _plain("subject"),
    "AssigneeChanged": _assignee,
    "TagsChanged": _tags,
    "Moved": _plain("department"),
    "MailboxChanged": _plain("mailbox"),
    "RequesterChanged": _plain("requester"),
    "DueChanged": _instants("due"),
    "Snoozed": _instants("snoozed"),
    "Woken": _instants("snoozed"),
    "MarkedSpam": _fixed("spam", False, True),
    "ClearedSpam": _fixed("spam", True, False),
    "Restored": _fixed("trashed", True, False),
    "TicketUnmerged": _unmerged,
}
