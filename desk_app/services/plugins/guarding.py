"""Asks plugins before a ticket is changed (hook `before_ticket_change`).

What is to change only shows inside the transaction that changes it, and so the question comes up there; the plugins
are asked after it was rolled back (`asking.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Ticket
from desk_app.plugin_api.data import AgentView, Change
from desk_app.services.plugins.asking import answer
from desk_app.services.plugins.views import actor_view, agent_view
from desk_app.services.ports.hooks import Hooks
from desk_app.services.ports.unit_of_work import UnitOfWork
from desk_app.services.tickets.results import CommandRefusedError

CHANGE_GUARD = "before_ticket_change"
CHANGED_MEANWHILE = "Somebody else changed the ticket at the same moment."


def ask(hooks: Hooks, uow: UnitOfWork, ticket: Ticket, actor: Actor, *changes: Change) -> None:
    """Raise CommandRefusedError where a plugin denies changes of a ticket, which still is as it was. Only in work done
    by `asked_before`, and before it writes: it may be a refusal for the time being."""
    if not changes or not hooks.wants(CHANGE_GUARD):
        return
    view, who = uow.pictures.of(ticket), actor_view(actor)

    def guards() -> str:
        denial = hooks.guard(CHANGE_GUARD, ticket=view, changes=changes, actor=who)
        return "" if denial is None else denial.reason.strip() or "A plugin does not allow this change."

    # without two instants that are those of the round in which the question comes up
    question = (CHANGE_GUARD, replace(view, updated_at=None, closed_at=None), changes, who)
    if refused := answer(question, guards, otherwise=CHANGED_MEANWHILE):
        raise CommandRefusedError(refused)


def restored(uow: UnitOfWork, ticket: Ticket, wanted: Mapping[str, Sequence[Any]]) -> list[Change]:
    """Return what taking changes of a ticket back means; `wanted` holds for each field [value to put back, value it
    has]."""
    found: list[Change] = []
    for name, (back, now) in wanted.items():
        make = _RESTORED.get(name)
        if make is not None:
            old, new = make(uow, now), make(uow, back)
            if old != new:
                found.append(Change(_NAMES[name], old, new))
    if "merged_into_id" in wanted:
        found.append(Change("merged", ticket.merged_into_id, None))
    return found


def _agent(uow: UnitOfWork, value: Any) -> AgentView | None:
    found = uow.people.agent(int(value)) if value is not None else None
    return agent_view(found) if found is not None else None


def _status(uow: UnitOfWork, value: Any) -> str:
    return next((one.key for one in uow.tickets.statuses() if one.id == value), "")


def _department(uow: UnitOfWork, value: Any) -> str | None:
    return next((one.name for one in uow.people.departments() if one.id == value), None)


def _mailbox(uow: UnitOfWork, value: Any) -> str | None:
    found = uow.accounts.get(int(value)) if value is not None else None
    return found.name if found is not None else None


def _instant(_uow: UnitOfWork, value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None


def _same(_uow: UnitOfWork, value: Any) -> Any:
    return value


_NAMES = {
    "assignee_id": "assignee",
    "status_id": "status",
    "priority": "priority",
    "subject": "subject",
    "tags": "tags",
    "department_id": "department",
    "account_id": "mailbox",
    "requester_email": "requester",
    "snoozed_until_at": "snoozed",
    "due_at": "due",
    "spam": "spam",
    "trashed_at": "trashed",
}
_RESTORED: Mapping[str, Callable[[UnitOfWork, Any], Any]] = {
    "assignee_id": _agent,
    "status_id": _status,
    "priority": _same,
    "subject": _same,
    "tags": lambda _uow, value: tuple(value or ()),
    "department_id": _department,
    "account_id": _mailbox,
    "requester_email": _same,
    "snoozed_until_at": _instant,
    "due_at": _instant,
    "spam": _same,
    "trashed_at": lambda _uow, value: value is not None,
}
