"""Messages that match an expression, newest first, without ever ranking or sorting a common word's million.

FTS5 walks its own rows backwards. PostgreSQL is asked for up to 2,001 matches first: fewer are sorted here; more means
a common word, so walking back over windows of messages finds a page at once (database.md 5: an ORDER BY id LIMIT on a
rare word makes the planner walk the whole primary key).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy.engine import Connection

from desk_app.storage.search.expressions import TextExpression

Candidate = tuple[int, int]  # message id, ticket id
Batch = tuple[list[Candidate], int]  # matches, and the message id down to which everything was looked at

FEW = 2_000
_FIRST_BATCH = 200
_LARGEST_BATCH = 2_000
_FIRST_WINDOW = 4_000
_LARGEST_WINDOW = 64_000
_CHECKED = 200  # newer messages looked at for tickets of a later page


def candidates(connection: Connection, text: TextExpression, before_id: int | None) -> Iterator[Batch]:
    """Yield batches of matches older than `before_id`, newest first; an empty batch means that time passed without
    any."""
    if connection.dialect.name == "postgresql":
        return _postgresql(connection, text, before_id)
    return _sqlite(connection, text, before_id)


def _sqlite(connection: Connection, text: TextExpression, before_id: int | None) -> Iterator[Batch]:
    before = before_id if before_id is not None else 2**62
    size = _FIRST_BATCH
    if text.wanted:
        match = f"({text.wanted}) NOT ({text.unwanted})" if text.unwanted else text.wanted
        sql = (
            "SELECT t.rowid, d.ticket_id FROM search_text AS t CROSS JOIN search_document AS d"
            " ON d.message_id = t.rowid WHERE t.search_text MATCH ? AND t.rowid < ? ORDER BY t.rowid DESC LIMIT ?"
        )
    else:
        match = text.unwanted
        sql = (
            "SELECT message_id, ticket_id FROM search_document WHERE message_id NOT IN"
            " (SELECT rowid FROM search_text WHERE search_text MATCH ?) AND message_id < ?"
            " ORDER BY message_id DESC LIMIT ?"
        )
    while True:
        found = connection.exec_driver_sql(sql, (match, before, size)).all()
        if not found:
            return
        yield [(row[0], row[1]) for row in found], found[-1][0]
        if len(found) < size:
            return
        before = found[-1][0]
        size = min(size * 2, _LARGEST_BATCH)


def _postgresql(connection: Connection, text: TextExpression, before_id: int | None) -> Iterator[Batch]:
    # a generic plan cannot know how common a word is (database.md 5: x110)
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
    condition, values = _condition(text)
    before = before_id if before_id is not None else 2**62
    if text.wanted:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        few = connection.exec_driver_sql(
            f"SELECT message_id, ticket_id FROM search_document WHERE {condition} AND message_id < %s LIMIT {FEW + 1}",
            (*values, before),
        ).all()
        if len(few) <= FEW:
            if few:
                matches = sorted(((row[0], row[1]) for row in few), reverse=True)
                yield matches, matches[-1][0]
            return
    newest, oldest = connection.exec_driver_sql(
        "SELECT MAX(message_id), MIN(message_id) FROM search_document WHERE message_id < %s", (before,)
    ).one()
    size = _FIRST_WINDOW
    high = newest + 1 if newest is not None else 0
    while newest is not None and high > oldest:
        low = max(high - size, 0)
        found = connection.exec_driver_sql(
            f"SELECT message_id, ticket_id FROM search_document WHERE message_id >= %s AND message_id < %s"
            f" AND {condition} ORDER BY message_id DESC",
            (low, high, *values),
        ).all()
        yield [(row[0], row[1]) for row in found], low
        high = low
        size = min(size * 2, _LARGEST_WINDOW)


def found_before(connection: Connection, text: TextExpression, ticket_ids: Sequence[int], from_id: int) -> set[int]:
    """Return which of these tickets have a match at or after `from_id`: an earlier page has shown them."""
    if not ticket_ids:
        return set()
    ids = list(ticket_ids)
    if connection.dialect.name == "postgresql":
        condition, values = _condition(text)
        rows = connection.exec_driver_sql(
            f"SELECT DISTINCT ticket_id FROM search_document WHERE ticket_id = ANY(%s) AND message_id >= %s"
            f" AND {condition}",
            (ids, from_id, *values),
        )
        return set(rows.scalars())
    marks = ", ".join("?" * len(ids))
    newer = connection.exec_driver_sql(
        f"SELECT message_id, ticket_id FROM search_document WHERE ticket_id IN ({marks}) AND message_id >= ?"
        f" ORDER BY message_id DESC LIMIT {_CHECKED}",
        (*ids, from_id),
    ).all()
    shown: set[int] = set()
    if text.wanted:
        match = f"({text.wanted}) NOT ({text.unwanted})" if text.unwanted else text.wanted
    else:
        match = text.unwanted
    for message_id, ticket_id in newer:
        if ticket_id in shown:
            continue
        hit = connection.exec_driver_sql(
            "SELECT 1 FROM search_text WHERE search_text MATCH ? AND rowid = ?", (match, message_id)
        ).first()
        if (hit is not None) == bool(text.wanted):
            shown.add(ticket_id)
    return shown


def _condition(text: TextExpression) -> tuple[str, tuple[str, ...]]:
    parts: list[str] = []
    values: list[str] = []
    if text.wanted:
        parts.append("tsv @@ %s::tsquery")
        values.append(text.wanted)
    if text.unwanted:
        parts.append("NOT tsv @@ %s::tsquery")
        values.append(text.unwanted)
    return " AND ".join(parts), tuple(values)
