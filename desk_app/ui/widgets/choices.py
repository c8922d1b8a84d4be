"""Controls to choose with: a list that drops down, a switch, a few words side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRectF, QSignalBlocker, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
)

from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import button

_MOTION_MS = 130
_LEAST = 120
"""The least width of a list that drops down, in px."""
_ICON_GAP = 4
"""Between the icon and the words of a list that drops down, in px: Qt's own."""


class Choice(QComboBox):
    """A list that drops down with rounded corners (ui.md 7.13); wheel turns above it scroll the page instead."""

    def __init__(self, entries: Sequence[tuple[str, object]] = (), name: str = "") -> None:
        super().__init__()
        self._rounded = False
        for words, value in entries:
            self.addItem(words, value)
        if name:
            self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def event(self, event: QEvent) -> bool:
        """Take letters before the window does: they choose the entry that begins with them, and change no ticket."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            plain = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
            if plain and event.text().isprintable() and event.text().strip():
                event.accept()
                return True
        return super().event(event)

    def choose(self, value: object) -> None:
        """Select the entry with a value without telling anybody; an unknown value selects the first."""
        blocked = self.blockSignals(True)
        self.setCurrentIndex(max(0, self.findData(value)))
        self.blockSignals(blocked)

    def minimumSizeHint(self) -> QSize:
        """Give way where there is little room: the words end by an ellipsis then."""
        least = super().minimumSizeHint()
        return QSize(min(least.width(), theme().px(_LEAST)), least.height())

    def showPopup(self) -> None:
        """Open the list; its window is made see-through at its corners once."""
        container = self.view().parentWidget()
        if not self._rounded and container is not None:
            container.setWindowFlags(
                container.windowFlags() | Qt.WindowType.FramelessWindowHint | Qt.WindowType.NoDropShadowWindowHint
            )
            container.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
            self._rounded = True
        super().showPopup()

    def paintEvent(self, _event: object) -> None:
        """Draw the box, its words ended by an ellipsis where they do not fit: Qt would cut through a letter."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        room = field.width() - (self.iconSize().width() + _ICON_GAP if not option.currentIcon.isNull() else 0)
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def wheelEvent(self, event: object) -> None:
        """Leave the wheel to the page while the list is closed."""
        event.ignore()  # type: ignore[attr-defined]


class Switch(QAbstractButton):
    """On or off at once, as in `mockups/settings-rules-light.png`."""

    def __init__(self, name: str, *, on: bool = False) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setChecked(on)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._place = 1.0 if on else 0.0
        self._motion = QVariantAnimation(self)
        self._motion.setDuration(_MOTION_MS)
        self._motion.valueChanged.connect(self._moved)
        self.toggled.connect(self._slide)

    def sizeHint(self) -> QSize:
        """Return the size of the switch with room for its focus ring."""
        return QSize(theme().px(40), theme().px(26))

    def show_state(self, *, on: bool) -> None:
        """Show a state without telling anybody and without sliding."""
        blocked = self.blockSignals(True)
        self.setChecked(on)
        self.blockSignals(blocked)
        self._moved(1.0 if on else 0.0)

    def _slide(self, on: bool) -> None:
        self._motion.stop()
        end = 1.0 if on else 0.0
        if theme().reduce_motion or not self.isVisible():
            self._moved(end)
            return
        self._motion.setStartValue(self._place)
        self._motion.setEndValue(end)
        self._motion.start()

    def _moved(self, place: object) -> None:
        self._place = float(place)  # type: ignore[arg-type]
        self.update()

    def paintEvent(self, _event: object) -> None:
        """Draw track, knob and, for those who see no colours, a bar or a ring in the knob."""
        painter, colours = QPainter(self), theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = colours.px(18)
        track = QRectF(4, (self.height() - height) / 2, self.width() - 8, height)
        if self.hasFocus():
            painter.setPen(QPen(colours.colour("focus"), 2))
            painter.drawRoundedRect(track.adjusted(-3, -3, 3, 3), height / 2 + 3, height / 2 + 3)
        on = self.isChecked()
        painter.setPen(QPen(colours.colour("accent" if on else "border_strong"), 1))
        painter.setBrush(colours.colour("accent" if on else "bg_hover"))
        painter.drawRoundedRect(track, height / 2, height / 2)
        side = height - 6
        left = track.left() + 3 + self._place * (track.width() - side - 6)
        knob = QRectF(left, track.top() + 3, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour("on_accent" if on else "text_tertiary"))
        painter.drawEllipse(knob)


class Segments(QFrame):
    """Two to five words side by side, one of them chosen."""

    chosen = Signal(object)

    def __init__(self, name: str, entries: Sequence[tuple[str, object]]) -> None:
        super().__init__()
        self.setObjectName("segments")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._values = [value for _, value in entries]
        box = QHBoxLayout(self)
        box.setContentsMargins(2, 2, 2, 2)
        box.setSpacing(2)
        self.buttons: list[QPushButton] = []
        for place, (words, _value) in enumerate(entries):
            made = button(words, variant="segment")
            made.setCheckable(True)
            made.toggled.connect(
                self._toggled(place)
            )  # pressed, reached by an arrow key, or toggled by a screen reader
            made.setAccessibleName(f"{name}: {words}")
            self._group.addButton(made, place)
            self.buttons.append(made)
            box.addWidget(made)
        self.setFocusProxy(self.buttons[0])

    def _toggled(self, place: int) -> Callable[[bool], None]:
        return lambda on: self.chosen.emit(self._values[place]) if on else None

    @property
    def value(self) -> object:
        """What is chosen."""
        place = self._group.checkedId()
        return self._values[place] if place >= 0 else None

    def choose(self, value: object) -> None:
        """Mark a value as chosen without telling anybody."""
        if value in self._values:
            made = self.buttons[self._values.index(value)]
            with QSignalBlocker(made):
                made.setChecked(True)
