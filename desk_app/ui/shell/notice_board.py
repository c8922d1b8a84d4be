"""The place above the lists for what the whole desk should know: mail that is held, alarms, first steps."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desk_app.ui.widgets.layout import column


class NoticeBoard(QWidget):
    """Notices by key, in their order; there is no board where there is no notice."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._places: dict[str, tuple[int, QWidget]] = {}
        self._column = column(margins=(12, 8, 12, 8), spacing=6)
        self.setLayout(self._column)
        self.hide()

    def put(self, key: str, notice: QWidget | None, order: int = 100) -> None:
        """Show a notice in the place of the one with the same key; None takes that one away."""
        old = self._places.pop(key, None)
        if old is not None:
            self._column.removeWidget(old[1])
            old[1].hide()
            old[1].deleteLater()
        if notice is not None:
            above = sum(1 for place, _ in self._places.values() if place <= order)
            self._places = dict(sorted({**self._places, key: (order, notice)}.items(), key=lambda one: one[1][0]))
            self._column.insertWidget(above, notice)
            notice.show()
        self.setVisible(bool(self._places))

    def notice(self, key: str) -> QWidget | None:
        """Return what is shown under a key."""
        found = self._places.get(key)
        return found[1] if found is not None else None
