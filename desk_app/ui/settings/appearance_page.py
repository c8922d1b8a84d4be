"""Language, colours, text size, contrast, motion."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from desk_app.ui.language import LANGUAGES, SYSTEM, tr
from desk_app.ui.preferences import Preferences
from desk_app.ui.theme.theme import Scheme
from desk_app.ui.theme.tokens import TEXT_SIZES
from desk_app.ui.widgets.basics import label, scroller
from desk_app.ui.widgets.layout import boxed, column
from desk_app.ui.widgets.panels import Field


class LanguageBox(QComboBox):
    """The languages by their own names; the window follows at once."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.setAccessibleName(tr("Language"))
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


class AppearancePage(QWidget):
    """Applies every choice at once."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self.language = LanguageBox(preferences)
        self.setFocusProxy(self.language)
        self.scheme = QComboBox()
        for scheme, words in (
            (Scheme.SYSTEM, tr("As the system")),
            (Scheme.LIGHT, tr("Light")),
            (Scheme.DARK, tr("Dark")),
        ):
            self.scheme.addItem(words, scheme.value)
        self.text_size = QComboBox()
        for factor in TEXT_SIZES:
            self.text_size.addItem(f"{round(factor * 100)} %", factor)
        self.contrast = QCheckBox(tr("High contrast"))
        self.motion = QCheckBox(tr("Reduce motion"))
        self._show()
        self.scheme.currentIndexChanged.connect(lambda _i: preferences.set("look/scheme", self.scheme.currentData()))
        self.text_size.currentIndexChanged.connect(
            lambda _i: preferences.set("look/text_size", self.text_size.currentData())
        )
        self.contrast.toggled.connect(lambda on: preferences.set("look/high_contrast", on))
        self.motion.toggled.connect(lambda on: preferences.set("look/reduce_motion", on))
        preferences.changed.connect(self._show)
        inside = column(
            label(tr("Appearance"), "h2"),
            Field(tr("Language"), self.language),
            Field(tr("Colours"), self.scheme),
            Field(tr("Text size"), self.text_size),
            self.contrast,
            self.motion,
            None,
            margins=(28, 24, 28, 24),
            spacing=16,
        )
        holder = boxed(inside, "surface")
        holder.setMaximumWidth(560)
        self.setLayout(column(scroller(boxed(column(holder), "surface"), tr("Appearance"))))

    def _show(self) -> None:
        chosen = self._preferences
        for box, value in ((self.scheme, chosen.scheme.value), (self.text_size, chosen.text_size)):
            box.blockSignals(True)
            box.setCurrentIndex(max(0, box.findData(value)))
            box.blockSignals(False)
        for check, on in ((self.contrast, chosen.high_contrast), (self.motion, chosen.reduce_motion)):
            check.blockSignals(True)
            check.setChecked(on)
            check.blockSignals(False)
