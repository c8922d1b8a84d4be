"""What the desk keeps of its plugins, as the host reads and writes it."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from desk_app.domain.plugins.model import PluginFault, PluginRecord
from desk_app.plugin_host.states import Standing
from desk_app.services.ports.plugins import PluginReading, PluginRefusedError
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory

SWITCH = frozenset({"wanted", "paused"})
"""What a person means who switches a plugin on or off, whatever was read before."""


class GoneError(PluginRefusedError):
    """Another program of the desk has removed the plugin with its data."""


class Shelf:
    """The records of all plugins; each call is one transaction, and `standing.records` follows."""

    def __init__(self, uow: UnitOfWorkFactory, reading: PluginReading, standing: Standing) -> None:
        self._uow = uow
        self._reading = reading
        self._standing = standing

    def read(self) -> Mapping[str, PluginRecord]:
        """Read every record anew."""
        self._standing.records = {record.slug: record for record in self._reading.all()}
        return self._standing.records

    def known(self, slug: str) -> PluginRecord:
        """Return the record of a plugin that was ever switched on, read anew. Raises PluginRefusedError."""
        record = self.read().get(slug)
        if record is None:
            raise PluginRefusedError("This plugin was never switched on.")
        return replace(record)

    def save(self, record: PluginRecord, *, activated: bool = False, meant: Collection[str] = ()) -> None:
        """Store what is different about a record from what was read, and keep what another program has changed since;
        fields that are `meant` are stored in any case. `activated` stamps it with the database's time, and with where
        the history stands. Raises GoneError where another program has removed it with its data."""
        with self._uow() as uow:
            stored = uow.plugins.held(record.slug, new=not record.id)
            if stored is None:
                raise GoneError("Another program of the desk has removed it with its data.")
            stored = _merged(record, self._standing.records.get(record.slug), stored, meant)
            if activated:
                stored.activated_at, stored.activated_event_id = uow.now(), uow.event_log.newest_id()
            saved = uow.plugins.save(stored)
            uow.commit()
        self._standing.records = {**self._standing.records, record.slug: saved}

    def forget(self, slug: str) -> None:
        """Forget a plugin with everything it keeps in the database."""
        with self._uow() as uow:
            uow.plugins.delete(slug)
            uow.commit()
        self.read()

    def settings(self, slug: str) -> Mapping[str, Any]:
        """Return the stored settings of a plugin."""
        record = self._standing.records.get(slug)
        if record is None:
            return {}
        return dict(self._reading.settings(record.id))

    def all_settings(self) -> Mapping[int, Mapping[str, Any]]:
        """Return the stored settings of every plugin by its record's id, read at once."""
        return self._reading.all_settings()

    def add_fault(self, fault: PluginFault) -> None:
        """Keep a fault of a plugin the desk knows."""
        with self._uow() as uow:
            record = uow.plugins.get(fault.slug)
            if record is None:
                return
            running = self._standing.running.get(fault.slug)
            version = str(running.manifest.version) if running is not None else record.version
            uow.plugins.add_fault(record.id, replace(fault, version=version, computer=socket.gethostname()))
            uow.commit()

    def lately(self, slug: str, summary: str) -> bool:
        """Return whether a plugin had a fault within a day."""
        record = self._standing.records.get(slug)
        if record is None:
            return False
        with self._uow() as uow:
            since = uow.now() - timedelta(days=1)
            faults = uow.plugins.faults(record.id)
        return any(one.summary == summary and one.at is not None and one.at > since for one in faults)

    def clear_faults(self, slug: str) -> None:
        """Forget the faults of a plugin."""
        record = self.known(slug)
        with self._uow() as uow:
            uow.plugins.clear_faults(record.id)
            uow.commit()


def _merged(
    wanted: PluginRecord, read: PluginRecord | None, stored: PluginRecord, meant: Collection[str]
) -> PluginRecord:
    """Return the stored record with what `wanted` has changed about the one that was read, or that was not there."""
    before = read or PluginRecord(0, wanted.slug)
    names = [one.name for one in fields(PluginRecord) if one.name != "id"]
    changed = {
        name: getattr(wanted, name) for name in names if name in meant or getattr(wanted, name) != getattr(before, name)
    }
    return replace(stored, **changed)
