"""The sheet of keys and the menu bar: every command, grouped, searchable, reachable."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from desk_app.ui.contacts.customers_page import CustomersPage
from desk_app.ui.shell.keys_sheet import KeysSheet
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.list_table import part_name
from desk_app.ui.tickets.row_layout import RowPart
from tests.support.desks import DeskKit
from tests.ui import stage


def test_the_sheet_of_keys_is_grouped_and_found_by_word_and_key(window: MainWindow) -> None:
    window.inbox.list.table.setFocus()
    QTest.keyClick(window.inbox.list.table, Qt.Key.Key_Question)
    sheet = window.findChild(KeysSheet)
    assert isinstance(sheet, KeysSheet)
    assert sheet.search.hasFocus() or not sheet.isActiveWindow()
    everything = sheet.shown()
    assert {spec.title for spec in window.registries.actions if spec.keys} <= set(everything)
    caps = [one.text() for one in sheet.findChildren(QLabel) if one.property("role") == "kbd"]
    assert "G" in caps
    QTest.keyClicks(sheet.search, "snooz")
    assert "Snooze…" in sheet.shown()
    assert len(sheet.shown()) < len(everything)
    sheet.search.clear()
    QTest.keyClicks(sheet.search, "ctrl+k")
    assert "Commands" in sheet.shown()
    sheet.search.setText("qqqq")
    assert sheet.shown() == []
    assert not sheet._nothing.isHidden()
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def alone(window: MainWindow) -> None:
    """Press Alt and let it go, as the system sends it."""
    QTest.keyPress(window.windowHandle(), Qt.Key.Key_Alt)
    QTest.keyRelease(window.windowHandle(), Qt.Key.Key_Alt)


def test_alt_alone_shows_the_menu_with_every_command(window: MainWindow, kit: DeskKit) -> None:
    bar = window.menu
    assert not bar.isVisible()
    window.activateWindow()
    stage.pump(window.isActiveWindow)
    alone(window)
    assert bar.isVisible()
    popup = QApplication.activePopupWidget()
    assert popup is next(iter(bar.menus.values())), "the first menu is open"
    titles = set()
    for menu in bar.menus.values():
        menu.aboutToShow.emit()
        titles |= {action.text().split("\t")[0].replace("&&", "&") for action in menu.actions()}
    assert titles == {spec.title for spec in window.registries.actions}
    popup.close()
    bar.setActiveAction(None)  # type: ignore[arg-type]
    assert stage.pump(bar.isHidden), "the bar goes with its menu"
    handle = window.windowHandle()
    QTest.keyPress(handle, Qt.Key.Key_Alt)
    QTest.keyClick(handle, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    QTest.keyRelease(handle, Qt.Key.Key_Alt)
    assert not bar.isVisible(), "Alt with another key is no wish for the menu"
    ticket = next(one for one in kit.tickets() if one.requester_email == "tom@becker.example")
    window.open_ticket(ticket.id)
    stage.settle(window)
    window.run_action("window.menu")
    assert bar.isVisible()
    for opened in bar.menus.values():
        opened.close()
    menu = bar.menus["Ticket"]
    menu.aboutToShow.emit()
    mine = next(action for action in menu.actions() if action.text().startswith("Assign to me"))
    assert mine.isEnabled()
    mine.trigger()
    stage.settle(window)
    assert kit.ticket(ticket.id).assignee_id == kit.agent.id
    assert not bar.isVisible()


def test_tips_of_a_row_tell_the_keys_the_agent_chose(window: MainWindow) -> None:
    assert part_name(RowPart.RESOLVE) == "Resolve  (E)"
    before = window.keymap.choices
    window.keymap.choose(before.with_keys("ticket.resolve", ["Ctrl+E"]))
    assert part_name(RowPart.RESOLVE) == "Resolve  (Ctrl+E)"
    assert window.inbox.ticket.composer.tear.toolTip().endswith("(Ctrl+Shift+D)")
    window.keymap.choose(before)
    stage.settle(window)


def test_esc_leads_back_to_the_list_of_the_page_in_front(window: MainWindow) -> None:
    window.show_page("customers")
    stage.settle(window)
    page = window.page("customers")
    assert isinstance(page, CustomersPage)
    page.focus_search()
    assert page.directory.search_box.hasFocus()
    QTest.keyClick(page.directory.search_box, Qt.Key.Key_Escape)
    assert page.directory.view.hasFocus()
