"""Nothing written is lost, sent twice or sent to somebody else, whatever is slow or fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont, QKeyEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.domain.messages.model import Address, Direction, MessageKind
from desk_app.services.ports.errors import DatabaseUnavailableError
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.ticket_window import TicketWindow
from tests.support.desks import DeskKit
from tests.ui import stage

BUDI, OMAR = "Permintaan pengembalian dana", "Upgrade from Starter to Team plan"
CTRL = Qt.KeyboardModifier.ControlModifier


def ticket_of(kit: DeskKit, subject: str) -> int:
    return next(one.id for one in kit.tickets() if one.subject == subject)


def open_(window: MainWindow, ticket_id: int) -> None:
    window.open_ticket(ticket_id)
    stage.settle(window)


def stored(kit: DeskKit, ticket_id: int, kind: DraftKind = DraftKind.REPLY) -> KeptDraft | None:
    return kit.desk.drafts.of_ticket(ticket_id, kit.agent.id).get(kind)


def away(*_args: object, **_options: object) -> Any:
    raise DatabaseUnavailableError("The server is away.", "Wait.")


def held_up(monkeypatch: pytest.MonkeyPatch, service: object, name: str, then: Callable[..., Any] | None = None) -> Any:
    """Let a command of a service wait until the returned event is set; `then` is done in its place."""
    go_on, call = threading.Event(), getattr(service, name)

    def wait(*args: object, **options: object) -> object:
        assert go_on.wait(stage.PATIENCE_SECONDS)
        return (then or call)(*args, **options)

    monkeypatch.setattr(service, name, wait)
    return go_on


def test_a_ticket_that_cannot_be_read_says_so_and_is_never_answered_in_the_composer_of_another_one(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other, pane = ticket_of(kit, BUDI), ticket_of(kit, OMAR), window.inbox.ticket
    open_(window, here)
    pane.composer.edit.setPlainText("Baik")
    with monkeypatch.context() as broken:
        broken.setattr(kit.desk.conversations, "conversation", away)
        open_(window, other)
        assert pane.view is None
        words = [one.text() for one in pane.findChildren(QLabel) if one.isVisible()]
        assert "This ticket cannot be read." in words
        assert not pane.composer.isVisible()
    window.session.refresh_all()
    stage.settle(window)
    assert pane.view is not None
    assert pane.view.ticket.id == pane.composer.ticket_id == other
    assert [one.email for one in pane.composer.to.addresses] == ["omar@farouk.example"]
    assert pane.composer.edit.toPlainText() == ""
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text == "Baik"


def test_a_ticket_that_could_not_be_read_is_read_again_when_it_is_asked_for_again(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, pane = ticket_of(kit, OMAR), window.inbox.ticket
    with monkeypatch.context() as broken:
        broken.setattr(kit.desk.conversations, "conversation", away)
        open_(window, other)
        again = next(one for one in pane.findChildren(QPushButton) if one.isVisible() and one.text() == "Try again")
        again.click()
        stage.settle(window)
        assert pane.view is None
    open_(window, other)
    assert pane.view is not None
    assert pane.composer.ticket_id == other


def test_a_window_of_a_ticket_that_cannot_be_read_stays(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(kit.desk.conversations, "conversation", away)
        apart: TicketWindow = window.ticket_windows.open(ticket_of(kit, OMAR))
        stage.settle(window)
        assert apart.isVisible()
    window.session.refresh_all()
    assert stage.pump(lambda: "Upgrade" in apart.windowTitle())
    apart.close()


def test_a_draft_that_cannot_be_stored_waits_while_other_tickets_are_read(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other, pane = ticket_of(kit, BUDI), ticket_of(kit, OMAR), window.inbox.ticket
    open_(window, here)
    with monkeypatch.context() as broken:
        broken.setattr(kit.desk.drafts, "save", away)
        pane.composer.edit.setPlainText("an hour of work")
        open_(window, other)
        open_(window, here)
        assert pane.composer.edit.toPlainText() == "an hour of work"
        open_(window, other)
    window.session.refresh_all()
    stage.settle(window)
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text == "an hour of work"


def test_recipients_that_cannot_be_looked_up_are_looked_up_again(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, composer = ticket_of(kit, BUDI), window.inbox.ticket.composer
    with monkeypatch.context() as broken:
        broken.setattr(kit.desk.replies, "start", away)
        open_(window, here)
        assert composer.start is None
        again = next(one for one in composer.bars.findChildren(QPushButton) if one.text() == "Try again")
    again.click()
    stage.settle(window)
    assert composer.start is not None
    assert not composer.bars.isVisible()
    with monkeypatch.context() as broken:
        broken.setattr(kit.desk.replies, "start", away)
        open_(window, ticket_of(kit, OMAR))
        assert composer.start is None
    window.session.refresh_all()
    stage.settle(window)
    assert [one.email for one in composer.to.addresses] == ["omar@farouk.example"]


def test_pressing_twice_sends_once(window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch) -> None:
    here, composer = ticket_of(kit, BUDI), window.inbox.ticket.composer
    open_(window, here)
    go_on = held_up(monkeypatch, kit.desk.replies, "send")
    composer.edit.setPlainText("Baik, segera kami proses.")
    for _ in range(3):
        QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    go_on.set()
    stage.settle(window)
    assert sum(one.direction is Direction.OUTBOUND for one in kit.messages(here)) == 1
    held_down = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, CTRL, "", autorep=True)
    QApplication.sendEvent(composer.edit, held_down)
    assert not composer.bars.isVisible(), "nor is the next text asked for while the key is held down"
    go_on = held_up(monkeypatch, kit.desk.replies, "note")
    composer.set_note(on=True)
    composer.edit.setPlainText("Paket rusak.")
    for _ in range(3):
        QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    go_on.set()
    stage.settle(window)
    assert sum(one.kind is MessageKind.INTERNAL_NOTE for one in kit.messages(here)) == 1


@pytest.mark.parametrize(("command", "kind"), [("send", DraftKind.REPLY), ("note", DraftKind.NOTE)])
def test_what_is_typed_after_send_stays(
    command: str, kind: DraftKind, window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, composer = ticket_of(kit, BUDI), window.inbox.ticket.composer
    open_(window, here)
    go_on = held_up(monkeypatch, kit.desk.replies, command)
    composer.set_note(on=kind is DraftKind.NOTE)
    composer.edit.setPlainText("Baik \U0001f642, segera.")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    composer.edit.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(composer.edit, " One more thing")
    go_on.set()
    stage.settle(window)
    assert kit.messages(here)[-1].visible_text.strip() == "Baik \U0001f642, segera."
    composer.set_note(on=kind is DraftKind.NOTE)
    assert composer.edit.toPlainText().strip() == "One more thing"
    assert stage.pump(lambda: (kept := stored(kit, here, kind)) is not None and kept.text.strip() == "One more thing")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    stage.settle(window)
    assert kit.messages(here)[-1].visible_text.strip() == "One more thing"
    assert not composer.bars.isVisible(), "one's own reply is no news"


@pytest.mark.parametrize("back", [True, False])
@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize(
    ("service", "command", "kind"),
    [
        ("replies", "send", DraftKind.REPLY),
        ("replies", "note", DraftKind.NOTE),
        ("side_conversations", "send", DraftKind.FORWARD),
    ],
)
def test_what_is_typed_after_send_stays_with_its_ticket_though_the_agent_moved_on(
    service: str,
    command: str,
    kind: DraftKind,
    sent: bool,
    back: bool,
    window: MainWindow,
    kit: DeskKit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, other, composer = ticket_of(kit, BUDI), ticket_of(kit, OMAR), window.inbox.ticket.composer
    open_(window, here)
    if kind is DraftKind.FORWARD:
        begin_forward(window, "")
    composer.set_kind(kind)
    composer.edit.setPlainText("Baik.")
    go_on = held_up(monkeypatch, getattr(kit.desk, service), command, None if sent else away)
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    composer.edit.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(composer.edit, " One more thing")
    window.open_ticket(other)
    assert stage.pump(lambda: composer.ticket_id == other and composer.start is not None)
    if back:
        window.open_ticket(here)
        assert stage.pump(lambda: composer.texts.document(kind).toPlainText() == "Baik. One more thing")
    go_on.set()
    stage.settle(window)
    if back:
        window.inbox.ticket.drafts.flush()
        stage.settle(window)
    assert kit.messages(here)[-1].visible_text.strip().endswith("Baik.") is sent
    kept = stored(kit, here, kind)
    assert kept is not None
    assert kept.text.strip() == ("One more thing" if sent else "Baik. One more thing")
    assert stored(kit, other, kind) is None
    open_(window, here)
    composer.set_kind(kind)
    assert composer.edit.toPlainText().strip() == kept.text.strip()


@pytest.mark.parametrize("typed_at_once", ["", "And ", "And one "])
def test_what_is_typed_while_the_next_reply_is_looked_up_keeps_its_order(
    typed_at_once: str, window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, composer = ticket_of(kit, BUDI), window.inbox.ticket.composer
    open_(window, here)
    composer.edit.setFocus()
    QTest.keyClicks(composer.edit, "Baik.")
    sending = held_up(monkeypatch, kit.desk.replies, "send")
    look_up = held_up(monkeypatch, kit.desk.replies, "start")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    QTest.keyClicks(composer.edit, typed_at_once)
    sending.set()
    assert stage.pump(lambda: not composer.edit.toPlainText().startswith("Baik."))
    QTest.keyClicks(composer.edit, "two ")
    look_up.set()
    stage.settle(window)
    QTest.keyClicks(composer.edit, "three")
    assert composer.edit.toPlainText() == f"{typed_at_once}two three"
    assert composer.edit.hasFocus()


def begin_forward(window: MainWindow, text: str) -> None:
    composer = window.inbox.ticket.composer
    window.run_action("ticket.forward")
    assert stage.pump(lambda: composer.side is not None and composer.kind is DraftKind.FORWARD)
    composer.to.set_addresses((Address("", "repair@workshop.example"),))
    composer.edit.setPlainText(text)


def test_what_is_typed_after_a_forward_was_sent_stays(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, composer = ticket_of(kit, BUDI), window.inbox.ticket.composer
    open_(window, here)
    begin_forward(window, "Please repair \U0001f642")
    composer.attach("plan.pdf", "application/pdf", b"sent")
    go_on = held_up(monkeypatch, kit.desk.side_conversations, "send")
    composer.submit()
    composer.edit.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(composer.edit, " One more thing")
    composer.attach("bill.pdf", "application/pdf", b"since")
    go_on.set()
    stage.settle(window)
    assert kit.messages(here)[-1].visible_text.strip() == "Please repair \U0001f642"
    assert composer.kind is DraftKind.FORWARD, "the agent is writing there"
    assert composer.edit.toPlainText().strip() == "One more thing"
    assert [one.filename for one in composer.files.files] == ["bill.pdf"]
    kept = stored(kit, here, DraftKind.FORWARD)
    assert kept is not None
    assert kept.text.strip() == "One more thing"
    assert [one.email for one in kept.to] == ["repair@workshop.example"]
    open_(window, ticket_of(kit, OMAR))
    open_(window, here)
    composer.set_kind(DraftKind.FORWARD)
    assert composer.edit.toPlainText().strip() == "One more thing"
    composer.submit()
    stage.settle(window)
    assert kit.messages(here)[-1].visible_text.strip() == "One more thing"
    assert composer.kind is DraftKind.REPLY
    assert stored(kit, here, DraftKind.FORWARD) is None


@pytest.mark.parametrize("forward", [False, True])
def test_who_goes_on_with_a_note_while_a_mail_is_sent_stays_in_the_note(
    forward: bool, window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, composer = ticket_of(kit, BUDI), window.inbox.ticket.composer
    open_(window, here)
    go_on = held_up(monkeypatch, kit.desk.side_conversations if forward else kit.desk.replies, "send")
    if forward:
        begin_forward(window, "Please repair")
    else:
        composer.edit.setPlainText("Baik")
    composer.submit()
    window.run_action("ticket.note")
    QTest.keyClicks(composer.edit, "Only ")
    go_on.set()
    stage.settle(window)
    QTest.keyClicks(composer.edit, "for us")
    assert composer.kind is DraftKind.NOTE
    assert composer.edit.toPlainText() == "Only for us"
    composer.set_note(on=False)
    assert composer.edit.toPlainText() == ""


def test_a_forward_taken_back_leaves_the_reply_as_it_is(window: MainWindow, kit: DeskKit) -> None:
    kit.arm(undo_seconds=60)
    here, composer = ticket_of(kit, BUDI), window.inbox.ticket.composer
    open_(window, here)
    composer.edit.setPlainText("Baik, segera.")
    begin_forward(window, "Please repair")
    composer.submit()
    stage.settle(window)
    window.told.undo_last()
    stage.settle(window)
    assert composer.kind is DraftKind.FORWARD
    assert composer.edit.toPlainText() == "Please repair"
    composer.set_kind(DraftKind.REPLY)
    assert composer.edit.toPlainText() == "Baik, segera."


@pytest.mark.parametrize("kind", [DraftKind.REPLY, DraftKind.NOTE])
def test_the_next_text_is_typed_in_its_order(kind: DraftKind, window: MainWindow, kit: DeskKit) -> None:
    here, composer = ticket_of(kit, BUDI), window.inbox.ticket.composer
    open_(window, here)
    for words in ("First answer", "Second answer"):
        composer.set_note(on=kind is DraftKind.NOTE)
        composer.edit.setFocus()
        QTest.keyClicks(composer.edit, words)
        assert composer.edit.toPlainText() == words
        QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
        stage.settle(window)
        assert kit.messages(here)[-1].visible_text.strip() == words


def test_what_is_not_sent_stays_with_its_ticket_though_the_agent_moved_on(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other, composer = ticket_of(kit, BUDI), ticket_of(kit, OMAR), window.inbox.ticket.composer
    open_(window, here)
    go_on = held_up(monkeypatch, kit.desk.replies, "send", away)
    composer.edit.setPlainText("typed and sent at once")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    window.open_ticket(other)
    assert stage.pump(lambda: composer.ticket_id == other and composer.start is not None)
    go_on.set()
    stage.settle(window)
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text == "typed and sent at once"
    assert not composer.bars.isVisible(), "the ticket open by now has nothing to do with it"
    assert f"#{kit.ticket(here).number}" in window.toast.text
    assert "The server is away" in window.toast.text


def test_news_that_stop_a_reply_never_stand_above_the_text_of_another_ticket(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, other, composer = ticket_of(kit, BUDI), ticket_of(kit, OMAR), window.inbox.ticket.composer
    open_(window, here)
    wait = stage.letter(
        "Budi", "budi@kopi.example", "Re: Permintaan", "Wait!", in_reply_to=kit.messages(here)[0].internet_id
    )
    kit.arrive(window.session.facts.accounts[0][0], wait)
    go_on = held_up(monkeypatch, kit.desk.replies, "send")
    composer.edit.setPlainText("too late")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    window.open_ticket(other)
    assert stage.pump(lambda: composer.ticket_id == other and composer.start is not None)
    go_on.set()
    stage.settle(window)
    assert not composer.bars.isVisible()
    assert "1 new message arrived" in window.toast.text
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text == "too late"


def test_a_draft_that_came_with_a_merge_leaves_the_composer_when_the_merge_is_undone(
    window: MainWindow, kit: DeskKit
) -> None:
    here, other, composer = ticket_of(kit, BUDI), ticket_of(kit, OMAR), window.inbox.ticket.composer
    open_(window, here)
    composer.edit.setPlainText("Only for Budi")
    recipients = composer.to.addresses
    open_(window, other)
    own = composer.to.addresses
    assert own != recipients

    def changed() -> None:
        window.session.tickets_changed.emit(frozenset({here, other}))
        stage.settle(window)

    assert kit.desk.tickets.merge([here], other, kit.ann)[0].ok
    changed()
    assert composer.edit.toPlainText() == "Only for Budi"
    assert kit.desk.tickets.unmerge(here, kit.ann).ok
    changed()
    assert window.inbox.ticket.ticket_id == other
    assert composer.edit.toPlainText() == ""
    assert composer.to.addresses == own
    window.inbox.ticket.drafts.flush()
    stage.settle(window)
    kept = stored(kit, here)
    assert kept is not None
    assert (kept.text, kept.to) == ("Only for Budi", recipients)
    assert stored(kit, other) is None
    open_(window, here)
    assert composer.edit.toPlainText() == "Only for Budi"


def test_drafts_that_a_merge_joined_are_in_their_tickets_again_when_it_is_undone(
    window: MainWindow, kit: DeskKit
) -> None:
    here, other, composer = ticket_of(kit, BUDI), ticket_of(kit, OMAR), window.inbox.ticket.composer
    open_(window, here)
    composer.edit.setPlainText("Only for Budi\nAnn")
    open_(window, other)
    QTest.keyClicks(composer.edit, "Only for Omar")
    composer.edit.selectAll()
    composer.edit.setFontWeight(QFont.Weight.Bold)
    own = composer.to.addresses
    window.inbox.ticket.drafts.flush()
    window.acts.merge([here], other)
    stage.settle(window)
    assert composer.edit.toPlainText() == "Only for Omar\nOnly for Budi\nAnn"
    window.inbox.ticket.drafts.flush()
    stage.settle(window)
    window.run_action("edit.undo")
    stage.settle(window)
    assert window.inbox.ticket.ticket_id == other
    assert stage.pump(lambda: composer.edit.toPlainText() == "Only for Omar"), "shown when the change is heard of"
    assert composer.to.addresses == own
    open_(window, here)
    assert composer.edit.toPlainText() == "Only for Budi\nAnn"
    assert [one.email for one in composer.to.addresses] == ["budi@kopi.example"]


def test_a_draft_that_was_written_on_after_a_merge_joined_it_stays_where_it_is(
    window: MainWindow, kit: DeskKit
) -> None:
    here, other, composer = ticket_of(kit, BUDI), ticket_of(kit, OMAR), window.inbox.ticket.composer
    open_(window, here)
    composer.edit.setPlainText("Only for Budi")
    open_(window, other)
    composer.edit.setPlainText("Only for Omar")
    window.inbox.ticket.drafts.flush()
    window.acts.merge([here], other)
    stage.settle(window)
    composer.edit.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(composer.edit, ", and more")
    window.inbox.ticket.drafts.flush()
    stage.settle(window)
    window.run_action("edit.undo")
    stage.settle(window)
    assert composer.edit.toPlainText() == "Only for Omar\nOnly for Budi, and more"
    open_(window, here)
    assert composer.edit.toPlainText() == ""


def test_an_address_is_never_taken_in_the_middle_of_a_word(window: MainWindow, kit: DeskKit) -> None:
    here, composer = ticket_of(kit, OMAR), window.inbox.ticket.composer
    open_(window, here)
    line = composer.to
    line.set_addresses(())
    line.input.setFocus()
    QTest.keyClicks(line.input, "budi@kopi.ex")
    stage.settle(window)
    composer.edit.setPlainText("Halo")
    window.inbox.ticket.drafts.flush()
    stage.settle(window)
    assert line.input.text() == "budi@kopi.ex"
    assert not line.chips
    assert [one.email for one in composer.draft().to] == ["budi@kopi.ex"], "what stands there would be written to"
    QTest.keyClicks(line.input, "ample,")
    assert [one.email for one in line.addresses] == ["budi@kopi.example"]
    assert line.chosen == {"budi@kopi.example"}
    QTest.keyClicks(line.input, "nobody at all")
    assert line.unreadable == "nobody at all"
    stage.settle(window)


def test_a_draft_that_is_looked_up_twice_stands_there_once(window: MainWindow, kit: DeskKit) -> None:
    here, composer = ticket_of(kit, BUDI), window.inbox.ticket.composer
    open_(window, here)
    composer.edit.setPlainText("Baik, segera kami proses.")
    open_(window, ticket_of(kit, OMAR))
    window.open_ticket(here)
    assert stage.pump(lambda: composer.ticket_id == here)
    window.inbox.ticket.writing.begin()
    window.inbox.ticket.writing.begin()
    stage.settle(window)
    assert composer.edit.toPlainText() == "Baik, segera kami proses."


def test_what_is_not_sent_is_told_though_its_window_was_closed(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ticket_of(kit, BUDI)
    open_(window, ticket_of(kit, OMAR))
    apart = window.ticket_windows.open(here)
    stage.settle(window)
    composer = apart.ticket_pane.composer
    assert stage.pump(lambda: composer.start is not None)
    go_on = held_up(monkeypatch, kit.desk.replies, "send", away)
    composer.edit.setPlainText("closed too early")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, CTRL)
    threading.Timer(0.2, go_on.set).start()
    apart.close()
    stage.settle(window)
    assert f"#{kit.ticket(here).number}" in window.toast.text
    kept = stored(kit, here)
    assert kept is not None
    assert kept.text == "closed too early"


def test_a_reply_taken_back_comes_into_the_window_its_ticket_is_written_in(window: MainWindow, kit: DeskKit) -> None:
    kit.arm(undo_seconds=60)
    here, pane = ticket_of(kit, BUDI), window.inbox.ticket
    open_(window, here)
    pane.composer.edit.setPlainText("Baik, segera kami proses.")
    pane.composer.submit()
    stage.settle(window)
    pane.tear_off()
    stage.settle(window)
    torn = pane._torn[here]
    torn.composer.edit.setPlainText("Satu lagi:")
    window.told.undo_last()
    stage.settle(window)
    text = torn.composer.edit.toPlainText()
    assert "Baik, segera kami proses." in text
    assert "Satu lagi:" in text, "what was begun since is still there"
    torn.close()
    stage.settle(window)
    assert pane.composer.edit.toPlainText() == text


def test_what_a_tool_finds_late_never_comes_into_the_text_of_another_ticket(window: MainWindow, kit: DeskKit) -> None:
    here, other, composer = ticket_of(kit, BUDI), ticket_of(kit, OMAR), window.inbox.ticket.composer
    go_on = threading.Event()

    def look() -> str:
        assert go_on.wait(stage.PATIENCE_SECONDS)
        return "Halo Budi"

    open_(window, here)
    composer.in_background(look, composer.insert_text, composer)
    window.open_ticket(other)
    assert stage.pump(lambda: composer.ticket_id == other)
    go_on.set()
    stage.settle(window)
    assert composer.text == ""
    composer.in_background(look, composer.insert_text, composer)
    stage.settle(window)
    assert composer.text == "Halo Budi"
