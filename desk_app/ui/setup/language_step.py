"""The first step: the language of the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QButtonGroup, QPushButton, QWidget

from desk_app.ui.language import LANGUAGES, SYSTEM, language, tr
from desk_app.ui.preferences import Preferences
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import column


class LanguageStep(QWidget):
    """One big button a language; the window speaks it at once."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        group = QButtonGroup(self)
        group.setExclusive(True)
        self.buttons: dict[str, QPushButton] = {}
        lines = column(spacing=10)
        for code, name in LANGUAGES.items():
            made = button(name, variant="card")
            made.setCheckable(True)
            made.setChecked(code == language())
            made.toggled.connect(self._choose(code))
            group.addButton(made)
            self.buttons[code] = made
            lines.addWidget(made)
        self.setFocusProxy(self.buttons[language()])
        self.setLayout(
            column(
                label(tr("Welcome"), "h2"),
                label(tr("Which language shall the window speak?"), "secondary", wrap=True),
                8,
                lines,
                label(tr("You can change it at any time in Settings, Appearance."), "tertiary", wrap=True),
                None,
                spacing=10,
            )
        )

    def _choose(self, code: str) -> Callable[[bool], None]:
        def choose(on: bool) -> None:
            if (
                on
                and self._preferences.language != code
                and not (self._preferences.language == SYSTEM and code == language())
            ):
                self._preferences.set("look/language", code)

        return choose
