"""A plain table to look at and choose from: settings, logs, states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QHoverEvent, QIcon, QPainter, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.tips import plain_tip

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_BELOW = 4
"""The room below the last line of a table that ends with it, in px: a marked line does not cover the round corners."""


_MEASURED = 5
"""So many of the longest texts of a column are laid out: fonts differ a little between the lines."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line: `key` says what it is, `dot` and `tone` (of the last cell) are colours, a `heading` only groups."""

    key: object
    cells: tuple[str, ...]
    dot: str = ""
    tone: str = ""
    heading: bool = False


class RowsModel(QAbstractTableModel):
    """The lines of a table."""

    def __init__(self, headers: Sequence[str], numbers: Sequence[int] = ()) -> None:
        super().__init__()
        self._headers, self._numbers = tuple(headers), frozenset(numbers)
        self.rows: Sequence[TableRow] = ()

    def show_rows(self, rows: Sequence[TableRow]) -> None:
        """Replace all lines."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Return how many lines there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a column's name."""
        if orientation == Qt.Orientation.Horizontal and section < len(self._headers):
            if role == Qt.ItemDataRole.DisplayRole:
                return self._headers[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return self._side(section)
        return None

    def _side(self, column: int) -> int:
        side = Qt.AlignmentFlag.AlignRight if column in self._numbers else Qt.AlignmentFlag.AlignLeft
        return int(side | Qt.AlignmentFlag.AlignVCenter)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Say what can be chosen: everything but headings."""
        if not index.isValid() or self.rows[index.row()].heading:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return text, colour and type of a cell."""
        line = self.rows[index.row()]
        text = line.cells[index.column()] if index.column() < len(line.cells) else ""
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(text)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(cell for cell in line.cells if cell) if index.column() == 0 else text
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(index.column())
        if role == Qt.ItemDataRole.FontRole:
            return _font(line, first=index.column() == 0)
        if role == Qt.ItemDataRole.ForegroundRole:
            return _colour(line, index.column())
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0 and line.dot:
            return _dot(line.dot)
        return None


def _font(line: TableRow, *, first: bool) -> QFont:
    if line.heading:
        return font(11, 600)
    return font(13, 500 if first else 400, tabular=True)


def _colour(line: TableRow, column: int) -> QColor:
    if line.tone and column == len(line.cells) - 1:
        return theme().colour(line.tone)
    return theme().colour("text_tertiary" if line.heading else "text_primary" if column == 0 else "text_secondary")


def _dot(token: str) -> QIcon:
    made = QPixmap(12, 12)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour(token))
    painter.drawEllipse(1, 1, 10, 10)
    painter.end()
    return QIcon(made)


class RowLines(QStyledItemDelegate):
    """Parts the lines of a table by hairlines; below the last one there is none: the table's frame is there."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell and the hairline below it."""
        super().paint(painter, option, index)
        if index.row() < index.model().rowCount() - 1:
            cell = option.rect
            painter.fillRect(cell.left(), cell.bottom(), cell.width(), 1, theme().colour("border_subtle"))


class _WholeLine(RowLines):
    """Shows the line below the pointer as one: a style sheet knows the cell only."""

    under_pointer = -1

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Take every cell of the line for below the pointer."""
        super().initStyleOption(option, index)
        if index.row() == self.under_pointer and index.flags() & Qt.ItemFlag.ItemIsSelectable:
            option.state |= QStyle.StateFlag.State_MouseOver
        else:
            option.state &= ~QStyle.StateFlag.State_MouseOver


class PlainTable(QTableView):
    """Lines of cells; one can be chosen. Tab leaves it, arrows move in it."""

    chosen = Signal(object)
    """The key of the line the cursor came to."""
    opened = Signal(object)
    """The key of a line that was entered or clicked twice."""

    def __init__(self, name: str, headers: Sequence[str], *, wide: int = 0, numbers: Sequence[int] = ()) -> None:
        """`wide` is the column that gets what is left, `numbers` are those whose text stands at the right."""
        super().__init__()
        self.setObjectName("plaintable")
        self.setAccessibleName(name)
        self.rows = RowsModel(headers, numbers)
        self.setModel(self.rows)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        for column in range(len(headers)):
            mode = QHeaderView.ResizeMode.Stretch if column == wide else QHeaderView.ResizeMode.Fixed
            head.setSectionResizeMode(column, mode)
        self._wide = wide
        if not any(headers):
            head.hide()
        self._line = _WholeLine(self)
        self.setItemDelegate(self._line)
        self.entered.connect(lambda index: self._point_at(index.row()))
        self.setIconSize(QSize(12, 12))
        self._fit()
        theme().changed.connect(self._fit)
        self.selectionModel().currentRowChanged.connect(self._current)
        self.activated.connect(lambda index: self._open(index.row()))

    def _point_at(self, place: int) -> None:
        self._line.under_pointer = place
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        """Point at the line below a pointer that rests where the table appears."""
        if isinstance(event, QHoverEvent) and event.type() != QEvent.Type.HoverLeave:
            self._point_at(self.rowAt(int(event.position().y())))
        return super().viewportEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        super().leaveEvent(event)
        self._point_at(-1)

    def take_height(self, lines: int) -> None:
        """Be as high as so many lines and the head."""
        head = self.horizontalHeader().sizeHint().height() if not self.horizontalHeader().isHidden() else 0
        frame = 2 * self.frameWidth()
        self.setFixedHeight(head + lines * self.verticalHeader().defaultSectionSize() + frame + _BELOW)

    def _fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme().px(32 if theme().is_compact else 36))
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Make each column as wide as the longest of its texts. Only those that may be it are laid out: Qt would lay
        out every cell, and again at each step on the way to the screen."""
        if not self.isVisible():
            return  # measured when it is shown, with the style that is in force then
        head, measure = self.horizontalHeader(), self.fontMetrics().horizontalAdvance
        for column in range(self.rows.columnCount()):
            if column == self._wide:
                continue
            texts = ((place, line.cells[column : column + 1]) for place, line in enumerate(self.rows.rows))
            longest = nlargest(_MEASURED, ((measure("".join(text)), place) for place, text in texts))
            cells = (self.sizeHintForIndex(self.rows.index(place, column)).width() for _width, place in longest)
            head.resizeSection(column, max(head.sectionSizeHint(column), *cells, 0))

    def showEvent(self, event: QShowEvent) -> None:
        """Measure what came while it was hidden."""
        super().showEvent(event)
        self._fit_columns()

    def show_rows(self, rows: Sequence[TableRow]) -> None:
        """Replace the lines; the one with the cursor keeps it where it is still there."""
        here = self.key
        blocked = self.selectionModel().blockSignals(True)
        self.rows.show_rows(rows)
        self.selectionModel().blockSignals(blocked)
        self._fit_columns()
        if here is not None:
            self.choose(here)

    @property
    def key(self) -> object:
        """The key of the line with the cursor, None without one."""
        place = self.currentIndex().row()
        return self.rows.rows[place].key if 0 <= place < len(self.rows.rows) else None

    def choose(self, key: object) -> bool:
        """Put the cursor on a line; returns whether it is there."""
        for place, line in enumerate(self.rows.rows):
            if line.key == key and not line.heading:
                self.setCurrentIndex(self.rows.index(place, 0))
                return True
        return False

    def choose_none(self) -> None:
        """Take the cursor from every line."""
        self.setCurrentIndex(QModelIndex())

    def _current(self, index: QModelIndex) -> None:
        if index.isValid() and not self.rows.rows[index.row()].heading:
            self.chosen.emit(self.rows.rows[index.row()].key)

    def _open(self, place: int) -> None:
        if not self.rows.rows[place].heading:
            self.opened.emit(self.rows.rows[place].key)
