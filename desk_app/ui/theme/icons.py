"""Lucide icons that take their colour from the live theme when they are painted (ui.md 7.3)."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QWidget

from desk_app.ui import resources_path
from desk_app.ui.theme.theme import theme

STROKE = 1.75


@cache
def _source(name: str) -> str:
    return (resources_path() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def svg(name: str, colour: str, stroke: float = STROKE) -> str:
    """Return an icon's SVG in a colour. Raises FileNotFoundError where the icon is not bundled."""
    coloured = _source(name).replace("currentColor", colour)
    return re.sub(r'stroke-width="[\d.]+"', f'stroke-width="{stroke}"', coloured)


@lru_cache(1024)
def pixmap(name: str, colour: str, size: int, ratio: float = 1.0, stroke: float = STROKE) -> QPixmap:
    """Return an icon of `size` logical px for a screen with `ratio` device px per logical px; cached."""
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(svg(name, colour, stroke).encode()))
    painter = QPainter(made)
    renderer.render(painter, QRectF(0, 0, made.width(), made.height()))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


class ThemedIconEngine(QIconEngine):
    """Draws one icon; the colour is a token, looked up at every paint, so a theme switch rebuilds nothing."""

    def __init__(self, name: str, token: str, active: str) -> None:
        super().__init__()
        self._name, self._token, self._active = name, token, active

    def clone(self) -> ThemedIconEngine:
        """Qt asks for a copy when an icon is detached."""
        copy = ThemedIconEngine(self._name, self._token, self._active)
        _ENGINES.append(copy)
        return copy

    def _colour(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        if mode == QIcon.Mode.Disabled:
            return theme().hex("text_disabled")
        if state == QIcon.State.On:
            return theme().hex("accent_text")
        lively = mode in {QIcon.Mode.Active, QIcon.Mode.Selected}
        return theme().hex(self._active if lively else self._token)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw into a rectangle."""
        size = min(rect.width(), rect.height())
        image = pixmap(self._name, self._colour(mode, state), size, painter.device().devicePixelRatio())
        painter.drawPixmap(rect.topLeft() + _centre(rect, size), image)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return a pixmap for a screen of ratio 1."""
        return pixmap(self._name, self._colour(mode, state), min(size.width(), size.height()))

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """Return a pixmap of `size` device px."""
        side = round(min(size.width(), size.height()) / scale)
        return pixmap(self._name, self._colour(mode, state), side, scale)


def _centre(rect: QRect, size: int) -> QPoint:
    return QPoint((rect.width() - size) // 2, (rect.height() - size) // 2)


_ENGINES: list[ThemedIconEngine] = []  # QIcon owns engines in C++; the Python halves must outlive them


@lru_cache(256)
def icon(name: str, token: str = "text_secondary", active: str = "text_primary") -> QIcon:  # noqa: S107 -- a colour token
    """Return an icon whose colours are tokens: at rest, and hovered or selected; switched on it has the accent's."""
    engine = ThemedIconEngine(name, token, active)
    _ENGINES.append(engine)
    return QIcon(engine)


class Glyph(QWidget):
    """A small painted icon; a label's pixmap would keep the old colour after a theme switch."""

    def __init__(self, name: str, token: str = "text_tertiary", size: int = 16, parent: QWidget | None = None) -> None:  # noqa: S107 -- a colour token
        super().__init__(parent)
        self._name, self._token, self._size = name, token, size
        self.setFixedSize(size, size)

    def set(self, name: str, token: str) -> None:
        """Show another icon or colour."""
        self._name, self._token = name, token
        self.update()

    def paintEvent(self, _event: object) -> None:
        """Draw the icon."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, pixmap(self._name, theme().hex(self._token), self._size, self.devicePixelRatioF()))
