"""The one way from a view to a service: work runs off the GUI thread, results come back on it.

See architecture.md, data flow 7. Five lanes: reads run side by side, writes one after the other in the order they were
asked for, network work (connection tests, counting old mail) on its own threads, so that a slow server delays no list,
long work (thousands of tickets, an export) on another one, so that it delays no reply, and what plugins do in the
background on theirs, so that one which never comes back delays plugins only. Work with a title is shown while it goes
on (`tasks`).
"""

from __future__ import annotations

import atexit
import itertools
import logging
import threading
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from enum import StrEnum
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from desk_app.ui.problems import Problem, explain
from desk_app.ui.tasks import Shown, Task, Tasks

_log = logging.getLogger(__name__)
T = TypeVar("T")
Body = Callable[[Callable[[Any], None]], Any]
"""A piece of work; it is given what hands an item over while it goes on."""


class Lane(StrEnum):
    """Which threads do a piece of work."""

    READ = "read"
    WRITE = "write"
    NETWORK = "network"
    LONG = "long"
    GUEST = "guest"


_MOST = {Lane.READ: 3, Lane.WRITE: 1, Lane.NETWORK: 4, Lane.LONG: 1, Lane.GUEST: 4}
"""So many threads a lane has."""


class Job:
    """A piece of work under way. `cancel` makes sure that nothing of it is delivered any more."""

    def __init__(self, number: int, owner: QObject | None) -> None:
        self.number = number
        self.done: Callable[[Any], None] | None = None
        self.failed: Callable[[Problem], None] | None = None
        self.step: Callable[[Any], None] | None = None
        self.on_cancel: Callable[[], None] | None = None
        """Ends a wait inside the work; called by `cancel` on the GUI thread."""
        self.task: Task | None = None
        self.held: list[Body] = []
        """What is to be run, shared with the thread that runs it and emptied on the GUI thread."""
        self._owner = owner
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Drop the result; a stream also stops at its next item."""
        self._cancelled.set()
        if self.on_cancel is not None:
            self.on_cancel()

    @property
    def cancelled(self) -> bool:
        """Whether nothing will be delivered any more."""
        return self._cancelled.is_set()

    @property
    def wanted(self) -> bool:
        """Whether somebody is still there to take the result."""
        return not self.cancelled and (self._owner is None or shiboken6.isValid(self._owner))


class _Post(QObject):
    """Carries results to the GUI thread."""

    arrived = Signal(int, str, object)


class _Task:
    """The one body in `held`, which stays the GUI thread's: the thread that runs it takes no reference of its own to
    it, lest it be the last to let a widget go that the body knows, and destroy it under the hands of the GUI thread."""

    def __init__(self, number: int, held: list[Body], post: _Post) -> None:
        self._number, self._held, self._post = number, held, post

    def run(self) -> None:
        """Run the body and post what comes of it."""
        try:
            result = self._held[0](lambda item: self._post.arrived.emit(self._number, "step", item))
        except Exception as error:  # noqa: BLE001 -- whatever went wrong becomes a message for the agent
            found = explain(error)
            _log.warning("work failed: %s", found.kind, exc_info=error if found.unexpected else None)
            _forget_where(error)
            self._post.arrived.emit(self._number, "failed", error)
        else:
            self._post.arrived.emit(self._number, "done", result)


def _forget_where(error: BaseException) -> None:
    """Take the frames out of an error that another thread gets: they own what the functions in them had in hand."""
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one.__traceback__ is not None:
            one.__traceback__ = None
            waiting += [one.__cause__, one.__context__]


class _Threads:
    """The threads of one lane, as many as `most`, made when they are needed and kept until `close`.

    Threads of Qt's own pool would be strangers to Python, which keeps a record of each for ever, and with it whatever
    stood in `sys.excepthook` when it first met them: a window that is long closed.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._waiting: deque[_Task] = deque()
        self._there = self._idle = 0
        self._closed = False
        lock = threading.Lock()
        self._turn, self._rest = threading.Condition(lock), threading.Condition(lock)

    def start(self, task: _Task) -> None:
        """Run a task as soon as a thread is free."""
        with self._turn:
            self._waiting.append(task)
            if self._idle >= len(self._waiting):
                self._turn.notify()
            elif self._there < self._most:
                self._there += 1
                threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def close(self) -> None:
        """Forget what has not begun, and end the threads."""
        with self._turn:
            self._waiting.clear()
            self._closed = True
            self._turn.notify_all()

    def wait(self, seconds: float | None) -> bool:
        """Wait so long for what is to be done, with None until it is; returns whether it is."""
        with self._rest:
            return self._rest.wait_for(lambda: not self._waiting and self._there == self._idle, seconds)

    def _run(self) -> None:
        while (task := self._next()) is not None:
            with suppress(RuntimeError, SystemExit):  # the window is gone; a plugin does not end the program
                task.run()
            del task  # while it waits, this thread holds nothing of a window

    def _next(self) -> _Task | None:
        with self._turn:
            self._idle += 1
            self._rest.notify_all()
            self._turn.wait_for(lambda: self._waiting or self._closed)
            if self._waiting:
                self._idle -= 1
                return self._waiting.popleft()
            self._there -= 1
            self._idle -= 1
            return None


_waited_for: weakref.WeakSet[_Threads] = weakref.WeakSet()


@atexit.register
def _finish() -> None:
    """Let the program end when its own work is done: what the desk began is brought to an end. Plugins' is not."""
    for threads in list(_waited_for):
        threads.wait(None)


class Work(QObject):
    """Runs work off the GUI thread. All callbacks come on the GUI thread and only while `owner` is alive."""

    problem = Signal(object)
    """A Problem nobody asked to handle."""
    idle = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads = {lane: _Threads(f"{lane}-work", most) for lane, most in _MOST.items()}
        _waited_for.update(threads for lane, threads in self._threads.items() if lane is not Lane.GUEST)
        self.tasks = Tasks(self)
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._closed = False
        self._post = _Post(self)
        self._post.arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        call: Callable[[], T],
        done: Callable[[T], None] | None = None,
        *,
        failed: Callable[[Problem], None] | None = None,
        owner: QObject | None = None,
        lane: Lane = Lane.READ,
        title: str = "",
    ) -> Job:
        """Run `call` and hand its result to `done`. Without `failed` an error is announced by `problem`; with `title`
        the progress strip says what goes on, and after ten seconds offers to stop waiting for it."""
        job = self._start(lambda _emit: call(), done, None, failed, owner, lane)
        if title and not self._closed:
            job.task = self.tasks.begin(title, lambda: self._stop_waiting(job))
        return job

    def _stop_waiting(self, job: Job) -> None:
        job.cancel()
        if job.task is not None:
            job.task.end()

    def write(
        self,
        call: Callable[[], T],
        done: Callable[[T], None] | None = None,
        *,
        failed: Callable[[Problem], None] | None = None,
        owner: QObject | None = None,
    ) -> Job:
        """Run a command; commands run one after the other."""
        return self.run(call, done, failed=failed, owner=owner, lane=Lane.WRITE)

    def stream(
        self,
        call: Callable[[], Iterator[T]],
        step: Callable[[T], None],
        done: Callable[[None], None] | None = None,
        *,
        failed: Callable[[Problem], None] | None = None,
        owner: QObject | None = None,
        lane: Lane = Lane.NETWORK,
        shown: Shown | None = None,
    ) -> Job:
        """Run an iterator and hand over every item as it comes; when nobody wants more, the iterator is closed. What is
        `shown` stands in the progress strip, whatever page is open."""
        holder: list[Job] = []
        ready = threading.Event()

        def body(emit: Callable[[Any], None]) -> None:
            ready.wait()
            with closing(_closable(call())) as items:
                for item in items:
                    if holder[0].cancelled:
                        return
                    emit(item)

        def told(item: T) -> None:
            if job.task is not None and shown is not None:
                job.task.tell(shown.title, *shown.progress(item))
            step(item)

        job = self._start(body, done, told if shown is not None else step, failed, owner, lane)
        if shown is not None and not self._closed:
            job.task = self.tasks.begin(shown.title, shown.stop)
        holder.append(job)
        ready.set()
        return job

    def _start(
        self,
        body: Body,
        done: Callable[[Any], None] | None,
        step: Callable[[Any], None] | None,
        failed: Callable[[Problem], None] | None,
        owner: QObject | None,
        lane: Lane,
    ) -> Job:
        job = Job(next(self._numbers), owner)
        job.done, job.step, job.failed = done, step, failed
        if not self._closed:
            self._jobs[job.number] = job
            job.held.append(body)
            self._threads[lane].start(_Task(job.number, job.held, self._post))
        return job

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._jobs)

    @Slot(int, str, object)
    def _deliver(self, number: int, what: str, value: object) -> None:
        job = self._jobs.get(number) if what == "step" else self._jobs.pop(number, None)
        if job is not None:
            if what != "step":
                job.held.clear()
                if job.task is not None:
                    job.task.end()
            self._hand_over(job, what, value)
        if not self._jobs and what != "step":
            self.idle.emit()

    def _hand_over(self, job: Job, what: str, value: object) -> None:
        if what == "failed" and isinstance(value, BaseException):
            if not job.wanted:
                return
            (job.failed or self.problem.emit)(explain(value))
        elif job.wanted:
            handler = job.step if what == "step" else job.done
            if handler is not None:
                handler(value)

    def close(self, timeout_ms: int = 1500) -> bool:
        """Take no more work and wait for what runs; returns whether everything ended in time."""
        self._closed = True
        for job in self._jobs.values():
            job.cancel()
        for threads in self._threads.values():
            threads.close()
        ended = [threads.wait(timeout_ms / 1000) for threads in self._threads.values()]
        self._jobs.clear()
        return all(ended)


def _closable(items: Iterator[T]) -> Generator[T]:
    yield from items
