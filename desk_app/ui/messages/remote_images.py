"""How the window asks for images of the internet: never by itself, never on the GUI thread (ui.md 9, IN-25)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class RemoteImages(Protocol):
    """Fetches images of one message after an agent asked for them; the composition root passes one in."""

    def __call__(self, addresses: Sequence[str]) -> Mapping[int, bytes]:
        """Return image bytes by position in `addresses`; what fails, is no image or is too big is left out."""
        ...
