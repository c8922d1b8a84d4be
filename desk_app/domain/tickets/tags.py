"""How tags are written."""

from __future__ import annotations

from collections.abc import Iterable

TAG_CHARS = 60


def clean_tag(name: str) -> str:
    """Return a tag as it is kept: lower case, single blanks, no comma (it separates tags), at most 60 characters."""
    return " ".join(name.replace(",", " ").lower().split())[:TAG_CHARS].strip()


def clean_tags(names: Iterable[str]) -> list[str]:
    """Return tags as they are kept, each once; names of which nothing is left are left out."""
    return list(dict.fromkeys(tag for name in names if (tag := clean_tag(name))))
