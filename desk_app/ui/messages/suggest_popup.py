"""The list that opens beside the cursor while writing; the text keeps the focus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTextBrowser,
    QWidget,
)

from desk_app.ui.language import tr
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.icons import pixmap
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import label
from desk_app.ui.widgets.layout import boxed, column, hairline, row
from desk_app.ui.widgets.panels import announce

LINE, HEAD, WIDTH, LINES = 34, 26, 320, 8
PREVIEW_WIDTH = 300


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line. `take` puts it into the text; `preview` returns HTML to look at before, where there is something;
    `group` is the heading it stands under."""

    title: str
    take: Callable[[], object]
    detail: str = ""
    icon: str = ""
    group: str = ""
    preview: Callable[[], str] | None = None


class SuggestionLines(QStyledItemDelegate):
    """Draws a heading, or icon, title and detail."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the height of a line or of a heading."""
        return QSize(100, theme().px(LINE if isinstance(index.data(Qt.ItemDataRole.UserRole), Suggestion) else HEAD))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a line or a heading."""
        one, area, colours = index.data(Qt.ItemDataRole.UserRole), QRectF(option.rect), theme()
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not isinstance(one, Suggestion):
            painter.setFont(font(11, 600))
            painter.setPen(colours.colour("text_tertiary"))
            painter.drawText(area.adjusted(10, 4, -8, 0), middle, str(index.data()))
            painter.restore()
            return
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("bg_selected"))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 6, 6)
        left = area.left() + 10
        if one.icon:
            image = pixmap(one.icon, colours.hex("text_secondary"), 16, painter.device().devicePixelRatio())
            painter.drawPixmap(QRectF(left, area.center().y() - 8, 16, 16).toRect(), image)
            left += 26
        painter.setFont(font(12))
        detail = QFontMetrics(painter.font()).elidedText(
            one.detail, Qt.TextElideMode.ElideRight, int(area.width() * 0.45)
        )
        wide = QFontMetrics(painter.font()).horizontalAdvance(detail)
        painter.setPen(colours.colour("text_tertiary"))
        painter.drawText(QRectF(area.right() - wide - 10, area.top(), wide + 2, area.height()), middle, detail)
        room = area.right() - wide - 22 - left
        painter.setFont(font(13, 500))
        painter.setPen(colours.colour("text_primary"))
        title = QFontMetrics(painter.font()).elidedText(one.title, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(left, area.top(), room, area.height()), middle, title)
        painter.restore()


class SuggestPopup(QFrame):
    """Suggestions with a preview beside them. Steered from outside by `step` and `take`; a click takes as well."""

    taken = Signal(object)
    """The Suggestion chosen."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.setObjectName("palette")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._anchor: Callable[[], QRect] = QRect
        host.installEventFilter(self)
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(tr("Suggestions"))
        self.list.setItemDelegate(SuggestionLines(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.itemClicked.connect(lambda _item: self.take())
        self.list.currentRowChanged.connect(lambda _row: self._look())
        self.preview = QTextBrowser()
        self.preview.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.preview.setOpenLinks(False)
        self.preview.setFrameShape(QFrame.Shape.NoFrame)
        self.preview.setAccessibleName(tr("Preview"))
        self._preview_part = boxed(row(hairline(vertical=True), self.preview, spacing=8))
        self._hint = label(tr("↑ ↓ to choose, Enter to insert, Esc to leave"), "tertiary")
        body = row(self.list, self._preview_part, spacing=8)
        body.setStretchFactor(self.list, 1)
        self._column = column(body, hairline(), self._hint, margins=(8, 8, 8, 6), spacing=6)
        self.setLayout(self._column)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the text when the window changes its size."""
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize and self.isVisible():
            QTimer.singleShot(0, self, self._place)
        return False

    def show_suggestions(self, found: Sequence[Suggestion], anchor: Callable[[], QRect]) -> None:
        """Show lines beside a place of the host; nothing hides the list."""
        self._anchor = anchor
        before = self.current
        self.list.blockSignals(True)
        self.list.clear()
        group = ""
        for one in found:
            if one.group and one.group != group:
                heading = QListWidgetItem(one.group)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.list.addItem(heading)
            group = one.group
            item = QListWidgetItem(one.title)
            item.setData(Qt.ItemDataRole.UserRole, one)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{one.title}, {one.detail}" if one.detail else one.title)
            self.list.addItem(item)
        titles = [self.list.item(place).text() for place in range(self.list.count())]
        lines = [n for n in range(self.list.count()) if self.list.item(n).data(Qt.ItemDataRole.UserRole) is not None]
        same = [n for n in lines if before is not None and titles[n] == before.title]
        self.list.setCurrentRow((same or lines or [-1])[0])
        self.list.blockSignals(False)
        self._preview_part.setVisible(any(one.preview is not None for one in found))
        if not found:
            self.hide()
            return
        self._place()
        if not self.isVisible():
            self.show()
            announce(self, tr("%n suggestion(s)", len(found)))
        self.raise_()
        self._look()

    def _place(self) -> None:
        host = self.parentWidget()
        if host is None:
            return
        anchor = self._anchor()
        heights = sum(
            theme().px(LINE if self.list.item(n).data(Qt.ItemDataRole.UserRole) is not None else HEAD)
            for n in range(self.list.count())
        )
        with_preview = not self._preview_part.isHidden()
        least = theme().px(LINE) * (6 if with_preview else 1)
        height = max(least, min(heights, theme().px(LINE) * LINES)) + theme().px(48)
        width = theme().px(WIDTH + (PREVIEW_WIDTH if with_preview else 0))
        edges = self.contentsMargins() + self._column.contentsMargins()
        words = self._hint.minimumSizeHint().width() + edges.left() + edges.right()
        width = min(max(width, words), host.width() - 16)
        self.preview.setFixedWidth(max(140, min(theme().px(PREVIEW_WIDTH - 20), width // 2)))
        x = max(8, min(anchor.left(), host.width() - width - 8))
        below = anchor.bottom() + 6
        y = below if below + height <= host.height() - 8 else max(8, anchor.top() - height - 6)
        self.setGeometry(x, y, width, height)

    @property
    def current(self) -> Suggestion | None:
        """The line under the cursor."""
        item = self.list.currentItem() if self.list.currentRow() >= 0 else None
        found = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return found if isinstance(found, Suggestion) else None

    def step(self, by: int) -> None:
        """Move the cursor over the headings."""
        lines = [n for n in range(self.list.count()) if self.list.item(n).data(Qt.ItemDataRole.UserRole) is not None]
        if not lines:
            return
        here = lines.index(self.list.currentRow()) if self.list.currentRow() in lines else 0
        place = max(0, min(len(lines) - 1, here + by)) if abs(by) > 1 else (here + by) % len(lines)
        self.list.setCurrentRow(lines[place])
        if place == 0:
            self.list.scrollToTop()

    def take(self) -> None:
        """Choose the line under the cursor."""
        one = self.current
        if one is not None:
            self.hide()
            self.taken.emit(one)

    def _look(self) -> None:
        one = self.current
        if one is None or one.preview is None or self._preview_part.isHidden():
            self.preview.clear()
            return
        self.preview.document().setDefaultFont(font(13))
        self.preview.setHtml(one.preview())


def anchor_in(host: QWidget, edit: QWidget, place: QRect) -> QRect:
    """Return a place of an editor's viewport in the coordinates of the host."""
    return QRect(edit.mapTo(host, QPoint(place.left(), place.top())), place.size())
