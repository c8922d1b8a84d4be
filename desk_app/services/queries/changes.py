"""The feed that keeps this desktop up to date with what others changed (database.md 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed. `entity` is ticket, outbox, account, setting, contact or inbound."""

    entity: str
    entity_id: int
    op: str
    department_id: int | None
    own: bool


class ChangeFeed(Protocol):
    """Polled from one worker thread, a few times a second; cheap when nothing happened."""

    def poll(self) -> list[Change]:
        """Return what was committed since the last call, by this process too (`own`), folded by entity; the first call
        starts at now. An empty list means nothing."""
        ...

    @property
    def alive(self) -> bool:
        """Whether the database could be reached at the last call."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...
