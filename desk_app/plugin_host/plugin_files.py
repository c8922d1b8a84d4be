"""Plugin files on this computer: staged, put in their place, changed for another version, removed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from desk_app.domain.plugins.model import PluginRecord, Source
from desk_app.plugin_host.running import Runner
from desk_app.plugin_host.shelf import SWITCH, GoneError, Shelf
from desk_app.plugin_host.sources import newer
from desk_app.plugin_host.states import Standing
from desk_app.plugin_host.switching import Switching
from desk_app.plugin_host.telling import Listeners
from desk_app.plugin_host.wishes import Wishes
from desk_app.services.ports.plugins import PluginRefusedError

if TYPE_CHECKING:
    from desk_app.plugin_host.installing import Candidate, Installer, Placed


class PluginFiles:
    """See `PluginSwitching` for what each call means. Called by the host, one change at a time (`stage` at any time),
    with slugs. `folder` is `<data>/plugins`, `forget` deletes the secrets of a plugin that goes with its data."""

    def __init__(
        self,
        standing: Standing,
        folder: Path,
        shelf: Shelf,
        switching: Switching,
        wishes: Wishes,
        runner: Runner,
        listeners: Listeners,
        forget: Callable[[str, PluginRecord], object],
    ) -> None:
        self._now = standing
        self._folder = folder
        self._shelf = shelf
        self._switch = switching
        self._wishes = wishes
        self._runner = runner
        self._listeners = listeners
        self._forget = forget

    @property
    def _installer(self) -> Installer:
        from desk_app.plugin_host.installing import Installer  # noqa: PLC0415 -- when it is asked for
        from desk_app.plugin_host.probing import probe  # noqa: PLC0415 -- as above

        return Installer(self._folder, probe)

    def stage(self, file: Path) -> Candidate:
        """Unpack a plugin file beside the installed ones and try it."""
        from desk_app.plugin_host.archives import ArchiveError  # noqa: PLC0415 -- when it is asked for

        try:
            return self._installer.stage(file)
        except ArchiveError as error:
            raise PluginRefusedError(str(error)) from error

    def put(self, candidate: Candidate) -> str:
        """Put a plugin that was tried in its place."""
        from desk_app.plugin_host.archives import ArchiveError  # noqa: PLC0415 -- when it is asked for

        manifest = candidate.manifest
        self._switch.look()
        found, record = self._now.findings.by_slug.get(manifest.slug), self._now.records.get(manifest.slug)
        if found is not None and (found.source is not Source.USER or found.folder.parent.name != manifest.id):
            candidate.discard()
            raise PluginRefusedError(f"There is another plugin “{manifest.slug}” already: {found.folder}.")
        running = self._now.running.get(manifest.slug)
        same = running if running is not None and running.manifest.version == manifest.version else None
        if same is not None:
            self._switch.take_down(same, "update")
        try:
            placed = self._installer.install(candidate, record.version if record is not None else "")
        except ArchiveError as error:
            self._switch.bring_up_wanted()
            raise PluginRefusedError(str(error)) from error
        self._switch.look()
        found = self._now.findings.by_slug[manifest.slug]
        if same is not None and record is not None:
            self._run_anew(manifest.slug, record, placed)
            return manifest.slug
        placed.settle()
        if record is not None and record.wanted and newer(self._now.findings, found):
            self.update(manifest.slug)
        return manifest.slug

    def _run_anew(self, slug: str, record: PluginRecord, placed: Placed) -> None:
        """Run other files of the version that ran; where they do not, those of before are put back."""
        from desk_app.plugin_host.archives import ArchiveError  # noqa: PLC0415 -- when it is asked for

        try:
            self._wishes.activate(slug, record.granted)
        except PluginRefusedError as error:
            try:
                placed.undo()
            except ArchiveError as worse:
                raise PluginRefusedError(f"{error} {worse}") from error
            self._switch.start_here_again(slug)
            self._switch.look()
            self._switch.bring_up_wanted()
            raise PluginRefusedError(f"It does not run, so the files of before are back. {error}") from error
        placed.settle()

    def update(self, slug: str) -> None:
        """Switch to the newer version."""
        self._switch.look()
        found = self._now.findings.by_slug.get(slug)
        fresh = newer(self._now.findings, found) if found is not None else None
        if fresh is None:
            raise PluginRefusedError("There is no newer version of this plugin.")
        self._switch.change_version(slug, fresh)

    def roll_back(self, slug: str) -> None:
        """Switch to the version before."""
        self._switch.look()
        record = self._shelf.known(slug)
        before = self._now.findings.versions.get(slug, {}).get(record.previous_version)
        if before is None:
            raise PluginRefusedError("The version before is not there any more.")
        self._switch.change_version(slug, before)

    def uninstall(self, slug: str, *, delete_data: bool) -> None:
        """Remove a plugin."""
        from desk_app.plugin_host.archives import ArchiveError  # noqa: PLC0415 -- when it is asked for

        self._switch.look()
        self._now.refuse_where_needed(slug)
        found, record = self._now.findings.by_slug.get(slug), self._now.records.get(slug)
        ours = found is None or found.source is Source.USER
        if not ours and not delete_data:
            raise PluginRefusedError("It belongs to this installation; it can be switched off, not removed.")
        if record is not None:  # before anything of it goes, other programs see it off
            with suppress(GoneError):
                self._shelf.save(replace(record, wanted=False, paused="", files_sha256=""), meant=SWITCH)
        running = self._now.running.get(slug)
        if running is not None:
            self._runner.farewell([running], "plugin_uninstalling", delete_data=delete_data)
            self._switch.take_down(running, "user")
        if delete_data and record is not None:  # before the files: a plugin without them is not shown any more
            self._forget(slug, record)
            self._shelf.forget(slug)
        if found is not None and ours:
            try:
                self._installer.remove(found.folder.parent.name)
            except ArchiveError as error:
                raise PluginRefusedError(str(error)) from error
        self._now.reasons.pop(slug, None)
        self._switch.start_here_again(slug)
        self._switch.look()
        self._listeners.tell(slug)
