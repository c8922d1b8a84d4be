"""Text that is changed where it stands: Enter or leaving keeps it, Esc puts the old text back (ui.md 4.7)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QSizePolicy

from desk_app.ui.timers import single_shot
from desk_app.ui.widgets.basics import restyle

AUTOSAVE_MS = 800
_LEAST_HEIGHT, _MOST_HEIGHT = 64, 240


class InPlaceLine(QLineEdit):
    """One line. `entered` tells a text that differs from the one shown last."""

    entered = Signal(str)
    left = Signal()
    """The focus is going away without a new text."""

    def __init__(self, text: str, name: str, *, placeholder: str = "", size: str = "") -> None:
        super().__init__(text)
        self._stored = text
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setMinimumHeight(28)
        restyle(self, variant="inplace", textsize=size)
        self.setCursorPosition(0)
        self.editingFinished.connect(self._keep)

    @property
    def stored(self) -> str:
        """The text Esc goes back to."""
        return self._stored

    def show_text(self, text: str) -> None:
        """Show what is stored now, unless somebody is typing."""
        self._stored = text
        if not self.hasFocus():
            self.setText(text)
            self.setCursorPosition(0)
            self.mark(bad=False)

    def mark(self, *, bad: bool) -> None:
        """Show that the text was not taken."""
        restyle(self, state="danger" if bad else "")

    def revert(self) -> None:
        """Put the stored text back."""
        self.setText(self._stored)
        self.mark(bad=False)

    def _keep(self) -> None:
        text = self.text().strip()
        if text != self._stored:
            self._stored = text
            self.entered.emit(text)

    def event(self, event: QEvent) -> bool:
        """Take Esc before the window does."""
        if event.type() == QEvent.Type.ShortcutOverride and _is_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back on Esc; a second Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            if self.text() == self._stored:
                self.clearFocus()
                self.left.emit()
            self.revert()
            return
        super().keyPressEvent(event)


class InPlaceText(QPlainTextEdit):
    """Several lines, saved a moment after the last key and when the focus leaves."""

    entered = Signal(str)

    def __init__(self, text: str, name: str, placeholder: str = "") -> None:
        super().__init__(text)
        self._stored = self._before = text
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        restyle(self, variant="inplace")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(80)
        self._timer = single_shot(self, AUTOSAVE_MS, self.keep)
        self.textChanged.connect(self._changed)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def show_text(self, text: str) -> None:
        """Show what is stored now, unless somebody is typing."""
        self._stored = text
        if not self.hasFocus() and self.toPlainText() != text:
            self.setPlainText(text)
            self._before = text

    def keep(self) -> None:
        """Save what was written, if it is new."""
        self._timer.stop()
        text = self.toPlainText().strip()
        if text != self._stored.strip():
            self._stored = text
            self.entered.emit(text)

    def _changed(self) -> None:
        if self.hasFocus():
            self._timer.start()
        self._fit()

    def _fit(self, *_size: object) -> None:
        """Be as high as the text; a scroll bar, which would take room from it, comes only where that is too high."""
        height = self._lines() * self.fontMetrics().lineSpacing() + 24
        off, on = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setVerticalScrollBarPolicy(on if height > _MOST_HEIGHT else off)
        self.setFixedHeight(max(_LEAST_HEIGHT, min(_MOST_HEIGHT, height)))

    def _lines(self) -> int:
        """Count the lines, at most so many as are shown. Each paragraph is asked for its place first: the size of the
        document is that of an earlier width until then."""
        layout, block, lines = self.document().documentLayout(), self.document().firstBlock(), 0
        while block.isValid() and lines < _MOST_HEIGHT:
            layout.blockBoundingRect(block)
            lines += max(1, block.layout().lineCount())
            block = block.next()
        return lines

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width with the height."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Remember what Esc goes back to."""
        self._before = self.toPlainText()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Save."""
        super().focusOutEvent(event)
        self.keep()

    def event(self, event: QEvent) -> bool:
        """Take Esc before the window does."""
        if event.type() == QEvent.Type.ShortcutOverride and _is_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Put back on Esc what was there when the focus came, and leave."""
        if event.key() == Qt.Key.Key_Escape:
            if self.toPlainText() != self._before:
                self.setPlainText(self._before)
            self.clearFocus()
            return
        super().keyPressEvent(event)


def _is_escape(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
