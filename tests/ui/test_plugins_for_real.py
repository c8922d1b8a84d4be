"""The window with real plugins, found, loaded and watched by the real host (features.md PL-01, PL-03, PL-05)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton

from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.plugins.model import Permission, StateKind
from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.archives import build
from desk_app.ui.plugins.page import PluginsPage
from desk_app.ui.plugins.parts import open_plugin_settings, plugins_of
from desk_app.ui.plugins.questions import DeleteQuestion, PermissionQuestion
from desk_app.ui.plugins.settings_page import PluginSettingsPage
from desk_app.ui.reports.page import ComputedReport, ReportsPage
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.support.plugin_folders import write_plugin
from tests.ui import stage
from tests.ui.conftest import close
from tests.ui.plugin_stage import page_of

PLAIN = """
    from desk_app.plugin_api import hookimpl

    @hookimpl
    def ticket_deleted(ctx, ticket_id):
        pass
"""
PAINTS = """
    from PySide6.QtWidgets import QWidget

    from desk_app.plugin_api import hookimpl
    from desk_app.plugin_api.ui import PanelSpec

    class Bad(QWidget):
        def paintEvent(self, event):
            raise RuntimeError("cannot paint")

    def panel(port, ticket):
        made = Bad()
        made.setFixedSize(60, 30)
        return made

    @hookimpl
    def ticket_panels(ctx):
        return [PanelSpec("paints", "Paints", panel)]
"""


@pytest.fixture
def real(kit: DeskKit, settings: QSettings, qapp: QApplication) -> Iterator[MainWindow]:
    """A window whose program has looked for plugins; the bundled ones are there, and off."""
    stage.believable(kit)
    places = kit.desk.system.place.data_dir / "plugins"
    manifest = 'ui_entry = "window"\npermissions = ["ui"]'
    write_plugin(places, "painter", PLAIN, manifest=manifest, installed=True, window=PAINTS)
    kit.desk.plugins.start(Mode.GUI)
    window = stage.open_window(kit, settings)
    plugins_of(window)
    stage.settle(window)
    yield window
    close(window)
    kit.desk.plugins.close(2)


def switch_on(window: MainWindow, page: PluginsPage, slug: str) -> None:
    page.cards[slug].switch.click()
    question = next(one for one in QApplication.topLevelWidgets() if isinstance(one, PermissionQuestion))
    question.accept()
    stage.pump(lambda: not plugins_of(window).desk.busy)
    stage.settle(window)


def test_pl_05_what_plugins_add_beside_the_window_is_named_in_the_language_chosen(
    real: MainWindow, kit: DeskKit
) -> None:
    control, window = kit.desk.plugins, real
    kit.desk.plugin_admin.activate("time_tracking", tuple(Permission), SYSTEM)
    job = [one.spec for one in control.contributions("scheduled_jobs")]
    assert stage.pump(lambda: "reports" in window.rail.buttons)
    window.show_page("reports")

    def shown() -> tuple[list[str], str]:
        page = window.page("reports")
        assert isinstance(page, ReportsPage)
        opened = page.shown()
        title = opened.report.title if isinstance(opened, ComputedReport) else ""
        return [one.text() for one in page.items.values()], title

    assert shown() == (["Time spent"], "Time spent")
    for code, words in (("es", "Tiempo dedicado"), ("id", "Waktu terpakai"), ("en", "Time spent")):
        window.preferences.set("look/language", code)
        assert stage.pump(lambda words=words: window.page("reports") is not None and shown() == ([words], words))  # type: ignore[misc]
        stage.settle(window)
    assert window.stack.currentWidget() is window.page("reports"), "where the agent was"
    assert [one.spec.id for one in control.contributions("scheduled_jobs")] == [one.id for one in job]


def test_pl_05_a_bundled_plugin_is_there_at_once_and_goes_at_once(real: MainWindow, kit: DeskKit) -> None:
    page = page_of(real)
    assert {"canned_suggest", "time_tracking", "webhook_notify"} <= set(page.cards)
    panels = {spec.id for spec in real.registries.panels}
    columns = {spec.id for spec in real.registries.columns}
    actions = {spec.id for spec in real.registries.actions}
    switch_on(real, page, "time_tracking")
    state = kit.desk.plugins.state("time_tracking")
    assert state is not None
    assert state.kind is StateKind.ACTIVE, state.reason
    assert len({spec.id for spec in real.registries.panels} - panels) == 1
    assert {spec.id for spec in real.registries.columns} - columns
    assert "reports" in real.rail.buttons
    real.show_page("inbox")
    real.inbox.list.open_first()
    stage.settle(real)
    open_plugin_settings(real, "time_tracking")
    home = real.page("settings")
    assert isinstance(home, SettingsHome)
    assert isinstance(home.page("plugin.time_tracking"), PluginSettingsPage)
    page = page_of(real)
    page.show_details("time_tracking")
    stage.settle(real)
    assert page.details.hooks.rows.rowCount() > 3
    page.show_list()
    page.cards["time_tracking"].switch.click()
    stage.pump(lambda: not plugins_of(real).desk.busy)
    stage.settle(real)
    assert {spec.id for spec in real.registries.panels} == panels
    assert {spec.id for spec in real.registries.columns} == columns
    assert {spec.id for spec in real.registries.actions} == actions
    assert "reports" not in real.rail.buttons


def test_pl_03_a_plugin_that_cannot_paint_is_paused_and_the_window_works_on(real: MainWindow, kit: DeskKit) -> None:
    page = page_of(real)
    switch_on(real, page, "painter")
    real.show_page("inbox")
    real.inbox.list.open_first()
    stage.settle(real)

    def paused() -> bool:
        state = kit.desk.plugins.state("painter")
        return state is not None and state.kind is StateKind.PAUSED

    assert stage.pump(paused)
    stage.settle(real)
    page = page_of(real)
    words = " ".join(one.text() for one in page.cards["painter"].findChildren(QLabel))
    assert "Paused after error" in words
    assert "failed while the window was painted: RuntimeError: cannot paint." in words
    page.show_details("painter")
    assert kit.desk.plugins.settle()  # type: ignore[attr-defined]
    page.details.read()
    stage.settle(real)
    assert "window: Bad.paintEvent" in page.details.whole.toPlainText()
    real.show_page("inbox")
    stage.settle(real)
    assert "PROPERTIES" in [one.text() for one in real.inbox.side.findChildren(QLabel)]


def question(window: MainWindow) -> PermissionQuestion:
    """Wait for the question before a plugin is switched on."""
    found: list[PermissionQuestion] = []

    def there() -> bool:
        found[:] = [one for one in QApplication.topLevelWidgets() if isinstance(one, PermissionQuestion)]
        return bool(found) and found[0].isVisible()

    assert stage.pump(there, 40)
    return found[0]


def test_pl_10_a_file_is_installed_updated_and_rolled_back_by_hand(
    real: MainWindow, kit: DeskKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, desk = page_of(real), plugins_of(real).desk

    def calm() -> None:
        assert stage.pump(lambda: not desk.busy, 40)
        stage.settle(real)

    for version in ("1.0.0", "2.0.0"):
        source = write_plugin(
            tmp_path / version, "carried", PLAIN, version=version, manifest='permissions = ["tickets.read", "network"]'
        )
        page.install(build(source, tmp_path / "files"))
        asked = question(real)
        assert asked.windowTitle() == f"Install Carried {version}?"
        asked.switches[Permission.NETWORK].click()
        asked.accept()
        calm()
        state = kit.desk.plugins.state("carried")
        assert state is not None
        assert (state.kind, state.version) == (StateKind.ACTIVE, version), state.reason
        assert state.record is not None
        assert state.record.permissions == {Permission.TICKETS_READ}
    page.show_details("carried")
    stage.settle(real)
    back = [one for one in page.details.findChildren(QPushButton) if one.accessibleName() == "Back to 1.0.0"]
    back[0].click()
    calm()
    state = kit.desk.plugins.state("carried")
    assert state is not None
    assert (state.kind, state.version) == (StateKind.ACTIVE, "1.0.0")
    assert page.details.title.text() == "Carried"
    page.show_list()
    page.toggle_safe_mode()
    calm()
    state = kit.desk.plugins.state("carried")
    assert state is not None
    assert state.kind is StateKind.INACTIVE
    assert "Put aside" in [one.text() for one in page.cards["carried"].findChildren(QLabel)]
    page.toggle_safe_mode()
    calm()
    page.ask_delete("carried")
    delete = next(one for one in QApplication.topLevelWidgets() if isinstance(one, DeleteQuestion))
    copy = tmp_path / "carried.jsonl"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_arguments: (str(copy), ""))
    delete.copy.click()
    assert stage.pump(copy.exists)
    delete.accept()
    calm()
    assert "carried" not in page.cards
