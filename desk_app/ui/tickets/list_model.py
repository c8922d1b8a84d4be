"""A list of any length: ids are all there, rows come page by page when they are looked at (toolchain.md 3)."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.tickets.phrases import spoken_row

PAGE = 100
KEPT_ROWS = 50 * PAGE
PIECEMEAL = 12
"""More separate insertions and removals than this are done as one block."""
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class TicketListModel(QAbstractTableModel):
    """Ticket ids in order, and a cache of the rows seen last. Never resets on a sync: rows keep their selection."""

    rows_wanted = Signal(object)
    """Ids (a list) whose rows are to be loaded and given to `fill`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids: array[int] = array("q")
        self._rows: OrderedDict[int, TicketRow] = OrderedDict()
        self._extras: dict[int, tuple[tuple[str, str], ...]] = {}
        self._stale: set[int] = set()
        self._asked: set[int] = set()
        self._pages: set[int] = set()
        self._flush = QTimer(self)
        self._flush.setSingleShot(True)
        self._flush.setInterval(0)
        self._flush.timeout.connect(self._ask)

    @property
    def ids(self) -> array[int]:
        """The whole list, in order."""
        return self._ids

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Return the length of the list."""
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Return 1: the delegate draws everything."""
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what is spoken of a row; never touches the database."""
        if role in {Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole} and index.isValid():
            row = self.row_at(index.row())
            return spoken_row(row) if row is not None else ""
        return None

    def id_at(self, position: int) -> int | None:
        """Return the ticket at a place of the list."""
        return self._ids[position] if 0 <= position < len(self._ids) else None

    def row_at(self, position: int) -> TicketRow | None:
        """Return what is known of a place of the list; asks for the rest of its page where nothing is."""
        ticket_id = self._ids[position] if 0 <= position < len(self._ids) else None
        if ticket_id is None:
            return None
        row = self._rows.get(ticket_id)
        if row is None or ticket_id in self._stale:
            if ticket_id not in self._asked:
                self._pages.add(position // PAGE)
                self._flush.start()
        else:
            self._rows.move_to_end(ticket_id)
        return row

    def known(self, ticket_id: int) -> TicketRow | None:
        """Return a row if it is in the cache."""
        return self._rows.get(ticket_id)

    def extras(self, ticket_id: int) -> tuple[tuple[str, str], ...]:
        """Return texts and tones of further columns."""
        return self._extras.get(ticket_id, ())

    def position(self, ticket_id: int) -> int:
        """Return where a ticket stands, -1 where it does not."""
        try:
            return self._ids.index(ticket_id)  # a million ids: about 15 ms; a dictionary of them: 100 MB
        except ValueError:
            return -1

    def _ask(self) -> None:
        wanted: list[int] = []
        for page in sorted(self._pages):
            for ticket_id in self._ids[page * PAGE : (page + 1) * PAGE]:
                missing = ticket_id not in self._rows or ticket_id in self._stale
                if missing and ticket_id not in self._asked:
                    wanted.append(ticket_id)
        self._pages.clear()
        if wanted:
            self._asked.update(wanted)
            self.rows_wanted.emit(wanted)

    def fill(
        self,
        asked: Sequence[int],
        rows: Iterable[TicketRow],
        extras: Mapping[int, tuple[tuple[str, str], ...]] | None = None,
    ) -> None:
        """Take loaded rows; ids of `asked` without a row are gone and stay placeholders until the next sync."""
        self._asked.difference_update(asked)
        self._stale.difference_update(asked)
        for row in rows:
            self._rows[row.id] = row
            self._rows.move_to_end(row.id)
        if extras:
            self._extras.update(extras)
        while len(self._rows) > KEPT_ROWS:
            gone, _ = self._rows.popitem(last=False)
            self._extras.pop(gone, None)
        self._repaint()

    def forget_failed(self, asked: Sequence[int]) -> None:
        """Loading failed: the rows may be asked for again."""
        self._asked.difference_update(asked)

    def mark_stale(self, ticket_ids: Iterable[int]) -> None:
        """These tickets changed: rows on screen load again, and show the old text until the new one is there."""
        touched = [ticket_id for ticket_id in ticket_ids if ticket_id in self._rows]
        self._stale.update(touched)
        self._asked.difference_update(touched)
        if touched:
            self._repaint()

    def _repaint(self) -> None:
        if self._ids:  # one signal for all rows costs the view one repaint, looking for places costs a search each
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._ids) - 1, 0))

    def show(self, ids: array[int]) -> None:
        """Show another list."""
        self.beginResetModel()
        self._ids = ids
        self._pages.clear()
        self._asked.clear()
        self.endResetModel()

    def merge(self, ids: array[int]) -> int:
        """Bring the list up to date without a reset and return how many tickets are new at its top.

        Rows that stay keep their selection and current place; what vanished is removed, what is new inserted, and an
        order that changed is told as changed data with moved persistent indexes.
        """
        old = self._ids
        head = _alike(old, ids)
        tail = _alike(old[head:], ids[head:], from_end=True)
        before, after = old[head : len(old) - tail], ids[head : len(ids) - tail]
        if not before and not after:
            return 0
        stay_before, stay_after = set(before), set(after)
        new_on_top = 0
        if head == 0:
            for ticket_id in after:
                if ticket_id in stay_before:
                    break
                new_on_top += 1
        gone = [head + place for place, one in enumerate(before) if one not in stay_after]
        come = [head + place for place, one in enumerate(after) if one not in stay_before]
        self._remove(gone)
        self._insert_and_order(ids, come, head, len(ids) - tail)
        return new_on_top

    def _remove(self, places: list[int]) -> None:
        blocks = _blocks(places)
        if len(blocks) > PIECEMEAL:
            blocks = [(places[0], places[-1])]
        for first, last in reversed(blocks):
            self.beginRemoveRows(_ROOT, first, last)
            self._ids = self._ids[:first] + self._ids[last + 1 :]
            self.endRemoveRows()

    def _insert_and_order(self, ids: array[int], places: list[int], first: int, end: int) -> None:
        if len(places) and len(_blocks(places)) <= PIECEMEAL:
            for start, last in _blocks(places):
                at = min(start, len(self._ids))
                self.beginInsertRows(_ROOT, at, at + last - start)
                self._ids = self._ids[:at] + ids[start : last + 1] + self._ids[at:]
                self.endInsertRows()
        if len(self._ids) != len(ids):
            missing = len(ids) - len(self._ids)
            if missing > 0:
                self.beginInsertRows(_ROOT, first, first + missing - 1)
                self._ids = ids
                self.endInsertRows()
            else:
                self.show(ids)
                return
        if self._ids != ids:
            self._reorder(ids, first, end)

    def _reorder(self, ids: array[int], first: int, end: int) -> None:
        held = self.persistentIndexList()
        kept = {place: self._ids[place] for place in {index.row() for index in held}}
        where = {one: first + offset for offset, one in enumerate(ids[first:end])}
        self._ids = ids
        self.changePersistentIndexList(
            held, [self.index(where.get(kept[index.row()], index.row()), index.column()) for index in held]
        )
        self.dataChanged.emit(self.index(first, 0), self.index(max(first, end - 1), 0))


def _alike(one: array[int], other: array[int], *, from_end: bool = False) -> int:
    """Return how many ids two lists share at their beginning (or end); compares blocks, which is a thousand times
    faster than id by id."""
    length = min(len(one), len(other))
    alike, step = 0, 8192
    while alike < length and step:
        end = min(alike + step, length)
        if from_end:
            same = one[len(one) - end : len(one) - alike] == other[len(other) - end : len(other) - alike]
        else:
            same = one[alike:end] == other[alike:end]
        if same:
            alike = end
        else:
            step //= 2
    return alike


def _blocks(places: Sequence[int]) -> list[tuple[int, int]]:
    blocks: list[tuple[int, int]] = []
    for place in places:
        if blocks and blocks[-1][1] == place - 1:
            blocks[-1] = (blocks[-1][0], place)
        else:
            blocks.append((place, place))
    return blocks
