"""People who work at the desk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who answers tickets. `kind` is light, agent, lead, manager or admin (database.md 1.5)."""

    id: int
    login: str
    name: str
    email: str
    kind: str = "agent"
    active: bool = True


@dataclass(frozen=True, slots=True)
class Department:
    """Where tickets belong."""

    id: int
    name: str
    position: int = 0
