"""What is being written survives everything (CO-04)."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.domain.messages.model import Address
from desk_app.domain.people.actor import SYSTEM, Actor, ActorKind
from desk_app.services.messages.drafts import DraftService
from desk_app.storage.database import open_database
from desk_app.ui.messages import composer_drafts
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.new_ticket import NewTicketDialog
from tests.support.desks import DeskKit
from tests.ui import conftest, stage

SUBJECT = "Permintaan pengembalian dana"


def ticket_of(kit: DeskKit, subject: str = SUBJECT) -> int:
    return next(one.id for one in kit.tickets() if one.subject == subject)


def open_(window: MainWindow, ticket_id: int) -> None:
    window.open_ticket(ticket_id)
    stage.settle(window)


def stored(kit: DeskKit, ticket_id: int | None, kind: DraftKind = DraftKind.REPLY) -> KeptDraft | None:
    return kit.desk.drafts.of_ticket(ticket_id, kit.agent.id).get(kind)


def write_something(window: MainWindow) -> None:
    composer = window.inbox.ticket.composer
    composer.to.set_addresses((Address("Budi", "budi@kopi.example"), Address("", "ani@kopi.example")))
    composer.subject.setText("Another subject")
    composer.choose_then("waiting")
    composer.attach("label.pdf", "application/pdf", b"%PDF label")
    composer.edit.insert_clean_html("<p>Halo <b>Budi</b></p><blockquote><p>quoted</p></blockquote><p>end</p>")
    picture = QImage(8, 8, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    composer.edit.insert_picture(picture)
    composer.edit.put_cursor(7)


def check_it_is_all_there(window: MainWindow) -> None:
    composer = window.inbox.ticket.composer
    letter = composer.draft()
    assert [one.email for one in letter.to] == ["budi@kopi.example", "ani@kopi.example"]
    assert letter.subject == "Another subject"
    assert "<strong>Budi</strong>" in letter.html
    assert "<blockquote" in letter.html
    assert [one.filename for one in letter.attachments] == ["label.pdf", "image-1.png"]
    assert composer.edit.textCursor().position() == 7
    assert composer.then_button.text().strip() == "then Waiting"


def test_a_draft_is_stored_within_two_seconds(window: MainWindow, kit: DeskKit) -> None:
    assert composer_drafts.SAVE_MS <= 1800
    ticket_id = ticket_of(kit)
    open_(window, ticket_id)
    window.inbox.ticket.composer.edit.insertPlainText("so far")
    assert window.inbox.ticket.drafts._timer.isActive()
    assert stage.pump(lambda: stored(kit, ticket_id) is not None)
    kept = stored(kit, ticket_id)
    assert kept is not None
    assert kept.text == "so far"
    stage.settle(window)
    (row,) = kit.desk.ticket_queries.rows([ticket_id], agent_id=kit.agent.id)
    spec = next(one for one in window.registries.columns if one.id == "draft")
    assert spec.values([row]) == {ticket_id: "Draft"}


def test_leaving_the_text_stores_it_at_once(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit)
    open_(window, ticket_id)
    composer = window.inbox.ticket.composer
    composer.edit.insertPlainText("and away")
    composer.left.emit()
    assert not window.inbox.ticket.drafts._timer.isActive()
    stage.settle(window)
    assert stored(kit, ticket_id) is not None


def test_everything_comes_back_after_another_ticket(window: MainWindow, kit: DeskKit) -> None:
    first, other = ticket_of(kit), ticket_of(kit, "Upgrade from Starter to Team plan")
    open_(window, first)
    write_something(window)
    open_(window, other)
    assert window.inbox.ticket.composer.edit.toPlainText() == ""
    open_(window, first)
    check_it_is_all_there(window)


def test_there_and_back_at_once_shows_the_newest_text(window: MainWindow, kit: DeskKit) -> None:
    first, other = ticket_of(kit), ticket_of(kit, "Upgrade from Starter to Team plan")
    open_(window, first)
    for text in ("one", "one two", "one two three"):
        window.inbox.ticket.composer.edit.setPlainText(text)
        window.inbox.ticket.open_ticket(other)
        window.inbox.ticket.open_ticket(first)
        stage.settle(window)
        assert window.inbox.ticket.composer.edit.toPlainText() == text


def test_what_was_read_before_a_write_does_not_replace_what_was_written(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit)
    open_(window, ticket_id)
    drafts, edit = window.inbox.ticket.drafts, window.inbox.ticket.composer.edit
    edit.setPlainText("one")
    drafts.flush()
    stage.settle(window)
    early = drafts.read(ticket_id)
    edit.setPlainText("one two")
    drafts.flush()
    stage.settle(window)
    assert early.drafts[DraftKind.REPLY].text == "one"
    assert drafts.newest(ticket_id, early)[DraftKind.REPLY].text == "one two"
    edit.setPlainText("one two three")
    drafts.flush()
    stage.settle(window)
    kept = stored(kit, ticket_id)
    assert kept is not None
    assert kept.text == "one two three", "nobody is asked about a conflict with oneself"


def test_closing_the_window_keeps_reply_and_note(kit: DeskKit, settings: QSettings) -> None:
    stage.believable(kit)
    ticket_id = ticket_of(kit)
    window = stage.open_window(kit, settings)
    open_(window, ticket_id)
    write_something(window)
    window.run_action("ticket.note")
    window.inbox.ticket.composer.edit.setPlainText("only for us")
    conftest.close(window)
    again = stage.open_window(kit, settings)
    open_(again, ticket_id)
    check_it_is_all_there(again)
    again.run_action("ticket.note")
    assert again.inbox.ticket.composer.edit.toPlainText() == "only for us"
    conftest.close(again)


def test_pains_21_reply_and_note_share_no_text(window: MainWindow, kit: DeskKit) -> None:
    open_(window, ticket_of(kit))
    composer = window.inbox.ticket.composer
    composer.edit.setPlainText("Dear customer")
    composer.focus_note()
    assert composer.edit.toPlainText() == ""
    composer.edit.setPlainText("this customer is difficult")
    composer.focus_reply()
    assert composer.edit.toPlainText() == "Dear customer"
    assert composer.draft().text == "Dear customer"


def test_what_was_sent_or_emptied_is_no_draft(window: MainWindow, kit: DeskKit) -> None:
    kit.arm(undo_seconds=30)
    ticket_id = ticket_of(kit)
    open_(window, ticket_id)
    pane, composer = window.inbox.ticket, window.inbox.ticket.composer
    composer.edit.setPlainText("first")
    pane.drafts.flush()
    stage.settle(window)
    composer.edit.clear()
    pane.drafts.flush()
    stage.settle(window)
    assert stored(kit, ticket_id) is None
    composer.edit.setPlainText("second")
    pane.drafts.flush()
    stage.settle(window)
    composer.submit()
    pane.drafts.flush()
    stage.settle(window)
    assert stored(kit, ticket_id) is None
    assert composer.edit.toPlainText() == ""
    item = next(one for one in kit.desk.outbox.tray() if one.ticket_id == ticket_id)
    pane.take_back(item.id, ticket_id, lambda _back: None)
    stage.settle(window)
    assert composer.edit.toPlainText() == "second"
    kept = stored(kit, ticket_id)
    assert kept is not None
    assert kept.text == "second"


def test_another_windows_text_is_not_overwritten(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit)
    open_(window, ticket_id)
    pane, composer = window.inbox.ticket, window.inbox.ticket.composer
    theirs = KeptDraft(kind=DraftKind.REPLY, agent_id=kit.agent.id, ticket_id=ticket_id, text="theirs")
    kit.desk.drafts.save(theirs, kit.ann)
    composer.edit.setPlainText("mine")
    pane.drafts.flush()
    stage.settle(window)
    kept = stored(kit, ticket_id)
    assert kept is not None
    assert kept.text == "theirs"
    assert composer.edit.toPlainText() == "mine"
    choices = {one.text(): one for one in composer.bars.findChildren(QPushButton)}
    choices["Keep this text"].click()
    stage.settle(window)
    kept = stored(kit, ticket_id)
    assert kept is not None
    assert kept.text == "mine"


def test_who_writes_on_waits_for_no_database(window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket_id = ticket_of(kit)
    open_(window, ticket_id)
    composer, drafts = window.inbox.ticket.composer, window.inbox.ticket.drafts
    begun, gate, save = threading.Event(), threading.Event(), DraftService.save

    def slow(*args: Any, **more: Any) -> Any:
        begun.set()
        assert gate.wait(10)
        return save(*args, **more)

    monkeypatch.setattr(DraftService, "save", slow)
    composer.edit.insertPlainText("First words")
    drafts.flush()
    assert begun.wait(10)
    helper = threading.Timer(5, gate.set)  # whoever waits would wait for ever
    helper.start()
    composer.edit.insertPlainText(", and more")
    drafts.flush()
    assert not gate.is_set(), "the window stood still until the database answered"
    helper.cancel()
    gate.set()
    stage.settle(window)
    kept = stored(kit, ticket_id)
    assert kept is not None
    assert kept.text == "First words, and more"


def test_a_new_ticket_is_kept_too(window: MainWindow, kit: DeskKit) -> None:
    window.ask_new_ticket()
    stage.settle(window)
    dialog = next(one for one in window.findChildren(NewTicketDialog) if one.isVisible())
    dialog.subject.setText("Call from the harbour")
    dialog.text.setPlainText("They want a crane.")
    dialog.reject()
    stage.settle(window)
    window.ask_new_ticket()
    stage.settle(window)
    again = next(one for one in window.findChildren(NewTicketDialog) if one.isVisible())
    assert (again.subject.text(), again.text.toPlainText()) == ("Call from the harbour", "They want a crane.")
    again.to.set_address(Address("", "harbour@customer.example"))
    again.kind.setCurrentIndex(again.kind.findData("phone"))
    again.accept()
    stage.settle(window)
    assert stored(kit, None, DraftKind.NEW_TICKET) is None


def new_ticket(window: MainWindow) -> NewTicketDialog:
    window.ask_new_ticket()
    stage.settle(window)
    return next(one for one in window.findChildren(NewTicketDialog) if one.isVisible())


def test_a_new_ticket_is_kept_with_where_it_is_to_go(window: MainWindow, kit: DeskKit) -> None:
    bob = kit.desk.people.add_agent("bob", SYSTEM, name="Bob Builder")
    with kit.database.unit_of_work() as uow:
        other = uow.people.add_department("Second line")
        uow.commit()
    window.session.load()
    stage.settle(window)
    dialog = new_ticket(window)
    own_place = (dialog.assignee.currentData(), dialog.department.currentData())
    dialog.tags.setText("refund, urgent")
    dialog.assignee.setCurrentIndex(dialog.assignee.findData(bob.id))
    dialog.department.setCurrentIndex(dialog.department.findData(other))
    assert stage.pump(lambda: stored(kit, None, DraftKind.NEW_TICKET) is not None), "a crash loses two seconds at most"
    dialog.reject()
    stage.settle(window)
    again = new_ticket(window)
    assert (again.assignee.currentData(), again.department.currentData()) == (bob.id, other)
    assert again.tags.text() == "refund, urgent"
    again.assignee.setCurrentIndex(again.assignee.findData(None))
    again.reject()
    stage.settle(window)
    last = new_ticket(window)
    assert last.assignee.currentData() is None, "nobody is a choice, too"
    last.subject.setText("Call from the harbour")
    last.to.set_address(Address("", "harbour@customer.example"))
    last.kind.setCurrentIndex(last.kind.findData("phone"))
    last.accept()
    stage.settle(window)
    view = window.inbox.ticket.view
    assert view is not None
    assert (view.ticket.assignee_id, view.ticket.department_id) == (None, other)
    assert view.tags == ("refund", "urgent")
    fresh = new_ticket(window)
    assert (fresh.assignee.currentData(), fresh.department.currentData()) == own_place
    assert fresh.tags.text() == ""


CHILD = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtTest import QTest
from desk_app.runtime.gui import application
from desk_app.services.messages.drafts import DraftService
from desk_app.storage.database import open_database
from tests.support.desks import DeskKit
from tests.ui import stage
folder = Path(sys.argv[1])
application()
kit = DeskKit(open_database(f"sqlite:///{folder / 'desk.sqlite'}", origin="child"))
window = stage.open_window(kit, QSettings(str(folder / "child.ini"), QSettings.Format.IniFormat))
window.open_ticket(int(sys.argv[2]))
stage.settle(window)
edit = window.inbox.ticket.composer.edit
QTest.keyClicks(edit, "written just before the power went")
edit.put_cursor(8)
print("written", flush=True)
stage.pump(lambda: False, 60)
"""


@pytest.mark.timeout(90)
def test_a_killed_program_loses_at_most_two_seconds(tmp_path: Path, settings: QSettings, qapp: object) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'desk.sqlite'}", origin="test")
    kit = DeskKit(database)
    stage.believable(kit)
    ticket_id = ticket_of(kit)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path), str(ticket_id)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None, "a pipe was asked for"
        assert child.stdout.readline().strip() == "written"
        end = time.monotonic() + 20
        while stored(kit, ticket_id) is None and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        child.kill()
        child.communicate(timeout=10)
    assert child.returncode != 0
    window = stage.open_window(kit, settings)
    open_(window, ticket_id)
    edit = window.inbox.ticket.composer.edit
    assert edit.toPlainText() == "written just before the power went"
    assert edit.textCursor().position() == 8
    QTest.keyClicks(edit, "!")
    assert edit.toPlainText().startswith("written !just")
    conftest.close(window)
    database.close()


def test_co_05_a_colleagues_draft_is_shown_and_taken_over(window: MainWindow, kit: DeskKit) -> None:
    bob = kit.desk.people.add_agent("bob", SYSTEM, name="Bob Builder")
    window.session.load()
    ticket_id = ticket_of(kit)
    kept = KeptDraft(
        kind=DraftKind.REPLY,
        agent_id=bob.id,
        ticket_id=ticket_id,
        text="Halo dari Bob",
        html="<p>Halo dari <b>Bob</b></p>",
    )
    kit.desk.drafts.save(kept, Actor(ActorKind.AGENT, bob.id, bob.name))
    open_(window, ticket_id)
    pane = window.inbox.ticket
    (card,) = pane.writing.neighbours.cards
    assert card.accessibleName() == "Bob Builder is writing a reply"
    card.show_text.click()
    assert card._body.isVisible()
    pane.composer.edit.setPlainText("mine")
    card.take.click()
    stage.settle(window)
    assert pane.writing.neighbours.cards == []
    assert pane.composer.edit.toPlainText() == "mine\nHalo dari Bob"
    assert stored(kit, ticket_id).text.startswith("mine")  # type: ignore[union-attr]
    assert kit.desk.drafts.of_ticket(ticket_id, bob.id) == {}
    assert any(one.kind == "DraftTakenOver" for one in kit.events(ticket_id))
