"""Tickets in a list of any length, brought up to date without a reset (decision 061)."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.tickets.list_merge import MergePlan, blocks, plan_merge
from desk_app.ui.tickets.phrases import spoken_row
from desk_app.ui.widgets.paged_rows import ROOT, PagedRows

PIECEMEAL = 12
"""More separate insertions and removals than this are done as one block."""


class TicketListModel(PagedRows[TicketRow]):
    """The tickets of a list. Never resets on a sync: rows keep their selection."""

    def __init__(self) -> None:
        super().__init__()
        self._extras: dict[int, tuple[tuple[str, str], ...]] = {}

    def spoken(self, row: TicketRow) -> str:
        """Return what a screen reader says of a ticket."""
        return spoken_row(row)

    def extras(self, ticket_id: int) -> tuple[tuple[str, str], ...]:
        """Return texts and tones of further columns."""
        return self._extras.get(ticket_id, ())

    def take_extras(self, extras: Mapping[int, tuple[tuple[str, str], ...]]) -> None:
        """Take the texts and tones of further columns of rows that are filled next."""
        self._extras.update(extras)

    def forgot(self, key: int) -> None:
        """Forget the further columns of a row that left the cache."""
        self._extras.pop(key, None)

    def held_ids(self) -> frozenset[int]:
        """Return the tickets whose place the view remembers: a merge must know where they go."""
        rows = {index.row() for index in self.persistentIndexList()}
        return frozenset(self._ids[row] for row in rows if row < len(self._ids))

    def merge(self, ids: array[int]) -> int:
        """Bring the list up to date at once; for long lists plan the merge elsewhere and `apply` it."""
        return self.apply(plan_merge(self._ids, ids, self.held_ids()))

    def apply(self, plan: MergePlan) -> int:
        """Bring the list up to date without a reset and return how many tickets are new at its top.

        Rows that stay keep their selection and current place; what vanished is removed, what is new inserted, and an
        order that changed is told as changed data with moved persistent indexes.
        """
        if plan.old is not self._ids:  # the list changed while the plan was made
            return self.merge(plan.new)
        if plan.empty:
            return 0
        self._ids = self._ids[:]  # whoever reads the old list elsewhere keeps it
        self._remove(plan.gone)
        self._insert(plan.new, plan.come)
        if len(self._ids) != len(plan.new):
            self.show(plan.new)
            return plan.on_top
        if plan.moved or len(blocks(plan.come)) > PIECEMEAL:
            self._reorder(plan.new, plan.where)
        else:
            self._ids = plan.new
        return plan.on_top

    def _remove(self, places: Sequence[int]) -> None:
        """Remove rows; many scattered ones are first brought together at the end."""
        found = blocks(places)
        if len(found) > PIECEMEAL:
            gone = set(places)
            kept = [place for place in range(len(self._ids)) if place not in gone]
            self._permute(array("q", (self._ids[place] for place in (*kept, *places))), (*kept, *places))
            found = [(len(kept), len(self._ids) - 1)]
        for first, last in reversed(found):
            self.beginRemoveRows(ROOT, first, last)
            del self._ids[first : last + 1]
            self.endRemoveRows()

    def _permute(self, ids: array[int], order: Sequence[int]) -> None:
        """Show the same tickets in another order; `order` are their old places."""
        held = self.persistentIndexList()
        rows = {index.row() for index in held}
        moved = {old: new for new, old in enumerate(order) if old in rows}
        self._ids = ids
        self.changePersistentIndexList(held, [self.index(moved[one.row()], one.column()) for one in held])

    def _insert(self, ids: array[int], places: Sequence[int]) -> None:
        found = blocks(places)
        if len(found) > PIECEMEAL:
            self.beginInsertRows(ROOT, len(self._ids), len(self._ids) + len(places) - 1)
            self._ids.extend(ids[place] for place in places)
            self.endInsertRows()
            return
        for first, last in found:
            at = min(first, len(self._ids))
            self.beginInsertRows(ROOT, at, at + last - first)
            self._ids[at:at] = ids[first : last + 1]
            self.endInsertRows()

    def _reorder(self, ids: array[int], where: Mapping[int, int]) -> None:
        held = self.persistentIndexList()
        kept = {row: self._ids[row] for row in {index.row() for index in held}}
        self._ids = ids
        places = {row: where.get(one, -2) for row, one in kept.items()}
        moved = {row: self.position(kept[row]) if place == -2 else place for row, place in places.items()}
        self.changePersistentIndexList(held, [self.index(moved[one.row()], one.column()) for one in held])
        self.dataChanged.emit(self.index(0, 0), self.index(len(ids) - 1, 0))
