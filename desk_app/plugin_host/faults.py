"""What goes wrong in plugins: kept, counted, and after too much of it the plugin is paused (plugins.md, "Isolation").

Noting a fault never waits: it may come from inside a hook, on any thread, while a transaction is open. A thread of its
own writes it down and pauses.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from desk_app.domain.plugins.model import PluginFault
from desk_app.plugin_host.bounded import HangingError
from desk_app.plugin_host.dispatch import Failure, words_of
from desk_app.services.ports.errors import DatabaseBusyError, DatabaseUnavailableError, DiskFullError, StorageError

LIMITS: tuple[tuple[int, float], ...] = ((5, 600.0), (20, 1.0))
"""So many faults in so many seconds are too many."""
_WAITING = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Noted:
    fault: PluginFault
    enough: str
    """Why the plugin is to be paused, "" where it may go on."""


def storage_fault(error: BaseException) -> StorageError | None:
    """Return what was the matter with the database where that, and no plugin, is to blame for an error: it was away,
    full, or busy for too long."""
    seen: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in seen:
        if isinstance(found, DatabaseUnavailableError | DatabaseBusyError | DiskFullError):
            return found
        seen.append(found)
        found = found.__cause__ or found.__context__
    return None


class FaultBook:
    """The faults of this program's plugins. `store` writes one down, `pause` stops a plugin with a reason; both are
    called on the book's own thread. `redact` takes secrets out of a text."""

    def __init__(
        self,
        store: Callable[[PluginFault], None],
        pause: Callable[[str, str], None],
        *,
        redact: Callable[[str], str] = lambda text: text,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._pause = pause
        self.redact = redact
        self._clock = clock
        self._times: dict[str, deque[float]] = {}
        self._lock = threading.RLock()  # a destructor that Python runs in here may fail, and is noted too
        self._queue: queue.Queue[_Noted | None] = queue.Queue(_WAITING)
        self._thread: threading.Thread | None = None

    def note(self, slug: str, place: str, error: BaseException | None, summary: str = "", detail: str = "") -> None:
        """Take note of a fault; returns at once and never raises."""
        try:
            if error is not None and (away := storage_fault(error)) is not None:
                _log.warning("the plugin %s could not do %s: %s", slug, place, away)
                return
            hanging = isinstance(error, HangingError)  # each time costs a thread, and the time of mail that waits
            said = str(error) if hanging else summary or (words_of(error) if error is not None else "it failed")
            trace = "".join(traceback.format_exception(error)) if error is not None else ""
            text = "\n".join(part for part in (detail, trace) if part)
            fault = PluginFault(slug, place, self.redact(said), self.redact(text))
            too_many = f"It failed too often; the last time in {place}: {fault.summary}" if self._too_many(slug) else ""
            noted = _Noted(fault, fault.summary if hanging else too_many)
            _log.warning("the plugin %s failed in %s: %s", slug, place, fault.summary)
            self._start()
            self._queue.put_nowait(noted)
        except queue.Full:
            _log.warning("more faults of plugins than can be written down")
        except Exception:  # noqa: BLE001 -- whoever tells of a fault has enough to do with it
            _log.exception("a fault of the plugin %s could not be noted", slug)

    def failed(self, failure: Failure) -> None:
        """Take note of what a hook did wrong."""
        self.note(failure.plugin, failure.hook, failure.error, failure.summary, failure.arguments)

    def forget(self, slug: str) -> None:
        """Begin to count anew."""
        with self._lock:
            self._times.pop(slug, None)

    def settle(self, seconds: float = 5.0) -> bool:
        """Wait until everything noted so far is written down; returns whether it is."""
        end = time.monotonic() + seconds
        while self._queue.unfinished_tasks and time.monotonic() < end:
            time.sleep(0.005)
        return not self._queue.unfinished_tasks

    def close(self, seconds: float) -> None:
        """Write down what is waiting, and end."""
        thread = self._thread
        if thread is not None:
            try:
                self._queue.put(None, timeout=seconds)
            except queue.Full:
                return
            if thread is not threading.current_thread():
                thread.join(seconds)

    def _too_many(self, slug: str) -> bool:
        now = self._clock()
        with self._lock:
            times = self._times.setdefault(slug, deque(maxlen=max(count for count, _ in LIMITS)))
            times.append(now)
            if not any(len(times) >= count and now - times[-count] <= span for count, span in LIMITS):
                return False
            times.clear()
            return True

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="plugin-faults", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (noted := self._queue.get()) is not None:
            try:
                self._store(noted.fault)
                if noted.enough:
                    self._pause(noted.fault.slug, noted.enough)
            except Exception as error:  # noqa: BLE001 -- the database may be away; the book goes on
                _log.warning("a fault of the plugin %s was not written down: %s", noted.fault.slug, words_of(error))
            finally:
                self._queue.task_done()
        self._queue.task_done()
