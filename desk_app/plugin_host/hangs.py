"""A window that stands still, or a program that crashes: which plugin it was in, known to the next start.

A running thread cannot be stopped in Python. So the GUI thread's heartbeat puts off, again and again, that the
interpreter writes down what every thread is doing; where the heart stops, it is written (`faulthandler`). The same is
written where the program ends by a fault of memory, such as a widget that resizes itself for ever.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

FILE = "hang.txt"
BEFORE = "hang-before.txt"
SECONDS = 5.0
"""So long the window may stand still before it is written down."""
_log = logging.getLogger(__name__)
_THREAD = re.compile(r"(?:Current thread|Thread) 0x([0-9a-fA-F]+)")
_HANG = "Timeout ("
_FATAL = re.compile(
    r"^(?:Fatal Python error|Windows fatal exception: (?:access violation|stack overflow))", re.MULTILINE
)
_FRAME = re.compile(r'\s*File "(.*?)", line \d+')


@dataclass(frozen=True, slots=True)
class Hang:
    """A plugin the window stood still in; `trace` is the stack of the GUI thread. `crashed`: the program ended in it,
    on whichever thread."""

    slug: str
    trace: str
    crashed: bool = False


class HangWatch:
    """Watches the GUI thread, on which everything here is called. `told` gets a hang that has passed."""

    def __init__(
        self,
        folder: Path,
        folders: Callable[[], Mapping[str, Path]],
        told: Callable[[Hang], None],
        *,
        seconds: float = SECONDS,
    ) -> None:
        self._path = folder / FILE
        self._folders = folders
        self._told = told
        self._seconds = seconds
        self._file: TextIOWrapper | None = None
        self._begun = 0
        self._crashes = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if self._path.exists():
                self._path.replace(folder / BEFORE)  # what the last program has left, for `read_hang`
            self._file = self._path.open("w+", encoding="utf-8", errors="replace")
            self._file.write(f"window 0x{threading.get_ident():x} of {os.getpid()}\n")
            self._file.flush()
            self._begun = self._file.tell()
            if not faulthandler.is_enabled():  # else somebody looks for crashes elsewhere
                faulthandler.enable(self._file)
                self._crashes = True
        except OSError as error:
            _log.warning("a window that stands still cannot be noted: %s", error.strerror)

    def beat(self) -> None:
        """The GUI thread is alive; to be called every second."""
        if self._file is None:
            return
        faulthandler.cancel_dump_traceback_later()
        if self._path_size() > self._begun:
            self._file.seek(0)
            hang = _read(self._file.read(), self._folders())
            self._file.seek(self._begun)
            self._file.truncate()
            if hang is not None and not hang.crashed:
                self._told(hang)
        faulthandler.dump_traceback_later(self._seconds, file=self._file)

    def end(self) -> None:
        """Watch no longer: the program ends as it should."""
        if self._file is not None:
            faulthandler.cancel_dump_traceback_later()
            if self._crashes:
                faulthandler.disable()
            self._file.close()
            self._file = None
            with suppress(OSError):
                self._path.unlink()

    def _path_size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0


def read_hang(folder: Path, folders: Mapping[str, Path]) -> Hang | None:
    """Return in which plugin the window of the last program stood still when it ended, and forget it."""
    for name in (BEFORE, FILE):
        try:
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
            if text.partition("\n")[0].endswith(f" of {os.getpid()}"):
                continue  # it is being watched
            (folder / name).unlink()
        except OSError:
            continue
        return _read(text, folders)
    return None


def _read(text: str, folders: Mapping[str, Path]) -> Hang | None:
    head, _, rest = text.partition("\n")
    window = re.match(r"window 0x([0-9a-f]+)", head)
    if window is None:
        return None
    trace: list[str] = []
    inside, crashed = False, _FATAL.search(rest) is not None
    if not crashed and _HANG not in rest:
        return None  # what Windows calls fatal, though the program went on
    for line in rest.splitlines():
        if (thread := _THREAD.match(line)) is not None:
            inside = line.startswith("Current") if crashed else int(thread[1], 16) == int(window[1], 16)
            trace = [line] if inside else trace
        elif inside:
            trace.append(line)
    for line in trace:
        if (frame := _FRAME.match(line)) is not None:
            slug = next((slug for slug, place in folders.items() if _lies_in(frame[1], place)), "")
            if slug:
                return Hang(slug, "\n".join(trace), crashed)
    return None


def _lies_in(file: str, folder: Path) -> bool:
    return file.startswith((f"{folder}/", f"{folder}\\"))
