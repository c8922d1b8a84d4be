"""Recipients as chips: keys, editing, moving, pasting, completing (CO-08, CO-09)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from desk_app.domain.messages.model import Address
from desk_app.ui.messages.address_chip import MIME
from desk_app.ui.messages.composer_head import LetterHead
from desk_app.ui.messages.recipient_completion import RecipientCompletion
from desk_app.ui.messages.recipients import RecipientLine, read_addresses
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage

ANN, BOB = Address("Ann", "ann@x.example"), Address("", "bob@x.example")


@pytest.mark.parametrize(
    ("text", "emails", "rest"),
    [
        ("ann@x.example, Bob <bob@x.example>; cy@x.example", ["ann@x.example", "bob@x.example", "cy@x.example"], ""),
        ('"Becker, Tom" <tom@x.example>, ann@x.example', ["tom@x.example", "ann@x.example"], ""),
        ("ann@x.example bob@x.example\ncy@x.example", ["ann@x.example", "bob@x.example", "cy@x.example"], ""),
        ("ann@x.example, nonsense", ["ann@x.example"], "nonsense"),
        ("", [], ""),
    ],
)
def test_addresses_are_read_from_whatever_is_pasted(text: str, emails: list[str], rest: str) -> None:
    found, left = read_addresses(text)
    assert ([one.email for one in found], left) == (emails, rest)


@pytest.fixture
def head(qtbot: QtBot) -> LetterHead:
    made = LetterHead()
    qtbot.addWidget(made)
    made.resize(600, 80)
    made.show()
    made.set_people((ANN, BOB), ())
    qtbot.waitExposed(made)
    return made


def test_keys_walk_remove_and_edit(head: LetterHead) -> None:
    line = head.to
    line.input.setFocus()
    QTest.keyClick(line.input, Qt.Key.Key_Left)
    assert line.chips[1].hasFocus()
    QTest.keyClick(line.chips[1], Qt.Key.Key_Left)
    assert line.chips[0].hasFocus()
    QTest.keyClick(line.chips[0], Qt.Key.Key_Return)
    assert line.input.text() == "Ann <ann@x.example>"
    line.input.setText("Anna <anna@x.example>")
    QTest.keyClick(line.input, Qt.Key.Key_Return)
    assert [one.email for one in line.addresses] == ["bob@x.example", "anna@x.example"]
    QTest.keyClick(line.chips[0], Qt.Key.Key_Delete)
    assert line.addresses == (Address("Anna", "anna@x.example"),)
    chip = line.chips[0]
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert line.addresses, "only the cross takes it out"
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(chip.width() - 8, 8))
    assert not line.addresses


def test_several_addresses_are_pasted_at_once(head: LetterHead) -> None:
    QApplication.clipboard().setText("cy@x.example\nDi <di@x.example>")
    head.cc.show()
    head.show_copies()
    QTest.keyClick(head.cc.input, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert [one.email for one in head.cc.addresses] == ["cy@x.example", "di@x.example"]


def test_a_chip_moves_to_another_line_by_menu_and_by_dragging(head: LetterHead) -> None:
    head.to.chips[0].moved.emit(ANN, head.cc.name)
    assert (head.to.addresses, head.cc.addresses) == ((BOB,), (ANN,))
    assert head.cc.isVisible()
    data = QMimeData()
    data.setData(MIME, f"{BOB.name}\0{BOB.email}".encode())
    drop = QDropEvent(
        QPointF(4, 4), Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    head.bcc.dropEvent(drop)
    assert head.bcc.addresses == (BOB,)
    assert drop.dropAction() == Qt.DropAction.MoveAction, "the line it came from gives it up"


def test_contacts_complete_what_is_typed(window: MainWindow, kit: DeskKit) -> None:
    window.open_ticket(kit.tickets()[0].id)
    stage.settle(window)
    line: RecipientLine = window.inbox.ticket.composer.to
    line.set_addresses(())
    line.input.setFocus()
    QTest.keyClicks(line.input, "luc")
    stage.settle(window)
    completion = line.findChild(RecipientCompletion)
    assert completion is not None
    assert completion.open
    QTest.keyClick(line.input, Qt.Key.Key_Escape)
    assert not completion.open
    QTest.keyClicks(line.input, "i")
    stage.settle(window)
    QTest.keyClick(line.input, Qt.Key.Key_Return)
    assert line.addresses == (Address("Lucía Fernández", "lucia@tienda.example"),)


def test_a_line_for_copies_that_is_left_empty_goes_away(window: MainWindow, kit: DeskKit) -> None:
    window.open_ticket(kit.tickets()[0].id)
    stage.settle(window)
    composer = window.inbox.ticket.composer
    head = composer.head
    head.show_copies()
    assert (head.cc.isVisible(), head.bcc.isVisible(), head.cc.input.hasFocus()) == (True, True, True)
    QTest.keyClick(head.cc.input, Qt.Key.Key_Tab)
    assert head.bcc.input.hasFocus()
    QTest.keyClicks(head.bcc.input, "bob@x.example")
    head.to.input.setFocus()
    assert head.cc.isVisible(), "who is still at the recipients may come back to it"
    composer.edit.setFocus()
    assert (head.cc.isVisible(), head.bcc.isVisible()) == (False, True)
    QTest.keyClick(head.bcc.input, Qt.Key.Key_Backspace)
    composer.edit.setFocus()
    assert not head.bcc.isVisible()
    head.set_people((), (ANN,))
    assert (head.cc.isVisible(), head.bcc.isVisible()) == (True, False), "nothing is in the second one"
    head.show_copies()
    assert head.bcc.input.hasFocus()


def test_no_line_goes_away_under_a_mouse_that_is_held_down(window: MainWindow, kit: DeskKit, qtbot: QtBot) -> None:
    window.open_ticket(kit.tickets()[0].id)
    stage.settle(window)
    composer = window.inbox.ticket.composer
    head = composer.head
    head.show_copies()
    handle, place = window.windowHandle(), composer.edit.mapTo(window, composer.edit.rect().center())
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=place)
    stage.settle(window)
    assert composer.edit.hasFocus()
    assert head.cc.isVisible()
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: not head.cc.isVisible())


def test_a_line_for_copies_stays_for_who_is_in_another_window(window: MainWindow, kit: DeskKit, qtbot: QtBot) -> None:
    window.open_ticket(kit.tickets()[0].id)
    stage.settle(window)
    head = window.inbox.ticket.composer.head
    head.show_copies()
    other = QLineEdit()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    assert head.cc.isVisible()
