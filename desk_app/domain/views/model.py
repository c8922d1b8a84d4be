"""A saved list: filters, order and columns under a name (IN-01)."""

from __future__ import annotations

from dataclasses import dataclass, field

from desk_app.domain.tickets.query import TicketQuery

MOST_NAME_CHARS = 60


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list an agent made. Private, or `shared` with everybody or, where `department_id` is set, with one department.

    `query` holds filters and order. `columns` are ids of list columns in their order, () for the usual ones.
    """

    id: int
    agent_id: int
    name: str
    icon: str = "layers"
    query: TicketQuery = field(default_factory=TicketQuery)
    columns: tuple[str, ...] = ()
    shared: bool = False
    department_id: int | None = None
    version: int = 1


def problem(view: SavedView) -> str:
    """Return what is wrong with a view, "" where nothing is."""
    name = view.name.strip()
    if not name:
        return "A view needs a name."
    if len(name) > MOST_NAME_CHARS:
        return f"A name has at most {MOST_NAME_CHARS} characters."
    return ""
