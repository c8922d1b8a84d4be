"""Linking tickets by hand (IN-16)."""

from __future__ import annotations

from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.links import Relation, TicketLinkKind, link_of, makes_ring, mirrored
from desk_app.domain.tickets.model import Ticket
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line
from desk_app.services.tickets.results import CommandRefusedError, CommandResult


class LinkService:
    """Links between tickets. Every change stands in the history of both."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    def link(self, ticket_id: int, relation: Relation, other_id: int, actor: Actor) -> CommandResult:
        """Let another ticket be the `relation` of this one. A ticket has one parent at most; parents and blocks make
        no rings."""
        return self._change(ticket_id, relation, other_id, actor, on=True)

    def unlink(self, ticket_id: int, relation: Relation, other_id: int, actor: Actor) -> CommandResult:
        """Take a link away again."""
        return self._change(ticket_id, relation, other_id, actor, on=False)

    def _change(self, ticket_id: int, relation: Relation, other_id: int, actor: Actor, *, on: bool) -> CommandResult:
        with self._uow() as uow:
            ticket = uow.tickets.survivor(ticket_id)
            other = uow.tickets.survivor(other_id) if on else uow.tickets.get(other_id)
            if ticket is None or other is None:
                return CommandResult(ticket_id, ok=False, error="The ticket is gone.")
            change = _add if on else _remove
            try:
                change(uow, ticket, relation, other, actor)
            except (CommandRefusedError, ValueError) as error:
                return CommandResult(ticket_id, ok=False, error=str(error))
            _tell(uow, ticket, relation, other, actor, on=on)
            uow.commit()
        return CommandResult(ticket.id, ok=True)


def _remove(uow: UnitOfWork, ticket: Ticket, relation: Relation, other: Ticket, _actor: Actor) -> None:
    if not uow.links.remove(link_of(ticket.id, relation, other.id)):
        raise CommandRefusedError("There is no such link.")


def _add(uow: UnitOfWork, ticket: Ticket, relation: Relation, other: Ticket, actor: Actor) -> None:
    if ticket.id == other.id:
        raise CommandRefusedError("A ticket cannot be linked to itself.")
    link = link_of(ticket.id, relation, other.id)
    uow.leases.serialise("ticket_links")
    if link.kind is TicketLinkKind.PARENT and uow.links.above(link.other_id, link.kind):
        child = ticket if link.other_id == ticket.id else other
        raise CommandRefusedError(f"Ticket {child.number} has a parent already.")
    if makes_ring(link, lambda here: uow.links.above(here, link.kind)):
        raise CommandRefusedError(
            "That would make a ring: a ticket cannot be above itself."
            if link.kind is TicketLinkKind.PARENT
            else "That would make a ring: a ticket cannot block itself."
        )
    if not uow.links.add(link, department_id=ticket.department_id, actor_name=actor.name, at=uow.now()):
        raise CommandRefusedError("The tickets are linked already.")


def _tell(uow: UnitOfWork, ticket: Ticket, relation: Relation, other: Ticket, actor: Actor, *, on: bool) -> None:
    at, kind = uow.now(), "Linked" if on else "Unlinked"
    for here, there, seen in ((ticket, other, relation), (other, ticket, mirrored(relation))):
        change = ("link", None, there.number) if on else ("link", there.number, None)
        data = {"relation": seen.value, "ticket_id": there.id}
        uow.tickets.record([line(here, kind, actor, at, change=change, data=data)])
        uow.changed("ticket", here.id, "update", here.department_id)
