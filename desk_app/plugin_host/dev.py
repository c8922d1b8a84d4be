"""Plugins that are being written: switched on where they lie, and loaded anew when one of their files changes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from desk_app.plugin_host.manifest import read_manifest
from desk_app.plugin_host.sources import digest
from desk_app.services.ports.plugins import PluginRefusedError

if TYPE_CHECKING:
    from desk_app.services.ports.plugin_switching import PluginSwitching

LOOK_SECONDS = 0.7
_log = logging.getLogger(__name__)


class DevWatch:
    """Watches folders on a thread of its own; `told` gets one line for the author whenever something was tried."""

    def __init__(
        self,
        control: PluginSwitching,
        folders: Iterable[Path],
        told: Callable[[str], None],
        seconds: float = LOOK_SECONDS,
    ) -> None:
        self._control = control
        self._folders = tuple(folders)
        self._told = told
        self._seconds = seconds
        self._seen: dict[Path, str] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="plugin-dev", daemon=True)

    def begin(self) -> None:
        """Switch everything on, and go on watching."""
        self._thread.start()

    def end(self) -> None:
        """Stop watching."""
        self._end.set()

    def _watch(self) -> None:
        while not self._end.is_set():
            for folder in self._folders:
                self.look(folder)
            self._end.wait(self._seconds)

    def look(self, folder: Path) -> None:
        """Load a plugin anew where its files are not what they were."""
        try:
            now = digest(folder)
        except OSError:
            return  # an editor is replacing a file; the next look sees it
        if self._seen.get(folder) == now:
            return
        self._seen[folder] = now
        manifest, problems = read_manifest(folder)
        for problem in problems:
            self._told(str(problem))
        if manifest is None:
            return
        try:
            self._control.deactivate(manifest.slug)
            self._control.activate(manifest.slug, manifest.permissions)
        except PluginRefusedError as error:
            self._told(f"{manifest.id}: {error}")
        except Exception:  # noqa: BLE001 -- the author saves again, and it is tried again
            _log.exception("a plugin that is being written could not be loaded")
        else:
            self._told(f"{manifest.id} {manifest.version} is on.")
