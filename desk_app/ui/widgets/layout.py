"""Declarative layouts; spacing comes from the scale 2-4-6-8-12-16-20-24-32-40 (ui.md 2.2)."""

from __future__ import annotations

from collections.abc import Iterable

import shiboken6
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLayout,
    QLayoutItem,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
    QWidgetItem,
)

from desk_app.ui.widgets import layout_items  # noqa: F401 -- mends what PySide does with items, for all of the window

Margins = tuple[int, int, int, int]
Item = QWidget | QLayout | int | None
"""A widget, a layout, a fixed gap in px, or None for a stretch."""


def _fill(layout: QBoxLayout, items: Iterable[Item], margins: Margins, spacing: int) -> None:
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)


def row(*items: Item, margins: Margins = (0, 0, 0, 0), spacing: int = 8) -> QHBoxLayout:
    """Return a horizontal box."""
    layout = QHBoxLayout()
    _fill(layout, items, margins, spacing)
    return layout


def column(*items: Item, margins: Margins = (0, 0, 0, 0), spacing: int = 8) -> QVBoxLayout:
    """Return a vertical box."""
    layout = QVBoxLayout()
    _fill(layout, items, margins, spacing)
    return layout


def boxed(layout: QLayout, name: str = "", *, frame: bool = False) -> QWidget:
    """Return a widget around a layout; `name` is what the style sheet knows it by."""
    widget: QWidget = QFrame() if frame else QWidget()
    if name:
        widget.setObjectName(name)
        widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
    widget.setLayout(layout)
    return widget


class GrowingFrame(QFrame):
    """A frame that is never lower than its wrapped words are high in its width. A splitter asks for the height of a
    part whatever its width is, and would cut through lines that go on below."""

    def minimumSizeHint(self) -> QSize:
        """Need the room of everything inside, as wide as it is now."""
        size, inside = super().minimumSizeHint(), self.layout()
        if inside is None or not inside.hasHeightForWidth() or not self.isVisible():
            return size
        return QSize(size.width(), max(size.height(), inside.totalMinimumHeightForWidth(self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for another height where the width is another one."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()


def hairline(*, vertical: bool = False) -> QWidget:
    """Return a line of one px."""
    line = QWidget()
    line.setObjectName("hairline")
    line.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
    if vertical:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line


def may_wrap(widget: QWidget) -> bool:
    """Return whether something in a widget wraps its words or its parts. Nothing is measured for that: what is measured
    gets its style, and a new one in every widget it is put into."""
    inside = (widget, *widget.findChildren(QWidget))
    return any(one.sizePolicy().hasHeightForWidth() for one in inside) or widget.findChild(FlowLayout) is not None


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and destroy it."""
    while (item := layout.takeAt(0)) is not None:
        inner = item.layout()
        if inner is not None:
            clear(inner)
            continue
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        if not shiboken6.ownedByPython(item):
            shiboken6.delete(item)  # Qt gave it away, and Python does not know that it should end it


class FlowLayout(QLayout):
    """Puts widgets beside each other and goes on in the next line: chips, tiles, languages with long words.

    Its lines begin `overhang` px to the left: buttons that are only words stand below other words then.
    """

    def __init__(self, *, spacing: int = 6, overhang: int = 0) -> None:
        super().__init__()
        self._heights: dict[int, int] = {}
        self._smallest: QSize | None = None
        self._items: list[QLayoutItem] = []
        self._overhang = overhang
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def addWidget(self, widget: QWidget) -> None:
        """Add a widget at the end, in an item of Python's own."""
        self.addChildWidget(widget)
        self.addItem(QWidgetItem(widget))
        self.invalidate()

    def addItem(self, item: QLayoutItem) -> None:
        """Take an item over."""
        self._items.append(item)

    def invalidate(self) -> None:
        """Forget the sizes: an item came, went, or has another size now."""
        self._heights.clear()
        self._smallest = None
        super().invalidate()

    def count(self) -> int:
        """Return how many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Give an item back."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def insert(self, index: int, widget: QWidget) -> None:
        """Add a widget before the item at `index`."""
        self.addWidget(widget)
        self._items.insert(index, self._items.pop())
        self.invalidate()

    def expandingDirections(self) -> Qt.Orientation:
        """Ask for no more room than needed."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height for a width, which layouts around this one ask for again and again."""
        if width not in self._heights:
            self._heights[width] = self._arrange(QRect(0, 0, width, 0), move=False)
        return self._heights[width]

    def setGeometry(self, rect: QRect) -> None:
        """Place the items."""
        super().setGeometry(rect)
        spare = max(0, rect.height() - self.heightForWidth(rect.width()))
        self._arrange(rect.adjusted(0, spare // 2, 0, 0), move=True)

    def sizeHint(self) -> QSize:
        """Return the wished size."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Return the size of the biggest item."""
        if self._smallest is None:
            self._smallest = QSize()
            for item in self._items:
                self._smallest = self._smallest.expandedTo(item.minimumSize())
        return self._smallest

    def _arrange(self, whole: QRect, *, move: bool) -> int:
        rect = whole.adjusted(-self._overhang, 0, 0, 0)
        x, y = rect.x(), rect.y()
        line: list[tuple[QLayoutItem, QRect]] = []
        for item in self._items:
            widget = item.widget()
            if widget is not None and widget.isHidden():
                continue
            hint = item.sizeHint()
            grows = widget is not None and widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Expanding
            wanted = item.minimumSize().width() if grows else hint.width()
            if x + wanted > rect.right() + 1 and line:
                x, y = rect.x(), y + _finish(line, move=move) + self.spacing()
                line = []
            width = rect.right() + 1 - x if grows else min(hint.width(), max(rect.width(), 1))
            line.append((item, QRect(QPoint(x, y), QSize(width, hint.height()))))
            x += width + self.spacing()
        return y + _finish(line, move=move) - rect.y()


def _finish(line: list[tuple[QLayoutItem, QRect]], *, move: bool) -> int:
    """Centre the items of a line and return its height."""
    height = max((place.height() for _, place in line), default=0)
    if move:
        for item, place in line:
            item.setGeometry(place.translated(0, (height - place.height()) // 2))
    return height
