"""What happens by itself when its time has come."""

from __future__ import annotations

import logging

from desk_app.domain.people.actor import SYSTEM
from desk_app.services.ports.system import Lease
from desk_app.services.ports.unit_of_work import StaleTicketError, UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line

_AT_ONCE = 100
_log = logging.getLogger(__name__)


class TimerService:
    """Wakes snoozed tickets and empties the trash. With a lease, nothing is written unless it is still held."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def wake_snoozed(self, lease: Lease | None = None) -> int:
        """Wake tickets whose snooze has ended; returns how many."""
        woken = 0
        with self._uow() as uow:
            if not _held(uow, lease):
                return 0
            for ticket in uow.tickets.due_snoozed(_AT_ONCE):
                old = ticket.snoozed_until_at.isoformat() if ticket.snoozed_until_at else None
                at = uow.now()
                ticket.snoozed_until_at = None
                ticket.updated_at = ticket.activity_at = at
                try:
                    with uow.savepoint():
                        uow.tickets.save(ticket)
                except StaleTicketError:
                    continue  # somebody changed it this moment: the next round looks again
                change = ("snoozed_until_at", old, None)
                uow.tickets.record([line(ticket, "Woken", SYSTEM, at, cause="The snooze has ended.", change=change)])
                uow.changed("ticket", ticket.id, "update", ticket.department_id)
                woken += 1
            uow.commit()
        return woken

    def empty_trash(self, lease: Lease | None = None) -> int:
        """Delete for good what has lain in the trash for the desk's number of days (IN-32); returns how many
        tickets.
        """
        with self._uow() as uow:
            if not _held(uow, lease):
                return 0
            days = uow.settings.desk().trash_days
            expired = list(uow.tickets.expired_trash(days, _AT_ONCE)) if days else []
            if expired:
                gone = [ticket.id for ticket in expired]
                uow.tickets.purge(gone, actor_name=SYSTEM.name, reason=f"{days} days in the trash")
            uow.commit()
        if expired:
            _log.info("%d tickets left the trash for good", len(expired))
        return len(expired)


def _held(uow: UnitOfWork, lease: Lease | None) -> bool:
    return lease is None or uow.leases.holds(lease)
