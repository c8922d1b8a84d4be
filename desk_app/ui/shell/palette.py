"""The command palette: every command and list in one box (ui.md 4.9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QKeySequence, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desk_app.ui.language import tr
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.icons import pixmap
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import label
from desk_app.ui.widgets.layout import column, hairline

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette."""

    title: str
    run: Callable[[], object]
    group: str = ""
    icon: str = ""
    key: str = ""


def score(words: str, title: str) -> int:
    """Return how well typed words fit a title: 0 not at all, more is better; letters may be left out in between."""
    needle, hay = words.lower().strip(), title.lower()
    if not needle:
        return 1
    if hay.startswith(needle):
        return 100
    if all(any(part.startswith(word) for part in hay.split()) for word in needle.split()):
        return 80
    if needle in hay:
        return 60
    place = -1
    for letter in needle.replace(" ", ""):
        place = hay.find(letter, place + 1)
        if place < 0:
            return 0
    return 20


def shown_key(key: str) -> str:
    """Return a key as this computer writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText).replace(", ", " ")


class _Lines(QStyledItemDelegate):
    """Draws icon, title, group and key of an entry."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, theme().px(34))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(entry, Entry):
            return
        colours, area = theme(), QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("bg_selected"))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 6, 6)
        middle = Qt.AlignmentFlag.AlignVCenter
        if entry.icon:
            image = pixmap(entry.icon, colours.hex("text_secondary"), 16, painter.device().devicePixelRatio())
            painter.drawPixmap(QPointF(area.left() + 10, area.center().y() - 8), image)
        right = area.right() - 10
        if entry.key:
            painter.setFont(font(11, 500))
            words = shown_key(entry.key)
            width = QFontMetrics(painter.font()).horizontalAdvance(words) + 12
            box = QRectF(right - width, area.center().y() - 9, width, 18)
            painter.setPen(colours.colour("border_default"))
            painter.setBrush(colours.colour("bg_sunken"))
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(colours.colour("text_tertiary"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
            right -= width + 10
        painter.setFont(font(12))
        painter.setPen(colours.colour("text_tertiary"))
        group_width = QFontMetrics(painter.font()).horizontalAdvance(entry.group)
        painter.drawText(QRectF(right - group_width, area.top(), group_width + 2, area.height()), middle, entry.group)
        room = int(right - group_width - area.left() - 48)
        painter.setFont(font(13, 500))
        painter.setPen(colours.colour("text_primary"))
        title = QFontMetrics(painter.font()).elidedText(entry.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(area.left() + 36, area.top(), room, area.height()), middle, title)
        painter.restore()


class Palette(QWidget):
    """A dimmed layer over the window with the box on it. Esc closes; focus returns to where it was."""

    WIDTH = 600

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self._entries: list[Entry] = []
        self._search: Callable[[str], Iterable[Entry]] = lambda _text: ()
        self._before: QWidget | None = None
        self._box = QFrame(self)
        self._box.setObjectName("palette")
        self.input = QLineEdit()
        self.input.setAccessibleName(tr("Command"))
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Commands"))
        self.list.setItemDelegate(_Lines(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda _item: self._take())
        hint = label(tr("↑ ↓ to choose, Return to do it, Esc to leave"), "tertiary")
        self._box.setLayout(
            column(self.input, hairline(), self.list, hairline(), hint, margins=(10, 8, 10, 8), spacing=6)
        )
        self.input.textChanged.connect(self._fill)
        self.input.installEventFilter(self)
        host.installEventFilter(self)
        self.hide()

    def open_with(
        self, entries: Iterable[Entry], search: Callable[[str], Iterable[Entry]] | None = None, prompt: str = ""
    ) -> None:
        """Show the box with entries; `search` makes further ones from what is typed."""
        self._entries = list(entries)
        self._search = search or (lambda _text: ())
        self._before = self._host.window().focusWidget()
        self.input.clear()
        self.input.setPlaceholderText(prompt or tr("What do you want to do?"))
        self._fill("")
        self._place()
        self.show()
        self.raise_()
        self.input.setFocus()

    def leave(self) -> None:
        """Close the box."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()

    def _fill(self, text: str) -> None:
        scored = [(score(text, entry.title), -place, entry) for place, entry in enumerate(self._entries)]
        fitting = [one[2] for one in sorted((s for s in scored if s[0]), key=lambda one: one[:2], reverse=True)]
        found = [*self._search(text), *fitting] if text.startswith("#") else [*fitting, *self._search(text)]
        self.list.clear()
        for entry in found[:SHOWN]:
            item = QListWidgetItem(entry.title)
            key = f", {shown_key(entry.key)}" if entry.key else ""
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{entry.title}{key}")
            item.setData(Qt.ItemDataRole.UserRole, entry)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _take(self) -> None:
        item = self.list.currentItem()
        entry = item.data(Qt.ItemDataRole.UserRole) if self.list.currentRow() >= 0 else None
        self.leave()
        if isinstance(entry, Entry):
            entry.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Steer the list from the input, and follow the window's size."""
        if watched is self._host and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        if watched is self.input and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key == Qt.Key.Key_Escape:
                self.leave()
                return True
            if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                self._take()
                return True
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}.get(
                Qt.Key(key)
            )
            if step is not None and self.list.count():
                self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + step)))
                return True
        return False

    def _place(self) -> None:
        self.setGeometry(self._host.rect())
        width = min(theme().px(self.WIDTH), self.width() - 40)
        height = min(theme().px(430), self.height() - 80)
        self._box.setGeometry(QRect((self.width() - width) // 2, max(30, self.height() // 8), width, height))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Leave by clicking beside the box."""
        if not self._box.geometry().contains(event.position().toPoint()):
            self.leave()

    def paintEvent(self, _event: object) -> None:
        """Dim the window and lift the box."""
        painter = QPainter(self)
        dim = QColor(theme().hex("shadow"))
        dim.setAlphaF(0.55 if theme().is_dark else 0.35)
        painter.fillRect(self.rect(), dim)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for spread in range(9):
            shade = QColor(theme().hex("shadow"))
            shade.setAlphaF(0.02)
            painter.setBrush(shade)
            painter.drawRoundedRect(self._box.geometry().adjusted(-spread, -spread + 4, spread, spread + 6), 14, 14)
