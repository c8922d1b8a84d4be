"""Puts fields of a ticket back to what they were, where nobody changed them since (IN-06, ui.md 4.6).

Fields are written down as JSON values, so that the way back survives the program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Priority, Ticket, TicketEvent
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.tickets.history import line
from desk_app.services.tickets.known import Known
from desk_app.services.tickets.watching import add_watchers, remove_watcher

Changes = Mapping[str, Sequence[Any]]
"""Field name to [value before, value after]."""
TAGS, SEEN, WATCHED = "tags", "seen", "watched"
_APART = frozenset({TAGS, SEEN, WATCHED})
"""Fields that do not stand in the ticket itself; the last two are the agent's own."""
_INSTANTS = frozenset({"closed_at", "snoozed_until_at", "trashed_at", "due_at"})
CHANGED = "Somebody changed the ticket in the meantime."


class ConflictError(Exception):
    """What is to be put back was changed since."""


def read_fields(
    uow: UnitOfWork, ticket: Ticket, names: Sequence[str], agent_id: int, seen: Mapping[int, int] | None = None
) -> dict[str, Any]:
    """Return fields of a ticket as JSON values; `seen` says how far the agent had read, for the field "seen"."""
    found: dict[str, Any] = {}
    for name in names:
        if name == TAGS:
            found[name] = list(uow.tickets.tags(ticket.id))
        elif name == SEEN:
            found[name] = (seen or {}).get(ticket.id)
        elif name == WATCHED:
            found[name] = agent_id in uow.watchers.of_ticket(ticket.id)
        else:
            found[name] = _plain(getattr(ticket, name))
    return found


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the fields that differ, as [value before, value after]."""
    return {name: [value, after[name]] for name, value in before.items() if value != after[name]}


class Restorer:
    """Puts tickets back inside one transaction."""

    def __init__(self, uow: UnitOfWork, actor: Actor, cause: str) -> None:
        self._uow, self._actor, self._cause = uow, actor, cause
        self._known = Known()

    def put_back(self, ticket: Ticket, changes: Changes) -> None:
        """Put fields of a ticket back. Raises ConflictError, before anything is written, where one of them was changed
        since; tags are compared one by one, and only those that came or went do so again."""
        uow, at = self._uow, self._uow.now()
        plain = {name: values for name, values in changes.items() if name not in _APART}
        if any(_plain(getattr(ticket, name)) != after for name, (_before, after) in plain.items()):
            raise ConflictError(CHANGED)
        events: list[TicketEvent] = []
        department_id = ticket.department_id
        if TAGS in changes:
            events += self._tags(ticket, changes[TAGS], at)
        for tell in (_assignee, _status, _priority, _subject, _requester, _snooze, _place, _due):
            events += tell(self, ticket, plain, at)
        for name, (before, _after) in plain.items():
            setattr(ticket, name, _rich(name, before))
        if "status_id" in plain:
            ticket.category = self._known.statuses(uow).by_id(ticket.status_id).category
        agent = self._known.agent(uow, self._actor.id)
        if SEEN in changes and agent is not None:
            uow.tickets.mark_seen(ticket.id, agent.id, changes[SEEN][0])
        if WATCHED in changes and agent is not None:
            if changes[WATCHED][0]:
                add_watchers(uow, ticket, [agent.id], self._actor, at, cause=self._cause)
            else:
                remove_watcher(uow, ticket, agent, self._actor, at, cause=self._cause)
        if plain or events:
            ticket.updated_at = at
            uow.tickets.save(ticket)
            uow.tickets.record([replace(one, department_id=ticket.department_id) for one in events])
            uow.changed("ticket", ticket.id, "update", ticket.department_id)
        if ticket.department_id != department_id:
            uow.changed("ticket", ticket.id, "update", department_id)

    def line(
        self,
        ticket: Ticket,
        kind: str,
        at: datetime,
        change: tuple[str, str | None, str | None] | None = None,
        data: dict[str, Any] | None = None,
    ) -> TicketEvent:
        """Return a line of history."""
        return line(ticket, kind, self._actor, at, cause=self._cause, change=change, data=data)

    @property
    def known(self) -> Known:
        """What was looked up."""
        return self._known

    @property
    def uow(self) -> UnitOfWork:
        """The transaction."""
        return self._uow

    def _tags(self, ticket: Ticket, change: Sequence[Sequence[str]], at: datetime) -> list[TicketEvent]:
        before, after = change
        now = self._uow.tickets.tags(ticket.id)
        came, gone = set(after) - set(before), set(before) - set(after)
        wanted = sorted((set(now) - came) | gone)
        if list(now) == wanted:
            return []
        self._uow.tickets.set_tags(ticket.id, wanted)
        return [self.line(ticket, "TagsChanged", at, ("tags", ", ".join(now), ", ".join(wanted)))]


def _assignee(restorer: Restorer, ticket: Ticket, changes: Changes, at: datetime) -> list[TicketEvent]:
    if "assignee_id" not in changes:
        return []
    wanted = changes["assignee_id"][0]
    names = [restorer.known.name(restorer.uow, one) for one in (ticket.assignee_id, wanted)]
    data = {"agent_id": wanted, "agent_before": ticket.assignee_id}
    return [restorer.line(ticket, "AssigneeChanged", at, ("assignee", names[0], names[1]), data)]


def _status(restorer: Restorer, ticket: Ticket, changes: Changes, at: datetime) -> list[TicketEvent]:
    if "status_id" not in changes:
        return []
    statuses = restorer.known.statuses(restorer.uow)
    old, new = statuses.by_id(ticket.status_id), statuses.by_id(changes["status_id"][0])
    data = {"old_category": old.category.value, "new_category": new.category.value}
    return [restorer.line(ticket, "StatusChanged", at, ("status", old.key, new.key), data)]


def _priority(restorer: Restorer, ticket: Ticket, changes: Changes, at: datetime) -> list[TicketEvent]:
    if "priority" not in changes:
        return []
    return [restorer.line(ticket, "PriorityChanged", at, ("priority", ticket.priority.value, changes["priority"][0]))]


def _subject(restorer: Restorer, ticket: Ticket, changes: Changes, at: datetime) -> list[TicketEvent]:
    if "subject" not in changes:
        return []
    return [restorer.line(ticket, "SubjectChanged", at, ("subject", ticket.subject, changes["subject"][0]))]


def _requester(restorer: Restorer, ticket: Ticket, changes: Changes, at: datetime) -> list[TicketEvent]:
    if "requester_id" not in changes and "requester_email" not in changes:
        return []
    wanted = changes.get("requester_email", [ticket.requester_email])[0]
    return [restorer.line(ticket, "RequesterChanged", at, ("requester", ticket.requester_email, wanted))]


def _snooze(restorer: Restorer, ticket: Ticket, changes: Changes, at: datetime) -> list[TicketEvent]:
    if "snoozed_until_at" not in changes:
        return []
    before, after = changes["snoozed_until_at"]
    return [restorer.line(ticket, "Snoozed" if before else "Woken", at, ("snoozed_until_at", after, before))]


def _due(restorer: Restorer, ticket: Ticket, changes: Changes, at: datetime) -> list[TicketEvent]:
    if "due_at" not in changes:
        return []
    before, after = changes["due_at"]
    return [restorer.line(ticket, "DueChanged", at, ("due_at", after, before))]


def _place(restorer: Restorer, ticket: Ticket, changes: Changes, at: datetime) -> list[TicketEvent]:
    """Tell of department, spam and trash."""
    events = []
    if "department_id" in changes:
        names = restorer.known.departments(restorer.uow)
        before = changes["department_id"][0]
        change = ("department", names.get(ticket.department_id), names.get(before))
        events.append(restorer.line(ticket, "Moved", at, change))
    if "account_id" in changes or "mailbox_ids" in changes:
        boxes = [_mailbox(restorer, one) for one in (ticket.account_id, changes.get("account_id", [None])[0])]
        events.append(restorer.line(ticket, "MailboxChanged", at, ("mailbox", boxes[0], boxes[1])))
    if "spam" in changes:
        events.append(restorer.line(ticket, "MarkedSpam" if changes["spam"][0] else "ClearedSpam", at))
    if "trashed_at" in changes:
        events.append(restorer.line(ticket, "Trashed" if changes["trashed_at"][0] else "Restored", at))
    return events


def _mailbox(restorer: Restorer, account_id: int | None) -> str | None:
    account = restorer.uow.accounts.get(account_id) if account_id is not None else None
    return account.name if account is not None else None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()  # compared as text, whatever zone it was given in
    if isinstance(value, tuple):
        return list(value)
    return value.value if isinstance(value, Priority) else value


def _rich(name: str, value: Any) -> Any:
    if name in _INSTANTS:
        return datetime.fromisoformat(value) if value is not None else None
    if name == "mailbox_ids":
        return tuple(value)
    return Priority(value) if name == "priority" else value
