"""How the lines of a ticket's history are drawn: what happened, and when in a quieter tone below it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QPainter
from PySide6.QtWidgets import QListWidget, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.theme import theme

WHEN = Qt.ItemDataRole.UserRole + 1
"""The moment, in words."""
_LEFT, _RIGHT, _EDGE, _ICON = 36, 10, 6, 16
_WRAPPED = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft)
_Index = QModelIndex | QPersistentModelIndex


class HistoryDelegate(QStyledItemDelegate):
    """Draws an icon, the words in as many lines as they need, and the moment."""

    def __init__(self, lines: QListWidget) -> None:
        super().__init__(lines)
        self._lines = lines

    def _words(self, index: _Index) -> QRect:
        room = QRect(0, 0, self._lines.viewport().width() - _LEFT - _RIGHT, 10_000)
        return QFontMetrics(font(13, 500)).boundingRect(room, _WRAPPED, str(index.data()))

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return the height of the words and of the moment below them."""
        return QSize(100, 2 * _EDGE + self._words(index).height() + QFontMetrics(font(12)).height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw a line."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, area = theme(), option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("bg_selected" if chosen else "bg_hover"))
            painter.drawRoundedRect(QRectF(area).adjusted(0, 1, 0, -1), 6, 6)
        words = self._words(index)
        words.moveTo(area.left() + _LEFT, area.top() + _EDGE)
        first = QFontMetrics(font(13, 500)).height()
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(picture, QIcon):
            picture.paint(painter, area.left() + 10, words.top() + (first - _ICON) // 2, _ICON, _ICON)
        painter.setPen(colours.colour("text_primary"))
        painter.setFont(font(13, 500))
        painter.drawText(words, _WRAPPED, str(index.data()))
        painter.setPen(colours.colour("text_tertiary"))
        painter.setFont(font(12))
        below = QRect(words.left(), words.bottom() + 1, area.width() - _LEFT - _RIGHT, area.height())
        painter.drawText(below, _WRAPPED, str(index.data(WHEN)))
        painter.restore()
