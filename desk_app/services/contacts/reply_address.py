"""Which address the next reply of a ticket goes to (CU-04)."""

from __future__ import annotations

from dataclasses import dataclass

from desk_app.domain.people.actor import Actor
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line


@dataclass(frozen=True, slots=True)
class ReplyAddresses:
    """The addresses a reply may go to, the one in use first, the former customer's last."""

    ticket_id: int
    current: str
    choices: tuple[str, ...]


class ReplyAddressService:
    """Tells and changes it."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def choices(self, ticket_id: int) -> ReplyAddresses | None:
        """Return the addresses of the ticket's customer and of the former one; None where the ticket is gone."""
        with self._uow() as uow:
            ticket = uow.tickets.survivor(ticket_id)
            if ticket is None:
                return None
            return ReplyAddresses(
                ticket.id, ticket.requester_email, _choices(uow, ticket.id, ticket.requester_id, ticket.requester_email)
            )

    def choose(self, ticket_id: int, email: str, actor: Actor) -> str:
        """Let the next reply go to one of `choices`, and return the address it went to before. Raises ValueError."""
        wanted = email.strip().lower()
        with self._uow() as uow:
            ticket = uow.tickets.survivor(ticket_id)
            if ticket is None:
                raise ValueError("The ticket is gone.")
            before = ticket.requester_email
            if wanted not in _choices(uow, ticket.id, ticket.requester_id, before):
                raise ValueError("Neither the customer nor the former one has this address.")
            if wanted != before:
                ticket.requester_email = wanted
                ticket.updated_at = uow.now()
                uow.tickets.save(ticket)
                change = ("reply_address", before, wanted)
                uow.tickets.record([line(ticket, "ReplyAddressChanged", actor, uow.now(), change=change)])
                uow.changed("ticket", ticket.id, "update", ticket.department_id)
                uow.commit()
        return before


def _choices(uow: UnitOfWork, ticket_id: int, requester_id: int | None, current: str) -> tuple[str, ...]:
    contact = uow.contacts.get(requester_id) if requester_id is not None else None
    found = [current, *(contact.emails if contact is not None else ())]
    found += [
        one.old
        for one in reversed(uow.tickets.events(ticket_id))
        if one.kind in {"RequesterChanged", "ReplyAddressChanged"} and one.old and "@" in one.old
    ]
    return tuple(dict.fromkeys(one for one in found if one))
