"""Messages above the list: several at once, time to undo, keys, screen readers (ui.md 4.6)."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets import toast as toast_module
from desk_app.ui.widgets.toast import Toast
from tests.support.desks import DeskKit
from tests.ui import stage


@pytest.fixture
def toast(qapp: QApplication) -> Iterator[Toast]:
    host = QWidget()
    host.resize(1000, 600)
    pane = QWidget(host)
    pane.setGeometry(200, 0, 352, 600)
    theme().reduce_motion = True
    host.show()
    made = Toast(host, lambda: [pane])
    made.home = lambda: pane
    yield made
    theme().reduce_motion = False
    made.clear()
    host.close()
    host.deleteLater()


def test_acts_stay_beside_each_other_and_plain_words_take_the_place_of_plain_words(toast: Toast) -> None:
    done: list[str] = []
    toast.show_text("Resolved", choices=[("Undo", lambda: done.append("resolve"))])
    toast.show_text("Note added")
    toast.show_text("Getting mail…")
    assert [card.label.text() for card in toast.cards] == ["Resolved", "Getting mail…"]
    toast.show_text("Assigned", choices=[("Undo", lambda: done.append("assign"))])
    toast.show_text("Spam", choices=[("Undo", lambda: done.append("spam"))], key="spam")
    assert [card.label.text() for card in toast.cards] == ["Getting mail…", "Assigned", "Spam"]
    tops = [card.y() for card in toast.cards]
    assert tops == sorted(tops)
    toast.cards[-1].choices[0].click()
    assert done == ["spam"]
    toast.take_away("spam")
    assert [card.label.text() for card in toast.cards] == ["Getting mail…", "Assigned"]


def test_a_message_of_the_same_key_takes_the_old_place(toast: Toast) -> None:
    toast.show_text("0 of 10", choices=[("Cancel", lambda: None)], key="job")
    toast.show_text("5 of 10", choices=[("Cancel", lambda: None)], key="job")
    assert [card.label.text() for card in toast.cards] == ["5 of 10"]


def test_it_stands_above_the_list_and_never_over_the_composer(toast: Toast) -> None:
    toast.show_text(
        "A message that is long enough to need more than one line in the list of tickets, surely",
        choices=[("Undo", int)],
    )
    host = toast.parentWidget()
    assert host is not None
    assert toast.x() >= 180, "rather over the lists than over the conversation"
    assert toast.geometry().right() <= 552
    assert toast.geometry().bottom() < host.height()
    composer = QRect(180, 420, 700, 180)
    toast.avoid = lambda: composer
    toast.show_text("Another", choices=[("Undo", int)])
    assert not toast.geometry().intersects(composer)


def test_it_waits_for_the_pointer_and_goes_by_itself(toast: Toast) -> None:
    toast.show_text("Soon gone", seconds=2)
    card = toast.cards[0]
    with patch.object(type(card), "_held", True):
        for _ in range(5):
            card._tick()
    assert toast.cards == (card,)
    with patch.object(type(card), "_held", False):
        card._tick()
        card._tick()
    assert toast.cards == ()
    assert not toast.isVisible()


def test_a_countdown_does_not_wait(toast: Toast) -> None:
    toast.show_text(lambda seconds: f"{seconds} s", seconds=5)
    card = toast.cards[0]
    with patch.object(toast_module.time, "monotonic", return_value=card._ends - 2.0):
        card._tick()
    assert card.label.text() == "2 s"
    with (
        patch.object(type(card), "_held", True),
        patch.object(toast_module.time, "monotonic", return_value=card._ends),
    ):
        card._tick()
    assert toast.cards == ()


def test_escape_and_the_cross_close_it_and_give_the_focus_back(toast: Toast) -> None:
    home = toast.home()
    assert home is not None
    home.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    toast.show_text("Resolved", choices=[("Undo", int)])
    toast.cards[0].choices[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
    QTest.keyClick(toast.cards[0].choices[0], Qt.Key.Key_Escape)
    assert toast.cards == ()
    assert QApplication.focusWidget() is home


def test_a_screen_reader_hears_it(toast: Toast) -> None:
    with patch.object(toast_module, "announce") as announced:
        toast.show_text("Resolved")
    announced.assert_called_once_with(toast, "Resolved")


def test_it_slides_only_where_motion_is_wanted(toast: Toast) -> None:
    toast.show_text("Still")
    assert toast._slide.state() == toast._slide.State.Stopped
    theme().reduce_motion = False
    toast.show_text("Moving")
    assert toast._slide.state() == toast._slide.State.Running
    theme().reduce_motion = True


def test_the_pointer_holds_it(toast: Toast) -> None:
    toast.show_text("Held")
    card = toast.cards[0]
    point = QPoint(3, 3).toPointF()
    QApplication.sendEvent(card, QEnterEvent(point, point, point))
    card.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    assert card._held


def test_z_takes_the_last_act_back(window: MainWindow, kit: DeskKit) -> None:
    ticket = next(one for one in kit.tickets() if one.requester_email == "tom@becker.example")
    window.open_ticket(ticket.id)
    stage.settle(window)
    window.inbox.list.table.setFocus()
    window.run_action("ticket.mine")
    stage.settle(window)
    assert kit.ticket(ticket.id).assignee_id == kit.agent.id
    QTest.keyClick(window, Qt.Key.Key_Z)
    stage.settle(window)
    assert kit.ticket(ticket.id).assignee_id is None
    QTest.keyClick(window, Qt.Key.Key_Z)
    assert "nothing to undo" in window.toast.text


def test_send_now_lets_a_reply_leave_without_the_rest_of_its_time(window: MainWindow, kit: DeskKit) -> None:
    kit.arm(undo_seconds=20)
    window.session.load()
    stage.settle(window)
    ticket = next(one for one in kit.tickets() if one.requester_email == "tom@becker.example")
    window.open_ticket(ticket.id)
    stage.settle(window)
    window.run_action("ticket.reply")
    stage.settle(window)
    composer = window.inbox.ticket.composer
    QTest.keyClicks(composer.edit, "Here is a new link.")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    stage.settle(window)
    card = window.toast.cards[-1]
    assert [one.text() for one in card.choices] == ["Undo", "Send now"]
    before = kit.desk.outbox.tray()[-1]
    card.choices[1].click()
    stage.settle(window)
    assert window.toast.text == "Reply on its way"
    assert kit.desk.outbox.tray()[-1].send_after_at < before.send_after_at
    assert kit.desk.outbox.send_due() == 1
    assert not kit.desk.outbox.send_now(before.id)
