"""What stands in a layout is found, moved and destroyed without keeping the address of anything Qt frees."""

from __future__ import annotations

import sys
from functools import partial

import shiboken6
from PySide6.QtWidgets import (
    QApplication,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
    QWidgetItem,
)

from desk_app.ui.widgets import layout_items
from desk_app.ui.widgets.layout import FlowLayout, clear, column, row
from tests.support.borrowed import borrowed


def items_left() -> int:
    return sum(type(one) is QWidgetItem for one in shiboken6.getAllValidWrappers())


def test_no_item_is_kept_by_what_gave_it(qapp: QApplication) -> None:
    holder = QWidget()
    whole = QVBoxLayout(holder)
    whole.addWidget(first := QLabel())
    grid, form, stack = QGridLayout(), QFormLayout(), QStackedLayout()
    for inner in (grid, form, stack):
        whole.addLayout(inner)
        inner.addWidget(QLabel())
    asked = (lay.itemAt for lay in (whole, grid, form, stack))
    for ask in (*(partial(one, 0) for one in asked), partial(grid.itemAtPosition, 0, 0)):
        assert isinstance(ask(), QWidgetItem)
        assert isinstance(ask().widget(), QLabel)
    assert whole.itemAt(0).widget() is first  # type: ignore[union-attr]
    assert whole.itemAt(1) is grid
    assert whole.itemAt(9) is None
    assert not borrowed()


def test_what_somebody_holds_stays_what_it_is_however_often_it_is_asked_for(qapp: QApplication) -> None:
    holder = QWidget()
    whole = QVBoxLayout(holder)
    whole.addWidget(first := QLabel())
    held = whole.itemAt(0)
    assert held is whole.itemAt(0)
    assert held is not None
    assert held.widget() is first


def test_no_item_of_a_layout_is_kept_by_the_one_it_is_added_to(qapp: QApplication) -> None:
    holder = QWidget()
    whole, grid = QVBoxLayout(holder), QGridLayout()
    whole.addLayout(row(QLabel(), None, column(QLabel(), 8)))
    whole.insertLayout(0, row(QLabel()), 1)
    whole.addItem(row(QLabel()))
    whole.insertItem(0, row(QLabel()))
    whole.addLayout(grid)
    grid.addLayout(row(QLabel()), 0, 0)
    grid.addItem(row(QLabel()), 0, 1)
    assert isinstance(whole.itemAt(1), QLayout), "asked for as a whole"
    assert not borrowed()


def test_a_widget_that_goes_leaves_no_address_for_what_comes_there(qapp: QApplication) -> None:
    """Such a loop, gone on with for a second, ended the program before items were let go."""
    holder = QWidget()
    whole = QVBoxLayout(holder)
    for _ in range(20):
        chips = [QPushButton() for _ in range(20)]
        whole.addLayout(row(*chips))
        assert [whole.itemAt(place) for place in range(whole.count())]
        for chip in chips:
            shiboken6.delete(chip)
        lines = QListWidget()
        for n in range(60):
            lines.addItem(QListWidgetItem(str(n)))
        shiboken6.delete(lines)
    assert not borrowed()


def test_qt_itself_never_comes_through_the_mend(qapp: QApplication) -> None:
    holder, seen = QWidget(), set[str]()
    whole, form = QVBoxLayout(holder), QFormLayout()
    whole.addLayout(row(QLabel(), chip := QPushButton(), None))
    whole.addLayout(form)
    form.addRow("Name", gone := QLabel())
    here = layout_items.__file__
    sys.setprofile(lambda at, _event, _arg: seen.add(at.f_code.co_name) if at.f_code.co_filename == here else None)
    try:
        holder.show()
        holder.resize(500, 300)
        whole.indexOf(chip)
        chip.setParent(None)
        shiboken6.delete(gone)
        QApplication.processEvents()
        shiboken6.delete(holder)
    finally:
        sys.setprofile(None)
    assert seen <= {"__get__"}, "it may ask whether there is a method, and is told that there is none"


def test_a_cleared_layout_leaves_nothing(qapp: QApplication) -> None:
    holder = QWidget()
    flow = FlowLayout()
    flow.addWidget(QLabel("chip"))
    whole = column(QLabel("one"), 8, row(QLabel("two"), None), None, flow)
    holder.setLayout(whole)
    clear(whole)
    assert (whole.count(), flow.count()) == (0, 0)
    assert not borrowed()


def test_a_flow_layout_keeps_its_items_as_long_as_they_are_in_it(qapp: QApplication) -> None:
    before = items_left()
    holder = QWidget()
    flow = FlowLayout()
    holder.setLayout(flow)
    one, two, three, four, five = chips = [QPushButton(str(n)) for n in range(5)]
    for chip in chips:
        flow.addWidget(chip)
    flow.insert(1, new := QPushButton("new"))
    assert [flow.itemAt(place).widget() for place in range(flow.count())] == [one, new, two, three, four, five]  # type: ignore[union-attr]
    shiboken6.delete(one)
    two.setParent(None)
    flow.removeWidget(new)
    assert [flow.itemAt(place).widget() for place in range(flow.count())] == [three, four, five]  # type: ignore[union-attr]
    assert items_left() - before == 3
    taken = flow.takeAt(0)
    assert taken is not None
    assert taken.widget() is three
    del taken
    assert not borrowed()
    shiboken6.delete(flow)
    del flow
    assert items_left() == before
    assert shiboken6.isValid(four)
