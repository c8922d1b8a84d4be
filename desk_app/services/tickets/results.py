"""How a command on tickets went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command went for one ticket; `error` is for people, "" where `ok`."""

    ticket_id: int
    ok: bool
    error: str = ""


class CommandRefusedError(Exception):
    """A command cannot be done; the text says why, for people."""
