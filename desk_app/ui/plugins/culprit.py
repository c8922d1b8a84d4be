"""Looks for the plugin behind a problem: half of the suspects on, and the person says whether it is gone."""

from __future__ import annotations

import json
from contextlib import suppress

from PySide6.QtCore import QObject, QSettings, Signal

from desk_app.domain.plugins.bisection import Bisection
from desk_app.services.ports.plugins import PluginState
from desk_app.ui.language import tr
from desk_app.ui.plugins.desk import PluginDesk

KEY = "plugins/bisection"
"""Where the search is kept on this computer: what is looked for may end the program."""


class CulpritSearch(QObject):
    """A search under way, or none. What is on and off is so in this program only; the end brings everything back."""

    changed = Signal()

    def __init__(self, desk: PluginDesk, settings: QSettings) -> None:
        super().__init__(desk)
        self._desk, self._settings = desk, settings
        self.search: Bisection | None = None
        with suppress(ValueError, KeyError, TypeError):
            self.search = Bisection.from_json(json.loads(str(settings.value(KEY, ""))))

    def wanted(self) -> tuple[str, ...]:
        """Return the plugins that are on, or would be."""
        return tuple(one.slug for one in self._desk.states if is_wanted(one))

    def begin(self) -> None:
        """Begin with everything that is on."""
        if wanted := self.wanted():
            self._go_on(Bisection.begin(wanted))

    def answer(self, *, gone: bool) -> None:
        """Say whether the problem is gone, and go on."""
        if self.search is not None and not self.search.ended:
            self._go_on(self.search.answered(gone=gone))

    def resume(self) -> None:
        """Have on what the search wants on: after a start."""
        if self.search is not None and not self.search.ended:
            self._run(self.search)

    def end(self, *, switch_off: bool = False) -> None:
        """End the search and let everything run again; with `switch_off` all but the one to blame."""
        search, self.search = self.search, None
        self._settings.remove(KEY)
        self._settings.sync()
        culprit = search.culprit if search is not None else ""
        control, admin, actor = self._desk.control, self._desk.admin, self._desk.session.actor

        def call() -> None:
            if switch_off and culprit:
                admin.deactivate(culprit, actor)
            control.run_only(None)

        self._desk.do(KEY, call, tr("Switching plugins on…"))
        self.changed.emit()

    def _go_on(self, search: Bisection) -> None:
        self.search = search
        self._settings.setValue(KEY, json.dumps(search.to_json()))
        self._settings.sync()
        if not search.ended:
            self._run(search)
        self.changed.emit()

    def _run(self, search: Bisection) -> None:
        control, on = self._desk.control, search.running
        self._desk.do(KEY, lambda: control.run_only(on), tr("Switching plugins on and off…"))


def is_wanted(state: PluginState) -> bool:
    """Return whether a person wants a plugin on and the desk would let it."""
    return state.record is not None and state.record.wanted and not state.record.paused
