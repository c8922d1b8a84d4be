"""The row of formatting buttons above the tools; it shows what holds at the cursor."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QTextListFormat
from PySide6.QtWidgets import QToolButton, QWidget

from desk_app.ui.language import tr
from desk_app.ui.messages.editor import ComposerEdit
from desk_app.ui.widgets.basics import icon_button
from desk_app.ui.widgets.layout import row


class FormatBar(QWidget):
    """Buttons for one editor."""

    def __init__(self, edit: ComposerEdit) -> None:
        super().__init__()
        self.buttons: dict[str, QToolButton] = {}
        disc, decimal = QTextListFormat.Style.ListDisc, QTextListFormat.Style.ListDecimal
        acts: tuple[tuple[str, str, Callable[[], object], str], ...] = (
            ("bold", tr("Bold"), edit.toggle_bold, "Ctrl+B"),
            ("italic", tr("Italic"), edit.toggle_italic, "Ctrl+I"),
            ("underline", tr("Underline"), edit.toggle_underline, "Ctrl+U"),
            ("strikethrough", tr("Strike through"), edit.toggle_strike, ""),
            ("list", tr("List"), lambda: edit.toggle_list(disc), "Ctrl+Shift+8"),
            ("list-ordered", tr("Numbered list"), lambda: edit.toggle_list(decimal), "Ctrl+Shift+7"),
            ("quote", tr("Quote"), edit.toggle_quote, "Ctrl+Shift+9"),
            ("code", tr("Code"), edit.toggle_code, "Ctrl+E"),
            ("undo-2", tr("Undo"), edit.undo, "Ctrl+Z"),
            ("redo-2", tr("Redo"), edit.redo, "Ctrl+Shift+Z"),
        )
        for glyph, words, act, key in acts:
            self.buttons[glyph] = icon_button(glyph, words, act, size=15, key=key)
        self.setLayout(row(*self.buttons.values(), None, spacing=0))
