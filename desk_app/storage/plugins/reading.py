"""Reads what the desk keeps of its plugins, in an open transaction or without holding a writer up."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import LargeBinary, Row, Select, cast, func, select

from desk_app.domain.plugins.model import Permission, PluginFault, PluginRecord
from desk_app.storage.schema.plugins import plugin, plugin_fault, plugin_setting, plugin_ticket_value, plugin_value

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

_log = logging.getLogger(__name__)


class SqlPluginReading:
    """What is kept of plugins; see the port. `run` calls its argument with a connection."""

    def __init__(self, run: Callable[[Callable[[Connection], Any]], Any]) -> None:
        self._run = run

    def all(self) -> Sequence[PluginRecord]:
        """Return every plugin."""
        return [_record(row) for row in self._rows(select(plugin).order_by(plugin.c.position, plugin.c.slug))]

    def get(self, slug: str) -> PluginRecord | None:
        """Return one plugin."""
        rows = self._rows(select(plugin).where(plugin.c.slug == slug))
        return _record(rows[0]) if rows else None

    def settings(self, plugin_id: int) -> Mapping[str, Any]:
        """Return the stored settings."""
        return self._values(plugin_setting, {"plugin_id": plugin_id})

    def all_settings(self) -> Mapping[int, Mapping[str, Any]]:
        """Return the stored settings of every plugin."""
        table, found = plugin_setting, dict[int, dict[str, Any]]()
        for row in self._rows(select(table.c.plugin_id, table.c.key, table.c.value).order_by(table.c.key)):
            _take(found.setdefault(row.plugin_id, {}), row.key, row.value, table)
        return found

    def values(self, plugin_id: int, prefix: str = "") -> Mapping[str, Any]:
        """Return the values a plugin keeps."""
        return self._values(plugin_value, {"plugin_id": plugin_id}, prefix)

    def value(self, plugin_id: int, key: str) -> Any:
        """Return one value."""
        return self._values(plugin_value, {"plugin_id": plugin_id, "key": key}).get(key)

    def ticket_values(self, plugin_id: int, ticket_id: int, prefix: str = "") -> Mapping[str, Any]:
        """Return what a plugin keeps about a ticket."""
        return self._values(plugin_ticket_value, {"plugin_id": plugin_id, "ticket_id": ticket_id}, prefix)

    def sizes(self, plugin_id: int, key: str, ticket_id: int | None = None) -> tuple[int, int, int | None]:
        """Return how much a plugin keeps for itself, or about a ticket."""
        table = plugin_value if ticket_id is None else plugin_ticket_value
        where = [table.c.plugin_id == plugin_id]
        if ticket_id is not None:
            where.append(table.c.ticket_id == ticket_id)
        this = table.c.key == key

        def count(connection: Connection) -> tuple[int, int, int | None]:
            size = _bytes(table, connection)
            counted = (func.count().filter(~this), func.sum(size).filter(~this), func.sum(size).filter(this))
            others, theirs, own = connection.execute(select(*counted).where(*where)).one()
            return int(others), int(theirs or 0), None if own is None else int(own)

        found: tuple[int, int, int | None] = self._run(count)
        return found

    def size_of_all_tickets(self, plugin_id: int) -> tuple[int, int]:
        """Return how much a plugin keeps about tickets."""
        table = plugin_ticket_value

        def count(connection: Connection) -> tuple[int, int]:
            counted = select(func.count(), func.sum(_bytes(table, connection))).where(table.c.plugin_id == plugin_id)
            many, size = connection.execute(counted).one()
            return int(many), int(size or 0)

        found: tuple[int, int] = self._run(count)
        return found

    def faults(self, plugin_id: int, limit: int = 50) -> Sequence[PluginFault]:
        """Return the newest faults."""
        rows = self._rows(
            select(plugin_fault, plugin.c.slug)
            .join(plugin, plugin.c.id == plugin_fault.c.plugin_id)
            .where(plugin_fault.c.plugin_id == plugin_id)
            .order_by(plugin_fault.c.id.desc())
            .limit(limit)
        )
        return [PluginFault(r.slug, r.place, r.summary, r.detail, r.version, r.computer, r.at, r.id) for r in rows]

    def _values(self, table: Table, wanted: Mapping[str, Any], prefix: str = "") -> Mapping[str, Any]:
        same = [table.c[name] == value for name, value in wanted.items()]
        statement = select(table.c.key, table.c.value).where(*same).order_by(table.c.key)
        if prefix:
            statement = statement.where(table.c.key.startswith(prefix, autoescape=True))
        found: dict[str, Any] = {}
        for row in self._rows(statement):
            if row.key.startswith(prefix):
                _take(found, row.key, row.value, table)
        return found

    def _rows(self, statement: Select[Any]) -> list[Row[Any]]:
        found: list[Row[Any]] = self._run(lambda connection: connection.execute(statement).all())
        return found


def _bytes(table: Table, connection: Connection) -> Any:
    if connection.dialect.name == "postgresql":
        return func.octet_length(table.c.value)
    return func.length(cast(table.c.value, LargeBinary))


def _take(found: dict[str, Any], key: str, stored: str, table: Table) -> None:
    """Take a stored value; one that somebody else wrote and that is no JSON must not keep all from loading."""
    try:
        found[key] = json.loads(stored)
    except (ValueError, RecursionError):
        _log.warning("the value “%s” in %s is no JSON and is left out", key, table.name)


def _record(row: Row[Any]) -> PluginRecord:
    return PluginRecord(
        id=row.id,
        slug=row.slug,
        version=row.version,
        previous_version=row.previous_version,
        files_sha256=row.files_sha256,
        wanted=row.wanted,
        paused=row.paused,
        position=row.position,
        granted=_permissions(row.granted),
        revoked=_permissions(row.revoked),
        table_version=row.table_version,
        installed_at=row.installed_at,
        activated_at=row.activated_at,
        activated_event_id=row.activated_event_id,
    )


def _permissions(text: str) -> frozenset[Permission]:
    known = set(Permission)
    return frozenset(Permission(one) for one in json.loads(text) if one in known)
