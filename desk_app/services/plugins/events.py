"""Tells plugins what has happened, from the history: at least once, in order, each by one program (decisions 121 and
128).

Every plugin has a place of its own in the history. A round reads the lines beyond it, tells them, and writes down how
far it came. A crash between the last two repeats that round, no more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta

from desk_app.domain.plugins.model import PluginRecord
from desk_app.domain.plugins.progress import Progress, place_of
from desk_app.domain.tickets.model import TicketEvent
from desk_app.services.messages.intake import LeaseLostError
from desk_app.services.plugins.acts import HOOKS
from desk_app.services.plugins.event_pages import ROUND, EventPages, EventSources
from desk_app.services.plugins.loops import Chains
from desk_app.services.ports.hooks import Hooks
from desk_app.services.ports.system import Lease
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

ROUND_SECONDS = 2.0
"""A round that has told for so long is written down; what is left is the next one's."""
LONGEST_BACK = timedelta(days=7)
"""What is older when a plugin could hear of it is left out: no program that runs it was open for so long."""
KEPT_SECONDS = 5.0
"""How often it is written down how far a plugin is that was told nothing: to read that again does no harm."""
_log = logging.getLogger(__name__)


class EventPump:
    """Makes listeners of this program's plugins. Of each plugin one program of the desk at a time runs rounds: the one
    with its lease."""

    def __init__(
        self, uow: UnitOfWorkFactory, sources: EventSources, hooks: Hooks, chains: Chains | None = None
    ) -> None:
        self._uow = uow
        self._sources = sources
        self._pages = EventPages(sources)
        self._hooks = hooks
        self._chains = chains or Chains()

    def listeners(self) -> Sequence[str]:
        """Return the plugins of this program that want to be told; asks no database."""
        return sorted({slug for hook in HOOKS for slug in self._hooks.users(hook)})

    def newest(self) -> int:
        """Return the number of the newest line: while it is the same, nobody has to be told anything. What was read
        until now is read anew."""
        return self._pages.renew()

    def listener(self, slug: str) -> Listener:
        """Return a plugin as one that is told, of what there is now."""
        self._pages.renew()
        return Listener(self._uow, self._sources, self._pages, self._hooks, self._chains, slug)

    def round(self) -> int:
        """Tell every plugin of this program what is new, where no worker does; returns how many lines were read at
        most, ROUND or more where there may be more."""
        most = 0
        for listener in [self.listener(slug) for slug in self.listeners()]:
            most = max(most, listener.round())
            listener.keep()
        return most


class Listener:
    """One plugin, and how far it has heard. Used by one thread at a time."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        sources: EventSources,
        pages: EventPages,
        hooks: Hooks,
        chains: Chains,
        slug: str,
    ) -> None:
        self._uow = uow
        self._sources = sources
        self._pages = pages
        self._hooks = hooks
        self._chains = chains
        self._slug = slug
        self._name = place_of(slug)
        self._progress: Progress | None = None
        self._written = Progress()
        self._since = ""
        self._written_at = 0.0
        self._clock: tuple[datetime, float] | None = None

    @property
    def waiting(self) -> bool:
        """Whether numbers are missing that may still come: it has to look again though nothing is new."""
        return self._progress is None or bool(self._progress.told)

    def round(self, lease: Lease | None = None, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """Tell what is new and return how many lines were read, ROUND or more where there may be more. `stopping` ends
        it between two acts. Raises LeaseLostError, with nothing written, where the lease was lost meanwhile."""
        heard = {hook for hook in HOOKS if self._slug in self._hooks.users(hook)}
        record = self._sources.plugins.get(self._slug)
        if not heard or (record is not None and (not record.wanted or record.paused)):
            return 0
        try:
            progress = self._placed(record, lease)
            events, more = self._pages.fresh(progress)
            done, told = self._tell(events, heard, stopping)
            self._progress = progress.after(done, self._now())
            if told or time.monotonic() - self._written_at > KEPT_SECONDS:
                self.keep(lease)
        except BaseException:
            self._progress = None  # what is written down counts
            raise
        return ROUND if more or len(done) < len(events) else len(events)

    def keep(self, lease: Lease | None = None) -> None:
        """Write down how far it heard, where that is not written yet. Raises LeaseLostError."""
        if self._progress is not None and self._progress != self._written:
            with self._uow() as uow:
                self._write(uow, self._progress, lease)

    def _tell(
        self, events: Sequence[TicketEvent], heard: Collection[str], stopping: Callable[[], bool]
    ) -> tuple[list[int], bool]:
        """Tell what these lines say, and return the numbers of those that are dealt with, and whether anything was
        told: not all, where the plugin was taken down meanwhile, or it takes long."""
        end = time.monotonic() + ROUND_SECONDS
        done: list[int] = []
        told = False
        for act, calls in self._pages.acts(events):
            wanted = [call for call in calls if call.hook in heard]
            with self._chains.telling(act.ticket_id, act.events[0].actor.kind, act.events[0].id):
                for call in wanted:
                    told = True
                    if not self._hooks.tell(self._slug, call.hook, **call.arguments):
                        return done, told  # it is told again where it is there again
            done += [event.id for event in act.events]
            if stopping() or (wanted and time.monotonic() > end):
                return done, told
        return [event.id for event in events], told

    # -- how far ------------------------------------------------------------------------------------------------------

    def _placed(self, record: PluginRecord | None, lease: Lease | None) -> Progress:
        """Return how far it has heard. One that was switched on anew hears what came after that moment."""
        since = record.activated_at.isoformat() if record is not None and record.activated_at is not None else ""
        if self._progress is not None and since == self._since:
            return self._progress
        log = self._sources.log
        stored = log.progress(self._name)
        self._since = since
        if stored.get("since") == since:
            progress = Progress.read(dict(stored))
        else:
            progress = Progress(record.activated_event_id if record is not None and since else log.newest_id())
        with self._uow() as uow:
            first = next(iter(uow.event_log.after(progress.low, 1)), None)
            now = uow.now()
            self._clock = (now, time.monotonic())
            if first is not None and first.at < now - LONGEST_BACK:
                _log.warning("the plugin %s hears nothing from before %s", self._slug, (now - LONGEST_BACK).date())
                progress = progress.skipped_to(uow.event_log.newest_before(now - LONGEST_BACK))
            if {**progress.stored(), "since": since} != stored:
                self._write(uow, progress, lease)
        self._progress = self._written = progress
        self._written_at = time.monotonic()
        return progress

    def _now(self) -> datetime:
        """The database's time, as it was when it was asked last, and what has passed since."""
        at, mark = self._clock or (datetime.now(UTC), time.monotonic())
        return at + timedelta(seconds=time.monotonic() - mark)

    def _write(self, uow: UnitOfWork, progress: Progress, lease: Lease | None) -> None:
        if lease is not None and not uow.leases.holds(lease):
            raise LeaseLostError(lease.name)
        uow.event_log.keep_progress(self._name, {**progress.stored(), "since": self._since})
        now = uow.now()
        uow.commit()
        self._clock = (now, time.monotonic())
        self._written, self._written_at = progress, time.monotonic()
