"""Plain tables of the settings: as wide as what stands in them, at the cost of what is on screen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desk_app.ui.widgets.table import PlainTable, RowsModel, TableRow


def test_in_05_columns_fit_their_longest_text_though_few_lines_are_laid_out(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[int] = set()
    data = RowsModel.data

    def watched(self: RowsModel, index: object, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        asked.add(index.row())  # type: ignore[attr-defined]
        return data(self, index, role)  # type: ignore[arg-type]

    monkeypatch.setattr(RowsModel, "data", watched)
    table = PlainTable("Numbers", ("Name", "Keys", "Words"))
    table.resize(600, 300)
    table.show_rows([TableRow(n, (f"Line {n}", "Ctrl+K" * (1 + (n == 1500)), f"w{n}")) for n in range(2000)])
    table.show()
    qapp.processEvents()
    assert len(asked) < 60, "what is not on screen is not laid out"
    head = table.horizontalHeader()
    for column in (1, 2):
        assert head.sectionSize(column) >= table.sizeHintForColumn(column)
    table.show_rows([TableRow(1, ("A", "short", "A text that is a good deal longer than all others"))])
    assert head.sectionSize(2) >= table.sizeHintForColumn(2)
    table.close()
    table.deleteLater()
