"""What plugins have in the window: their halves are imported here, their parts registered, and taken away again.

Runs on the GUI thread. Every part is guarded (`mount.py`); a half that cannot be registered as a whole is not
registered at all, and the plugin is to blame.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.ui import (
    ActionSpec,
    ColumnSpec,
    ComposerTool,
    HighlighterSpec,
    PageSpec,
    PanelSpec,
    ReportPage,
    SettingsPage,
)
from desk_app.services.ports.plugins import Contribution, PluginRefusedError, PluginState
from desk_app.ui.plugins.desk import PluginDesk
from desk_app.ui.plugins.mount import Mount

if TYPE_CHECKING:
    from desk_app.ui.shell.window import MainWindow

_log = logging.getLogger(__name__)
TURN_SECONDS = 0.015
"""So long a turn of the event loop may go on with mounting, so that the window answers meanwhile."""
Half = Mapping[str, Sequence[Contribution]]


class WindowParts(QObject):
    """Follows which plugins run, and keeps the registries of a window in step."""

    def __init__(self, window: MainWindow, desk: PluginDesk) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self.mounts: dict[str, Mount] = {}
        self._waiting: list[str] = []
        self._turn = QTimer(self)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._mount_next)
        self._told_once = ExitStack()
        desk.switched.connect(self._switched)

    # -- in step ------------------------------------------------------------------------------------------------------

    def renew(self) -> None:
        """Take every part away and register those of the plugins that run, a few a turn of the event loop: at the
        start, and in another language."""
        with self._window.registries.told_once():
            for slug in list(self.mounts):
                self.unmount(slug)
        self._waiting = []
        for one in self._desk.states:
            if _belongs(one):
                self._waiting.append(one.slug)
                self._begin()

    def close(self) -> None:
        """Take every part away."""
        self._waiting = []
        self._rest()
        for slug in list(self.mounts):
            self.unmount(slug)

    def _begin(self) -> None:
        """Let the window show what comes and goes when nobody waits any more: in the next turn at the soonest."""
        if not self._turn.isActive():
            self._told_once.enter_context(self._window.registries.told_once())
            self._turn.start()

    def _rest(self) -> None:
        self._turn.stop()
        self._told_once.close()

    def _mount_next(self) -> None:
        began = perf_counter()
        while self._waiting and perf_counter() - began < TURN_SECONDS:
            slug = self._waiting.pop(0)
            if _belongs(self._desk.state(slug)):
                self.mount(slug)
        if not self._waiting:
            self._rest()

    def _switched(self, slug: str, kind: str) -> None:
        if kind == StateKind.ACTIVE and _belongs(self._desk.state(slug)):
            self._begin()
            if slug not in self._waiting:
                self.unmount(slug)
                self._waiting.append(slug)
        else:
            if slug in self._waiting:
                self._waiting.remove(slug)
            if slug in self.mounts:
                self._begin()
                self.unmount(slug)

    # -- one plugin ---------------------------------------------------------------------------------------------------

    def mount(self, slug: str) -> None:
        """Import a plugin's half for the window and register what it adds."""
        control = self._desk.control
        try:
            half = control.ui_part(slug)
        except PluginRefusedError:
            return  # noted by the host
        if not any(half.values()):
            return
        mount = Mount(slug, self._desk.name(slug), self._blame(slug), self._window.session, self)
        self.mounts[slug] = mount
        try:
            self._register(mount, half)
        except Exception as error:  # noqa: BLE001 -- ids that are taken, specs that are none
            self.unmount(slug)
            control.fault(slug, "window", error)

    def unmount(self, slug: str) -> None:
        """Take everything of a plugin out of the window; its widgets are destroyed."""
        mount = self.mounts.pop(slug, None)
        if mount is None:
            return
        registries = self._window.registries
        pages = [one.id for one in registries.pages if registries.pages.owner(one.id) == slug]
        registries.remove_owner(slug)
        for page_id in pages:
            self._window.forget_page(page_id)
        mount.close()

    def _blame(self, slug: str) -> Callable[[str, BaseException], None]:
        control = self._desk.control
        return lambda place, error: control.fault(slug, place, error)

    def _register(self, mount: Mount, half: Half) -> None:
        registries, slug = self._window.registries, mount.slug

        def specs(hook: str, kind: type[Any]) -> list[Any]:
            found = [one.spec for one in half.get(hook, ())]
            for one in found:
                if not isinstance(one, kind):
                    raise TypeError(f"{hook}: {type(one).__name__} where {kind.__name__} was promised")
            return found

        taken = [key for one in registries.actions for key in one.keys]
        group = mount.name
        for page in specs("navigation_pages", PageSpec):
            registries.pages.register(mount.page(page), slug)
        for panel in specs("ticket_panels", PanelSpec):
            registries.panels.register(mount.panel(panel), slug)
        for action in specs("ticket_actions", ActionSpec):
            named = action if action.group else replace(action, group=group)
            registries.actions.register(mount.action(named, taken), slug)
        for shown in specs("list_columns", ColumnSpec):
            registries.columns.register(mount.column(shown), slug)
        for tool in specs("composer_tools", ComposerTool):
            registries.composer_tools.register(mount.tool(tool), slug)
        for sheet in specs("settings_pages", SettingsPage):
            registries.settings_pages.register(mount.settings_page(sheet), slug)
        for report in specs("report_pages", ReportPage):
            registries.report_pages.register(mount.report_page(report), slug)
        for marker in specs("text_highlighters", HighlighterSpec):
            registries.highlighters.register(mount.highlighter(marker), slug)

    def mount_of(self, slug: str) -> Mount | None:
        """Return what a plugin has in the window."""
        return self.mounts.get(slug)


def _belongs(state: PluginState | None) -> bool:
    return state is not None and state.kind is StateKind.ACTIVE and state.running
