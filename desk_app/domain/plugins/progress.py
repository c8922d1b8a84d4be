"""How far somebody has read a log whose numbers become visible out of order (docs/decisions/121-events-of-plugins.md).

PostgreSQL gives numbers out before a transaction commits, so that 8 may be there while 7 is still to come, or never
comes. A mark "everything up to here" alone would lose 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

PATIENCE = timedelta(seconds=60)
"""A number that is still missing so long after a higher one was seen is given up."""


def place_of(slug: str) -> str:
    """Return the name under which it is kept how far a plugin has heard."""
    return f"events:{slug}"


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything up to `low` is dealt with, and beyond it what is in `told`.

    `seen` remembers when which number was the highest, oldest first: what is missing below it is at least so old.
    """

    low: int = 0
    told: frozenset[int] = frozenset()
    seen: tuple[tuple[datetime, int], ...] = ()

    def fresh(self, ids: Iterable[int]) -> list[int]:
        """Return which of these numbers are still to be dealt with, in order."""
        return sorted(one for one in set(ids) if one > self.low and one not in self.told)

    def after(self, ids: Iterable[int], now: datetime) -> Progress:
        """Return the progress once these numbers are dealt with, at an instant."""
        told = self.told | {one for one in ids if one > self.low}
        seen = self.seen
        highest = max(told, default=self.low)
        if highest > (seen[-1][1] if seen else self.low):
            seen = (*seen, (now, highest))
        given_up = [number for at, number in seen if at <= now - PATIENCE]
        return Progress(self.low, told, seen).skipped_to(max(given_up, default=self.low))

    def skipped_to(self, number: int) -> Progress:
        """Return the progress with everything up to a number dealt with or left out."""
        low = max(number, self.low)
        while low + 1 in self.told:
            low += 1
        told = frozenset(one for one in self.told if one > low)
        return Progress(low, told, tuple((at, number) for at, number in self.seen if number > low))

    def stored(self) -> dict[str, Any]:
        """Return it as JSON values, runs of numbers as [first, last]."""
        runs: list[list[int]] = []
        for one in sorted(self.told):
            if runs and runs[-1][1] == one - 1:
                runs[-1][1] = one
            else:
                runs.append([one, one])
        return {"low": self.low, "told": runs, "seen": [[at.isoformat(), number] for at, number in self.seen]}

    @staticmethod
    def read(stored: dict[str, Any]) -> Progress:
        """Return what was stored."""
        runs: Sequence[Sequence[int]] = stored.get("told", ())
        told = frozenset(one for first, last in runs for one in range(first, last + 1))
        seen = tuple((datetime.fromisoformat(at), int(number)) for at, number in stored.get("seen", ()))
        return Progress(int(stored.get("low", 0)), told, seen)
