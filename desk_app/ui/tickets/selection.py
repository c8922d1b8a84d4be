"""What is selected in a list: some tickets, or everything the list shows (toolchain.md trap 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from desk_app.domain.tickets.query import TicketQuery

MOST_IDS = 100_000
"""Selected tickets that are told one by one; a bigger selection is the whole list."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a command over several tickets works on.

    With `query` it means every ticket of that list, whatever it holds when the work begins: read them by
    `ticket_queries.ids(query, agent_id=...)` off the GUI thread. `ids` are empty then. `count` is how many tickets the
    agent was told.
    """

    ids: tuple[int, ...]
    query: TicketQuery | None
    count: int

    @property
    def whole(self) -> bool:
        """Whether everything the list shows is meant."""
        return self.query is not None


class WholeList(Sequence[int]):
    """Everything a list shows, handed to a command in place of ids: as many as the agent was told, and the query that
    a bulk job reads them by."""

    def __init__(self, ids: Sequence[int], query: TicketQuery) -> None:
        self._ids, self.query = ids, query

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...
    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        return self._ids[place]
