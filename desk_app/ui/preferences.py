"""What one agent chose on this computer: look, language and sizes, never a secret.

The keys of the ini file, all in one place:

| key                  | value                                              |
|----------------------|----------------------------------------------------|
| look/scheme          | system, light, dark                                |
| look/language        | system, or a code of `LANGUAGES`                   |
| look/text_size       | 0.9, 1.0, 1.15, 1.3                                |
| look/density         | comfortable, compact                               |
| look/system_font     | true: the system's type face instead of Inter      |
| look/high_contrast   | system, on, off                                    |
| look/reduce_motion   | true: nothing moves by itself                      |
| setup/...            | how far the first steps are (`ui/setup`)           |

Everything else in the file (window/..., inbox/...) is where windows remember their sizes. Choices that follow the agent
from computer to computer are not here but in the database (`ui/agent_choices.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from PySide6.QtCore import QObject, QSettings, Signal

from desk_app.ui.language import LANGUAGES, SYSTEM, speak
from desk_app.ui.theme.theme import Contrast, Density, Scheme, theme
from desk_app.ui.theme.tokens import TEXT_SIZES

E = TypeVar("E", bound=StrEnum)
_LEGACY_CONTRAST = {"true": Contrast.ON, "false": Contrast.OFF}


class Preferences(QObject):
    """Reads and writes choices in an ini file of the data folder."""

    changed = Signal()

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self.settings = settings

    @property
    def scheme(self) -> Scheme:
        """Light, dark, or what the system says."""
        return self._one_of("look/scheme", Scheme.SYSTEM)

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
    def density(self) -> Density:
        """How much room rows take."""
        return self._one_of("look/density", Density.COMFORTABLE)

    @property
    def system_font(self) -> bool:
        """Whether the system's type face is used instead of the bundled one."""
        return self._flag("look/system_font")

    @property
    def contrast(self) -> Contrast:
        """Whether faint lines and fills are replaced, or what the system says."""
        value = str(self.settings.value("look/high_contrast", Contrast.SYSTEM.value)).lower()
        return _LEGACY_CONTRAST.get(value) or self._one_of("look/high_contrast", Contrast.SYSTEM)

    @property
    def reduce_motion(self) -> bool:
        """Whether nothing may move by itself."""
        return self._flag("look/reduce_motion")

    def _one_of(self, key: str, default: E) -> E:
        value = str(self.settings.value(key, default.value))
        kind = type(default)
        return kind(value) if value in {one.value for one in kind} else default

    def _flag(self, key: str) -> bool:
        return str(self.settings.value(key, "false")).lower() in {"true", "1"}

    def set(self, key: str, value: object) -> None:
        """Store a choice and apply it."""
        self.settings.setValue(key, value)
        self.apply()
        self.changed.emit()

    def apply(self) -> None:
        """Make language and look what was chosen."""
        speak(self.language)
        theme().reduce_motion = self.reduce_motion
        theme().apply(
            self.scheme,
            factor=self.text_size,
            contrast=self.contrast,
            density=self.density,
            system_font=self.system_font,
        )
