"""Small things a plugin remembers: for itself, and about a ticket."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from desk_app.domain.plugins.model import PluginRecord
from desk_app.plugin_api.errors import RefusedByDesk
from desk_app.plugin_host.own_settings import stored_id
from desk_app.services.plugins.commands import is_id, told
from desk_app.services.ports.plugins import PluginReading
from desk_app.services.ports.unit_of_work import UnitOfWork

MOST_BYTES = 65_536
"""A value's size as JSON."""
LONGEST_KEY = 200
MOST_KEYS, MOST_BYTES_IN_ALL = 10_000, 16 * 1024 * 1024
"""What a plugin may keep in all: more belongs into a table of its own."""


class OwnValues:
    """What a plugin remembers; see `plugin_api.KeyValues`. Every call asks the database."""

    def __init__(
        self,
        record: Callable[[], PluginRecord],
        reading: PluginReading,
        writing: Callable[[], UnitOfWork],
    ) -> None:
        self._record = record
        self._reading = reading
        self._writing = writing

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, `default` where there is none."""
        _checked_key(key)
        with told():
            found = self._reading.value(self._record().id, key)
        return default if found is None else found

    def set(self, key: str, value: Any) -> None:
        """Store a value; None forgets it."""
        _checked_key(key)
        size = check_value(value)
        plugin_id = stored_id(self._record)
        with told(), self._writing() as uow:
            if value is not None:
                _refuse_too_much(size, *uow.plugins.sizes(plugin_id, key))
            uow.plugins.set_value(plugin_id, key, value)
            uow.commit()

    def items(self, prefix: str = "") -> Mapping[str, Any]:
        """Return all values whose keys begin with `prefix`."""
        with told():
            return self._reading.values(self._record().id, str(prefix))


class OwnTicketValues:
    """What a plugin remembers about one ticket; see `plugin_api.TicketData`."""

    def __init__(
        self,
        record: Callable[[], PluginRecord],
        reading: PluginReading,
        writing: Callable[[], UnitOfWork],
        ticket_id: int,
    ) -> None:
        if not is_id(ticket_id):
            raise RefusedByDesk("A ticket is named by its id.")
        self._record = record
        self._reading = reading
        self._writing = writing
        self._ticket_id = ticket_id

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, `default` where there is none."""
        _checked_key(key)
        found = self.items(key).get(key)
        return default if found is None else found

    def set(self, key: str, value: Any) -> None:
        """Store a value; None forgets it."""
        _checked_key(key)
        check_value(value)
        plugin_id = stored_id(self._record)
        with told(), self._writing() as uow:
            if not uow.plugins.set_ticket_value(plugin_id, self._ticket_id, key, value):
                raise RefusedByDesk("The ticket is gone.")
            uow.commit()

    def items(self, prefix: str = "") -> Mapping[str, Any]:
        """Return all values whose keys begin with `prefix`."""
        with told():
            return self._reading.ticket_values(self._record().id, self._ticket_id, str(prefix))


def check_value(value: Any) -> int:
    """Return how many bytes a value has as JSON. Raises RefusedByDesk where it cannot be kept."""
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        what = "a text with broken characters" if isinstance(error, UnicodeEncodeError) else type(value).__name__
        raise RefusedByDesk(
            f"This {what} cannot be kept: only what JSON knows (texts, numbers, lists, dicts)."
        ) from None
    if size > MOST_BYTES:
        raise RefusedByDesk(f"A value may have {MOST_BYTES // 1024} kB; this one has {size // 1024} kB.")
    return size


def _refuse_too_much(size: int, others: int, theirs: int, before: int | None) -> None:
    """Raise RefusedByDesk where a value of so many bytes is one too many; what becomes no larger always fits."""
    if before is None and others >= MOST_KEYS:
        raise RefusedByDesk(f"A plugin keeps at most {MOST_KEYS:,} values. Forget some, or use a table (ctx.tables).")
    if size > (before or 0) and theirs + size > MOST_BYTES_IN_ALL:
        most = MOST_BYTES_IN_ALL // 1024 // 1024
        raise RefusedByDesk(f"A plugin keeps at most {most} MB of values. Forget some, or use a table (ctx.tables).")


def _checked_key(key: Any) -> None:
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise RefusedByDesk(f"A key is a text of 1 to {LONGEST_KEY} printable characters.")
