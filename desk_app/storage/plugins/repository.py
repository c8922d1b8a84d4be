"""What the desk keeps of its plugins."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from desk_app.domain.plugins.model import KEPT_FAULTS, PluginFault, PluginRecord
from desk_app.domain.plugins.progress import place_of
from desk_app.storage.plugins.reading import SqlPluginReading
from desk_app.storage.schema.plugins import (
    plugin,
    plugin_fault,
    plugin_progress,
    plugin_setting,
    plugin_ticket_value,
    plugin_value,
)
from desk_app.storage.schema.tickets import ticket
from desk_app.storage.upsert import insert_new, upsert

if TYPE_CHECKING:
    from sqlalchemy import Table

    from desk_app.storage.transaction import Transaction


class SqlPluginRepository(SqlPluginReading):
    """Plugins in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(lambda work: work(transaction.connection))
        self._t = transaction

    def held(self, slug: str, *, new: bool) -> PluginRecord | None:
        """Return one plugin for a change of it."""
        if new:
            values = {"slug": slug, "installed_at": self._t.now()}
            self._t.connection.execute(insert_new(self._t, plugin, keys=("slug",)), values)
        mine = select(plugin.c.id).where(plugin.c.slug == slug)
        self._t.connection.execute(mine.with_for_update(key_share=True))  # its values may be written meanwhile
        return self.get(slug)

    def save(self, record: PluginRecord) -> PluginRecord:
        """Store a record."""
        values = {
            "slug": record.slug,
            "version": record.version,
            "previous_version": record.previous_version,
            "files_sha256": record.files_sha256,
            "wanted": record.wanted,
            "paused": record.paused,
            "position": record.position,
            "granted": json.dumps(sorted(record.granted)),
            "revoked": json.dumps(sorted(record.revoked)),
            "table_version": record.table_version,
            "installed_at": record.installed_at or self._t.now(),
            "activated_at": record.activated_at,
            "activated_event_id": record.activated_event_id,
        }
        if record.id:
            self._t.connection.execute(update(plugin).where(plugin.c.id == record.id).values(**values))
        else:
            made = self._t.connection.execute(insert(plugin).values(**values).returning(plugin.c.id)).scalar_one()
            record.id = int(made)
        self._t.changed("plugin", record.id)
        return record

    def delete(self, slug: str) -> None:
        """Forget a plugin and drop its tables."""
        from desk_app.storage.plugins.tables import drop_tables  # noqa: PLC0415 -- hardly ever needed

        mine = select(plugin.c.id).where(plugin.c.slug == slug).with_for_update()
        found = self._t.connection.execute(mine).scalar()
        if found is None:
            return
        drop_tables(self._t.connection, slug)
        self._t.connection.execute(delete(plugin).where(plugin.c.id == found))
        self._t.connection.execute(delete(plugin_progress).where(plugin_progress.c.name == place_of(slug)))
        self._t.changed("plugin", int(found), "delete")

    def set_setting(self, plugin_id: int, key: str, value: Any) -> None:
        """Store one setting."""
        self._set(plugin_setting, {"plugin_id": plugin_id, "key": key}, value)
        self._t.changed("plugin_setting", plugin_id)

    def set_value(self, plugin_id: int, key: str, value: Any) -> None:
        """Keep one value."""
        self._set(plugin_value, {"plugin_id": plugin_id, "key": key}, value)

    def all_ticket_values(self, plugin_id: int) -> Sequence[tuple[int, str, Any]]:
        """Return everything a plugin keeps about tickets."""
        table = plugin_ticket_value
        rows = self._t.connection.execute(
            select(table.c.ticket_id, table.c.key, table.c.value)
            .where(table.c.plugin_id == plugin_id)
            .order_by(table.c.ticket_id, table.c.key)
        )
        return [(row.ticket_id, row.key, json.loads(row.value)) for row in rows]

    def set_ticket_value(self, plugin_id: int, ticket_id: int, key: str, value: Any) -> bool:
        """Keep one value about a ticket."""
        found = self._t.connection.execute(select(ticket.c.department_id).where(ticket.c.id == ticket_id)).scalar()
        if found is None:
            return False
        keys = {"plugin_id": plugin_id, "ticket_id": ticket_id, "key": key}
        self._set(plugin_ticket_value, keys, value, department_id=found)
        return True

    def add_fault(self, plugin_id: int, fault: PluginFault) -> None:
        """Keep a fault."""
        self._t.connection.execute(
            insert(plugin_fault).values(
                plugin_id=plugin_id,
                at=fault.at or self._t.now(),
                version=fault.version,
                place=fault.place,
                summary=fault.summary[:2000],
                detail=fault.detail[:20_000],
                computer=fault.computer,
            )
        )
        newest = (
            select(plugin_fault.c.id)
            .where(plugin_fault.c.plugin_id == plugin_id)
            .order_by(plugin_fault.c.id.desc())
            .limit(KEPT_FAULTS)
        )
        self._t.connection.execute(
            delete(plugin_fault).where(plugin_fault.c.plugin_id == plugin_id, plugin_fault.c.id.not_in(newest))
        )
        self._t.changed("plugin", plugin_id)

    def clear_faults(self, plugin_id: int) -> None:
        """Forget the faults of a plugin."""
        self._t.connection.execute(delete(plugin_fault).where(plugin_fault.c.plugin_id == plugin_id))
        self._t.changed("plugin", plugin_id)

    def _set(self, table: Table, keys: Mapping[str, Any], value: Any, **more: Any) -> None:
        mine = select(plugin.c.id).where(plugin.c.id == keys["plugin_id"])
        if self._t.connection.execute(mine.with_for_update(read=True, key_share=True)).scalar() is None:
            raise LookupError("The plugin was removed with its data.")
        if value is None:
            same = [table.c[name] == wanted for name, wanted in keys.items()]
            self._t.connection.execute(delete(table).where(*same))
            return
        row = {**keys, **more, "value": json.dumps(value, ensure_ascii=False), "changed_at": self._t.now()}
        upsert(self._t, table, row, keys=tuple(keys))
