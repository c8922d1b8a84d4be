"""Plugins in programs without a window, and what the worker does for them: follow the desk, and run their jobs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.gate import HookGate
from desk_app.services.faults import where
from desk_app.services.ports.errors import StorageError

if TYPE_CHECKING:
    from desk_app.runtime.heartbeat import Heartbeat
    from desk_app.services.desk import Desk

GOOD_AFTER_SECONDS = 10.0
"""A program that is there so long after its plugins were loaded has started well."""
LONGEST_WAIT_SECONDS = 15.0
"""So long the mail waits for plugins that do not come to an end with loading."""
FOLLOWED = frozenset({"plugin", "plugin_setting", "everything"})
"""What the change feed names where plugins have to follow."""
_PAUSE_AFTER_FAULT_SECONDS = 5.0
_log = logging.getLogger(__name__)


def load_when_asked(desk: Desk) -> None:
    """Let a command load plugins when it first does something they have a say in."""
    if isinstance(desk.hooks, HookGate):
        desk.hooks.when_asked(lambda: desk.plugins.start(Mode.CLI))


def work_with_plugins(desk: Desk, stop: threading.Event, *, safe: bool = False) -> None:
    """Load the plugins, then work without a window until `stop` is set."""
    from desk_app.runtime.worker import run_worker  # noqa: PLC0415 -- after the plugins

    start = threading.Thread(
        target=desk.plugins.start, args=(Mode.SERVICE,), kwargs={"safe": safe}, name="plugins-start", daemon=True
    )
    start.start()
    start.join(LONGEST_WAIT_SECONDS)
    good = threading.Timer(GOOD_AFTER_SECONDS, desk.plugins.start_was_good)
    good.daemon = True
    good.start()
    try:
        run_worker(desk, stop)
    finally:
        good.cancel()


class Round(threading.Thread):
    """Does something again and again; a fault costs a pause, never the thread."""

    def __init__(self, name: str, stop: threading.Event, every: float) -> None:
        super().__init__(name=name, daemon=True)
        self._all_stop = stop
        self._own_stop = threading.Event()
        self._every = every

    def ask_to_stop(self) -> None:
        """End soon; returns at once."""
        self._own_stop.set()

    def run(self) -> None:
        """Work until asked to stop."""
        pause = self._every
        while not self._own_stop.wait(pause) and not self._all_stop.is_set():
            pause = self._every
            try:
                self.work()
            except StorageError as error:
                _log.warning("%s waits for the database: %s", self.name, where(error))
                pause = _PAUSE_AFTER_FAULT_SECONDS
            except Exception as error:  # noqa: BLE001 -- a fault must not end it for good
                _log.error("%s failed: %s", self.name, where(error))
                pause = _PAUSE_AFTER_FAULT_SECONDS
        self.leave()

    def work(self) -> None:
        """Do one round."""
        raise NotImplementedError

    def leave(self) -> None:
        """Give back what was held."""


class PluginFollower(Round):
    """Switches plugins on and off as other programs of the desk do, and tells them of changed settings."""

    def __init__(self, desk: Desk, stop: threading.Event, *, interval: float = 0.5) -> None:
        super().__init__("desk-plugins", stop, interval)
        self._desk = desk
        self._feed = desk.changes()
        self._feed.poll()  # from now on
        self._behind = True

    def work(self) -> None:
        """Look what has changed."""
        if any(change.entity in FOLLOWED for change in self._feed.poll()):
            self._behind = True
        if self._behind:
            self._desk.plugins.sync()
            self._behind = False

    def leave(self) -> None:
        """Let go of the connection."""
        self._feed.close()


class PluginJobsRunner(Round):
    """Runs the jobs of plugins that this program holds the leases of."""

    def __init__(self, desk: Desk, heartbeat: Heartbeat, stop: threading.Event, *, interval: float = 0.5) -> None:
        from desk_app.plugin_host.jobs import PluginJobs  # noqa: PLC0415 -- not before there is a worker

        super().__init__("desk-plugin-jobs", stop, interval)
        jobs = PluginJobs(desk.plugins, desk.unit_of_work, heartbeat)
        self._round: Callable[[], None] = jobs.round

    def work(self) -> None:
        """Look at every job."""
        self._round()
