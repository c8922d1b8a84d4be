"""Words and tone of a due date (IN-04)."""

from __future__ import annotations

from datetime import datetime, timedelta

from desk_app.ui.language import tr

SOON = timedelta(hours=1)
SHARE = 0.25
"""Less than this share of the time left is close."""


def due_chip(due_at: datetime, since_at: datetime, now: datetime) -> tuple[str, str]:
    """Return text and tone: red when late or within the hour, amber when less than a quarter of the time since
    `since_at` is left, grey otherwise. The words say it too."""
    left = due_at - now
    if left <= timedelta(0):
        return tr("{time} late").format(time=_span(-left)), "danger"
    if left < SOON:
        minutes = max(1, int(left.total_seconds() // 60))
        return f"0:{minutes:02d}", "danger"
    close = left < (due_at - since_at) * SHARE
    return _span(left), "warning" if close else "neutral"


def _span(time: timedelta) -> str:
    minutes = max(1, int(time.total_seconds() // 60))
    if minutes < 60:
        return tr("%n min", minutes)
    if minutes < 48 * 60:
        return tr("%n h", minutes // 60)
    return tr("%n d", minutes // (24 * 60))
