"""A quiet button with a text of any length, cut where there is no room."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from desk_app.ui.theme.icons import icon
from desk_app.ui.widgets.basics import restyle
from desk_app.ui.widgets.tips import plain_tip

_ICON_ROOM = 22
_EDGES = 10
HEIGHT = 28


class ElidedButton(QPushButton):
    """Looks like a line of text; the whole text is spoken and in the tool tip."""

    def __init__(
        self,
        text: str,
        on_click: Callable[[], object],
        *,
        icon_name: str = "",
        icon_token: str = "text_tertiary",  # noqa: S107 -- a colour token
        tip: str = "",
    ) -> None:
        super().__init__()
        self._whole, self._tip, self._has_icon = text, tip, bool(icon_name)
        restyle(self, variant="quiet")
        if icon_name:
            self.setIcon(icon(icon_name, icon_token, icon_token))
            self.setIconSize(QSize(16, 16))
        self.setAccessibleName(text)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumSize(48, HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda _checked=False: on_click())
        self._cut()

    @property
    def whole_text(self) -> str:
        """The text without the ellipsis."""
        return self._whole

    def _cut(self) -> None:
        room = max(0, self.width() - _EDGES - (_ICON_ROOM if self._has_icon else 0))
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room)
        gap = " " if self._has_icon else ""
        self.setText(gap + shown.replace("&", "&&"))
        self.setToolTip(plain_tip(self._tip or (self._whole if shown != self._whole else "")))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut again."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._cut()
