"""The list of keys, from the registry of actions."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from desk_app.plugin_api.ui import ActionSpec, Registry
from desk_app.ui.language import tr
from desk_app.ui.widgets.basics import button, chip, label, scroller
from desk_app.ui.widgets.layout import boxed, column, row


class KeysSheet(QDialog):
    """Shows which key does what."""

    def __init__(self, actions: Registry[ActionSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.resize(560, 600)
        grid = QGridLayout()
        grid.setVerticalSpacing(6)
        group = ""
        for spec in actions:
            if not spec.keys:
                continue
            if spec.group != group:
                group = spec.group
                grid.addWidget(label(group.upper(), "caption"), grid.rowCount(), 0)
            line = grid.rowCount()
            grid.addWidget(label(spec.title), line, 0)
            native = QKeySequence.SequenceFormat.NativeText
            keys = [chip(QKeySequence(key).toString(native).replace(", ", " ")) for key in spec.keys]
            grid.addLayout(row(*keys, None, spacing=6), line, 1)
        grid.addWidget(label(tr("Send")), grid.rowCount(), 0)
        grid.addLayout(row(chip("Ctrl+Return"), None), grid.rowCount() - 1, 1)
        inside = boxed(column(grid, None, margins=(4, 4, 12, 4)), "surface")
        close = button(tr("Close"), self.close, variant="primary")
        heading = label(tr("Keyboard shortcuts"), "title")
        self.setLayout(
            column(heading, scroller(inside, tr("Keys")), row(None, close), margins=(20, 16, 20, 16), spacing=12)
        )
