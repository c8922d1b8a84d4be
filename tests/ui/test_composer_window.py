"""The composer torn off into its own window (ui.md 4.5)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.model import Address
from desk_app.ui.messages.composer_window import ComposerWindow
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage

SUBJECT = "Permintaan pengembalian dana"


def torn_off(window: MainWindow, kit: DeskKit) -> tuple[ComposerWindow, int]:
    ticket_id = next(one.id for one in kit.tickets() if one.subject == SUBJECT)
    window.open_ticket(ticket_id)
    stage.settle(window)
    composer = window.inbox.ticket.composer
    composer.edit.insert_clean_html("<p>Halo <b>Budi</b></p>")
    composer.attach("label.pdf", "application/pdf", b"%PDF")
    composer.edit.put_cursor(4)
    composer.tear.click()
    stage.settle(window)
    return window.inbox.ticket._torn[ticket_id], ticket_id


def test_ui_4_5_text_cursor_and_files_go_along_and_come_back(window: MainWindow, kit: DeskKit) -> None:
    torn, ticket_id = torn_off(window, kit)
    pane = window.inbox.ticket
    assert torn.isVisible()
    assert not pane.composer.isVisible(), "one place to write"
    assert torn.composer.edit.toPlainText() == "Halo Budi"
    assert torn.composer.edit.textCursor().position() == 4
    assert [one.filename for one in torn.composer.files.files] == ["label.pdf"]
    QTest.keyClicks(torn.composer.edit, " Pak")
    window.open_ticket(next(one.id for one in kit.tickets() if one.subject != SUBJECT))
    stage.settle(window)
    assert pane.composer.isVisible(), "another ticket is written to in the pane"
    window.open_ticket(ticket_id)
    stage.settle(window)
    assert not pane.composer.isVisible()
    QTest.keyClick(
        torn.composer.edit, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    stage.settle(window)
    assert pane.composer.isVisible()
    assert pane.composer.edit.toPlainText() == "Halo Pak Budi"
    assert pane.composer.edit.textCursor().position() == 8
    assert [one.filename for one in pane.composer.files.files] == ["label.pdf"]


def test_ui_4_5_it_sends_and_closes_and_a_closed_main_window_keeps_the_draft(window: MainWindow, kit: DeskKit) -> None:
    torn, ticket_id = torn_off(window, kit)
    torn.composer.submit()
    stage.settle(window)
    assert kit.messages(ticket_id)[-1].visible_text.startswith("Halo Budi")
    pane = window.inbox.ticket
    assert ticket_id not in pane._torn
    assert pane.composer.isVisible()
    assert pane.composer.edit.toPlainText() == ""
    pane.composer.focus_note()
    QTest.keyClicks(pane.composer.edit, "only us")
    window.run_action("composer.window")
    stage.settle(window)
    torn = pane._torn[ticket_id]
    assert torn.composer.kind is DraftKind.NOTE
    QTest.keyClicks(torn.composer.edit, "!")
    pane.close_drafts()
    assert kit.desk.drafts.of_ticket(ticket_id, kit.agent.id)[DraftKind.NOTE].text == "only us!"
    stage.settle(window)


def test_ui_4_5_keys_and_cards_lead_to_the_window_that_is_written_in(window: MainWindow, kit: DeskKit) -> None:
    torn, ticket_id = torn_off(window, kit)
    pane = window.inbox.ticket
    window.run_action("ticket.note")
    assert torn.composer.kind is DraftKind.NOTE
    assert pane.composer.kind is DraftKind.REPLY
    assert pane.view is not None
    pane.answer(pane.view.messages[0])
    stage.settle(window)
    assert torn.composer.kind is DraftKind.REPLY
    pane._open_torn(pane.view, DraftKind.REPLY)
    assert pane._torn[ticket_id] is torn, "asked for twice, opened once"
    assert len([one for one in QApplication.topLevelWidgets() if isinstance(one, ComposerWindow)]) == 1


def test_in_18_what_was_passed_on_from_the_window_is_taken_back(window: MainWindow, kit: DeskKit) -> None:
    torn, ticket_id = torn_off(window, kit)
    window.inbox.ticket.forward()
    stage.settle(window)
    torn.composer.to.add([Address("", "workshop@repair.example")])
    torn.composer.edit.setPlainText("Can you repair this?")
    torn.composer.submit()
    stage.settle(window)
    assert kit.messages(ticket_id)[-1].side_conversation_id is not None
    window.run_action("edit.undo")
    stage.settle(window)
    assert kit.messages(ticket_id)[-1].side_conversation_id is None
    assert kit.desk.drafts.of_ticket(ticket_id, kit.agent.id)[DraftKind.FORWARD].text == "Can you repair this?"
