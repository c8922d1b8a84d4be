"""Reading a ticket that others change: what stays on screen, and what counts as read."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from shiboken6 import delete

from desk_app.ui.contacts.customer_panel import CustomerCard
from desk_app.ui.shell.palette import Entry
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.ticket_pane import TicketPane
from desk_app.ui.widgets.basics import ElidedLabel
from tests.support.desks import DeskKit
from tests.ui import stage

BUDI, OMAR = "Permintaan pengembalian dana", "Upgrade from Starter to Team plan"


def ticket_of(kit: DeskKit, subject: str) -> int:
    return next(one.id for one in kit.tickets() if one.subject == subject)


def open_(window: MainWindow, ticket_id: int) -> None:
    window.open_ticket(ticket_id)
    stage.settle(window)


def test_a_command_runs_though_what_had_the_focus_before_is_gone(window: MainWindow) -> None:
    before, ran = QLineEdit(window), []
    before.show()
    before.setFocus()
    window.palette_layer.open_with([Entry("Do it", lambda: ran.append(1))])
    delete(before)
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    assert ran == [1]
    other = QLineEdit(window)
    other.show()
    other.setFocus()
    window.notices.toggle()
    delete(other)
    window.notices.centre.leave()
    assert not window.notices.centre_shown


def test_ui_4_4_esc_forgets_what_was_written_over_a_subject(window: MainWindow, kit: DeskKit) -> None:
    here = ticket_of(kit, BUDI)
    open_(window, here)
    subject = window.inbox.ticket.header.subject
    subject.edit()
    subject.input.setText("never mind")
    QTest.keyClick(subject.input, Qt.Key.Key_Escape)
    stage.settle(window)
    assert kit.ticket(here).subject == BUDI
    subject.edit()
    assert subject.input.text() == BUDI
    QTest.keyClick(subject.input, Qt.Key.Key_Return)
    stage.settle(window)
    assert kit.ticket(here).subject == BUDI
    assert subject.isAncestorOf(QApplication.focusWidget())
    assert QApplication.focusWidget() is not subject.input


def test_ui_4_4_what_was_folded_out_and_selected_stays_when_a_colleague_changes_the_ticket(
    window: MainWindow, kit: DeskKit
) -> None:
    here = next(one.id for one in kit.tickets() if one.requester_email == "maya@lindqvist.example")
    open_(window, here)
    thread = window.inbox.ticket.thread_view
    message_id, card = next((key, one) for key, one in thread.cards.items() if one.message.folded_text)
    fold = next(one for one in card.findChildren(QPushButton) if one.isCheckable())
    fold.click()
    card.body.selectAll()
    chosen = card.body.textCursor().selectedText()
    kit.desk.tickets.assign([here], None, kit.ann)
    assert pane_reads_anew(window, here)
    again = thread.cards[message_id]
    assert again.folded is not None
    assert again.folded.isVisible()
    assert again.body.textCursor().selectedText() == chosen != ""
    thread.fold_message(message_id)
    stage.settle(window)
    assert message_id not in thread.cards
    thread.open_message(message_id)
    stage.settle(window)
    assert thread.cards[message_id].folded is None, "a card that was folded away begins anew"


def pane_reads_anew(window: MainWindow, ticket_id: int) -> bool:
    events = len(window.inbox.ticket.view.events)  # type: ignore[union-attr]
    window.session.tickets_changed.emit(frozenset({ticket_id}))
    stage.settle(window)
    return len(window.inbox.ticket.view.events) > events  # type: ignore[union-attr]


def row_is_unread(kit: DeskKit, ticket_id: int) -> bool:
    (row,) = kit.desk.ticket_queries.rows([ticket_id], agent_id=kit.agent.id)
    return row.unread


def test_a_ticket_made_unread_while_it_is_open_stays_unread(window: MainWindow, kit: DeskKit) -> None:
    here, other = ticket_of(kit, BUDI), ticket_of(kit, OMAR)
    open_(window, here)
    assert not row_is_unread(kit, here)
    window.run_action("ticket.unread")
    stage.settle(window)
    window.session.tickets_changed.emit(frozenset({here}))
    stage.settle(window)
    assert row_is_unread(kit, here)
    open_(window, other)
    open_(window, here)
    assert not row_is_unread(kit, here), "opened again it is read"


def test_tickets_that_are_only_selected_stay_unread(window: MainWindow, kit: DeskKit) -> None:
    window.activateWindow()
    assert stage.pump(window.isActiveWindow)
    table, model = window.inbox.list.table, window.inbox.list.model
    unread = [one for one in model.ids if row_is_unread(kit, one)]
    first = next(n for n, one in enumerate(model.ids) if one in unread)
    window.inbox.list.select_ticket(model.ids[first])
    window.inbox.list.open_current()
    stage.settle(window)
    assert not row_is_unread(kit, model.ids[first])
    before = [one for one in model.ids if row_is_unread(kit, one)]
    assert set(model.ids[first + 1 : first + 4]) & set(before)
    table.setFocus()
    for _ in range(3):
        QTest.keyClick(table, Qt.Key.Key_J, Qt.KeyboardModifier.ShiftModifier)
        stage.settle(window)
    assert window.inbox.list.selected_count() == 4
    assert [one for one in model.ids if row_is_unread(kit, one)] == before
    QTest.keyClick(table, Qt.Key.Key_J)
    stage.settle(window)
    here = window.inbox.ticket.ticket_id
    assert here is not None
    assert not row_is_unread(kit, here), "one alone is read"


def test_what_comes_while_the_agent_is_elsewhere_stays_unread_until_it_is_looked_at(
    window: MainWindow, kit: DeskKit
) -> None:
    here, pane = ticket_of(kit, BUDI), window.inbox.ticket
    open_(window, here)
    window.activateWindow()
    assert stage.pump(window.isActiveWindow)

    def writes(text: str) -> None:
        first = kit.messages(here)[0].internet_id
        raw = stage.letter("Budi", "budi@kopi.example", "Re: Permintaan", text, in_reply_to=first)
        kit.arrive(window.session.facts.accounts[0][0], raw)
        window.session.tickets_changed.emit(frozenset({here}))
        stage.settle(window)

    with patch.object(TicketPane, "isActiveWindow", return_value=False):
        writes("Halo?")
        assert pane.view is not None
        assert pane.view.messages[-1].visible_text == "Halo?"
        assert row_is_unread(kit, here), "the agent is in another program"
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowActivate))
    stage.settle(window)
    assert not row_is_unread(kit, here)
    window.show_page("settings")
    writes("Masih di sana?")
    assert row_is_unread(kit, here), "the agent is in the settings"
    window.show_page("inbox")
    stage.settle(window)
    assert not row_is_unread(kit, here)


def test_what_the_agent_wrote_comes_into_view_and_what_others_write_is_told(window: MainWindow, kit: DeskKit) -> None:
    here, pane = ticket_of(kit, BUDI), window.inbox.ticket
    long = "\n\n".join(f"Paragraph {number}" for number in range(60))

    def writes(text: str) -> None:
        raw = stage.letter(
            "Budi", "budi@kopi.example", "Re: Permintaan", text, in_reply_to=kit.messages(here)[0].internet_id
        )
        kit.arrive(window.session.facts.accounts[0][0], raw)
        window.session.tickets_changed.emit(frozenset({here}))
        stage.settle(window)

    writes(long)
    open_(window, here)
    thread = pane.thread_view
    bar = thread.area.verticalScrollBar()
    bar.setValue(0)

    def on_screen(message_id: int) -> bool:
        top = thread.cards[message_id].y() - bar.value()
        return -20 <= top < thread.area.viewport().height() - 30

    window.run_action("ticket.note")
    QTest.keyClicks(pane.composer.edit, "Asked the bank")
    QTest.keyClick(pane.composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    stage.settle(window)
    assert on_screen(kit.messages(here)[-1].id)
    assert not thread.pill.isVisible()

    bar.setValue(0)
    pane.composer.edit.setFocus()
    writes("Halo?")
    writes("Masih di sana?")
    assert bar.value() == 0, "the place stays"
    assert thread.pill.isVisible()
    assert thread.pill.text().strip() == "2 new"
    QTest.mouseClick(thread.pill, Qt.MouseButton.LeftButton)
    assert on_screen(kit.messages(here)[-2].id)
    assert pane.composer.edit.hasFocus()
    bar.setValue(bar.maximum())
    assert not thread.pill.isVisible()

    bar.setValue(0)
    writes("Terima kasih")
    assert thread.pill.isVisible()
    open_(window, ticket_of(kit, OMAR))
    assert not thread.pill.isVisible()


def test_ui_2_2_who_wrote_is_read_whole_after_the_text_has_grown(window: MainWindow, kit: DeskKit) -> None:
    here = next(one.id for one in kit.tickets() if one.requester_email == "maya@lindqvist.example")
    open_(window, here)
    (card, *_rest) = window.inbox.ticket.thread_view.cards.values()
    name = next(one for one in card.findChildren(ElidedLabel) if one.whole_text == "Maya Lindqvist")
    window.preferences.set("look/text_size", 1.3)
    try:
        stage.settle(window)
        assert stage.pump(lambda: name.text() == "Maya Lindqvist")
    finally:
        window.preferences.set("look/text_size", 1.0)


def test_cards_that_never_come_to_their_place_are_destroyed(window: MainWindow, kit: DeskKit) -> None:
    open_(window, ticket_of(kit, BUDI))
    side, view = window.inbox.side, window.inbox.ticket.view
    assert view is not None
    for place in range(5):
        side.show_view(replace(view, tags=(str(place),)))
    stage.settle(window)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert sum(isinstance(one, CustomerCard) for one in QApplication.allWidgets()) == 1
