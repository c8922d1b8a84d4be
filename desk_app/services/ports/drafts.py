"""What the drafts need of the storage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from desk_app.domain.messages.kept_draft import DraftKind, DraftStamp, KeptDraft


class DraftRepository(Protocol):
    """Drafts inside a transaction."""

    def find(self, agent_id: int, kind: DraftKind, ticket_id: int | None) -> KeptDraft | None:
        """Return an agent's draft with its attachments."""
        ...

    def put(self, draft: KeptDraft, department_id: int) -> DraftStamp | None:
        """Store a draft over the state its `stamp` names, or as a new one without a stamp; returns the new stamp, None
        where another state is stored."""
        ...

    def remove(self, agent_id: int, kind: DraftKind, ticket_id: int | None, *, stamp: DraftStamp | None = None) -> bool:
        """Delete a draft (with `stamp`: only in that state) and the bytes nobody else uses; returns whether one
        went."""
        ...

    def follow(self, ticket_id: int, target_id: int, department_id: int) -> tuple[int, ...]:
        """Let the drafts to a merged ticket belong to the one that took over. What their writers have begun there
        already stays above them; returns the ids of the others, which came whole."""
        ...

    def go_back(self, draft_ids: Sequence[int], target_id: int, ticket_id: int, department_id: int) -> None:
        """Give drafts that came whole back to a ticket that is merged no longer, as far as they are still at the target
        and their writers have begun nothing else. One that was joined there with another is parted again, unless its
        writer went on in it."""
        ...


class DraftQueries(Protocol):
    """Drafts read without a writing transaction; safe from any thread."""

    def of_ticket(self, agent_id: int, ticket_id: int | None) -> tuple[KeptDraft, ...]:
        """Return an agent's drafts to a ticket, or for a new ticket, with their attachments."""
        ...

    def ticket_ids(self, agent_id: int) -> frozenset[int]:
        """Return the tickets an agent has begun to write to."""
        ...

    def of_others(self, agent_id: int, ticket_id: int) -> tuple[KeptDraft, ...]:
        """Return what other agents have begun to write to a ticket, the oldest first, without the bytes of files."""
        ...
