"""Completes recipients from the contacts while they are typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from desk_app.domain.messages.model import Address
from desk_app.ui.messages.recipients import RecipientLine
from desk_app.ui.messages.suggest_popup import Suggestion, SuggestPopup, anchor_in
from desk_app.ui.session import DeskSession

LEAST = 2
"""Letters before contacts are looked for."""
SHOWN = 8


class RecipientCompletion(QObject):
    """Watches one line; the list opens below its input."""

    def __init__(self, session: DeskSession, line: RecipientLine) -> None:
        super().__init__(line)
        self._session, self._line = session, line
        self._popup: SuggestPopup | None = None
        line.input.textEdited.connect(self._look)
        line.input.installEventFilter(self)

    @property
    def open(self) -> bool:
        """Whether the list is shown."""
        return self._popup is not None and self._popup.isVisible()

    @property
    def popup(self) -> SuggestPopup:
        """The list, in the window the line stands in."""
        host = self._line.window()
        if self._popup is None or self._popup.parentWidget() is not host:
            if self._popup is not None:
                self._popup.deleteLater()
            self._popup = SuggestPopup(host)
            self._popup.taken.connect(lambda one: one.take())
        return self._popup

    def _look(self, text: str) -> None:
        typed = text.strip()
        if len(typed) < LEAST or "," in typed:
            self._close()
            return
        writing = self._session.desk.writing

        def arrived(found: Sequence[tuple[str, str]]) -> None:
            if self._line.input.text().strip() != typed or not self._line.input.hasFocus():
                return
            here = self._line.chosen
            lines = [
                Suggestion(name or email, self._taker(Address(name, email)), email if name else "", "user")
                for name, email in found
                if email not in here
            ]
            field = self._line.input
            self.popup.show_suggestions(lines, lambda: anchor_in(field.window(), field, field.rect()))

        self._session.work.run(lambda: writing.people(typed, SHOWN), arrived, owner=self)

    def _taker(self, address: Address) -> Callable[[], None]:
        def take() -> None:
            self._line.input.clear()
            self._line.add([address])
            self._line.input.setFocus()

        return take

    def _close(self) -> None:
        if self._popup is not None:
            self._popup.hide()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Steer the list from the input."""
        if not self.open:
            return False
        if event.type() == QEvent.Type.FocusOut:
            self._close()
        if not isinstance(event, QKeyEvent) or event.type() not in {QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride}:
            return False
        key = Qt.Key(event.key())
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        takes = {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab}
        if event.modifiers() or not (key in steps or key in takes or key == Qt.Key.Key_Escape):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif key in steps:
            self.popup.step(steps[key])
        elif key in takes:
            self.popup.take()
        else:
            self._close()
        return True
