"""Links between tickets, and who watches them (IN-16, IN-19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from desk_app.domain.tickets.links import TicketLink, TicketLinkKind


class LinkRepository(Protocol):
    """Links between tickets."""

    def add(self, link: TicketLink, *, department_id: int, actor_name: str, at: datetime) -> bool:
        """Insert a link; returns False where it is there already."""
        ...

    def remove(self, link: TicketLink) -> bool:
        """Delete a link; returns whether there was one."""
        ...

    def above(self, ticket_id: int, kind: TicketLinkKind) -> Sequence[int]:
        """Return the tickets at the first end of links to this one: its parents, or what blocks it."""
        ...


class WatcherRepository(Protocol):
    """Who watches a ticket without owning it."""

    def add(self, ticket_id: int, agent_id: int, *, department_id: int, at: datetime) -> bool:
        """Let an agent watch a ticket; returns False where they do already."""
        ...

    def remove(self, ticket_id: int, agent_id: int) -> bool:
        """Stop watching; returns whether the agent watched."""
        ...

    def of_ticket(self, ticket_id: int) -> Sequence[int]:
        """Return the ids of the agents who watch a ticket, the longest watching first."""
        ...
