"""Senders whose pictures may be fetched (IN-25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class ImagePermissionRepository(Protocol):
    """Lower-case addresses, for the whole desk."""

    def allow(self, sender: str, *, actor_name: str, at: datetime) -> None:
        """Remember an address."""
        ...

    def withdraw(self, sender: str) -> None:
        """Forget an address."""
        ...

    def all(self) -> Sequence[str]:
        """Return every address in order."""
        ...
