"""A copy of everything a plugin keeps, before it is deleted (features.md PL-07)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from desk_app.domain.people.actor import Actor
from desk_app.domain.plugins.model import SECRET_SETTING
from desk_app.services.plugins.keeping import refuse_unless_admin
from desk_app.services.ports.plugins import PluginTables
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


class PluginCopies:
    """Writes files of one JSON object a line: first what the copy is of, then settings, values, values at tickets, and
    each of the plugin's tables with its rows. Secrets are never in it."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, tables: PluginTables) -> None:
        self._uow, self._tables = unit_of_work, tables

    def write(self, slug: str, file: Path, actor: Actor) -> int:
        """Write the copy of a plugin's data and return how many lines it has.

        Raises PermissionError unless an admin asks, LookupError for a plugin that was never switched on, OSError where
        the file cannot be written; a file that was there before stays as it was then.
        """
        unfinished = file.with_name(file.name + ".part")
        with self._uow() as uow:
            refuse_unless_admin(uow, actor)
            kept = list(_kept(uow, slug))
        lines = 0
        try:
            with unfinished.open("w", encoding="utf-8") as target:
                for line in (*kept, *self._rows(slug)):
                    target.write(json.dumps(line, ensure_ascii=False, default=_plain) + "\n")
                    lines += 1
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
        return lines

    def _rows(self, slug: str) -> Iterator[dict[str, Any]]:
        for name, columns, rows in self._tables.space(slug).contents():
            yield {"table": name, "columns": list(columns)}
            for row in rows:
                yield {"row": list(row)}


def _kept(uow: UnitOfWork, slug: str) -> Iterator[dict[str, Any]]:
    record = uow.plugins.get(slug)
    if record is None:
        raise LookupError("This plugin was never switched on.")
    yield {"plugin": record.slug, "version": record.version, "tables": record.table_version, "at": uow.now()}
    for key, value in sorted(uow.plugins.settings(record.id).items()):
        if not key.startswith(SECRET_SETTING):
            yield {"setting": key, "value": value}
    for key, value in sorted(uow.plugins.values(record.id).items()):
        yield {"key": key, "value": value}
    for ticket_id, key, value in uow.plugins.all_ticket_values(record.id):
        yield {"ticket": ticket_id, "key": key, "value": value}


def _plain(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return str(value)
