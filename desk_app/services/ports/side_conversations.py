"""Side conversations in the database (IN-18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from desk_app.domain.messages.model import Address
    from desk_app.domain.messages.side_conversations import SideConversation


class SideConversationRepository(Protocol):
    """Loads and saves side conversations; which one a message belongs to stands with the message."""

    def add(self, side: SideConversation) -> SideConversation:
        """Insert a side conversation (its `id` is ignored) and return it with its id."""
        ...

    def get(self, side_id: int) -> SideConversation | None:
        """Return a side conversation."""
        ...

    def of_tickets(self, ticket_ids: Sequence[int]) -> Mapping[int, Sequence[SideConversation]]:
        """Return the side conversations of tickets, oldest first; one query however many are asked for."""
        ...

    def set_people(self, side_id: int, people: Sequence[Address]) -> None:
        """Replace the people of a side conversation."""
        ...

    def customers(self, ticket_id: int) -> frozenset[str]:
        """Return every lower-case address that stands in a message of the customer's thread."""
        ...

    def detach(self, message_ids: Sequence[int]) -> None:
        """Let messages belong to the customer's thread of their ticket."""
        ...

    def remove_empty(self, side_id: int) -> bool:
        """Delete a side conversation that has no message left; returns whether it went."""
        ...
