"""Tickets in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from desk_app.domain.tickets.model import Status, Ticket, TicketEvent


class TicketRepository(Protocol):
    """Loads and saves tickets; keeps mailbox rows and counters in step by itself."""

    def next_number(self, number_format: str) -> str:
        """Return the next ticket number, formatted; never the same twice."""
        ...

    def add(self, ticket: Ticket) -> int:
        """Insert a ticket (its `id` is ignored), its mailbox rows and counter deltas; returns the new id and sets
        it.
        """
        ...

    def get(self, ticket_id: int) -> Ticket | None:
        """Return a ticket."""
        ...

    def by_number(self, number: str) -> Ticket | None:
        """Return the ticket with this number."""
        ...

    def open_of(self, requester_id: int, limit: int) -> Sequence[int]:
        """Return the tickets of a customer that are neither closed nor merged, spam or in the trash, the one with the
        newest activity first."""
        ...

    def prefetch(self, ticket_ids: Sequence[int], numbers: Sequence[str]) -> None:
        """Read together the tickets, by id and by number, that a batch is going to ask for; outside of one, nothing
        happens."""
        ...

    def save(self, ticket: Ticket) -> None:
        """Write a changed ticket, mailbox rows and counter deltas. Raises StaleTicketError where `version` moved on;
        raises the ticket's version by one."""
        ...

    def survivor(self, ticket_id: int) -> Ticket | None:
        """Follow merges to the ticket that took over, however many steps."""
        ...

    def merged_into(self, ticket_id: int) -> Sequence[int]:
        """Return the tickets that were merged into this one, not those that came by way of another."""
        ...

    def record(self, events: Sequence[TicketEvent]) -> None:
        """Append history lines."""
        ...

    def events(self, ticket_id: int) -> Sequence[TicketEvent]:
        """Return a ticket's history, oldest first (what a merge noted is needed to undo it, IN-14)."""
        ...

    def tags(self, ticket_id: int) -> tuple[str, ...]:
        """Return a ticket's tags in order."""
        ...

    def set_tags(self, ticket_id: int, tags: Sequence[str]) -> None:
        """Replace a ticket's tags."""
        ...

    def prefetch_tags(self, ticket_ids: Sequence[int]) -> None:
        """Read together the tags that a batch is going to ask for; outside of one, nothing happens."""
        ...

    def mark_seen(self, ticket_id: int, agent_id: int, message_id: int | None) -> None:
        """Note how far an agent has read; 0 makes it unread, None forgets that it was ever looked at."""
        ...

    def seen(self, ticket_ids: Sequence[int], agent_id: int) -> Mapping[int, int]:
        """Return how far an agent has read, for those of the tickets it has looked at."""
        ...

    def participants(self, ticket_id: int) -> frozenset[str]:
        """Return every e-mail address (lower case) that stands in any message of the ticket."""
        ...

    def participants_of(self, ticket_ids: Sequence[int]) -> Mapping[int, frozenset[str]]:
        """Return the participants of many tickets."""
        ...

    def statuses(self) -> Sequence[Status]:
        """Return every status."""
        ...

    def due_snoozed(self, limit: int) -> Sequence[Ticket]:
        """Return tickets whose snooze has ended by the database's clock."""
        ...

    def purge(self, ticket_ids: Sequence[int], *, actor_name: str, reason: str) -> None:
        """Delete tickets, and what was merged into them, with messages, bodies, attachments and history, write the
        purge log, and leave the intake rows as tombstones so that their mail is not imported again (IN-32). Blobs
        nobody else uses go too."""
        ...

    def expired_trash(self, days: int, limit: int) -> Sequence[Ticket]:
        """Return tickets in the trash for more than `days` days."""
        ...
