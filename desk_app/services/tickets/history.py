"""Lines of a ticket's history."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from desk_app.domain.tickets.model import Ticket, TicketEvent

if TYPE_CHECKING:
    from desk_app.domain.people.actor import Actor


def written(instant: datetime | None) -> str | None:
    """Return an instant as lines of history hold it."""
    return instant.isoformat() if instant is not None else None


def line(
    ticket: Ticket,
    kind: str,
    actor: Actor,
    at: datetime,
    *,
    cause: str = "",
    change: tuple[str, str | None, str | None] | None = None,
    message_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> TicketEvent:
    """Return one history line; `change` is field, old and new value."""
    field, old, new = change or ("", None, None)
    return TicketEvent(
        ticket_id=ticket.id,
        department_id=ticket.department_id,
        at=at,
        kind=kind,
        actor=actor,
        cause=cause,
        field=field,
        old=old,
        new=new,
        message_id=message_id,
        data=data or {},
    )
