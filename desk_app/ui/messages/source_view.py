"""Shows a raw mail as text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QPlainTextEdit, QWidget

from desk_app.ui.language import tr
from desk_app.ui.tickets.phrases import size_text
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import column, row

SHOWN_BYTES = 300_000


class SourceDialog(QDialog):
    """The bytes of a mail, as they came."""

    def __init__(self, title: str, raw: bytes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Source"))
        self.resize(820, 560)
        text = raw[:SHOWN_BYTES].decode("utf-8", "replace").replace("\r\n", "\n")
        self.view = QPlainTextEdit(text)
        self.view.setReadOnly(True)
        self.view.setProperty("variant", "source")
        self.view.setAccessibleName(tr("Source of the mail"))
        self.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        cut = tr("first {size} shown").format(size=size_text(SHOWN_BYTES)) if len(raw) > SHOWN_BYTES else ""
        self.setLayout(
            column(
                row(label(title, "title"), None, label(f"{size_text(len(raw))}  {cut}", "tertiary")),
                self.view,
                row(
                    None,
                    button(tr("Copy"), lambda: QApplication.clipboard().setText(text), icon_name="copy"),
                    button(tr("Close"), self.close, variant="primary"),
                ),
                margins=(18, 16, 18, 16),
                spacing=12,
            )
        )
