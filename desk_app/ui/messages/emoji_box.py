"""A compact emoji picker: search by name, arrows, Return."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTextEdit,
)

from desk_app.ui.language import tr
from desk_app.ui.messages.beside_text import BesideText
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import search_field
from desk_app.ui.widgets.layout import column, hairline

CELL, COLUMNS, ROWS = 36, 8, 5
_OFFERED = (
    "🙂😀😄😁😅😂🤣😊😇😉😍🥰😘😋😜🤪🤗🤔🤨😐😶🙄😏😮😯😲😴😌😔😕🙁☹😟😢😭😤😠😡🤯😳🥵🥶😱😨😰😥😓🤒🤕🤧🥳😎🤓🧐"
    "👍👎👌✌🤞🤝👏🙌🙏💪👋✋👉👈👆👇☝✍🫶❤🧡💛💚💙💜🖤🤍💔💯✨⭐🌟🔥🎉🎊🎁🏆🥇🎂☕🍕🍎🌱🌸🌞🌧❄⚡🌈"
    "✅❌❗❓⚠🚫⛔ℹ🔔🔕📌📎📷📞📧📨📦📅🗓⏰⏳⌛📈📉📊📝📄📁🔍🔒🔓🔑🔧🔨⚙🛠💡💻🖥🖨⌨🖱📱🔋🔌🌐☁"
    "🚀🚚🚗✈🚆🚲🏠🏢🏭🏥🏫🛒💳💰💶💵🧾🎟👶👩👨👪🧑🤖🐛🐞🐶🐱🐢🦊🌍🌎🌏🏁🚩🏳➕➖✖➗♻↩↪⬆⬇➡⬅🔄🆗🆕🆓🔝"
)
_ALSO = {
    "👍": "yes ok good like",
    "🙏": "thanks thank you please gracias terima kasih",
    "🎉": "congratulations party",
    "✅": "done ok check",
    "🙂": "smile",
    "😀": "smile happy",
    "❤": "love",
    "📎": "attachment",
    "🐛": "bug",
    "🤝": "deal",
    "👋": "hello hi bye wave",
}
_recent: list[str] = []


@cache
def _names() -> tuple[tuple[str, str], ...]:
    """The emoji that some font of this computer can draw, with the words they are found by; a computer without any
    emoji font gets a few plain ones instead of boxes."""
    metrics = QFontMetrics(font(18))
    return tuple(
        (one, f"{unicodedata.name(one, '').lower().replace('-', ' ')} {_ALSO.get(one, '')}")
        for one in dict.fromkeys(_OFFERED)
        if metrics.inFontUcs4(ord(one))
    )


def found(typed: str) -> Sequence[str]:
    """Return the emoji whose names hold a word that begins with each typed one; without any, those used last first."""
    words = typed.lower().split()
    if not words:
        return (*_recent, *(one for one, _name in _names() if one not in _recent))
    return [one for one, name in _names() if all(any(part.startswith(word) for part in name.split()) for word in words)]


class _Cell(QStyledItemDelegate):
    """Draws an emoji in the middle of its cell, larger than the words of other lists and never cut off."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Leave the emoji to `paint`."""
        super().initStyleOption(option, index)
        option.text = ""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the emoji on what the style draws below it."""
        super().paint(painter, option, index)
        painter.setFont(font(18))
        painter.setPen(theme().colour("text_primary"))
        painter.drawText(option.rect, Qt.AlignmentFlag.AlignCenter, str(index.data()))


class EmojiBox(BesideText):
    """Search above, a grid below."""

    def __init__(self, edit: QTextEdit) -> None:
        super().__init__(edit)
        self.search = search_field(tr("Search emoji"))
        self.grid = QListWidget()
        self.grid.setAccessibleName(tr("Emoji"))
        self.grid.setViewMode(QListView.ViewMode.IconMode)
        self.grid.setMovement(QListView.Movement.Static)
        self.grid.setResizeMode(QListView.ResizeMode.Adjust)
        self.grid.setUniformItemSizes(True)
        side = theme().px(CELL)
        self.grid.setGridSize(QSize(side, side))
        self._cell = _Cell(self.grid)
        self.grid.setItemDelegate(self._cell)
        self.grid.setFixedHeight(side * ROWS + 4)
        self.grid.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.grid.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.grid.itemClicked.connect(lambda _item: self.take())
        self.search.textChanged.connect(self._fill)
        self.setLayout(column(self.search, hairline(), self.grid, margins=(8, 8, 8, 8), spacing=6))
        self._fill("")
        self.open_at_cursor(self.search, side * COLUMNS + 40)

    def _fill(self, typed: str) -> None:
        self.grid.clear()
        for one in found(typed):
            item = QListWidgetItem(one)
            item.setSizeHint(QSize(theme().px(CELL), theme().px(CELL)))
            words = unicodedata.name(one, one).capitalize()
            item.setToolTip(words)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
            self.grid.addItem(item)
        self.grid.setCurrentRow(0)

    def take(self) -> None:
        """Insert the emoji under the cursor."""
        item = self.grid.currentItem() if self.grid.currentRow() >= 0 else None
        if item is None:
            return
        one = item.text()
        if one in _recent:
            _recent.remove(one)
        _recent.insert(0, one)
        del _recent[COLUMNS:]
        self.leave()
        self._edit.insertPlainText(one)

    def pressed(self, _watched: QObject, key: Qt.Key) -> bool:
        """Arrows walk the grid, Return inserts."""
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.take()
            return True
        across = not self.search.text() or key in {Qt.Key.Key_Up, Qt.Key.Key_Down}
        steps = {
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Down: COLUMNS,
            Qt.Key.Key_Up: -COLUMNS,
        }
        if key in steps and across and self.grid.count():
            self.grid.setCurrentRow(max(0, min(self.grid.count() - 1, self.grid.currentRow() + steps[key])))
            return True
        return False
