"""The list beside the conversation: header, search, rows, what is selected."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QItemSelectionRange, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLineEdit, QSizePolicy, QStackedWidget, QTableView, QWidget

from desk_app.domain.tickets.query import TicketOrder, TicketQuery
from desk_app.plugin_api.ui import ColumnSpec, Registry
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import grouped, tr
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.list_delegate import ROW_HEIGHT, TicketDelegate
from desk_app.ui.tickets.list_model import TicketListModel
from desk_app.ui.tickets.views import ListView, search_view
from desk_app.ui.widgets.basics import Menu, button, icon_button, label
from desk_app.ui.widgets.layout import boxed, column, hairline, row
from desk_app.ui.widgets.panels import EmptyState

SYNC_MS = 250
OPEN_MS = 70
"""A row opens when the arrow key rests that long: holding it down does not load every ticket on the way."""
Extras = Mapping[int, tuple[tuple[str, str], ...]]


class TicketTable(QTableView):
    """A table with one painted column; a list view needs seconds for a million rows (toolchain.md trap 6)."""

    def __init__(self, model: TicketListModel) -> None:
        super().__init__()
        self.focusing = False
        self.setModel(model)
        self.setAccessibleName(tr("Tickets"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        columns = self.horizontalHeader()
        columns.setSelectionModel(QItemSelectionModel(model, self))  # toolchain.md trap 4
        columns.setStretchLastSection(True)
        columns.hide()
        self.verticalHeader().hide()
        self.verticalScrollBar().setSingleStep(27)
        self.resize_rows()
        theme().changed.connect(self.resize_rows)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Take the focus without taking the first row: Qt would make it current, and it would open unasked."""
        untouched = not self.currentIndex().isValid()
        self.focusing = untouched
        super().focusInEvent(event)
        if untouched:
            self.selectionModel().clear()
        self.focusing = False

    def resize_rows(self) -> None:
        """Follow the text size."""
        self.verticalHeader().setMinimumSectionSize(24)
        self.verticalHeader().setDefaultSectionSize(theme().px(ROW_HEIGHT))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave letters to the window's shortcuts."""
        if event.text().isalpha() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        super().keyPressEvent(event)


class ListPane(QWidget):
    """Shows one list and says which ticket is to be opened."""

    ticket_chosen = Signal(int)
    selection_changed = Signal(int)
    """How many tickets are selected."""
    view_changed = Signal(str)

    def __init__(self, session: DeskSession, columns: Registry[ColumnSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("listpane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._session = session
        self._columns = columns
        self._view: ListView | None = None
        self._before_search: ListView | None = None
        self._round = 0
        self._unseen = 0
        self._order = TicketOrder.ACTIVITY
        self._ascending = False
        self.model = TicketListModel(self)
        self.table = TicketTable(self.model)
        self._delegate = TicketDelegate(self.table, self.model, lambda: session.facts)
        self.table.setItemDelegate(self._delegate)
        self._merging = False
        self._search_timer = self._single_shot(350, self._search_now)
        self._build()
        self._sync_timer = self._single_shot(SYNC_MS, self._sync)
        self._open_timer = self._single_shot(OPEN_MS, self._open_current)
        self._minute = QTimer(self)
        self._minute.setInterval(30_000)
        self._minute.timeout.connect(self.table.viewport().update)
        self._minute.start()
        self.model.rows_wanted.connect(self._load_rows)
        self.table.selectionModel().currentRowChanged.connect(self._current_changed)
        self.table.selectionModel().selectionChanged.connect(self._selection_changed)
        self.table.clicked.connect(lambda _index: self._open_current())
        self.table.activated.connect(lambda _index: self._open_current())
        self.table.verticalScrollBar().valueChanged.connect(self._scrolled)
        session.tickets_changed.connect(self._tickets_changed)
        session.facts_changed.connect(self.table.viewport().update)

    def _single_shot(self, milliseconds: int, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(call)
        return timer

    def _build(self) -> None:
        self.title = label("", "title")
        self.total = label("", "tertiary")
        self.sort_button = icon_button("arrow-up-down", tr("Sort"), self._sort_menu)
        self.search_button = icon_button("search", tr("Search"), self.focus_search, key="/")
        self.new_button = icon_button("square-pen", tr("New ticket"), key="C")
        self._bar = row(
            self.title,
            self.total,
            None,
            self.search_button,
            self.sort_button,
            self.new_button,
            margins=(16, 10, 10, 8),
            spacing=6,
        )
        self.search_box = QLineEdit()
        self.search_box.setAccessibleName(tr("Search tickets"))
        self.search_box.setPlaceholderText(tr("Words, from: subject: tag: before: has:attachment"))
        self.search_box.setClearButtonEnabled(True)
        self.search_box.returnPressed.connect(self._search_now)
        self.search_box.textEdited.connect(lambda _text: self._search_timer.start())
        close = icon_button("x", tr("Close the search"), self.close_search, size=15)
        self._search_row = boxed(row(self.search_box, close, margins=(12, 0, 8, 10), spacing=4))
        self._search_row.hide()
        self.bulk_bar = boxed(row(margins=(16, 9, 8, 9), spacing=2), "surface")
        self.bulk_bar.hide()
        self.pill = button("", self._to_top, variant="primary", icon_name="chevron-up")
        self.pill.hide()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._empty_holder = boxed(column())
        self._pages.addWidget(self._empty_holder)
        header = boxed(self._bar)
        header.setMinimumHeight(49)
        header.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._header = header
        pill_row = boxed(row(None, self.pill, None, margins=(0, 4, 0, 4)))
        self._pill_row = pill_row
        pill_row.hide()
        self.setLayout(column(header, self.bulk_bar, self._search_row, hairline(), pill_row, self._pages, spacing=0))

    @property
    def view(self) -> ListView | None:
        """The list shown."""
        return self._view

    def show_view(self, view: ListView) -> None:
        """Show another list."""
        self._view = view
        self._unseen = 0
        self._update_pill()
        self._delegate.quiet_bucket = view.query.buckets[0].value if len(view.query.buckets) == 1 else ""
        self.title.setText(view.title)
        self.total.setText("")
        self._round += 1
        self._fetch(fresh=True)
        self.view_changed.emit(view.id)

    def _fetch(self, *, fresh: bool) -> None:
        view, number = self._view, self._round
        if view is None:
            return
        query = _ordered(view, self._order, ascending=self._ascending)
        queries = self._session.desk.ticket_queries

        def arrived(ids: array[int]) -> None:
            if number != self._round:
                return
            if fresh:
                self.model.show(ids)
                self._selection_changed()  # a reset clears the selection without a word
                self.table.scrollToTop()
            else:
                self._merge(ids)
            self.total.setText(grouped(len(ids)))
            self._show_empty(not ids)

        self._session.work.run(lambda: queries.ids(query), arrived, owner=self)

    def _merge(self, ids: array[int]) -> None:
        scroll_bar = self.table.verticalScrollBar()
        top = self.table.rowAt(0)
        anchor = self.model.id_at(top) if top >= 0 else None
        offset = scroll_bar.value() - top * self.table.verticalHeader().defaultSectionSize()
        current = self.current_id()
        chosen = self.selected_ids(limit=500)
        reading = scroll_bar.value() > 0 or current is not None
        self._merging = True
        new_on_top = self.model.merge(ids)
        self._restore_selection(current, chosen)
        self._merging = False
        place = self.model.position(anchor) if anchor is not None and reading else -1
        if place >= 0:
            scroll_bar.setValue(place * self.table.verticalHeader().defaultSectionSize() + offset)
        if new_on_top and scroll_bar.value() > 0:
            self._unseen += new_on_top
        self._update_pill()

    def _restore_selection(self, current: int | None, chosen: Sequence[int]) -> None:
        model = self.table.selectionModel()
        if current is not None and self.current_id() != current:
            place = self.model.position(current)
            model.blockSignals(True)
            index = self.model.index(place, 0) if place >= 0 else QModelIndex()
            model.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            model.blockSignals(False)
        if tuple(self.selected_ids(limit=500)) != tuple(chosen):
            selection = QItemSelection()
            for ticket_id in chosen:
                place = self.model.position(ticket_id)
                if place >= 0:
                    index = self.model.index(place, 0)
                    selection.select(index, index)
            model.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.table.viewport().update()

    def _load_rows(self, ids: list[int]) -> None:
        desk, agent_id, columns = self._session.desk, self._session.agent.id, tuple(self._columns)

        def read() -> tuple[list[TicketRow], Extras]:
            rows = desk.ticket_queries.rows(ids, agent_id=agent_id)
            return rows, _column_texts(columns, rows)

        def failed(problem: Problem) -> None:
            self.model.forget_failed(ids)
            self._session.work.problem.emit(problem)

        self._session.work.run(
            read,
            lambda found: self.model.fill(ids, *found),
            failed=failed,
            owner=self,
        )

    def _tickets_changed(self, ids: frozenset[int]) -> None:
        self.model.mark_stale(ids)
        if not self._sync_timer.isActive():
            self._sync_timer.start()

    def _sync(self) -> None:
        if self._view is not None and self._view.id != "search":
            self._fetch(fresh=False)

    def refresh(self) -> None:
        """Read the list again, keeping place and selection."""
        self._fetch(fresh=False)

    # -- selection ------------------------------------------------------------------------------------------------
    def current_id(self) -> int | None:
        """Return the ticket under the cursor."""
        index = self.table.currentIndex()
        return self.model.id_at(index.row()) if index.isValid() else None

    def selected_ids(self, *, limit: int = 100_000) -> tuple[int, ...]:
        """Return the selected tickets in list order, by ranges (toolchain.md trap 5)."""
        ids: list[int] = []
        for one in sorted(self._ranges(), key=lambda one: one.top()):
            ids.extend(self.model.ids[one.top() : min(one.bottom() + 1, one.top() + limit)])
        return tuple(dict.fromkeys(ids))[:limit]

    def _ranges(self) -> list[QItemSelectionRange]:
        selection = self.table.selectionModel().selection()
        return [selection.at(place) for place in range(selection.count())]

    def select_ticket(self, ticket_id: int) -> None:
        """Put the cursor on a ticket if the list has it."""
        place = self.model.position(ticket_id)
        if place >= 0 and self.current_id() != ticket_id:
            self._go(place)

    def _go(self, place: int) -> None:
        index = self.model.index(place, 0)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.table.selectionModel().setCurrentIndex(index, flags)
        self.table.scrollTo(index)

    def step(self, by: int, *, extend: bool = False) -> None:
        """Move the cursor, with `extend` growing the selection."""
        count = self.model.rowCount()
        if not count:
            return
        index = self.table.currentIndex()
        place = max(0, min(count - 1, index.row() + by)) if index.isValid() else 0
        if extend:
            cell = self.model.index(place, 0)
            flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
            self.table.selectionModel().setCurrentIndex(cell, flags)
            self.table.scrollTo(cell)
        else:
            self._go(place)

    def toggle_current(self) -> None:
        """Select or leave out the row under the cursor."""
        flags = QItemSelectionModel.SelectionFlag.Toggle | QItemSelectionModel.SelectionFlag.Rows
        self.table.selectionModel().select(self.table.currentIndex(), flags)

    def clear_selection(self) -> None:
        """Leave only the row under the cursor selected."""
        index = self.table.currentIndex()
        self.table.clearSelection()
        if index.isValid():
            self._go(index.row())

    def open_first(self) -> None:
        """Put the cursor on the first row."""
        if self.model.rowCount():
            self._go(0)

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if (
            current.isValid() and not self._merging and not self.table.focusing
        ):  # what vanished from the list stays open beside it
            self._open_timer.start()

    def _open_current(self) -> None:
        self._open_timer.stop()
        ticket_id = self.current_id()
        if ticket_id is not None:
            self.ticket_chosen.emit(ticket_id)

    def _selection_changed(self) -> None:
        count = sum(one.bottom() - one.top() + 1 for one in self._ranges())
        self._header.setVisible(count < 2)
        self.bulk_bar.setVisible(count > 1)
        self.selection_changed.emit(count)

    # -- header ---------------------------------------------------------------------------------------------------
    def _sort_menu(self) -> None:
        menu = Menu(self)
        for words, order, ascending in (
            (tr("Latest activity first"), TicketOrder.ACTIVITY, False),
            (tr("Oldest activity first"), TicketOrder.ACTIVITY, True),
            (tr("Newest ticket first"), TicketOrder.CREATED, False),
            (tr("Oldest ticket first"), TicketOrder.CREATED, True),
        ):
            here = (order, ascending) == (self._order, self._ascending)
            menu.add(words, lambda o=order, a=ascending: self._sort(o, ascending=a), checked=here)  # type: ignore[misc]
        menu.below(self.sort_button)

    def _sort(self, order: TicketOrder, *, ascending: bool) -> None:
        self._order, self._ascending = order, ascending
        self._round += 1
        self._fetch(fresh=True)

    def focus_search(self) -> None:
        """Open the search box and put the cursor into it."""
        self._search_row.show()
        self.search_box.setFocus()
        self.search_box.selectAll()

    def search(self, text: str) -> None:
        """Show the hits of a search."""
        self._search_row.show()
        self.search_box.setText(text)
        self._search_now()

    def _search_now(self) -> None:
        self._search_timer.stop()
        text = self.search_box.text().strip()
        if text:
            if self._view is not None and self._view.id != "search":
                self._before_search = self._view
            self.show_view(search_view(text))
        elif self._view is not None and self._view.id == "search" and self._before_search is not None:
            self.show_view(self._before_search)

    def close_search(self) -> None:
        """Leave the search and show the list from before."""
        self.search_box.clear()
        self._search_row.hide()
        self._search_now()
        self.table.setFocus()

    @property
    def searching(self) -> bool:
        """Whether the search box is open."""
        return self._search_row.isVisible()

    def _show_empty(self, empty: bool) -> None:
        if empty and self._view is not None:
            layout = self._empty_holder.layout()
            old = layout.takeAt(0)  # type: ignore[union-attr]
            if old is not None and (widget := old.widget()) is not None:
                widget.deleteLater()
            icon_name = "search" if self._view.id == "search" else "circle-check"
            layout.addWidget(EmptyState(icon_name, self._view.empty))  # type: ignore[union-attr]
        self._pages.setCurrentIndex(1 if empty else 0)

    def _scrolled(self, value: int) -> None:
        if value == 0 and self._unseen:
            self._unseen = 0
            self._update_pill()

    def _to_top(self) -> None:
        self.table.scrollToTop()
        self._unseen = 0
        self._update_pill()

    def _update_pill(self) -> None:
        self.pill.setText(tr("%n new", self._unseen))
        self.pill.setVisible(self._unseen > 0)
        self._pill_row.setVisible(self._unseen > 0)


def _ordered(view: ListView, order: TicketOrder, *, ascending: bool) -> TicketQuery:
    return replace(view.query, order=order, ascending=ascending)


def _column_texts(columns: Sequence[ColumnSpec], rows: Sequence[TicketRow]) -> dict[int, tuple[tuple[str, str], ...]]:
    found: dict[int, list[tuple[str, str]]] = {row.id: [] for row in rows}
    for spec in columns:
        for ticket_id, text in spec.values(rows).items():
            if text and ticket_id in found:
                found[ticket_id].append((text, spec.tone))
    return {ticket_id: tuple(texts) for ticket_id, texts in found.items()}
