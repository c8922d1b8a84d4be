"""The page Reports: a list at the left, the chosen report at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from desk_app.plugin_api import ReportTable
from desk_app.plugin_api.ui import WindowPort
from desk_app.services.plugins.reporting import ReportFailedError, as_csv
from desk_app.ui.language import said, tr
from desk_app.ui.problems import Problem
from desk_app.ui.reports.parameters import ParameterForm
from desk_app.ui.reports.sources import Report
from desk_app.ui.reports.table import ReportView
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import button, label, scroller
from desk_app.ui.widgets.layout import boxed, clear, column, hairline, row
from desk_app.ui.widgets.painted import NavItem, Spinner
from desk_app.ui.widgets.panels import Banner, EmptyState, announce
from desk_app.ui.work import Job, Lane


class ComputedReport(QWidget):
    """A report that is computed: what is asked for, and what was found."""

    def __init__(self, report: Report, session: DeskSession, port: WindowPort) -> None:
        super().__init__()
        self.report, self._session, self._port = report, session, port
        self._job: Job | None = None
        self._found: ReportTable | None = None
        self.form = ParameterForm(report.parameters) if report.parameters else None
        self.run_button = button(tr("Show"), self.run, variant="primary", icon_name="play")
        self.stop_button = button(tr("Stop"), self.stop, variant="ghost")
        self.spinner = Spinner()
        self.message = column()
        self.view = ReportView(report.title)
        self.count = label("", "tertiary")
        self.save_button = button(tr("Save as CSV…"), self.ask_file, icon_name="download")
        self.nothing = EmptyState("chart-column", tr("Nothing to show for this choice"))
        self._start = EmptyState("chart-column", tr("Press Show to see this report"))
        self._below = QStackedWidget()
        for one in (self._start, self.nothing, self.view):
            self._below.addWidget(one)
        head = column(label(report.title, "h2"), spacing=4)
        if report.description:
            head.addWidget(label(report.description, "secondary", wrap=True))
        buttons = row(self.run_button, self.spinner, self.stop_button, None, self.count, self.save_button)
        form: list[QWidget] = [self.form] if self.form is not None else []
        inside = column(head, *form, buttons, self.message, self._below, margins=(28, 24, 28, 20), spacing=14)
        inside.setStretchFactor(self._below, 1)
        self.setLayout(column(boxed(inside, "canvas")))
        self.setFocusProxy(self.run_button)
        self._show_busy(busy=False)
        self._show_found(None)

    def _show_busy(self, *, busy: bool) -> None:
        self.run_button.setEnabled(not busy)
        self.stop_button.setVisible(busy)
        self.spinner.setVisible(busy)

    def _show_found(self, table: ReportTable | None) -> None:
        self._found = table
        there = table is not None and bool(table.rows)
        self.save_button.setVisible(there)
        self.count.setText(tr("%n line(s)", len(table.rows)) if table is not None and there else "")
        self._below.setCurrentWidget(self._start if table is None else self.view if there else self.nothing)
        if table is not None and there:
            self.view.show_table(table)

    def _complain(self, text: str) -> None:
        clear(self.message)
        if text:
            self.message.addWidget(Banner(text, "danger"))
            announce(self, text)

    # -- acts ---------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Compute the report off the GUI thread."""
        call, self_busy = self.report.run, self._job is not None
        if call is None or self_busy:
            return
        self._complain("")
        try:
            values = self.form.values() if self.form is not None else {}
        except ValueError as error:
            self._complain(str(error))
            return

        def arrived(table: ReportTable) -> None:
            self._job = None
            self._show_busy(busy=False)
            self._show_found(table)

        def failed(problem: Problem) -> None:
            self._job = None
            self._show_busy(busy=False)
            error = problem.error
            why = said(str(error)) if isinstance(error, ReportFailedError) else problem.text
            self._complain(tr("The report failed. {why}").format(why=why))

        self._show_busy(busy=True)
        self._job = self._session.work.run(
            lambda: call(values), arrived, failed=failed, owner=self, lane=Lane.GUEST, title=self.report.title
        )

    def stop(self) -> None:
        """Wait no longer for it."""
        if self._job is not None:
            self._job.cancel()
            if self._job.task is not None:
                self._job.task.end()
            self._job = None
        self._show_busy(busy=False)

    def ask_file(self) -> None:
        """Ask where the table is written to."""
        name, _kind = QFileDialog.getSaveFileName(
            self, tr("Save as CSV"), f"{self.report.title}.csv", f"{tr('Comma-separated values')} (*.csv)"
        )
        if name:
            self.save(Path(name))

    def save(self, file: Path) -> None:
        """Write the table to a file."""
        table = self._found
        if table is None:
            return

        def saved(_none: None) -> None:
            self._port.notify(tr("Saved as {file}").format(file=file.name))

        self._session.work.run(lambda: as_csv(table, file), saved, owner=self)


class ReportsPage(QWidget):
    """Every report there is; one is built when it is first opened."""

    def __init__(self, session: DeskSession, port: WindowPort, reports: Callable[[], Sequence[Report]]) -> None:
        super().__init__()
        self._session, self._port, self._reports = session, port, reports
        self._made: dict[str, QWidget] = {}
        self._current = ""
        self.items: dict[str, NavItem] = {}
        self._list = column(spacing=2)
        inside = boxed(column(self._list, None, margins=(10, 0, 10, 10)), "sidebar")
        head = column(label(tr("Reports"), "title"), margins=(12, 14, 12, 8))
        self._side = boxed(column(head, scroller(inside, tr("Reports")), spacing=0), "sidebar")
        self._stack = QStackedWidget()
        self.setLayout(row(self._side, hairline(vertical=True), self._stack, spacing=0))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._fit()
        theme().changed.connect(self._fit)
        self.follow()

    def _fit(self) -> None:
        self._side.setFixedWidth(theme().px(240))

    @property
    def column(self) -> QWidget:
        """The list: messages and jobs may stand at its foot."""
        return self._side

    def follow(self) -> None:
        """Show which reports there are now; those that are gone go from the page, those in another language anew."""
        found = {one.id: one for one in self._reports()}
        for key, made in list(self._made.items()):
            if key not in found or (isinstance(made, ComputedReport) and made.report.title != found[key].title):
                del self._made[key]
                self._stack.removeWidget(made)
                made.deleteLater()
        clear(self._list)
        self.items.clear()
        for report in found.values():
            item = NavItem(report.title, "chart-column")
            item.clicked.connect(lambda _checked=False, one=report.id: self.open(one))
            self.items[report.id] = item
            self._list.addWidget(item)
        if self._current not in found:
            self._current = next(iter(found), "")
        if self._current and self._current not in self._made:
            self.open(self._current)
        self._mark()

    def open(self, report_id: str) -> None:
        """Show a report."""
        report = next((one for one in self._reports() if one.id == report_id), None)
        if report is None:
            return
        if report_id not in self._made:
            self._made[report_id] = self._make(report)
            self._stack.addWidget(self._made[report_id])
        self._current = report_id
        self._stack.setCurrentWidget(self._made[report_id])
        self._mark()

    def shown(self) -> QWidget | None:
        """Return the report that is open."""
        return self._made.get(self._current)

    def _make(self, report: Report) -> QWidget:
        if report.page is not None:
            return report.page.factory(self._port)
        return ComputedReport(report, self._session, self._port)

    def _mark(self) -> None:
        for key, item in self.items.items():
            item.setChecked(key == self._current)
        if self._current in self.items:
            self.setFocusProxy(self.items[self._current])
