"""Tags in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TagUse:
    """A tag, its colour token ("" is grey) and in how many tickets it stands, wherever they are listed."""

    name: str
    colour: str
    tickets: int


class TagRepository(Protocol):
    """How tags look and where they stand; which tickets have them is part of the tickets."""

    def listed(self) -> Sequence[TagUse]:
        """Return every tag that has a colour or stands in a ticket, by name."""
        ...

    def colours(self) -> Mapping[str, str]:
        """Return the colour tokens of the tags that have one."""
        ...

    def known(self, name: str) -> bool:
        """Return whether a tag was made or given a colour, used or not."""
        ...

    def put(self, name: str, colour: str) -> None:
        """Make a tag, or give it another colour."""
        ...

    def forget(self, name: str) -> None:
        """Forget how a tag looks."""
        ...

    def tickets_with(self, name: str, *, after: int = 0, limit: int = 500) -> Sequence[int]:
        """Return the ids of tickets with a tag, in order, after an id."""
        ...

    def count(self, name: str) -> int:
        """Return in how many tickets a tag stands."""
        ...

    def having(self, ticket_ids: Sequence[int], name: str) -> frozenset[int]:
        """Return which of these tickets have a tag."""
        ...
