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
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, cast

from desk_app.channels.email.reading import read_message
from desk_app.runtime.reading import reading_of
from desk_app.services.faults import where
from desk_app.services.ports.outside import Reading

_LENGTH = 8  # bytes that say how long a frame is
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
            future: Future[list[Reading]] = self._talker.submit(self._ask, list(raws))

        def finish() -> Sequence[Reading]:
            try:
                return future.result()
            except (OSError, EOFError, pickle.UnpicklingError) as error:
                _log.warning("the reading process broke (%s); mail is read in this one", where(error))
                self.close()
                self._usable = False
                return [reading_of(read_message(raw)) for raw in raws]

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

    def _ask(self, raws: list[bytes]) -> list[Reading]:
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            raise EOFError
        _write(child.stdin, raws)
        return cast("list[Reading]", _read(cast("BinaryIO", child.stdout)))


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Answer batches of raw mail with readings until the source ends."""
    while True:
        try:
            raws = cast("list[bytes]", _read(source))
        except EOFError:
            return
        _write(target, [reading_of(read_message(raw)) for raw in raws])


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
