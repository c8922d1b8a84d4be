"""The list beside the conversation: which rows, in which order, what is selected."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget

from desk_app.domain.tickets.query import TicketOrder, TicketQuery
from desk_app.plugin_api.ui import ColumnSpec, Registry
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import grouped
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.list_delegate import TicketDelegate
from desk_app.ui.tickets.list_header import ListHeader
from desk_app.ui.tickets.list_merge import MergePlan, plan_merge
from desk_app.ui.tickets.list_model import TicketListModel
from desk_app.ui.tickets.list_selection import SelectableList
from desk_app.ui.tickets.list_states import Offer, SkeletonRows, empty_state
from desk_app.ui.tickets.views import ListView, search_view
from desk_app.ui.timers import single_shot
from desk_app.ui.views.filters import same_filters
from desk_app.ui.views.names import FilterNames
from desk_app.ui.views.shown import ListChoices
from desk_app.ui.widgets.layout import boxed, column
from desk_app.ui.widgets.panels import EmptyState

SYNC_MS = 250
OPEN_MS = 70
"""A row opens when the arrow key rests that long: holding it down does not load every ticket on the way."""
SKELETON_MS = 150
"""A list that takes longer shows grey rows meanwhile."""
DUE = "due"
"""The column that the delegate draws itself, because its text changes with the time."""
Extras = Mapping[int, tuple[tuple[str, str], ...]]


class ListPane(SelectableList):
    """Shows one list and says which ticket is to be opened."""

    ticket_chosen = Signal(int)
    ticket_opened = Signal(int)
    """The agent turned to a ticket: a click or Return, not only the cursor passing by."""
    view_changed = Signal(str)
    filters_changed = Signal()
    act_asked = Signal(str, int)
    """A quick action of a row and its ticket."""
    came = Signal()
    """A list can be used: its first rows were read, or there are none, or it cannot be read."""

    def __init__(self, session: DeskSession, columns: Registry[ColumnSpec]) -> None:
        super().__init__(TicketListModel())
        self.setObjectName("listpane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._session = session
        self.column_specs = columns
        self.choices = ListChoices(session, self)
        self._names = FilterNames(session, self)
        self.offer: Callable[[ListView], Offer | None] = lambda _view: None
        """What an empty list offers to do."""
        self.reading: Callable[[], int | None] = lambda: None
        """The ticket beside the list, which a list that has it marks."""
        self._view: ListView | None = None
        self._before_search: ListView | None = None
        self._searched = ""
        self._round = 0
        self._unseen = 0
        self.table.dragged = self.selected_ids
        self._delegate = TicketDelegate(self.table, self.model, lambda: session.facts)
        self.table.setItemDelegate(self._delegate)
        self._build()
        self._sync_timer = single_shot(self, SYNC_MS, self._sync)
        self._open_timer = single_shot(self, OPEN_MS, self._open_current)
        self._slow_timer = single_shot(self, SKELETON_MS, lambda: self._pages.setCurrentWidget(self._skeleton))
        self._minute = QTimer(self)
        self._minute.setInterval(30_000)
        self._minute.timeout.connect(self.table.viewport().update)
        self._minute.start()
        self._wire()
        self.destroyed.connect(columns.on_change(self._specs_changed))
        self.choices.load(self._choices_arrived)

    def _build(self) -> None:
        self.header = ListHeader()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._empty: EmptyState | None = None
        self._empty_holder = boxed(column())
        self._pages.addWidget(self._empty_holder)
        self._skeleton = SkeletonRows()
        self._pages.addWidget(self._skeleton)
        self.setLayout(column(self.header, self._pages, spacing=0))

    def _wire(self) -> None:
        session, table = self._session, self.table
        self.model.rows_wanted.connect(self._load_rows)
        table.selectionModel().currentRowChanged.connect(self._current_changed)
        table.selectionModel().selectionChanged.connect(self._selection_changed)
        table.clicked.connect(lambda _index: self.open_current())
        table.activated.connect(lambda _index: self.open_current())
        table.act_asked.connect(self.act_asked)
        table.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.header.searched.connect(self._search)
        self.header.search_closed.connect(self.close_search)
        self.header.pill.clicked.connect(self._to_top)
        self.header.filters.changed.connect(self.filter_by)
        self.header.filters.names = self._names
        self._names.learned.connect(self._show_filters)
        session.tickets_changed.connect(self._tickets_changed)
        session.facts_changed.connect(self._facts_changed)
        self.choices.changed.connect(self._choices_arrived)

    def _facts_changed(self) -> None:
        self._delegate.forget()
        self._show_filters()

    # -- what is shown ----------------------------------------------------------------------------------------------
    @property
    def view(self) -> ListView | None:
        """The list shown."""
        return self._view

    @property
    def filtered(self) -> bool:
        """Whether the agent filters the list further than it does itself."""
        return self._view is not None and not same_filters(self._query, self._view.query)

    def show_view(self, view: ListView) -> None:
        """Show another list, ordered as the agent likes it."""
        self._view = view
        self._unseen = 0
        self.header.show_unseen(0)
        self.header.title.set_text(view.title)
        self.header.total.setText("")
        order, ascending = self.choices.order(view)
        self._query = replace(view.query, order=order, ascending=ascending)
        self._show_query()
        self.view_changed.emit(view.id)

    def update_view(self, view: ListView) -> None:
        """Take over the list shown, which was saved under another name or with other filters."""
        if self._view is None or self._view.id != view.id:
            return
        differs = not same_filters(self._query, view.query)
        self._view = view
        self.header.title.set_text(view.title)
        self._query = replace(view.query, order=self._query.order, ascending=self._query.ascending)
        if differs:
            self._show_query()
        else:
            self._show_filters()

    def filter_by(self, query: TicketQuery) -> None:
        """Filter the list shown, until another one is shown."""
        self._query = replace(query, order=self._query.order, ascending=self._query.ascending)
        self._show_query()

    def sort_by(self, order: TicketOrder, *, ascending: bool) -> None:
        """Order the list shown, and remember it for this list."""
        self._query = replace(self._query, order=order, ascending=ascending)
        if self._view is not None and self._view.id != "search":
            self.choices.set_order(self._view, order, ascending=ascending)
        self._show_query()

    @property
    def columns(self) -> tuple[str, ...]:
        """The ids of the columns that the list shows."""
        chosen = self.choices.columns(self._view) if self._view is not None else ()
        return chosen or tuple(spec.id for spec in self.column_specs if spec.usual)

    def show_columns(self, columns: tuple[str, ...]) -> None:
        """Show other columns, and remember it for this list."""
        if self._view is not None:
            self.choices.set_columns(self._view, columns)
            self._columns_changed()

    def _specs_changed(self) -> None:
        """Another column came, or one went."""
        if self._view is not None:
            self._columns_changed()

    def _columns_changed(self) -> None:
        self._delegate.shows_due = DUE in self.columns
        self.model.forget_rows()
        self._delegate.forget()

    def _choices_arrived(self) -> None:
        if self._view is None:
            return
        order = self.choices.order(self._view)
        self._columns_changed()
        if order != (self._query.order, self._query.ascending) and self._view.id != "search":
            self._query = replace(self._query, order=order[0], ascending=order[1])
            self._show_query()

    def _show_query(self) -> None:
        buckets = self._query.buckets
        self._delegate.quiet_bucket = buckets[0].value if len(buckets) == 1 else ""
        self._delegate.shows_due = DUE in self.columns
        self._delegate.forget()
        if self._searched != self._query.search.strip():  # rows show where the words of a search stand
            self._searched = self._query.search.strip()
            self.model.forget_rows()
        self._show_filters()
        self._round += 1
        self._slow_timer.start()
        self._fetch(fresh=True)
        self.filters_changed.emit()

    def _show_filters(self) -> None:
        view = self._view
        if view is None:
            return
        base = TicketQuery(buckets=()) if view.saved is not None else view.query
        mine = view.saved is not None and view.saved.agent_id == self._session.agent.id
        changed = self.filtered or view.id == "search"
        self._names.learn(self._query)
        self.header.filters.show_filters(self._query, base, self._session.facts, can_save=mine, changed=changed)

    # -- reading ----------------------------------------------------------------------------------------------------
    def _fetch(self, *, fresh: bool) -> None:
        if self._view is None:
            return
        number, query, agent_id = self._round, self._query, self._session.agent.id
        queries = self._session.desk.ticket_queries
        old, held = self.model.ids, () if fresh else self._held()

        def read() -> MergePlan:
            ids = queries.ids(query, agent_id=agent_id)
            return MergePlan(old, ids) if fresh else plan_merge(old, ids, held)

        def arrived(plan: MergePlan) -> None:
            if number != self._round:
                return
            self._slow_timer.stop()
            if fresh:
                self._show_ids(plan.new)
            else:
                self._merge(plan)
            self.header.total.setText(grouped(len(plan.new)))
            self._show_empty(not plan.new)
            if not plan.new:
                self.came.emit()

        def failed(problem: Problem) -> None:
            self._slow_timer.stop()
            self._pages.setCurrentWidget(self.table)
            self._session.work.problem.emit(problem)
            self.came.emit()

        self._session.work.run(read, arrived, failed=failed, owner=self)

    def _show_ids(self, ids: array[int]) -> None:
        self._gap = None
        self.model.show(ids)
        beside = self.reading()
        if beside is not None and self.model.position(beside) >= 0:
            self._restore_selection(beside, (beside,))
        self._selection_changed()  # a reset clears the selection without a word
        self.table.scrollToTop()

    def _held(self) -> frozenset[int]:
        """Return the tickets whose place must not be lost: selected, current, and the one on top."""
        return self.model.held_ids() | {one for one in (self.current_id(), self._anchor()) if one is not None}

    def _anchor(self) -> int | None:
        top = self.table.rowAt(0)
        return self.model.id_at(top) if top >= 0 else None

    def _merge(self, plan: MergePlan) -> None:
        scroll_bar = self.table.verticalScrollBar()
        height = self.table.verticalHeader().defaultSectionSize()
        anchor = self._anchor()
        offset = scroll_bar.value() - self.table.rowAt(0) * height
        current = self.current_id()
        chosen = self.selected_ids(limit=self.model.rowCount())
        gone = frozenset(plan.gone)
        rows_above = range(self.table.currentIndex().row() - 1, -1, -1)
        above = next((self.model.id_at(row) for row in rows_above if row not in gone), None)
        reading = scroll_bar.value() > 0 or current is not None
        self._merging = True
        new_on_top = self.model.apply(plan)
        if self._whole:
            self.table.selectAll()
        else:
            self._restore_selection(current, chosen, above)
        self._merging = False
        if anchor is not None and reading:
            place = plan.where.get(anchor, -2)
            place = self.model.position(anchor) if place == -2 else place
            if place >= 0:
                self.table.scroll_to(place * height + offset)
        if new_on_top and scroll_bar.value() > 0:
            self._unseen += new_on_top
        self.header.show_unseen(self._unseen)

    def _load_rows(self, ids: list[int]) -> None:
        desk, agent_id, shown = self._session.desk, self._session.agent.id, self.columns
        search = self._query.search.strip()
        specs = [one for name in shown if name != DUE and (one := self.column_specs.get(name)) is not None]

        def read() -> tuple[list[TicketRow], Extras]:
            rows = desk.ticket_queries.rows(ids, agent_id=agent_id)
            if search:
                hits = desk.ticket_queries.hits(ids, search)
                rows = [replace(one, snippet=hits.get(one.id, one.snippet)) for one in rows]
            return rows, _column_texts(specs, rows)

        def arrived(found: tuple[list[TicketRow], Extras]) -> None:
            rows, extras = found
            self.model.take_extras(extras)
            self.model.fill(ids, rows)
            self.came.emit()

        def failed(problem: Problem) -> None:
            self.model.forget_failed(ids)
            self._session.work.problem.emit(problem)
            self.came.emit()

        self._session.work.run(read, arrived, failed=failed, owner=self)

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

    # -- the cursor ------------------------------------------------------------------------------------
    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if (
            current.isValid() and not self._merging and not self.table.focusing
        ):  # what vanished from the list stays open beside it
            self._open_timer.start()

    def open_current(self) -> None:
        """Turn to the ticket under the cursor."""
        self._open_current()
        ticket_id = self.current_id()
        if ticket_id is not None:
            self.ticket_opened.emit(ticket_id)

    def follow(self, ticket_id: int) -> None:
        """Put the cursor on the ticket that is shown now, unless the agent moved it on meanwhile."""
        if not self._open_timer.isActive():
            self.select_ticket(ticket_id)
            self._open_timer.stop()  # it is open already

    def open_waiting(self) -> None:
        """Open the row the cursor came to a moment ago: a command given now is about it."""
        if self._open_timer.isActive():
            self._open_current()

    def _open_current(self) -> None:
        self._open_timer.stop()
        ticket_id = self.current_id()
        if ticket_id is not None:
            self.ticket_chosen.emit(ticket_id)

    def _selection_changed(self) -> None:
        if not self._merging and not self._keeping:
            self._whole = False
        count = self.selected_count()
        self.header.show_selected(count)
        self._delegate.several = count > 1
        self.selection_changed.emit(count)

    # -- search -----------------------------------------------------------------------------------------------------
    def focus_search(self) -> None:
        """Open the search box and put the cursor into it."""
        self.header.focus_search()

    def search(self, text: str) -> None:
        """Show the hits of a search."""
        self.header.open_search(text)
        self._search(text.strip())

    def _search(self, text: str) -> None:
        if text:
            if self._view is not None and self._view.id != "search":
                self._before_search = self._view
            self.show_view(search_view(text))
        elif self._view is not None and self._view.id == "search" and self._before_search is not None:
            self.show_view(self._before_search)

    def close_search(self) -> None:
        """Leave the search and show the list from before."""
        self.header.hide_search()
        self._search("")
        self.table.setFocus()

    @property
    def searching(self) -> bool:
        """Whether the search box is open."""
        return self.header.searching

    # -- nothing to show, and news ----------------------------------------------------------------------------------
    @property
    def empty(self) -> EmptyState | None:
        """What is shown in the place of rows."""
        return self._empty if self._pages.currentWidget() is self._empty_holder else None

    def renew_empty(self) -> None:
        """Look anew at what an empty list offers: other lists have other numbers now."""
        if self.empty is not None:
            self._show_empty(empty=True)

    def _show_empty(self, empty: bool) -> None:
        if empty and self._view is not None:
            if self._empty is not None:
                self._empty.hide()
                self._empty.deleteLater()
            view = self._view
            clear = (lambda: self.filter_by(view.query)) if self.filtered else None
            self._empty = empty_state(view, self.offer(view), clear)
            self._empty_holder.layout().addWidget(self._empty)  # type: ignore[union-attr]
        self._pages.setCurrentIndex(1 if empty else 0)

    def _scrolled(self, value: int) -> None:
        if value == 0 and self._unseen:
            self._unseen = 0
            self.header.show_unseen(0)

    def _to_top(self) -> None:
        self.table.scrollToTop()
        self._unseen = 0
        self.header.show_unseen(0)


def _column_texts(columns: Sequence[ColumnSpec], rows: Sequence[TicketRow]) -> dict[int, tuple[tuple[str, str], ...]]:
    found: dict[int, list[tuple[str, str]]] = {row.id: [] for row in rows}
    for spec in columns:
        for ticket_id, text in spec.values(rows).items():
            if text and ticket_id in found:
                found[ticket_id].append((text, spec.tone))
    return {ticket_id: tuple(texts) for ticket_id, texts in found.items()}
