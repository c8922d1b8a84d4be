"""The way back: the last acts of this window, newest first (ui.md 5: Z)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

KEPT = 20
"""Acts that can be taken back one after the other."""


@dataclass(eq=False, slots=True)
class UndoEntry:
    """An act that can be taken back, until `ends` where that is not None (monotonic seconds)."""

    text: str
    call: Callable[[], object]
    ends: float | None


class UndoLog:
    """Remembers how to take acts back. An act is taken back once, by its message or by the key."""

    def __init__(self) -> None:
        self._entries: list[UndoEntry] = []

    def push(self, text: str, call: Callable[[], object], *, seconds: float | None = None) -> UndoEntry:
        """Remember an act; one that cannot wait, as mail that is about to leave, only for so many seconds."""
        entry = UndoEntry(text, call, None if seconds is None else time.monotonic() + seconds)
        self._entries.append(entry)
        del self._entries[:-KEPT]
        return entry

    def take(self, entry: UndoEntry) -> bool:
        """Take an act back; returns False where that was done already."""
        if entry not in self._entries:
            return False
        self._entries.remove(entry)
        entry.call()
        return True

    def drop(self, entry: UndoEntry) -> None:
        """Forget an act: another entry stands for it, or nothing came of it."""
        if entry in self._entries:
            self._entries.remove(entry)

    def newest(self) -> UndoEntry | None:
        """Return the newest act that can still be taken back."""
        now = time.monotonic()
        self._entries = [one for one in self._entries if one.ends is None or one.ends > now]
        return self._entries[-1] if self._entries else None
