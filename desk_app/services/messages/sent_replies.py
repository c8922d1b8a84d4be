"""What a reply changes in its ticket when it is queued, and how that is put back when it is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Ticket, TicketEvent
from desk_app.plugin_api.data import Change
from desk_app.services.plugins.guarding import CHANGE_GUARD, ask
from desk_app.services.plugins.views import agent_view
from desk_app.services.ports.hooks import Hooks
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.sync import OutboxItem
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.tickets.history import line
from desk_app.services.tickets.joining import refresh
from desk_app.services.tickets.results import CommandRefusedError
from desk_app.services.tickets.statuses import Statuses, change_status
from desk_app.services.tickets.watching import remove_watcher

_CHOSEN = "Chosen with the reply."
_TAKEN_BACK = "The reply was taken back."


def note_reply(
    uow: UnitOfWork,
    ticket: Ticket,
    record: MessageRecord,
    item: OutboxItem,
    actor: Actor,
    *,
    then_status: str,
    then_assign: int | None,
    choices: Mapping[str, Any],
) -> None:
    """Count a queued reply in its ticket, and give the ticket the status and the agent chosen with it (CO-10).
    `choices` are kept in its history line for the case that it is taken back.

    Raises CommandRefusedError where that agent is gone.
    """
    at = record.created_at
    statuses = Statuses(uow.tickets.statuses())
    old = statuses.by_id(ticket.status_id)
    new = statuses.by_key(then_status, ticket.department_id) if then_status else old
    if not then_status and old.id == statuses.initial().id:
        new = statuses.working()
    data = {"outbox_id": item.id, "state": item.state.value, "status_before": old.key, "status_after": new.key}
    data |= choices
    assigned = _assigned(uow, ticket, then_assign, actor, record)
    if assigned is not None:
        data |= {"assignee_before": assigned.data["agent_before"], "assignee_after": assigned.data["agent_id"]}
    events = [line(ticket, "ReplyQueued", actor, at, message_id=record.id, data=data)]
    if new.id != old.id:
        events.append(change_status(ticket, old, new, actor, at, _CHOSEN if then_status else ""))
    if assigned is not None:
        events.append(assigned)
    ticket.snippet = record.snippet
    ticket.agent_replied_at = at
    ticket.first_response_at = ticket.first_response_at or at
    count_sent(uow, ticket, record, item, events, actor)


def count_sent(
    uow: UnitOfWork,
    ticket: Ticket,
    record: MessageRecord,
    item: OutboxItem,
    events: Sequence[TicketEvent],
    actor: Actor,
) -> None:
    """Count a queued message in its ticket, which its writer has read to the end, and write the history lines."""
    ticket.message_count += 1
    ticket.last_message_id = record.id
    ticket.has_attachments |= any(not a.inline for a in record.attachments)
    ticket.updated_at = ticket.activity_at = record.created_at
    if item.account_id not in ticket.mailbox_ids:
        ticket.mailbox_ids = (*ticket.mailbox_ids, item.account_id)
    uow.tickets.save(ticket)
    uow.tickets.record(events)
    if actor.agent_id is not None:
        uow.tickets.mark_seen(ticket.id, actor.agent_id, record.id)
    uow.changed("ticket", ticket.id, "update", ticket.department_id)


def refuse_choices(
    hooks: Hooks, uow: UnitOfWork, ticket: Ticket, actor: Actor, *, then_status: str, then_assign: int | None
) -> None:
    """Raise CommandRefusedError where a plugin denies the status or the agent chosen with a reply. Only in work that is
    done by `asked_before`, and before anything is written."""
    if not hooks.wants(CHANGE_GUARD) or not (then_status or then_assign):
        return
    statuses = Statuses(uow.tickets.statuses())
    changes = []
    if then_status:
        old, new = statuses.by_id(ticket.status_id), statuses.by_key(then_status, ticket.department_id)
        changes += [Change("status", old.key, new.key)] if old.id != new.id else []
    if then_assign is not None and then_assign != ticket.assignee_id:
        found = [uow.people.agent(one) if one is not None else None for one in (ticket.assignee_id, then_assign)]
        before, after = (agent_view(one) if one is not None else None for one in found)
        changes.append(Change("assignee", before, after))
    ask(hooks, uow, ticket, actor, *changes)


def _assigned(
    uow: UnitOfWork, ticket: Ticket, agent_id: int | None, actor: Actor, record: MessageRecord
) -> TicketEvent | None:
    if agent_id is None or agent_id == ticket.assignee_id:
        return None
    agent = uow.people.agent(agent_id)
    if agent is None or not agent.active:
        raise CommandRefusedError("There is no such active agent.")
    before = uow.people.agent(ticket.assignee_id) if ticket.assignee_id is not None else None
    data = {"agent_id": agent.id, "agent_before": ticket.assignee_id}
    ticket.assignee_id = agent.id
    change = ("assignee", before.name if before else None, agent.name)
    return line(ticket, "AssigneeChanged", actor, record.created_at, cause=_CHOSEN, change=change, data=data)


def forget_reply(uow: UnitOfWork, ticket: Ticket, record: MessageRecord, actor: Actor) -> None:
    """Give a ticket back the status and the agent it had before a reply that was taken back, where nobody chose others
    since: a reply for later may have waited for days."""
    at = uow.now()
    events: list[TicketEvent] = [line(ticket, "ReplyUndone", actor, at, data={"message_id": record.id})]
    queued = queued_event(uow, record)
    events += status_back(uow, ticket, queued, actor, _TAKEN_BACK)
    data = queued.data if queued is not None else {}
    if "assignee_before" in data and ticket.assignee_id == data.get("assignee_after", ticket.assignee_id):
        events.extend(_assigned_back(uow, ticket, data["assignee_before"], actor))
    if ticket.first_response_at == record.created_at:
        ticket.first_response_at = None
    refresh(uow, ticket)
    ticket.updated_at = at
    uow.tickets.save(ticket)
    uow.tickets.record(events)


def forget_note(uow: UnitOfWork, ticket: Ticket, record: MessageRecord, actor: Actor) -> None:
    """Let a ticket forget a note that was taken back, and those watch it no more who began to because of it."""
    at, events = uow.now(), uow.tickets.events(ticket.id)
    added = next((e for e in events if e.kind == "NoteAdded" and e.message_id == record.id), None)
    named = {int(one["id"]) for one in added.data.get("mentions", ())} if added is not None else set()
    for event in events:
        if event.kind == "Watched" and event.at == record.created_at and event.data["agent_id"] in named:
            agent = uow.people.agent(int(event.data["agent_id"]))
            if agent is not None:
                remove_watcher(uow, ticket, agent, actor, at, cause="The note was taken back.")
    refresh(uow, ticket)
    ticket.updated_at = at
    uow.tickets.save(ticket)
    uow.tickets.record([line(ticket, "NoteUndone", actor, at, data={"message_id": record.id})])
    uow.changed("ticket", ticket.id, "update", ticket.department_id)


def queued_event(uow: UnitOfWork, record: MessageRecord) -> TicketEvent | None:
    """Return the history line of a message that was queued; it says what the ticket was before."""
    found = (e for e in uow.tickets.events(record.ticket_id) if e.message_id == record.id)
    return next((e for e in found if "outbox_id" in e.data), None)


def status_back(
    uow: UnitOfWork, ticket: Ticket, queued: TicketEvent | None, actor: Actor, cause: str
) -> list[TicketEvent]:
    """Give a ticket back the status it had before a message that is taken back, where nobody chose another since;
    returns what to write into the history."""
    if queued is None or not queued.data.get("status_before"):
        return []
    statuses = Statuses(uow.tickets.statuses())
    now = statuses.by_id(ticket.status_id)
    before = statuses.by_key(str(queued.data["status_before"]), ticket.department_id)
    if now.id == before.id or now.key != queued.data.get("status_after", now.key):
        return []
    return [change_status(ticket, now, before, actor, uow.now(), cause)]


def _assigned_back(uow: UnitOfWork, ticket: Ticket, agent_id: int | None, actor: Actor) -> list[TicketEvent]:
    if ticket.assignee_id == agent_id:
        return []
    now = uow.people.agent(ticket.assignee_id) if ticket.assignee_id is not None else None
    before = uow.people.agent(agent_id) if agent_id is not None else None
    data = {"agent_id": agent_id, "agent_before": ticket.assignee_id}
    ticket.assignee_id = agent_id
    change = ("assignee", now.name if now else None, before.name if before else None)
    return [line(ticket, "AssigneeChanged", actor, uow.now(), cause=_TAKEN_BACK, change=change, data=data)]
