"""Turns the filters of a search text into conditions on tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, false, not_, or_, select
from sqlalchemy.engine import Connection

from desk_app.domain.search.query import FilterClause
from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.domain.tickets.query import TicketQuery
from desk_app.storage.schema.links import ticket_star, ticket_watcher
from desk_app.storage.schema.people import agent, department
from desk_app.storage.schema.sync import channel_account
from desk_app.storage.schema.tickets import status, ticket
from desk_app.storage.tickets.conditions import has_tag, in_mailbox, unread_by

_BUCKETS = {bucket.value: (bucket,) for bucket in Bucket} | {
    "inbox": (Bucket.OPEN,),
    "archive": (Bucket.CLOSED,),
    "all": tuple(Bucket),
    "anywhere": tuple(Bucket),
}
_ME = frozenset({"me", "mine"})
_NOBODY = frozenset({"none", "nobody", "unassigned"})


@dataclass
class TicketFilter:
    """A list's query with what the search text adds: buckets it names, and conditions on the ticket table."""

    query: TicketQuery
    conditions: list[ColumnElement[bool]] = field(default_factory=list)


def resolve(
    connection: Connection, query: TicketQuery, clauses: Sequence[FilterClause], agent_id: int | None
) -> TicketFilter:
    """Return the filter of a search; a value nobody knows matches nothing (or everything, where it is excluded)."""
    result = TicketFilter(query)
    named: list[Bucket] = []
    for clause in clauses:
        buckets = _BUCKETS.get(clause.value) if clause.name in {"in", "is"} else None
        if buckets is not None and not clause.excluded:
            named.extend(buckets)
            continue
        if buckets is not None:
            condition: Any = ticket.c.bucket.in_([bucket.value for bucket in buckets])
        else:
            condition = _condition(connection, clause, agent_id)
        result.conditions.append(not_(condition) if clause.excluded else condition)
    if named:
        result.query = replace(query, buckets=tuple(dict.fromkeys(named)))
    return result


def _condition(connection: Connection, clause: FilterClause, agent_id: int | None) -> Any:
    if clause.name == "tag":
        return has_tag(clause.value)
    if clause.name == "has":
        wanted = clause.value.rstrip("s")
        return ticket.c.has_attachments.is_(True) if wanted in {"attachment", "file"} else false()
    if clause.name == "assignee":
        return _assignee(connection, clause.value, agent_id)
    if clause.name == "is":
        state = _state(clause.value, agent_id)
        if state is not None:
            return state
    return _place(connection, clause.value)


def _assignee(connection: Connection, value: str, agent_id: int | None) -> Any:
    if value in _NOBODY:
        return ticket.c.assignee_id.is_(None)
    if value in _ME:
        return ticket.c.assignee_id == agent_id if agent_id is not None else false()
    statement = select(agent.c.id, agent.c.login, agent.c.name, agent.c.email)
    ids = [
        row.id
        for row in connection.execute(statement)
        if value in {row.login, row.email} or value in row.name.casefold().split() or value == row.name.casefold()
    ]
    return ticket.c.assignee_id.in_(ids) if ids else false()


def _state(value: str, agent_id: int | None) -> Any:
    """Return the condition of `is:`, None where the value is no state of its own."""
    if value in {priority.value for priority in Priority}:
        return ticket.c.priority == value
    if value in _NOBODY:
        return ticket.c.assignee_id.is_(None)
    if value == "assigned":
        return ticket.c.assignee_id.is_not(None)
    if value in _ME:
        return ticket.c.assignee_id == agent_id if agent_id is not None else false()
    if value == "imported":
        return ticket.c.imported.is_(True)
    if value in {"unread", "read"}:
        return unread_by(agent_id) if value == "unread" else not_(unread_by(agent_id))
    return _own_state(value, agent_id)


def _own_state(value: str, agent_id: int | None) -> Any:
    if value in {"starred", "watched"}:
        table = ticket_star if value == "starred" else ticket_watcher
        return exists().where(table.c.ticket_id == ticket.c.id, table.c.agent_id == agent_id)
    return ticket.c.due_at < datetime.now(UTC) if value == "overdue" else None


def _place(connection: Connection, value: str) -> Any:
    """Return the condition of a status, mailbox or department by name, key or address."""
    found: list[ColumnElement[bool]] = []
    statuses = connection.execute(select(status.c.id, status.c.key, status.c.name))
    found += [ticket.c.status_id == row.id for row in statuses if value in {row.key.casefold(), row.name.casefold()}]
    boxes = connection.execute(select(channel_account.c.id, channel_account.c.name, channel_account.c.address))
    found += [in_mailbox(box.id) for box in boxes if value in {box.name.casefold(), box.address}]
    departments = connection.execute(select(department.c.id, department.c.name))
    found += [ticket.c.department_id == place.id for place in departments if value == place.name.casefold()]
    return or_(*found) if found else false()
