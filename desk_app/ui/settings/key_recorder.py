"""Press the keys an action shall have."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QFrame

from desk_app.ui.language import tr
from desk_app.ui.timers import single_shot
from desk_app.ui.widgets.basics import label
from desk_app.ui.widgets.keys import key_text
from desk_app.ui.widgets.layout import column
from desk_app.ui.widgets.panels import announce

NEXT_STROKE_MS = 900
_ALONE = {
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_CapsLock,
    Qt.Key.Key_NumLock,
    Qt.Key.Key_unknown,
}


class KeyRecorder(QFrame):
    """Takes one or two strokes. Escape gives up, Tab goes on without a choice: nobody is trapped here."""

    recorded = Signal(str)
    """A portable key sequence."""
    given_up = Signal()
    listening = Signal(bool)
    """It begins, or ends, to take strokes."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("recorder")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Press the new keys"))
        self._strokes: list[str] = []
        self._shown = label("", "title")
        self._hint = label(
            tr("One stroke, or two one after the other. Escape gives up."),
            "tertiary",
            wrap=True,
        )
        self.setLayout(column(self._shown, self._hint, margins=(14, 10, 14, 10), spacing=4))
        self._timer = single_shot(self, NEXT_STROKE_MS, self._finish)
        self.hide()

    def begin(self) -> None:
        """Listen."""
        self._strokes = []
        self._timer.stop()
        self._shown.setText(tr("Press the new keys…"))
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, self._shown.text())

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that it listens."""
        super().showEvent(event)
        self.listening.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell that it listens no more."""
        super().hideEvent(event)
        self.listening.emit(False)

    def event(self, event: QEvent) -> bool:
        """Keep the window's own keys away while listening."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take a stroke."""
        key = Qt.Key(event.key())
        if key in _ALONE:
            return
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key == Qt.Key.Key_Escape and modifiers == Qt.KeyboardModifier.NoModifier:
            self._give_up()
            return
        text = event.text()
        if text and text.isprintable() and not text.isspace() and not text.isalpha():
            modifiers &= ~Qt.KeyboardModifier.ShiftModifier  # "?" is "?", whatever a keyboard needs for it
        self._strokes.append(
            QKeySequence(QKeyCombination(modifiers, key)).toString(QKeySequence.SequenceFormat.PortableText)
        )
        self._shown.setText(key_text(", ".join(self._strokes)))
        if len(self._strokes) > 1:
            self._finish()
        else:
            self._timer.start()

    def _finish(self) -> None:
        self._timer.stop()
        self.hide()
        if self._strokes:
            self.recorded.emit(", ".join(self._strokes))

    def _give_up(self) -> None:
        self._timer.stop()
        self._strokes = []
        self.hide()
        self.given_up.emit()

    def focusOutEvent(self, event: object) -> None:
        """Going elsewhere takes what was pressed, or gives up."""
        super().focusOutEvent(event)  # type: ignore[arg-type]
        if self.isVisible():
            self._finish() if self._strokes else self._give_up()
