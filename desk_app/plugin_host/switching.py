"""Brings plugins up in this program and takes them down, in order, and keeps on the desk what came of it.

Called by the host, one change at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from packaging.version import InvalidVersion, Version

from desk_app.domain.plugins.model import PluginRecord, Source, StateKind
from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.faults import FaultBook, storage_fault
from desk_app.plugin_host.gate import HookGate
from desk_app.plugin_host.manifest import Manifest
from desk_app.plugin_host.paused_here import PausedHere
from desk_app.plugin_host.running import BroughtDownError, Runner, Running, order
from desk_app.plugin_host.shelf import GoneError, Shelf
from desk_app.plugin_host.slowness import SlowHooks
from desk_app.plugin_host.sources import Found, Places, digest, find, slug_of
from desk_app.plugin_host.states import Standing
from desk_app.plugin_host.telling import Listeners
from desk_app.services.ports.errors import StorageError
from desk_app.services.ports.plugins import PluginRefusedError

_log = logging.getLogger(__name__)
UNTIL_RESTART = "It is switched off when the program ends."
FROM_RESTART = "It runs from the next start of the program."


class Switching:
    """Works on what the host knows (`standing`). `listeners` are told of every plugin that stands differently now."""

    def __init__(
        self,
        standing: Standing,
        places: Places,
        shelf: Shelf,
        runner: Runner,
        faults: FaultBook,
        slow: SlowHooks,
        gate: HookGate,
        listeners: Listeners,
    ) -> None:
        self._now = standing
        self._places = places
        self._shelf = shelf
        self._runner = runner
        self._faults = faults
        self._slow = slow
        self._gate = gate
        self._listeners = listeners
        self._here = PausedHere(places.user)
        self.ready = False
        """Whether the program has started, so that a plugin is told at once."""

    # -- up -----------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Find what there is, and what is not what it was when it was switched on."""
        now, records = self._now, self._shelf.read()
        now.findings = find(self._places, {slug: record.version for slug, record in records.items()})
        now.changed = frozenset(slug for slug, record in records.items() if self._differs(slug, record))
        self._look_here()

    def _look_here(self) -> None:
        """Read which plugins are paused on this computer: in this kind of program, or before it has started in any."""
        now = self._now
        found = {slug: one.manifest for slug, one in now.findings.by_slug.items() if one.manifest is not None}
        versions = {slug: str(manifest.version) for slug, manifest in found.items()}
        now.here = self._here.reasons(now.records, versions, now.mode if now.started else None)

    def _differs(self, slug: str, record: PluginRecord) -> bool:
        found = self._now.findings.by_slug.get(slug)
        if found is None or found.source is not Source.USER or not record.files_sha256 or found.manifest is None:
            return False
        if str(found.manifest.version) != record.version:
            return True
        try:
            return digest(found.folder) != record.files_sha256
        except OSError:
            return True

    def bring_up_wanted(self) -> None:
        """Bring up everything a person wants that does not run; pause what fails. Raises StorageError where some could
        not be brought up because of the database."""
        now = self._now
        fault: StorageError | None = None
        self._look_here()
        wanted = {
            slug: now.findings.by_slug[slug]
            for slug, record in now.records.items()
            if record.wanted and not record.paused and slug in now.findings.by_slug and slug not in now.running
            if now.admits(slug) and slug not in now.here
        }
        if not wanted:
            return
        settings = self._shelf.all_settings()
        with self._listeners.together():
            for slug in order(wanted, {one: now.position(one) for one in wanted}):
                fault = self._bring_up(wanted[slug], settings.get(now.records[slug].id, {})) or fault
        if fault is not None:
            raise fault

    def _pause_where_it_counts(self, found: Found, manifest: Manifest, error: BroughtDownError) -> None:
        """Pause what cannot be brought up: for the desk where its tables, which all share, are in the way."""
        if error.step.startswith("migration"):
            self.pause(found.slug, str(error))
        else:
            self.pause_here(found.slug, str(manifest.version), str(error))

    def pause_here(self, slug: str, version: str, reason: str, *, everywhere: bool = False) -> None:
        """Stop a plugin on this computer, in this kind of program or `everywhere` on it; a person may let it run here
        again."""
        record, reason = self._now.records.get(slug), self._faults.redact(reason)
        running = self._now.running.get(slug)
        if running is not None:
            self.take_down(running, "paused")
        if record is not None:
            self._here.note(record, Mode if everywhere else [self._now.mode], version, reason)
            _log.warning("the plugin %s is paused on this computer: %s", slug, reason)
        self._look_here()
        self._listeners.tell(slug)

    def start_here_again(self, slug: str) -> None:
        """Forget that a plugin is paused on this computer."""
        self._here.forget(slug)
        self._look_here()

    def _bring_up(self, found: Found, settings: Mapping[str, Any]) -> StorageError | None:
        """Bring one up that is wanted, where it can run; pause it where it fails. Returns what was wrong with the
        database where that kept it from running."""
        slug, manifest, now = found.slug, found.manifest, self._now
        if manifest is None or slug in now.changed or not now.belongs_here(found) or manifest.incompatible():
            return None
        if missing := now.missing(manifest):
            now.reasons[slug] = missing
            return None
        record = now.records[slug]
        looked_at = record.files_sha256 if record.version == str(manifest.version) else ""  # just now, and as it was
        try:
            self.start_one(found, manifest, settings)
        except BroughtDownError as error:
            if (away := storage_fault(error.error or error)) is not None:
                now.reasons[slug] = str(error)
                return away
            self.note(slug, error)
            self._pause_where_it_counts(found, manifest, error)
            return None
        try:
            self.now_active(found, manifest, wanted=True, files_sha256=looked_at)
        except GoneError:
            self.take_down(now.running[slug], "user")
            return None
        self.tell_late(slug)
        return None

    def start_one(self, found: Found, manifest: Manifest, settings: Mapping[str, Any] | None = None) -> None:
        """Bring one up, where it has a part in this program; `settings` are those stored now, where they were read.
        Raises BroughtDownError with nothing changed."""
        slug, now = found.slug, self._now
        record, version = now.records[slug], str(manifest.version)
        now.reasons.pop(slug, None)
        self._slow.forget(slug)
        if manifest.restart_required and self.ready:
            now.reasons[slug] = FROM_RESTART
            return
        if not now.belongs_here(found):
            return
        changed = record.version != version and not _newer_elsewhere(found, record)
        updated_from = record.version if record.activated_at is not None and changed else ""
        stored = settings if settings is not None else self._shelf.settings(slug)
        self._pass(slug, StateKind.ACTIVATING)
        try:
            with self._gate.spared():
                running = self._runner.bring_up(
                    found, lambda: now.records.get(slug, record), now.mode, updated_from=updated_from, settings=stored
                )
            now.running = {**now.running, slug: running}
        finally:
            now.passing = {key: kind for key, kind in now.passing.items() if key != slug}

    def now_active(self, found: Found, manifest: Manifest, *, wanted: bool, files_sha256: str = "") -> None:
        """Keep which version and which files of a plugin are in use, and whether a person wants it. `files_sha256` is
        that of its files where it is known."""
        before = self._now.records[found.slug]
        record, version = replace(before), str(manifest.version)
        if _newer_elsewhere(found, record):
            version = record.version
        if record.version and record.version != version:
            record.previous_version = record.version
        record.version, record.wanted, record.paused = version, wanted, ""
        record.files_sha256 = files_sha256 or _digest(found)
        running = self._now.running.get(found.slug)
        if running is not None and running.found is found:
            running.files = record.files_sha256
        self._now.changed = frozenset(self._now.changed) - {found.slug}
        if record != before or record.activated_at is None:
            self._shelf.save(record, activated=wanted and (record.activated_at is None or not before.wanted))
        self._listeners.tell(found.slug)

    def change_version(self, slug: str, to: Found) -> None:
        """Take the running version down and bring another up; where that fails the old one comes back."""
        now = self._now
        manifest, record, old = now.refuse_unusable(to), self._shelf.known(slug), now.findings.by_slug[slug]
        running = now.running.get(slug)
        if running is not None and running.manifest.restart_required:
            self.now_active(to, manifest, wanted=True)
            now.reasons[slug] = FROM_RESTART
            return
        if running is not None:
            self.take_down(running, "update")
        now.findings = replace(now.findings, by_slug={**now.findings.by_slug, slug: to})
        if record.wanted:
            try:
                self.start_one(to, manifest)
            except BroughtDownError as error:
                self.note(slug, error)
                now.findings = replace(now.findings, by_slug={**now.findings.by_slug, slug: old})
                self.bring_up_wanted()
                back = f"Version {manifest.version} does not run, so the one before is back. {error}"
                raise PluginRefusedError(back) from error
        self.now_active(to, manifest, wanted=record.wanted)
        self.bring_up_wanted()  # those that need it
        self.tell_late(slug)

    def tell_late(self, slug: str) -> None:
        """Tell a plugin that came late that the program has started."""
        running = self._now.running.get(slug)
        if self.ready and running is not None:
            self.tell_ready(running)

    def tell_ready(self, running: Running) -> None:
        """Tell a plugin that the program has started; pause one that does not come back."""
        try:
            self._runner.ready(running, self._now.mode)
        except BroughtDownError as error:
            self.note(running.found.slug, error)
            self.pause_here(running.found.slug, str(running.manifest.version), str(error))

    # -- down ---------------------------------------------------------------------------------------------------------

    def take_down(self, running: Running, reason: str) -> None:
        """Take a plugin down, those that need it first."""
        slug, now = running.found.slug, self._now
        for other in [one for one in now.running.values() if slug in map(slug_of, one.manifest.requires)]:
            now.reasons[other.found.slug] = f"It needs “{running.manifest.name}”, which does not run."
            self.take_down(other, reason)
        if now.running.get(slug) is not running:
            return
        self._pass(slug, StateKind.DEACTIVATING)
        self._runner.farewell([running], "plugin_deactivating", reason=reason)
        now.running = {key: one for key, one in now.running.items() if key != slug}
        self._runner.let_go(running)
        now.passing = {key: kind for key, kind in now.passing.items() if key != slug}
        self._listeners.tell(slug)

    def switch_off(self, running: Running) -> None:
        """Take a plugin down at once, or where it cannot be taken down, at the end of the program."""
        if running.manifest.restart_required:
            self._now.reasons[running.found.slug] = UNTIL_RESTART
        else:
            self.take_down(running, "user")

    def follow(self, running: Running, record: PluginRecord | None) -> None:
        """Take a plugin down that another program has switched off, paused, or changed to a version or to files that
        are here."""
        here = self._now.findings.versions.get(running.found.slug, {}) if running.found.source is Source.USER else {}
        if record is not None and record.paused:
            self.take_down(running, "paused")
        elif record is None or not record.wanted:
            self.switch_off(running)
        elif (record.version != str(running.manifest.version) and record.version in here) or _replaced(running, record):
            if running.manifest.restart_required:
                self._now.reasons[running.found.slug] = FROM_RESTART
            else:
                self.take_down(running, "update")

    def pause(self, slug: str, reason: str) -> None:
        """Stop a plugin for every program of the desk; a person may let it run again. Of a version that the desk has
        left behind only this program is rid of."""
        record, reason = self._shelf.read().get(slug), self._faults.redact(reason)
        running = self._now.running.get(slug)
        if running is not None and record is not None and _newer_elsewhere(running.found, record):
            self.pause_here(slug, str(running.manifest.version), reason)
            return
        if running is not None and record is not None and _moved_on(running, record):
            self.take_down(running, "update")  # what it did wrong was for want of what the desk has by now
            return
        if record is not None and record.wanted and not record.paused:
            with suppress(GoneError):
                self._shelf.save(replace(record, paused=reason))
            _log.warning("the plugin %s is paused: %s", slug, reason)
        if running is not None:
            self.take_down(running, "paused")
        self._listeners.tell(slug)

    def note(self, slug: str, error: BroughtDownError) -> None:
        """Note why a plugin could not be brought up, where that is not noted yet."""
        if error.error is not None:
            summary = "" if error.step == "plugin_activated" else str(error)  # a hook's fault is told as any other's
            self._faults.note(slug, error.step, error.error, summary)

    def _pass(self, slug: str, kind: StateKind) -> None:
        self._now.passing = {**self._now.passing, slug: kind}
        self._listeners.tell(slug)


def _digest(found: Found) -> str:
    """What the files of a plugin are to be compared with at later starts; those of others are their installers'
    business."""
    if found.source is not Source.USER:
        return ""
    try:
        return digest(found.folder)
    except OSError as error:
        _log.warning("the files of the plugin %s cannot be read: %s", found.slug, error.strerror)
        return ""


def _replaced(running: Running, record: PluginRecord) -> bool:
    """Whether another program on this computer has put other files of the same version in the place of those that were
    loaded here."""
    if not running.files or record.files_sha256 in {"", running.files}:
        return False
    return _digest(running.found) == record.files_sha256


def _moved_on(running: Running, record: PluginRecord) -> bool:
    """Whether another program has brought the plugin, or its tables, to another version since it came up here."""
    return record.version != str(running.manifest.version) or record.table_version > running.tables


def _newer_elsewhere(found: Found, record: PluginRecord) -> bool:
    """Whether another computer of the desk has a newer version of what comes with the program or with pip: each runs
    its own, and no start of the older one is an update."""
    if found.source is Source.USER or found.manifest is None:
        return False
    try:
        return Version(record.version) > found.manifest.version
    except InvalidVersion:
        return False
