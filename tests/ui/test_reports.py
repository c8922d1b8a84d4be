"""The page Reports (features.md PL-05, PL-06)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api import Parameter, ReportTable, ReportType
from desk_app.plugin_api.ui import Registry, ReportPage
from desk_app.plugin_host.bounded import HangingError
from desk_app.services.plugins.reporting import ReportFailedError, as_csv
from desk_app.services.ports.plugins import Contribution
from desk_app.ui.reports.page import ComputedReport, ReportsPage
from desk_app.ui.reports.parameters import ParameterForm
from desk_app.ui.reports.sources import reports
from desk_app.ui.reports.table import shown as shown_cell
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.panels import Banner
from tests.ui import stage
from tests.ui.plugin_stage import FakeControl, control, plugged

__all__ = ["control", "plugged"]  # fixtures
PARAMETERS = (
    Parameter("start", "From", "date"),
    Parameter("by", "Sum up by", "choice", default="agent", choices={"agent": "Agent", "ticket": "Ticket"}),
    Parameter("least", "At least", "number", default=5),
    Parameter("all", "All", "bool"),
    Parameter("word", "Word", required=True, default="x"),
)


def bring(window: MainWindow, control: FakeControl, *types: ReportType) -> None:
    """Let a plugin bring reports."""
    control.specs["report_types"] = [Contribution("survey", "the context", one) for one in types]
    control.become("survey", StateKind.ACTIVE)
    stage.settle(window)


def page_of(window: MainWindow) -> ReportsPage:
    window.show_page("reports")
    page = window.page("reports")
    assert isinstance(page, ReportsPage)
    return page


def computed(page: ReportsPage) -> ComputedReport:
    shown = page.shown()
    assert isinstance(shown, ComputedReport)
    return shown


def said(inside: QWidget) -> str:
    return " ".join(one.text.text() for one in inside.findChildren(Banner))


def test_pl_06_the_page_is_there_only_while_there_are_reports(plugged: MainWindow, control: FakeControl) -> None:
    assert "reports" not in plugged.rail.buttons
    bring(plugged, control, ReportType("hours", "Hours", lambda _ctx, _values: ReportTable((), ())))
    assert "reports" in plugged.rail.buttons
    page = page_of(plugged)
    assert [one.text() for one in page.items.values()] == ["Hours"]
    plugged.registries.report_pages.register(ReportPage("chart", "Chart", lambda _port: QLabel("drawn")), "survey")
    assert [one.text() for one in page.items.values()] == ["Chart", "Hours"]
    page.open("page:chart")
    assert isinstance(page.shown(), QLabel)
    plugged.registries.remove_owner("survey")
    assert [one.text() for one in page.items.values()] == ["Hours"]
    bring(plugged, control)
    assert "reports" not in plugged.rail.buttons
    assert plugged.stack.currentWidget() is plugged.inbox


def test_pl_06_a_report_is_computed_off_the_gui_thread_shown_and_saved(
    plugged: MainWindow, control: FakeControl, tmp_path: Path
) -> None:
    asked: list[tuple[Any, Mapping[str, Any], bool]] = []

    def run(ctx: Any, values: Mapping[str, Any]) -> ReportTable:
        asked.append((ctx, values, threading.current_thread() is threading.main_thread()))
        return ReportTable(("Agent", "Minutes"), [("Ann", 1250), ("=SUM(A1)", 7)], ("", 1257))

    bring(plugged, control, ReportType("hours", "Hours", run, PARAMETERS, "How long people worked."))
    page = page_of(plugged)
    report = computed(page)
    assert report.form is not None
    by, every = report.form.controls["by"], report.form.controls["all"]
    assert isinstance(by, Choice)
    assert isinstance(every, QCheckBox)
    by.choose("ticket")
    every.setChecked(True)
    report.run_button.click()
    assert not report.run_button.isEnabled()
    stage.settle(plugged)
    values = {"start": None, "by": "ticket", "least": 5, "all": True, "word": "x"}
    assert asked == [("the context", values, False)]
    model = report.view.rows
    assert [model.data(model.index(row, 1)) for row in range(model.rowCount())] == ["1,250", "7", "1,257"]
    assert report.count.text() == "2 lines"
    report.save(tmp_path / "hours.csv")
    stage.settle(plugged)
    lines = (tmp_path / "hours.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines == ["Agent,Minutes", "Ann,1250", "'=SUM(A1),7", ",1257"]


def test_pl_03_a_report_that_fails_is_said_and_blamed(plugged: MainWindow, control: FakeControl) -> None:
    def boom(_ctx: Any, _values: Mapping[str, Any]) -> ReportTable:
        raise SystemExit(4)

    bring(
        plugged,
        control,
        ReportType("boom", "A boom", boom),
        ReportType("none", "B nothing", lambda _ctx, _values: ReportTable(("A",), [])),
        ReportType("odd", "C odd", lambda _ctx, _values: "no table"),  # type: ignore[arg-type,return-value]
    )
    page = page_of(plugged)
    for report_id, words in (("boom", "SystemExit: 4"), ("odd", "returned str")):
        page.open(f"type:survey:{report_id}")
        report = computed(page)
        report.run_button.click()
        stage.settle(plugged)
        assert words in said(report)
    assert [place for _slug, place, _error in control.faults] == ["report_types: boom", "report_types: odd"]
    page.open("type:survey:none")
    computed(page).run_button.click()
    stage.settle(plugged)
    assert computed(page).nothing.isVisible()


def test_pl_06_a_report_that_takes_long_can_be_left(plugged: MainWindow, control: FakeControl) -> None:
    go_on = threading.Event()

    def slow(_ctx: Any, _values: Mapping[str, Any]) -> ReportTable:
        go_on.wait(20)
        return ReportTable(("A",), [("late",)])

    bring(plugged, control, ReportType("slow", "Slow", slow))
    report = computed(page_of(plugged))
    report.run_button.click()
    assert report.stop_button.isVisible()
    report.stop_button.click()
    assert report.run_button.isEnabled()
    go_on.set()
    stage.settle(plugged)
    assert not report.view.isVisible(), "what comes late is not shown"


def test_pl_03_a_report_that_never_comes_back_is_said_to_take_too_long(
    plugged: MainWindow, control: FakeControl
) -> None:
    go_on = threading.Event()

    def endless(_ctx: Any, _values: Mapping[str, Any]) -> ReportTable:
        go_on.wait(20)
        return ReportTable(("A",), [("late",)])

    bring(plugged, control, ReportType("endless", "Endless", endless))
    report = computed(page_of(plugged))
    report.run_button.click()
    assert stage.pump(report.run_button.isEnabled), "it is given up"
    go_on.set()
    assert said(report).startswith("The report failed. The plugin “Satisfaction survey” took too long. It did not")
    assert [(place, type(error)) for _slug, place, error in control.faults] == [("report_types: endless", HangingError)]


def test_pl_06_what_is_needed_is_asked_for_and_days_are_days(plugged: MainWindow) -> None:
    form = ParameterForm((Parameter("day", "Day", "date", default="2026-11-02"), Parameter("share", "Share", "number")))
    assert form.values() == {"day": date(2026, 11, 2), "share": None}
    share = form.controls["share"]
    share.setText("2.5")  # type: ignore[attr-defined]
    assert form.values()["share"] == 2.5
    share.setText("many")  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="must be a number"):
        form.values()


def test_cells_that_look_like_formulas_are_texts(tmp_path: Path) -> None:
    as_csv(ReportTable(("=A", "B"), [("+1", -1), ("@x", None)]), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8-sig").splitlines() == ["'=A,B", "'+1,-1", "'@x,"]


def test_nothing_of_a_plugin_runs_and_nothing_overflows_while_a_report_is_painted(control: FakeControl) -> None:
    class Loud:
        def __str__(self) -> str:
            raise RuntimeError("not while painting")

    def answer(*cells: object) -> ReportTable:
        spec = ReportType("odd", "Odd", lambda _ctx, _values: ReportTable(("A",), [cells], cells))
        control.specs["report_types"] = [Contribution("sample", None, spec)]
        call = reports(control, Registry()).pop().run
        assert call is not None
        return call({})

    table = answer(10**30, -5, None, True)
    assert [shown_cell(one) for one in (*table.rows[0], *table.total)] == [str(10**30), "-5", "", "✓"] * 2
    with pytest.raises(ReportFailedError, match="not while painting"):
        answer(Loud())
    assert [slug for slug, _place, _error in control.faults] == ["sample"]
