"""What reports bring to the window: their page in the rail, which is there only while there are reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desk_app.plugin_api.ui import PageSpec
from desk_app.ui.language import tr

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from desk_app.plugin_api.ui import WindowPort
    from desk_app.ui.plugins.desk import PluginDesk
    from desk_app.ui.reports.sources import Report
    from desk_app.ui.shell.window import MainWindow

PAGE = "reports"
OWNER = "reports"


class WindowReports(QObject):
    """Keeps the page in step with the reports there are."""

    def __init__(self, window: MainWindow, desk: PluginDesk) -> None:
        super().__init__(desk)
        self._window, self._desk = window, desk
        self._known: tuple[tuple[str, str], ...] | None = None
        desk.changed.connect(self.follow)
        self.destroyed.connect(window.registries.report_pages.on_change(self.follow))

    def reports(self) -> list[Report]:
        """Return every report there is."""
        from desk_app.ui.reports.sources import reports

        return reports(self._desk.control, self._window.registries.report_pages)

    def renew(self) -> None:
        """Name everything anew, in another language."""
        self._window.registries.pages.remove_owner(OWNER)
        self._window.forget_page(PAGE)
        self._known = None
        self.follow()

    def follow(self) -> None:
        """Have the page where there is something to show, and let it show that."""
        known = tuple((one.id, one.title) for one in self.reports())
        if known == self._known:
            return
        self._known = known
        pages = self._window.registries.pages
        if not known:
            pages.remove_owner(OWNER)
            self._window.forget_page(PAGE)
            return
        if PAGE not in pages:
            pages.register(PageSpec(PAGE, tr("Reports"), "chart-column", self._page, 30), OWNER)
        page: object = self._window.page(PAGE)
        from desk_app.ui.reports.page import ReportsPage

        if isinstance(page, ReportsPage):
            page.follow()

    def _page(self, port: WindowPort) -> QWidget:
        from desk_app.ui.reports.page import ReportsPage

        return ReportsPage(self._window.session, port, self.reports)
