"""Language, colours, density, text size, type face, contrast, motion. Every choice applies at once."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QWidget

from desk_app.ui.language import LANGUAGES, SYSTEM, tr
from desk_app.ui.preferences import Preferences
from desk_app.ui.settings.form import SwitchRow, page_column, page_head
from desk_app.ui.theme import tokens
from desk_app.ui.theme.fonts import font
from desk_app.ui.theme.theme import Contrast, Density, Scheme, theme
from desk_app.ui.theme.tokens import TEXT_SIZES
from desk_app.ui.widgets.choices import Choice, Segments, Switch
from desk_app.ui.widgets.layout import FlowLayout, boxed, column
from desk_app.ui.widgets.panels import Field


class LanguageBox(Choice):
    """The languages by their own names; the window follows at once."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__(name=tr("Language"))
        self._preferences = preferences
        self.addItem(tr("As the system"), SYSTEM)
        for code, name in LANGUAGES.items():
            self.addItem(name, code)
        self.show_chosen()
        self.currentIndexChanged.connect(self._choose)
        preferences.changed.connect(self.show_chosen)

    def show_chosen(self) -> None:
        """Show what is chosen by now."""
        with QSignalBlocker(self):
            self.setCurrentIndex(max(0, self.findData(self._preferences.language)))

    def _choose(self, _index: int) -> None:
        self._preferences.set("look/language", self.currentData())


class SchemeCard(QAbstractButton):
    """A little window in the colours it stands for, its name below; the chosen one has a ring and a tick."""

    def __init__(self, scheme: Scheme, words: str) -> None:
        super().__init__()
        self.scheme = scheme
        self.setText(words)
        self.setAccessibleName(words)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the card's size."""
        return QSize(168, 104 + theme().px(28))

    def paintEvent(self, _event: object) -> None:
        """Draw the little window and its name."""
        painter, colours = QPainter(self), theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(3, 3, self.width() - 6, 98)
        halves = {
            Scheme.LIGHT: (tokens.LIGHT, tokens.LIGHT),
            Scheme.DARK: (tokens.DARK, tokens.DARK),
            Scheme.SYSTEM: (tokens.LIGHT, tokens.DARK),
        }[self.scheme]
        for side, values in enumerate(halves):
            painter.save()
            painter.setClipRect(QRectF(frame.left() + side * frame.width() / 2, 0, frame.width() / 2 + 1, 110))
            _paint_window(painter, frame, values)
            painter.restore()
        ringed = self.isChecked() or self.hasFocus()
        token = "focus" if ringed else "border_strong"
        painter.setPen(QPen(colours.colour(token), 2 if ringed else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame, 8, 8)
        painter.setPen(colours.colour("text_primary" if self.isChecked() else "text_secondary"))
        painter.setFont(font(13, 600 if self.isChecked() else 500))
        words = f"✓ {self.text()}" if self.isChecked() else self.text()
        painter.drawText(QRectF(0, 104, self.width(), self.height() - 104), Qt.AlignmentFlag.AlignCenter, words)
        if self.hasFocus() and self.isChecked():
            painter.setPen(QPen(colours.colour("text_primary"), 1))
            painter.drawRoundedRect(frame.adjusted(2.5, 2.5, -2.5, -2.5), 6, 6)


def _paint_window(painter: QPainter, frame: QRectF, values: object) -> None:
    def fill(token: str, x: float, y: float, width: float, height: float, radius: float = 0) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(values[token]))  # type: ignore[index]
        painter.drawRoundedRect(QRectF(frame.left() + x, frame.top() + y, width, height), radius, radius)

    wide, high = frame.width(), frame.height()
    fill("bg_surface", 0, 0, wide, high, 8)
    fill("bg_rail", 0, 0, 14, high, 6)
    fill("bg_sidebar", 14, 0, 38, high)
    fill("bg_sunken", 100, 0, wide - 100, high, 6)
    for place, y in enumerate((12, 24, 36, 48)):
        fill("bg_pressed" if place == 1 else "border_subtle", 18, y, 28, 6, 3)
    for place, y in enumerate((8, 36, 64)):
        fill("bg_selected" if place == 0 else "bg_surface", 55, y, 42, 24, 4)
        fill("text_primary", 59, y + 6, 24, 4, 2)
        fill("border_default", 59, y + 14, 32, 3, 1.5)
    fill("bg_surface", 106, 10, wide - 116, 34, 4)
    fill("text_secondary", 112, 18, 26, 4, 2)
    fill("border_default", 112, 28, wide - 132, 3, 1.5)
    fill("accent", wide - 42, high - 20, 32, 11, 4)


class AppearancePage(QWidget):
    """Applies every choice at once."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self.language = LanguageBox(preferences)
        self.setFocusProxy(self.language)
        self.cards = [
            SchemeCard(Scheme.LIGHT, tr("Light")),
            SchemeCard(Scheme.DARK, tr("Dark")),
            SchemeCard(Scheme.SYSTEM, tr("As the system")),
        ]
        self.density = Segments(
            tr("Density"), ((tr("Comfortable"), Density.COMFORTABLE), (tr("Compact"), Density.COMPACT))
        )
        self.text_size = Segments(tr("Text size"), [(f"{round(one * 100)} %", one) for one in TEXT_SIZES])
        self.system_font = Switch(tr("Use the system's font"))
        self.contrast = Segments(
            tr("High contrast"),
            ((tr("As the system"), Contrast.SYSTEM), (tr("On"), Contrast.ON), (tr("Off"), Contrast.OFF)),
        )
        self.motion = Switch(tr("Reduce motion"))
        self._show()
        self._connect()
        preferences.changed.connect(self._show)
        self.setLayout(column(self._column()))

    def _column(self) -> QWidget:
        flow = FlowLayout(spacing=12)
        for card in self.cards:
            flow.addWidget(card)
        cards = boxed(flow)
        cards.setFocusProxy(self.cards[0])
        return page_column(
            page_head(tr("Appearance"), tr("Applies at once, on this computer.")),
            Field(tr("Language"), self.language),
            Field(tr("Colours"), cards),
            Field(tr("Density"), self.density, help_text=tr("Compact shows more tickets at a time.")),
            Field(tr("Text size"), self.text_size),
            Field(
                tr("High contrast"),
                self.contrast,
                help_text=tr("Strong lines and text, no tinted fills."),
            ),
            SwitchRow(tr("Use the system's font"), self.system_font, tr("Instead of Inter, which comes along.")),
            SwitchRow(tr("Reduce motion"), self.motion, tr("Nothing slides or turns by itself.")),
            title=tr("Appearance"),
        )

    def _connect(self) -> None:
        choose = self._preferences.set
        group = QButtonGroup(self)
        group.setExclusive(True)
        for card in self.cards:
            group.addButton(card)
            card.toggled.connect(lambda on, one=card.scheme: choose("look/scheme", one.value) if on else None)
        self.density.chosen.connect(lambda value: choose("look/density", Density(value).value))
        self.text_size.chosen.connect(lambda value: choose("look/text_size", value))
        self.contrast.chosen.connect(lambda value: choose("look/high_contrast", Contrast(value).value))
        self.system_font.toggled.connect(lambda on: choose("look/system_font", on))
        self.motion.toggled.connect(lambda on: choose("look/reduce_motion", on))

    def _show(self) -> None:
        chosen = self._preferences
        for card in self.cards:
            with QSignalBlocker(card):
                card.setChecked(card.scheme is chosen.scheme)
            card.update()
        self.density.choose(chosen.density)
        self.text_size.choose(chosen.text_size)
        self.contrast.choose(chosen.contrast)
        for switch, on in ((self.system_font, chosen.system_font), (self.motion, chosen.reduce_motion)):
            if switch.isChecked() is not on:
                switch.show_state(on=on)
