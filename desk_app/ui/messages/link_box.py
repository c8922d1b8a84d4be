"""Asks for a link, beside the text it goes into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from desk_app.ui.language import tr
from desk_app.ui.messages.beside_text import BesideText
from desk_app.ui.messages.serializer import MAIL_SCHEMES
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import column, row
from desk_app.ui.widgets.panels import Field

if TYPE_CHECKING:
    from desk_app.ui.messages.editor import ComposerEdit


def link_target(text: str) -> str:
    """Return the address of what was typed: "https://" is added where no scheme stands, "mailto:" for a mail address;
    "" where it can be no link."""
    typed = text.strip()
    if not typed or any(one.isspace() for one in typed):
        return ""
    scheme, colon, rest = typed.partition(":")
    if colon and scheme.lower() in MAIL_SCHEMES:
        return typed if rest.strip("/") else ""
    if colon and not rest[:1].isdigit():
        return ""
    if "@" in typed and "/" not in typed:
        return f"mailto:{typed}"
    return f"https://{typed}" if "." in typed or typed.startswith("localhost") else ""


class LinkBox(BesideText):
    """Asks for the shown text and the address of a link."""

    def __init__(self, edit: ComposerEdit) -> None:
        super().__init__(edit)
        self._text = edit
        self.words, self.address = QLineEdit(), QLineEdit()
        self.address.setPlaceholderText("https://")
        self._field = Field(tr("Address"), self.address)
        self.insert = button(tr("Insert"), self._insert, variant="primary")
        leave = button(tr("Cancel"), self.leave, variant="ghost")
        self.setLayout(
            column(
                label(tr("Insert a link"), "title"),
                Field(tr("Shown text"), self.words),
                self._field,
                row(None, leave, self.insert),
                margins=(16, 14, 16, 12),
                spacing=10,
            )
        )
        self.words.setText(edit.textCursor().selectedText().replace("\u2029", " "))
        here = edit.currentCharFormat().anchorHref()
        pasted = QApplication.clipboard().text().strip()
        self.address.setText(here or (pasted if link_target(pasted) and len(pasted) < 500 else ""))
        self.address.selectAll()
        self.open_at_cursor(self.address, theme().px(380))

    def _insert(self) -> None:
        target = link_target(self.address.text())
        if not target:
            self._field.set_error(tr("Enter a web, mail or telephone address."))
            self.adjustSize()
            self.address.setFocus()
            return
        words = self.words.text().strip()
        self.leave()
        self._text.set_link(target, words)

    def pressed(self, watched: QObject, key: Qt.Key) -> bool:
        """Return inserts."""
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and isinstance(watched, QLineEdit):
            self._insert()
            return True
        return False


def ask_link(edit: ComposerEdit) -> None:
    """Open the box for a text."""
    LinkBox(edit)
