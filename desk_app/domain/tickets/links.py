"""How tickets hang together (IN-16)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class TicketLinkKind(StrEnum):
    """A link as it is kept, from `ticket_id` to `other_id`."""

    RELATED = "related"
    PARENT = "parent"
    BLOCKS = "blocks"


class Relation(StrEnum):
    """What another ticket is to the one looked at; the last ones follow from how a ticket came about."""

    RELATED = "related"
    PARENT = "parent"
    CHILD = "child"
    BLOCKS = "blocks"
    BLOCKED_BY = "blocked_by"
    EARLIER = "earlier"
    FOLLOW_UP = "follow_up"
    SPLIT_FROM = "split_from"
    SPLIT_OFF = "split_off"
    PAIR = "pair"


@dataclass(frozen=True, slots=True)
class TicketLink:
    """A link: `ticket_id` is the parent of, or blocks, `other_id`; related tickets stand with the smaller id first."""

    ticket_id: int
    other_id: int
    kind: TicketLinkKind


def link_of(ticket_id: int, relation: Relation, other_id: int) -> TicketLink:
    """Return the link by which `other_id` is the `relation` of `ticket_id`. Raises ValueError for a relation that is
    not made by hand.
    """
    match relation:
        case Relation.RELATED:
            return TicketLink(min(ticket_id, other_id), max(ticket_id, other_id), TicketLinkKind.RELATED)
        case Relation.PARENT:
            return TicketLink(other_id, ticket_id, TicketLinkKind.PARENT)
        case Relation.CHILD:
            return TicketLink(ticket_id, other_id, TicketLinkKind.PARENT)
        case Relation.BLOCKS:
            return TicketLink(ticket_id, other_id, TicketLinkKind.BLOCKS)
        case Relation.BLOCKED_BY:
            return TicketLink(other_id, ticket_id, TicketLinkKind.BLOCKS)
    raise ValueError(f"A link “{relation}” is not made by hand.")


def relation_to(link: TicketLink, ticket_id: int) -> tuple[Relation, int]:
    """Return what the other ticket of a link is to `ticket_id`, and that other ticket."""
    here = link.ticket_id == ticket_id
    other = link.other_id if here else link.ticket_id
    if link.kind is TicketLinkKind.RELATED:
        return Relation.RELATED, other
    if link.kind is TicketLinkKind.PARENT:
        return (Relation.CHILD if here else Relation.PARENT), other
    return (Relation.BLOCKS if here else Relation.BLOCKED_BY), other


def mirrored(relation: Relation) -> Relation:
    """Return a relation as the other ticket sees it."""
    return {
        Relation.PARENT: Relation.CHILD,
        Relation.CHILD: Relation.PARENT,
        Relation.BLOCKS: Relation.BLOCKED_BY,
        Relation.BLOCKED_BY: Relation.BLOCKS,
    }.get(relation, relation)


def makes_ring(link: TicketLink, above: Callable[[int], Iterable[int]]) -> bool:
    """Return whether a directed link would close a ring; `above` returns what stands directly over a ticket (its
    parents, or what blocks it). Related tickets make none.
    """
    if link.kind is TicketLinkKind.RELATED:
        return False
    seen: set[int] = set()
    waiting = [link.ticket_id]
    while waiting:
        here = waiting.pop()
        if here == link.other_id:
            return True
        if here not in seen:
            seen.add(here)
            waiting += above(here)
    return False
