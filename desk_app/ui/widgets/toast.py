"""Messages that go away by themselves, above the list and never over the composer (ui.md 4.6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEasingCurve, QRect, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QSizePolicy, QWidget

from desk_app.ui.language import tr
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import button, icon_button, label
from desk_app.ui.widgets.foot import Foot
from desk_app.ui.widgets.layout import boxed, row
from desk_app.ui.widgets.panels import Choice, announce

MOST = 3
"""Messages on screen at once; the oldest one goes when there is one more."""
WIDEST, MARGIN, GAP = 460, 8, 8
INSIDE = 7
"""What a button of a message has before its words, in px: the style sheet's border and padding."""
LEAST_TEXT = 160
"""Words get so many px beside the buttons; where there are fewer, the buttons go below the words."""
ORDER = 2
"""Messages stand above the jobs where both are in one pane."""
MOST_LINES = 3
"""A message that is longer in one pane stands in a wider one, where there is one."""
SLIDE_MS, SLIDE_PX = 140, 12


class ToastCard(QFrame):
    """One message. It waits while the pointer is on it or one of its buttons has the focus, except where the text
    counts down to something that does not wait."""

    gone = Signal(object)

    def __init__(self, text: str | Callable[[int], str], seconds: int, choices: Sequence[Choice], icon: str) -> None:
        super().__init__()
        self.setObjectName("toast")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self._counts = callable(text)
        self._text: Callable[[int], str] = text if callable(text) else (lambda _left: text)
        self._left = seconds
        self._ends = time.monotonic() + seconds
        self.label: QLabel = label(self._text(seconds), wrap=True)
        self.label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.choices: list[QPushButton] = [self._choice(words, on_click) for words, on_click in choices]
        close = icon_button("x", tr("Close this message"), self.leave, size=14, token="on_toast", side=26)  # noqa: S106 -- a colour token
        self.lines = 1
        """How many lines the words take since they were last fitted."""
        self._glyph, self._close = Glyph(icon, "on_toast", 16), close
        self._line = row(*self.choices, spacing=4)
        self._buttons = boxed(self._line)
        if not choices:
            self._buttons.hide()
        self._grid = QGridLayout()
        self._grid.setContentsMargins(12, 8, 8, 8)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        for place, part in ((0, self._glyph), (1, self.label), (3, close)):
            self._grid.addWidget(part, 0, place, Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(self._buttons, 0, 2)
        self.setLayout(self._grid)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    @property
    def has_choices(self) -> bool:
        """Whether there is something to press."""
        return bool(self.choices)

    @property
    def is_stacked(self) -> bool:
        """Whether the buttons stand below the words."""
        return bool(self.choices) and self._grid.getItemPosition(self._grid.indexOf(self._buttons))[0] > 0  # type: ignore[index]

    def fit(self, widest: int) -> None:
        """Take the width that the words need, at most `widest` px; buttons that leave them no room go below them."""
        margins, gap = self._grid.contentsMargins(), self._grid.horizontalSpacing()
        frame = margins.left() + margins.right() + self._glyph.width() + self._close.sizeHint().width() + 2 * gap
        beside = self._buttons.sizeHint().width() + gap if self.choices else 0
        wanted = self.label.fontMetrics().horizontalAdvance(self.label.text()) + 4
        stacked = bool(self.choices) and widest - frame - beside < min(wanted, LEAST_TEXT)
        if stacked != self.is_stacked:
            self._grid.removeWidget(self._buttons)
            if stacked:  # the words of the buttons stand below those of the message
                self._line.setContentsMargins(self._glyph.width() + gap - INSIDE, 0, 0, 0)
                self._grid.addWidget(self._buttons, 1, 0, 1, 4, Qt.AlignmentFlag.AlignLeft)
            else:
                self._line.setContentsMargins(0, 0, 0, 0)
                self._grid.addWidget(self._buttons, 0, 2)
        width = max(1, min(wanted, widest - frame - (gap if stacked else beside)))
        self.label.setMinimumSize(0, 0)  # what an earlier width needed counts no more
        self.lines = -(-self.label.heightForWidth(width) // self.label.fontMetrics().lineSpacing())
        self.label.setFixedWidth(width)
        self.label.setMinimumHeight(self.label.heightForWidth(width))
        self.adjustSize()

    def leave(self) -> None:
        """Go away."""
        self._timer.stop()
        self.gone.emit(self)

    def _choice(self, words: str, on_click: Callable[[], object]) -> QPushButton:
        def chosen() -> None:
            self.leave()
            on_click()

        return button(words, chosen, variant="toast")

    def _tick(self) -> None:
        if self._counts:
            self._left = round(self._ends - time.monotonic())
        elif not self._held:
            self._left -= 1
        if self._left <= 0:
            self.leave()
        else:
            self.label.setText(self._text(self._left))

    @property
    def _held(self) -> bool:
        return self.underMouse() or any(one.hasFocus() for one in self.choices)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go away with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)


class Toast(QWidget):
    """The place where messages stand above each other, the newest one lowest.

    They stand at the foot of the first visible one of `panes`, whose content ends above them meanwhile; where none is
    visible, in the lower left corner. `avoid` returns what they must not cover, in the host's coordinates, and `home`
    what the focus goes back to.
    """

    def __init__(self, host: QWidget, panes: Callable[[], Sequence[QWidget]] = tuple) -> None:
        super().__init__(host)
        self._host = host
        self._cards: list[ToastCard] = []
        self._keys: dict[ToastCard, str] = {}
        self._foot = Foot(host, panes, ORDER)
        self._foot.moved.connect(self.place)
        self.avoid: Callable[[], QRect] = QRect
        self.home: Callable[[], QWidget | None] = lambda: None
        self._slide = QVariantAnimation(self)
        self._slide.setDuration(SLIDE_MS)
        self._slide.setStartValue(SLIDE_PX)
        self._slide.setEndValue(0)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._slide.valueChanged.connect(lambda _value: self.place())
        self.hide()

    @property
    def cards(self) -> Sequence[ToastCard]:
        """What is shown, oldest first."""
        return tuple(self._cards)

    @property
    def text(self) -> str:
        """The newest message, "" for none."""
        return self._cards[-1].label.text() if self._cards else ""

    def show_text(
        self,
        text: str | Callable[[int], str],
        *,
        seconds: int = 6,
        choices: Sequence[Choice] = (),
        icon_name: str = "info",
        key: str = "",
    ) -> None:
        """Show a message; a callable gets the seconds left and is asked again every second.

        A message takes the place of the one with the same `key`; one without choices takes the place of others without
        choices.
        """
        card = ToastCard(text, seconds, choices, icon_name)
        old = [one for one in self._cards if (key and self._keys[one] == key) or not (one.has_choices or choices)]
        for one in old:
            self._drop(one)
        while len(self._cards) >= MOST:
            self._drop(self._cards[0])
        card.setParent(self)
        card.gone.connect(self._drop)
        self._cards.append(card)
        self._keys[card] = key
        card.show()
        self.show()
        self.raise_()
        if theme().reduce_motion:
            self.place()
        else:
            self._slide.start()
        QTimer.singleShot(0, self, self.place)
        announce(self, card.label.text())

    def take_away(self, key: str) -> None:
        """Take the message with this key away."""
        for card in [one for one in self._cards if self._keys[one] == key]:
            self._drop(card)

    def clear(self) -> None:
        """Take every message away."""
        for card in tuple(self._cards):
            self._drop(card)

    def _drop(self, card: ToastCard) -> None:
        if card not in self._cards:
            return
        focused = any(one.hasFocus() for one in card.choices)
        self._cards.remove(card)
        self._keys.pop(card)
        card.hide()
        card.deleteLater()
        if self._cards:
            self.place()
            return
        self.hide()
        self._foot.give_back()
        self._slide.stop()
        if focused and (home := self.home()) is not None:
            home.setFocus()

    def hideEvent(self, event: object) -> None:
        """Nothing counts on where nothing is shown."""
        if not self._host.isVisible():
            self.clear()
        super().hideEvent(event)  # type: ignore[arg-type]

    def _fitting_pane(self) -> QWidget | None:
        """Fit the messages into the first pane where none becomes a tall, narrow column, else into the one where they
        are lowest."""
        panes = self._foot.panes()
        if not panes:
            self._fit(self._host)
            return None
        lines = {}
        for place, pane in enumerate(panes):
            lines[place] = self._fit(pane)
            if lines[place] <= MOST_LINES:
                return pane
        lowest = panes[min(lines, key=lambda place: lines[place])]
        self._fit(lowest)
        return lowest

    def _fit(self, pane: QWidget) -> int:
        """Fit the messages into a pane and return how many lines the longest takes."""
        for card in self._cards:
            card.fit(min(WIDEST, pane.width() - 2 * MARGIN))
        return max(card.lines for card in self._cards)

    def place(self, *_page: int) -> None:
        """Stand where there is room now."""
        if not self._cards:
            return
        pane = self._fitting_pane()
        width = max(card.width() for card in self._cards)
        height = sum(card.height() for card in self._cards) + GAP * (len(self._cards) - 1)
        if pane is not None:
            corner = self._foot.keep(pane, height + 2 * MARGIN).topLeft()
        else:
            self._foot.give_back()
            corner = self._host.rect().bottomLeft()
            corner.setY(self._host.height() - height - 2 * MARGIN)
        place = QRect(corner.x() + MARGIN, corner.y() + MARGIN, width, height)
        forbidden = self.avoid()
        if forbidden.isValid() and place.intersects(forbidden) and forbidden.top() - height > MARGIN:
            place.moveBottom(forbidden.top() - GAP)
        if self._slide.state() == QVariantAnimation.State.Running:
            place.translate(0, int(self._slide.currentValue()))
        self.setGeometry(place)
        top = 0
        for card in self._cards:
            card.move(0, top)
            top += card.height() + GAP
