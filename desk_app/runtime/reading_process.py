"""A second process that reads mail while this one writes the database: the first sync of a big mailbox uses two cores.

The child ends by itself when this process does, however that happens: its standard input ends. Where it cannot be
started or breaks, mail is read here, as if there were no child.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import BinaryIO, cast

from desk_app.services.faults import where
from desk_app.services.ports.outside import Reading

_LENGTH = 8  # bytes that say how long a frame is
_PIECE = 10  # mails a piece: some 15 ms of reading
_AHEAD = 2  # pieces the child has at a time
_log = logging.getLogger(__name__)


class ReadingProcess:
    """Reads batches of raw mail in a child process, one batch after the other; safe to use from several threads."""

    def __init__(self, *, cores: int | None = None) -> None:
        """`cores` says how many there are; with one, or in a packaged program, everything is read in this process."""
        frozen = getattr(sys, "frozen", False)
        self._usable = not frozen and (cores if cores is not None else os.cpu_count() or 1) > 1
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._talker: ThreadPoolExecutor | None = None

    def begin(self, raws: Sequence[bytes]) -> Callable[[], Sequence[Reading]] | None:
        """Begin to read mails; the result waits for them. None where there is no child to do it."""
        with self._lock:
            if not self._usable or not self._start():
                return None
            assert self._talker is not None  # noqa: S101 -- made with the child
            share = _Share(raws)
            future: Future[None] = self._talker.submit(self._ask, share, share.take_first())

        def finish() -> Sequence[Reading]:
            share.read_here()
            try:
                future.result()
            except (OSError, EOFError, pickle.UnpicklingError) as error:
                _log.warning("the reading process broke (%s); mail is read in this one", where(error))
                self.close()
                self._usable = False
            return share.all()

        return finish

    def close(self) -> None:
        """End the child."""
        with self._lock:
            child, self._child = self._child, None
            talker, self._talker = self._talker, None
        if child is not None and child.stdin is not None and child.stdout is not None:
            child.kill()  # it holds nothing that could be lost
            child.wait()
        if talker is not None:
            talker.shutdown(wait=True, cancel_futures=True)
        if child is not None and child.stdin is not None and child.stdout is not None:
            for pipe in (child.stdin, child.stdout):
                try:
                    pipe.close()
                except OSError:
                    _log.debug("a pipe to the reading process was broken already")

    def _start(self) -> bool:
        if self._child is None:
            command = [sys.executable, "-m", "desk_app.runtime.reading_process"]
            try:
                self._child = subprocess.Popen(  # noqa: S603 -- this very program
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                )
            except OSError as error:
                _log.warning("no reading process could be started: %s", where(error))
                self._usable = False
                return False
            self._talker = ThreadPoolExecutor(1, thread_name_prefix="desk-reading")
        return True

    def _ask(self, share: _Share, start: int | None) -> None:
        """Have the child read a share from `start` on; it always has the next piece while it reads one."""
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            raise EOFError
        asked: deque[int] = deque()
        while start is not None or asked:
            while start is not None and len(asked) < _AHEAD:
                _write(child.stdin, share.raws[start : start + _PIECE])
                asked.append(start)
                start = share.take_first()
            share.put(asked.popleft(), cast("list[Reading]", _read(cast("BinaryIO", child.stdout))))


def _read_mail(raw: bytes) -> Reading:
    from desk_app.channels.email.reading import read_message  # noqa: PLC0415 -- with the first mail, not with the window
    from desk_app.runtime.reading import reading_of  # noqa: PLC0415 -- as above

    return reading_of(read_message(raw))


class _Share:
    """Mails that child and parent read together: the child from the front, the parent from the end once it waits."""

    def __init__(self, raws: Sequence[bytes]) -> None:
        self.raws = list(raws)
        self._readings: list[Reading | None] = [None] * len(self.raws)
        self._open = deque(range(0, len(self.raws), _PIECE))  # starts of pieces nobody has taken

    def take_first(self) -> int | None:
        """Return where the first open piece starts, None where there is none."""
        return self._take(self._open.popleft)

    def read_here(self) -> None:
        """Read open pieces in this thread until there are none."""
        while (start := self._take(self._open.pop)) is not None:
            self.put(start, [_read_mail(raw) for raw in self.raws[start : start + _PIECE]])

    def put(self, start: int, readings: Sequence[Reading]) -> None:
        """Keep what a piece says."""
        self._readings[start : start + len(readings)] = readings

    def all(self) -> list[Reading]:
        """Return every reading in order; what a broken child left out is read here."""
        return [done or _read_mail(raw) for done, raw in zip(self._readings, self.raws, strict=True)]

    @staticmethod
    def _take(take: Callable[[], int]) -> int | None:
        try:
            return take()
        except IndexError:
            return None


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Answer batches of raw mail with readings until the source ends."""
    asked: SimpleQueue[list[bytes] | None] = SimpleQueue()

    def listen() -> None:  # so that the parent can write the next piece while this one is being read
        try:
            while True:
                asked.put(cast("list[bytes]", _read(source)))
        except EOFError:
            _log.debug("the parent has hung up")
        finally:
            asked.put(None)

    threading.Thread(target=listen, name="listen", daemon=True).start()
    while (raws := asked.get()) is not None:
        _write(target, [_read_mail(raw) for raw in raws])


def _write(target: object, value: object) -> None:
    pipe = cast("BinaryIO", target)
    frame = pickle.dumps(value, protocol=5)
    pipe.write(len(frame).to_bytes(_LENGTH, "big"))
    pipe.write(frame)
    pipe.flush()


def _read(source: BinaryIO) -> object:
    head = source.read(_LENGTH)
    if len(head) < _LENGTH:
        raise EOFError
    length = int.from_bytes(head, "big")
    frame = source.read(length)
    if len(frame) < length:
        raise EOFError
    return pickle.loads(frame)  # noqa: S301 -- written by this program's own child


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
