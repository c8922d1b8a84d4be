"""Who did something."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """The kinds of actor an event can name."""

    AGENT = "agent"
    CONTACT = "contact"
    RULE = "rule"
    PLUGIN = "plugin"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a change; written into every ticket event.

    `id` is the row of the agent or contact, None for the system; `name` is what the history shows even after that
    person is gone.
    """

    kind: ActorKind
    id: int | None
    name: str

    @property
    def agent_id(self) -> int | None:
        """The agent who acts; None where none of the desk's people does."""
        return self.id if self.kind is ActorKind.AGENT else None

    @property
    def agent_name(self) -> str:
        """The name of the agent who acts; "" where none of the desk's people does."""
        return self.name if self.kind is ActorKind.AGENT else ""


SYSTEM = Actor(ActorKind.SYSTEM, None, "Desk App")
