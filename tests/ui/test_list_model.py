from __future__ import annotations

import random
from array import array
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QItemSelectionModel, QPersistentModelIndex
from pytestqt.qtbot import QtBot

from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.tickets import list_merge, list_model
from desk_app.ui.tickets.list_merge import plan_merge
from desk_app.ui.tickets.list_model import TicketListModel
from desk_app.ui.tickets.list_table import TicketTable
from desk_app.ui.widgets.paged_rows import KEPT_ROWS, PAGE

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)


def row(ticket_id: int, subject: str = "Subject") -> TicketRow:
    return TicketRow(
        ticket_id, str(ticket_id), subject, "snippet", "Maya", "maya@x.example", Bucket.OPEN, "Open", "open",
        Priority.NORMAL, None, "", (1,), 1, False, True, AT, AT, None, False, 1,
    )  # fmt: skip


def ids(*numbers: int) -> array[int]:
    return array("q", numbers)


@pytest.fixture
def model(qtbot: QtBot) -> TicketListModel:
    return TicketListModel()


def test_toolchain_3_a_million_rows_are_a_few_megabytes_and_ask_for_one_page(
    qtbot: QtBot, model: TicketListModel
) -> None:
    asked: list[list[int]] = []
    model.rows_wanted.connect(asked.append)
    model.show(array("q", range(1_000_000)))
    assert model.rowCount() == 1_000_000
    assert model.row_at(500_050) is None
    assert model.row_at(500_051) is None
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [list(range(500_000, 500_000 + PAGE))]
    model.fill(asked[0], [row(one) for one in asked[0]])
    assert model.row_at(500_050) == row(500_050)


def test_toolchain_traps_4_and_6_a_table_paints_a_million_rows(qtbot: QtBot, model: TicketListModel) -> None:
    table = TicketTable(model)
    qtbot.addWidget(table)
    model.show(array("q", range(1_000_000)))
    table.resize(400, 600)
    table.show()
    table.selectAll()
    table.grab()
    assert table.horizontalHeader().selectionModel() is not table.selectionModel()
    assert len(table.selectionModel().selection()) == 1, "ranges, never single indexes (trap 5)"


def test_memory_stays_flat(model: TicketListModel) -> None:
    model.show(array("q", range(KEPT_ROWS * 2)))
    for start in range(0, KEPT_ROWS * 2, PAGE):
        page = list(range(start, start + PAGE))
        model.fill(page, [row(one) for one in page])
    assert model.known(0) is None
    assert model.known(KEPT_ROWS * 2 - 1) is not None


def test_a_sync_never_resets_and_keeps_selection_and_place(qtbot: QtBot, model: TicketListModel) -> None:
    table = TicketTable(model)
    qtbot.addWidget(table)
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    model.show(ids(*range(100)))
    resets.clear()
    table.selectionModel().setCurrentIndex(model.index(40, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    assert model.merge(ids(200, 201, *range(10), *range(12, 100))) == 2
    assert not resets
    assert model.id_at(table.currentIndex().row()) == 40
    assert model.merge(ids(40, 200, 201, *range(10), *range(12, 40), *range(41, 100))) == 0
    assert model.id_at(table.currentIndex().row()) == 40
    assert not resets


@given(st.lists(st.integers(0, 60), unique=True), st.lists(st.integers(0, 60), unique=True))
def test_merging_always_ends_in_the_new_order(old: list[int], new: list[int]) -> None:
    model = TicketListModel()
    model.show(array("q", old))
    counted = [len(old)]
    model.rowsInserted.connect(lambda _p, first, last: counted.append(counted[-1] + last - first + 1))
    model.rowsRemoved.connect(lambda _p, first, last: counted.append(counted[-1] - (last - first + 1)))
    model.modelReset.connect(lambda: counted.append(model.rowCount()))
    model.merge(array("q", new))
    assert list(model.ids) == new
    assert counted[-1] == len(new), "what was announced fits what happened"


def test_many_scattered_changes_become_one_block(model: TicketListModel) -> None:
    rng = random.Random(7)
    model.show(array("q", range(2000)))
    new = array("q", [one for one in range(2000) if rng.random() > 0.3])
    inserted: list[int] = []
    model.rowsInserted.connect(lambda *_a: inserted.append(1))
    model.merge(new)
    assert model.ids == new
    assert len(inserted) <= 1


def test_changed_rows_show_the_old_text_until_the_new_one_is_there(qtbot: QtBot, model: TicketListModel) -> None:
    model.show(ids(1, 2))
    model.fill([1, 2], [row(1, "old"), row(2)])
    asked: list[list[int]] = []
    model.rows_wanted.connect(asked.append)
    model.mark_stale([1])
    shown = model.row_at(0)
    assert shown is not None
    assert shown.subject == "old"
    qtbot.waitUntil(lambda: asked == [[1]])
    model.fill([1], [row(1, "new")])
    assert model.row_at(0) == row(1, "new")


def test_ui_6_a_row_is_spoken_as_a_sentence(model: TicketListModel) -> None:
    from PySide6.QtCore import Qt

    model.show(ids(1))
    model.fill([1], [row(1, "Refund")])
    spoken = model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("Unread. Maya, Refund, Open")


many = st.lists(st.integers(0, 60), unique=True)


@given(many, many)
def test_in_05_a_plan_knows_what_comes_goes_and_where_the_rest_is(old: list[int], new: list[int]) -> None:
    plan = plan_merge(array("q", old), array("q", new), old)
    assert {old[place] for place in plan.gone} == set(old) - set(new)
    assert {new[place] for place in plan.come} == set(new) - set(old)
    assert plan.where == {one: new.index(one) if one in new else -1 for one in old}
    assert plan.empty == (old == new)


@given(many, many, st.sets(st.integers(0, 60)))
def test_in_05_what_is_selected_stays_selected_whatever_moves(old: list[int], new: list[int], chosen: set[int]) -> None:
    model = TicketListModel()
    model.show(array("q", old))
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(list_model, "PIECEMEAL", 1)
    held = {one: QPersistentModelIndex(model.index(old.index(one), 0)) for one in chosen if one in old}
    model.merge(array("q", new))
    monkeypatch.undo()
    for one, index in held.items():
        assert index.isValid() == (one in new)
        assert one not in new or new[index.row()] == one


def test_in_05_many_differences_are_found_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_merge, "MOST_EDITS", 3)
    old, new = array("q", range(400)), array("q", reversed(range(100, 700, 3)))
    plan = plan_merge(old, new, [100, 101, 103])
    assert plan.where == {100: new.index(100), 101: -1, 103: new.index(103)}
    model = TicketListModel()
    model.show(old)
    model.merge(new)
    assert model.ids == new


def test_in_05_a_ticket_that_moves_to_the_top_of_a_million_is_found_in_blocks() -> None:
    old = array("q", range(1_000_000))
    new = array("q", [900_000, *range(900_000), *range(900_001, 1_000_000)])
    plan = plan_merge(old, new, [900_000, 5, 950_000])
    assert (plan.gone, plan.come, plan.moved) == ((), (), True)
    assert plan.where == {900_000: 0, 5: 6, 950_000: 950_000}
