"""The history as plugins are told of it, and how far they were."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, or_, select

from desk_app.domain.messages.model import Classification
from desk_app.storage.schema.messages import message
from desk_app.storage.schema.plugins import plugin_progress
from desk_app.storage.schema.tickets import ticket, ticket_event
from desk_app.storage.tickets.mapping import to_event
from desk_app.storage.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from desk_app.domain.tickets.model import TicketEvent
    from desk_app.storage.transaction import Transaction

_MACHINE = (Classification.AUTO_REPLY.value, Classification.BOUNCE.value)
_SILENT = or_(message.c.imported, message.c.classification.in_(_MACHINE))
_AFTER = (
    select(ticket_event, _SILENT.label("silent"))
    .select_from(ticket_event.outerjoin(message, message.c.id == ticket_event.c.message_id))
    .where(ticket_event.c.id > bindparam("after"))
    .order_by(ticket_event.c.id)
    .limit(bindparam("most"))
)
_NEWEST = select(func.coalesce(func.max(ticket_event.c.id), 0))


class SqlEventReading:
    """Reads the history in order of its numbers; see the port. `run` calls its argument with a connection: that of an
    open transaction, or of a read transaction of its own."""

    def __init__(self, run: Callable[[Callable[[Connection], Any]], Any]) -> None:
        self._run = run

    def after(self, event_id: int, limit: int) -> Sequence[TicketEvent]:
        """Return the lines beyond a number; those of imported and automatic mail are silent."""
        rows = self._run(lambda connection: connection.execute(_AFTER, {"after": event_id, "most": limit}).all())
        return [replace(to_event(row), silent=bool(row.silent)) for row in rows]

    def newest_id(self) -> int:
        """Return the highest number."""
        return int(self._run(lambda connection: connection.execute(_NEWEST).scalar_one()))

    def newest_before(self, instant: datetime) -> int:
        """Return the highest number of a line from before an instant."""
        statement = _NEWEST.where(ticket_event.c.at < instant)
        return int(self._run(lambda connection: connection.execute(statement).scalar_one()))

    def ids_of(self, numbers: Iterable[str]) -> Mapping[str, int]:
        """Return the ids of tickets by their numbers."""
        wanted = list(numbers)
        if not wanted:
            return {}
        statement = select(ticket.c.number, ticket.c.id).where(ticket.c.number.in_(wanted))
        rows = self._run(lambda connection: connection.execute(statement).all())
        return {row.number: int(row.id) for row in rows}

    def progress(self, name: str) -> Mapping[str, Any]:
        """Return what was kept."""
        statement = select(plugin_progress.c.state).where(plugin_progress.c.name == name)
        found = self._run(lambda connection: connection.execute(statement).scalar())
        return dict(json.loads(found)) if found else {}


class SqlEventLog(SqlEventReading):
    """The history, and how far somebody has read it, in an open transaction; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(lambda work: work(transaction.connection))
        self._t = transaction

    def keep_progress(self, name: str, state: Mapping[str, Any]) -> None:
        """Keep how far somebody is."""
        values = {"name": name, "state": json.dumps(dict(state)), "changed_at": self._t.now()}
        upsert(self._t, plugin_progress, values, keys=["name"])
