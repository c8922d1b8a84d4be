"""Banners, cards, empty states and form rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import column, row

Choice = tuple[str, Callable[[], object]]


def announce(widget: QWidget, text: str) -> None:
    """Have a screen reader say something that nobody focused (ui.md 6)."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


_BANNER_ICONS = {"info": "info", "warning": "triangle-alert", "danger": "circle-alert", "success": "circle-check"}


class Banner(QFrame):
    """A coloured strip with an icon, a text and what can be done; more than two choices stand below the text. Tones:
    info, warning, danger, success."""

    def __init__(self, text: str, tone: str = "info", choices: Sequence[Choice] = (), *, icon_name: str = "") -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.text = label(text, wrap=True, selectable=True)
        self.buttons = [button(words, on_click) for words, on_click in choices]
        glyph = Glyph(icon_name or _BANNER_ICONS[tone], tone)
        if len(choices) > 2:
            words = column(self.text, row(None, *self.buttons, spacing=8), spacing=6)
            line = row(glyph, words, margins=(12, 7, 8, 7), spacing=10)
            line.setAlignment(glyph, Qt.AlignmentFlag.AlignTop)
            line.setStretchFactor(words, 1)
        else:
            line = row(glyph, self.text, *self.buttons, margins=(12, 6, 8, 6), spacing=10)
            line.setStretchFactor(self.text, 1)  # the room is for the text
        self.setLayout(line)


def panel_card(title: str, *, trailing: str = "", beyond: int = 0) -> tuple[QFrame, QVBoxLayout]:
    """Return a card of the side panel and the layout for its content, which reaches so many px into its margin."""
    frame = QFrame()
    frame.setObjectName("panelcard")
    content = column(spacing=6)
    heading = row(label(title.upper(), "caption"), None, *([label(trailing, "tertiary")] if trailing else []))
    frame.setLayout(column(*([heading] if title else []), content, margins=(12, 10, 12 - beyond, 12), spacing=8))
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
        self.text = label(text, "secondary", wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        if not text:
            self.text.hide()
        inside = column(None, row(None, glyph, None), heading, self.text, margins=(24, 24, 24, 24), spacing=10)
        if choice is not None:
            inside.addLayout(row(None, button(choice[0], choice[1]), None))
        inside.addStretch(1)
        self.setLayout(inside)


class Field(QWidget):
    """A labelled control with room for help or an error below it."""

    def __init__(self, name: str, control: QWidget, *, help_text: str = "") -> None:
        super().__init__()
        self.name, self.help_text, self.control = name, help_text, control
        heading = label(name, "strong")
        heading.setBuddy(control)
        if not control.accessibleName():
            control.setAccessibleName(name)
        self._note: QLabel = label(help_text, "tertiary", wrap=True)
        self._help = help_text
        content = column(heading, control, self._note, spacing=5)
        if isinstance(control, QSpinBox):
            content.setAlignment(control, Qt.AlignmentFlag.AlignLeft)
        self.setLayout(content)
        self._note.setVisible(bool(help_text))  # not before it has a parent: it would open as a window
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def set_help(self, text: str) -> None:
        """Show another help below the control."""
        self._help = text
        self.set_error("")

    def set_error(self, text: str) -> None:
        """Say what is wrong; "" shows the help again."""
        self._note.setText(text or self._help)
        self._note.setProperty("state", "danger" if text else "")
        self._note.style().unpolish(self._note)
        self._note.style().polish(self._note)
        self._note.setVisible(bool(text or self._help))
        if text:
            announce(self, text)
