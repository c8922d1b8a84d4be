"""What the window needs of the computer's own notifications."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

OPEN = "default"
"""The action of a press on the notification itself."""


@dataclass(frozen=True, slots=True)
class DesktopNote:
    """A notification of the desktop. One with the same `key` takes the place of the earlier one. `actions` are ids and
    words of its buttons, where the desktop can show buttons."""

    key: str
    title: str
    text: str = ""
    actions: Sequence[tuple[str, str]] = ()
    sound: bool = False


class DesktopNotes(Protocol):
    """The notification service of the desktop. Nothing here blocks; what it has to say comes on a thread of its own."""

    def start(self, ready: Callable[[bool], None], pressed: Callable[[str, str, str], None]) -> None:
        """Connect. `ready` is told whether there is such a service; `pressed` gets the key of a note, the action, and a
        token that lets the window come to the front ("" where the desktop gives none)."""
        ...

    def show(self, note: DesktopNote) -> None:
        """Show a note."""
        ...

    def withdraw(self, key: str) -> None:
        """Take a note away, where it still stands."""
        ...

    def close(self) -> None:
        """Let go of the service."""
        ...
