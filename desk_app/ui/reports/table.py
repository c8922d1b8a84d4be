"""What a report found, as a table."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from desk_app.plugin_api import ReportTable
from desk_app.ui.language import tr
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.table import RowLines
from desk_app.ui.widgets.tips import plain_tip

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_BELOW, _SCROLL_BAR = 4, 14
"""The room below the lines, and that in which the scroll bar stands where the columns do not fit, in px."""


class ReportModel(QAbstractTableModel):
    """The rows of a report; the last one is the total, where there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.table = ReportTable((), ())

    def show_table(self, table: ReportTable) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.table = table
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self.table.rows) + bool(self.table.total)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self.table.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a column's title."""
        if orientation == Qt.Orientation.Horizontal and section < len(self.table.columns):
            if role == Qt.ItemDataRole.DisplayRole:
                return self.table.columns[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                first = self.table.rows[0][section] if self.table.rows and section < len(self.table.rows[0]) else ""
                return int(_side(first))
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the text of a cell, numbers as the agent's region writes them."""
        is_total = index.row() >= len(self.table.rows)
        line = self.table.total if is_total else self.table.rows[index.row()]
        value = line[index.column()] if index.column() < len(line) else ""
        if is_total and index.column() == 0 and value == "":
            value = tr("Total")
        if role == Qt.ItemDataRole.DisplayRole:
            return shown(value)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(shown(value))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_side(value))
        if role == Qt.ItemDataRole.FontRole:
            return font(13, 600 if is_total else 400, tabular=True)
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().colour("text_primary" if is_total or index.column() == 0 else "text_secondary")
        return None


def _side(value: Any) -> Qt.AlignmentFlag:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter


def shown(value: Any) -> str:
    """Return a value of a report as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else ""
    if isinstance(value, int):
        return QLocale().toString(value)
    if isinstance(value, float):
        return QLocale().toString(value, "f", 2)
    return str(value)


class ReportView(QTableView):
    """A table to read; cells can be marked and copied."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("plaintable")
        self.setAccessibleName(name)
        self.rows = ReportModel()
        self.setModel(self.rows)
        self.setItemDelegate(RowLines(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self._wanted: list[int] = []
        self._fit()
        theme().changed.connect(self._fit)

    def _fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme().px(32 if theme().is_compact else 36))

    def show_table(self, table: ReportTable) -> None:
        """Show what a report found; the columns get the room they need, to a limit, and share what is left."""
        self.rows.show_table(table)
        most = theme().px(320)
        self._wanted = []
        for place in range(len(table.columns)):
            wanted = max(self.sizeHintForColumn(place), self.horizontalHeader().sectionSizeHint(place)) + theme().px(24)
            self._wanted.append(min(most, max(wanted, theme().px(90))))
        self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room anew."""
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        """Fill the whole width: every column gets what it needs and a part of what is left."""
        columns = len(self._wanted)
        if not columns:
            return
        spare = max(0, self.viewport().width() - sum(self._wanted))
        below = _BELOW if spare else _SCROLL_BAR
        lines = self.rows.rowCount() * self.verticalHeader().defaultSectionSize()
        self.setMaximumHeight(self.horizontalHeader().sizeHint().height() + lines + 2 * self.frameWidth() + below)
        for place, wanted in enumerate(self._wanted):
            self.setColumnWidth(place, wanted + spare * (place + 1) // columns - spare * place // columns)
