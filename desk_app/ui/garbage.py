"""Where garbage is looked for: on the GUI thread only."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 400


class GarbageRounds(QObject):
    """Looks for garbage now and then on the GUI thread, and on no other as long as this object works.

    Python looks for cycles on whichever thread happens to allocate. A cycle with a widget or a pixmap in it, found by a
    thread that reads mail, would be destroyed there, under the hands of the GUI thread that paints it.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()  # what a start makes stays
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Look through the oldest generation that is due, as Python itself would."""
        due = [place for place, count in enumerate(gc.get_count()) if count > gc.get_threshold()[place]]
        if due:
            gc.collect(due[-1])

    def end(self) -> None:
        """Let Python look by itself again."""
        self._timer.stop()
        gc.enable()
