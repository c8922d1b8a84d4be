"""What was learned: which canned response was used in which solved ticket, and the words of that ticket."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from desk_app.plugin_api import CannedView, Context, MessageView, Tables, TicketView

from .terms import fingerprint, rareness_of, similarity, terms

KEPT_EACH = 100
"""So many tickets are remembered of each canned response, the newest."""
_LEAST_LETTERS = 40
_OWN_WORDS = 0.6  # what a response itself says counts for less than what it was used for
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A canned response that may fit; `percent` is how alike the tickets are it was used for, `times` how many."""

    canned: CannedView
    percent: int
    times: int


def _table(tables: Tables) -> sa.Table:
    made: sa.Table = tables.define(
        "use",
        sa.Column("ticket_id", sa.BigInteger, sa.ForeignKey(tables.core("ticket").c.id, ondelete="CASCADE")),
        sa.Column("canned_id", sa.BigInteger, nullable=False),
        sa.Column("learned_at", sa.Float, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "canned_id"),
    )
    return made


def create_tables(tables: Tables, connection: Any) -> None:
    """Create the table; the first migration."""
    tables.create(connection, _table(tables))


class Memory:
    """Learns and suggests."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._table = _table(ctx.tables)

    def learn(self, ticket: TicketView) -> int:
        """Remember the canned responses that were used in a solved ticket; returns how many."""
        messages = self._ctx.tickets.messages(ticket.id)
        written = [fingerprint(one.text) for one in messages if one.direction == "outbound"]
        used = [canned for canned in self._ctx.canned_responses() if _stands_in(canned, written)]
        if used:
            words = json.dumps(_words_of(ticket, messages), ensure_ascii=False)
            now = self._ctx.clock.now().timestamp()
            with self._ctx.tables.begin() as connection:
                connection.execute(sa.delete(self._table).where(self._table.c.ticket_id == ticket.id))
                connection.execute(
                    sa.insert(self._table),
                    [{"ticket_id": ticket.id, "canned_id": c.id, "learned_at": now, "words": words} for c in used],
                )
        return len(used)

    def forget_old(self) -> None:
        """Keep the newest tickets of each response."""
        table = self._table
        with self._ctx.tables.begin() as connection:
            rows = connection.execute(
                sa.select(table.c.canned_id, table.c.ticket_id).order_by(table.c.learned_at.desc())
            ).all()
            seen: dict[int, int] = defaultdict(int)
            for row in rows:
                seen[row.canned_id] += 1
                if seen[row.canned_id] > KEPT_EACH:
                    connection.execute(
                        sa.delete(table).where(table.c.canned_id == row.canned_id, table.c.ticket_id == row.ticket_id)
                    )

    def suggest(self, ticket_id: int) -> Sequence[Suggestion]:
        """Return the responses that fit a ticket, best first; [] where none is like it."""
        ticket = self._ctx.tickets.get(ticket_id)
        if ticket is None:
            return []
        asked = _words_of(ticket, self._ctx.tickets.messages(ticket_id))
        fitting = {None, ticket.department_id}
        canned = {one.id: one for one in self._ctx.canned_responses() if one.department_id in fitting}
        uses = self._uses(without=ticket_id)
        own = {key: terms(one.title, one.text) for key, one in canned.items()}
        rareness = rareness_of([*own.values(), *(bag for bags in uses.values() for bag in bags)])
        found = []
        for key, one in canned.items():
            bags = uses.get(key, ())
            best = max((similarity(asked, bag, rareness) for bag in bags), default=0.0)
            best = max(best, _OWN_WORDS * similarity(asked, own[key], rareness))
            percent = round(best * 100)
            if percent >= self._ctx.settings["least"]:
                found.append(Suggestion(one, percent, len(bags)))
        found.sort(key=lambda one: (-one.percent, -one.times, one.canned.title))
        return found[: int(self._ctx.settings["how_many"])]

    def _uses(self, *, without: int) -> Mapping[int, list[Mapping[str, int]]]:
        table = self._table
        found: dict[int, list[Mapping[str, int]]] = defaultdict(list)
        with self._ctx.tables.reading() as connection:
            for row in connection.execute(
                sa.select(table.c.canned_id, table.c.words).where(table.c.ticket_id != without)
            ):
                found[row.canned_id].append(json.loads(row.words))
        return found


def _words_of(ticket: TicketView, messages: Sequence[MessageView]) -> dict[str, int]:
    asked = [one.text for one in messages if one.direction == "inbound"]
    return terms(ticket.subject, "\n".join(asked[:3]))


def _stands_in(canned: CannedView, written: Sequence[str]) -> bool:
    """Whether a response was used: its longest piece without a placeholder stands in an answer."""
    pieces = [fingerprint(piece) for piece in _PLACEHOLDER.split(canned.text)]
    longest = max(pieces, key=len, default="")
    return len(longest) >= min(_LEAST_LETTERS, max(12, len(fingerprint(canned.text)) // 2)) and any(
        longest in text for text in written
    )
