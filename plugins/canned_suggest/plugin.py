"""Learns when a ticket is solved, and once from those that were solved before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from desk_app.plugin_api import (
    ActorView,
    Change,
    Context,
    Health,
    HealthCheck,
    HealthState,
    JobSpec,
    Migration,
    TicketView,
    hookimpl,
)

from .memory import Memory, create_tables

_ROUND = 200


@hookimpl
def migrations(ctx: Context) -> list[Migration]:
    """Return the steps of the memory."""
    return [Migration(1, "Memory", create_tables)]


@hookimpl
def ticket_changed(ctx: Context, ticket: TicketView, changes: Sequence[Change], actor: ActorView) -> None:
    """Learn from a ticket that has been solved."""
    if ticket.category == "closed" and any(one.field == "status" for one in changes):
        Memory(ctx).learn(ticket)


@hookimpl
def scheduled_jobs(ctx: Context) -> list[JobSpec]:
    """Look through what was solved before the plugin was there, and keep the memory small."""
    return [
        JobSpec("catch_up", _catch_up, every=timedelta(minutes=10)),
        JobSpec("forget", lambda ctx: Memory(ctx).forget_old(), every=timedelta(hours=24)),
    ]


def _catch_up(ctx: Context) -> None:
    if ctx.kv.get("caught_up"):
        return
    tickets = ctx.tickets.search("in:closed", limit=_ROUND)
    learned = sum(Memory(ctx).learn(ticket) for ticket in tickets)
    ctx.kv.set("caught_up", value=True)
    ctx.log.info("learned %s uses from %s tickets that were solved before", learned, len(tickets))


@hookimpl
def health_checks(ctx: Context) -> list[HealthCheck]:
    """Say whether there is anything to suggest from."""
    return [HealthCheck("canned", ctx.tr("Canned responses"), _fare)]


def _fare(ctx: Context) -> Health:
    if ctx.canned_responses():
        return Health(HealthState.GOOD, ctx.tr("There are canned responses to suggest."))
    return Health(HealthState.WARNING, ctx.tr("There are no canned responses yet; write some in the settings."))
