"""Reads the history for all who are told of it: what was read for one plugin serves the others."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from desk_app.domain.plugins.progress import Progress
from desk_app.domain.tickets.model import TicketEvent
from desk_app.services.plugins.acts import Act, Call, Known, acts_of, calls_of, whole_acts
from desk_app.services.ports.plugins import EventReading, Pictures, PluginReading

K = TypeVar("K")
V = TypeVar("V")
ROUND = 200
"""Lines read at once."""
_REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class EventSources:
    """What is read to tell events: none of it holds a writer up."""

    log: EventReading
    plugins: PluginReading
    pictures: Pictures


class EventPages:
    """Pages of the history, and what they say in hooks. Any thread; what was read is forgotten by `renew`."""

    def __init__(self, sources: EventSources) -> None:
        self._sources = sources
        self._lock = Lock()
        self._pages: OrderedDict[int, Sequence[TicketEvent]] = OrderedDict()
        self._acts: OrderedDict[tuple[int, ...], Sequence[tuple[Act, Sequence[Call]]]] = OrderedDict()

    def renew(self) -> int:
        """Read anew from now on; returns the number of the newest line, which every page read after this knows."""
        newest = self._sources.log.newest_id()
        with self._lock:
            self._pages.clear()
            self._acts.clear()
        return newest

    def fresh(self, progress: Progress) -> tuple[Sequence[TicketEvent], bool]:
        """Return lines that were not told, whole acts, and whether there may be more."""
        after = progress.low
        while True:
            page = self._once(self._pages, after, lambda start=after: self._sources.log.after(start, ROUND))  # type: ignore[misc]
            wanted = set(progress.fresh(event.id for event in page))
            fresh = [event for event in page if event.id in wanted]
            more = len(page) == ROUND
            if fresh or not more:
                return whole_acts(fresh, more=more), more
            after = page[-1].id

    def acts(self, events: Sequence[TicketEvent]) -> Sequence[tuple[Act, Sequence[Call]]]:
        """Return what lines tell, act by act; silent ones tell nothing."""
        told = [event for event in events if not event.silent]
        if not told:
            return ()
        return self._once(self._acts, tuple(event.id for event in told), lambda: self._read(told))

    def _once(self, kept: OrderedDict[K, V], key: K, read: Callable[[], V]) -> V:
        """Return what was read, or read it: one at a time, so that the others find it."""
        with self._lock:
            if key not in kept:
                kept[key] = read()
                while len(kept) > _REMEMBERED:
                    kept.popitem(last=False)
            return kept[key]

    def _read(self, told: Sequence[TicketEvent]) -> Sequence[tuple[Act, Sequence[Call]]]:
        agents = {int(one) for event in told for key in ("agent_id", "agent_before") if (one := event.data.get(key))}
        numbers = {str(event.old) for event in told if event.kind == "TicketUnmerged" and event.old}
        pictures = self._sources.pictures
        messages = dict.fromkeys(event.message_id for event in told if event.message_id is not None)
        known = Known(
            tickets=pictures.tickets(dict.fromkeys(event.ticket_id for event in told)),
            messages=pictures.messages(messages),
            agents={one: view for one in agents if (view := pictures.agent(one)) is not None},
            tickets_by_number=self._sources.log.ids_of(numbers),
        )
        return [(act, list(calls_of(act, known))) for act in acts_of(told)]
