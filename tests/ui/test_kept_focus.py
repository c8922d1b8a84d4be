"""The keyboard stays where it is when cards are built anew (ui.md 8)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from desk_app.ui.messages.outbox_page import OutboxPage
from desk_app.ui.messages.quarantine_page import QuarantinePage
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.widgets.kept_focus import ITEM
from tests.support.desks import DeskKit
from tests.ui import stage


def card_of(widget: QWidget | None) -> object:
    """Return what the card around a widget stands for."""
    while widget is not None and widget.property(ITEM) is None:
        widget = widget.parentWidget()
    return widget.property(ITEM) if widget is not None else None


def shown_cards(page: QWidget) -> list[QWidget]:
    found = (one for one in page.findChildren(QWidget) if one.property(ITEM) is not None)
    return [one for one in found if one.isVisible()]


def name_of(made: QAbstractButton) -> str:
    return made.accessibleName() or made.text().strip()


def focus() -> tuple[object, str]:
    here = QApplication.focusWidget()
    assert isinstance(here, QAbstractButton)
    return card_of(here), here.text().strip()


def press(card: QWidget, words: str) -> None:
    made = next(one for one in card.findChildren(QAbstractButton) if one.text().strip() == words)
    made.setFocus()
    QTest.keyClick(made, Qt.Key.Key_Space)


def test_co_13_the_outbox_keeps_the_keyboard_where_it_was(window: MainWindow, kit: DeskKit) -> None:
    kit.reply(kit.tickets()[0].id)
    window.show_page("outbox")
    stage.settle(window)
    page = window.page("outbox")
    assert isinstance(page, OutboxPage)
    first, second = shown_cards(page)
    other = first.property(ITEM)
    made = next(one for one in second.findChildren(QAbstractButton) if one.text().strip() == "Do not send")
    made.setFocus()
    before = focus()
    page.load()
    stage.settle(window)
    assert focus() == before, "the same button of the same mail"
    assert QApplication.focusWidget() is not made
    press(shown_cards(page)[1], "Do not send")
    stage.settle(window)
    assert focus()[0] == other, "the mail is gone: the next one"
    press(shown_cards(page)[0], "Do not send")
    stage.settle(window)
    assert QApplication.focusWidget() is page, "none is left"


def test_mb_12_the_quarantine_keeps_the_keyboard_where_it_was(window: MainWindow) -> None:
    window.show_page("quarantine")
    stage.settle(window)
    page = window.page("quarantine")
    assert isinstance(page, QuarantinePage)
    card = shown_cards(page)[0]
    press(card, "Try again")
    before = card.property(ITEM)
    stage.settle(window)
    assert focus() == (before, "Try again")
    press(shown_cards(page)[0], "Leave out for good")
    stage.settle(window)
    assert QApplication.focusWidget() is page.choice.buttons[0]


@pytest.mark.parametrize(
    "names", [("Open the profile",), ("Priority: ",), ("Edit tags", "Add a tag"), ("Watch this ticket",)]
)
def test_ui_6_the_next_ticket_keeps_the_keyboard_in_the_side_panel(window: MainWindow, names: tuple[str, ...]) -> None:
    side, table = window.inbox.side, window.inbox.list.table
    QTest.keyClick(table, Qt.Key.Key_J)
    stage.settle(window)
    made = next(one for one in side.findChildren(QAbstractButton) if name_of(one).startswith(names))
    made.setFocus()
    before = window.inbox.open_ticket_id
    QTest.keyClick(made, Qt.Key.Key_J)
    stage.settle(window)
    assert window.inbox.open_ticket_id != before
    here = QApplication.focusWidget()
    assert isinstance(here, QAbstractButton)
    assert here is not made
    assert side.isAncestorOf(here)
    assert name_of(here).startswith(names), "the same button of the same card"


def test_ui_6_the_list_gets_the_keyboard_where_the_side_panel_has_nothing_left(window: MainWindow) -> None:
    QTest.keyClick(window.inbox.list.table, Qt.Key.Key_J)
    stage.settle(window)
    next(one for one in window.inbox.side.findChildren(QAbstractButton) if one.isVisible()).setFocus()
    window.inbox.ticket.close_ticket()
    stage.settle(window)
    assert QApplication.focusWidget() is window.inbox.list.table


@pytest.mark.parametrize("width", [1440, 1100])
def test_ui_6_the_list_gets_the_keyboard_where_the_details_are_hidden(window: MainWindow, width: int) -> None:
    table, side = window.inbox.list.table, window.inbox.side
    QTest.keyClick(table, Qt.Key.Key_J)
    stage.settle(window)
    window.resize(width, 800)
    stage.settle(window)
    if not side.isVisible():  # there is no room beside the others: they lie over them
        window.run_action("window.details")
    next(one for one in side.findChildren(QAbstractButton) if one.isVisible()).setFocus()
    assert not table.hasFocus()
    window.run_action("window.details")
    stage.settle(window)
    assert not side.isVisible()
    assert table.hasFocus()


def test_ui_6_the_list_gets_the_keyboard_where_the_sidebar_is_hidden(window: MainWindow) -> None:
    window.inbox.sidebar.items["open"].setFocus()
    window.run_action("window.sidebar")
    stage.settle(window)
    assert not window.inbox.sidebar.isVisible()
    assert window.inbox.list.table.hasFocus()
