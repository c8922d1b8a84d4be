"""One writing transaction: connection, savepoints, the database's time, and what is written once at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import BigInteger, Table, bindparam, cast, func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from desk_app.storage.batch import Batch
from desk_app.storage.engine.faults import explain, translated
from desk_app.storage.schema.system import change_log
from desk_app.storage.schema.tickets import ticket_counter

if TYPE_CHECKING:
    from types import TracebackType

    from sqlalchemy.engine.interfaces import DBAPICursor

    from desk_app.domain.tickets.model import TicketEvent
    from desk_app.storage.engine.connections import Connections

_INSERT_CHANGE = insert(change_log)
_INSERT_CHANGE_PG = insert(change_log).values(
    xid=cast(cast(func.pg_current_xact_id(), type_=change_log.c.entity.type), BigInteger),
    at=bindparam("at"),
    department_id=bindparam("department_id"),
    entity=bindparam("entity"),
    entity_id=bindparam("entity_id"),
    op=bindparam("op"),
    actor_name=bindparam("actor_name"),
    origin=bindparam("origin"),
)
_INSERT_COUNTER = insert(ticket_counter)

CounterKey = tuple[int, str, int, str]  # department, scope, scope id, bucket


@dataclass
class _Layer:
    """What a transaction or savepoint will write at the end of the transaction."""

    counters: dict[CounterKey, int] = field(default_factory=dict)
    changes: dict[tuple[str, int], tuple[str, int | None]] = field(default_factory=dict)
    terms: set[str] = field(default_factory=set)
    events: list[TicketEvent] = field(default_factory=list)
    failed: bool = False


class Transaction:
    """A transaction that begins with its first statement and holds the right to write until it ends.

    On SQLite it begins IMMEDIATE under the process's writer lock (database.md 7).
    """

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.postgresql = connections.postgresql
        self._connection: Connection | None = None
        self._layers = [_Layer()]
        self._clock: tuple[datetime, float] | None = None
        self.cache: dict[str, Any] = {}  # what repositories remember until the transaction ends
        self.held: Batch | None = None  # set inside `batch`
        self.on_events: Callable[[Sequence[TicketEvent]], None] | None = None
        """Called before a commit with the events noted since the last one, in the same transaction."""

    @property
    def connection(self) -> Connection:
        """The connection, with a transaction begun and everything written that a batch held back."""
        if self._connection is None:
            self._connection = self.connections.begin_writing()
        if self.held is not None:
            self.held.flush()
        return self._connection

    @property
    def driver(self) -> Any:
        """The driver's own connection; what a batch holds back is not written."""
        connection = self._connection if self._connection is not None else self.connection
        return connection.connection.driver_connection

    def execute_raw(self, sql: str, parameters: Sequence[Any] = ()) -> DBAPICursor:
        """Run one statement on the driver, for the few hot ones; placeholders are the driver's own."""
        cursor: DBAPICursor = self._driver().execute(sql, parameters)
        return cursor

    def put(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows of one table, or hold them back in a batch."""
        if self.held is not None:
            for row in rows:
                self.held.insert(table, row)
        elif rows:
            self.connection.execute(insert(table), [dict(row) for row in rows])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._end(commit=False)
        except Exception:
            if error is None:
                raise
        told = explain(error) if error is not None else None
        if told is not None:
            raise told from error

    def commit(self) -> None:
        """Make everything since the last commit permanent."""
        if self._connection is None and not self._layers[0].changes:
            return
        with translated():
            events, self._layers[0].events = self._layers[0].events, []
            if events and self.on_events is not None:
                self.on_events(events)
            changes = self._flush()
            terms = self._layers[0].terms
            self._end(commit=True)
        self.connections.known_terms.add(terms)
        if changes:
            self.connections.poke()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Open a savepoint: an exception inside rolls back to it and goes on to the caller."""
        with translated():
            nested = self.connection.begin_nested()
            self._layers.append(_Layer())
            try:
                yield
            except BaseException:
                self._layers.pop()
                self.cache.clear()
                if self.held is not None:
                    self.held.discard()
                if nested.is_active:
                    with suppress(DBAPIError):  # on a full disk SQLite has given the whole transaction up by itself
                        nested.rollback()
                raise
            nested.commit()
            self._merge(self._layers.pop())

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Open a savepoint in which writes are held back and put together; see the port."""
        with self.savepoint():
            self.held = Batch(self)
            try:
                yield
                self.held.flush()
            finally:
                self.held = None

    def changed(self, entity: str, entity_id: int, op: str = "update", department_id: int | None = None) -> None:
        """Note a change for the change feed; several notes of one entity are folded together."""
        _fold(self._layers[-1].changes, (entity, entity_id), op, department_id)

    def note_events(self, events: Iterable[TicketEvent]) -> None:
        """Note history lines that somebody may have to be told of; forgotten with their savepoint."""
        self._layers[-1].events.extend(events)

    def count(self, key: CounterKey, delta: int) -> None:
        """Note a counter delta; written with the transaction."""
        counters = self._layers[-1].counters
        counters[key] = counters.get(key, 0) + delta

    def note_terms(self, terms: set[str]) -> None:
        """Note search terms; those that are new to the vocabulary are written at the end of the transaction.

        All at once and in order, so that two transactions with the same new words cannot wait for each other in a
        circle.
        """
        self._layers[-1].terms |= self.connections.known_terms.unknown(terms)

    def now(self) -> datetime:
        """Return the database's own time: the server's clock on PostgreSQL, this computer's on SQLite."""
        if not self.postgresql:
            return datetime.now(UTC)
        if self._clock is None:
            value = self.connection.execute(select(func.clock_timestamp())).scalar_one()
            self._clock = (value.astimezone(UTC), time.monotonic())
        started, mark = self._clock
        return started + timedelta(seconds=time.monotonic() - mark)

    def _driver(self) -> Any:
        return self.connection.connection.driver_connection

    def _merge(self, layer: _Layer) -> None:
        below = self._layers[-1]
        for key, delta in layer.counters.items():
            below.counters[key] = below.counters.get(key, 0) + delta
        for entity, (op, department_id) in layer.changes.items():
            _fold(below.changes, entity, op, department_id)
        below.terms |= layer.terms
        below.events += layer.events

    def _flush(self) -> bool:
        layer = self._layers[0]
        counters = [
            {"department_id": key[0], "scope": key[1], "scope_id": key[2], "bucket": key[3], "delta": delta}
            for key, delta in sorted(layer.counters.items())
            if delta
        ]
        if counters:
            self.connection.execute(_INSERT_COUNTER, counters)
        if layer.terms:
            self._add_terms(sorted(layer.terms))
        if not layer.changes:
            return False
        at = self.now()
        rows = [
            {
                "at": at,
                "department_id": department_id,
                "entity": entity,
                "entity_id": entity_id,
                "op": op,
                "actor_name": "",
                "origin": self.connections.process_id,
            }
            for (entity, entity_id), (op, department_id) in layer.changes.items()
        ]
        self.connection.execute(_INSERT_CHANGE_PG if self.postgresql else _INSERT_CHANGE, rows)
        return True

    def _add_terms(self, terms: list[str]) -> None:
        if self.postgresql:
            self.execute_raw(
                "INSERT INTO search_term (term) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (terms,)
            )
        else:
            self._driver().executemany(
                "INSERT OR IGNORE INTO search_term (term) VALUES (?)", [(term,) for term in terms]
            )

    def _end(self, *, commit: bool) -> None:
        self._layers = [_Layer()]
        self._clock = None
        self.cache.clear()
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        self.connections.end_writing(connection, commit=commit)


def _fold(
    changes: dict[tuple[str, int], tuple[str, int | None]], key: tuple[str, int], op: str, department_id: int | None
) -> None:
    earlier = changes.get(key)
    if earlier is not None:
        if earlier[0] == "insert" and op == "update":
            op = "insert"
        if department_id is None:
            department_id = earlier[1]
    changes[key] = (op, department_id)
