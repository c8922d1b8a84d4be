"""Widgets drawn by hand: exact look, fewer fights with style sheets (ui.md 7.5)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QSizePolicy, QWidget

from desk_app.ui.language import grouped, tr
from desk_app.ui.theme import tokens
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.icons import pixmap
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.keys import SHOWN_KEYS


def hue(name: str) -> str:
    """Return the colour token that always belongs to a name."""
    return tokens.AVATAR_HUES[sum(map(ord, name.lower())) % len(tokens.AVATAR_HUES)]


def initials(name: str) -> str:
    """Return one or two letters for an avatar."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[:1].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def paint_avatar(painter: QPainter, rect: QRectF, name: str) -> None:
    """Draw a person's circle."""
    token = hue(name)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour(f"{token}_subtle"))
    painter.drawEllipse(rect)
    painter.setPen(theme().colour("accent_text" if token == "accent" else token))  # noqa: S105 -- a colour token
    painter.setFont(font(max(9, round(rect.height() * 0.36)) / theme().factor, 600))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, initials(name))


def paint_ring(view: QAbstractItemView) -> None:
    """Draw a ring around a list that has the keyboard while none of its rows has it; called from its paint event."""
    if view.hasFocus() and not view.currentIndex().isValid():
        painter = QPainter(view.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("focus"), 2))
        painter.drawRoundedRect(QRectF(view.viewport().rect()).adjusted(1, 1, -1, -1), 6, 6)


Index = QModelIndex | QPersistentModelIndex


def follow_ring(view: QAbstractItemView, current: Index, previous: Index) -> None:
    """Draw a list anew where the keyboard comes to the first of its rows, or leaves the last: Qt draws that row only,
    and a part of the ring would stay."""
    if current.isValid() != previous.isValid():
        view.viewport().update()


class Avatar(QWidget):
    """A person's circle."""

    def __init__(self, name: str, size: int = 32) -> None:
        super().__init__()
        self._name = name
        self.setFixedSize(size, size)
        self.setAccessibleName(name)

    def set_name(self, name: str) -> None:
        """Show somebody else."""
        self._name = name
        self.setAccessibleName(name)
        self.update()

    def paintEvent(self, _event: object) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_avatar(painter, QRectF(self.rect()), self._name)


_WORDS_LEFT, _WORDS_RIGHT = 35, 10
"""Where the words of a sidebar's line begin and end, in px from its edges."""


class NavItem(QAbstractButton):
    """One line of a sidebar: icon or colour dot, text, count. `alarm` paints the count red.

    It is pressed, not ticked: Qt's own check mark would be spoken as a check box, whose "toggle" opens nothing. One
    that `wraps` goes on in a second line where its words need it.
    """

    def __init__(
        self, text: str, icon_name: str = "", *, dot: str = "", count: int | None = None, wraps: bool = False
    ) -> None:
        super().__init__()
        self._wraps = wraps
        self._icon, self._tone, self._dot = icon_name, "", dot
        self._count = count
        self._most = 0
        self._alarm = False
        self._shown = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(wraps)
        self.setSizePolicy(policy)
        self.setText(text)
        self._speak()

    def hasHeightForWidth(self) -> bool:
        """Say whether the height follows from the width."""
        return self._wraps

    def heightForWidth(self, width: int) -> int:
        """Return the height of the words in a width."""
        room = QRect(0, 0, width - _WORDS_LEFT - _WORDS_RIGHT, theme().px(100))
        words = QFontMetrics(font(13, 600)).boundingRect(room, Qt.TextFlag.TextWordWrap, self.text())
        return max(self.sizeHint().height(), words.height() + theme().px(12))

    def set_count(self, count: int | None, *, alarm: bool = False, most: int = 0) -> None:
        """Show another number; 0 and None show nothing. Where counting ended at `most`, it is "999+"."""
        if (count, alarm, most) != (self._count, self._alarm, self._most):
            self._count, self._alarm, self._most = count, alarm, most
            self._speak()
            self.update()

    def set_text(self, text: str, icon_name: str) -> None:
        """Show other words and another icon."""
        self.setText(text)
        self._icon = icon_name
        self._speak()
        self.update()

    @property
    def _number(self) -> str:
        if not self._count:
            return ""
        return f"{grouped(self._most - 1)}+" if 0 < self._most <= self._count else grouped(self._count)

    def set_icon(self, icon_name: str, tone: str = "") -> None:
        """Show another icon, in the colour of a tone where one is given."""
        self._icon, self._tone = icon_name, tone
        self.update()

    @property
    def count(self) -> int | None:
        """The number shown."""
        return self._count

    def setChecked(self, shown: bool) -> None:
        """Mark the line as the one that is shown now."""
        if shown != self._shown:
            self._shown = shown
            self.setAccessibleDescription(tr("Shown now") if shown else "")
            self.update()

    def isChecked(self) -> bool:
        """Return whether the line is the one that is shown now."""
        return self._shown

    def _speak(self) -> None:
        self.setAccessibleName(f"{self.text()}, {self._number}" if self._count else self.text())

    def sizeHint(self) -> QSize:
        """Return a line's size."""
        return QSize(150, theme().px(30))

    def paintEvent(self, _event: object) -> None:
        """Draw the line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme()
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        height = self.height()
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("bg_pressed" if self.isChecked() else "bg_hover"))
            painter.drawRoundedRect(area, 6, 6)
        if self.hasFocus():
            painter.setPen(QPen(colours.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        if self._dot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour(self._dot))
            painter.drawEllipse(QRectF(13, height / 2 - 4, 8, 8))
        elif self._icon:
            tone = colours.hex(self._tone or ("accent_text" if self.isChecked() else "text_tertiary"))
            painter.drawPixmap(9, (height - 16) // 2, pixmap(self._icon, tone, 16, self.devicePixelRatioF()))
        number = self._number
        counting = font(11, 600 if self._alarm else 500, tabular=True)
        number_width = QFontMetrics(counting).horizontalAdvance(number)
        painter.setFont(font(13, 600 if self.isChecked() else 500))
        painter.setPen(colours.colour("text_primary" if self.isChecked() else "text_secondary"))
        room = self.width() - _WORDS_LEFT - _WORDS_RIGHT - (number_width + 8 if number else 0)
        place = QRectF(_WORDS_LEFT, 0, room, height)
        if self._wraps:
            painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap), self.text())
        else:
            shown = QFontMetrics(painter.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
        if number:
            painter.setFont(counting)
            painter.setPen(colours.colour("danger" if self._alarm else "text_tertiary"))
            right = QRectF(0, 0, self.width() - _WORDS_RIGHT, height)
            painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, number)


class SearchButton(QAbstractButton):
    """Looks like a search box with its key; opens the command palette. `short` is shown where `text` has no room."""

    def __init__(self, text: str, key: str, *, short: str = "") -> None:
        super().__init__()
        self._short = short
        self.setText(text)
        self._key = key
        self.setAccessibleName(text)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the box's size."""
        return QSize(150, theme().px(32))

    def paintEvent(self, _event: object) -> None:
        """Draw the box."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme()
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(
            QPen(colours.colour("focus" if self.hasFocus() else "border_default"), 2 if self.hasFocus() else 1)
        )
        painter.setBrush(colours.colour("bg_hover" if self.underMouse() else "bg_surface"))
        painter.drawRoundedRect(area, 6, 6)
        middle = (self.height() - 16) // 2
        painter.drawPixmap(10, middle, pixmap("search", colours.hex("text_tertiary"), 16, self.devicePixelRatioF()))
        painter.setFont(font(11, 500))
        shown_key = SHOWN_KEYS.text(self._key).replace("+", " ")
        key_width = QFontMetrics(painter.font()).horizontalAdvance(shown_key) + 12
        key_box = QRectF(self.width() - key_width - 6.5, (self.height() - 18) / 2, key_width, 18)
        painter.setPen(colours.colour("border_default"))
        painter.setBrush(colours.colour("bg_sunken"))
        painter.drawRoundedRect(key_box, 4, 4)
        painter.setPen(colours.colour("text_tertiary"))
        painter.drawText(key_box, Qt.AlignmentFlag.AlignCenter, shown_key)
        painter.setFont(font(13))
        room = int(key_box.left()) - 34 - 6
        metrics = QFontMetrics(painter.font())
        words = self._short if self._short and metrics.horizontalAdvance(self.text()) > room else self.text()
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(34, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, shown)


class Steps(QWidget):
    """The way through a wizard: numbered circles, a line, words."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self._names = names
        self._current = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._speak()

    def set_current(self, index: int) -> None:
        """Mark a step as the present one, all before it as done."""
        self._current = index
        self._speak()
        self.update()

    def _speak(self) -> None:
        self.setAccessibleName(f"{self._current + 1} / {len(self._names)}: {self._names[self._current]}")

    def sizeHint(self) -> QSize:
        """Return the size of all steps."""
        return QSize(120 * len(self._names), theme().px(44))

    def paintEvent(self, _event: object) -> None:
        """Draw the steps."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme()
        step = self.width() / len(self._names)
        for index, name in enumerate(self._names):
            centre = QPointF(step * (index + 0.5), 12)
            if index:
                painter.setPen(QPen(colours.colour("accent" if index <= self._current else "border_default"), 2))
                painter.drawLine(QPointF(centre.x() - step + 16, 12), QPointF(centre.x() - 16, 12))
            done, here = index < self._current, index == self._current
            painter.setPen(QPen(colours.colour("accent" if done or here else "border_strong"), 2))
            painter.setBrush(colours.colour("accent" if done else "accent_subtle" if here else "bg_surface"))
            painter.drawEllipse(centre, 10.5, 10.5)
            if done:
                tick = pixmap("check", colours.hex("on_accent"), 14, self.devicePixelRatioF(), 2.5)
                painter.drawPixmap(QPointF(centre.x() - 7, 5), tick)
            else:
                painter.setPen(colours.colour("accent_text" if here else "text_tertiary"))
                painter.setFont(font(11, 600))
                painter.drawText(QRectF(centre.x() - 12, 0, 24, 24), Qt.AlignmentFlag.AlignCenter, str(index + 1))
            painter.setPen(colours.colour("text_primary" if here else "text_secondary"))
            painter.setFont(font(11, 600 if here else 500))
            painter.drawText(QRectF(step * index, 26, step, 18), Qt.AlignmentFlag.AlignCenter, name)


class Spinner(QWidget):
    """A turning arc for something under way; stands still when motion is reduced."""

    def __init__(self, size: int = 18, name: str = "") -> None:
        super().__init__()
        self.setFixedSize(size, size)
        self.setAccessibleName(name)
        self._angle = 0
        self._timer = QTimer(self)
        self._timer.setInterval(100)
        self._timer.timeout.connect(self._turn)

    def event(self, event: QEvent) -> bool:
        """Turn only while visible."""
        if event.type() == QEvent.Type.Show and not theme().reduce_motion:
            self._timer.start()
        elif event.type() == QEvent.Type.Hide:
            self._timer.stop()
        return super().event(event)

    def _turn(self) -> None:
        self._angle = (self._angle + 40) % 360
        self.update()

    def paintEvent(self, _event: object) -> None:
        """Draw the arc."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("accent"), 2))
        area = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.drawArc(area, -self._angle * 16, 270 * 16)


class Dot(QWidget):
    """A mailbox's colour."""

    def __init__(self, token: str, name: str = "") -> None:
        super().__init__()
        self._token = token
        self.setAccessibleName(name)
        self.setFixedSize(10, 10)

    def paintEvent(self, _event: object) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour(self._token))
        painter.drawEllipse(QRectF(1, 1, 8, 8))
