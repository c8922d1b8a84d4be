"""What an agent does in the window, on a real desk."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desk_app.domain.messages.model import Address
from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.plugin_api.channels import SendOutcome, SendReceipt
from desk_app.services.ports.sync import OutboxState
from desk_app.ui.messages.composer_foot import Afterwards, SendOrder
from desk_app.ui.messages.mail_files import safe_filename
from desk_app.ui.messages.why import why_text
from desk_app.ui.preferences import Preferences
from desk_app.ui.session import DeskSession
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.dialogs import PersonQuestion, SplitQuestion, TagsQuestion
from desk_app.ui.tickets.picking import TicketQuestion
from tests.support.desks import DeskKit
from tests.ui import stage


def ticket_of(kit: DeskKit, subject: str) -> int:
    return next(one.id for one in kit.tickets() if one.subject == subject)


def open_(window: MainWindow, ticket_id: int) -> None:
    window.open_ticket(ticket_id)
    stage.settle(window)


def test_the_first_list_and_its_numbers_are_there(window: MainWindow) -> None:
    sidebar = window.inbox.sidebar
    assert window.inbox.list.model.rowCount() == 9
    assert sidebar.items["open"].count == 9
    assert sidebar.items["mine"].count == 1
    assert sidebar.items["quarantine"].isVisible()
    boxes = [view.title for key, view in sidebar.views.items() if key.startswith("mailbox:")]
    assert boxes == ["Support", "Sales"]


def test_in_02_every_list_shows_its_tickets(window: MainWindow) -> None:
    expected = {"mine": 1, "unassigned": 8, "open": 9, "waiting": 0, "closed": 1, "spam": 0, "trash": 0}
    for view_id, count in expected.items():
        window.inbox.sidebar.choose(view_id)
        stage.settle(window)
        assert window.inbox.list.model.rowCount() == count, view_id


def test_keys_move_open_and_resolve(window: MainWindow, kit: DeskKit) -> None:
    table = window.inbox.list.table
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_J)
    stage.settle(window)
    first = window.inbox.ticket.ticket_id
    QTest.keyClick(table, Qt.Key.Key_J)
    stage.settle(window)
    second = window.inbox.ticket.ticket_id
    QTest.keyClick(table, Qt.Key.Key_K)
    stage.settle(window)
    assert first == window.inbox.ticket.ticket_id != second
    QTest.keyClick(table, Qt.Key.Key_E)
    stage.settle(window)
    assert first is not None
    assert kit.status(first) == "resolved"
    assert window.toast.isVisible()


def test_letters_typed_into_the_reply_are_no_commands(window: MainWindow, kit: DeskKit) -> None:
    window.inbox.list.open_first()
    stage.settle(window)
    ticket_id = window.inbox.ticket.ticket_id
    edit = window.inbox.ticket.composer.edit
    window.run_action("ticket.reply")
    QTest.keyClicks(edit, "jeR/?")
    assert edit.toPlainText() == "jeR/?"
    assert window.inbox.ticket.ticket_id == ticket_id


def test_opening_marks_as_read(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    open_(window, ticket_id)
    (row,) = kit.desk.ticket_queries.rows([ticket_id], agent_id=kit.agent.id)
    assert not row.unread
    window.run_action("ticket.unread")
    stage.settle(window)


def test_a_reply_goes_out_through_the_composer(window: MainWindow, kit: DeskKit) -> None:
    kit.arm(undo_seconds=8)
    window.session.load()
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    open_(window, ticket_id)
    composer = window.inbox.ticket.composer
    assert composer.to.addresses == (Address("Budi Santoso", "budi@kopi.example"),)
    composer.edit.insert_clean_html("<p>Halo <b>Budi</b></p>")
    composer.attach("label.pdf", "application/pdf", b"%PDF")
    composer.choose_then("waiting")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    stage.settle(window)
    sent = kit.messages(ticket_id)[-1]
    assert sent.visible_text.startswith("Halo Budi")
    assert [one.filename for one in sent.attachments] == ["label.pdf"]
    assert kit.status(ticket_id) == "waiting"
    assert composer.edit.toPlainText() == ""
    assert window.toast.isVisible()
    assert sent.delivery is not None
    assert sent.delivery.state == "queued"


def test_ui_4_6_undo_brings_the_draft_back(window: MainWindow, kit: DeskKit) -> None:
    kit.arm(undo_seconds=30)
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    open_(window, ticket_id)
    composer = window.inbox.ticket.composer
    composer.edit.setPlainText("not yet")
    composer.submit()
    stage.settle(window)
    item = next(one for one in kit.desk.outbox.tray() if one.ticket_id == ticket_id)
    told: list[bool] = []
    window.inbox.ticket.take_back(item.id, ticket_id, told.append)
    stage.settle(window)
    assert told == [True]
    assert composer.edit.toPlainText().strip() == "not yet"
    assert all(one.ticket_id != ticket_id for one in kit.desk.outbox.tray())


def test_in_09_a_newer_message_stops_the_reply(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    open_(window, ticket_id)
    composer = window.inbox.ticket.composer
    composer.edit.setPlainText("late")
    order = SendOrder(composer.draft(), Afterwards())
    first = kit.messages(ticket_id)[0].internet_id
    wait = stage.letter("Budi", "budi@kopi.example", "Re: Permintaan", "Wait, it is solved!", in_reply_to=first)
    kit.arrive(window.session.facts.accounts[0][0], wait)
    window.inbox.ticket.writing.send(order)
    stage.settle(window)
    assert composer.edit.toPlainText() == "late", "the text stays"
    assert composer.bars.isVisible()
    window.inbox.ticket.writing.send(order, force=True)
    stage.settle(window)
    assert any(one.visible_text.startswith("late") for one in kit.messages(ticket_id))


def test_the_composer_objects_before_it_sends(window: MainWindow, kit: DeskKit) -> None:
    open_(window, ticket_of(kit, "Permintaan pengembalian dana"))
    composer = window.inbox.ticket.composer
    sent: list[object] = []
    composer.sent.connect(lambda *one: sent.append(one))
    composer.submit()
    assert composer.bars.isVisible()
    composer.edit.setPlainText("I attached the label.")
    composer.submit()
    assert not sent
    composer.to.input.setText("nonsense")
    composer.submit()
    assert not sent
    composer.to.input.clear()
    composer.to.set_addresses(())
    composer.submit()
    assert not sent


def test_in_17_a_note_is_yellow_and_never_mailed(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    open_(window, ticket_id)
    composer = window.inbox.ticket.composer
    window.run_action("ticket.note")
    assert composer.property("kind") == "note"
    assert composer.send_button.text().strip() == "Add note"
    composer.edit.setPlainText("only for us")
    composer.submit()
    stage.settle(window)
    note = kit.messages(ticket_id)[-1]
    assert note.kind.value == "internal_note"
    assert note.delivery is None
    assert window.inbox.ticket.thread_view.cards[note.id].property("kind") == "note"


def test_in_17_after_a_note_the_composer_stays_at_notes_until_the_next_ticket(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    open_(window, ticket_id)
    composer = window.inbox.ticket.composer
    window.run_action("ticket.note")
    for words in ("only for us", "and this too"):
        QTest.keyClicks(composer.edit, words)
        QTest.keyClick(composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        stage.settle(window)
    assert [one.kind.value for one in kit.messages(ticket_id)[-2:]] == ["internal_note"] * 2
    assert all(one.ticket_id != ticket_id for one in kit.desk.outbox.tray())
    assert composer.is_note
    open_(window, ticket_of(kit, "Upgrade from Starter to Team plan"))
    assert not composer.is_note


def test_what_is_in_no_trash_is_not_restored(window: MainWindow, kit: DeskKit) -> None:
    open_(window, ticket_of(kit, "Permintaan pengembalian dana"))
    window.run_action("ticket.restore")
    stage.settle(window)
    words = [one.text() for one in window.toast.findChildren(QLabel)]
    assert "This ticket is neither spam nor in the trash." in words
    assert "Restored" not in words


@pytest.mark.parametrize("spam", [True, False])
def test_spam_and_back(window: MainWindow, kit: DeskKit, spam: bool) -> None:
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    kit.desk.tickets.mark_spam([ticket_id], not spam, kit.ann)
    window.acts.mark_spam([ticket_id], spam=spam)
    stage.settle(window)
    assert (kit.ticket(ticket_id).bucket is Bucket.SPAM) == spam


def test_in_32_trash_restore_and_purge(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    open_(window, ticket_id)
    window.run_action("ticket.trash")
    stage.settle(window)
    assert kit.ticket(ticket_id).bucket is Bucket.TRASH
    window.acts.restore([ticket_id])
    stage.settle(window)
    assert kit.ticket(ticket_id).bucket is Bucket.OPEN
    window.acts.purge([ticket_id], "test")
    stage.settle(window)
    assert kit.ticket(ticket_id).bucket is Bucket.OPEN, "only what lies in the trash goes"
    window.acts.trash([ticket_id])
    window.acts.purge([ticket_id], "test")
    stage.settle(window)
    assert kit.desk.conversations.conversation(ticket_id, agent_id=None) is None


def test_assign_status_priority_tags_snooze_from_the_window(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    open_(window, ticket_id)
    window.run_action("ticket.mine")
    for action, words in (("ticket.status", "wait"), ("ticket.priority", "urg")):
        window.run_action(action)
        assert window.palette_layer.isVisible()
        QTest.keyClicks(window.palette_layer.input, words)
        QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    window.acts.tag([ticket_id], ["refund"], [])
    stage.settle(window)
    ticket = kit.ticket(ticket_id)
    assert (ticket.assignee_id, ticket.priority) == (kit.agent.id, Priority.URGENT)
    assert kit.status(ticket_id) == "waiting"
    assert window.inbox.ticket.view is not None
    assert window.inbox.ticket.view.tags == ("refund",)
    window.run_action("ticket.snooze")
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)
    assert kit.ticket(ticket_id).bucket is Bucket.SNOOZED


def test_undo_in_the_toast_goes_back(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    window.acts.set_priority([ticket_id], Priority.HIGH)
    stage.settle(window)
    undo = next(
        one for one in window.toast.findChildren(type(window.inbox.ticket.header.status)) if one.text() == "Undo"
    )
    undo.click()
    stage.settle(window)
    assert kit.ticket(ticket_id).priority is Priority.NORMAL


def test_in_13_in_14_merge_and_take_apart(window: MainWindow, kit: DeskKit) -> None:
    one, other = ticket_of(kit, "Permintaan pengembalian dana"), ticket_of(kit, "Delivery to Surabaya delayed again")
    window.acts.merge([one], other)
    stage.settle(window)
    assert kit.ticket(one).merged_into_id == other
    assert window.inbox.ticket.ticket_id == other
    assert len(kit.messages(other)) == 2
    undo = next(b for b in window.toast.findChildren(type(window.inbox.ticket.header.status)) if b.text() == "Undo")
    undo.click()
    stage.settle(window)
    assert kit.ticket(one).merged_into_id is None


def test_in_15_split_opens_the_new_ticket(window: MainWindow, kit: DeskKit, qtbot: QtBot) -> None:
    maya = ticket_of(kit, "Refund for order #58213 not received")
    open_(window, maya)
    view = window.inbox.ticket.view
    assert view is not None
    question = SplitQuestion(view.messages, view.messages[-1].id, "Receipt", window)
    qtbot.addWidget(question)
    assert question.message_ids == [view.messages[-1].id]
    window.acts.split(maya, question.message_ids, question.subject.text())
    stage.settle(window)
    assert window.inbox.ticket.ticket_id != maya
    assert window.inbox.ticket.header.subject._label.whole_text == "Receipt"


def test_pains_15_one_click_moves_a_message(window: MainWindow, kit: DeskKit) -> None:
    maya, other = ticket_of(kit, "Refund for order #58213 not received"), ticket_of(kit, "Permintaan pengembalian dana")
    message = kit.messages(maya)[-1]
    window.acts.attach_to(message.id, maya, other)
    stage.settle(window)
    assert kit.messages(other)[-1].id == message.id


def test_mb_33_the_original_sender_is_offered_not_guessed(window: MainWindow, kit: DeskKit) -> None:
    forwarded = (
        "FYI\n\n---------- Forwarded message ---------\nFrom: Clara Client <clara@client.example>\n"
        "Date: Fri, 20 Nov 2026\nSubject: Help\nTo: boss@ours.example\n\nPlease help me."
    )
    support = window.session.facts.accounts[0][0]
    kit.arrive(support, stage.letter("Boss", "boss@ours.example", "Fwd: Help", forwarded))
    ticket_id = ticket_of(kit, "Fwd: Help")
    found: list[Address | None] = []
    window.acts.original_sender(ticket_id, kit.messages(ticket_id)[0].id, found.append)
    stage.settle(window)
    assert found == [Address("Clara Client", "clara@client.example")]
    assert kit.ticket(ticket_id).requester_email == "boss@ours.example", "only looked at"
    window.acts.change_requester(ticket_id, Address("Clara Client", "clara@client.example"))
    stage.settle(window)
    assert kit.ticket(ticket_id).requester_email == "clara@client.example"


def test_mb_17_replies_may_leave_from_an_alias(window: MainWindow, kit: DeskKit) -> None:
    support = window.session.facts.accounts[0][0]
    kit.arrive(support, stage.letter("Zoe", "zoe@z.example", "To the alias", "hi", to="help@desk.example"))
    open_(window, ticket_of(kit, "To the alias"))
    assert window.inbox.ticket.composer.from_box.currentText() == "help@desk.example"
    choices = window.inbox.ticket.composer.from_box
    assert {choices.itemText(i) for i in range(choices.count())} >= {"support@desk.example", "sales@desk.example"}


def test_co_16_the_subject_can_be_changed(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    open_(window, ticket_id)
    window.run_action("composer.subject")
    composer = window.inbox.ticket.composer
    assert composer.subject.isVisible()
    composer.subject.setText("Re: Uang kembali")
    composer.edit.setPlainText("ok")
    composer.submit()
    stage.settle(window)
    assert kit.messages(ticket_id)[-1].subject == "Re: Uang kembali"
    subject = window.inbox.ticket.header.subject
    subject.edit()
    subject.input.setText("Uang kembali")
    QTest.keyClick(subject.input, Qt.Key.Key_Return)
    stage.settle(window)
    assert kit.ticket(ticket_id).subject == "Uang kembali"


def test_sr_02_search_shows_hits_and_goes_back(window: MainWindow) -> None:
    window.run_action("list.search")
    box = window.inbox.list.header.search_box
    QTest.keyClicks(box, "from:budi")
    QTest.keyClick(box, Qt.Key.Key_Return)
    stage.settle(window)
    assert window.inbox.list.model.rowCount() == 1
    QTest.keyClick(box, Qt.Key.Key_Escape)
    stage.settle(window)
    assert window.inbox.list.model.rowCount() == 9


def test_ui_4_9_the_palette_opens_a_ticket_by_number(window: MainWindow, kit: DeskKit) -> None:
    number = kit.ticket(ticket_of(kit, "Permintaan pengembalian dana")).number
    window.open_palette()
    QTest.keyClicks(window.palette_layer.input, f"#{number}")
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)
    assert window.inbox.ticket.header.number.text() == f"#{number}"
    assert not window.palette_layer.isVisible()


def test_several_tickets_at_once(window: MainWindow, kit: DeskKit) -> None:
    pane = window.inbox.list
    pane.open_first()
    pane.step(1, extend=True)
    pane.step(1, extend=True)
    stage.settle(window)
    assert len(window.selected_ticket_ids()) == 3
    assert pane.header.bulk_bar.isVisible()
    chosen = window.selected_ticket_ids()
    window.run_action("ticket.resolve")
    stage.settle(window)
    assert {kit.status(one) for one in chosen} == {"resolved"}
    assert pane.model.rowCount() == 6


def test_new_mail_appears_by_itself_without_a_jump(window: MainWindow, kit: DeskKit) -> None:
    pane = window.inbox.list
    pane.step(1)
    pane.step(1)
    stage.settle(window)
    here, selected = window.inbox.ticket.ticket_id, pane.selected_ids()
    kit.arrive(window.session.facts.accounts[0][0], stage.letter("New", "new@n.example", "Brand new", "hello"))
    assert stage.pump(lambda: pane.model.rowCount() == 10), "the change feed brought nothing"
    stage.settle(window)
    assert window.inbox.ticket.ticket_id == here
    assert pane.selected_ids() == selected
    assert window.inbox.sidebar.items["open"].count == 10


def test_a_ticket_resolved_elsewhere_stays_open_beside_the_list(window: MainWindow, kit: DeskKit) -> None:
    window.inbox.list.open_first()
    stage.settle(window)
    ticket_id = window.inbox.ticket.ticket_id
    assert ticket_id is not None
    kit.desk.tickets.set_status([ticket_id], "resolved", kit.ann)
    assert stage.pump(lambda: window.inbox.list.model.rowCount() == 8)
    stage.settle(window)
    assert window.inbox.ticket.ticket_id == ticket_id


def test_co_13_the_outbox_shows_what_waits_and_lets_it_go(window: MainWindow, kit: DeskKit) -> None:
    window.show_page("outbox")
    stage.settle(window)
    page = window.page("outbox")
    assert page is not None
    texts = [one.text() for one in page.findChildren(QLabel)]
    assert any("Held" in text for text in texts)
    window.mail.arm()
    stage.settle(window)
    assert window.session.facts.settings.outgoing_armed
    assert stage.pump(page.release_all.isEnabled)  # type: ignore[attr-defined]
    page.release_all.click()  # type: ignore[attr-defined]
    stage.settle(window)
    assert [one.state for one in kit.desk.outbox.tray()] == [OutboxState.QUEUED]
    window.mail.disarm()
    stage.settle(window)
    assert [one.state for one in kit.desk.outbox.tray()] == [OutboxState.HELD]


def test_an_unclear_outcome_asks_a_person(window: MainWindow, kit: DeskKit) -> None:
    kit.arm()
    ticket_id = ticket_of(kit, "Permintaan pengembalian dana")
    support = window.session.facts.accounts[0][0]
    kit.server(support).outcomes.append(SendReceipt(SendOutcome.UNKNOWN, "connection lost"))
    kit.reply(ticket_id, "did it leave?")
    kit.desk.outbox.send_due()
    open_(window, ticket_id)
    message = kit.messages(ticket_id)[-1]
    assert message.delivery is not None
    assert message.delivery.state == "unknown"
    card = window.inbox.ticket.thread_view.cards[message.id]
    assert any("nobody knows whether it left" in one.text() for one in card.findChildren(QLabel))
    window.inbox.ticket.card_acts.decide_delivery(message, "sent")
    stage.settle(window)
    assert kit.messages(ticket_id)[-1].delivery.state == "sent"  # type: ignore[union-attr]


def test_mb_12_quarantine_shows_source_and_retries(window: MainWindow, kit: DeskKit) -> None:
    window.show_page("quarantine")
    stage.settle(window)
    page = window.page("quarantine")
    (item,) = kit.desk.quarantine.list()
    said = {one.text() for one in page.findChildren(QLabel)}  # type: ignore[union-attr]
    assert "The mail cannot be read." in said, "in everyday words"
    assert any(one.endswith(" · 1 attempt · RuntimeError") for one in said), "the fault's name stands with the facts"
    page.show_source(item.id)  # type: ignore[union-attr]
    stage.settle(window)
    from desk_app.ui.messages.source_view import SourceDialog

    (dialog,) = page.findChildren(SourceDialog)  # type: ignore[union-attr]
    assert "X-Break-The-Reader" in dialog.view.toPlainText()
    dialog.close()
    page.retry([item.id])  # type: ignore[union-attr]
    stage.settle(window)
    assert kit.desk.quarantine.list()[0].attempts == 2


def test_every_message_tells_why_it_is_here(window: MainWindow, kit: DeskKit) -> None:
    for message in kit.messages(ticket_of(kit, "Refund for order #58213 not received")):
        lines = why_text(message)
        assert lines
        assert lines[0]


def test_in_23_quotes_are_folded_and_come_back(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = ticket_of(kit, "Refund for order #58213 not received")
    open_(window, ticket_id)
    card = window.inbox.ticket.thread_view.cards[kit.messages(ticket_id)[-1].id]
    assert "sorry for the wait" not in card.body.toPlainText()
    card._show_folded(True)
    assert card.folded is not None
    assert "sorry for the wait" in card.folded.toPlainText()


def test_attachments_are_saved_as_they_came(window: MainWindow, kit: DeskKit, tmp_path: Path) -> None:
    ticket_id = ticket_of(kit, "Refund for order #58213 not received")
    attachment = kit.messages(ticket_id)[-1].attachments[0]
    saved: list[int] = []
    window.inbox.ticket.files.save(attachment, tmp_path / "x.pdf", lambda: saved.append(1))
    stage.settle(window)
    assert saved == [1]
    assert (tmp_path / "x.pdf").read_bytes() == b"%PDF-1.4 receipt" * 1200


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\\b:c.txt", "a_b_c.txt"),
        ("con.txt", "_con.txt"),
        ("", "attachment"),
        ("図" * 90 + ".pdf", "図" * 65 + ".pdf"),
        ("x" * 300 + ".txt", "x" * 196 + ".txt"),
        ("\udcff.txt", "txt"),
    ],
)
def test_attachment_names_cannot_leave_their_folder(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


def test_a_full_disk_leaves_the_file_that_was_there(
    window: MainWindow, kit: DeskKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attachment = kit.messages(ticket_of(kit, "Refund for order #58213 not received"))[-1].attachments[0]
    target = tmp_path / "receipt.pdf"
    target.write_bytes(b"what was there")
    whole = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        whole(path, content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    saved: list[int] = []
    window.inbox.ticket.files.save(attachment, target, lambda: saved.append(1))
    stage.settle(window)
    assert saved == []
    assert [one.name for one in tmp_path.iterdir() if "receipt" in one.name] == ["receipt.pdf"]
    assert target.read_bytes() == b"what was there"
    assert window.toast.cards, "it is told"


def test_deceptive_links_ask_first(window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch) -> None:
    from desk_app.ui.messages import card_acts

    went: list[str] = []
    monkeypatch.setattr(card_acts, "_open_in_browser", went.append)
    html = (
        '<p><a href="https://evil.example/x">https://bank.example</a> <a href="https://ok.example">ok.example</a></p>'
    )
    support = window.session.facts.accounts[0][0]
    kit.arrive(support, stage.letter("Eve", "eve@e.example", "Link", "x", html=html))
    ticket_id = ticket_of(kit, "Link")
    open_(window, ticket_id)
    message = window.inbox.ticket.view.messages[0]  # type: ignore[union-attr]
    assert message.deceptive_links
    window.inbox.ticket.card_acts.open_link(message, "https://evil.example/x")
    assert went == []
    window.inbox.ticket.card_acts.open_link(message, "https://ok.example")
    assert went == ["https://ok.example"]
    window.inbox.ticket.card_acts.open_link(message, "file:///etc/passwd")
    assert went == ["https://ok.example"]
    for dialog in window.inbox.ticket.findChildren(PersonQuestion.__base__):  # type: ignore[arg-type]
        dialog.reject()


def test_in_25_remote_images_come_only_when_asked(window: MainWindow, kit: DeskKit) -> None:
    asked: list[object] = []

    def fetch(addresses: object) -> dict[int, bytes]:
        asked.append(addresses)
        return {0: stage.PIXEL}

    window.inbox.ticket.card_acts._fetch = fetch
    html = '<p>news</p><img src="https://shop.example/a.png" width="300" height="200">'
    kit.arrive(window.session.facts.accounts[0][0], stage.letter("Shop", "shop@s.example", "News", "x", html=html))
    ticket_id = ticket_of(kit, "News")
    open_(window, ticket_id)
    (card,) = window.inbox.ticket.thread_view.cards.values()
    assert asked == []
    assert all(not address.startswith("http") for address in card.body.asked)
    card.images_asked.emit(card.message, False)
    stage.settle(window)
    assert asked == [("https://shop.example/a.png",)]
    assert card.body._images == {"remote:0": stage.PIXEL}


def test_in_25_pictures_of_a_sender_are_shown_for_good_once_allowed(window: MainWindow, kit: DeskKit) -> None:
    asked: list[object] = []

    def fetch(addresses: object) -> dict[int, bytes]:
        asked.append(addresses)
        return {0: stage.PIXEL}

    window.inbox.ticket.card_acts._fetch = fetch  # type: ignore[assignment]
    box = window.session.facts.accounts[0][0]
    for number, sender in ((1, "shop@s.example"), (2, "shop@s.example"), (3, "other@s.example")):
        html = f'<p>news</p><img src="https://shop.example/{number}.png" width="300" height="200">'
        kit.arrive(box, stage.letter("Shop", sender, f"News {number}", "x", html=html))
    open_(window, ticket_of(kit, "News 1"))
    (card,) = window.inbox.ticket.thread_view.cards.values()
    choice = next(one for one in card.findChildren(QPushButton) if "Always" in one.text())
    QTest.mouseClick(choice, Qt.MouseButton.LeftButton)
    stage.settle(window)
    assert kit.desk.image_permissions.all() == ["shop@s.example"]
    open_(window, ticket_of(kit, "News 2"))
    stage.settle(window)
    assert asked == [("https://shop.example/1.png",), ("https://shop.example/2.png",)]
    open_(window, ticket_of(kit, "News 3"))
    assert len(asked) == 2


def test_in_24_pictures_inside_the_mail_are_shown(window: MainWindow, kit: DeskKit) -> None:
    html = '<p>see</p><img src="cid:picture@shop" width="60" height="60">'
    raw = stage.letter("Pia", "pia@p.example", "Picture", "see", html=html, picture=stage.PIXEL)
    kit.arrive(window.session.facts.accounts[0][0], raw)
    ticket_id = ticket_of(kit, "Picture")
    open_(window, ticket_id)
    (card,) = window.inbox.ticket.thread_view.cards.values()
    assert card.body._images == {"cid:picture@shop": stage.PIXEL}


def test_questions_know_when_they_can_be_answered(window: MainWindow, kit: DeskKit, qtbot: QtBot) -> None:
    person = PersonQuestion("Who", "Ok", None, window)
    qtbot.addWidget(person)
    assert not person.yes.isEnabled()
    person.email.setText("a@b.example")
    assert person.yes.isEnabled()
    tags = TagsQuestion(("old",), window.session, window)
    qtbot.addWidget(tags)
    tags.line.setText("New, other thing")
    assert tags.change == (["new", "other thing"], ["old"])
    stage.settle(window)
    assert list(tags.offered) == ["refund", "vip"]
    tags.offered["vip"].click()
    assert tags.line.text() == "new, other thing, vip"
    assert tags.offered["vip"].isChecked()
    tags.line.setText("VIP, refund")
    assert all(one.isChecked() for one in tags.offered.values())
    tags.offered["vip"].setChecked(False)
    assert tags.change == (["refund"], ["old"])
    ticket = TicketQuestion(window.session, "Which", "Ok", [], window)
    qtbot.addWidget(ticket)
    ticket.box.setText("Surabaya")
    stage.settle(window)
    assert ticket.chosen == ticket_of(kit, "Delivery to Surabaya delayed again")


def test_sizes_and_list_are_remembered(kit: DeskKit, settings: QSettings, qapp: QApplication) -> None:
    from tests.ui.conftest import close

    stage.believable(kit)
    window = stage.open_window(kit, settings)
    window.inbox.sidebar.choose("closed")
    stage.settle(window)
    close(window)
    assert "password" not in Path(settings.fileName()).read_text(encoding="utf-8").lower()
    again = stage.open_window(kit, settings)
    assert again.inbox.list.view is not None
    assert again.inbox.list.view.id == "closed"
    close(again)


def test_a_new_window_is_never_larger_than_the_screen(kit: DeskKit, settings: QSettings, qapp: QApplication) -> None:
    from tests.ui.conftest import close

    window = MainWindow(DeskSession(kit.desk, kit.agent), Preferences(settings))
    room = window.screen().availableGeometry()
    assert room.width() < 1440, "a small screen"
    window.appear()
    assert window.isMaximized()
    assert window.size() == room.size()
    window.showNormal()
    window.setGeometry(10, 20, 700, 600)
    close(window)
    again = MainWindow(DeskSession(kit.desk, kit.agent), Preferences(settings))
    again.appear()
    assert not again.isMaximized()
    assert again.size() == QSize(700, 600)
    close(again)


def test_a_failing_service_becomes_a_readable_message(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    window.session.work.run(broken, owner=window)
    stage.settle(window)
    assert window.toast.isVisible()
    assert "That did not work" in window.toast.text
    assert "secret detail" not in window.toast.text
