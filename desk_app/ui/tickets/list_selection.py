"""Which rows of a list are selected, by ranges and never one by one (toolchain.md trap 5)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QItemSelectionRange, QModelIndex, Signal
from PySide6.QtWidgets import QWidget

from desk_app.domain.tickets.query import TicketQuery
from desk_app.ui.tickets.list_merge import blocks
from desk_app.ui.tickets.list_model import TicketListModel
from desk_app.ui.tickets.list_table import TicketTable
from desk_app.ui.tickets.selection import MOST_IDS, Selection

_FEW = 5
"""So many tickets are looked for one by one: each search may go through the whole list."""


class SelectableList(QWidget):
    """A table of tickets, its cursor and what is selected in it."""

    selection_changed = Signal(int)
    """How many tickets are selected."""

    def __init__(self, model: TicketListModel) -> None:
        super().__init__()
        self.model = model
        model.setParent(self)
        self.table = TicketTable(model)
        self._query = TicketQuery()
        self._merging = False
        self._keeping = False
        self._whole = False
        self._gap: tuple[int | None, int] | None = None
        """Where the row under the cursor left the list: the ticket that stands there since, None below the last one,
        and its place."""

    @property
    def query(self) -> TicketQuery:
        """Filters and order of what is shown: those of the list, and what the agent changed."""
        return self._query

    def current_id(self) -> int | None:
        """Return the ticket under the cursor."""
        index = self.table.currentIndex()
        return self.model.id_at(index.row()) if index.isValid() else None

    def selection(self) -> Selection:
        """Return what a command works on: the selected tickets, or the whole list where that was asked for."""
        count, total = self.selected_count(), self.model.rowCount()
        if self._whole or (count > MOST_IDS and count == total):
            return Selection((), self._query, total)
        return Selection(self.selected_ids(limit=total), None, count)

    @property
    def whole_selected(self) -> bool:
        """Whether everything this list shows is selected, also what is never loaded."""
        return self._whole

    def select_whole(self) -> None:
        """Select everything this list shows; any other selection ends it."""
        self._keeping = True
        self.table.selectAll()
        self._keeping = False
        self._whole = self.model.rowCount() > 0
        self.selection_changed.emit(self.selected_count())

    def selected_count(self) -> int:
        """Return how many tickets are selected, by ranges."""
        return sum(one.bottom() - one.top() + 1 for one in self._ranges())

    def selected_ids(self, *, limit: int = MOST_IDS) -> tuple[int, ...]:
        """Return the selected tickets in list order, by ranges (toolchain.md trap 5)."""
        ids: list[int] = []
        for one in sorted(self._ranges(), key=lambda one: one.top()):
            ids.extend(self.model.ids[one.top() : min(one.bottom() + 1, one.top() + limit)])
        return tuple(dict.fromkeys(ids))[:limit]

    def is_selected(self, ticket_id: int) -> bool:
        """Return whether a ticket is selected."""
        return self.table.selectionModel().isSelected(self.model.index(self.model.position(ticket_id), 0))

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
        place = max(0, min(count - 1, index.row() + by if index.isValid() else self._gap_step(by)))
        if extend:
            cell = self.model.index(place, 0)
            flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
            self.table.selectionModel().setCurrentIndex(cell, flags)
            self.table.scrollTo(cell)
        else:
            self._go(place)

    def _gap_step(self, by: int) -> int:
        """Return where a step leads while the cursor is on no row: from the gap its ticket left, else to the top."""
        if self._gap is None:
            return 0
        below, place = self._gap
        if below is not None and (now := self.model.position(below)) >= 0:
            place = now
        return place + (by - 1 if by > 0 else by)

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

    def _restore_selection(self, current: int | None, chosen: Sequence[int], above: int | None = None) -> None:
        """Put cursor and selection back to their tickets after a merge. `above` is the ticket that stood above the
        cursor and is still there."""
        model = self.table.selectionModel()
        if current is not None and self.current_id() != current:
            place = self.model.position(current)
            if place < 0:
                gap = self.model.position(above) + 1 if above is not None else 0
                self._gap = (self.model.id_at(gap), gap)
            model.blockSignals(True)
            index = self.model.index(place, 0) if place >= 0 else QModelIndex()
            model.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            model.blockSignals(False)
        if self.selected_ids(limit=self.model.rowCount()) != tuple(chosen):
            selection = QItemSelection()
            for first, last in blocks(self._places(chosen)):
                selection.select(self.model.index(first, 0), self.model.index(last, 0))
            model.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.table.viewport().update()

    def _places(self, ids: Sequence[int]) -> list[int]:
        """Return where tickets stand, in list order; many are looked for in one go."""
        if len(ids) <= _FEW:
            return sorted(place for one in ids if (place := self.model.position(one)) >= 0)
        wanted = frozenset(ids)
        return [place for place, one in enumerate(self.model.ids) if one in wanted]
