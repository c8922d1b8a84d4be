"""ui.md 6 for the dialogs and the window of a ticket: named controls, targets of 24 px, Esc steps out."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QFontInfo, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.moment_question import MomentQuestion
from desk_app.ui.tickets.new_ticket import NewTicketDialog
from desk_app.ui.tickets.picking import TicketQuestion
from tests.support.desks import DeskKit, mail
from tests.ui import stage

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QTextEdit)
INNER = {"QLineEditIconButton", "QToolButton"}


def faults(top: QWidget) -> list[str]:
    """Return what is unnamed or too small of what one sees."""
    found = []
    for one in top.findChildren(QWidget):
        inside = one.parentWidget()
        if not isinstance(one, CONTROLS) or not one.isVisibleTo(top) or one.objectName().startswith("qt_"):
            continue
        if isinstance(inside, (QComboBox, QAbstractSpinBox)):
            continue
        interface = QAccessible.queryAccessibleInterface(one)
        if interface is None or not interface.text(QAccessible.Text.Name).strip():
            found.append(f"unnamed: {type(one).__name__} in {type(inside).__name__}")
        small = one.width() < 24 or one.height() < 24
        if small and not (type(one).__name__ in INNER and isinstance(inside, QLineEdit)):
            found.append(f"small: {type(one).__name__} {one.accessibleName()} {one.size().toTuple()}")
    return found


def opened(window: MainWindow, what: str, tmp_path: Path) -> QDialog:
    before = set(QApplication.topLevelWidgets())
    if what == "preview":
        view = window.inbox.ticket.view
        assert view is not None
        message = next(one for one in view.messages if one.attachments)
        window.inbox.ticket.files.preview(message.attachments[0], message.attachments)
    elif what == "drop":
        path = tmp_path / "a.eml"
        path.write_bytes(mail("Dropped"))
        window.mail_drop.take([path])
    elif what == "moment":
        window.run_action("ticket.snooze")
        next(entry for entry in window.palette_layer._step.entries if "date" in entry.title).run()
        window.palette_layer.leave()
    else:
        window.run_action(what)
    stage.settle(window)
    (dialog,) = (
        top
        for top in QApplication.topLevelWidgets()
        if top not in before and isinstance(top, QDialog) and top.isVisible()
    )
    assert what != "moment" or isinstance(dialog, MomentQuestion)
    return dialog


WHAT = (
    "ticket.history",
    "ticket.link",
    "ticket.print",
    "ticket.new",
    "ticket.split",
    "ticket.merge",
    "preview",
    "drop",
    "moment",
)


@pytest.fixture
def maya(window: MainWindow, kit: DeskKit) -> int:
    ticket_id = next(one.id for one in kit.tickets() if one.subject.startswith("Refund for order"))
    window.open_ticket(ticket_id)
    stage.settle(window)
    return ticket_id


@pytest.mark.usefixtures("maya")
def test_ui_6_dialogs_have_names_sizes_and_a_way_out(window: MainWindow, tmp_path: Path) -> None:
    for what in WHAT:
        dialog = opened(window, what, tmp_path)
        assert faults(dialog) == [], what
        assert dialog.windowTitle(), what
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        QApplication.processEvents()
        assert not isValid(dialog) or not dialog.isVisible(), what
        stage.settle(window)


def test_ui_6_the_window_of_a_ticket_has_names_and_sizes(window: MainWindow, maya: int) -> None:
    apart = window.ticket_windows.open(maya)
    assert stage.pump(lambda: apart.ticket_pane.view is not None and not apart.ticket_pane.thread_view.building)
    stage.settle(window)
    assert faults(apart) == []
    apart.close()


def test_the_names_of_tickets_to_pick_begin_below_each_other(window: MainWindow) -> None:
    question = TicketQuestion(window.session, "Merge into", "Merge", [], window)
    question.open()
    stage.settle(window)
    measure = QFontMetrics(question.hits.font())
    assert len({measure.horizontalAdvance(f"#{number}") for number in ("0001", "0007", "0008", "1111")}) == 1
    assert QFontInfo(question.hits.font()).pixelSize() == theme().px(13)
    question.close()


def test_the_text_of_a_new_ticket_takes_the_room_there_is(window: MainWindow) -> None:
    window.run_action("ticket.new")
    stage.settle(window)
    (dialog,) = (one for one in window.findChildren(NewTicketDialog) if one.isVisible())
    (title,) = (one for one in dialog.findChildren(QLabel) if one.text() == "New ticket")
    height, room, top = dialog.height(), dialog.text.height(), title.geometry()
    dialog.resize(dialog.width(), height + 120)
    stage.settle(window)
    assert (dialog.text.height(), title.geometry()) == (room + 120, top)
    dialog.reject()


def test_a_ticket_is_picked_by_the_arrows_and_never_one_found_for_other_words(window: MainWindow) -> None:
    question = TicketQuestion(window.session, "Merge into", "Merge", [], window)
    taken: list[int | None] = []
    question.ask(lambda: taken.append(question.chosen))
    QTest.keyClicks(question.box, "re")
    stage.settle(window)
    assert stage.pump(lambda: question.hits.count() > 1 and question.hits.currentRow() == 0)
    first = question.chosen
    QTest.keyClick(question.box, Qt.Key.Key_Down)
    assert question.hits.currentRow() == 1
    assert question.box.hasFocus()
    QTest.keyClick(question.box, Qt.Key.Key_Up)
    assert question.chosen == first
    QTest.keyClicks(question.box, "fund")
    QTest.keyClick(question.box, Qt.Key.Key_Return)
    assert question.isVisible(), "nothing is found for these words yet"
    assert stage.pump(lambda: question.chosen is not None)
    QTest.keyClick(question.box, Qt.Key.Key_Down)
    chosen = question.chosen
    QTest.keyClick(question.box, Qt.Key.Key_Return)
    assert taken == [chosen]
