"""The composer asks once, calmly, before something unusual leaves (CO-09, CO-11, IN-09)."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QTextCursor, QTextFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.model import Address
from desk_app.ui.messages import composer_files
from desk_app.ui.messages.composer import Composer
from desk_app.ui.messages.composer_foot import Afterwards
from desk_app.ui.messages.composer_guards import ConfirmBar
from desk_app.ui.messages.composer_later import LaterQuestion
from desk_app.ui.messages.link_box import LinkBox, ask_link, link_target
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.theme import theme
from tests.support.desks import DeskKit
from tests.ui import stage

CTRL = Qt.KeyboardModifier.ControlModifier


def begin(window: MainWindow, kit: DeskKit) -> tuple[Composer, int, list[object]]:
    ticket_id = next(one.id for one in kit.tickets() if one.subject == "Permintaan pengembalian dana")
    window.open_ticket(ticket_id)
    stage.settle(window)
    composer = window.inbox.ticket.composer
    sent: list[object] = []
    composer.sent.connect(sent.append)
    return composer, ticket_id, sent


def bar_of(composer: Composer) -> ConfirmBar | None:
    return next((one for one in composer.bars.findChildren(ConfirmBar) if one.isVisible()), None)


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
    assert any("Wait, it is solved!" in one.text() for one in bar.findChildren(QLabel)), "the difference is shown"
    bar.back.click()
    assert composer.edit.toPlainText() == "late"
    composer.submit()
    stage.settle(window)
    assert kit.messages(ticket_id)[-1].visible_text.startswith("late")


def test_ctrl_return_waits_until_the_recipients_are_known(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = next(one.id for one in kit.tickets() if one.subject == "Permintaan pengembalian dana")
    composer = window.inbox.ticket.composer
    window.open_ticket(ticket_id)
    assert stage.pump(lambda: composer.ticket_id == ticket_id)
    composer.start = None
    composer.to.set_addresses(())
    composer.edit.setPlainText("Baik, segera kami proses.")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    assert composer.bars.isVisible(), "it says what it waits for"
    window.inbox.ticket.writing.begin()
    stage.settle(window)
    assert kit.messages(ticket_id)[-1].visible_text.startswith("Baik")
    assert not composer.bars.isVisible()


def test_co_10_the_key_sends_from_every_part_of_the_composer(window: MainWindow, kit: DeskKit) -> None:
    composer, _ticket_id, sent = begin(window, kit)
    composer.edit.setPlainText("Baik.")
    composer.show_subject()
    for place in (composer.to.input, composer.subject, composer.foot.send_more, composer.tear):
        place.setFocus()
        QTest.keyClick(place, Qt.Key.Key_Return, CTRL)
        assert len(sent) == 1, place
        sent.clear()
        stage.settle(window)
        composer.edit.setPlainText("Baik.")


def test_a_warning_goes_when_it_is_put_right(window: MainWindow, kit: DeskKit) -> None:
    composer, _ticket_id, sent = begin(window, kit)
    composer.edit.setPlainText("The label is attached.")
    composer.submit()
    assert bar_of(composer) is not None
    composer.files.add("label.pdf", "application/pdf", b"%PDF-1.7")
    assert bar_of(composer) is None

    composer.files.set_files(())
    composer.edit.setPlainText("Dear {{name}}, the labels are enclosed.")
    composer.submit()
    assert not sent
    composer.files.add("label.pdf", "application/pdf", b"%PDF-1.7")
    stage.settle(window)
    left = bar_of(composer)
    assert left is not None
    words = " ".join(one.text() for one in left.findChildren(QLabel))
    assert "{{name}}" in words
    assert "enclosed" not in words
    left.go_on.click()
    assert len(sent) == 1


def test_what_is_typed_before_the_draft_is_read_stays(window: MainWindow, kit: DeskKit) -> None:
    composer, ticket_id, _sent = begin(window, kit)
    composer.edit.setPlainText("kept earlier")
    window.inbox.ticket.drafts.flush()
    stage.settle(window)
    composer.reset(ticket_id)
    composer.edit.setPlainText("typed meanwhile")
    window.inbox.ticket.writing.begin()
    stage.settle(window)
    assert composer.edit.toPlainText() == "kept earlier\ntyped meanwhile"


def test_co_10_one_key_sends_resolves_and_goes_to_the_next(window: MainWindow, kit: DeskKit) -> None:
    window.inbox.list.open_first()
    stage.settle(window)
    first = window.inbox.ticket.ticket_id
    composer = window.inbox.ticket.composer
    composer.edit.setPlainText("Done.")
    composer.foot.set_then(Afterwards(assign_to=kit.agent.id))
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL | Qt.KeyboardModifier.AltModifier)
    stage.settle(window)
    assert first is not None
    assert kit.status(first) == "resolved"
    assert kit.ticket(first).assignee_id == kit.agent.id
    assert window.inbox.ticket.ticket_id not in {None, first}


def test_a_link_is_asked_for_beside_the_text(window: MainWindow, kit: DeskKit) -> None:
    composer, _ticket_id, _sent = begin(window, kit)
    composer.edit.setPlainText("page")
    composer.edit.selectAll()
    QTest.keyClick(composer.edit, Qt.Key.Key_K, CTRL | Qt.KeyboardModifier.ShiftModifier)
    box = next(one for one in window.findChildren(LinkBox) if one.isVisible())
    assert box.words.text() == "page"
    box.address.setText("java script")
    QTest.keyClick(box.address, Qt.Key.Key_Return)
    assert box.isVisible(), "that is no address"
    box.address.setText("x.example/a")
    QTest.keyClick(box.address, Qt.Key.Key_Return)
    assert '<a href="https://x.example/a">page</a>' in composer.draft().html
    ask_link(composer.edit)
    box = next(one for one in window.findChildren(LinkBox) if one.isVisible())
    QTest.keyClick(box.address, Qt.Key.Key_Escape)
    assert not box.isVisible()
    assert composer.edit.hasFocus()


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("x.example/a?b=c", "https://x.example/a?b=c"),
        ("http://x.example", "http://x.example"),
        ("ann@x.example", "mailto:ann@x.example"),
        ("tel:+62 1", ""),
        ("tel:+621", "tel:+621"),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("word", ""),
    ],
)
def test_what_can_be_a_link(typed: str, target: str) -> None:
    assert link_target(typed) == target


def test_in_18_a_message_is_passed_on_and_taken_back(window: MainWindow, kit: DeskKit) -> None:
    kit.arm(undo_seconds=30)
    ticket_id = next(one.id for one in kit.tickets() if one.subject.startswith("Warranty claim"))
    window.open_ticket(ticket_id)
    stage.settle(window)
    composer = window.inbox.ticket.composer
    composer.edit.setPlainText("for the customer")
    window.run_action("ticket.forward")
    stage.settle(window)
    assert composer.kind is DraftKind.FORWARD
    assert [one.filename for one in composer.files.files] == ["screen.png"], "the original's files go along"
    assert composer.to.addresses == ()
    assert composer.to.input.hasFocus()
    composer.submit()
    assert composer.bars.isVisible(), "somebody must get it"
    composer.to.add([Address("", "workshop@repair.example")])
    composer.edit.setPlainText("Can you repair this?")
    assert composer.draft().text == "for the customer", "the answer is another text"
    window.inbox.ticket.drafts.flush()
    stage.settle(window)
    assert DraftKind.FORWARD in kit.desk.drafts.of_ticket(ticket_id, kit.agent.id)
    composer.submit()
    stage.settle(window)
    sent = kit.messages(ticket_id)[-1]
    assert sent.side_conversation_id is not None
    assert [one.email for one in sent.to] == ["workshop@repair.example"]
    assert composer.kind is DraftKind.REPLY
    assert composer.edit.toPlainText() == "for the customer"
    item = next(one for one in kit.desk.outbox.tray() if one.ticket_id == ticket_id)
    told: list[bool] = []
    window.inbox.ticket.take_back(item.id, ticket_id, told.append, aside=True)
    stage.settle(window)
    assert told == [True]
    assert composer.kind is DraftKind.FORWARD
    assert composer.edit.toPlainText() == "Can you repair this?"
    assert [one.email for one in composer.to.addresses] == ["workshop@repair.example"]


def test_in_18_forward_goes_on_with_what_was_begun(window: MainWindow, kit: DeskKit) -> None:
    window.open_ticket(next(one.id for one in kit.tickets() if one.subject.startswith("Warranty claim")))
    stage.settle(window)
    composer = window.inbox.ticket.composer
    window.run_action("ticket.forward")
    stage.settle(window)
    composer.to.add([Address("", "workshop@repair.example")])
    composer.files.add("list.txt", "text/plain", b"parts")
    composer.set_kind(DraftKind.REPLY)
    window.run_action("ticket.forward")
    stage.settle(window)
    assert composer.kind is DraftKind.FORWARD
    assert [one.email for one in composer.to.addresses] == ["workshop@repair.example"]
    assert [one.filename for one in composer.files.files] == ["screen.png", "list.txt"]


def test_co_03_a_mail_for_later_waits_unless_the_customer_writes(window: MainWindow, kit: DeskKit) -> None:
    composer, ticket_id, _sent = begin(window, kit)
    composer.edit.setPlainText("Baik, nanti.")
    window.run_action("composer.later")
    question = window.findChild(LaterQuestion)
    assert question is not None
    assert question.moment > datetime.now().astimezone()
    question.unless.setChecked(True)
    chosen = question.moment
    question.yes.click()
    stage.settle(window)
    (item,) = [one for one in kit.desk.outbox.tray() if one.ticket_id == ticket_id]
    assert item.cancel_on_reply
    assert abs((item.send_after_at - chosen).total_seconds()) < 2


def test_co_01_plain_text_for_one_reply_and_for_every_one(window: MainWindow, kit: DeskKit) -> None:
    composer, ticket_id, _sent = begin(window, kit)
    composer.edit.insert_clean_html("<p>Halo <b>Budi</b></p>")
    window.run_action("composer.plain")
    assert composer.draft().html == ""
    composer.submit()
    stage.settle(window)
    assert kit.messages(ticket_id)[-1].visible_text.startswith("Halo Budi")
    assert not composer.plain, "only for that one"
    composer.plain_default_asked.emit(True)
    stage.settle(window)
    window.open_ticket(next(one.id for one in kit.tickets() if one.id != ticket_id))
    stage.settle(window)
    assert composer.plain
    assert kit.desk.choices.get(kit.agent.id, "writing.plain") is True


def test_co_11_too_much_is_not_even_attached(window: MainWindow, kit: DeskKit, tmp_path: Path) -> None:
    composer, _ticket_id, _sent = begin(window, kit)
    (tmp_path / "small.txt").write_text("x")
    big = tmp_path / "big.iso"
    with big.open("wb") as file:
        file.truncate(26 * 1024 * 1024)
    composer.attach_files([tmp_path / "small.txt", tmp_path, big])
    stage.settle(window)
    assert [one.filename for one in composer.files.files] == ["small.txt"]
    assert composer.bars.isVisible()
    composer.files.findChildren(QPushButton)[0].click()
    assert composer.files.files == ()


def test_co_11_a_slow_disk_delays_nobody_and_no_mail_leaves_without_its_file(
    window: MainWindow, kit: DeskKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    composer, ticket_id, sent = begin(window, kit)
    other = next(one.id for one in kit.tickets() if one.id != ticket_id)
    spins = threading.Event()
    read = composer_files._content

    def slowly(path: Path, room: int) -> bytes | None:
        assert spins.wait(10)
        return read(path, room)

    monkeypatch.setattr(composer_files, "_content", slowly)
    (tmp_path / "slow.txt").write_text("here it is")
    composer.insert_text("The file you asked for")
    composer.attach_files([tmp_path / "slow.txt"])
    assert "slow.txt" in composer.files.findChildren(QPushButton)[0].text(), "shown at once"
    assert composer.files.files == ()
    composer.submit()
    assert sent == []
    assert composer.bars.isVisible()
    spins.set()
    stage.settle(window)
    assert [(one.filename, one.content) for one in sent[0].draft.attachments] == [("slow.txt", b"here it is")]  # type: ignore[attr-defined]

    composer.insert_text("Once more")
    composer.attach_files([tmp_path / "gone.txt"])
    composer.submit()
    stage.settle(window)
    assert len(sent) == 1, "what could not be read keeps the mail back"
    assert "gone.txt" in " ".join(one.text() for one in composer.bars.findChildren(QLabel))

    spins.clear()
    composer.attach_files([tmp_path / "slow.txt"])
    composer.submit()
    composer.files.findChildren(QPushButton)[-1].click()
    assert composer.files.being_read == ()
    assert not composer.bars.isVisible()
    spins.set()
    stage.settle(window)
    assert len(sent) == 1, "a file that is taken out does not send the mail"

    spins.clear()
    composer.attach_files([tmp_path / "slow.txt"])
    window.open_ticket(other)
    assert stage.pump(lambda: composer.ticket_id == other)
    assert "slow.txt" in window.toast.text
    spins.set()
    stage.settle(window)
    assert composer.files.files == (), "no file of one customer goes to another"


def test_what_is_written_follows_the_colours(window: MainWindow, kit: DeskKit) -> None:
    composer, _ticket_id, _sent = begin(window, kit)
    edit = composer.edit

    def colour_at(place: int) -> QColor:
        cursor = QTextCursor(edit.document())
        cursor.setPosition(place)
        fmt = cursor.charFormat()
        own = fmt.hasProperty(QTextFormat.Property.ForegroundBrush)
        return fmt.foreground().color() if own else edit.palette().text().color()

    edit.setFocus()
    QTest.keyClicks(edit, "Dear ")
    edit.insert_clean_html('<p>see <a href="https://shop.example">the shop</a></p>')
    composer.set_kind(DraftKind.NOTE)
    composer.set_kind(DraftKind.REPLY)
    theme().apply("dark")
    assert colour_at(2) == theme().colour("text_primary")
    assert colour_at(12) == theme().colour("accent_text")
    assert edit.toPlainText() == "Dear see the shop"
    composer.set_kind(DraftKind.NOTE)
    QTest.keyClicks(edit, "only us")
    assert colour_at(2) == theme().colour("text_primary")
    theme().apply("light")
    assert colour_at(2) == theme().colour("text_primary")
    edit.undo()
    assert edit.toPlainText() == "", "the colours are no step of their own"


def test_a_box_beside_the_text_closes_when_somebody_turns_elsewhere(window: MainWindow, kit: DeskKit) -> None:
    composer, _ticket_id, _sent = begin(window, kit)
    composer.edit.setFocus()
    ask_link(composer.edit)
    box = window.findChild(LinkBox)
    assert box is not None
    box.words.setFocus()
    stage.settle(window)
    assert box.isVisible(), "inside the box one goes on"
    window.inbox.list.table.setFocus()
    assert stage.pump(lambda: not shiboken6.isValid(box) or not box.isVisible())
    assert window.inbox.list.table.hasFocus()
