"""Rules and macros. Provisional until the rules of the desk use them."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.plugin_api.context import Context
from desk_app.plugin_api.contributions import ActionType, ConditionType, TriggerType
from desk_app.plugin_api.data import RuleView, TicketView
from desk_app.plugin_api.marks import Kind, Thread, hook


@hook(Kind.COLLECT, gives=(TriggerType,), provisional=True)
def trigger_types(ctx: Context) -> Sequence[TriggerType]:
    """Return what may start a rule."""
    return ()


@hook(Kind.COLLECT, gives=(ConditionType,), provisional=True)
def condition_types(ctx: Context) -> Sequence[ConditionType]:
    """Return what a rule may ask of a ticket."""
    return ()


@hook(Kind.COLLECT, gives=(ActionType,), provisional=True)
def action_types(ctx: Context) -> Sequence[ActionType]:
    """Return what a rule or a macro may do."""
    return ()


@hook(Kind.EVENT, thread=Thread.WORKER, provisional=True)
def rule_fired(ctx: Context, rule: RuleView, ticket: TicketView, outcome: str) -> None:
    """A rule met a ticket; `outcome` is done, failed or skipped."""
