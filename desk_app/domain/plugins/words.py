"""Texts that plugins bring and people read: without what could make them look like something else."""

from __future__ import annotations

import unicodedata

_JOINERS = frozenset("\u200c\u200d\u00ad")
"""Characters nobody sees that some scripts, emoji and long words need."""


def has_unseen(text: str) -> bool:
    """Return whether a text has control characters, or others that turn its direction or are not seen. Line breaks
    count as none."""
    return not text.isprintable() and any(_is_unseen(char) for char in text if char != "\n")


def shown(text: object, most: int) -> str:
    """Return a text for one line: without what nobody sees, at most `most` characters long."""
    line = " ".join("".join(" " if _is_unseen(char) else char for char in str(text)[: 4 * most]).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char)[0] == "C" and char not in _JOINERS
