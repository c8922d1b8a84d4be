"""Blueprints. Provisional until the desk has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from desk_app.plugin_api.context import Context
from desk_app.plugin_api.contributions import GuardType, StepType
from desk_app.plugin_api.data import ActorView, StateView, TicketView, TransitionView
from desk_app.plugin_api.marks import Kind, OnError, Thread, hook
from desk_app.plugin_api.verdicts import Allow, Deny


@hook(Kind.COLLECT, gives=(GuardType,), provisional=True)
def transition_guards(ctx: Context) -> Sequence[GuardType]:
    """Return conditions a transition may have. A transition whose guard is gone is denied."""
    return ()


@hook(Kind.COLLECT, gives=(StepType,), provisional=True)
def transition_steps(ctx: Context) -> Sequence[StepType]:
    """Return what a transition may do."""
    return ()


@hook(Kind.GUARD, on_error=OnError.CLOSED, gives=(Allow, Deny), provisional=True)
def before_transition(
    ctx: Context, ticket: TicketView, transition: TransitionView, actor: ActorView, inputs: Mapping[str, Any]
) -> Allow | Deny | None:
    """Say whether a transition may be made."""


@hook(Kind.EVENT, thread=Thread.WORKER, provisional=True)
def transition_done(
    ctx: Context, ticket: TicketView, transition: TransitionView, actor: ActorView, inputs: Mapping[str, Any]
) -> None:
    """A transition was made."""


@hook(Kind.EVENT, thread=Thread.WORKER, provisional=True)
def state_overdue(ctx: Context, ticket: TicketView, state: StateView, due_at: datetime) -> None:
    """A ticket stayed in a state for longer than it should."""
