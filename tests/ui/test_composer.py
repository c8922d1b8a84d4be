"""The composer asks once, calmly, before something unusual leaves (CO-09, CO-11, IN-09)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from desk_app.domain.messages.model import Address
from desk_app.ui.messages.composer import Composer
from desk_app.ui.messages.composer_guards import ConfirmBar
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage

CTRL = Qt.KeyboardModifier.ControlModifier


def begin(window: MainWindow, kit: DeskKit) -> tuple[Composer, int, list[object]]:
    ticket_id = next(one.id for one in kit.tickets() if one.subject == "Permintaan pengembalian dana")
    window.open_ticket(ticket_id)
    stage.settle(window)
    composer = window.inbox.ticket.composer
    sent: list[object] = []
    composer.sent.connect(lambda draft, *_: sent.append(draft))
    return composer, ticket_id, sent


def bar_of(composer: Composer) -> ConfirmBar | None:
    return next((one for one in composer._warning_holder.findChildren(ConfirmBar) if one.isVisible()), None)


def test_one_bar_names_everything_and_the_second_time_it_goes(window: MainWindow, kit: DeskKit) -> None:
    composer, ticket_id, sent = begin(window, kit)
    composer.to.add([Address("", "spy@other.example")])
    composer.edit.setPlainText("Terlampir label untuk {{customer.name}}")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    bar = bar_of(composer)
    assert bar is not None
    assert not sent
    texts = " ".join(one.text() for one in bar.findChildren(QLabel))
    for part in ("spy@other.example", "Terlampir", "{{customer.name}}"):
        assert part in texts
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    assert len(sent) == 1
    stage.settle(window)
    assert kit.messages(ticket_id)[-1].visible_text.startswith("Terlampir label")


def test_back_keeps_text_and_something_new_asks_again(window: MainWindow, kit: DeskKit) -> None:
    composer, _ticket_id, sent = begin(window, kit)
    composer.edit.setPlainText("Terlampir label")
    composer.submit()
    bar = bar_of(composer)
    assert bar is not None
    bar.back.click()
    assert bar_of(composer) is None
    assert composer.edit.toPlainText() == "Terlampir label"
    composer.to.add([Address("", "spy@other.example")])
    composer.submit()
    bar = bar_of(composer)
    assert bar is not None
    assert not sent
    bar.go_on.click()
    assert len(sent) == 1
    stage.settle(window)


def test_an_ordinary_answer_is_not_asked_about(window: MainWindow, kit: DeskKit) -> None:
    composer, _ticket_id, sent = begin(window, kit)
    composer.edit.setPlainText("Baik, segera kami proses.")
    composer.submit()
    assert len(sent) == 1
    stage.settle(window)


def test_in_09_what_came_meanwhile_is_shown_and_may_be_answered(window: MainWindow, kit: DeskKit) -> None:
    composer, ticket_id, _sent = begin(window, kit)
    composer.edit.setPlainText("late")
    first = kit.messages(ticket_id)[0].internet_id
    wait = stage.letter("Budi", "budi@kopi.example", "Re: Permintaan", "Wait, it is solved!", in_reply_to=first)
    kit.arrive(window.session.facts.accounts[0][0], wait)
    composer.submit()
    stage.settle(window)
    bar = bar_of(composer)
    assert bar is not None
    assert any("Wait, it is solved!" in one.text() or "Wait" in one.toolTip() for one in bar.findChildren(QLabel))
    bar.back.click()
    assert composer.edit.toPlainText() == "late"
    composer.submit()
    stage.settle(window)
    assert kit.messages(ticket_id)[-1].visible_text.startswith("late")
