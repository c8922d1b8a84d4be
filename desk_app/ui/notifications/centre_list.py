"""The list of the notification centre: its lines, how they are drawn, and what can be done on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from desk_app.ui.language import tr
from desk_app.ui.notifications.groups import Group, Line
from desk_app.ui.notifications.phrases import LOOKS, day_name, headline, title
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.icons import pixmap
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.phrases import short_time, utc_now
from desk_app.ui.widgets.basics import Menu

DAY_HEIGHT, GROUP_HEIGHT, SIDE = 34, 78, 26
_GROUP = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex
_EARLIER = 2
"""Earlier notifications of a group that its last line names."""


def actions(group: Group) -> list[tuple[str, str, str, str]]:
    """Return what can be done on a group: id, icon, words, key."""
    ticket = group.ticket_id is not None
    read = (
        ("read", "mail-open", tr("Mark as read"), "U")
        if group.unread
        else ("unread", "mail", tr("Mark as unread"), "U")
    )
    return [
        *([("open", "external-link", tr("Open the ticket"), "Return")] if ticket else []),
        *(
            [("mine", "user-plus", tr("Assign to me"), "I"), ("snooze", "alarm-clock", tr("Snooze…"), "H")]
            if ticket
            else []
        ),
        read,
    ]


class CentreModel(QAbstractListModel):
    """Days and groups."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Line] = []
        self._now: Callable[[], datetime] = utc_now

    def show(self, found: Sequence[Line]) -> None:
        """Show other lines."""
        if [type(one) for one in found] == [type(one) for one in self._lines]:
            self._lines = list(found)
            if found:
                self.dataChanged.emit(self.index(0, 0), self.index(len(found) - 1, 0))
            return
        self.beginResetModel()
        self._lines = list(found)
        self.endResetModel()

    def group(self, index: _Index) -> Group | None:
        """Return the group of a line, None for a day."""
        found = self._lines[index.row()] if index.isValid() and index.row() < len(self._lines) else None
        return found if isinstance(found, Group) else None

    def row_of(self, newest_id: int) -> int:
        """Return the line of the group that holds a notification, -1 for none."""
        return next((i for i, one in enumerate(self._lines) if isinstance(one, Group) and newest_id in one.ids), -1)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's signature
        """Return how many lines there are."""
        return 0 if parent.isValid() else len(self._lines)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Let days be no place to stand on."""
        return super().flags(index) if self.group(index) is not None else Qt.ItemFlag.NoItemFlags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a line, or what a screen reader says of it."""
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        found = self._lines[index.row()]
        if role == _GROUP:
            return found
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return spoken(found, self._now()) if isinstance(found, Group) else day_name_of(found, self._now())
        return None


def day_name_of(day: date, now: datetime) -> str:
    """Return the heading of a day."""
    return day_name(datetime(day.year, day.month, day.day, 12).astimezone(), now.astimezone().date())


def spoken(group: Group, now: datetime) -> str:
    """Return the sentence a screen reader says of a group."""
    newest = group.newest
    parts = [
        tr("Unread") if group.unread else "",
        headline(newest),
        title(newest),
        newest.snippet[:120],
        tr("%n more", len(group.rows) - 1) if len(group.rows) > 1 else "",
        short_time(newest.notice.at, now),
    ]
    return ". ".join(part for part in parts if part)


class CentreDelegate(QStyledItemDelegate):
    """Draws a day or a group; nothing here may look anything up."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return a line's height."""
        return QSize(200, theme().px(GROUP_HEIGHT if isinstance(index.data(_GROUP), Group) else DAY_HEIGHT))

    def places(self, area: QRect, group: Group) -> list[tuple[str, str, str, QRect]]:
        """Return where the actions of a group are: id, icon, words, place."""
        side = theme().px(SIDE)
        found = actions(group)
        left = area.right() - 10 - side * len(found)
        top = area.top() + 6
        return [
            (key, glyph, words, QRect(left + i * side, top, side, side))
            for i, (key, glyph, words, _) in enumerate(found)
        ]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw a line."""
        line = index.data(_GROUP)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(line, Group):
            self._group(painter, option, line)
        elif isinstance(line, date):
            painter.setFont(font(11, 600))
            painter.setPen(theme().colour("text_tertiary"))
            words = day_name_of(line, utc_now())
            painter.drawText(option.rect.adjusted(14, 8, -14, 0), Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()

    def _group(self, painter: QPainter, option: QStyleOptionViewItem, group: Group) -> None:
        colours, newest = theme(), group.newest
        area = QRectF(option.rect).adjusted(6, 1, -6, -1)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if chosen or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("bg_selected" if chosen else "bg_hover"))
            painter.drawRoundedRect(area, 8, 8)
        if chosen and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(colours.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 8, 8)
        glyph, tone = LOOKS[newest.notice.kind]
        tile = QRectF(area.left() + 8, area.top() + 10, 30, 30)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour("accent_subtle" if tone == "accent_text" else f"{tone}_subtle"))
        painter.drawEllipse(tile)
        image = pixmap(glyph, colours.hex(tone), 16, painter.device().devicePixelRatio())
        painter.drawPixmap(tile.topLeft() + QPoint(7, 7), image)
        left, right = int(tile.right()) + 10, int(area.right()) - 10
        line_height = colours.px(20)
        top = int(area.top()) + 8
        end = self._right_end(painter, option, group, QRect(left, top, right - left, line_height), chosen or hovered)
        self._text(
            painter,
            headline(newest),
            QRect(left, top, end - left - 8, line_height),
            "text_primary",
            600 if group.unread else 500,
        )
        second = title(newest)
        self._text(
            painter,
            second,
            QRect(left, top + line_height, right - left, line_height),
            "text_secondary",
            500 if group.unread else 400,
        )
        third = self._third(group)
        self._text(
            painter, third, QRect(left, top + 2 * line_height, right - left, line_height), "text_tertiary", 400, 12
        )

    def _right_end(self, painter: QPainter, option: QStyleOptionViewItem, group: Group, line: QRect, busy: bool) -> int:
        """Draw the actions of a line that is pointed at, else time and dot; return where the text must end."""
        colours = theme()
        if busy:
            places = self.places(option.rect, group)
            for _key, glyph, _words, place in places:
                image = pixmap(glyph, colours.hex("text_secondary"), 15, painter.device().devicePixelRatio())
                painter.drawPixmap(place.center().x() - 7, place.center().y() - 7, image)
            return places[0][3].left()
        painter.setFont(font(11, 500, tabular=True))
        words = short_time(group.newest.notice.at, utc_now())
        width = QFontMetrics(painter.font()).horizontalAdvance(words)
        painter.setPen(colours.colour("accent_text" if group.unread else "text_tertiary"))
        painter.drawText(
            QRect(line.right() - width, line.top(), width + 2, line.height()), Qt.AlignmentFlag.AlignVCenter, words
        )
        if not group.unread:
            return line.right() - width
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour("accent"))
        painter.drawEllipse(QRectF(line.right() - width - 13, line.center().y() - 3, 7, 7))
        return line.right() - width - 13

    def _third(self, group: Group) -> str:
        if len(group.rows) == 1:
            return " ".join(group.newest.snippet.split())
        earlier = [headline(row) for row in group.rows[1 : 1 + _EARLIER]]
        rest = len(group.rows) - 1 - len(earlier)
        return " · ".join([*earlier, *([tr("%n more", rest)] if rest else [])])

    def _text(self, painter: QPainter, words: str, place: QRect, token: str, weight: int, size: int = 13) -> None:
        painter.setFont(font(size, weight))
        painter.setPen(theme().colour(token))
        shown = QFontMetrics(painter.font()).elidedText(words, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)


class CentreList(QListView):
    """The list itself: pointer, keys and the menu of a line all do the same."""

    acted = Signal(str, object)
    """Action ("open", "mine", "snooze", "read", "unread") and the Group."""

    def __init__(self, model: CentreModel) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setItemDelegate(CentreDelegate(self))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.setAccessibleName(tr("Notifications"))

    def current_group(self) -> Group | None:
        """Return the group the keys work on."""
        return self._model.group(self.currentIndex())

    def choose_first(self) -> None:
        """Stand on the first group."""
        for row in range(self._model.rowCount()):
            if self._model.group(self._model.index(row, 0)) is not None:
                self.setCurrentIndex(self._model.index(row, 0))
                return

    def _hit(self, point: QPoint) -> tuple[Group, str, str, QRect] | None:
        index = self.indexAt(point)
        group = self._model.group(index)
        if group is None:
            return None
        delegate = self.itemDelegate()
        assert isinstance(delegate, CentreDelegate)  # noqa: S101 -- set above
        for key, _glyph, words, place in delegate.places(self.visualRect(index), group):
            if place.contains(point):
                return group, key, words, place
        return group, "", "", QRect()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Do what was pressed: an action, or open the ticket."""
        super().mouseReleaseEvent(event)
        hit = self._hit(event.position().toPoint()) if event.button() == Qt.MouseButton.LeftButton else None
        if hit is not None:
            self.acted.emit(hit[1] or "open", hit[0])

    def viewportEvent(self, event: QEvent) -> bool:
        """Name the action below the pointer."""
        if event.type() == QEvent.Type.ToolTip:
            hit = self._hit(event.pos())  # type: ignore[attr-defined]
            QToolTip.showText(event.globalPos(), hit[2] if hit else "", self, hit[3] if hit else QRect())  # type: ignore[attr-defined]
            return True
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the actions of a line."""
        group = self.current_group()
        if group is not None:
            self.menu(group).popup(event.globalPos())

    def menu(self, group: Group) -> Menu:
        """Return the menu of a group."""
        menu = Menu(self)
        for key, glyph, words, shown in actions(group):
            menu.add(words, lambda one=key: self.acted.emit(one, group), icon_name=glyph, key=shown)  # type: ignore[misc]
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def event(self, event: QEvent) -> bool:
        """Keep single keys from working on the ticket behind the list."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier}
            if plain and event.key() != Qt.Key.Key_Escape and event.key() < Qt.Key.Key_F1:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, I assigns, H snoozes, U marks; J and K walk."""
        group = self.current_group()
        wanted = {
            Qt.Key.Key_Return: "open",
            Qt.Key.Key_Enter: "open",
            Qt.Key.Key_O: "open",
            Qt.Key.Key_I: "mine",
            Qt.Key.Key_H: "snooze",
            Qt.Key.Key_U: "read" if group is not None and group.unread else "unread",
        }.get(Qt.Key(event.key()))
        step = {Qt.Key.Key_J: Qt.Key.Key_Down, Qt.Key.Key_K: Qt.Key.Key_Up}.get(Qt.Key(event.key()))
        if step is not None:
            super().keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, step, Qt.KeyboardModifier.NoModifier))
        elif wanted is None:
            super().keyPressEvent(event)
        elif group is not None and any(one[0] == wanted for one in actions(group)):
            self.acted.emit(wanted, group)


def drawer_shadow(painter: QPainter, box: QWidget) -> None:
    """Lift a drawer off what is behind it."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for spread in range(9):
        shade = theme().colour("shadow")
        shade.setAlphaF(0.02)
        painter.setBrush(shade)
        painter.drawRoundedRect(box.geometry().adjusted(-spread, -spread + 4, spread, spread + 6), 14, 14)
