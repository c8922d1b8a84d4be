"""What happens on the desk becomes a row to deliver; a job delivers what is due."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from desk_app.plugin_api import (
    ActorView,
    Change,
    Command,
    Context,
    Health,
    HealthCheck,
    HealthState,
    JobSpec,
    MessageView,
    Migration,
    Mode,
    Parameter,
    ReportTable,
    ReportType,
    TicketView,
    hookimpl,
)

from .bodies import actor_body, message_body, ticket_body
from .deliveries import Deliveries, Held, create_tables


def _tell(ctx: Context, event: str, **content: Any) -> None:
    if event in ctx.settings["events"]:
        Deliveries(ctx).add(event, content)


@hookimpl
def app_ready(ctx: Context, mode: Mode) -> None:
    """Look whether deliveries are signed, from here or from another computer."""
    if mode is not Mode.CLI:
        with suppress(Held):
            Deliveries(ctx).note_secret()


@hookimpl
def settings_changed(ctx: Context, keys: Collection[str]) -> None:
    """Look again where the secret was changed."""
    if "secret" in keys:
        with suppress(Held):
            Deliveries(ctx).note_secret()


@hookimpl
def ticket_created(ctx: Context, ticket: TicketView, source: str) -> None:
    """Tell about a new ticket."""
    _tell(ctx, "ticket_created", ticket=ticket_body(ticket), source=source)


@hookimpl
def ticket_changed(ctx: Context, ticket: TicketView, changes: Sequence[Change], actor: ActorView) -> None:
    """Tell about changes of a ticket."""
    told = [{"field": one.field, "old": one.old, "new": one.new} for one in changes]
    _tell(ctx, "ticket_changed", ticket=ticket_body(ticket), changes=told, actor=actor_body(actor))


@hookimpl
def message_added(ctx: Context, ticket: TicketView, message: MessageView, actor: ActorView) -> None:
    """Tell about a new message or note."""
    told = message_body(message, text=ctx.settings["include_text"])
    _tell(ctx, "message_added", ticket=ticket_body(ticket), message=told, actor=actor_body(actor))


@hookimpl
def ticket_merged(ctx: Context, ticket: TicketView, merged_ids: Sequence[int]) -> None:
    """Tell about tickets that were merged into another."""
    _tell(ctx, "ticket_merged", ticket=ticket_body(ticket), merged_ids=list(merged_ids))


@hookimpl
def ticket_deleted(ctx: Context, ticket_id: int, actor: ActorView) -> None:
    """Tell about a ticket that went to the trash."""
    _tell(ctx, "ticket_deleted", ticket_id=ticket_id, actor=actor_body(actor))


@hookimpl
def message_sent(ctx: Context, ticket: TicketView, message: MessageView, receipt: str) -> None:
    """Tell about mail that was sent."""
    told = message_body(message, text=ctx.settings["include_text"])
    _tell(ctx, "message_sent", ticket=ticket_body(ticket), message=told, receipt=receipt)


@hookimpl
def message_send_failed(ctx: Context, ticket: TicketView, message: MessageView, error: str, will_retry: bool) -> None:
    """Tell about mail that could not be sent."""
    told = message_body(message, text=ctx.settings["include_text"])
    _tell(ctx, "message_send_failed", ticket=ticket_body(ticket), message=told, error=error, will_retry=will_retry)


@hookimpl
def migrations(ctx: Context) -> list[Migration]:
    """Return the steps of the table of deliveries."""
    return [Migration(1, "Deliveries", create_tables)]


@hookimpl
def scheduled_jobs(ctx: Context) -> list[JobSpec]:
    """Deliver what is due, and forget what is old."""
    return [
        JobSpec("deliver", lambda ctx: Deliveries(ctx).deliver_due(), every=timedelta(seconds=5)),
        JobSpec("forget", lambda ctx: Deliveries(ctx).forget_old(), every=timedelta(hours=6)),
    ]


@hookimpl
def health_checks(ctx: Context) -> list[HealthCheck]:
    """Say whether deliveries arrive."""
    return [HealthCheck("deliveries", ctx.tr("Deliveries"), _fare)]


def _fare(ctx: Context) -> Health:
    if not ctx.settings["url"]:
        return Health(HealthState.BAD, ctx.tr("No address is set. Fill it in on the settings page of this plugin."))
    waiting, failed = Deliveries(ctx).counts()
    if failed:
        text = ctx.tr("{count} deliveries were given up. Check the address, then run: desk-app webhook_notify retry")
        return Health(HealthState.BAD, text.format(count=failed))
    if waiting:
        return Health(HealthState.WARNING, ctx.tr("{count} deliveries wait for another try.").format(count=waiting))
    return Health(HealthState.GOOD, ctx.tr("Everything was delivered."))


@hookimpl
def report_types(ctx: Context) -> list[ReportType]:
    """Return the log of deliveries."""
    states = {
        "": ctx.tr("All"),
        "waiting": ctx.tr("Waiting"),
        "delivered": ctx.tr("Delivered"),
        "failed": ctx.tr("Given up"),
    }
    return [
        ReportType(
            "webhook_notify.deliveries",
            ctx.tr("Webhook deliveries"),
            _log,
            (Parameter("state", ctx.tr("State"), "choice", default="", choices=states),),
            ctx.tr("What was posted, and what the receiver answered."),
        )
    ]


def _log(ctx: Context, values: Mapping[str, Any]) -> ReportTable:
    titles = ("Time", "Event", "Ticket", "State", "Tries", "Answer")
    return ReportTable(tuple(ctx.tr(title) for title in titles), Deliveries(ctx).log(str(values.get("state") or "")))


@hookimpl
def cli_commands(ctx: Context) -> list[Command]:
    """Return the commands to try the address, and to try again what was given up."""
    return [
        Command("test", "post one test message now", _post_test),
        Command("retry", "try everything again that was given up", _retry),
    ]


def _post_test(ctx: Context, arguments: argparse.Namespace) -> int:
    state, answer = Deliveries(ctx).post_test()
    print(f"{state}: {answer}")  # noqa: T201 -- a command's answer
    return 0 if state == "delivered" else 1


def _retry(ctx: Context, arguments: argparse.Namespace) -> int:
    print(Deliveries(ctx).retry_failed())  # noqa: T201 -- a command's answer
    return 0
