"""Tickets opened by hand, and mail files dropped onto the window (MB-23, MB-30)."""

from __future__ import annotations

from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel

from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.model import Address
from desk_app.domain.tickets.model import Bucket
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.mail_drop import DropSheet
from desk_app.ui.tickets.new_ticket import NewTicketDialog
from desk_app.ui.widgets.panels import Banner
from tests.support.desks import DeskKit, mail
from tests.support.outlook_files import outlook_file, values
from tests.ui import stage
from tests.ui.test_writing_safely import away, held_up


def dialog_of(window: MainWindow) -> NewTicketDialog:
    window.run_action("ticket.new")
    stage.settle(window)
    return next(one for one in window.findChildren(NewTicketDialog) if one.isVisible())


def drop(window: MainWindow, *paths: Path) -> None:
    """Drop files onto the window as a file manager does."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(window.rect().center(), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(window.rect().center()), copy, data, left, none))


def sheet_of(window: MainWindow) -> DropSheet:
    def found() -> list[DropSheet]:
        return [one for one in window.findChildren(DropSheet) if one.isVisible()]

    assert stage.pump(lambda: bool(found()))
    return found()[0]


def test_mb_23_a_call_of_a_known_customer_becomes_a_ticket_with_a_note(window: MainWindow, kit: DeskKit) -> None:
    held = kit.desk.outbox.held()
    dialog = dialog_of(window)
    dialog.kind.setCurrentIndex(dialog.kind.findData("phone"))
    dialog.to.input.setFocus()
    QTest.keyClicks(dialog.to.input, "lindq")
    assert stage.pump(lambda: dialog.to.found.count() > 0 and dialog.to.found.isVisible())
    QTest.keyClick(dialog.to.input, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.to.address.email == "maya@lindqvist.example"
    assert stage.pump(lambda: dialog.to.duplicates > 0)
    dialog.subject.setText("Rang about the refund")
    dialog.text.setPlainText("She will ring again tomorrow.")
    dialog.tags.setText("Refund, Urgent")
    dialog.assignee.setCurrentIndex(0)
    dialog.accept()
    stage.settle(window)
    view = window.inbox.ticket.view
    assert view is not None
    assert (view.ticket.subject, view.ticket.channel, view.ticket.assignee_id) == (
        "Rang about the refund",
        "phone",
        None,
    )
    assert view.ticket.requester_email == "maya@lindqvist.example"
    assert view.tags == ("refund", "urgent")
    assert view.messages[0].kind == "internal_note"
    assert kit.desk.outbox.held() == held


def test_mb_23_a_closed_question_goes_and_one_without_a_mailbox_says_so(window: MainWindow, kit: DeskKit) -> None:
    dialog = dialog_of(window)
    dialog.subject.setText("Begun")
    dialog.reject()
    stage.settle(window)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert window.findChildren(NewTicketDialog) == []
    again = dialog_of(window)
    assert again.subject.text() == "Begun"
    again.kind.setCurrentIndex(again.kind.findData("phone"))
    again.to.input.setText("Somebody")
    again.from_box.clear()
    again.accept()
    assert again.isVisible()
    assert [one for one in again.findChildren(QLabel) if "no mailbox" in one.text() and one.isVisible()]


def test_mb_23_what_was_begun_for_one_customer_is_not_shown_to_another(window: MainWindow, kit: DeskKit) -> None:
    def begin(customer: Address | None) -> NewTicketDialog:
        window.ask_new_ticket(customer)
        stage.settle(window)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        return next(one for one in window.findChildren(NewTicketDialog) if one.isVisible())

    def bar(dialog: NewTicketDialog) -> Banner:
        def shown() -> list[Banner]:
            return [one for one in dialog.findChildren(Banner) if one.isVisible()]

        assert stage.pump(lambda: bool(shown()))
        return shown()[0]

    def kept() -> str:
        return kit.desk.drafts.of_ticket(None, kit.agent.id)[DraftKind.NEW_TICKET].text

    maya, tom = Address("Maya Lindqvist", "maya@lindqvist.example"), Address("Tom Becker", "tom@becker.example")
    dialog = begin(maya)
    dialog.subject.setText("About you")
    dialog.text.setPlainText("Dear Maya")
    dialog.reject()
    stage.settle(window)
    dialog = begin(tom)
    assert dialog.text.toPlainText() == ""
    assert dialog.to.address.email == tom.email
    assert "About you" in bar(dialog).text.text()
    dialog.text.setPlainText("Dear Tom")
    dialog.drafts.flush()
    stage.settle(window)
    assert kept() == "Dear Maya", "nothing takes its place before somebody decided"
    dialog.reject()
    assert dialog.isVisible()
    bar(dialog).buttons[0].click()
    stage.settle(window)
    assert kept() == "Dear Maya"
    dialog = begin(tom)
    dialog.subject.setText("A call")
    dialog.kind.setCurrentIndex(dialog.kind.findData("phone"))
    dialog.accept()
    stage.settle(window)
    assert kept() == "Dear Maya", "another ticket was opened; this one stays begun"
    dialog = begin(tom)
    dialog.text.setPlainText("And this")
    bar(dialog).buttons[0].click()
    assert dialog.to.address.email == maya.email
    assert dialog.text.toPlainText() == "Dear Maya\n\nAnd this"
    dialog.reject()
    stage.settle(window)
    dialog = begin(maya)
    assert dialog.subject.text() == "About you", "for the same customer it is simply there"


def test_mb_23_a_possible_duplicate_is_opened_instead(window: MainWindow, kit: DeskKit) -> None:
    dialog = dialog_of(window)
    dialog.to.input.setText("maya@lindqvist.example")
    dialog.to._look()
    assert stage.pump(lambda: dialog.to.duplicates > 0)
    maya = next(one.id for one in kit.tickets() if one.subject.startswith("Refund for order"))
    dialog.to.open_asked.emit(maya)
    stage.settle(window)
    assert not shiboken6.isValid(dialog) or not dialog.isVisible()
    assert window.inbox.ticket.ticket_id == maya
    window.run_action("edit.undo")
    stage.settle(window)
    assert kit.ticket(maya).bucket is not Bucket.TRASH, "looking at a ticket is nothing to take back"


def test_mb_23_a_call_is_taken_back_into_the_trash(window: MainWindow, kit: DeskKit) -> None:
    dialog = dialog_of(window)
    dialog.kind.setCurrentIndex(dialog.kind.findData("phone"))
    dialog.to.input.setText("Somebody")
    dialog.subject.setText("Rang the wrong number")
    dialog.accept()
    stage.settle(window)
    made = kit.tickets()[-1]
    assert made.subject == "Rang the wrong number"
    window.run_action("edit.undo")
    stage.settle(window)
    assert kit.ticket(made.id).bucket is Bucket.TRASH
    window.run_action("edit.undo")
    stage.settle(window)
    assert kit.ticket(made.id).bucket is Bucket.TRASH, "taking back is no act of its own"


def test_co_02_the_first_mail_of_a_ticket_is_taken_back_as_a_reply_is(window: MainWindow, kit: DeskKit) -> None:
    kit.arm(undo_seconds=30)
    dialog = dialog_of(window)
    dialog.to.set_address(Address("Harbour", "harbour@customer.example"))
    dialog.subject.setText("Your order")
    dialog.text.setPlainText("It is ready.")
    dialog.accept()
    stage.settle(window)
    made = kit.tickets()[-1]
    assert window.told.replies_waiting(), "whoever quits now is asked about it"
    window.run_action("edit.undo")
    stage.settle(window)
    assert kit.messages(made.id) == ()
    composer = window.inbox.ticket.composer
    assert window.inbox.ticket.ticket_id == made.id
    assert composer.edit.toPlainText().strip() == "It is ready."
    assert [one.email for one in composer.to.addresses] == ["harbour@customer.example"]
    composer.edit.put_cursor(0)
    QTest.keyClicks(composer.edit, "Hello. ")
    composer.submit()
    stage.settle(window)
    (mail_again,) = kit.messages(made.id)
    assert (mail_again.visible_text.strip(), mail_again.subject) == (
        "Hello. It is ready.",
        f"Your order [#{made.number}]",
    )
    assert [item.state.value for item in kit.desk.outbox.tray() if item.ticket_id == made.id] == ["queued"]


def test_mb_23_what_is_missing_is_said(window: MainWindow, kit: DeskKit) -> None:
    count = len(kit.tickets())
    dialog = dialog_of(window)
    dialog.to.input.setText("Somebody")
    dialog.subject.setText("No address")
    dialog.accept()
    assert dialog.isVisible()
    dialog.kind.setCurrentIndex(dialog.kind.findData("walk_in"))
    dialog.accept()
    stage.settle(window)
    assert len(kit.tickets()) == count + 1
    assert kit.tickets()[-1].requester_name == "Somebody"


def test_mb_30_a_dropped_mail_becomes_a_ticket_or_a_part_of_the_open_one(
    window: MainWindow, kit: DeskKit, tmp_path: Path
) -> None:
    first, second = tmp_path / "one.eml", tmp_path / "two.EML"
    first.write_bytes(mail("From a file", subject="Dropped mail"))
    second.write_bytes(mail("Belongs to Maya", subject="Loose mail", from_="x@y.example"))
    drop(window, first)
    sheet = sheet_of(window)
    assert not sheet.append.isVisible()
    sheet.accept()
    stage.settle(window)
    made = window.inbox.ticket.view
    assert made is not None
    assert made.ticket.subject == "Dropped mail"
    drop(window, second)
    sheet = sheet_of(window)
    sheet.append.setChecked(True)
    sheet.accept()
    stage.settle(window)
    assert [one.subject for one in kit.messages(made.ticket.id)] == ["Dropped mail", "Loose mail"]


def test_mb_30_mail_files_are_chosen_without_a_mouse_and_taken_back(
    window: MainWindow, kit: DeskKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "one.eml", tmp_path / "two.eml"]
    paths[0].write_bytes(mail("From a file", subject="First", message_id="f1@x.example"))
    paths[1].write_bytes(mail("From a file too", subject="Second", from_="x@y.example", message_id="f2@x.example"))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_rest: ([str(one) for one in paths], ""))
    maya = next(one.id for one in kit.tickets() if one.subject.startswith("Refund for order"))
    before, tickets = [one.id for one in kit.messages(maya)], {one.id for one in kit.tickets()}
    window.open_ticket(maya)
    stage.settle(window)
    window.inbox.list.table.setFocus()
    QTest.keyClick(window.inbox.list.table, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    sheet = sheet_of(window)
    sheet.append.setChecked(True)
    sheet.accept()
    stage.settle(window)
    assert [one.subject for one in kit.messages(maya)][-2:] == ["First", "Second"]
    window.run_action("edit.undo")
    stage.settle(window)
    assert [one.id for one in kit.messages(maya)] == before
    came = [one for one in kit.tickets() if one.id not in tickets]
    assert {one.bucket for one in came} == {Bucket.TRASH}
    window.run_action("ticket.import")
    sheet = sheet_of(window)
    sheet.append.setChecked(True)
    sheet.accept()
    stage.settle(window)
    window.run_action("edit.undo")
    stage.settle(window)
    assert [one.id for one in kit.messages(maya)] == before, "mail that was here already goes back to where it was"


def test_mb_30_outlooks_own_files_become_tickets_and_broken_ones_are_told(
    window: MainWindow, kit: DeskKit, tmp_path: Path
) -> None:
    broken, good = tmp_path / "broken.msg", tmp_path / "good.msg"
    broken.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    paper = values(8, {0x3707: "plan.pdf", 0x3701: b"%PDF"}, {0x3705: 1})
    texts = {0x0037: "From Outlook", 0x1000: "As it was", 0x0C1A: "Ola", 0x5D01: "ola@x.example"}
    good.write_bytes(outlook_file(texts, attachments=[paper]))
    drop(window, broken)
    stage.settle(window)
    assert not [one for one in window.findChildren(DropSheet) if one.isVisible()]
    assert any("no mail that can be read" in card.label.text() for card in window.toast.cards)
    drop(window, broken, good)
    sheet = sheet_of(window)
    assert "1 file cannot be read" in " ".join(one.text() for one in sheet.findChildren(QLabel))
    sheet.accept()
    stage.settle(window)
    made = window.inbox.ticket.view
    assert made is not None
    assert (made.ticket.subject, made.ticket.requester_email) == ("From Outlook", "ola@x.example")
    assert [one.filename for one in made.messages[0].attachments] == ["plan.pdf"]


def test_nothing_is_typed_in_vain_while_a_ticket_is_being_opened(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = dialog_of(window)
    dialog.kind.setCurrentIndex(dialog.kind.findData("phone"))
    dialog.to.set_address(Address("Harbour", "harbour@customer.example"))
    dialog.subject.setText("A crane")
    dialog.text.setFocus()
    with monkeypatch.context() as broken:
        go_on = held_up(broken, kit.desk.new_tickets, "open", away)
        dialog.accept()
        assert not dialog.text.isEnabled()
        assert not dialog.subject.isEnabled()
        go_on.set()
        stage.settle(window)
    assert dialog.isVisible()
    assert dialog.text.isEnabled()
    assert dialog.text.hasFocus(), "the agent goes on where the words stood"
    QTest.keyClicks(dialog.text, "Soon.")
    dialog.accept()
    stage.settle(window)
    view = window.inbox.ticket.view
    assert view is not None
    assert view.messages[0].visible_text.strip() == "Soon."
