"""Small things a plugin remembers: for itself, and about a ticket."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from functools import partial
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
MOST_OF_A_TICKET, MOST_BYTES_OF_A_TICKET = 100, 256 * 1024
MOST_OF_TICKETS, MOST_BYTES_OF_TICKETS = 1_000_000, 256 * 1024 * 1024
"""What it may keep about one ticket, and about all of them together."""
COUNTED_EVERY, BYTES_UNCOUNTED = 10_000, 16 * 1024 * 1024
"""After so many values, or bytes, what all tickets have is counted anew."""
_FORGET = "Forget some, or use a table (ctx.tables)."


class TicketRoom:
    """How much a plugin keeps about all tickets. That is counted now and then, since counting reads all of it; what is
    added in between is added up, and what goes is noticed by the next count, which is made before anything is refused.
    Programs that count beside each other may go a little beyond together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._many = self._bytes = 0
        self._left = self._bytes_left = 0

    def take(self, grows: int, *, new: bool, count: Callable[[], tuple[int, int]]) -> None:
        """Take note of a value that is new or grows by so many bytes. Raises RefusedByDesk where it is too much."""
        with self._lock:
            if self._left <= 0 or self._bytes_left <= 0 or self._refusal(grows, new=new):
                self._many, self._bytes = count()
                self._left, self._bytes_left = COUNTED_EVERY, BYTES_UNCOUNTED
            refusal = self._refusal(grows, new=new)
            if refusal:
                raise RefusedByDesk(refusal)
            self._many += new
            self._bytes += max(grows, 0)
            self._left -= 1
            self._bytes_left -= max(grows, 0)

    def _refusal(self, grows: int, *, new: bool) -> str:
        if new and self._many >= MOST_OF_TICKETS:
            return f"A plugin keeps at most {MOST_OF_TICKETS:,} values about tickets. {_FORGET}"
        if grows > 0 and self._bytes + grows > MOST_BYTES_OF_TICKETS:
            return f"A plugin keeps at most {_size(MOST_BYTES_OF_TICKETS)} about tickets. {_FORGET}"
        return ""


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
                sizes = uow.plugins.sizes(plugin_id, key)
                _refuse_too_much(size, *sizes, most=(MOST_KEYS, MOST_BYTES_IN_ALL))
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
        room: TicketRoom,
    ) -> None:
        if not is_id(ticket_id):
            raise RefusedByDesk("A ticket is named by its id.")
        self._record = record
        self._reading = reading
        self._writing = writing
        self._ticket_id = ticket_id
        self._room = room

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, `default` where there is none."""
        _checked_key(key)
        found = self.items(key).get(key)
        return default if found is None else found

    def set(self, key: str, value: Any) -> None:
        """Store a value; None forgets it."""
        _checked_key(key)
        size = check_value(value)
        plugin_id = stored_id(self._record)
        with told():
            if value is not None:
                self._take_room(plugin_id, key, size)
            self._store(plugin_id, key, value, size)

    def _take_room(self, plugin_id: int, key: str, size: int) -> None:
        """Refuse what is too much for all tickets together, before anybody is kept from writing."""
        _, _, before = self._reading.sizes(plugin_id, key, self._ticket_id)
        count = partial(self._reading.size_of_all_tickets, plugin_id)
        self._room.take(size - (before or 0), new=before is None, count=count)

    def _store(self, plugin_id: int, key: str, value: Any, size: int) -> None:
        with self._writing() as uow:
            if value is not None:
                sizes = uow.plugins.sizes(plugin_id, key, self._ticket_id)
                _refuse_too_much(size, *sizes, most=(MOST_OF_A_TICKET, MOST_BYTES_OF_A_TICKET), what=" about a ticket")
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


def _refuse_too_much(
    size: int, others: int, theirs: int, before: int | None, *, most: tuple[int, int], what: str = ""
) -> None:
    """Raise RefusedByDesk where a value of so many bytes is one too many; what becomes no larger always fits."""
    values, in_all = most
    if before is None and others >= values:
        raise RefusedByDesk(f"A plugin keeps at most {values:,} values{what}. {_FORGET}")
    if size > (before or 0) and theirs + size > in_all:
        raise RefusedByDesk(f"A plugin keeps at most {_size(in_all)} of values{what}. {_FORGET}")


def _size(many: int) -> str:
    return f"{many // 1024 // 1024} MB" if many >= 1024 * 1024 else f"{many // 1024} kB"


def _checked_key(key: Any) -> None:
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise RefusedByDesk(f"A key is a text of 1 to {LONGEST_KEY} printable characters.")
