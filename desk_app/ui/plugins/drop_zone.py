"""Where the file of a plugin is dropped, or chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QWidget

from desk_app.ui.language import tr
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import button, restyle
from desk_app.ui.widgets.layout import row

ENDINGS = (".zip", ".whl")


def plugin_files(data: QMimeData) -> list[Path]:
    """Return the files among what is dragged that may hold a plugin."""
    paths = [Path(one.toLocalFile()) for one in data.urls() if one.isLocalFile()]
    return [one for one in paths if one.suffix.lower() in ENDINGS]


def choose_file(parent: QWidget) -> Path | None:
    """Ask for the file of a plugin."""
    kinds = f"{tr('Plugins')} (*.zip *.whl)"
    name, _kind = QFileDialog.getOpenFileName(parent, tr("Add a plugin"), "", kinds)
    return Path(name) if name else None


class DropZone(QFrame):
    """A dashed strip that takes files, and opens the file dialog when it is pressed."""

    dropped = Signal(object)
    """A Path."""
    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dropzone")
        self.setAcceptDrops(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.words = button(
            tr("Drop a plugin file here, or choose one from disk"), self.asked.emit, variant="plainlink"
        )
        self.words.setToolTip(tr("A .zip or .whl file"))
        self.setLayout(row(Glyph("package-plus", "text_secondary", 17), self.words, None, margins=(14, 5, 14, 5)))
        self.setFocusProxy(self.words)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ask for a file wherever the strip is pressed."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.asked.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files that may hold a plugin."""
        if plugin_files(event.mimeData()):
            event.acceptProposedAction()
            restyle(self, over="true")

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Look as before."""
        restyle(self, over="")

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand over what was dropped, one file at a time."""
        restyle(self, over="")
        files = plugin_files(event.mimeData())
        if files:
            event.acceptProposedAction()
        for one in files:
            self.dropped.emit(one)
