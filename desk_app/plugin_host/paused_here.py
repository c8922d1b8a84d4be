"""Plugins that do not start on this computer: a library is missing here, a disk is full, a file cannot be read. That is
nobody else's business, so it is kept in files here, and the desk goes on with them elsewhere (decision 128)."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from desk_app.domain.plugins.model import PluginRecord
from desk_app.plugin_api.context import Mode

_PREFIX = "paused-"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Note:
    """Why a plugin did not start in one kind of program. It holds for a version, and until somebody switches the plugin
    on anew (`since`)."""

    slug: str
    mode: str
    version: str
    since: str
    reason: str


class PausedHere:
    """The notes of this computer; programs on it see each other's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unwritten: dict[tuple[str, str], _Note] = {}

    def note(self, record: PluginRecord, modes: Iterable[Mode], version: str, reason: str) -> None:
        """Note that a plugin does not start here in some kinds of program; where that cannot be written it holds for
        this program."""
        for mode in modes:
            self._write(_Note(record.slug, mode.value, version, _since(record), reason))

    def forget(self, slug: str) -> None:
        """Let a plugin start here again."""
        for mode in Mode:
            self._unwritten.pop((slug, mode.value), None)
            with suppress(OSError):
                self._path(slug, mode.value).unlink()

    def reasons(
        self, records: Mapping[str, PluginRecord], versions: Mapping[str, str], mode: Mode | None
    ) -> dict[str, str]:
        """Return why plugins are paused here, by slug: those whose note holds for the version that would run, in one
        kind of program, or with None in any."""
        found = {}
        for note in (*self._read(), *self._unwritten.values()):
            record = records.get(note.slug)
            if record is None or note.since != _since(record) or note.version != versions.get(note.slug):
                continue
            if mode is None or mode.value == note.mode:
                found[note.slug] = note.reason
        return found

    def _write(self, note: _Note) -> None:
        path = self._path(note.slug, note.mode)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(f".{os.getpid()}")
            unfinished.write_text(json.dumps(asdict(note)), encoding="utf-8")
            unfinished.replace(path)
            self._unwritten.pop((note.slug, note.mode), None)
        except OSError as error:
            _log.warning("that a plugin is paused here cannot be noted: %s", error.strerror)
            self._unwritten[note.slug, note.mode] = note

    def _read(self) -> list[_Note]:
        found = []
        for path in sorted(self._folder.glob(f"{_PREFIX}*.json")) if self._folder.is_dir() else ():
            try:
                said = json.loads(path.read_text(encoding="utf-8"))
                found.append(_Note(**{name: str(said[name]) for name in _Note.__dataclass_fields__}))
            except (OSError, ValueError, LookupError, TypeError) as error:
                _log.warning("the note %s cannot be read: %s", path.name, type(error).__name__)
        return found

    def _path(self, slug: str, mode: str) -> Path:
        return self._folder / f"{_PREFIX}{slug}-{mode}.json"


def _since(record: PluginRecord) -> str:
    return record.activated_at.isoformat() if record.activated_at is not None else ""
