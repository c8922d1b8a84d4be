"""The list goes on under the agent's hands: cursor, selection and keys while tickets come and go."""

from __future__ import annotations

import threading
from array import array
from typing import Any

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt
from PySide6.QtTest import QTest

from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets import list_selection
from desk_app.ui.tickets.list_merge import plan_merge
from desk_app.ui.tickets.list_pane import ListPane
from tests.support.desks import DeskKit
from tests.ui import stage

BUDI = "Permintaan pengembalian dana"


def ticket_of(kit: DeskKit, subject: str) -> int:
    return next(one.id for one in kit.tickets() if one.subject == subject)


def select_places(pane: ListPane, first: int, last: int) -> None:
    chosen = QItemSelection(pane.model.index(first, 0), pane.model.index(last, 0))
    pane.table.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)


def test_in_06_a_large_selection_loses_what_leaves_the_list_and_nothing_else(window: MainWindow) -> None:
    pane = window.inbox.list
    pane.model.show(array("q", range(1, 1001)))
    select_places(pane, 0, 799)
    assert len(pane.table.dragged()) == 800, "all of them go along"
    after = array("q", [1000, *(one for one in range(1, 1000) if one != 10)])
    pane._merge(plan_merge(pane.model.ids, after, pane._held()))
    assert set(pane.selected_ids()) == {*range(1, 801)} - {10}
    stage.settle(window)


def test_in_06_a_large_part_of_a_list_is_not_the_whole_list(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_selection, "MOST_IDS", 3)
    pane = window.inbox.list
    select_places(pane, 0, 4)
    part = pane.selection()
    assert (part.query, part.ids) == (None, tuple(pane.model.ids[:5]))
    select_places(pane, 0, pane.model.rowCount() - 1)
    assert pane.selection().whole


def test_in_07_j_and_k_go_on_beside_the_ticket_that_left_the_list(window: MainWindow, kit: DeskKit) -> None:
    pane = window.inbox.list
    for _ in range(4):
        pane.step(1)
    stage.settle(window)
    ids = list(pane.model.ids)
    assert pane.current_id() == ids[3]
    QTest.keyClick(pane.table, Qt.Key.Key_E)
    stage.settle(window)
    assert pane.model.position(ids[3]) < 0
    assert window.inbox.ticket.ticket_id == ids[3], "what was resolved stays open"
    QTest.keyClick(pane.table, Qt.Key.Key_J)
    stage.settle(window)
    assert pane.current_id() == ids[4]
    QTest.keyClick(pane.table, Qt.Key.Key_E)
    stage.settle(window)
    QTest.keyClick(pane.table, Qt.Key.Key_K)
    stage.settle(window)
    assert pane.current_id() == ids[2]
    pane._go(pane.model.rowCount() - 1)
    stage.settle(window)
    QTest.keyClick(pane.table, Qt.Key.Key_E)
    stage.settle(window)
    QTest.keyClick(pane.table, Qt.Key.Key_K)
    assert pane.current_id() == list(pane.model.ids)[-1]
    stage.settle(window)


def test_in_06_a_selection_stays_when_its_cursor_left_the_list_and_the_keyboard_comes_back(
    window: MainWindow, kit: DeskKit
) -> None:
    pane = window.inbox.list
    pane.open_first()
    pane.step(1, extend=True)
    pane.step(1, extend=True)
    stage.settle(window)
    kept, gone = pane.selected_ids()[:2], pane.current_id()
    assert gone is not None
    kit.desk.tickets.set_status([gone], "resolved", kit.ann)
    window.session.tickets_changed.emit(frozenset({gone}))
    stage.settle(window)
    assert pane.selected_ids() == kept
    window.inbox.list.focus_search()
    pane.table.setFocus(Qt.FocusReason.TabFocusReason)
    assert pane.selected_ids() == kept
    assert pane.current_id() is None, "and no row opens unasked"


def test_a_ticket_of_the_list_that_is_gone_is_asked_for_once(window: MainWindow) -> None:
    model = window.inbox.list.model
    asked: list[list[int]] = []
    model.rows_wanted.connect(asked.append)
    model.show(array("q", [*model.ids, 4711]))
    stage.settle(window)
    assert sum(4711 in one for one in asked) == 1
    model.mark_stale([4711])
    model.row_at(model.position(4711))
    stage.settle(window)
    assert sum(4711 in one for one in asked) == 2, "but after it changed"


def test_in_07_a_key_held_down_steps_on_but_changes_one_ticket(window: MainWindow, kit: DeskKit) -> None:
    assert window.shortcuts.repeating == {"J", "K", "Shift+J", "Shift+K", "Alt+Down", "Alt+Up"}
    apart = window.ticket_windows.open(ticket_of(kit, BUDI))
    stage.settle(window)
    assert apart._shortcuts.repeating == {"Alt+Down", "Alt+Up"}
    apart.close()


def test_in_07_a_step_is_not_taken_back_by_a_ticket_that_comes_late(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane, ticket = window.inbox.list, window.inbox.ticket
    pane.open_first()
    stage.settle(window)
    come, read = threading.Event(), window.session.desk.conversations.conversation

    def late(*args: Any, **options: Any) -> Any:
        assert come.wait(stage.PATIENCE_SECONDS)
        return read(*args, **options)

    monkeypatch.setattr(window.session.desk.conversations, "conversation", late)
    pane.step(1)
    pane.open_waiting()
    pane.step(1)
    come.set()
    assert stage.pump(lambda: ticket.view is not None and ticket.view.ticket.id == pane.model.ids[1])
    stage.settle(window)
    assert pane.current_id() == ticket.ticket_id == pane.model.ids[2]
    window.open_ticket(pane.model.ids[5])
    assert stage.pump(lambda: pane.current_id() == pane.model.ids[5])
    assert not pane._open_timer.isActive(), "what is open is not opened again, over what is opened next"


def test_in_07_keys_of_the_list_do_nothing_while_another_page_hides_it(window: MainWindow) -> None:
    pane = window.inbox.list
    pane.open_first()
    stage.settle(window)
    here = (pane.current_id(), pane.selected_ids(), window.inbox.ticket.ticket_id)
    window.show_page("plugins")
    for key in (Qt.Key.Key_J, Qt.Key.Key_X):
        QTest.keyClick(window, key)
        stage.settle(window)
    assert (pane.current_id(), pane.selected_ids(), window.inbox.ticket.ticket_id) == here
    window.show_page("inbox")
    QTest.keyClick(pane.table, Qt.Key.Key_J)
    assert pane.current_id() == pane.model.ids[1]
    stage.settle(window)


def test_letters_typed_into_a_choice_choose_and_change_no_ticket(window: MainWindow, kit: DeskKit) -> None:
    here = ticket_of(kit, BUDI)
    window.open_ticket(here)
    stage.settle(window)
    sender, before = window.inbox.ticket.composer.from_box, kit.status(here)
    sender.setFocus()
    for key in (Qt.Key.Key_E, Qt.Key.Key_NumberSign, Qt.Key.Key_S):
        QTest.keyClick(sender, key)
        stage.settle(window)
    assert kit.status(here) == before
    assert sender.currentText().startswith("s")
    assert not window.palette_layer.isVisible()
