"""A list of any length: ids are all there, rows come page by page when they are looked at (toolchain.md 3)."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from desk_app.ui.timers import single_shot

PAGE = 100
KEPT_ROWS = 50 * PAGE
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class Keyed(Protocol):
    """A row that has an id."""

    @property
    def id(self) -> int:
        """Whose row it is."""
        ...


R = TypeVar("R", bound=Keyed)


class PagedRows(QAbstractTableModel, Generic[R]):
    """Ids in order, and a cache of the rows seen last."""

    rows_wanted = Signal(object)
    """Ids (a list) whose rows are to be loaded and given to `fill`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids: array[int] = array("q")
        self._rows: OrderedDict[int, R] = OrderedDict()
        self._stale: set[int] = set()
        self._asked: set[int] = set()
        self._pages: set[int] = set()
        self._flush = single_shot(self, 0, self._ask)

    @property
    def ids(self) -> array[int]:
        """The whole list, in order."""
        return self._ids

    def rowCount(self, parent: Index = ROOT) -> int:
        """Return the length of the list."""
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = ROOT) -> int:
        """Return 1: the delegate draws everything."""
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what is spoken of a row; never touches the database."""
        if role in {Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.DisplayRole} and index.isValid():
            row = self.row_at(index.row())
            return self.spoken(row) if row is not None else ""
        return None

    def spoken(self, row: R) -> str:
        """Return what a screen reader says of a row."""
        raise NotImplementedError

    def id_at(self, position: int) -> int | None:
        """Return whose row stands at a place of the list."""
        return self._ids[position] if 0 <= position < len(self._ids) else None

    def row_at(self, position: int) -> R | None:
        """Return what is known of a place of the list; asks for the rest of its page where nothing is."""
        key = self.id_at(position)
        if key is None:
            return None
        row = self._rows.get(key)
        if row is None or key in self._stale:
            if key not in self._asked:
                self._pages.add(position // PAGE)
                self._flush.start()
        else:
            self._rows.move_to_end(key)
        return row

    def known(self, key: int) -> R | None:
        """Return a row if it is in the cache."""
        return self._rows.get(key)

    def position(self, key: int) -> int:
        """Return where a row stands, -1 where it does not."""
        try:
            return self._ids.index(key)  # a million ids: about 15 ms; a dictionary of them: 100 MB
        except ValueError:
            return -1

    def _ask(self) -> None:
        wanted = [
            key
            for page in sorted(self._pages)
            for key in self._ids[page * PAGE : (page + 1) * PAGE]
            if (key not in self._rows or key in self._stale) and key not in self._asked
        ]
        self._pages.clear()
        if wanted:
            self._asked.update(wanted)
            self.rows_wanted.emit(wanted)

    def fill(self, asked: Sequence[int], rows: Iterable[R]) -> None:
        """Take loaded rows; ids of `asked` without a row are gone and stay placeholders until the next sync."""
        self._stale.difference_update(asked)
        for row in rows:
            self._asked.discard(row.id)  # one that is gone is not asked for again and again
            self._rows[row.id] = row
            self._rows.move_to_end(row.id)
        while len(self._rows) > KEPT_ROWS:
            gone, _ = self._rows.popitem(last=False)
            self.forgot(gone)
        self._repaint()

    def forgot(self, key: int) -> None:
        """Follow that a row left the cache."""

    def forget_failed(self, asked: Sequence[int]) -> None:
        """Loading failed: the rows may be asked for again."""
        self._asked.difference_update(asked)

    def forget_rows(self) -> None:
        """Every row on screen loads again, and shows the old text until the new one is there."""
        self.mark_stale(list(self._rows))

    def mark_stale(self, keys: Iterable[int]) -> None:
        """These rows changed: those on screen load again, and show the old text until the new one is there."""
        keys = tuple(keys)
        touched = [key for key in keys if key in self._rows]
        self._stale.update(touched)
        self._asked.difference_update(keys)
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
