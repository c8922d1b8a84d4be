"""Service levels. Provisional until the desk has their clocks."""

from __future__ import annotations

from datetime import datetime

from desk_app.plugin_api.context import Context
from desk_app.plugin_api.data import SlaView, TicketView
from desk_app.plugin_api.marks import Kind, Thread, hook


@hook(Kind.EVENT, thread=Thread.WORKER, provisional=True)
def sla_warning(ctx: Context, ticket: TicketView, policy: SlaView, due_at: datetime) -> None:
    """A target will be missed soon, if nobody does anything."""


@hook(Kind.EVENT, thread=Thread.WORKER, provisional=True)
def sla_breached(ctx: Context, ticket: TicketView, policy: SlaView, due_at: datetime) -> None:
    """A target was missed; `due_at` is when it should have been met."""
