"""The bell of the rail with the number of unread notifications."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolButton

from desk_app.ui.language import tr
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.icons import icon
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import restyle
from desk_app.ui.widgets.keys import tip_with_key

MOST = 99
KEY = "G, B"


class Bell(QToolButton):
    """Opens the notification centre."""

    def __init__(self, on_click: Callable[[], object]) -> None:
        super().__init__()
        self.unread, self._paused = 0, False
        self.setIconSize(QSize(20, 20))
        self.setFixedSize(QSize(38, 38))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda _checked=False: on_click())
        self._speak()

    def show_state(self, unread: int, *, paused: bool) -> None:
        """Show how many are unread, and whether popups are paused."""
        if (unread, paused) != (self.unread, self._paused):
            self.unread, self._paused = unread, paused
            self._speak()
            self.update()

    def _speak(self) -> None:
        name = tr("Notifications")
        spoken = f"{name}, {tr('%n unread', self.unread)}" if self.unread else name
        if self._paused:
            spoken += f", {tr('paused')}"
        self.setAccessibleName(spoken)
        self.setToolTip(tip_with_key(spoken, KEY))
        self.setProperty("tip_key", KEY)
        self.setIcon(icon("bell-off" if self._paused else "bell"))
        restyle(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bell and the number on it."""
        super().paintEvent(event)
        if not self.unread:
            return
        words = str(self.unread) if self.unread <= MOST else f"{MOST}+"
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(9, 600, tabular=True))
        width = max(15.0, QFontMetrics(painter.font()).horizontalAdvance(words) + 8.0)
        area = QRectF(self.width() - width - 1, 2, width, 15)
        painter.setPen(QPen(theme().colour("bg_rail"), 1.5))
        painter.setBrush(theme().colour("accent"))
        painter.drawRoundedRect(area, 7.5, 7.5)
        painter.setPen(theme().colour("on_accent"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)
