"""Banners, cards, empty states, form rows and the toast."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from desk_app.ui.language import tr
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import button, icon_button, label
from desk_app.ui.widgets.layout import clear, column, row

Choice = tuple[str, Callable[[], object]]


def announce(widget: QWidget, text: str) -> None:
    """Have a screen reader say something that nobody focused (ui.md 6)."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


_BANNER_ICONS = {"info": "info", "warning": "triangle-alert", "danger": "circle-alert", "success": "circle-check"}


class Banner(QFrame):
    """A coloured strip with an icon, a text and what can be done. Tones: info, warning, danger, success."""

    def __init__(self, text: str, tone: str = "info", choices: Sequence[Choice] = (), *, icon_name: str = "") -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.text = label(text, wrap=True, selectable=True)
        self.buttons = [button(words, on_click) for words, on_click in choices]
        glyph = Glyph(icon_name or _BANNER_ICONS[tone], tone)
        self.setLayout(row(glyph, self.text, *self.buttons, margins=(12, 6, 8, 6), spacing=10))
        self.layout_stretch()

    def layout_stretch(self) -> None:
        """Give the room to the text."""
        box = self.layout()
        box.setStretchFactor(self.text, 1)  # type: ignore[union-attr]


def panel_card(title: str, *, trailing: str = "") -> tuple[QFrame, QVBoxLayout]:
    """Return a card of the side panel and the layout for its content."""
    frame = QFrame()
    frame.setObjectName("panelcard")
    content = column(spacing=6)
    heading = row(label(title.upper(), "caption"), None, *([label(trailing, "tertiary")] if trailing else []))
    frame.setLayout(column(*([heading] if title else []), content, margins=(12, 10, 12, 12), spacing=8))
    frame.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return frame, content


class EmptyState(QWidget):
    """An icon, one sentence, one action (ui.md 4.2)."""

    def __init__(self, icon_name: str, title: str, text: str = "", choice: Choice | None = None) -> None:
        super().__init__()
        glyph = Glyph(icon_name, "text_tertiary", 40)
        heading = label(title, "title")
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        heading.setWordWrap(True)
        body = label(text, "secondary", wrap=True)
        body.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside = column(None, row(None, glyph, None), heading, body, margins=(24, 24, 24, 24), spacing=10)
        if choice is not None:
            inside.addLayout(row(None, button(choice[0], choice[1]), None))
        inside.addStretch(1)
        self.setLayout(inside)


class Field(QWidget):
    """A labelled control with room for help or an error below it."""

    def __init__(self, name: str, control: QWidget, *, help_text: str = "") -> None:
        super().__init__()
        self.control = control
        heading = label(name, "strong")
        heading.setBuddy(control)
        if not control.accessibleName():
            control.setAccessibleName(name)
        self._note: QLabel = label(help_text, "tertiary", wrap=True)
        self._help = help_text
        self.setLayout(column(heading, control, self._note, spacing=5))
        self._note.setVisible(bool(help_text))  # not before it has a parent: it would open as a window
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def set_error(self, text: str) -> None:
        """Say what is wrong; "" shows the help again."""
        self._note.setText(text or self._help)
        self._note.setProperty("state", "danger" if text else "")
        self._note.style().unpolish(self._note)
        self._note.style().polish(self._note)
        self._note.setVisible(bool(text or self._help))
        if text:
            announce(self, text)


class Toast(QFrame):
    """A message that goes away by itself, with up to two actions; never over the composer (ui.md 4.6)."""

    MARGIN = 14

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.setObjectName("toast")
        self._host = host
        self._content = row(margins=(14, 8, 8, 8), spacing=8)
        self.setLayout(self._content)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tick)
        self._left = 0
        self._text: Callable[[int], str] = lambda _left: ""
        self._label = QLabel()
        self.anchor: QWidget | None = None
        host.installEventFilter(self)
        self.hide()

    def show_text(
        self,
        text: str | Callable[[int], str],
        *,
        seconds: int = 6,
        choices: Sequence[Choice] = (),
        icon_name: str = "info",
    ) -> None:
        """Show a text; a callable gets the seconds left and is asked again every second."""
        clear(self._content)
        self._text = text if callable(text) else (lambda _left: text)
        self._left = seconds
        self._label = label(self._text(seconds))
        self._label.setMaximumWidth(420)
        self._label.setWordWrap(len(self._label.text()) > 60)
        self._content.addWidget(Glyph(icon_name, "on_toast", 16))
        self._content.addWidget(self._label)
        for words, on_click in choices:
            self._content.addWidget(self._choice(words, on_click))
        close = icon_button("x", tr("Close this message"), self.hide, size=14, token="on_toast", side=26)  # noqa: S106 -- a colour token
        self._content.addWidget(close)
        self.show()
        self.raise_()
        self._place()
        QTimer.singleShot(0, self, self._place)
        self._timer.start()
        announce(self, self._label.text())

    def _choice(self, words: str, on_click: Callable[[], object]) -> QPushButton:
        def chosen() -> None:
            self.hide()
            on_click()

        return button(words, chosen, variant="toast")

    def _tick(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.hide()
        else:
            self._label.setText(self._text(self._left))

    def hideEvent(self, event: object) -> None:
        """Stop counting."""
        self._timer.stop()
        super().hideEvent(event)  # type: ignore[arg-type]

    def _place(self) -> None:
        self.adjustSize()
        size: QSize = self.sizeHint()
        left = self.MARGIN
        if self.anchor is not None and self.anchor.isVisible():
            left += self.anchor.mapTo(self._host, self.anchor.rect().topLeft()).x()
        left = max(self.MARGIN, min(left, self._host.width() - size.width() - self.MARGIN))
        self.setGeometry(left, self._host.height() - size.height() - self.MARGIN, size.width(), size.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if watched is self._host and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False
