"""Attachments as tiles: icon, name, size, a warning where one is due (IN-27). A tile can be dragged out as a file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton, QSizePolicy, QWidget

from desk_app.services.queries.conversation import AttachmentView
from desk_app.ui.language import tr
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.tickets.phrases import size_text
from desk_app.ui.widgets.basics import ElidedLabel, label
from desk_app.ui.widgets.layout import column, row
from desk_app.ui.widgets.tips import plain_tip

DANGEROUS = frozenset(
    [
        *(
            "exe",
            "scr",
            "bat",
            "cmd",
            "com",
            "js",
            "jse",
            "vbs",
            "vbe",
            "wsf",
            "hta",
            "msi",
            "ps1",
            "jar",
            "lnk",
            "iso",
        ),
        *("pif", "cpl", "reg", "img", "vhd", "apk", "dmg", "pkg", "sh", "run", "desktop", "url", "chm", "application"),
    ]
)
MACROS = frozenset(["docm", "dotm", "xlsm", "xltm", "xlsb", "pptm", "potm", "ppsm", "xlam", "ppam", "sldm", "odb"])


def attachment_icon(attachment: AttachmentView) -> str:
    """Return the icon of a file type."""
    kind = attachment.content_type
    if kind.startswith("image/"):
        return "file-image"
    if "zip" in kind or "compressed" in kind:
        return "file-archive"
    if "sheet" in kind or "excel" in kind or kind == "text/csv":
        return "file-spreadsheet"
    return "file-text"


def danger_of(filename: str) -> str:
    """Return what may be dangerous about opening a file, "" for nothing (IN-27)."""
    ending = filename.rstrip(" .").rpartition(".")[2].lower()
    if ending in DANGEROUS:
        return tr("This file is a program. Open it only if you know for certain who sent it and why.")
    if ending in MACROS:
        return tr("This document can hold macros, which are small programs.")
    if ending in {"svg", "html", "htm", "xhtml"}:
        return tr("This file can run scripts in a browser.")
    return ""


class AttachmentTile(QPushButton):
    """One attachment; click shows it, the right button opens a menu, dragging takes it out as a file."""

    def __init__(
        self,
        attachment: AttachmentView,
        on_open: Callable[[AttachmentView], object],
        on_menu: Callable[[AttachmentView, QWidget], object],
        on_drag: Callable[[AttachmentView, QWidget], object],
    ) -> None:
        super().__init__()
        self.attachment, self._on_drag = attachment, on_drag
        self._pressed_at: QPoint | None = None
        self.setProperty("variant", "tile")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        name = attachment.filename or tr("(no name)")
        risky = danger_of(name)
        self.setAccessibleName(f"{name}, {size_text(attachment.size)}")
        self.setAccessibleDescription(risky)
        self.setToolTip(plain_tip(f"{name}\n{risky}" if risky else name))
        words = ElidedLabel(name, "strong")
        words.setMinimumWidth(min(220, words.fontMetrics().horizontalAdvance(name) + 6))
        texts = column(words, label(size_text(attachment.size), "tertiary"), spacing=0)
        kind = "triangle-alert" if risky else attachment_icon(attachment)
        glyph = Glyph(kind, "danger" if risky else "text_secondary", 18)
        self.setLayout(row(glyph, texts, margins=(10, 6, 12, 6), spacing=8))
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda _point: on_menu(attachment, self))
        self.clicked.connect(lambda _checked=False: on_open(attachment))

    def sizeHint(self) -> QSize:
        """Return the size of the content."""
        return self.layout().sizeHint()  # type: ignore[union-attr]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag may begin."""
        self._pressed_at = event.position().toPoint() if event.button() is Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin a drag once the pointer has gone far enough."""
        here, start = event.position().toPoint(), self._pressed_at
        if start is not None and (here - start).manhattanLength() >= QApplication.startDragDistance():
            self._pressed_at = None
            self.setDown(False)
            self._on_drag(self.attachment, self)
            return
        super().mouseMoveEvent(event)
