"""The list of people and organizations: search, filters, order (ui.md 4.12)."""

from __future__ import annotations

from array import array
from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QPushButton,
    QStackedWidget,
    QTableView,
    QWidget,
)

from desk_app.domain.contacts.query import ContactFilter, ContactOrder, ContactQuery
from desk_app.services.queries.contacts import ContactRow, OrganizationRow
from desk_app.ui.contacts.list_delegate import ROW_HEIGHT, DirectoryDelegate
from desk_app.ui.contacts.list_model import DirectoryModel
from desk_app.ui.contacts.phrases import ORGANIZATIONS, filter_names
from desk_app.ui.language import grouped, tr
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.theme import theme
from desk_app.ui.timers import single_shot
from desk_app.ui.widgets.basics import Menu, button, icon_button, label, let_clear, search_field
from desk_app.ui.widgets.layout import FlowLayout, boxed, column, hairline, row
from desk_app.ui.widgets.painted import Index, follow_ring, paint_ring
from desk_app.ui.widgets.painted_lines import show_as_lines
from desk_app.ui.widgets.panels import EmptyState

SEARCH_MS = 250
SYNC_MS = 400


def _step(event: QKeyEvent) -> int:
    return 0 if event.modifiers() else {"j": 1, "k": -1}.get(event.text().lower(), 0)


class DirectoryView(QTableView):
    """The list itself, one painted column: a list view would lay out every line. Letters are left to the window's
    keys."""

    def __init__(self, model: DirectoryModel) -> None:
        super().__init__()
        show_as_lines(self, model)
        self.setItemDelegate(DirectoryDelegate(self, model))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.resize_rows()
        theme().changed.connect(self.resize_rows)

    def resize_rows(self) -> None:
        """Follow the text size."""
        self.verticalHeader().setMinimumSectionSize(24)
        self.verticalHeader().setDefaultSectionSize(theme().px(ROW_HEIGHT))

    def event(self, event: QEvent) -> bool:
        """Take J and K before the window moves the list of tickets with them."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _step(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with J and K too, and leave other letters to the window's shortcuts."""
        step = _step(event)
        if step:
            here = self.currentIndex().row() + step if self.currentIndex().isValid() else 0
            index = self.model().index(max(0, min(here, self.model().rowCount() - 1)), 0)
            self.setCurrentIndex(index)
            return
        if event.text().isalpha() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, and a ring around all of them while the keyboard is here and on none of them."""
        super().paintEvent(event)
        paint_ring(self)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Take the ring away when a row has the keyboard."""
        super().currentChanged(current, previous)
        follow_ring(self, current, previous)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Take the focus without taking the first row: it would open unasked."""
        untouched = not self.currentIndex().isValid()
        blocked = self.selectionModel().blockSignals(untouched)
        super().focusInEvent(event)
        if untouched:
            self.selectionModel().clear()
        self.selectionModel().blockSignals(blocked)


class Directory(QWidget):
    """Shows one list and says who is to be opened."""

    person_chosen = Signal(int)
    organization_chosen = Signal(int)
    listed = Signal(int)
    """How many the list shows now."""

    def __init__(self, session: DeskSession, run_action: Callable[[str], None]) -> None:
        super().__init__()
        self.setObjectName("listpane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._session, self._run = session, run_action
        self._round = 0
        self._order = ContactOrder.NAME
        self._keeping = False
        self._wanted: int | None = None
        self.model = DirectoryModel(self)
        self.view = DirectoryView(self.model)
        self._search_timer = single_shot(self, SEARCH_MS, self.load)
        self._sync_timer = single_shot(self, SYNC_MS, self._sync)
        self._build()
        self.model.rows_wanted.connect(self._load_rows)
        self.view.selectionModel().currentChanged.connect(self._chosen)
        session.contacts_changed.connect(self._soon)
        session.tickets_changed.connect(self._soon)

    def _soon(self, _ids: object) -> None:  # a method, so that the signal lets go of a list that is gone
        self._sync_timer.start()

    def _build(self) -> None:
        self.title = label(tr("Customers"), "title")
        self.total = label("", "tertiary")
        self.sort_button = icon_button("arrow-up-down", tr("Sort"), self._sort_menu)
        self.new_button = icon_button("user-plus", tr("New customer"), lambda: self._run(self._new_action))
        head = row(self.title, self.total, None, self.sort_button, self.new_button, margins=(16, 9, 10, 5), spacing=6)
        self.search_box = search_field(tr("Name, address, phone or organization"), tr("Search customers"))
        let_clear(self.search_box, tr("Clear the search text"))
        self.search_box.textChanged.connect(lambda _text: self._search_timer.start())
        self.search_box.returnPressed.connect(self._first)
        self._filters = QButtonGroup(self)
        self._filters.setExclusive(True)
        self.filter_buttons: dict[str, QPushButton] = {}
        flow = FlowLayout(spacing=6)
        for key, words in filter_names():
            made = button(words, variant="filter")
            made.setCheckable(True)
            made.setMinimumHeight(26)
            self._filters.addButton(made)
            self.filter_buttons[key] = made
            flow.addWidget(made)
        self.filter_buttons[ContactFilter.ALL.value].setChecked(True)
        for made in self.filter_buttons.values():
            made.toggled.connect(lambda on: self.load() if on else None)
        chips = QWidget()
        chips.setLayout(flow)
        self.view.setAccessibleName(tr("Customers"))
        self.empty = EmptyState("users", tr("Nobody here"), tr("Customers come with their first mail."))
        self.stack = QStackedWidget()
        self.stack.addWidget(self.view)
        self.stack.addWidget(self.empty)
        tools = boxed(column(self.search_box, chips, margins=(14, 2, 14, 10), spacing=10))
        self.setLayout(column(head, tools, hairline(), self.stack, spacing=0))
        self.setFocusProxy(self.view)

    @property
    def shows_organizations(self) -> bool:
        """Whether the list is one of organizations."""
        return self.filter_buttons[ORGANIZATIONS].isChecked()

    @property
    def _new_action(self) -> str:
        return "organization.new" if self.shows_organizations else "contact.new"

    def choose_filter(self, key: str) -> None:
        """Show another list."""
        if self.filter_buttons[key].isChecked():
            self.load()
        self.filter_buttons[key].setChecked(True)  # loads where it was another one

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
        self.search_box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search_box.selectAll()

    # -- loading ------------------------------------------------------------------------------------------------------
    def load(self) -> None:
        """Read the list anew."""
        self._read(keep_rows=False)

    def _sync(self) -> None:
        if self.isVisible():
            self._read(keep_rows=True)

    def showEvent(self, event: object) -> None:
        """Catch up with what happened meanwhile."""
        super().showEvent(event)  # type: ignore[arg-type]
        self._read(keep_rows=True)

    def _read(self, *, keep_rows: bool) -> None:
        self._search_timer.stop()
        self._round += 1
        this, queries, search = self._round, self._session.desk.contact_queries, self.search_box.text()
        if self.shows_organizations:
            self.new_button.setToolTip(tr("New organization"))
            self.new_button.setAccessibleName(tr("New organization"))

            def read() -> array[int]:
                return queries.organization_ids(search)
        else:
            self.new_button.setToolTip(tr("New customer"))
            self.new_button.setAccessibleName(tr("New customer"))
            chosen = next(key for key, made in self.filter_buttons.items() if made.isChecked())
            query = ContactQuery(search, ContactFilter(chosen), self._order)

            def read() -> array[int]:
                return queries.ids(query)

        self.sort_button.setEnabled(not self.shows_organizations)
        self._session.work.run(read, lambda ids: self._show(ids, this, keep_rows=keep_rows), owner=self)

    def _show(self, ids: array[int], round_: int, *, keep_rows: bool) -> None:
        if round_ != self._round:
            return
        here = self.current
        self._keeping = True
        if keep_rows:
            self.model.sync(ids)
        else:
            self.model.show_another(ids)
        if here is not None:
            self._mark(here)
        self._keeping = False
        self.total.setText(grouped(len(ids)))
        if not ids:
            searching = bool(self.search_box.text().strip())
            self._say_empty(searching)
        self.stack.setCurrentIndex(0 if ids else 1)
        self.listed.emit(len(ids))
        if self._wanted is not None:
            self._mark(self._wanted)
            self._wanted = None

    def _say_empty(self, searching: bool) -> None:
        self.stack.removeWidget(self.empty)
        self.empty.deleteLater()
        if searching:
            choice = (tr("Clear the search"), self.search_box.clear)
            self.empty = EmptyState(
                "search", tr("Nothing found"), tr("Parts of names, addresses and phone numbers are found."), choice
            )
        elif self.shows_organizations:
            choice = (tr("New organization"), lambda: self._run("organization.new"))
            words = tr("An organization collects people who write from its domains, and all their tickets.")
            self.empty = EmptyState("building-2", tr("No organizations yet"), words, choice)
        elif self.filter_buttons[ContactFilter.ALL.value].isChecked():
            choice = (tr("New customer"), lambda: self._run("contact.new"))
            self.empty = EmptyState("users", tr("No customers yet"), tr("They come with their first mail."), choice)
        else:
            self.empty = EmptyState("circle-check", tr("Nobody here"))
        self.stack.addWidget(self.empty)

    def _load_rows(self, wanted: list[int]) -> None:
        queries, organizations, this = self._session.desk.contact_queries, self.shows_organizations, self._round

        def read() -> list[ContactRow] | list[OrganizationRow]:
            return queries.organization_rows(wanted) if organizations else queries.rows(wanted)

        def arrived(rows: list[ContactRow] | list[OrganizationRow]) -> None:
            if organizations == self.shows_organizations and this == self._round:
                self.model.fill(wanted, rows)

        self._session.work.run(read, arrived, owner=self)

    # -- choosing -----------------------------------------------------------------------------------------------------
    @property
    def current(self) -> int | None:
        """Who is marked."""
        index = self.view.currentIndex()
        return self.model.id_at(index.row()) if index.isValid() else None

    def mark(self, key: int, *, organization: bool) -> None:
        """Mark somebody who is open; where the list does not show them, nobody is marked."""
        if organization != self.shows_organizations:
            self._keeping = True
            self.view.selectionModel().clear()
            self._keeping = False
        elif self.model.rowCount():
            self._mark(key)
        else:
            self._wanted = key

    def _mark(self, key: int) -> None:
        place = self.model.position(key)
        keeping, self._keeping = self._keeping, True
        if place >= 0:
            self.view.setCurrentIndex(self.model.index(place, 0))
        else:
            self.view.selectionModel().clear()
        self._keeping = keeping

    def _first(self) -> None:
        if self.model.rowCount():
            self.view.setFocus()
            self.view.setCurrentIndex(self.model.index(0, 0))

    def _chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        key = self.model.id_at(index.row()) if index.isValid() else None
        if key is not None and not self._keeping:
            (self.organization_chosen if self.shows_organizations else self.person_chosen).emit(key)

    def _sort_menu(self) -> None:
        menu = Menu(self)
        for order, words in ((ContactOrder.NAME, tr("By name")), (ContactOrder.LAST_CONTACT, tr("By last contact"))):
            menu.add(words, lambda one=order: self.sort(one), checked=order is self._order)  # type: ignore[misc]
        menu.below(self.sort_button)

    def sort(self, order: ContactOrder) -> None:
        """Order the list of people."""
        self._order = order
        self.load()
