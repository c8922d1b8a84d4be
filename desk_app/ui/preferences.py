"""What one agent chose on this computer: look and sizes, never a secret."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings, Signal

from desk_app.ui.language import LANGUAGES, SYSTEM, speak
from desk_app.ui.theme.theme import Scheme, theme
from desk_app.ui.theme.tokens import TEXT_SIZES


class Preferences(QObject):
    """Reads and writes choices in an ini file of the data folder."""

    changed = Signal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings

    @property
    def scheme(self) -> Scheme:
        """Light, dark, or what the system says."""
        value = str(self.settings.value("look/scheme", Scheme.SYSTEM.value))
        return Scheme(value) if value in {one.value for one in Scheme} else Scheme.SYSTEM

    @property
    def language(self) -> str:
        """The code of the language chosen, or `SYSTEM`."""
        value = str(self.settings.value("look/language", SYSTEM))
        return value if value in LANGUAGES else SYSTEM

    @property
    def text_size(self) -> float:
        """The factor of the text size setting."""
        try:
            value = float(str(self.settings.value("look/text_size", 1.0)))
        except ValueError:
            return 1.0
        return value if value in TEXT_SIZES else 1.0

    @property
    def reduce_motion(self) -> bool:
        """Whether nothing may move by itself."""
        return self.settings.value("look/reduce_motion", False, type=bool) is True

    @property
    def high_contrast(self) -> bool:
        """Whether faint lines and fills are replaced."""
        return self.settings.value("look/high_contrast", False, type=bool) is True

    def set(self, key: str, value: object) -> None:
        """Store a choice and apply it."""
        self.settings.setValue(key, value)
        self.apply()
        self.changed.emit()

    def apply(self) -> None:
        """Make language and look what was chosen."""
        speak(self.language)
        theme().reduce_motion = self.reduce_motion
        theme().apply(self.scheme, factor=self.text_size, high_contrast=self.high_contrast)
