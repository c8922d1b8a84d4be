"""Databases of any number of tickets, made by bulk load: one message of 50 words a ticket, word frequencies as in
languages."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import psycopg
import zstandard
from sqlalchemy import Index, create_engine

from desk_app.domain.mailboxes.model import Account, AccountPolicy
from desk_app.domain.people.agent import Agent
from desk_app.domain.search import ANALYZER_VERSION, SearchFields, index_fields
from desk_app.storage.database import open_database
from desk_app.storage.engine.postgresql import connect_options
from desk_app.storage.engine.urls import file_of, parse_url
from desk_app.storage.schema import metadata
from desk_app.storage.search.index import tsvector

START = datetime(2020, 1, 1, tzinfo=UTC)
AGENTS, MAILBOXES, TAGS = 1, 2, 2  # so that the smallest database fills a page of each list too
WORDS_IN_A_MESSAGE = 50
RARE, COMMON, SOMETIMES = "xylophone", "regards", "kilimanjaro"  # in 5 messages, in two fifths, in one of twenty
UNREAD = 1_000  # one ticket in so many has not been read
_CHUNK = 5_000
_BUCKETS = ("open", "waiting", *("closed",) * 8)
_STATUS = {"open": 1, "waiting": 3, "closed": 5}
_COLUMNS = {
    "contact": "id name created_at updated_at",
    "contact_address": "id contact_id address is_primary",
    "ticket": "id number department_id account_id subject status_id bucket assignee_id requester_id requester_name "
    "requester_email snippet message_count last_message_id last_inbound_id created_at updated_at activity_at",
    "ticket_mailbox": "ticket_id account_id department_id bucket activity_at created_at",
    "ticket_tag": "ticket_id tag department_id bucket activity_at created_at",
    "message": "id ticket_id department_id account_id kind direction contact_id author_name author_email subject "
    "snippet sent_at created_at internet_id",
    "message_body": "message_id department_id text visible_text",
    "ticket_seen": "ticket_id agent_id department_id message_id",
}
Rows = dict[str, list[tuple[Any, ...]]]


def fill(url: str, size: int) -> None:
    """Make a database of `size` tickets behind a URL that holds nothing yet."""
    database = open_database(url, origin="bench")
    with database.unit_of_work() as uow:
        for number in range(AGENTS):
            uow.people.add_agent(Agent(0, f"agent{number}", f"Agent {number}", ""), [1])
        for number in range(MAILBOXES):
            address = f"box{number}@example.net"
            uow.accounts.add(Account(0, 1, "email", f"Box {number}", "", address, {}, AccountPolicy()))
        uow.commit()
    database.close()
    engine = create_engine(parse_url(url), connect_args={} if "sqlite" in url else connect_options("bench"))
    # made afterwards: loading into them takes several times as long
    indexes = [index for name in _COLUMNS for index in metadata.tables[name].indexes if not index.unique]
    _each(engine, indexes, "drop")
    if "sqlite" in url:
        _load_sqlite(url, size)
    else:
        _load_postgresql(url, size)
    _each(engine, indexes, "create")
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    engine.dispose()


def _each(engine: Any, indexes: list[Index], what: str) -> None:
    with engine.begin() as connection:
        for index in indexes:
            getattr(index, what)(connection)


def _texts(size: int) -> Iterator[tuple[int, list[str]]]:
    chooser = random.Random(7)
    syllables = [a + b for a in "bcdfghklmnprstvw" for b in "aeiou"]
    words = sorted({"".join(chooser.choices(syllables, k=chooser.randint(2, 4))) for _ in range(60_000)})[:30_000]
    chooser.shuffle(words)
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(words))))
    rare = {size // 5 * part + 1 for part in range(5)}
    for number in range(1, size + 1):
        text = chooser.choices(words, cum_weights=weights, k=WORDS_IN_A_MESSAGE)
        if number in rare:
            text[3] = RARE
        if number % 5 < 2:
            text[7] = COMMON
        if number % 20 == 0:
            text[9:11] = [SOMETIMES, "expedition"]
        yield number, text


def _chunks(size: int, *, instants_as_numbers: bool) -> Iterator[tuple[Rows, list[tuple[int, SearchFields]]]]:
    rows: Rows = {name: [] for name in _COLUMNS}
    documents: list[tuple[int, SearchFields]] = []
    for number, words in _texts(size):
        moment = START + timedelta(seconds=number * 150)
        at: Any = int(moment.timestamp() * 1_000_000) if instants_as_numbers else moment
        _add(rows, number, words, at)
        documents.append((number, _document(number, words)))
        if number % _CHUNK == 0 or number == size:
            yield rows, documents
            rows, documents = {name: [] for name in _COLUMNS}, []


def _add(rows: Rows, number: int, words: list[str], at: Any) -> None:
    bucket = _BUCKETS[number // 3 % 10]
    subject, snippet, text = " ".join(words[:6]), " ".join(words[:20]), " ".join(words)
    name, email = f"Customer {number}", f"customer{number}@example.org"
    account, assignee = number % MAILBOXES + 1, number // 7 % (AGENTS + 1) or None
    rows["contact"].append((number, name, at, at))
    rows["contact_address"].append((number, number, email, True))
    ticket = (number, f"{number:04d}", 1, account, subject, _STATUS[bucket], bucket, assignee, number, name, email)
    rows["ticket"].append((*ticket, snippet, 1, number, number, at, at, at))
    rows["ticket_mailbox"].append((number, account, 1, bucket, at, at))
    if number % 10:
        rows["ticket_tag"].append((number, f"tag{number % TAGS}", 1, bucket, at, at))
    message = (number, number, 1, account, "public_reply", "in", number, name, email, subject, snippet, at, at)
    rows["message"].append((*message, f"m{number}@example.org"))
    rows["message_body"].append((number, 1, text, text))
    if number % UNREAD:
        rows["ticket_seen"].append((number, 1, 1, number))


def _document(number: int, words: list[str]) -> SearchFields:
    return index_fields(
        subject=" ".join(words[:6]),
        sender=[f"Customer {number}", f"customer{number}@example.org"],
        recipients=["box@example.net"],
        text=" ".join(words),
        attachment_names=(),
    )


_COUNTERS = """
    INSERT INTO ticket_counter (department_id, scope, scope_id, bucket, delta)
    SELECT 1, 'all', 0, bucket, COUNT(*) FROM ticket GROUP BY bucket
    UNION ALL SELECT 1, 'agent', COALESCE(assignee_id, 0), bucket, COUNT(*) FROM ticket GROUP BY assignee_id, bucket
    UNION ALL SELECT 1, 'mailbox', account_id, bucket, COUNT(*) FROM ticket GROUP BY account_id, bucket
"""


def _load_sqlite(url: str, size: int) -> None:
    with closing(sqlite3.connect(file_of(parse_url(url)), isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        terms: set[str] = set()
        for rows, documents in _chunks(size, instants_as_numbers=True):
            connection.execute("BEGIN IMMEDIATE")
            for name, columns in _COLUMNS.items():
                names = columns.split()
                sql = f"INSERT INTO {name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
                connection.executemany(sql, rows[name])
            texts = [(number, *(" ".join(words) for words in fields.by_field())) for number, fields in documents]
            connection.executemany(
                "INSERT INTO search_text (rowid, subject, sender, recipients, body) VALUES (?, ?, ?, ?, ?)", texts
            )
            connection.executemany(
                "INSERT INTO search_document (message_id, ticket_id, department_id, analyzer_version, terms)"
                " VALUES (?, ?, 1, ?, ?)",
                [
                    (text[0], text[0], ANALYZER_VERSION, zstandard.compress("\x1f".join(text[1:]).encode(), 1))
                    for text in texts
                ],
            )
            fresh = {word for _number, fields in documents for words in fields.by_field() for word in words} - terms
            terms |= fresh
            connection.executemany("INSERT INTO search_term (term) VALUES (?)", [(term,) for term in sorted(fresh)])
            connection.execute("COMMIT")
        connection.execute(_COUNTERS)


def _load_postgresql(url: str, size: int) -> None:
    with psycopg.connect(url, autocommit=True, **connect_options("bench")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_search_document_tsv'")
        found = cursor.fetchone()
        gin = str(found[0]) if found else ""
        cursor.execute("DROP INDEX ix_search_document_tsv")
        terms: set[str] = set()
        for rows, documents in _chunks(size, instants_as_numbers=False):
            for name, columns in _COLUMNS.items():
                _copy(cursor, name, columns, rows[name])
            _copy(
                cursor,
                "search_document",
                "message_id ticket_id department_id analyzer_version tsv",
                [(number, number, 1, ANALYZER_VERSION, tsvector(fields)) for number, fields in documents],
            )
            fresh = {word for _number, fields in documents for words in fields.by_field() for word in words} - terms
            terms |= fresh
            _copy(cursor, "search_term", "term", [(term,) for term in sorted(fresh)])
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(gin.encode())
        cursor.execute(_COUNTERS.encode())
        cursor.execute("VACUUM (ANALYZE)")


def _copy(cursor: psycopg.Cursor[Any], table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {table} ({', '.join(columns.split())}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)
