"""Copies of the whole database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol


class BackupStore(Protocol):
    """Makes a copy of the database while it is in use, and reads it back."""

    @property
    def suffix(self) -> str:
        """What the name of a copy ends in, such as ".sqlite"."""
        ...

    def command(self, target: Path) -> Sequence[str]:
        """Return the command an admin would run for the same, without a password; empty where there is none."""
        ...

    def problem(self) -> str:
        """Return why no copy can be made from here and what to do, "" where one can."""
        ...

    def copy(self, target: Path) -> Iterator[tuple[int, int]]:
        """Copy to `target`, telling how much of how much is done; the file stands under its name only when it is whole.
        Raises StorageError."""
        ...

    def verify(self, copy: Path) -> int:
        """Open a copy, check all of it, and return how many tickets are in it. Raises StorageError."""
        ...
