"""What earlier starts left behind, and what follows from it for this one (plugins.md, "Isolation and recovery
mode")."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.faults import FaultBook
from desk_app.plugin_host.hangs import read_hang
from desk_app.plugin_host.shelf import Shelf
from desk_app.plugin_host.start_marks import LeftBehind, LoadingMarks, StartCount
from desk_app.plugin_host.states import Standing
from desk_app.plugin_host.switching import Switching

ENDED_WHILE_LOADING = "The program ended while this plugin was being loaded."
ENDED_WHILE_HANGING = "The window stood still in this plugin until the program was ended."
CRASHED = "The program crashed in this plugin."
ASKED_FOR = "The program was started without plugins."
ENDED_EARLY = "The program ended early at the last starts, so it was started without plugins."


class Aftermath:
    """Pauses what ended a program, and counts starts that went wrong. `folder` holds the notes of earlier starts."""

    def __init__(
        self,
        standing: Standing,
        folder: Path,
        marks: LoadingMarks,
        shelf: Shelf,
        switching: Switching,
        faults: FaultBook,
    ) -> None:
        self._now = standing
        self._switch = switching
        self._folder = folder
        self._marks = marks
        self._shelf = shelf
        self._faults = faults
        self._starts: StartCount | None = None

    def pause_what_crashed(self) -> None:
        """Pause the plugins in which programs ended."""
        for left in self._marks.left_behind():
            if left.doing:
                self._ended_at_work(left)
                continue
            manifest, detail = self._now.manifest(left.slug), f"It was version {left.version}."
            if manifest is not None and str(manifest.version) != left.version:
                self._faults.note(left.slug, "start", None, f"{ENDED_WHILE_LOADING} {detail}")  # an update; not this
            elif self._runs_elsewhere(left.slug):
                self._switch.pause_here(left.slug, left.version, ENDED_WHILE_LOADING, everywhere=True)
                self._faults.note(left.slug, "start", None, ENDED_WHILE_LOADING, detail)
            else:
                self._pause_wanted_or_not(left.slug, ENDED_WHILE_LOADING, detail)
        hang = read_hang(self._folder, self._now.folders()) if self._now.mode is Mode.GUI else None
        if hang is not None:
            self._pause_wanted_or_not(hang.slug, CRASHED if hang.crashed else ENDED_WHILE_HANGING, hang.trace)

    def reason_to_leave_out(self, *, asked: bool) -> str:
        """Count this start, and say why it loads no plugin; "" where it does. `asked` says that a person wants none."""
        if asked:
            return ASKED_FOR
        counted = self._now.mode is not Mode.CLI  # commands are ended early as a matter of course
        if counted and any(record.wanted and not record.paused for record in self._now.records.values()):
            self._starts = StartCount(self._folder, self._now.mode)
            if self._starts.begin():
                return ENDED_EARLY
        return ""

    def start_was_good(self) -> None:
        """Forget bad starts."""
        if self._starts is not None:
            self._starts.good()

    def _runs_elsewhere(self, slug: str) -> bool:
        """Whether the desk wants a plugin, so that it may run on other computers; else it was being switched on."""
        record = self._now.records.get(slug)
        return record is not None and record.wanted and not record.paused

    def _ended_at_work(self, left: LeftBehind) -> None:
        """Note that a program ended in a hook, and pause the plugin the second time: once may be the power."""
        reason, slug = f"The program ended while this plugin was in {left.doing}.", left.slug
        if self._shelf.lately(slug, reason):
            self._pause_wanted_or_not(slug, f"{reason} It was not the first time.", "")
        else:
            self._faults.note(slug, "start", None, reason)

    def _pause_wanted_or_not(self, slug: str, reason: str, detail: str) -> None:
        """Pause a plugin that ended the program, even where it was being switched on when it did."""
        record = self._now.records.get(slug)
        if record is None:
            return
        self._shelf.save(replace(record, wanted=True, paused=reason))
        self._faults.note(slug, "start", None, reason, detail)
