"""What time tracking does without a window: report, export, forgotten timers."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from desk_app.plugin_api import (
    ActorView,
    Change,
    Command,
    Context,
    JobSpec,
    Migration,
    Parameter,
    ReportTable,
    ReportType,
    TicketView,
    hookimpl,
)

from .entries import Times, create_tables, rounded_minutes


@hookimpl
def migrations(ctx: Context) -> list[Migration]:
    """Return the steps of the table of times."""
    return [Migration(1, "Times", create_tables)]


@hookimpl
def ticket_changed(ctx: Context, ticket: TicketView, changes: Sequence[Change], actor: ActorView) -> None:
    """Stop the timers of a ticket that was resolved."""
    if (
        ctx.settings["stop_when_closed"]
        and ticket.category == "closed"
        and any(one.field == "status" for one in changes)
    ):
        Times(ctx).stop_on(ticket.id)


@hookimpl
def scheduled_jobs(ctx: Context) -> list[JobSpec]:
    """Stop what was forgotten."""
    return [JobSpec("forgotten", lambda ctx: Times(ctx).stop_forgotten(), every=timedelta(minutes=10))]


@hookimpl
def report_types(ctx: Context) -> list[ReportType]:
    """Return the report."""
    by = {"agent": ctx.tr("Agent"), "ticket": ctx.tr("Ticket"), "entry": ctx.tr("Every entry")}
    return [
        ReportType(
            "time_tracking.report",
            ctx.tr("Time spent"),
            report,
            (
                Parameter("start", ctx.tr("From"), "date"),
                Parameter("end", ctx.tr("To"), "date"),
                Parameter("by", ctx.tr("Sum up by"), "choice", default="agent", choices=by),
            ),
            ctx.tr("How long people worked, for invoices and for planning. Without dates: this month."),
        )
    ]


def report(ctx: Context, values: Mapping[str, Any]) -> ReportTable:
    """Return the time of a span of days, summed up by agent or ticket, or entry by entry."""
    start, end = _span(ctx, values)
    entries = Times(ctx).between(start, end)
    step = int(ctx.settings["round_minutes"])
    minutes = {one.id: rounded_minutes(one.seconds, step) for one in entries}
    tickets = ctx.tickets.get_many(sorted({one.ticket_id for one in entries}))
    total = sum(minutes.values())
    by = values.get("by") or "agent"
    if by == "entry":
        rows: list[Sequence[Any]] = [
            (f"{one.started_at:%Y-%m-%d %H:%M}", one.agent, *_ticket(tickets, one.ticket_id), minutes[one.id], one.note)
            for one in entries
        ]
        titles = ("Begun (UTC)", "Agent", "Ticket", "Subject", "Minutes", "Note")
        return ReportTable(tuple(map(ctx.tr, titles)), rows, ("", "", "", "", total, ""))
    if by == "ticket":
        sums = _sums((one.ticket_id, minutes[one.id]) for one in entries)
        rows = [(*_ticket(tickets, ticket_id), spent, _hours(spent)) for ticket_id, spent in sums]
        return ReportTable(
            tuple(map(ctx.tr, ("Ticket", "Subject", "Minutes", "Hours"))), rows, ("", "", total, _hours(total))
        )
    rows = [(agent, spent, _hours(spent)) for agent, spent in _sums((one.agent, minutes[one.id]) for one in entries)]
    return ReportTable(tuple(map(ctx.tr, ("Agent", "Minutes", "Hours"))), rows, ("", total, _hours(total)))


@hookimpl
def cli_commands(ctx: Context) -> list[Command]:
    """Return the export."""
    return [Command("export", "print every entry of a span as CSV", _export, _export_options)]


def _export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="start", metavar="DATE", default="", help="first day, like 2026-11-01")
    parser.add_argument("--to", dest="end", metavar="DATE", default="", help="last day")


def _export(ctx: Context, arguments: argparse.Namespace) -> int:
    try:
        table = report(ctx, {"start": arguments.start, "end": arguments.end, "by": "entry"})
    except ValueError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- a command's answer
        return 2
    writer = csv.writer(sys.stdout)
    writer.writerow(table.columns)
    writer.writerows([_as_text(one) for one in row] for row in table.rows)
    return 0


def _as_text(value: Any) -> Any:
    """Customers write subjects: what a spreadsheet would take for a formula gets a quote before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _span(ctx: Context, values: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """The first instant of the first day, and the one after the last day, in UTC."""
    today = ctx.clock.now().date()
    first = _day(values.get("start")) or today.replace(day=1)
    last = _day(values.get("end")) or today
    begin = datetime.combine(first, time(), UTC)
    return begin, datetime.combine(last, time(), UTC) + timedelta(days=1)


def _day(value: Any) -> date | None:
    if not value:
        return None
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _ticket(tickets: Mapping[int, TicketView], ticket_id: int) -> tuple[str, str]:
    found = tickets.get(ticket_id)
    return (found.number, found.subject) if found else (str(ticket_id), "")


def _sums(pairs: Any) -> list[tuple[Any, int]]:
    sums: dict[Any, int] = {}
    for key, minutes in pairs:
        sums[key] = sums.get(key, 0) + minutes
    return sorted(sums.items(), key=lambda pair: (-pair[1], str(pair[0])))


def _hours(minutes: int) -> float:
    return round(minutes / 60, 2)
