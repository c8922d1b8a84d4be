"""How every plugin stands in this program, and why one cannot run (plugins.md, "States and lifecycle").

Everything here is read without a lock: what changes is replaced as a whole by the host, one change at a time.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from desk_app.domain.plugins.model import PluginRecord, Source, StateKind
from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.loading import PACKAGE
from desk_app.plugin_host.manifest import Manifest
from desk_app.plugin_host.running import Running
from desk_app.plugin_host.sources import Findings, Found, newer, slug_of
from desk_app.services.ports.plugins import PluginRefusedError, PluginState

USUAL_POSITION = 100
PUT_ASIDE = "It was put aside in this program for now."


@dataclass(slots=True)
class Standing:
    """What the host knows.

    `passing` are plugins that are being switched, `reasons` why those that are off are, `changed` those whose files are
    not the ones that were switched on, `slow` what is to be said of those that hold the window up. `safe` says why this
    start left plugins out, "" where it did not; before `started` nothing runs, and what is wanted counts as active.
    """

    mode: Mode = Mode.GUI
    findings: Findings = field(default_factory=Findings)
    records: Mapping[str, PluginRecord] = field(default_factory=dict)
    running: Mapping[str, Running] = field(default_factory=dict)
    passing: Mapping[str, StateKind] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    slow: dict[str, str] = field(default_factory=dict)
    changed: Collection[str] = frozenset()
    safe: str = ""
    started: bool = False
    only: frozenset[str] | None = None
    """Those that may run in this program for now; None for all."""
    here: Mapping[str, str] = field(default_factory=dict)
    """Why plugins are paused on this computer, though the desk wants them."""

    # -- what there is ------------------------------------------------------------------------------------------------

    def all(self) -> Sequence[PluginState]:
        """Return every plugin, by position and name; those that are gone only where somebody wants them."""
        states = [self._state(slug, found) for slug, found in self.findings.by_slug.items()]
        states += [self._gone(one) for slug, one in self.records.items() if slug not in self.findings.by_slug]
        states += [self._conflict(one) for one in self.findings.conflicts]
        shown = [one for one in states if one.kind is not StateKind.MISSING or (one.record and one.record.wanted)]
        return sorted(shown, key=lambda one: (self.position(one.slug), one.name.casefold()))

    def one(self, slug: str) -> PluginState | None:
        """Return one plugin."""
        found, record = self.findings.by_slug.get(slug), self.records.get(slug)
        if found is not None:
            return self._state(slug, found)
        return self._gone(record) if record is not None else None

    def position(self, slug: str) -> int:
        """Return a plugin's place in the order."""
        record = self.records.get(slug)
        return record.position if record is not None else USUAL_POSITION

    def manifest(self, slug: str) -> Manifest | None:
        """Return what a plugin says of itself."""
        found = self.findings.by_slug.get(slug)
        return found.manifest if found is not None else None

    def belongs_here(self, found: Found) -> bool:
        """Return whether a plugin has a part in this kind of program."""
        return found.manifest is not None and self.mode in found.manifest.modes

    def admits(self, slug: str) -> bool:
        """Return whether a plugin may run in this program for now."""
        return self.only is None or slug in self.only

    def folders(self) -> Mapping[str, Path]:
        """Return the folder of every plugin, by slug."""
        return {slug: found.folder for slug, found in self.findings.by_slug.items()}

    def owner_of(self, trace: TracebackType | None) -> str:
        """Return the plugin an error came from, by the innermost file of a plugin in its traceback; "" for none."""
        owner = ""
        folders = [(f"{folder}{os.sep}", slug) for slug, folder in self.folders().items()]
        while trace is not None:
            code = trace.tb_frame.f_code
            name = str(trace.tb_frame.f_globals.get("__name__", ""))
            if name.startswith(f"{PACKAGE}."):
                owner = name.split(".")[1]
            else:
                owner = next((slug for folder, slug in folders if code.co_filename.startswith(folder)), owner)
            trace = trace.tb_next
        return owner

    # -- why not ------------------------------------------------------------------------------------------------------

    def refuse_unusable(self, found: Found) -> Manifest:
        """Raise PluginRefusedError where a plugin cannot run here now."""
        if found.manifest is None:
            raise PluginRefusedError(f"Its manifest has errors. {first_error(found)}")
        if reason := found.manifest.incompatible() or self.missing(found.manifest):
            raise PluginRefusedError(reason)
        return found.manifest

    def refuse_where_needed(self, slug: str) -> None:
        """Raise PluginRefusedError where a running plugin needs this one."""
        for other in self.running.values():
            if slug in map(slug_of, other.manifest.requires):
                raise PluginRefusedError(f"“{other.manifest.name}” needs it; switch that off first.")

    def missing(self, manifest: Manifest) -> str:
        """Say which other plugin it needs that does not run, "" where all do."""
        for needed, versions in manifest.requires.items():
            slug = slug_of(needed)
            found, record = self.findings.by_slug.get(slug), self.records.get(slug)
            if found is None or found.manifest is None:
                return f"It needs the plugin “{needed}”, which is not installed."
            if not versions.contains(found.manifest.version, prereleases=True):
                return f"It needs “{found.manifest.name}” in a version {versions}; there is {found.manifest.version}."
            elsewhere = not self.belongs_here(found) and record is not None and record.wanted
            if slug not in self.running and not elsewhere:
                return f"It needs “{found.manifest.name}”; switch that on first."
        return ""

    # -- within -------------------------------------------------------------------------------------------------------

    def _state(self, slug: str, found: Found) -> PluginState:
        record, running = self.records.get(slug), self.running.get(slug)
        found = running.found if running is not None else found
        kind, reason = self._kind(slug, found, record)
        fresh = newer(self.findings, found)
        return PluginState(
            slug=slug,
            kind=kind,
            source=found.source,
            folder=found.folder,
            manifest=found.manifest,
            record=record,
            reason=reason,
            problems=tuple(map(str, found.problems)),
            update=str(fresh.manifest.version) if fresh is not None and fresh.manifest is not None else "",
            slow=self.slow.get(slug, "") if running is not None else "",
            running=running is not None,
        )

    def _kind(self, slug: str, found: Found, record: PluginRecord | None) -> tuple[StateKind, str]:
        if (passing := self.passing.get(slug)) is not None:
            return passing, ""
        if slug in self.running:
            return StateKind.ACTIVE, self.reasons.get(slug, "")
        if found.manifest is None:
            return StateKind.INVALID, first_error(found)
        if reason := found.manifest.incompatible():
            return StateKind.INCOMPATIBLE, reason
        if record is not None and record.wanted:
            return self._kind_of_wanted(slug, found, record)
        return StateKind.INACTIVE, self.reasons.get(slug, "")

    def _kind_of_wanted(self, slug: str, found: Found, record: PluginRecord) -> tuple[StateKind, str]:
        if record.paused:
            return StateKind.PAUSED, record.paused
        if slug in self.here:
            return StateKind.PAUSED, self.here[slug]
        if slug in self.changed:
            return StateKind.CHANGED, "Its files are not those that were switched on."
        if self.safe:
            return StateKind.INACTIVE, self.safe
        if not self.started:
            return StateKind.ACTIVE, ""
        if not self.admits(slug):
            return StateKind.INACTIVE, PUT_ASIDE
        if not self.belongs_here(found):
            return StateKind.ACTIVE, "It has no part in this program."
        return StateKind.INACTIVE, self.reasons.get(slug, "")

    @staticmethod
    def _gone(record: PluginRecord) -> PluginState:
        reason = "Its files are not on this computer."
        return PluginState(record.slug, StateKind.MISSING, Source.USER, record=record, reason=reason)

    def _conflict(self, found: Found) -> PluginState:
        first = self.findings.by_slug[found.slug]
        return PluginState(
            found.slug,
            StateKind.CONFLICT,
            found.source,
            found.folder,
            found.manifest,
            reason=f"Another plugin has the same id and comes first: {first.folder}.",
            problems=tuple(map(str, found.problems)),
        )


def first_error(found: Found) -> str:
    """Return the first thing that is wrong with a manifest."""
    return next((str(problem) for problem in found.problems if problem.error), "")
