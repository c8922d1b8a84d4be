"""One agent writes to one ticket in two windows: nothing typed in either is lost, sent twice or asked about in vain."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.domain.messages.model import Direction
from desk_app.ui.messages.composer import Composer
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.ticket_window import TicketWindow
from tests.support.desks import DeskKit
from tests.ui import stage
from tests.ui.test_writing_safely import BUDI, CTRL, held_up, open_, stored, ticket_of


@pytest.fixture
def here(window: MainWindow, kit: DeskKit) -> int:
    ticket_id = ticket_of(kit, BUDI)
    open_(window, ticket_id)
    return ticket_id


def beside(window: MainWindow, ticket_id: int) -> TicketWindow:
    apart = window.ticket_windows.open(ticket_id)
    stage.settle(window)
    assert stage.pump(lambda: apart.ticket_pane.composer.start is not None)
    stage.settle(window)
    return apart


def write(window: MainWindow, composer: Composer, text: str) -> None:
    composer.edit.setPlainText(text)
    composer.left.emit()
    stage.settle(window)


def test_both_texts_stay_when_a_window_closes_in_a_conflict(window: MainWindow, kit: DeskKit, here: int) -> None:
    main, apart = window.inbox.ticket.composer, beside(window, here)
    write(window, main, "from the main window")
    apart.ticket_pane.composer.edit.setPlainText("the last second here")
    apart.close()
    stage.settle(window)
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text == "from the main window\n\nthe last second here"
    assert "from the main window" in main.edit.toPlainText()
    assert "the last second here" in main.edit.toPlainText()
    assert not main.bars.isVisible(), "there is nothing to decide"


def test_a_text_nobody_decided_about_stays_when_the_program_ends(window: MainWindow, kit: DeskKit, here: int) -> None:
    main, apart = window.inbox.ticket.composer, beside(window, here)
    write(window, main, "from the main window")
    write(window, apart.ticket_pane.composer, "asked about")
    assert apart.ticket_pane.composer.bars.isVisible()
    apart.ticket_pane.open_ticket(ticket_of(kit, "Upgrade from Starter to Team plan"))
    stage.settle(window)
    apart.ticket_pane.close_drafts()
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text == "from the main window\n\nasked about"


def test_the_torn_off_window_loses_nothing_in_a_conflict(window: MainWindow, kit: DeskKit, here: int) -> None:
    pane = window.inbox.ticket
    pane.tear_off()
    stage.settle(window)
    torn = pane._torn[here]
    assert stage.pump(lambda: torn.composer.start is not None)
    theirs = KeptDraft(kind=DraftKind.REPLY, agent_id=kit.agent.id, ticket_id=here, text="from another computer")
    kit.desk.drafts.save(theirs, kit.ann)
    torn.composer.edit.setPlainText("torn off")
    torn.close()
    stage.settle(window)
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text == "from another computer\n\ntorn off"
    assert "torn off" in pane.composer.edit.toPlainText()


def test_what_the_main_window_has_not_stored_stays_when_the_other_one_closes(
    window: MainWindow, kit: DeskKit, here: int
) -> None:
    main, apart = window.inbox.ticket.composer, beside(window, here)
    write(window, apart.ticket_pane.composer, "stored there")
    main.edit.setPlainText("the last second in the main window")
    apart.close()
    stage.settle(window)
    assert main.edit.toPlainText() == "the last second in the main window"
    choices = {one.text(): one for one in main.bars.findChildren(QPushButton) if one.isVisible()}
    choices["Take the other one"].click()
    stage.settle(window)
    assert main.edit.toPlainText() == "stored there"


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ("Keep both", "stored there\nin the main window, and more"),
        ("Keep this text", "in the main window, and more"),
        ("Take the other one", "stored there"),
    ],
)
def test_the_agent_decides_between_two_texts(
    choice: str, text: str, window: MainWindow, kit: DeskKit, here: int
) -> None:
    main, apart = window.inbox.ticket.composer, beside(window, here)
    write(window, apart.ticket_pane.composer, "stored there")
    write(window, main, "in the main window")
    main.edit.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(main.edit, ", and more")
    next(one for one in main.bars.findChildren(QPushButton) if one.text() == choice).click()
    stage.settle(window)
    assert not main.bars.isVisible()
    assert main.edit.toPlainText() == text
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text.replace("\n\n", "\n") == text


def test_a_text_sent_from_one_window_does_not_stand_in_the_other(window: MainWindow, kit: DeskKit, here: int) -> None:
    main = window.inbox.ticket.composer
    write(window, main, "Baik, segera.")
    apart = beside(window, here)
    assert apart.ticket_pane.composer.edit.toPlainText() == "Baik, segera."
    apart.ticket_pane.composer.submit()
    stage.settle(window)
    apart.close()
    stage.settle(window)
    assert sum(one.direction is Direction.OUTBOUND for one in kit.messages(here)) == 1
    assert main.edit.toPlainText() == ""
    assert stored(kit, here) is None


def test_sending_from_one_window_leaves_the_other_ones_text(window: MainWindow, kit: DeskKit, here: int) -> None:
    main, apart = window.inbox.ticket.composer, beside(window, here)
    write(window, main, "still being written")
    apart.ticket_pane.composer.edit.setPlainText("Baik, segera.")
    apart.ticket_pane.composer.submit()
    stage.settle(window)
    assert kit.messages(here)[-1].visible_text.strip() == "Baik, segera."
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text == "still being written"
    assert apart.ticket_pane.composer.edit.toPlainText() == "still being written"
    apart.close()
    stage.settle(window)
    assert main.edit.toPlainText() == "still being written"


def test_a_click_into_the_other_window_is_no_conflict(window: MainWindow, kit: DeskKit, here: int) -> None:
    main = window.inbox.ticket.composer
    write(window, main, "Baik")
    apart = beside(window, here)
    other = apart.ticket_pane.composer
    other.edit.moveCursor(QTextCursor.MoveOperation.Start)
    other.left.emit()
    stage.settle(window)
    write(window, main, "Baik, segera.")
    assert not main.bars.isVisible()
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text == "Baik, segera."
    other.edit.moveCursor(QTextCursor.MoveOperation.End)
    other.left.emit()
    stage.settle(window)
    assert not other.bars.isVisible(), "nothing was written there"
    apart.close()
    stage.settle(window)
    assert main.edit.toPlainText() == "Baik, segera."
    assert stored(kit, here) is not None


def test_what_is_typed_after_send_is_kept_though_the_window_closes_before_it_left(
    window: MainWindow, kit: DeskKit, here: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = beside(window, here)
    composer = apart.ticket_pane.composer
    go_on = held_up(monkeypatch, kit.desk.replies, "send")
    composer.edit.setPlainText("Baik, segera.")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    composer.edit.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(composer.edit, " One more thing")
    monkeypatch.setattr("desk_app.ui.messages.composer_drafts.CLOSE_SECONDS", 0)
    apart.close()
    go_on.set()
    stage.settle(window)
    assert kit.messages(here)[-1].visible_text.strip() == "Baik, segera."
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text == "One more thing"
