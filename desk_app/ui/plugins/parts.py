"""What plugins bring to the window: their page in the rail, and their own parts, once the first list is on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer

from desk_app.plugin_api.ui import PageSpec
from desk_app.ui.language import language, tr
from desk_app.ui.work import Lane

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from desk_app.plugin_api.ui import ActionSpec, WindowPort
    from desk_app.ui.plugins.page import PluginsPage
    from desk_app.ui.shell.window import MainWindow

PAGE = "plugins"
_SETTLED = frozenset({"active", "inactive", "paused"})
"""States after which something may be seen otherwise."""


class WindowPlugins:
    """The plugins of a window, from its first list to its end; what is on screen is built anew in another language."""

    def __init__(self, window: MainWindow) -> None:
        from desk_app.ui.plugins.culprit import CulpritSearch
        from desk_app.ui.plugins.desk import PluginDesk
        from desk_app.ui.plugins.settings_list import PluginSettingsList
        from desk_app.ui.plugins.uncaught import Uncaught
        from desk_app.ui.plugins.window_parts import WindowParts
        from desk_app.ui.reports.parts import WindowReports

        self.desk = PluginDesk(window.session, window.session.desk.plugins, window)
        self.search = CulpritSearch(self.desk, window.preferences.settings)
        self.parts = WindowParts(window, self.desk)
        self.uncaught = Uncaught(self.parts, lambda: self.desk.states, self.desk.control.fault, self.desk.pause)
        self.desk.told.connect(window.notify)
        self.desk.refused.connect(self._refused)
        self._settings: PluginSettingsList | None = None
        if window.session.agent.kind == "admin":
            self._settings = PluginSettingsList(window, self.desk, lambda slug: open_details(window, slug))
        self.reports = WindowReports(window, self.desk)
        self._resumed = False
        self._spoken = language()
        self._reading = QTimer(window)
        self._reading.setSingleShot(True)
        self._reading.timeout.connect(self._read_anew)
        self._window, self._admin = window, window.session.agent.kind == "admin"
        self.desk.switched.connect(self._maybe_resume)
        self.desk.switched.connect(self._seen_anew)
        self.desk.changed.connect(self._show_notice)
        self.search.changed.connect(self._show_notice)
        self.renew()

    def _refused(self, slug: str, why: str) -> None:
        """Tell why something was not done, unless the page in front says it of a file already."""
        from desk_app.ui.plugins.desk import FILE

        if not (slug.startswith(FILE) and self._window.stack.currentWidget() is self._window.page(PAGE)):
            self._window.told.refused(why)

    def _maybe_resume(self, slug: str) -> None:
        """Go on with a search for a culprit once the program has loaded what it loads."""
        if not slug and not self._resumed:
            self._resumed = True
            self.search.resume()

    def _seen_anew(self, slug: str, kind: str) -> None:
        """Show what a plugin that was switched changes elsewhere: the open ticket, and accounts of its channels."""
        if slug and kind in _SETTLED:
            self._reading.start()  # once for all that are switched together

    def _read_anew(self) -> None:
        self._window.inbox.ticket.reload()
        self._window.session.load()

    def _show_notice(self) -> None:
        """Say above the lists that plugins are left out, and ask the question of a search."""
        from desk_app.ui.plugins.recovery import safe_mode_banner, search_banner

        shown = None
        if self._admin:
            more = [(tr("Show plugins"), lambda: self._window.show_page(PAGE))]
            shown = search_banner(self.desk, self.search) or safe_mode_banner(self.desk, self.search, more)
        self._window.inbox.notices.put("plugins", shown, 20)

    def renew(self) -> None:
        """Register everything anew, in the language spoken now."""
        if self._spoken != language():
            self._spoken = language()
            self._window.session.work.run(self.desk.control.speak_anew, owner=self._window, lane=Lane.LONG)
        self.parts.renew()
        if self._settings is not None:
            self._settings.renew()
        self.reports.renew()
        self._show_notice()

    def close(self) -> None:
        """Let go of everything."""
        self._reading.stop()
        self.uncaught.end()
        self.desk.end()
        self.parts.close()


def register(window: MainWindow) -> None:
    """Register what needs the window."""
    if window.session.agent.kind == "admin":
        window.registries.pages.register(PageSpec(PAGE, tr("Plugins"), "puzzle", _page(window), 60))
        for action in _commands(window):
            window.registries.actions.register(action)
    if window.plugins is not None:
        window.plugins.renew()
    else:
        window.plugins_there.connect(lambda: _find_out(window), Qt.ConnectionType.SingleShotConnection)


def _find_out(window: MainWindow) -> None:
    """Have the plugins of a window: what that loads is loaded off the GUI thread before."""
    desk = window.session.desk

    def load() -> None:
        from desk_app.ui.plugins import culprit, recovery, settings_list, uncaught, window_parts  # noqa: F401 -- for later
        from desk_app.ui.reports import sources  # noqa: F401 -- for later

        desk.plugins.plugins()  # built here, with what it needs
        getattr(desk.system, "place")  # noqa: B009 -- as above

    def loaded(_none: None) -> None:
        plugins_of(window)

    window.session.work.run(load, loaded, owner=window)


def plugins_of(window: MainWindow) -> WindowPlugins:
    """Return the plugins of a window, found out about now where nobody did yet."""
    if window.plugins is None:
        window.plugins = WindowPlugins(window)
    return window.plugins


def _commands(window: MainWindow) -> tuple[ActionSpec, ...]:
    from desk_app.ui.shell.commands import command

    group = tr("Plugins")

    def on_page(act: Callable[[PluginsPage], object]) -> Callable[..., None]:
        def run(_ids: object) -> None:
            from desk_app.ui.plugins.page import PluginsPage

            window.show_page(PAGE)
            page = window.page(PAGE)
            if isinstance(page, PluginsPage):
                act(page)

        return run

    return (
        command("plugins.add", tr("Add plugin…"), on_page(lambda page: page.ask_file()), "package-plus", group=group),
        command("plugins.order", tr("Order of plugins…"), on_page(lambda page: page.ask_order()), "list", group=group),
        command(
            "plugins.safe_mode",
            tr("Plugins: safe mode on or off"),
            on_page(lambda page: page.toggle_safe_mode()),
            "shield",
            group=group,
        ),
        command(
            "plugins.culprit",
            tr("Find the plugin behind a problem"),
            on_page(lambda page: page.find_culprit()),
            "bug",
            group=group,
        ),
    )


def _page(window: MainWindow) -> Callable[[WindowPort], QWidget]:
    def make(_port: WindowPort) -> QWidget:
        from desk_app.ui.plugins.page import PluginsPage

        plugins = plugins_of(window)
        return PluginsPage(plugins.desk, plugins.search, lambda slug: open_plugin_settings(window, slug))

    return make


def open_plugin_settings(window: MainWindow, slug: str) -> None:
    """Show the settings of a plugin."""
    from desk_app.ui.plugins.settings_list import settings_id
    from desk_app.ui.settings.parts import open_settings

    open_settings(window, settings_id(slug))


def open_details(window: MainWindow, slug: str) -> None:
    """Show everything about a plugin."""
    from desk_app.ui.plugins.page import PluginsPage

    window.show_page(PAGE)
    page = window.page(PAGE)
    if isinstance(page, PluginsPage):
        page.show_details(slug)
