"""How keys are shown: in the words of the system, and as the agent has set them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence


class ShownKeys(QObject):
    """Translates the keys written in the code, the defaults, to those that work now."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._now: dict[str, str] = {}

    def now(self, default: str) -> str:
        """Return the sequence that stands for a default key, "" where there is none any more."""
        return self._now.get(default, default)

    def text(self, default: str) -> str:
        """Return that sequence in the words of the system."""
        return key_text(self.now(default))

    def show(self, now: Mapping[str, str]) -> None:
        """Use other keys from now on: default to present sequence."""
        if dict(now) != self._now:
            self._now = dict(now)
            self.changed.emit()


def key_text(keys: str) -> str:
    """Return a portable sequence in the words of the system: "Ctrl+K", "G then I" as "G I", and the large key as
    "Enter", which is what stands on it."""
    shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""
    return shown.replace(", ", " ").replace("Return", "Enter")


SHOWN_KEYS = ShownKeys()
"""The one translation of the program, filled by the window's key map."""


def tip_with_key(name: str, default: str) -> str:
    """Return a tool tip: what a button does and the key that does the same."""
    shown = SHOWN_KEYS.text(default) if default else ""
    return f"{name}  ({shown})" if shown else name
