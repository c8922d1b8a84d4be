"""Reads values of JSON that somebody else has written: whatever is of another type, or unbelievable, is not there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_MOST = 2**63
_DEEP = 10


def record(value: Any) -> Mapping[str, Any]:
    """Return an object, empty where it is none."""
    return value if isinstance(value, dict) else {}


def number(value: Any) -> int | None:
    """Return a whole number that fits into 64 bits."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST else None


def words(value: Any) -> str:
    """Return a text that every database and screen can hold: no NUL, no half characters."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")


def instant(value: Any) -> datetime | None:
    """Return an instant from seconds since 1970."""
    seconds = number(value)
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds is not None and seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def pruned(value: Any, depth: int = _DEEP) -> Any:
    """Return a value without what is nested deeper than any message is."""
    if isinstance(value, dict):
        return {str(key): pruned(one, depth - 1) for key, one in value.items()} if depth else {}
    if isinstance(value, list):
        return [pruned(one, depth - 1) for one in value] if depth else []
    return value
