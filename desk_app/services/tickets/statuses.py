"""The statuses of the desk, and which one a ticket gets when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Status, StatusCategory, Ticket, TicketEvent
from desk_app.services.tickets.history import line


class Statuses:
    """Looks statuses up; raises LookupError where a desk lacks a status of a needed category."""

    def __init__(self, statuses: Iterable[Status]) -> None:
        self._all = sorted(statuses, key=lambda s: (s.position, s.id))

    def by_key(self, key: str, department_id: int | None = None) -> Status:
        """Return the status with a key, the department's own before the common one."""
        found = [s for s in self._all if s.key == key and s.department_id in {None, department_id}]
        if not found:
            raise LookupError(f"There is no status “{key}”.")
        return max(found, key=lambda s: s.department_id is not None)

    def by_id(self, status_id: int) -> Status:
        """Return a status."""
        for status in self._all:
            if status.id == status_id:
                return status
        raise LookupError(f"There is no status {status_id}.")

    def initial(self) -> Status:
        """Return the status of a new ticket."""
        return self._first(StatusCategory.OPEN, "new")

    def working(self) -> Status:
        """Return the status of a ticket somebody works on or that was opened again."""
        return self._first(StatusCategory.OPEN, "open")

    def waiting(self) -> Status:
        """Return the status of a ticket that waits for the customer."""
        return self._first(StatusCategory.WAITING, "waiting")

    def closed(self) -> Status:
        """Return the status of finished work."""
        return self._first(StatusCategory.CLOSED, "resolved")

    def _first(self, category: StatusCategory, key: str) -> Status:
        fitting = [s for s in self._all if s.category is category and s.department_id is None]
        if not fitting:
            raise LookupError(f"There is no status of the category {category.value}.")
        return next((s for s in fitting if s.key == key), fitting[0])


def change_status(ticket: Ticket, old: Status, new: Status, actor: Actor, at: datetime, cause: str) -> TicketEvent:
    """Give a ticket another status and return the line for its history."""
    ticket.status_id = new.id
    ticket.category = new.category
    if new.category is StatusCategory.CLOSED:
        ticket.closed_at = ticket.closed_at or at
        ticket.snoozed_until_at = None
    else:
        ticket.closed_at = None
    data = {"old_category": old.category.value, "new_category": new.category.value}
    return line(ticket, "StatusChanged", actor, at, cause=cause, change=("status", old.key, new.key), data=data)
