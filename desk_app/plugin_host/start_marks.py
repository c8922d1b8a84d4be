"""Files beside the database that outlive a program that crashes: which plugin was at what, and how many starts went
wrong (plugins.md, "Isolation and recovery mode")."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from desk_app.plugin_api.context import Mode

BAD_STARTS = 2
"""After so many starts in a row that ended early, plugins are left out."""
_PREFIX = "loading-"
_LOCKED_BYTE = 1 << 20  # far behind the content: Windows lets nobody read a locked byte
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A plugin that was being loaded when a program ended, or was doing what `doing` names."""

    slug: str
    version: str
    doing: str = ""


class LoadingMarks:
    """Notes in a file which plugin this program is loading, or waiting for. The file is locked while the program lives,
    so that others know whether it still does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: FileIO | None = None
        self._loading: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def loading(self, slug: str, version: str) -> Iterator[None]:
        """Note that a plugin is being loaded, until the block ends however it ends."""
        entry = {"slug": slug, "version": version}
        self._note(entry, there=True)
        try:
            yield
        finally:
            self._note(entry, there=False)

    @contextmanager
    def at(self, slug: str, doing: str) -> Iterator[None]:
        """Note that a plugin is at work, until the block ends however it ends."""
        entry = {"slug": slug, "version": "", "doing": doing}
        self._note(entry, there=True)
        try:
            yield
        finally:
            self._note(entry, there=False)

    def left_behind(self) -> Sequence[LeftBehind]:
        """Return what plugins were at when programs ended that are gone, and forget it."""
        found = []
        for path in sorted(self._folder.glob(f"{_PREFIX}*.json")) if self._folder.is_dir() else ():
            if self._file is not None and path == self._path():
                continue  # ours; before we wrote it, it is that of a program that had our number and is gone
            try:
                with path.open("r+b", buffering=0) as file:
                    if not _lock(file):
                        continue
                    text = file.read().decode("utf-8")
                    _unlock(file)
                path.unlink(missing_ok=True)
                found += [
                    LeftBehind(str(one["slug"]), str(one["version"]), str(one.get("doing", "")))
                    for one in json.loads(text or "[]")
                ]
            except (OSError, ValueError, KeyError, TypeError) as error:
                _log.warning("the note %s cannot be read: %s", path.name, type(error).__name__)
                with suppress(OSError):
                    path.unlink()
        return found

    def close(self) -> None:
        """Remove the file: the program ends as it should, and a plugin that is still being loaded has no part in it."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()
                self._file = None
                with suppress(OSError):
                    self._path().unlink()

    def _path(self) -> Path:
        return self._folder / f"{_PREFIX}{os.getpid()}.json"

    def _note(self, entry: dict[str, str], *, there: bool) -> None:
        with self._lock:
            if there:
                self._loading.append(entry)
            elif entry in self._loading:
                self._loading.remove(entry)
            if self._closed:
                return
            try:
                if self._file is None:
                    self._folder.mkdir(parents=True, exist_ok=True)
                    self._file = self._path().open("w+b", buffering=0)
                    _lock(self._file)
                self._file.seek(0)
                self._file.truncate()
                if self._loading:
                    self._file.write(json.dumps(self._loading).encode())
            except OSError as error:
                _log.warning("which plugin is at work cannot be noted: %s", error.strerror)


class StartCount:
    """Counts the starts of one kind of program that ended before they were good."""

    def __init__(self, folder: Path, mode: Mode) -> None:
        self._path = folder / f"starts-{mode.value}.json"
        self.bad = self._read()

    def begin(self) -> bool:
        """Count a start; returns whether so many before went wrong that plugins are to be left out."""
        self._write(self.bad + 1)
        return self.bad >= BAD_STARTS

    def good(self) -> None:
        """Forget them: this one went well."""
        if self._read():
            self._write(0)

    def _read(self) -> int:
        try:
            return int(json.loads(self._path.read_text(encoding="utf-8"))["bad"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _write(self, bad: int) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps({"bad": bad}), encoding="utf-8")
        except OSError as error:
            _log.warning("starts cannot be counted: %s", error.strerror)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: FileIO) -> bool:
        try:
            file.seek(_LOCKED_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(0)
        return True

    def _unlock(file: FileIO) -> None:
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: FileIO) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(file: FileIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
