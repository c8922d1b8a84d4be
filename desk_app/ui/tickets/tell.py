"""Telling what was done, with the way back."""

from __future__ import annotations

from collections.abc import Callable

from desk_app.ui.tickets.acts import TicketActs


def tell(acts: TicketActs, text: str, undo: Callable[[], object] | None = None, icon: str = "circle-check") -> None:
    """Show a message in the window the acts belong to."""
    acts.told.emit(text, undo, icon)
