"""What an agent does with one open ticket: side conversations, links, watching, snooze, history, windows of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton

from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.domain.tickets.links import Relation
from desk_app.domain.tickets.model import Bucket
from desk_app.ui.messages.cards import MessageCard
from desk_app.ui.messages.preview import PreviewDialog
from desk_app.ui.messages.thread_lines import EventLine, FoldedMessage
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.history import HistoryDialog
from desk_app.ui.tickets.links_panel import LinkQuestion
from desk_app.ui.tickets.moment_question import MomentQuestion
from desk_app.ui.tickets.snooze import presets
from desk_app.ui.tickets.ticket_window import TicketWindow
from desk_app.ui.views import due_question
from desk_app.ui.widgets.basics import Menu
from tests.support.desks import DeskKit
from tests.ui import stage

SUPPLIER = Address("Sara Supplier", "sara@supplier.example")


def ticket_of(kit: DeskKit, subject: str) -> int:
    return next(one.id for one in kit.tickets() if one.subject == subject)


def open_(window: MainWindow, ticket_id: int) -> None:
    window.open_ticket(ticket_id)
    stage.settle(window)


def maya(kit: DeskKit) -> int:
    return ticket_of(kit, "Refund for order #58213 not received")


def forward(kit: DeskKit, ticket_id: int) -> int:
    """Write to the supplier, and let them answer."""
    sides = kit.desk.side_conversations
    start = sides.start(ticket_id)
    draft = SideDraft(
        ticket_id=ticket_id,
        from_account_id=start.from_account_id,
        from_address=start.from_address,
        to=(SUPPLIER,),
        text="A part?",
        message_id=start.message_id,
    )
    sent = sides.send(draft, kit.ann)
    ours = kit.messages(ticket_id)[-1]
    box = kit.desk.mailboxes.list()[0][0]
    raw = stage.letter("Sara Supplier", SUPPLIER.email, "Re: part", "Two in stock.", in_reply_to=ours.internet_id)
    kit.arrive(box, raw)
    return sent.message_id


def texts(*cards: MessageCard) -> str:
    return " ".join(one.text() for card in cards for one in card.findChildren(QLabel))


def popover() -> Menu:
    return next(top for top in QApplication.topLevelWidgets() if isinstance(top, Menu) and top.isVisible())


def test_in_18_side_conversations_look_different_and_can_be_hidden(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = maya(kit)
    forward(kit, ticket_id)
    open_(window, ticket_id)
    thread = window.inbox.ticket.thread_view
    thread.open_all(opened_up=True)
    stage.settle(window)
    aside = [card for card in thread.cards.values() if card.property("kind") == "side"]
    assert len(aside) == 2
    assert all("Sara Supplier" in (card.aside) for card in aside)
    assert "Forward" in texts(aside[0])
    assert "Third party" in texts(aside[1])
    before = len(thread.cards)
    window.run_action("thread.customer")
    stage.settle(window)
    assert {card.property("kind") for card in thread.cards.values()} == {"customer", "agent"}
    assert window.inbox.ticket._notice.isVisible()
    window.run_action("thread.customer")
    stage.settle(window)
    assert len(thread.cards) == before
    assert not window.inbox.ticket._notice.isVisible()


def test_in_18_a_folded_side_message_says_so(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = maya(kit)
    forward(kit, ticket_id)
    kit.arrive(kit.desk.mailboxes.list()[0][0], stage.letter("Maya", "maya@lindqvist.example", "Re: x", "And?"))
    open_(window, ticket_id)
    thread = window.inbox.ticket.thread_view
    thread.fold_message(kit.messages(ticket_id)[-1].id)
    stage.settle(window)
    folded = [line for line in thread.findChildren(FoldedMessage) if line.aside and line.isVisibleTo(thread)]
    assert folded
    assert "Sara Supplier" in folded[0].accessibleName()


def test_ui_2_1_a_folded_note_and_a_folded_file_are_told_by_more_than_a_colour(
    window: MainWindow, kit: DeskKit
) -> None:
    open_(window, maya(kit))
    thread = window.inbox.ticket.thread_view
    for message in kit.messages(maya(kit)):
        thread.fold_message(message.id)
    stage.settle(window)
    lines = [one for one in thread.findChildren(FoldedMessage) if one.isVisibleTo(thread)]
    spoken = [[words for _glyph, _colour, words in one.marks] for one in lines]
    assert sorted(spoken) == [[], [], ["Internal note"], ["With attachments"]]
    assert all(words in one.accessibleName() for one in lines for _glyph, _colour, words in one.marks)
    for one in lines:
        with_marks = one.grab().toImage()
        had, one.marks = bool(one.marks), []
        assert (one.grab().toImage() != with_marks) == had, "it is drawn too"


def test_in_17_mentions_are_set_off_in_the_note(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = maya(kit)
    note = kit.desk.replies.note(ticket_id, "@Ann Agent please look.", "", kit.ann, mentions=[kit.agent.id])
    open_(window, ticket_id)
    body = window.inbox.ticket.thread_view.cards[note].body
    cursor = body.document().find("@Ann Agent")
    assert cursor.charFormat().fontWeight() > 500
    assert body.document().find("please").charFormat().fontWeight() < 500


def test_in_16_a_ticket_is_linked_from_the_question_and_the_card(window: MainWindow, kit: DeskKit) -> None:
    here, other = maya(kit), ticket_of(kit, "Where is my parcel?")
    open_(window, here)
    QTest.keyClick(window.inbox.list.table, Qt.Key.Key_L)
    question = next(top for top in QApplication.topLevelWidgets() if isinstance(top, LinkQuestion))
    question.box.setText(kit.ticket(other).number)
    assert stage.pump(lambda: question.chosen == other)
    question.kind.setCurrentIndex(question.kind.findData(Relation.BLOCKED_BY))
    question.accept()
    stage.settle(window)
    (link,) = window.inbox.ticket.view.links  # type: ignore[union-attr]
    assert (link.relation, link.ticket_id) == (Relation.BLOCKED_BY, other)
    lines = [one for one in window.inbox.side.findChildren(QPushButton) if "Blocked by" in one.accessibleName()]
    assert len([one for one in lines if one.isVisibleTo(window)]) == 1
    remove = [one for one in window.inbox.side.findChildren(QToolButton) if "Take the link" in one.accessibleName()]
    QTest.mouseClick(remove[-1], Qt.MouseButton.LeftButton)
    stage.settle(window)
    assert window.inbox.ticket.view.links == ()  # type: ignore[union-attr]
    window.told.undo_last()
    stage.settle(window)
    assert len(window.inbox.ticket.view.links) == 1  # type: ignore[union-attr]


def test_in_19_w_watches_and_stops_watching(window: MainWindow, kit: DeskKit) -> None:
    open_(window, maya(kit))
    for expected in ([kit.agent.id], []):
        QTest.keyClick(window.inbox.list.table, Qt.Key.Key_W)
        stage.settle(window)
        view = window.inbox.ticket.view
        assert view is not None
        assert [one.agent_id for one in view.watchers] == expected


def test_in_12_snooze_offers_times_words_and_a_date(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = maya(kit)
    open_(window, ticket_id)
    window.run_action("ticket.snooze")
    palette = window.palette_layer
    assert all(entry.group for entry in list(palette._step.entries)[:3])
    palette.input.setText("in 2 hours")
    QTest.keyClick(palette.input, Qt.Key.Key_Return)
    stage.settle(window)
    until = kit.ticket(ticket_id).snoozed_until_at
    assert until is not None
    assert timedelta(minutes=110) < until - datetime.now().astimezone() < timedelta(minutes=121)
    assert kit.ticket(ticket_id).bucket is Bucket.SNOOZED
    kit.arrive(
        kit.desk.mailboxes.list()[0][0],
        stage.letter(
            "Maya", "maya@lindqvist.example", "Re", "Hello?", in_reply_to=kit.messages(ticket_id)[0].internet_id
        ),
    )
    assert kit.ticket(ticket_id).snoozed_until_at is None
    window.run_action("ticket.snooze")
    next(entry for entry in palette._step.entries if "date" in entry.title).run()
    question = next(top for top in QApplication.topLevelWidgets() if isinstance(top, MomentQuestion))
    chosen = question.moment
    question.accept()
    stage.settle(window)
    assert kit.ticket(ticket_id).snoozed_until_at == chosen


def test_in_12_presets_lie_ahead_and_come_once_the_soonest_first() -> None:
    for hour in range(24):
        now = datetime(2026, 11, 23, hour, 40).astimezone()
        found = presets(now)
        assert all(when > now for _, when in found)
        assert len({when for _, when in found}) == len(found)
        assert [when for _, when in found] == sorted(when for _, when in found)
        today = [words for words, when in found if when.date() == now.date()]
        assert any("Later today" in words for words in today) == (hour < 21)
        assert not any("today" in words for words, when in found if when.date() != now.date())


def test_in_04_due_dates_come_once_and_in_the_clock_of_the_agent() -> None:
    before = QLocale()
    try:
        for day in range(7):
            now = datetime(2026, 11, 23 + day, 9, 40).astimezone()
            found = due_question.presets(now)
            assert len({when for _, when in found}) == len(found), now
        QLocale.setDefault(QLocale("en_US"))
        assert "Tomorrow at 5:00\u202fPM" in [words for words, _ in due_question.presets(now)]
        assert "Tomorrow at 8:00\u202fAM" in [words for words, _ in presets(now)]
        QLocale.setDefault(QLocale("es_ES"))
        assert "Tomorrow at 17:00" in [words for words, _ in due_question.presets(now)]
    finally:
        QLocale.setDefault(before)


def test_in_22_who_takes_a_ticket_does_not_assign_it_to_themselves(window: MainWindow, kit: DeskKit) -> None:
    open_(window, maya(kit))
    lines = window.inbox.ticket.thread_view.findChildren(EventLine)
    line = next(one for one in lines if one.event_shown.kind == "AssigneeChanged")
    assert line.accessibleName().startswith("Ann Agent took the ticket")


def test_in_22_a_line_of_the_history_tells_why(window: MainWindow, kit: DeskKit) -> None:
    open_(window, maya(kit))
    lines = window.inbox.ticket.thread_view.findChildren(EventLine)
    line = next(one for one in lines if one.event_shown.kind == "PriorityChanged")
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    menu = popover()
    words = " ".join(one.text() for one in menu.findChildren(QLabel))
    for expected in ("Ann Agent", "Normal", "High", "by hand"):
        assert expected in words
    menu.close()
    window.run_action("thread.events")
    stage.settle(window)
    assert not [one for one in window.inbox.ticket.thread_view.findChildren(EventLine) if one.isVisibleTo(window)]
    window.run_action("thread.events")


def test_in_22_the_history_lists_every_change_and_can_be_filtered(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = maya(kit)
    open_(window, ticket_id)
    window.run_action("ticket.history")
    dialog = next(top for top in QApplication.topLevelWidgets() if isinstance(top, HistoryDialog))
    assert len(dialog.shown) == len(kit.events(ticket_id))
    assert dialog.shown[0].id == max(event.id for event in kit.events(ticket_id))
    dialog.kind.setCurrentIndex(dialog.kind.findData("fields"))
    assert {event.kind for event in dialog.shown} >= {"PriorityChanged", "TagsChanged", "AssigneeChanged"}
    assert "MessageAdded" not in {event.kind for event in dialog.shown}
    dialog.words.setText("vip")
    assert [event.kind for event in dialog.shown] == ["TagsChanged"]
    dialog.close()


def test_in_14_a_merge_is_taken_apart_from_the_history_and_from_the_redirect(window: MainWindow, kit: DeskKit) -> None:
    target, source = maya(kit), ticket_of(kit, "Invoice shows the wrong VAT number")
    kit.desk.tickets.merge([source], target, kit.ann)
    open_(window, target)
    line = next(
        one
        for one in window.inbox.ticket.thread_view.findChildren(EventLine)
        if one.event_shown.kind == "TicketAbsorbed"
    )
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    menu = popover()
    QTest.mouseClick(menu.findChildren(QPushButton)[0], Qt.MouseButton.LeftButton)
    stage.settle(window)
    assert kit.ticket(source).merged_into_id is None
    kit.desk.tickets.merge([source], target, kit.ann)
    window.inbox.ticket.reload()
    stage.settle(window)
    notice = window.inbox.ticket._notice
    assert window.inbox.ticket.ticket_id == source
    assert notice.isVisible()
    apart = next(one for one in notice.findChildren(QPushButton) if "apart" in one.text())
    QTest.mouseClick(apart, Qt.MouseButton.LeftButton)
    stage.settle(window)
    assert kit.ticket(source).merged_into_id is None
    assert not notice.isVisible()


def choose(window: MainWindow, words: str) -> None:
    """Run a command by its name in the palette, or choose in the one that is open."""
    if not window.palette_layer.isVisible():
        QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(window.palette_layer.input, words)
    stage.settle(window)
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)


def test_in_14_merges_are_taken_apart_by_a_command(window: MainWindow, kit: DeskKit) -> None:
    target, first = maya(kit), ticket_of(kit, "Invoice shows the wrong VAT number")
    second = ticket_of(kit, "Permintaan pengembalian dana")
    open_(window, target)
    choose(window, "take a merge apart")
    assert "Nothing was merged" in window.toast.text
    kit.desk.tickets.merge([first, second], target, kit.ann)
    window.inbox.ticket.reload()
    stage.settle(window)
    choose(window, "take a merge apart")
    choose(window, kit.ticket(first).number)
    assert (kit.ticket(first).merged_into_id, kit.ticket(second).merged_into_id) == (None, target)
    open_(window, target)
    choose(window, "take a merge apart")
    assert kit.ticket(second).merged_into_id is None
    kit.desk.tickets.merge([second], target, kit.ann)
    window.inbox.ticket.reload()
    stage.settle(window)
    assert window.inbox.ticket.ticket_id == second
    choose(window, "take a merge apart")
    assert kit.ticket(second).merged_into_id is None, "from the ticket that was merged, too"


def test_the_subject_and_attachments_are_reached_by_commands(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = maya(kit)
    open_(window, ticket_id)
    choose(window, "edit the subject")
    line = window.inbox.ticket.header.subject.input
    assert line.hasFocus()
    QTest.keyClicks(line, "Refund, at last")
    QTest.keyClick(line, Qt.Key.Key_Return)
    stage.settle(window)
    assert kit.ticket(ticket_id).subject == "Refund, at last"
    window.inbox.list.table.setFocus()
    QTest.keyClick(window.inbox.list.table, Qt.Key.Key_P, Qt.KeyboardModifier.ShiftModifier)
    choose(window, "receipt")
    (shown,) = [one for one in window.findChildren(PreviewDialog) if one.isVisible()]
    assert "return-receipt.pdf" in shown.windowTitle() + " ".join(one.text() for one in shown.findChildren(QLabel))
    shown.close()
    open_(window, ticket_of(kit, "Permintaan pengembalian dana"))
    window.run_action("ticket.files")
    assert "no attachments" in window.toast.text


@pytest.fixture
def apart(window: MainWindow, kit: DeskKit) -> TicketWindow:
    """A window of one ticket."""
    open_(window, maya(kit))
    window.run_action("ticket.window")
    (made,) = window.ticket_windows.all
    assert stage.pump(lambda: made.ticket_pane.view is not None and not made.ticket_pane.thread_view.building)
    stage.settle(window)
    return made


def test_commands_act_on_the_window_they_were_run_in(window: MainWindow, kit: DeskKit, apart: TicketWindow) -> None:
    here, other = maya(kit), ticket_of(kit, "Permintaan pengembalian dana")
    before = kit.status(other)
    open_(window, other)
    assert apart.windowTitle().startswith(f"#{kit.ticket(here).number}")
    QTest.keyClick(apart, Qt.Key.Key_W)
    stage.settle(window)
    QTest.keyClick(apart, Qt.Key.Key_P)
    assert apart.palette_layer.isVisible()
    assert not window.palette_layer.isVisible()
    apart.palette_layer.input.setText("Urgent")
    QTest.keyClick(apart.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)
    assert (kit.ticket(here).priority.value, kit.ticket(other).priority.value) == ("urgent", "normal")
    assert apart.toast.isVisible()
    assert stage.pump(lambda: len(apart.ticket_pane.view.watchers) == 1)  # type: ignore[union-attr]
    QTest.keyClick(apart, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    titles = [entry.title for entry in apart.palette_layer._step.entries]
    assert "Next ticket" not in titles
    assert "Close this window" in titles
    apart.palette_layer.leave()
    QTest.keyClick(apart, Qt.Key.Key_E)
    stage.settle(window)
    assert (kit.status(here), kit.status(other)) == ("resolved", before)


def test_customer_commands_are_about_the_customer_of_the_window_they_were_run_in(
    window: MainWindow, kit: DeskKit, apart: TicketWindow
) -> None:
    open_(window, ticket_of(kit, "Permintaan pengembalian dana"))
    apart.run_action("contact.block")
    assert stage.pump(apart.palette_layer.isVisible)
    assert not window.palette_layer.isVisible()
    titles = [entry.title for entry in apart.palette_layer._step.entries]
    assert "Block maya@lindqvist.example" in titles
    assert not [one for one in titles if "budi" in one]
    apart.palette_layer.leave()
    for action in ("ticket.due", "ticket.mailbox"):
        apart.run_action(action)
        assert apart.palette_layer.isVisible(), action
        assert not window.palette_layer.isVisible(), action
        apart.palette_layer.leave()


def test_resolving_and_going_on_closes_the_window_and_can_be_undone_in_the_main_one(
    window: MainWindow, kit: DeskKit, apart: TicketWindow
) -> None:
    before = kit.status(maya(kit))
    QTest.keyClick(apart, Qt.Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    stage.settle(window)
    assert window.ticket_windows.all == ()
    assert kit.status(maya(kit)) == "resolved"
    window.run_action("edit.undo")
    stage.settle(window)
    assert kit.status(maya(kit)) == before


def test_keys_for_tickets_do_nothing_while_another_page_hides_them(window: MainWindow, kit: DeskKit) -> None:
    open_(window, maya(kit))
    for page in ("customers", "outbox", "settings"):
        window.show_page(page)
        stage.settle(window)
        for key in (Qt.Key.Key_Delete, Qt.Key.Key_E):
            QTest.keyClick(window, key)
        stage.settle(window)
        assert kit.ticket(maya(kit)).bucket is Bucket.OPEN, page
    window.show_page("inbox")
    QTest.keyClick(window, Qt.Key.Key_Delete)
    stage.settle(window)
    assert kit.ticket(maya(kit)).bucket is Bucket.TRASH


def test_a_command_right_after_a_step_is_about_the_row_under_the_cursor(window: MainWindow, kit: DeskKit) -> None:
    window.inbox.list.open_first()
    stage.settle(window)
    first, second = window.inbox.list.model.ids[0], window.inbox.list.model.ids[1]
    before = kit.status(first)
    QTest.keyClick(window, Qt.Key.Key_J)
    QTest.keyClick(window, Qt.Key.Key_E)  # sooner than a resting cursor opens a ticket
    stage.settle(window)
    assert (kit.status(first), kit.status(second)) == (before, "resolved")


def test_after_a_break_rows_and_ticket_windows_are_read_anew(
    window: MainWindow, kit: DeskKit, apart: TicketWindow
) -> None:
    kit.desk.tickets.rename(maya(kit), "Refund, at last", kit.ann)
    window.session.refresh_all()
    ticket_id = ticket_of(kit, "Refund, at last")
    stage.settle(window)
    assert stage.pump(lambda: "Refund, at last" in apart.windowTitle())
    row = window.inbox.list.model.known(ticket_id)
    assert row is not None
    assert row.subject == "Refund, at last"


def test_what_is_typed_while_another_ticket_is_read_stays_with_the_one_on_screen(
    window: MainWindow, kit: DeskKit
) -> None:
    here, other = maya(kit), ticket_of(kit, "Permintaan pengembalian dana")
    open_(window, here)
    window.open_ticket(other)
    window.inbox.ticket.composer.edit.setPlainText("Dear Maya")
    stage.settle(window)
    assert window.inbox.ticket.composer.edit.toPlainText() == ""
    assert kit.desk.drafts.of_ticket(here, kit.agent.id)[DraftKind.REPLY].text == "Dear Maya"
    assert kit.desk.drafts.of_ticket(other, kit.agent.id) == {}


def test_a_ticket_window_opens_once_and_writes_into_its_ticket(
    window: MainWindow, kit: DeskKit, apart: TicketWindow
) -> None:
    assert window.ticket_windows.open(maya(kit)) is apart
    open_(window, ticket_of(kit, "Permintaan pengembalian dana"))
    apart.run_action("ticket.note")
    apart.ticket_pane.composer.edit.setPlainText("Written in the small window.")
    apart.ticket_pane.composer.submit()
    stage.settle(window)
    assert kit.messages(maya(kit))[-1].visible_text == "Written in the small window."


def test_what_is_written_in_one_window_goes_on_in_the_other(
    window: MainWindow, kit: DeskKit, apart: TicketWindow
) -> None:
    apart.ticket_pane.composer.edit.setPlainText("Dear Maya")
    apart.close()
    stage.settle(window)
    assert window.ticket_windows.all == ()
    assert window.inbox.ticket.composer.edit.toPlainText() == "Dear Maya"
    window.inbox.ticket.composer.edit.setPlainText("Dear Maya, it is on its way")
    window.run_action("ticket.window")
    (again,) = window.ticket_windows.all
    assert stage.pump(lambda: again.ticket_pane.composer.edit.toPlainText() == "Dear Maya, it is on its way")


def test_ticket_windows_remember_their_size_and_close_with_the_program(
    window: MainWindow, kit: DeskKit, apart: TicketWindow
) -> None:
    apart.resize(700, 560)
    apart.close()
    again = window.ticket_windows.open(maya(kit))
    assert (again.width(), again.height()) == (700, 560)
    stage.settle(window)
    window.ticket_windows.close_all()
    assert not [one for one in QApplication.topLevelWidgets() if isinstance(one, TicketWindow) and one.isVisible()]


def test_ticket_windows_follow_language_and_colours(window: MainWindow, kit: DeskKit, apart: TicketWindow) -> None:
    window.preferences.set("look/scheme", "dark")
    stage.settle(window)
    assert theme().is_dark
    window.preferences.set("look/language", "es")
    assert stage.pump(lambda: bool(window.ticket_windows.all) and window.ticket_windows.all[0] is not apart)
    stage.settle(window)
    (again,) = window.ticket_windows.all
    assert again.ticket_id == maya(kit)
    assert stage.pump(lambda: again.ticket_pane.view is not None)
    assert again.ticket_pane.header.more.accessibleName() != "More"
    window.preferences.set("look/language", "en")
    stage.settle(window)


def test_in_18_answering_a_side_message_goes_to_the_third_party(window: MainWindow, kit: DeskKit) -> None:
    ticket_id = maya(kit)
    forward(kit, ticket_id)
    open_(window, ticket_id)
    theirs = kit.messages(ticket_id)[-1]
    window.inbox.ticket.thread_view.cards[theirs.id].reply_asked.emit(theirs)
    stage.settle(window)
    composer = window.inbox.ticket.composer
    assert composer.kind is DraftKind.FORWARD
    assert [one.email for one in composer.to.addresses] == [SUPPLIER.email]
    composer.edit.setPlainText("Please send one.")
    composer.submit()
    stage.settle(window)
    sent = kit.messages(ticket_id)[-1]
    assert (sent.visible_text, sent.side_conversation_id) == ("Please send one.", theirs.side_conversation_id)
    assert [one.email for one in (*sent.to, *sent.cc)] == [SUPPLIER.email]


def test_a_ticket_window_opens_by_key_and_by_mouse(window: MainWindow, kit: DeskKit) -> None:
    table = window.inbox.list.table
    window.inbox.list.open_first()
    stage.settle(window)
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    (first,) = window.ticket_windows.all
    assert first.ticket_id == window.inbox.ticket.ticket_id
    window.ticket_windows.close_all()
    stage.settle(window)
    place = table.visualRect(table.model().index(2, 0)).center()
    control, left = Qt.KeyboardModifier.ControlModifier, Qt.MouseButton.LeftButton
    QTest.mouseClick(table.viewport(), left, control, place)
    QTest.mouseDClick(table.viewport(), left, control, place)
    (second,) = window.ticket_windows.all
    assert second.ticket_id == window.inbox.list.model.id_at(2)
    assert stage.pump(lambda: second.ticket_pane.view is not None)
    stage.settle(window)
