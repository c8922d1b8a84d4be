"""Opens the list of suggestions while somebody writes, and puts what was chosen into the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QTextCursor

from desk_app.ui.messages.editor import ComposerEdit
from desk_app.ui.messages.suggest_popup import Suggestion, SuggestPopup, anchor_in
from desk_app.ui.messages.triggers import Trigger, trigger_at

Deliver = Callable[[Sequence[Suggestion]], None]
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 6, Qt.Key.Key_PageUp: -6}
_TAKES = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)


class Source(Protocol):
    """Where suggestions for a sign come from."""

    sign: str

    def wanted(self) -> bool:
        """Return whether the sign means something in what is being written."""
        ...

    def find(self, typed: str, deliver: Deliver) -> None:
        """Look for what was typed and hand over what was found, now or later on the GUI thread."""
        ...


class Suggestions(QObject):
    """Watches one editor. The list belongs to the editor's window and follows it when the composer is torn off."""

    def __init__(self, edit: ComposerEdit, sources: Sequence[Source]) -> None:
        super().__init__(edit)
        self._edit, self._sources = edit, {one.sign: one for one in sources}
        self._popup: SuggestPopup | None = None
        self._trigger: Trigger | None = None
        self._left: tuple[int, int] | None = None
        """Block and place of a sign whose list the agent left: it is text now."""
        self._by_button = False
        self._typing = False
        """Whether the change to come is typed: what is pasted or inserted opens nothing."""
        edit.installEventFilter(self)
        edit.textChanged.connect(self._look)
        edit.cursorPositionChanged.connect(self._moved)

    @property
    def popup(self) -> SuggestPopup:
        """The list; made when it is first wanted."""
        host = self._edit.window()
        if self._popup is None or self._popup.parentWidget() is not host:
            if self._popup is not None:
                self._popup.deleteLater()
            self._popup = SuggestPopup(host)
            self._popup.taken.connect(self._take)
        return self._popup

    @property
    def open(self) -> bool:
        """Whether the list is shown."""
        return self._popup is not None and self._popup.isVisible()

    def ask(self, sign: str) -> None:
        """Open a list by a button: the sign is typed for the agent."""
        self._edit.setFocus()
        cursor = self._edit.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        self._left, self._typing = None, True
        self._edit.insertPlainText(sign if not before or before[-1:].isspace() else f" {sign}")
        self._by_button = self._trigger is not None

    # -- looking --------------------------------------------------------------------------------------------------
    def _here(self) -> Trigger | None:
        cursor = self._edit.textCursor()
        if cursor.hasSelection() or self._edit.isReadOnly() or cursor.charFormat().isAnchor():
            return None
        return trigger_at(cursor.block().text()[: cursor.positionInBlock()])

    def _moved(self) -> None:
        if self.open and self._here() is None:
            self.close()

    def _look(self) -> None:
        typed, self._typing = self._typing, False
        if not typed:  # one key may change a text twice
            if self._trigger is not None and self._here() != self._trigger:
                self.close()
            return
        found = self._here() if self._edit.hasFocus() else None
        source = self._sources.get(found.sign) if found is not None else None
        block = self._edit.textCursor().blockNumber()
        if found is None or source is None or not source.wanted():
            self._left = self._left if found is not None else None
            self.close()
            return
        if self._left == (block, found.start):
            return
        self._trigger = found
        source.find(found.typed, lambda entries: self._show(found, entries))

    def _show(self, asked: Trigger, entries: Sequence[Suggestion]) -> None:
        if asked != self._trigger or self._here() != asked:
            return
        place = self._edit.textCursor()
        place.setPosition(place.block().position() + asked.start)
        edit = self._edit
        self.popup.show_suggestions(entries, lambda: anchor_in(edit.window(), edit.viewport(), edit.cursorRect(place)))

    def close(self) -> None:
        """Hide the list; what was typed stays."""
        self._trigger, self._by_button = None, False
        if self._popup is not None:
            self._popup.hide()

    def _leave(self) -> None:
        asked, by_button = self._trigger, self._by_button
        if asked is not None:
            self._left = (self._edit.textCursor().blockNumber(), asked.start)
            if by_button:
                self._take_out(asked)
        self.close()

    # -- taking ---------------------------------------------------------------------------------------------------
    def _take_out(self, asked: Trigger) -> None:
        cursor = self._edit.textCursor()
        begin = cursor.block().position() + asked.start
        cursor.setPosition(begin)
        cursor.setPosition(begin + 1 + len(asked.typed), QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        self._edit.setTextCursor(cursor)

    def _take(self, one: Suggestion) -> None:
        asked = self._trigger
        self.close()
        if asked is not None:
            self._take_out(asked)
            one.take()
        if self._edit.isVisible():  # what was taken may have led to another page
            self._edit.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Steer the list with the keys of the text while it is shown."""
        if watched is not self._edit:
            return False
        if event.type() == QEvent.Type.InputMethod:
            self._typing = True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            rubbed = event.key() in {Qt.Key.Key_Backspace, Qt.Key.Key_Delete}
            self._typing = rubbed or event.text().isprintable()
        if not self.open:
            return False
        if event.type() == QEvent.Type.FocusOut:
            self.close()
        if not isinstance(event, QKeyEvent) or event.type() not in {QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride}:
            return False
        key, plain = Qt.Key(event.key()), not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not plain or not (key in _STEPS or key in _TAKES or key == Qt.Key.Key_Escape):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if key == Qt.Key.Key_Escape:
            self._leave()
        elif key in _STEPS:
            self.popup.step(_STEPS[key])
        else:
            self.popup.take()
        return True
