"""A pane that lies over its neighbours because there is no room beside them (ui.md 4, Shell)."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QEvent, QObject, QPoint, QPropertyAnimation, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QLinearGradient, QMouseEvent, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.kept_focus import leaving_focus

SHADOW = 16
MOTION_MS = 140


class _Beside(QWidget):
    """What lies beside an open drawer: a click on it closes the drawer."""

    pressed = Signal()

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        """Tell of the click."""
        self.pressed.emit()


class Drawer(QWidget):
    """Slides in from the left or right edge of its host. Esc closes it, and so does a click beside it where `light`."""

    closed = Signal()

    def __init__(self, host: QWidget, *, right: bool, light: bool) -> None:
        super().__init__(host)
        self._host, self._right, self._light = host, right, light
        self._content: QWidget | None = None
        self._wanted = 240
        self._column = QVBoxLayout()
        self._column.setContentsMargins(*((SHADOW, 0, 0, 0) if right else (0, 0, SHADOW, 0)))
        self.setLayout(self._column)
        self._slide = QPropertyAnimation(self, b"pos", self)
        self._slide.setDuration(MOTION_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._beside = _Beside(host)
        self._beside.pressed.connect(self.leave)
        self._beside.hide()
        host.installEventFilter(self)
        self.hide()

    @property
    def shown(self) -> bool:
        """Whether it is open."""
        return not self.isHidden()

    def open_with(self, content: QWidget, width: int) -> None:
        """Take a pane in and slide it over the others."""
        self._wanted = width
        if self._content is not content:
            self._content = content
            self._column.addWidget(content)
        content.show()
        self._place()
        if self._light:
            self._beside.show()
            self._beside.raise_()
        self.show()
        self.raise_()
        if not theme().reduce_motion:
            end = self.pos()
            start = QPoint(self._host.width(), end.y()) if self._right else QPoint(-self.width(), end.y())
            self._slide.setStartValue(start)
            self._slide.setEndValue(end)
            self._slide.start()

    def leave(self) -> None:
        """Close it."""
        if not self.shown:
            return
        self._slide.stop()
        with leaving_focus(self, self._host):
            self.hide()
        self._beside.hide()
        self.closed.emit()

    def release(self) -> QWidget | None:
        """Give the pane back, to be put beside the others again."""
        content, self._content = self._content, None
        if content is not None:
            self._column.removeWidget(content)
        self._slide.stop()
        self.hide()
        self._beside.hide()
        return content

    def _place(self) -> None:
        width = min(self._wanted + SHADOW, self._host.width())
        self._beside.setGeometry(self._host.rect())
        self.setGeometry(self._host.width() - width if self._right else 0, 0, width, self._host.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the host."""
        if watched is self._host and event.type() == QEvent.Type.Resize and self.shown:
            self._slide.stop()
            self._place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: object) -> None:
        """Draw the shadow at its edge."""
        painter = QPainter(self)
        dark, clear = QColor(theme().colour("shadow")), QColor(theme().colour("shadow"))
        dark.setAlphaF(0.5 if theme().is_dark else 0.14)
        clear.setAlphaF(0.0)
        left = 0 if self._right else self.width() - SHADOW
        shade = QLinearGradient(left, 0, left + SHADOW, 0)
        shade.setColorAt(0.0, clear if self._right else dark)
        shade.setColorAt(1.0, dark if self._right else clear)
        painter.fillRect(left, 0, SHADOW, self.height(), shade)
        painter.setPen(theme().colour("border_default"))
        edge = SHADOW - 1 if self._right else self.width() - SHADOW
        painter.drawLine(edge, 0, edge, self.height())
