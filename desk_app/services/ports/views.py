"""Saved lists and stars in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from desk_app.domain.views.model import SavedView


class ViewRepository(Protocol):
    """Keeps saved views and which tickets an agent has starred."""

    def visible(self, agent_id: int) -> Sequence[SavedView]:
        """Return an agent's own views and those shared with it, by position."""
        ...

    def get(self, view_id: int) -> SavedView | None:
        """Return a view."""
        ...

    def add(self, view: SavedView) -> int:
        """Insert a view at the end and return its id; one with an id comes back under it (undo)."""
        ...

    def save(self, view: SavedView) -> bool:
        """Write a changed view and raise its version; False where somebody else was quicker or deleted it."""
        ...

    def delete(self, view_id: int) -> None:
        """Delete a view."""
        ...

    def star(self, ticket_id: int, agent_id: int, *, on: bool) -> bool:
        """Star a ticket for an agent, or take the star away; returns whether anything changed."""
        ...

    def starred_by(self, ticket_id: int) -> Sequence[int]:
        """Return the agents who starred a ticket."""
        ...
