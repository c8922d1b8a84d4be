"""Lists, pages, searches, a conversation and the counters at growing numbers of tickets.

    python -m bench.lists [--sizes 1000,100000,1000000] [--postgres]

Prints what a window waits for in milliseconds (median), with the ratio to the smallest size. The target is a ratio of
at most 1.5: nothing an agent waits for may grow with the database. Each search is a page of 50 tickets.

What must grow, because it is about a whole list, is compared with a bare statement of the driver that reads the same
tickets, in the same run: at most 4 times as long.
"""

from __future__ import annotations

import argparse
import contextlib
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from bench.filling import COMMON, RARE, SOMETIMES, fill
from desk_app.domain.tickets.model import Bucket
from desk_app.domain.tickets.query import PageKey, TicketOrder, TicketQuery
from desk_app.storage.database import Database, open_database
from desk_app.storage.engine.postgresql import connect_options
from desk_app.storage.engine.urls import file_of, parse_url
from tests.support.postgres import PostgresServer, binaries

TARGET = 1.5
WHOLE_FROM = 100_000
"""Whole lists are measured from so many tickets on; the ratio says nothing of a list of a hundred."""
TIMES_BARE = 4.0
"""So many times a bare statement of the driver a whole list may take."""
FLOOR_MS = 3.0
"""Times below this are fast at any ratio: differences are noise."""

_ROUNDS, _FEW_ROUNDS = 15, 5
_AGENT = 1
_NEWCOMER = 2  # has read nothing
_EVERY_BUCKET = tuple(Bucket)


def questions(database: Database, size: int) -> dict[str, Callable[[], object]]:
    """Return what is measured, by name."""
    queries = database.ticket_queries
    newest = TicketQuery()
    first = queries.page(newest, agent_id=_AGENT).next
    open_ids = queries.ids(newest)
    middle = queries.rows([open_ids[len(open_ids) // 2]], agent_id=None)[0]
    deep = PageKey(middle.activity_at, middle.id)

    def page(query: TicketQuery, after: PageKey | None = None) -> Callable[[], object]:
        return lambda: queries.page(query, agent_id=_AGENT, after=after)

    def search(text: str) -> Callable[[], object]:
        return page(TicketQuery(buckets=_EVERY_BUCKET, search=text))

    common_next = queries.page(TicketQuery(buckets=_EVERY_BUCKET, search=COMMON), agent_id=_AGENT).next
    return {
        "list": page(newest),
        "next page": page(newest, first),
        "deep page": page(newest, deep),
        "list, by creation": page(TicketQuery(order=TicketOrder.CREATED)),
        "list, by priority": page(TicketQuery(order=TicketOrder.PRIORITY)),
        "list, by due date": page(TicketQuery(order=TicketOrder.DUE, ascending=True)),
        "starred": page(TicketQuery(buckets=_EVERY_BUCKET, starred=True, order=TicketOrder.SUBJECT)),
        "count of a view": lambda: queries.count(
            TicketQuery(unread=True, tags=("tag1",)), agent_id=_NEWCOMER, most=1000
        ),
        "list, two states": page(TicketQuery(buckets=(Bucket.OPEN, Bucket.WAITING))),
        "mailbox": page(TicketQuery(account_id=2)),
        "mine": page(TicketQuery(assignee_id=_AGENT)),
        "mine in a mailbox": page(TicketQuery(assignee_id=_AGENT, account_id=2)),
        "tag": page(TicketQuery(tag="tag1")),
        "counters": lambda: queries.counts(_AGENT),
        "conversation": lambda: database.conversations.conversation(size // 2, agent_id=_AGENT),
        "find a number": lambda: queries.find(f"{size // 2:04d}"),
        "search, 5 hits": search(RARE),
        "search, 5 % of mails": search(SOMETIMES),
        "search, 40 % of mails": search(COMMON),
        "search, next page": page(TicketQuery(buckets=_EVERY_BUCKET, search=COMMON), common_next),
        "search, two words": search(f"{SOMETIMES} {COMMON}"),
        "search, part of word": search("manjar"),
        "search, short part": search("kil"),
        "search, phrase": search(f'"{SOMETIMES} expedition"'),
        "search, nothing": search("qqqzzzqqq"),
        "search, -word": search(f"{SOMETIMES} -{COMMON}"),
        "search, from:": search(f"from:customer{size // 2}"),
        "search, is:open": search(f"{COMMON} is:open assignee:me"),
    }


def whole_lists(database: Database) -> dict[str, Callable[[], object]]:
    """Return what is read of a whole list, by name; nearly all of it was read by the agent."""
    queries = database.ticket_queries
    closed = TicketQuery(buckets=(Bucket.CLOSED,))
    unread = replace(closed, unread=True)

    def ids(query: TicketQuery) -> Callable[[], object]:
        return lambda: queries.ids(query, agent_id=_AGENT)

    return {
        "whole list": ids(closed),
        "whole list, by subject": ids(replace(closed, order=TicketOrder.SUBJECT, ascending=True)),
        "whole list, by due date": ids(replace(closed, order=TicketOrder.DUE, ascending=True)),
        "unread, whole list": ids(unread),
        "unread, a page": lambda: queries.page(unread, agent_id=_AGENT),
        "unread, counted": lambda: queries.count(unread, agent_id=_AGENT),
        "unread in every state": ids(replace(unread, buckets=_EVERY_BUCKET)),
    }


def against_bare(database: Database, url: str, size: int) -> bool:
    """Measure whole lists and print them as ratios to a bare statement; return whether all are within the target."""
    statement = "SELECT id, last_inbound_id FROM ticket WHERE bucket = 'closed' ORDER BY activity_at DESC, id DESC"
    connection: Any
    if database.dialect == "sqlite":
        connection = sqlite3.connect(file_of(parse_url(url)))
    else:
        connection = psycopg.connect(url, autocommit=True, **connect_options("bench"))
    with contextlib.closing(connection):
        bare = measure(lambda: connection.execute(statement).fetchall(), _FEW_ROUNDS)
    print(f"\n{size:,} tickets, a bare statement over the closed ones: {bare:.1f} ms")
    good = True
    for name, work in whole_lists(database).items():
        took = measure(work, _FEW_ROUNDS)
        good &= took <= TIMES_BARE * bare
        print(f"{name:<24}{took:>11.2f} ms{took / bare:>9.2f}" + ("" if took <= TIMES_BARE * bare else "  *"))
    return good


def measure(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    """Return the median of some rounds in milliseconds."""
    work()
    times: list[float] = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def run(name: str, places: Iterator[tuple[int, str]]) -> bool:
    """Fill, measure and print one kind of database; return whether every ratio is within the target."""
    table: dict[str, list[float]] = {}
    sizes: list[int] = []
    good = True
    for size, url in places:
        begun = time.perf_counter()
        fill(url, size)
        print(f"{name}: {size:,} tickets loaded in {time.perf_counter() - begun:.0f} s", flush=True)
        database = open_database(url, origin="bench")
        try:
            for question, work in questions(database, size).items():
                table.setdefault(question, []).append(measure(work))
            good &= size < WHOLE_FROM or against_bare(database, url, size)
        finally:
            database.close()
        sizes.append(size)
    print(f"\n{name:<24}" + "".join(f"{size:>14,}" for size in sizes) + f"{'ratio':>9}")
    for question, times in table.items():
        ratio = max(times) / times[0]
        within = ratio <= TARGET or max(times) <= FLOOR_MS
        good &= within
        print(
            f"{question:<24}"
            + "".join(f"{ms:>11.2f} ms" for ms in times)
            + f"{ratio:>9.2f}"
            + ("" if within else "  *")
        )
    return good


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure on SQLite, then on PostgreSQL; returns 0 when every ratio is within the target."""
    parser = argparse.ArgumentParser(prog="python -m bench.lists", description=__doc__)
    parser.add_argument("--sizes", default="1000,100000,1000000")
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL only")
    parser.add_argument("--sqlite", action="store_true", help="SQLite only")
    options = parser.parse_args(arguments)
    sizes = [int(size) for size in options.sizes.split(",")]
    good = True
    if not options.postgres:
        with tempfile.TemporaryDirectory(prefix="desk-bench-") as folder:
            good &= run("SQLite", ((size, f"sqlite:///{Path(folder) / f'{size}.db'}") for size in sizes))
    programs = binaries()
    if not options.sqlite and programs is None:
        print("PostgreSQL is not installed: not measured")
    elif not options.sqlite and programs is not None:
        server = PostgresServer(programs, shared_buffers="512MB", work_mem="16MB")
        with contextlib.closing(contextlib.ExitStack()) as stack:
            stack.callback(server.stop)
            server.start()
            good &= run("PostgreSQL", ((size, server.url(server.create())) for size in sizes))
    print("\n* more than the target" if not good else "\nall within their targets")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
