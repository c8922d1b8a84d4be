"""Tells the plugins of this program what has happened, each on a thread of its own: one that takes long, or never comes
back, holds no other up (decision 128)."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from desk_app.runtime.plugin_work import Round
from desk_app.services.faults import where
from desk_app.services.messages.intake import LeaseLostError
from desk_app.services.ports.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desk_app.runtime.heartbeat import Heartbeat, HeldLease
    from desk_app.services.desk import Desk
    from desk_app.services.plugins.events import Listener

OTHERS_SECONDS = 5.0
"""So long until a plugin that another program tells is asked for again."""
LEAVE_SECONDS = 1.0
"""So long a plugin that is being told may take at the end of the program, or when it is switched off here."""
_PAUSE_AFTER_FAULT_SECONDS = 5.0
_log = logging.getLogger(__name__)


def lease_of(slug: str) -> str:
    """Return the lease of the one program of the desk that tells a plugin."""
    return f"plugin-events:{slug}"


class PluginEvents(Round):
    """Gives every plugin that runs in this program and wants to hear an ear, where no other program has given it one.

    Whether there is something new is asked once for all of them.
    """

    def __init__(self, desk: Desk, heartbeat: Heartbeat, stop: threading.Event, *, interval: float = 0.5) -> None:
        super().__init__("desk-plugin-events", stop, interval)
        self._pump = desk.plugin_events
        self._heartbeat = heartbeat
        self._ears: dict[str, _Ear] = {}
        self._next_try: dict[str, float] = {}

    def work(self) -> None:
        """Begin and end ears as plugins come and go, and wake them."""
        wanted = self._pump.listeners()
        for slug, ear in list(self._ears.items()):
            if slug not in wanted or ear.held.lost or not ear.is_alive():
                self._dismiss(slug, ear)
        self._begin([slug for slug in wanted if slug not in self._ears])
        if self._ears:
            newest = self._pump.newest()
            for ear in self._ears.values():
                ear.look(newest)

    def leave(self) -> None:
        """End every ear; those whose plugin does not come back are left behind and can write nothing any more."""
        end = time.monotonic() + LEAVE_SECONDS
        for ear in self._ears.values():
            ear.ask_to_stop()
        for ear in self._ears.values():
            ear.join(max(0.0, end - time.monotonic()))

    def _begin(self, deaf: Sequence[str]) -> None:
        """Give ears to plugins that have none and are told by nobody else."""
        now = time.monotonic()
        due = [slug for slug in deaf if now >= self._next_try.get(slug, 0.0)]
        taken = self._heartbeat.take_all([lease_of(slug) for slug in due]) if due else {}
        for slug in due:
            held = taken.get(lease_of(slug))
            if held is None:
                self._next_try[slug] = now + OTHERS_SECONDS
                continue
            self._ears[slug] = _Ear(slug, self._pump.listener(slug), held)
            self._ears[slug].start()

    def _dismiss(self, slug: str, ear: _Ear) -> None:
        """End an ear, and let another program have the plugin, once it has ended or was waited for long enough."""
        ear.ask_to_stop()
        if ear.is_alive() and not ear.overdue:
            return
        del self._ears[slug]
        if ear.held.lost:
            self._heartbeat.forget(lease_of(slug))
        else:
            self._heartbeat.give_back(lease_of(slug))


class _Ear(threading.Thread):
    """Tells one plugin, for as long as this program holds its lease."""

    def __init__(self, slug: str, listener: Listener, held: HeldLease) -> None:
        super().__init__(name=f"desk-plugin-ear-{slug}", daemon=True)
        self.held = held
        self._listener = listener
        self._newest = -1
        self._asked_at: float | None = None
        self._go = threading.Event()

    def look(self, newest: int) -> None:
        """Wake it where there is something new, or something late may have come."""
        if newest != self._newest or self._listener.waiting:
            self._newest = newest
            self._go.set()

    def ask_to_stop(self) -> None:
        """End it as soon as its plugin comes back; returns at once."""
        if self._asked_at is None:
            self._asked_at = time.monotonic()
        self._go.set()

    @property
    def overdue(self) -> bool:
        """Whether it was asked to stop long ago."""
        return self._asked_at is not None and time.monotonic() - self._asked_at > LEAVE_SECONDS

    def run(self) -> None:
        """Tell what is new whenever there is something, until asked to stop."""
        while True:
            self._go.wait()
            self._go.clear()
            if self._stopping():
                with suppress(StorageError, LeaseLostError):  # it reads again then, and tells nothing again
                    self._listener.keep(self.held.lease)
                return
            try:
                while self._listener.round(self.held.lease, stopping=self._stopping) and not self._stopping():
                    pass
            except LeaseLostError:
                _log.warning("%s: another process took over", self.name)
                self.held.lost = True
                return
            except StorageError as error:
                _log.warning("%s waits for the database: %s", self.name, where(error))
                self._rest()
            except Exception as error:  # noqa: BLE001 -- a fault must not end it for good
                _log.error("%s failed: %s", self.name, where(error))
                self._rest()

    def _stopping(self) -> bool:
        return self._asked_at is not None or self.held.lost

    def _rest(self) -> None:
        """Try again after a pause."""
        end = time.monotonic() + _PAUSE_AFTER_FAULT_SECONDS
        while not self._stopping() and time.monotonic() < end:
            time.sleep(0.1)
        self._go.set()
