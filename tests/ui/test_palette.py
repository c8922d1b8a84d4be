"""The command palette: groups, context, recent ones, steps, sigils, people and settings (ui.md 4.9)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest

from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell.palette import Palette
from desk_app.ui.shell.palette_lines import HEADING, LETTERS, Entry
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.widgets.keys import key_text
from tests.support.desks import DeskKit
from tests.ui import stage


def lines(palette: Palette) -> list[str]:
    """Every line; headings in capitals."""
    found = []
    for place in range(palette.list.count()):
        item = palette.list.item(place)
        heading = item.data(HEADING)
        found.append(heading.upper() if heading else item.data(Qt.ItemDataRole.UserRole).title)
    return found


def type_(palette: Palette, words: str) -> None:
    palette.input.clear()
    QTest.keyClicks(palette.input, words)


def press(palette: Palette, key: Qt.Key) -> None:
    QTest.keyClick(palette.input, key)


def opened(window: MainWindow, kit: DeskKit) -> tuple[Palette, int]:
    ticket = next(one for one in kit.tickets() if one.requester_email == "tom@becker.example")
    window.open_ticket(ticket.id)
    stage.settle(window)
    window.open_palette()
    return window.palette_layer, ticket.id


def test_commands_stand_in_groups_with_the_ticket_first_and_matching_letters_bold(
    window: MainWindow, kit: DeskKit
) -> None:
    palette, ticket_id = opened(window, kit)
    assert palette._chip.text() == f"#{kit.ticket(ticket_id).number}"
    assert lines(palette)[0] == "TICKET"
    type_(palette, "assign")
    found = lines(palette)
    assert found[:3] == ["TICKET", "Assign…", "Assign to me"]
    assert "GO TO" in found
    item = palette.list.item(1)
    assert item.data(LETTERS) == (0, 1, 2, 3, 4, 5)
    assert item.data(Qt.ItemDataRole.AccessibleTextRole) == "Assign…, A"
    assert palette.list.currentRow() == 1, "headings are no place to stand on"
    press(palette, Qt.Key.Key_Up)
    last = palette.list.currentRow()
    assert last == palette.list.count() - 1
    press(palette, Qt.Key.Key_Down)
    assert palette.list.currentRow() == 1
    palette.leave()


def test_no_line_is_cut_through_at_the_foot_of_the_box(window: MainWindow, kit: DeskKit) -> None:
    window.resize(1280, 800)
    palette, _ = opened(window, kit)
    for words in ("", ">", "a", "s"):
        type_(palette, words)
        stage.settle(window)
        boxes = [palette.list.visualItemRect(palette.list.item(place)) for place in range(palette.list.count())]
        height = palette.list.viewport().height()
        assert [box for box in boxes if box.top() < height < box.bottom()] == [], words
        assert len([box for box in boxes if box.bottom() <= height]) >= min(9, len(boxes))


def test_the_large_key_is_called_by_what_stands_on_it() -> None:
    assert key_text("Ctrl+Return") == "Ctrl+Enter"


def test_a_choice_is_a_step_in_the_same_box_and_back_leads_out(window: MainWindow, kit: DeskKit) -> None:
    palette, ticket_id = opened(window, kit)
    type_(palette, "assgin")
    press(palette, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert palette.back.isVisible()
    assert palette.input.placeholderText() == "Assign to…"
    assert "Nobody" in lines(palette)
    press(palette, Qt.Key.Key_Backspace)
    assert not palette.back.isVisible()
    assert palette.input.text() == "assgin"
    press(palette, Qt.Key.Key_Return)
    palette.back.click()
    assert palette.input.text() == "assgin"
    press(palette, Qt.Key.Key_Return)
    QTest.keyClicks(palette.input, kit.agent.name)
    press(palette, Qt.Key.Key_Return)
    assert not palette.isVisible()
    stage.settle(window)
    assert kit.ticket(ticket_id).assignee_id == kit.agent.id
    window.open_palette()
    assert not palette.back.isVisible(), "a new visit begins at the beginning"
    assert lines(palette)[:2] == ["RECENT", "Assign…"]
    type_(palette, "assign")
    assert lines(palette).count("Assign…") == 1
    palette.leave()


def test_sigils_choose_commands_places_tickets_and_people(window: MainWindow, kit: DeskKit) -> None:
    palette, ticket_id = opened(window, kit)
    type_(palette, ">snooze")
    assert lines(palette)[1] == "Snooze…"
    assert "SETTINGS" not in lines(palette)
    type_(palette, "/appear")
    assert lines(palette) == ["SETTINGS", "Settings: Appearance"]
    type_(palette, "@ann")
    assert lines(palette)[:2] == ["COLLEAGUES", kit.agent.name]
    type_(palette, "@hannah")
    assert stage.pump(lambda: "Hannah Schulz" in lines(palette))
    assert lines(palette) == ["CUSTOMERS", "Hannah Schulz"]
    other = next(one for one in kit.tickets() if one.id != ticket_id)
    type_(palette, f"#{other.number}")
    press(palette, Qt.Key.Key_Return)
    stage.settle(window)
    assert window.inbox.ticket.ticket_id == other.id


def test_what_concerns_the_ticket_comes_before_what_fits_as_well(window: MainWindow, kit: DeskKit) -> None:
    palette, _ticket_id = opened(window, kit)
    type_(palette, "merge")
    assert lines(palette)[:2] == ["TICKET", "Merge into another ticket…"]
    assert palette.list.currentRow() == 1


def test_a_box_that_asks_for_a_time_offers_no_people(window: MainWindow, kit: DeskKit) -> None:
    palette, _ticket_id = opened(window, kit)
    type_(palette, "lindq")
    assert stage.pump(lambda: "Maya Lindqvist" in lines(palette))
    palette.leave()
    window.run_action("ticket.snooze")
    type_(palette, "lindq")
    stage.settle(window)
    assert lines(palette) == []


def test_customers_and_settings_are_found_by_plain_words(window: MainWindow, kit: DeskKit) -> None:
    palette, _ = opened(window, kit)
    type_(palette, "lindq")
    assert stage.pump(lambda: "Maya Lindqvist" in lines(palette))
    place = lines(palette).index("Maya Lindqvist")
    palette.list.setCurrentRow(place)
    press(palette, Qt.Key.Key_Tab)
    assert lines(palette) == ["Tickets of Maya Lindqvist"]
    press(palette, Qt.Key.Key_Backtab)
    assert stage.pump(lambda: "Maya Lindqvist" in lines(palette))
    palette.list.setCurrentRow(lines(palette).index("Maya Lindqvist"))
    press(palette, Qt.Key.Key_Return)
    stage.settle(window)
    page = window.page("customers")
    assert page is not None
    assert page.isVisible()
    window.open_palette()
    type_(palette, "settings notif")
    press(palette, Qt.Key.Key_Return)
    stage.settle(window)
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    assert home.current == "notifications"
    window.open_palette()
    for words in ("appearance", "text size", "bahasa"):
        type_(palette, words)
        assert lines(palette).count("Settings: Appearance") == 1, words
    window.open_palette()
    type_(palette, ">Next ticket")
    press(palette, Qt.Key.Key_Tab)
    assert lines(palette)[0] == "Change its key…"
    press(palette, Qt.Key.Key_Return)
    stage.settle(window)
    assert home.current == "keyboard"
    assert home.page("keyboard").search.text() == "Next ticket"  # type: ignore[union-attr]


def test_escape_and_a_click_beside_close_and_give_the_focus_back(window: MainWindow, kit: DeskKit) -> None:
    window.inbox.list.table.setFocus()
    window.open_palette()
    palette = window.palette_layer
    assert palette.input.hasFocus()
    press(palette, Qt.Key.Key_Escape)
    assert window.inbox.list.table.hasFocus()
    window.open_palette()
    QTest.mouseClick(palette, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(5, 5))
    assert not palette.isVisible()
    ran: list[str] = []
    palette.open_with([Entry("Only", lambda: ran.append("x"))])
    QTest.mouseClick(
        palette.list.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        palette.list.visualItemRect(palette.list.item(0)).center(),
    )
    assert ran == ["x"]
    assert kit.agent.id


def test_no_shadow_stays_where_the_box_was(window: MainWindow, kit: DeskKit) -> None:
    palette, _ticket_id = opened(window, kit)
    stage.settle(window)
    painted: list[QRect] = []

    class Watch(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
            if isinstance(event, QPaintEvent):
                painted.append(event.region().boundingRect())
            return False

    watch = Watch()
    palette.installEventFilter(watch)
    before = palette._box.geometry()
    type_(palette, "assign to me")
    assert palette._box.geometry().bottom() < before.bottom() - 20
    shadow = QRect(before.left(), before.bottom() + 1, before.width(), 12)
    assert stage.pump(lambda: any(one.contains(shadow) for one in painted))
    palette.removeEventFilter(watch)
