"""What plugins have in the window, guarded (features.md PL-03, PL-05)."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api import TicketView
from desk_app.plugin_api.ui import (
    ActionScope,
    ActionSpec,
    ColumnSpec,
    ComposerTool,
    PageSpec,
    PanelSpec,
    ReportPage,
    SettingsPage,
)
from desk_app.plugin_host.bounded import HangingError, StillHangingError
from desk_app.ui.plugins.mount import FailedHere
from desk_app.ui.plugins.parts import plugins_of
from desk_app.ui.shell.window import MainWindow
from tests.ui import plugin_stage, stage
from tests.ui.plugin_stage import FakeControl, control, plugged

__all__ = ["control", "plugged"]  # fixtures
SLUG = "sample"
SAMPLE = 'id = "sample"\nname = "Sample"\nversion = "1.0"\nui_entry = "window"\npermissions = ["ui"]\n'
Half = Mapping[str, Sequence[Any]]


def switch_on(window: MainWindow, control: FakeControl, half: Half) -> None:
    """Let a plugin with a half for the window be switched on."""
    control.halves[SLUG] = lambda: half
    if SLUG not in control.states:
        control.add(plugin_stage.plugin(SAMPLE, StateKind.INACTIVE))
    control.become(SLUG, StateKind.ACTIVE)
    stage.settle(window)


def switch_off(window: MainWindow, control: FakeControl) -> None:
    control.become(SLUG, StateKind.INACTIVE)
    stage.settle(window)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def labels(widget: QWidget) -> list[str]:
    return [one.text() for one in widget.findChildren(QLabel)]


def foreign(code: str, **names: Any) -> dict[str, Any]:
    """Run code as if it stood in the plugin's folder."""
    space: dict[str, Any] = {"__name__": f"desk_plugins.{SLUG}.window", **names}
    exec(compile(code, str(plugin_stage.FOLDER / SLUG / "1.0" / "window.py"), "exec"), space)
    return space


def test_pl_05_parts_of_a_plugin_appear_everywhere_at_once_and_go_with_it(
    plugged: MainWindow, control: FakeControl
) -> None:
    seen: list[TicketView] = []
    ran: list[tuple[int, ...]] = []
    made: list[QWidget] = []
    threads: list[bool] = []

    def panel(_port: object, ticket: TicketView) -> QWidget:
        seen.append(ticket)
        made.append(QLabel("orders of the shop"))
        return made[-1]

    def values(tickets: Sequence[TicketView]) -> Mapping[int, str]:
        threads.append(threading.current_thread() is threading.main_thread())
        return {one.id: "col" for one in tickets}

    def page(_port: object) -> QWidget:
        made.append(QLabel("the page"))
        return made[-1]

    plugged.inbox.list.open_first()
    stage.settle(plugged)
    ticket_id = plugged.inbox.ticket.ticket_id
    assert ticket_id is not None
    second = plugged.ticket_windows.open(ticket_id)
    stage.settle(plugged)
    half = {
        "ticket_panels": [PanelSpec("orders", "Orders", panel)],
        "navigation_pages": [PageSpec("shop", "Shop", "shopping-cart", page)],
        "ticket_actions": [
            ActionSpec("shop.go", "Go", lambda _w, ids: ran.append(tuple(ids)), scope=ActionScope.ONE, keys=("F9",))
        ],
        "list_columns": [ColumnSpec("shop", "Shop", values)],
        "composer_tools": [ComposerTool("shop", "Shop", "smile", lambda port, _on: port.insert_text("inserted"))],
        "settings_pages": [SettingsPage("shop", "Shop", "smile", "Plugins", lambda _port: QLabel("sheet"))],
        "report_pages": [ReportPage("shop", "Shop", lambda _port: QLabel("report"))],
    }
    switch_on(plugged, control, half)
    assert "orders of the shop" in labels(plugged.inbox.side)
    assert "orders of the shop" in labels(second.side)
    assert {type(one) for one in seen} == {TicketView}
    assert {one.status for one in seen} == {"open"}
    assert seen[0].id == ticket_id
    plugged.show_page("shop")
    assert plugged.page("shop") is not None
    plugged.show_page("inbox")
    plugged.run_action("shop.go")
    assert ran == [(ticket_id,)]
    assert plugged.registries.actions.own("shop.go").group == "Sample"  # type: ignore[union-attr]
    assert "shop" in plugged.inbox.list.columns
    stage.pump(lambda: bool(threads))
    assert threads
    assert not any(threads), "values are asked for off the GUI thread"
    plugged.show_page("shop")
    switch_off(plugged, control)
    assert plugged.stack.currentWidget() is plugged.inbox
    assert plugged.page("shop") is None
    assert "orders of the shop" not in labels(plugged.inbox.side)
    assert "orders of the shop" not in labels(second.side)
    assert "shop.go" not in plugged.registries.actions
    assert not plugins_of(plugged).parts.mounts
    assert not plugged.findChildren(QLabel, "the page")
    assert not [one for one in plugged.registries.report_pages if one.id == "shop"]
    second.close()


def test_pl_05_a_key_that_means_something_is_not_taken_over(plugged: MainWindow, control: FakeControl) -> None:
    before = plugged.registries.actions.get("ticket.reply")
    assert before is not None
    action = ActionSpec("sample.go", "Go", lambda _w, _ids: None, keys=(before.keys[0], "Ctrl+Alt+F9"))
    switch_on(plugged, control, {"ticket_actions": [action]})
    made = plugged.registries.actions.get("sample.go")
    assert made is not None
    assert made.keys == ("Ctrl+Alt+F9",)
    switch_off(plugged, control)


def test_pl_03_whatever_a_part_raises_is_the_plugins_fault_and_said_in_its_place(
    plugged: MainWindow, control: FakeControl
) -> None:
    def boom(*_args: object) -> Any:
        raise RuntimeError("boom")

    def leave(*_args: object) -> Any:
        raise SystemExit(3)

    half = {
        "ticket_panels": [PanelSpec("one", "One", boom), PanelSpec("two", "Two", lambda _p, _t: "no widget")],  # type: ignore[arg-type,return-value]
        "navigation_pages": [PageSpec("shop", "Shop", "smile", leave)],
        "ticket_actions": [
            ActionSpec("sample.go", "Go", boom, scope=ActionScope.ONE),
            ActionSpec("sample.may", "May", boom, scope=ActionScope.MANY, enabled=boom),
        ],
        "list_columns": [ColumnSpec("shop", "Shop", boom)],
        "composer_tools": [ComposerTool("shop", "Shop", "smile", boom)],
    }
    switch_on(plugged, control, half)
    plugged.inbox.list.open_first()
    stage.settle(plugged)
    shown = plugged.inbox.side.findChildren(FailedHere)
    assert len(shown) == 2
    assert "The plugin “Sample” failed here" in labels(shown[0])
    assert "PROPERTIES" in labels(plugged.inbox.side), "the others are there"
    plugged.show_page("shop")
    page = plugged.page("shop")
    assert page is not None
    assert page.findChildren(FailedHere)
    plugged.show_page("inbox")
    plugged.run_action("sample.go")
    assert not plugged.registries.actions.get("sample.may").enabled((1,))  # type: ignore[union-attr]
    plugged.inbox.ticket.composer.tool_buttons["shop"].click()
    stage.settle(plugged)
    places = {place for _slug, place, _error in control.faults}
    assert {
        "ticket_panels: one",
        "ticket_panels: two",
        "navigation_pages: shop",
        "ticket_actions: sample.go",
        "ticket_actions: sample.may",
        "list_columns: shop",
        "composer_tools: shop",
    } <= places
    assert {slug for slug, _place, _error in control.faults} == {SLUG}
    switch_off(plugged, control)


def test_pl_03_a_half_that_does_not_fit_leaves_nothing_behind(plugged: MainWindow, control: FakeControl) -> None:
    half = {
        "ticket_panels": [PanelSpec("fine", "Fine", lambda _p, _t: QLabel("fine"))],
        "ticket_actions": [ActionSpec("ticket.reply", "Mine now", lambda _w, _i: None)],
    }
    switch_on(plugged, control, half)
    assert control.faults[-1][:2] == (SLUG, "window")
    assert "ticket.reply" in str(control.faults[-1][2])
    assert "fine" not in plugged.registries.panels
    assert plugged.registries.actions.owner("ticket.reply") == "core"


PAINTS = """
class Bad(QWidget):
    def paintEvent(self, event):
        raise RuntimeError("cannot paint")
"""
CLICKS = """
def wire(button):
    def clicked():
        raise RuntimeError("cannot click")
    button.clicked.connect(clicked)
"""


@pytest.fixture
def quiet_hook(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """What is not a plugin's fault, told to whoever listened before."""
    heard: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: heard.append(error))
    return heard


def test_pl_03_a_plugin_that_fails_in_a_paint_is_paused_without_a_dialog(
    quiet_hook: list[BaseException], plugged: MainWindow, control: FakeControl, qapp: QApplication
) -> None:
    bad = foreign(PAINTS, QWidget=QWidget)["Bad"]

    def paints(_port: object, _ticket: object) -> QWidget:
        made: QWidget = bad()
        made.setFixedSize(80, 30)
        return made

    switch_on(plugged, control, {"ticket_panels": [PanelSpec("paints", "Paints", paints)]})
    plugged.inbox.list.open_first()
    stage.settle(plugged)
    stage.pump(lambda: control.states[SLUG].kind is StateKind.PAUSED)
    stage.settle(plugged)
    assert control.faults[0][:2] == (SLUG, "window: Bad.paintEvent")
    reason = "A part of it failed while the window was painted: RuntimeError: cannot paint."
    assert [one for one in control.asked if one[0] == "pause"] == [("pause", SLUG, reason)]
    assert "paints" not in plugged.registries.panels
    assert "PAINTS" not in labels(plugged.inbox.side)
    times = len(control.faults)
    plugged.inbox.side.repaint()
    stage.settle(plugged)
    assert len(control.faults) == times, "it is painted no more"
    assert quiet_hook == []
    assert QApplication.activeModalWidget() is None


def test_pl_03_a_widget_that_fails_gives_way_to_a_notice(
    quiet_hook: list[BaseException], plugged: MainWindow, control: FakeControl
) -> None:
    switch_on(plugged, control, {"ticket_panels": [PanelSpec("fine", "Fine", lambda _p, _t: QLabel("fine"))]})
    plugged.inbox.list.open_first()
    stage.settle(plugged)
    mount = plugins_of(plugged).parts.mount_of(SLUG)
    assert mount is not None
    shown = next(one for one in plugged.inbox.side.findChildren(QLabel) if one.text() == "fine")
    assert mount.owns(shown) is shown
    mount.replace(shown, RuntimeError("cannot paint"))
    assert not shown.isVisible()
    assert [one.isVisible() for one in plugged.inbox.side.findChildren(FailedHere)] == [True]
    switch_off(plugged, control)


def test_pl_03_what_a_click_raises_is_the_plugins_fault(
    quiet_hook: list[BaseException], plugged: MainWindow, control: FakeControl
) -> None:
    wire = foreign(CLICKS)["wire"]
    buttons: list[QPushButton] = []

    def clicks(_port: object, _ticket: object) -> QWidget:
        buttons.append(QPushButton("Press"))
        wire(buttons[-1])
        return buttons[-1]

    switch_on(plugged, control, {"ticket_panels": [PanelSpec("clicks", "Clicks", clicks)]})
    plugged.inbox.list.open_first()
    stage.settle(plugged)
    buttons[-1].click()
    assert control.faults[-1][:2] == (SLUG, "window: wire.<locals>.clicked")
    assert quiet_hook == []
    assert QApplication.activeModalWidget() is None
    switch_off(plugged, control)


def test_pl_03_work_in_the_background_that_fails_is_the_plugins_fault(
    plugged: MainWindow, control: FakeControl
) -> None:
    def work() -> int:
        raise RuntimeError("no answer")

    def done(_result: int) -> None:
        raise RuntimeError("cannot show")

    def run(port: Any, ids: Sequence[int]) -> None:
        port.in_background(work if ids else lambda: 1, done, plugged)

    actions = [ActionSpec("one", "One", run, scope=ActionScope.ONE), ActionSpec("none", "None", run)]
    switch_on(plugged, control, {"ticket_actions": actions})
    plugged.inbox.list.open_first()
    stage.settle(plugged)
    plugged.run_action("one")
    plugged.run_action("none")
    stage.settle(plugged)
    assert sorted((place, str(error)) for _slug, place, error in control.faults) == [
        ("ticket_actions: none", "cannot show"),
        ("ticket_actions: one", "no answer"),
    ]
    switch_off(plugged, control)


def goes_on_reading(window: MainWindow) -> bool:
    found: list[int] = []
    for number in range(4):
        window.session.work.run(lambda number=number: number, found.append)  # type: ignore[misc]
    return stage.pump(lambda: len(found) == 4)


def test_pl_03_a_column_that_never_comes_back_leaves_the_window_its_threads(
    plugged: MainWindow, control: FakeControl
) -> None:
    go_on = threading.Event()
    asked: list[int] = []

    def values(tickets: Sequence[TicketView]) -> Mapping[int, str]:
        asked.append(len(tickets))
        go_on.wait(20)
        return {}

    try:
        switch_on(plugged, control, {"list_columns": [ColumnSpec("slow", "Slow", values)]})
        plugged.session.load()
        assert stage.pump(lambda: bool(control.faults)), "the column is given up"
        assert goes_on_reading(plugged)
        assert {place for _slug, place, _error in control.faults} == {"list_columns: slow"}
        assert len(asked) == 1, "it is not asked again while it hangs"
    finally:
        go_on.set()
    stage.settle(plugged)
    switch_off(plugged, control)


def test_pl_03_background_work_that_never_comes_back_is_given_up_and_named(
    plugged: MainWindow, control: FakeControl
) -> None:
    go_on = threading.Event()
    begun: list[int] = []

    def work() -> None:
        begun.append(1)
        go_on.wait(20)

    def run(port: Any, _ids: Sequence[int]) -> None:
        port.in_background(work, lambda _result: None, plugged)

    try:
        switch_on(plugged, control, {"ticket_actions": [ActionSpec("none", "None", run)]})
        plugged.run_action("none")
        assert stage.pump(lambda: bool(begun))
        assert goes_on_reading(plugged)
        assert stage.pump(lambda: bool(control.faults)), "it is given up"
        for _ in range(6):
            plugged.run_action("none")
        assert stage.pump(lambda: not plugged.session.work.busy), "nothing waits for it"
        assert len(begun) == 1, "it is not begun again while it hangs"
        assert {(place, type(error)) for _slug, place, error in control.faults} == {
            ("ticket_actions: none", HangingError),
            ("ticket_actions: none", StillHangingError),
        }
    finally:
        go_on.set()
    stage.settle(plugged)
    switch_off(plugged, control)


def test_pl_03_what_is_not_a_plugins_fault_is_told_as_before(
    quiet_hook: list[BaseException], plugged: MainWindow, control: FakeControl
) -> None:
    error = ValueError("ours")
    try:
        raise error
    except ValueError:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert quiet_hook == [error]
    assert control.faults == []


def test_pl_05_plugins_that_come_and_go_together_renew_the_window_once(
    plugged: MainWindow, control: FakeControl
) -> None:
    slugs = [f"many_{number}" for number in range(6)]
    for slug in slugs:
        named = (
            f'id = "{slug}"\nname = "{slug}"\nversion = "1.0"\nui_entry = "window"\npermissions = ["ui"]\n'
            '[settings.word]\ntitle = "Word"\n'
        )
        control.add(plugin_stage.plugin(named, StateKind.INACTIVE))
        control.halves[slug] = lambda slug=slug: {  # type: ignore[misc]
            "list_columns": [ColumnSpec(f"{slug}.col", slug, lambda _tickets: {})],
            "ticket_panels": [PanelSpec(f"{slug}.card", slug, lambda _port, _ticket: QLabel(slug))],
            "ticket_actions": [ActionSpec(f"{slug}.go", slug, lambda _window, _ids: None)],
        }
    registries, told, read = plugged.registries, Counter[str](), []
    for name in ("columns", "panels", "actions", "settings_pages"):
        getattr(registries, name).on_change(lambda name=name: told.update([name]))
    plugged.session.facts_changed.connect(lambda: read.append(1))
    for kind, there in ((StateKind.ACTIVE, 6), (StateKind.INACTIVE, 0)):
        told.clear()
        read.clear()
        for slug in slugs:
            control.become(slug, kind)
        stage.settle(plugged)
        assert sum(one.id.startswith("many_") for one in registries.columns) == there
        assert sum(one.id.startswith("plugin.many_") for one in registries.settings_pages) == there
        assert told == dict.fromkeys(("columns", "panels", "actions", "settings_pages"), 1)
        assert len(read) == 1, "the facts of the desk"


def test_pl_05_parts_are_registered_anew_in_another_language(plugged: MainWindow, control: FakeControl) -> None:
    switch_on(plugged, control, {"ticket_panels": [PanelSpec("fine", "Fine", lambda _p, _t: QLabel("fine"))]})
    plugged.preferences.set("look/language", "es")
    stage.settle(plugged)
    assert "fine" in plugged.registries.panels
    assert "plugins" in plugged.rail.buttons
    plugged.preferences.set("look/language", "en")
    stage.settle(plugged)
    switch_off(plugged, control)


def test_pl_03_nothing_of_a_plugin_stays_behind_however_often_it_is_switched(
    plugged: MainWindow, control: FakeControl
) -> None:
    class Shop:
        """What a plugin has in hand."""

        def panel(self, _port: object, _ticket: object) -> QWidget:
            return QLabel("orders")

        def page(self, _port: object) -> QWidget:
            return QLabel("page")

        def half(self) -> Half:
            return {
                "ticket_panels": [PanelSpec("orders", "Orders", self.panel)],
                "navigation_pages": [PageSpec("shop", "Shop", "smile", self.page)],
                "composer_tools": [ComposerTool("shop", "Shop", "smile", lambda _port, _on: None)],
                "ticket_actions": [ActionSpec("shop.go", "Go", lambda _w, _i: self.page, keys=("Ctrl+Alt+F9",))],
            }

    def once() -> weakref.ref[Shop]:
        shop = Shop()
        switch_on(plugged, control, shop.half())
        plugged.show_page("shop")
        plugged.show_page("inbox")
        switch_off(plugged, control)
        control.halves.clear()
        return weakref.ref(shop)

    plugged.inbox.list.open_first()
    stage.settle(plugged)
    once()  # what is made once stays
    gc.collect()
    before, listening = len(plugged.findChildren(QObject)), len(plugged.registries.actions._listeners)
    gone = [once() for _ in range(12)]
    gc.collect()
    assert [one() for one in gone] == [None] * 12
    assert len(plugged.registries.actions._listeners) == listening
    assert len(plugged.findChildren(QObject)) <= before + 2
