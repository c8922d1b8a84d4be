"""The table of times, and what is counted from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from desk_app.plugin_api import AgentView, Context, PluginError, Tables


class NobodyError(PluginError):
    """There is no agent whose time could be counted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Some time of an agent on a ticket; `ended_at` is None while the timer runs. `seconds` is 0 until then."""

    id: int
    ticket_id: int
    agent_id: int
    agent: str
    started_at: datetime
    ended_at: datetime | None
    seconds: int
    note: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What the card beside a ticket shows: all finished time in seconds, one's own running entry, the newest ones."""

    seconds: int
    running: Entry | None
    entries: tuple[Entry, ...]


def _table(tables: Tables) -> sa.Table:
    made: sa.Table = tables.define(
        "entry",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column(
            "ticket_id",
            sa.BigInteger,
            sa.ForeignKey(tables.core("ticket").c.id, ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("agent_id", sa.BigInteger, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("started_at", sa.Float, nullable=False),  # seconds since 1970
        sa.Column("ended_at", sa.Float, nullable=True),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    return made


def create_tables(tables: Tables, connection: Any) -> None:
    """Create the table; the first migration."""
    tables.create(connection, _table(tables))


class Times:
    """Starts, stops and counts."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._table = _table(ctx.tables)

    # -- the timer ----------------------------------------------------------------------------------------------------

    def start(self, ticket_id: int) -> None:
        """Start the agent's timer on a ticket; one that runs elsewhere is stopped."""
        agent, now = self._agent(), self._now()
        with self._ctx.tables.begin() as connection:
            self._stop(connection, self._table.c.agent_id == agent.id, now)
            connection.execute(sa.insert(self._table), self._row(ticket_id, agent, now))

    def stop(self) -> int:
        """Stop the agent's timer; returns its seconds, 0 where none ran."""
        agent, now = self._agent(), self._now()
        with self._ctx.tables.begin() as connection:
            return self._stop(connection, self._table.c.agent_id == agent.id, now)

    def toggle(self, ticket_id: int) -> bool:
        """Start the timer on a ticket, or stop it where it runs on this very one; returns whether it runs now."""
        running = self.spent(ticket_id).running
        if running is not None:
            self.stop()
            return False
        self.start(ticket_id)
        return True

    def stop_on(self, ticket_id: int) -> None:
        """Stop everybody's timer on a ticket."""
        with self._ctx.tables.begin() as connection:
            self._stop(connection, self._table.c.ticket_id == ticket_id, self._now())

    def stop_forgotten(self) -> int:
        """Stop timers that run longer than anybody works, counting the longest time allowed; returns how many."""
        longest = self._ctx.settings["longest_hours"] * 3600
        table, now = self._table, self._now()
        with self._ctx.tables.begin() as connection:
            forgotten = connection.execute(
                sa.select(table.c.id, table.c.started_at).where(
                    table.c.ended_at.is_(None), table.c.started_at < now - longest
                )
            ).all()
            for row in forgotten:
                changes = {
                    "ended_at": row.started_at + longest,
                    "seconds": int(longest),
                    "note": self._ctx.tr("forgotten"),
                }
                connection.execute(sa.update(table).where(table.c.id == row.id).values(**changes))
        return len(forgotten)

    def add(self, ticket_id: int, minutes: int, note: str = "") -> None:
        """Add time that was spent without a timer. Raises ValueError for less than a minute or more than a day."""
        if not 1 <= minutes <= 24 * 60:
            raise ValueError(self._ctx.tr("The time must be between 1 minute and 24 hours."))
        now = self._now()
        row = self._row(ticket_id, self._agent(), now - minutes * 60)
        with self._ctx.tables.begin() as connection:
            connection.execute(sa.insert(self._table), row | {"ended_at": now, "seconds": minutes * 60, "note": note})

    def remove(self, entry_id: int) -> None:
        """Remove one of the agent's own entries."""
        table = self._table
        with self._ctx.tables.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.id == entry_id, table.c.agent_id == self._agent().id))

    # -- counting -----------------------------------------------------------------------------------------------------

    def spent(self, ticket_id: int, limit: int = 5) -> Spent:
        """Return the time of a ticket."""
        table = self._table
        with self._ctx.tables.reading() as connection:
            total = connection.execute(
                sa.select(sa.func.coalesce(sa.func.sum(table.c.seconds), 0)).where(table.c.ticket_id == ticket_id)
            ).scalar_one()
            rows = connection.execute(
                sa.select(table).where(table.c.ticket_id == ticket_id).order_by(table.c.id.desc()).limit(50)
            ).all()
        entries = [_entry(row) for row in rows]
        own = self._ctx.agent.id if self._ctx.agent else 0
        running = next((one for one in entries if one.ended_at is None and one.agent_id == own), None)
        return Spent(int(total), running, tuple(one for one in entries if one.ended_at is not None)[:limit])

    def of_tickets(self, ticket_ids: Sequence[int]) -> Mapping[int, int]:
        """Return the seconds of many tickets at once; those without any are left out."""
        table = self._table
        statement = (
            sa.select(table.c.ticket_id, sa.func.sum(table.c.seconds).label("seconds"))
            .where(table.c.ticket_id.in_(list(ticket_ids)))
            .group_by(table.c.ticket_id)
        )
        with self._ctx.tables.reading() as connection:
            return {row.ticket_id: int(row.seconds) for row in connection.execute(statement) if row.seconds}

    def between(self, start: datetime, end: datetime) -> Sequence[Entry]:
        """Return the finished entries that began in a span, oldest first."""
        table = self._table
        statement = (
            sa.select(table)
            .where(
                table.c.started_at >= start.timestamp(),
                table.c.started_at < end.timestamp(),
                table.c.ended_at.is_not(None),
            )
            .order_by(table.c.started_at, table.c.id)
        )
        with self._ctx.tables.reading() as connection:
            return [_entry(row) for row in connection.execute(statement)]

    # -- parts --------------------------------------------------------------------------------------------------------

    def _stop(self, connection: Any, whose: Any, now: float) -> int:
        table, seconds = self._table, 0
        for row in connection.execute(sa.select(table).where(whose, table.c.ended_at.is_(None))).all():
            seconds = max(0, round(now - row.started_at))
            connection.execute(sa.update(table).where(table.c.id == row.id).values(ended_at=now, seconds=seconds))
        return seconds

    def _agent(self) -> AgentView:
        agent = self._ctx.agent
        if agent is None:
            raise NobodyError(self._ctx.tr("Nobody is signed in whose time could be counted."))
        return agent

    def _row(self, ticket_id: int, agent: AgentView, at: float) -> dict[str, Any]:
        return {
            "ticket_id": ticket_id,
            "agent_id": agent.id,
            "agent": agent.name,
            "started_at": at,
            "ended_at": None,
            "seconds": 0,
            "note": "",
        }

    def _now(self) -> float:
        return float(self._ctx.clock.now().timestamp())


def _entry(row: Any) -> Entry:
    return Entry(
        row.id,
        row.ticket_id,
        row.agent_id,
        row.agent,
        datetime.fromtimestamp(row.started_at, UTC),
        datetime.fromtimestamp(row.ended_at, UTC) if row.ended_at is not None else None,
        row.seconds,
        row.note,
    )


def rounded_minutes(seconds: int, step: int) -> int:
    """Return whole minutes, rounded up to a multiple of `step`."""
    return math.ceil(seconds / (step * 60)) * step


def shown(seconds: int) -> str:
    """Return a span as people read it: 5 min, 1 h 20 min; less than a minute counts as one."""
    minutes = max(1, round(seconds / 60)) if seconds else 0
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
