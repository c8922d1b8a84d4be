"""Pictures of the plugins that come with the program, loaded by the real host and at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from PySide6.QtWidgets import QScrollArea

from desk_app.domain.messages.canned import CannedResponse
from desk_app.plugin_api.context import Mode
from desk_app.ui.plugins.parts import open_details, open_plugin_settings, plugins_of
from desk_app.ui.reports.page import ComputedReport, ReportsPage
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage

Lead = Callable[[MainWindow], None]
BUNDLED = ("canned_suggest", "telegram_channel", "time_tracking", "webhook_notify")


def start(kit: DeskKit) -> None:
    """Load the bundled plugins on a believable desk, and let time be spent."""
    control = kit.desk.plugins
    control.start(Mode.GUI)
    for slug in BUNDLED:
        state = control.state(slug)
        assert state is not None
        assert state.manifest is not None
        control.activate(slug, state.manifest.permissions)
    kit.desk.canned.save(CannedResponse(0, "Refund is on its way", "The refund left today.", folder="Money"), kit.ann)


def _spend(window: MainWindow) -> None:
    """Spend time on the first tickets, show it in the list, and let the timer run beside the first."""
    plugins_of(window)
    stage.settle(window)
    window.show_page("inbox")
    window.inbox.sidebar.choose("open")
    stage.settle(window)
    times = import_module("desk_plugins.time_tracking.entries").Times(
        window.session.desk.plugins.context("time_tracking")
    )
    ids = list(window.inbox.list.model.ids)
    for ticket_id, minutes in zip(ids, (48, 15, 125, 8), strict=False):
        times.add(int(ticket_id), minutes)
    times.start(int(ids[0]))
    window.inbox.list.model.forget_rows()
    window.inbox.list.open_first()
    stage.settle(window)
    area = window.inbox.panes._details.findChildren(QScrollArea)
    for one in area:
        one.verticalScrollBar().setValue(one.verticalScrollBar().maximum())


def _page(window: MainWindow) -> None:
    window.show_page("plugins")


def _settings(slug: str) -> Lead:
    return lambda window: open_plugin_settings(window, slug)


def _details(slug: str) -> Lead:
    return lambda window: open_details(window, slug)


def _report(report_id: str) -> Lead:
    def show(window: MainWindow) -> None:
        window.show_page("reports")
        page = window.page("reports")
        assert isinstance(page, ReportsPage)
        page.open(report_id)
        shown = page.shown()
        assert isinstance(shown, ComputedReport)
        shown.run_button.click()

    return show


def scenes() -> Iterator[tuple[str, Lead]]:
    """Every picture: its name and what leads to it; for a window whose desk was prepared by `start`."""
    yield "bundled-time", _spend
    yield "bundled-plugins", _page
    for slug in BUNDLED:
        yield f"bundled-{slug}-settings", _settings(slug)
        yield f"bundled-{slug}-details", _details(slug)
    yield "bundled-time-report", _report("type:time_tracking:time_tracking.report")
    yield "bundled-webhook-report", _report("type:webhook_notify:webhook_notify.deliveries")
