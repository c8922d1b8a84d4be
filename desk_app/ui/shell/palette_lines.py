"""The lines of the command palette and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.icons import pixmap
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.keys import key_text

LETTERS = Qt.ItemDataRole.UserRole + 1
HEADING = Qt.ItemDataRole.UserRole + 2
LINE_HEIGHT, HEADING_HEIGHT = 34, 30


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette. `more` are the further things that Tab offers; `id` is what recent ones are known by;
    `words` are further words it is found by. One that is `near` concerns what is selected: it stands before others that
    fit as well."""

    title: str
    run: Callable[[], object]
    group: str = ""
    icon: str = ""
    key: str = ""
    detail: str = ""
    more: Sequence[Entry] = field(default=())
    id: str = ""
    words: Sequence[str] = ()
    near: bool = False


def shown_keys(key: str) -> list[str]:
    """Return the caps of a key as this computer writes them: two for "G then I"."""
    return [key_text(part) for part in key.split(", ")] if key else []


def paint_caps(painter: QPainter, caps: Sequence[str], right: float, middle: float) -> float:
    """Draw key caps that end at `right` and return where they begin."""
    colours = theme()
    painter.setFont(font(11, 500))
    metrics = QFontMetrics(painter.font())
    for words in reversed(caps):
        width = max(20.0, metrics.horizontalAdvance(words) + 12.0)
        box = QRectF(right - width, middle - 9, width, 18)
        painter.setPen(colours.colour("border_default"))
        painter.setBrush(colours.colour("bg_sunken"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(colours.colour("text_secondary"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        right -= width + 6
    return right


class PaletteDelegate(QStyledItemDelegate):
    """Draws headings, and icon, title with its matching letters bold, detail and key of an entry.

    `grouped` says that groups stand as headings; without it an entry's group is written at its right.
    """

    grouped = False

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return a line's height."""
        return QSize(200, theme().px(HEADING_HEIGHT if index.data(HEADING) else LINE_HEIGHT))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a line."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        entry = index.data(Qt.ItemDataRole.UserRole)
        if index.data(HEADING):
            painter.setFont(font(11, 600))
            painter.setPen(theme().colour("text_tertiary"))
            area = option.rect.adjusted(10, 8, -10, 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, str(index.data(HEADING)).upper())
        elif isinstance(entry, Entry):
            self._entry(painter, option, entry, index.data(LETTERS) or ())
        painter.restore()

    def _entry(self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry, letters: Sequence[int]) -> None:
        colours, area = theme(), QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("bg_selected"))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 6, 6)
        middle = area.center().y()
        if entry.icon:
            image = pixmap(entry.icon, colours.hex("text_secondary"), 16, painter.device().devicePixelRatio())
            painter.drawPixmap(QPointF(area.left() + 10, middle - 8), image)
        right = paint_caps(painter, shown_keys(entry.key), area.right() - 10, middle)
        detail = entry.detail or ("" if self.grouped else entry.group)
        left = area.left() + 36
        if detail:
            painter.setFont(font(12))
            painter.setPen(colours.colour("text_tertiary"))
            metrics = QFontMetrics(painter.font())
            shown = metrics.elidedText(detail, Qt.TextElideMode.ElideRight, int((right - left) * 0.45))
            width = metrics.horizontalAdvance(shown)
            place = QRectF(right - width - 2, area.top(), width + 4, area.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
            right -= width + 14
        self._title(painter, entry.title, frozenset(letters), QRectF(left, area.top(), right - left, area.height()))

    def _title(self, painter: QPainter, title: str, letters: frozenset[int], place: QRectF) -> None:
        """Draw a title piece by piece: what matches in bold."""
        plain, bold = font(13, 400 if letters else 500), font(13, 700)
        shown = QFontMetrics(bold if letters else plain).elidedText(
            title, Qt.TextElideMode.ElideRight, int(place.width())
        )
        painter.setPen(theme().colour("text_primary"))
        x, start = place.left(), 0
        while start < len(shown):
            strong = start in letters
            end = start + 1
            while end < len(shown) and (end in letters) == strong:
                end += 1
            painter.setFont(bold if strong else plain)
            piece = shown[start:end]
            painter.drawText(
                QRectF(x, place.top(), place.width(), place.height()), Qt.AlignmentFlag.AlignVCenter, piece
            )
            x += QFontMetrics(painter.font()).horizontalAdvance(piece)
            start = end
