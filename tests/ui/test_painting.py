"""Painting looks nothing up: no service, no statement, no other thread, on any screen (issues 3 and 4)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSettings,
    Qt,
)
from PySide6.QtWidgets import QAbstractItemView, QApplication, QListView, QWidget

from desk_app.domain.tickets.query import TicketQuery
from desk_app.plugin_host.dispatch import Dispatcher
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.list_states import SkeletonRows
from desk_app.ui.widgets.painted import Spinner
from tests.support.desks import DeskKit
from tests.ui import contact_scenes, list_scenes, stage
from tests.ui.conftest import close
from tests.ui.paint_watch import PaintWatch
from tests.ui.screens import mute_file_dialogs, screens

ROLES = [Qt.ItemDataRole(role) for role in range(14)] + [Qt.ItemDataRole.UserRole]
PAINTED = {
    *("PagedRows.data", "CentreModel.data", "RowsModel.data", "RowsModel.headerData"),
    *("TicketDelegate.paint", "DirectoryDelegate.paint", "CentreDelegate.paint", "PaletteDelegate.paint"),
    *("SuggestionLines.paint", "BodyView.paintEvent", "NavItem.paintEvent", "Rail.sizeHint", "FlowLayout.sizeHint"),
}
"""Some of what the screens must have come to."""
ROWS = 12
"""So many lines of a list are asked for everything; they come from one method."""


@pytest.fixture
def watch(kit: DeskKit) -> Iterator[PaintWatch]:
    with PaintWatch() as made:
        made.forbid_services(kit.desk)
        made.forbid(Dispatcher, "a plugin hook")
        yield made


@pytest.fixture
def watched_window(kit: DeskKit, settings: QSettings, watch: PaintWatch) -> Iterator[MainWindow]:
    stage.believable(kit)
    contact_scenes.furnish(kit)
    made = stage.open_window(kit, settings)
    yield made
    close(made)


def ask_everything(model: QAbstractItemModel) -> None:
    """Ask a model whatever a view, a delegate or a screen reader may ask."""
    columns = range(model.columnCount() if isinstance(model, QAbstractTableModel) else 1)
    for column in columns:
        for role in ROLES:
            model.headerData(column, Qt.Orientation.Horizontal, role)
    for row in range(min(model.rowCount(), ROWS)):
        for column in columns:
            index = model.index(row, column)
            model.flags(index)
            for role in ROLES:
                model.data(index, role)


def paint_everything(root: QWidget) -> None:
    """Paint a screen with all that lies in it anew, and ask its lists."""
    root.window().grab()
    QApplication.processEvents()
    for one in (root, *root.findChildren(QWidget)):
        if one.isVisible():
            one.sizeHint(), one.minimumSizeHint()
        if isinstance(one, QAbstractItemView) and one.isVisible() and (model := one.model()) is not None:
            ask_everything(model)


def test_in_05_nothing_is_looked_up_while_a_screen_is_painted(watched_window: MainWindow, watch: PaintWatch) -> None:
    with mute_file_dialogs():
        for screen in screens(watched_window):
            if screen.only_dialogs:  # the scenes before it show them
                continue
            if (root := screen.show()) is not None:
                paint_everything(root)
            screen.leave()
        watched_window.show_page("inbox")
        for _, (width, height), lead in list_scenes.narrow():
            watched_window.resize(width, height)
            stage.settle(watched_window)
            lead(watched_window)
            stage.settle(watched_window)
            paint_everything(watched_window)
    for passing in (SkeletonRows(), Spinner()):  # there for a moment only
        passing.grab()
    assert not watch.found, "\n".join(sorted(watch.found))
    assert watch.asked >= PAINTED, f"hardly anything was painted: {sorted(PAINTED - watch.asked)}"


class _Curious(QAbstractListModel):
    """Does what no model may do."""

    def __init__(self, kit: DeskKit, window: MainWindow | None = None) -> None:
        super().__init__()
        self._kit, self._window = kit, window

    def rowCount(self, _parent: QModelIndex | QPersistentModelIndex | None = None) -> int:  # noqa: N802 -- Qt's name
        return 1

    def data(self, _index: QModelIndex | QPersistentModelIndex, _role: int = 0) -> object:
        self._kit.desk.ticket_queries.ids(TicketQuery())
        if self._window is not None:
            self._window.session.work.run(lambda: None)
        return None


class _Busy(QWidget):
    def paintEvent(self, _event: object) -> None:  # noqa: N802 -- Qt's name
        Dispatcher(groups=()).event("nobody_listens")


def test_a_model_or_a_widget_that_looks_something_up_is_named(
    kit: DeskKit, watched_window: MainWindow, watch: PaintWatch
) -> None:
    watch.watch(_Curious)
    watch.watch(_Busy)
    kit.desk.ticket_queries.ids(TicketQuery())
    Dispatcher(groups=()).event("nobody_listens")
    assert not watch.found
    view, busy = QListView(), _Busy()
    view.setModel(_Curious(kit, watched_window))
    view.grab()
    busy.grab()
    stage.settle(watched_window)
    kinds = {found.partition(" calls ")[2].partition(":")[0] for found in watch.found}
    assert kinds == {"a service", "SQL", "work on another thread", "a plugin hook"}
