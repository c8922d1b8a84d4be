"""ui.md 5: keys can be looked up, changed, taken over, and single ones switched off."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desk_app.domain.people.keymap import PRESETS, KeyChoices, clash
from desk_app.ui.settings.keyboard_page import KeyboardPage
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.widgets.keys import SHOWN_KEYS
from tests.support.desks import DeskKit
from tests.ui import stage


@pytest.fixture
def page(window: MainWindow) -> KeyboardPage:
    return stage.settings_page(window, "keyboard", KeyboardPage)


def keys_of(window: MainWindow, action: str) -> tuple[str, ...]:
    spec = window.registries.actions.get(action)
    assert spec is not None
    return spec.keys


def press(page: KeyboardPage, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    page.record()
    QTest.keyClick(page.recorder, key, modifier)
    page.recorder._finish()


def test_ui_5_keys_are_recorded_taken_over_and_reset(window: MainWindow, page: KeyboardPage, kit: DeskKit) -> None:
    page.search.setText("reply")
    assert page.table.choose("ticket.reply")
    press(page, Qt.Key.Key_F4)
    assert "F4" in keys_of(window, "ticket.reply")
    page.record()
    QTest.keyClick(page.recorder, Qt.Key.Key_Q)
    QTest.keyClick(page.recorder, Qt.Key.Key_R)
    assert "Q, R" in keys_of(window, "ticket.reply"), "two strokes make a sequence"
    press(page, Qt.Key.Key_J)
    assert "J" not in keys_of(window, "ticket.reply"), "it belongs to another action: asked first"
    banner = page._notice.itemAt(0).widget()
    assert "Next ticket" in banner.text.text()  # type: ignore[union-attr]
    banner.buttons[0].click()  # type: ignore[union-attr]
    assert "J" in keys_of(window, "ticket.reply")
    assert "J" not in keys_of(window, "list.next")
    press(page, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert "Ctrl+1" not in keys_of(window, "ticket.reply"), "the window keeps its own keys"
    stage.settle(window)
    stored = KeyChoices.from_json(kit.desk.choices.get(kit.agent.id, "keyboard"))
    assert stored.own["list.next"] == tuple(key for key in keys_of(window, "list.next"))
    page.reset.click()
    assert "F4" not in keys_of(window, "ticket.reply")
    page.reset_all.click()
    stage.settle(window)
    assert "J" in keys_of(window, "list.next")
    assert kit.desk.choices.get(kit.agent.id, "keyboard") is None


def test_a_changed_key_works_and_is_shown_everywhere(window: MainWindow, page: KeyboardPage, kit: DeskKit) -> None:
    page.table.choose("ticket.resolve")
    press(page, Qt.Key.Key_F7)
    window.keymap.choose(window.keymap.choices.with_keys("ticket.resolve", ["F7"]))
    assert "F7" in window.inbox.ticket.header.buttons["ticket.resolve"].toolTip()
    assert SHOWN_KEYS.text("E") == "F7"
    tip = window.inbox.sidebar.items["unassigned"].toolTip
    assert tip() == "Unassigned  (G U)"
    action = next(one.id for one in window.registries.actions if "G, U" in one.keys)
    window.keymap.choose(window.keymap.choices.with_keys(action, ["F8"]))
    assert tip() == "Unassigned  (F8)", "the lists tell the keys that work now"
    bound = set(window.shortcuts.keys)
    assert "F7" in bound
    assert "E" not in bound
    other = stage.open_window(kit, window.preferences.settings)
    assert "F7" in keys_of(other, "ticket.resolve"), "keys follow the agent"
    other.close()
    other.deleteLater()
    window.keymap.choose(KeyChoices())
    assert SHOWN_KEYS.text("E") == "E"


def test_wcag_2_1_4_single_keys_can_be_switched_off(window: MainWindow, page: KeyboardPage) -> None:
    page.single.click()
    assert keys_of(window, "list.next") == ()
    assert keys_of(window, "ticket.reply") == ("Ctrl+R",)
    page.table.choose("list.next")
    press(page, Qt.Key.Key_W)
    assert keys_of(window, "list.next") == ()
    page.single.click()
    assert "J" in keys_of(window, "list.next")


def test_escape_gives_up_recording_and_lists_find_keys(window: MainWindow, page: KeyboardPage) -> None:
    page.table.choose("list.next")
    page.record()
    assert page.recorder.isVisible()
    assert not page.add.isVisible(), "it is what was just asked for"
    QTest.keyClick(page.recorder, Qt.Key.Key_Escape)
    assert not page.recorder.isVisible()
    assert page.add.isVisible()
    assert window.focusWidget() is page.add
    assert page.isVisible(), "Escape meant the recorder only"
    page.search.setText("ctrl+shift+p")
    assert [line.key for line in page.table.rows.rows if not line.heading] == ["window.palette"]


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_no_two_actions_of_a_preset_share_a_key(window: MainWindow, preset: str) -> None:
    window.keymap.choose(KeyChoices(preset))
    used = [(spec.id, key) for spec in window.registries.actions for key in spec.keys]
    shared = [(a, b, one) for a, one in used for b, other in used if a < b and clash(one, other)]
    window.keymap.choose(KeyChoices())
    assert not shared
