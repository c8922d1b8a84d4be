"""Safe mode, the search for a culprit, and the order of plugins (features.md PL-03, PL-08)."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.hooks import GROUPS
from desk_app.plugin_api.marks import records_of
from desk_app.ui.plugins.culprit import KEY, CulpritSearch
from desk_app.ui.plugins.order_question import _ORDERED, OrderQuestion
from desk_app.ui.plugins.page import PluginsPage
from desk_app.ui.plugins.parts import plugins_of
from desk_app.ui.plugins.phrases import decided_words
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.widgets.panels import Banner
from tests.ui import stage
from tests.ui.plugin_stage import FakeControl, control, page_of, plugged

__all__ = ["control", "plugged"]  # fixtures
ON = {"auto_translate", "shop_orders", "survey"}


def banner(inside: QWidget) -> str:
    return " ".join(one.text.text() for one in inside.findChildren(Banner) if not one.isHidden())


def press(inside: QWidget, words: str) -> None:
    found = [
        one
        for one in inside.findChildren(QPushButton)
        if one.accessibleName() == words and not one.isHidden() and isinstance(one.parentWidget(), Banner)
    ]
    assert found, words
    found[-1].click()


def running(control: FakeControl) -> set[str]:
    return {slug for slug, state in control.states.items() if state.kind is StateKind.ACTIVE}


def test_pl_03_safe_mode_puts_all_aside_here_and_says_so_everywhere(plugged: MainWindow, control: FakeControl) -> None:
    page = page_of(plugged)
    page.safe_button.click()
    stage.settle(plugged)
    assert running(control) == set()
    assert all(control.states[one].record.wanted for one in ON)  # type: ignore[union-attr]
    assert "put aside" in banner(page)
    assert "“Auto-translate”, “Shop orders”, “Satisfaction survey”" in banner(page)
    assert page.safe_button.accessibleName() == "Leave safe mode"
    plugged.show_page("inbox")
    assert "put aside" in banner(plugged.inbox)
    press(plugged.inbox, "Load the plugins")
    stage.settle(plugged)
    assert running(control) == ON
    assert "put aside" not in banner(plugged.inbox)


def test_pl_03_a_start_without_plugins_is_told_with_its_reason(plugged: MainWindow, control: FakeControl) -> None:
    control.safe_mode = "The program ended early at the last starts, so it was started without plugins."
    for slug in ON:
        control.become(slug, StateKind.INACTIVE)
    stage.settle(plugged)
    assert "ended early at the last starts" in banner(plugged.inbox)
    press(plugged.inbox, "Show plugins")
    page = plugged.page("plugins")
    assert isinstance(page, PluginsPage)
    assert page.isVisible()


def test_pl_03_halves_lead_to_the_plugin_behind_a_problem(plugged: MainWindow, control: FakeControl) -> None:
    page = page_of(plugged)
    page.find_culprit()
    stage.settle(plugged)
    asked = 0
    while (search := plugins_of(plugged).search.search) is not None and not search.ended:
        assert "is the problem gone?" in banner(page)
        assert "is the problem gone?" in banner(plugged.inbox)
        gone = "shop_orders" not in running(control)
        press(page, "Yes, it is gone" if gone else "No, still there")
        stage.settle(plugged)
        asked += 1
    assert asked <= 3
    assert "It is “Shop orders”" in banner(page)
    press(page, "Switch it off")
    stage.settle(plugged)
    assert ("deactivate", "shop_orders") in control.asked
    assert control.asked[-1] == ("run_only", None)
    assert banner(page) == ""
    assert plugged.preferences.settings.value(KEY) is None


def test_pl_03_a_problem_of_no_plugin_is_blamed_on_none(plugged: MainWindow, control: FakeControl) -> None:
    page = page_of(plugged)
    page.find_culprit()
    stage.settle(plugged)
    for _ in range(4):
        search = plugins_of(plugged).search.search
        if search is None or search.ended:
            break
        press(page, "No, still there")
        stage.settle(plugged)
    assert "none of the plugins" in banner(page)
    press(page, "Close")
    stage.settle(plugged)
    assert running(control) == ON


def test_pl_03_a_search_goes_on_after_the_program_ended(plugged: MainWindow, control: FakeControl) -> None:
    page = page_of(plugged)
    page.find_culprit()
    stage.settle(plugged)
    settings: QSettings = plugged.preferences.settings
    again = CulpritSearch(plugins_of(plugged).desk, settings)
    before = plugins_of(plugged).search.search
    assert before is not None
    assert again.search == before
    control.asked.clear()
    again.resume()
    stage.settle(plugged)
    assert control.asked == [("run_only", frozenset(before.running))]
    press(page, "Stop looking")
    stage.settle(plugged)
    assert running(control) == ON


def test_pl_08_the_order_of_plugins_is_changed_by_mouse_and_keys(plugged: MainWindow, control: FakeControl) -> None:
    control.hooks_used = {"auto_translate": ("filter_reply_draft",), "survey": ("filter_reply_draft", "ticket_created")}
    page = page_of(plugged)
    page.ask_order()
    question = next(one for one in QApplication.topLevelWidgets() if isinstance(one, OrderQuestion))
    assert question.slugs == ("auto_translate", "shop_orders", "survey")
    assert "Shared at the moment: how a reply begins." in [one.text() for one in question.findChildren(QLabel)]
    assert not question.up.isEnabled()
    question.down.click()
    assert question.slugs == ("shop_orders", "auto_translate", "survey")
    question.rows.setCurrentRow(2)
    QTest.keyClick(question.rows, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert question.slugs == ("shop_orders", "survey", "auto_translate")
    question.accept()
    stage.settle(plugged)
    assert control.asked == [("reorder", ("shop_orders", "survey", "auto_translate"))]


def test_pl_08_what_plugins_decide_one_after_another_has_words() -> None:
    ordered = {one.name for group in GROUPS for one in records_of(group) if one.kind in _ORDERED}
    assert set(decided_words()) == ordered
