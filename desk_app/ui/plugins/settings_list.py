"""Keeps a page in the settings for every plugin that has any and is on, or was stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.ui import SettingsPage, WindowPort
from desk_app.services.ports.plugins import PluginState
from desk_app.ui.language import tr
from desk_app.ui.plugins import phrases
from desk_app.ui.plugins.desk import PluginDesk
from desk_app.ui.plugins.tile import icon_of

if TYPE_CHECKING:
    from desk_app.ui.shell.window import MainWindow

OWNER = "plugin settings"
_ORDER = 300
_SHOWN = frozenset({StateKind.ACTIVE, StateKind.PAUSED})


def settings_id(slug: str) -> str:
    """Return the id of the page with a plugin's settings."""
    return f"plugin.{slug}"


class PluginSettingsList(QObject):
    """Follows the plugins; for those who run the desk only."""

    def __init__(self, window: MainWindow, desk: PluginDesk, open_details: Callable[[str], object]) -> None:
        super().__init__(window)
        self._window, self._desk, self._details = window, desk, open_details
        self._shown: tuple[tuple[str, str, str], ...] | None = None
        desk.changed.connect(self.follow)

    def renew(self) -> None:
        """Name every page anew, in another language."""
        self._shown = None
        self.follow()

    def follow(self) -> None:
        """Have the pages that are wanted now; those that stay are not touched."""
        wanted = [one for one in self._desk.states if _has_page(one)]
        shown = tuple((one.slug, one.version, phrases.shown_name(one)) for one in wanted)
        if shown == self._shown:
            return
        self._shown = shown
        registries = self._window.registries
        with registries.told_once():
            registries.actions.remove_owner(OWNER)
            registries.settings_pages.replace_owner(OWNER, [self._page(one) for one in wanted])

    def _page(self, state: PluginState) -> SettingsPage:
        slug = state.slug

        def make(_port: WindowPort) -> QWidget:
            from desk_app.ui.plugins.settings_page import PluginSettingsPage  # noqa: PLC0415 -- when it is opened

            return PluginSettingsPage(self._desk, slug, self._details)

        words = tuple(one.title for one in state.manifest.settings)
        icon = icon_of(state.manifest.icon)
        return SettingsPage(settings_id(slug), phrases.shown_name(state), icon, tr("Plugins"), make, _ORDER, words)


def _has_page(state: PluginState) -> bool:
    return state.kind in _SHOWN and state.manifest is not None and bool(state.manifest.settings)
