"""What plugins do by the clock (`scheduled_jobs`): once on the desk, in time, and never for ever.

Each job belongs to the program that holds its lease. It runs on a thread of its own; one that does not come back within
its time is left behind, for a running thread cannot be stopped in Python.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from desk_app.domain.plugins.model import Permission
from desk_app.plugin_api.contributions import JobSpec
from desk_app.services.ports.plugins import Contribution, PluginControl
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory

LEFT_BEHIND = 2
"""So often a job may be left behind and begun again; the next time its plugin is paused."""
LAST_START = "desk:job:"
"""Begins the keys, among the values a plugin keeps, of when its jobs were last begun."""
_KEPT_FROM_SECONDS = 60.0  # jobs that come more often need no memory of their last start
_SHORTEST_SECONDS = 1.0
_OTHERS_SECONDS = 5.0  # so long until a lease that somebody else holds is asked for again
_LONGEST_LEASE = 128  # characters of a lease's name in the database
_log = logging.getLogger(__name__)


class Leases(Protocol):
    """Says which program does what."""

    def take_all(self, names: Sequence[str]) -> Collection[str]:
        """Take leases, and return those that this program holds now; somebody else has the others."""
        ...

    def give_back(self, name: str) -> None:
        """Give a lease back."""
        ...


@dataclass(slots=True)
class _Slot:
    """A job: when it is next due, and the thread it runs on. `known` says that its last start was looked up."""

    plugin: str
    spec: JobSpec
    ctx: Any
    due: float = 0.0
    known: bool = False
    thread: threading.Thread | None = None
    begun: float = 0.0
    left_behind: int = 0

    @property
    def lease(self) -> str:
        return _lease(self.plugin, self.spec.id)

    @property
    def every(self) -> float:
        return max(_SHORTEST_SECONDS, self.spec.every.total_seconds())


class PluginJobs:
    """The jobs of this program; `round` is called again and again by one thread."""

    def __init__(
        self,
        plugins: PluginControl,
        uow: UnitOfWorkFactory,
        leases: Leases,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plugins = plugins
        self._uow = uow
        self._leases = leases
        self._clock = clock
        self._slots: dict[str, _Slot] = {}

    def round(self) -> None:
        """Begin what is due, leave behind what takes too long. Raises StorageError."""
        wanted = self._wanted()
        for lease, slot in list(self._slots.items()):
            if lease not in wanted or wanted[lease].ctx is not slot.ctx:
                del self._slots[lease]  # the plugin was switched off, or on again since
                if lease not in wanted:
                    self._leases.give_back(lease)
        for lease, contribution in wanted.items():
            if lease not in self._slots:
                self._slots[lease] = _Slot(contribution.plugin, contribution.spec, contribution.ctx)
        now = self._clock()
        due = [slot for slot in self._slots.values() if self._is_due(slot, now)]
        mine = self._leases.take_all([slot.lease for slot in due]) if due else ()
        for slot in due:
            if slot.lease not in mine:
                slot.due, slot.known = now + _OTHERS_SECONDS, False
        held = [slot for slot in due if slot.lease in mine]
        self._look_up_last_starts([slot for slot in held if not slot.known], now)
        self._begin([slot for slot in held if slot.due <= now], now)

    def _wanted(self) -> dict[str, Contribution]:
        found: dict[str, Contribution] = {}
        for contribution in self._plugins.contributions("scheduled_jobs"):
            state = self._plugins.state(contribution.plugin)
            record = state.record if state is not None else None
            if record is not None and Permission.SCHEDULE in record.permissions:
                found.setdefault(_lease(contribution.plugin, contribution.spec.id), contribution)
        return found

    def _is_due(self, slot: _Slot, now: float) -> bool:
        """Return whether a job may begin now as far as this program knows; leave it behind where it takes too long."""
        if slot.thread is not None:
            if not slot.thread.is_alive():
                slot.thread = None
            elif now - slot.begun > slot.spec.timeout.total_seconds():
                self._leave_behind(slot)
            return False
        return now >= slot.due

    def _look_up_last_starts(self, slots: Sequence[_Slot], now: float) -> None:
        """Find out when jobs are due, by when any program of the desk last began them."""
        kept = [(slot, record) for slot in slots if (record := self._remembered(slot)) is not None]
        if kept:
            with self._uow() as uow:
                at = uow.now()
                for slot, record in kept:
                    slot.due = now + _left(slot, uow.plugins.value(record.id, LAST_START + slot.spec.id), at)
        for slot in slots:
            slot.known = True

    def _begin(self, slots: Sequence[_Slot], now: float) -> None:
        kept = [(slot, record) for slot in slots if (record := self._remembered(slot)) is not None]
        if kept:
            with self._uow() as uow:
                at = uow.now().astimezone(UTC).isoformat()
                for slot, record in kept:
                    uow.plugins.set_value(record.id, LAST_START + slot.spec.id, at)
                uow.commit()
        for slot in slots:
            slot.begun, slot.due = now, now + slot.every
            name = f"plugin-job-{slot.plugin}-{slot.spec.id}"
            slot.thread = threading.Thread(target=self._run, args=(slot,), name=name, daemon=True)
            slot.thread.start()

    def _run(self, slot: _Slot) -> None:
        try:
            with self._plugins.at_work(slot.plugin, f"job {slot.spec.id}"):
                slot.spec.run(slot.ctx)
        except BaseException as error:  # noqa: BLE001 -- a plugin may do anything but end the program
            if self._plugins.context(slot.plugin) is slot.ctx:  # else it was switched off, and everything refused
                self._plugins.fault(slot.plugin, f"job {slot.spec.id}", error)

    def _leave_behind(self, slot: _Slot) -> None:
        slot.thread = None
        slot.left_behind += 1
        seconds = slot.spec.timeout.total_seconds()
        said = f"The job “{slot.spec.id}” did not end within {seconds:g} seconds."
        self._plugins.fault(slot.plugin, f"job {slot.spec.id}", None, said)
        if slot.left_behind > LEFT_BEHIND:
            self._plugins.pause(slot.plugin, f"{said} It was begun anew {LEFT_BEHIND} times.")

    def _remembered(self, slot: _Slot) -> Any:
        """Return the record of a job's plugin where the job's last start is kept with it, else None."""
        state = self._plugins.state(slot.plugin) if slot.every >= _KEPT_FROM_SECONDS else None
        return state.record if state is not None else None


def _left(slot: _Slot, kept: Any, now: datetime) -> float:
    """How many seconds are left until a job is due; `kept` is when it was last begun."""
    try:
        since = (now - datetime.fromisoformat(str(kept))).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return min(slot.every, max(0.0, slot.every - since))


def _lease(plugin: str, job: str) -> str:
    name = f"plugin-job:{plugin}:{job}"
    if len(name) <= _LONGEST_LEASE:
        return name
    return f"plugin-job:{plugin}:{hashlib.sha256(job.encode()).hexdigest()[:16]}"
