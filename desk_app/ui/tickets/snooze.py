"""Until when a ticket sleeps: presets, words, or a date and a time (IN-12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from PySide6.QtWidgets import QWidget

from desk_app.domain.tickets.moments import read_moment
from desk_app.ui.language import tr
from desk_app.ui.shell.palette import Entry
from desk_app.ui.tickets.moment_question import MomentQuestion
from desk_app.ui.tickets.phrases import clock_text, day_time, full_time
from desk_app.ui.widgets.basics import label

Snooze = Callable[[datetime | None], object]


def presets(now: datetime) -> list[tuple[str, datetime]]:
    """Return what is offered and when that is, the soonest first; nothing that has passed and nothing twice."""

    def at(days: int, hour: int) -> datetime:
        return (now + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)

    later = now + timedelta(hours=3)
    choices = [
        *([(tr("Later today (in 3 hours)"), later)] if later.date() == now.date() else []),
        (tr("This afternoon"), at(0, 13)),
        (tr("This evening"), at(0, 19)),
        (tr("Tomorrow at {time}"), at(1, 8)),
        (tr("Saturday at {time}"), at((5 - now.weekday()) % 7 or 7, 10)),
        (tr("Monday at {time}"), at((7 - now.weekday()) or 7, 8)),
        (tr("In a week"), at(7, 8)),
        (tr("In a month"), at(30, 8)),
    ]
    found: dict[datetime, str] = {}
    for words, when in choices:
        if when > now + timedelta(minutes=30):
            found.setdefault(when, words.format(time=clock_text(when)))
    return [(words, when) for when, words in sorted(found.items())]


def snooze_entries(snooze: Snooze, pick: Callable[[], object], now: datetime) -> list[Entry]:
    """Return the lines of the palette, each with the time that comes of it."""
    lines = [
        Entry(words, lambda until=when: snooze(until), group=day_time(when, now), icon="alarm-clock")  # type: ignore[misc]
        for words, when in presets(now)
    ]
    return [
        *lines,
        Entry(tr("Choose a date and a time…"), pick, icon="pencil"),
        Entry(tr("Wake up now"), lambda: snooze(None), icon="bell"),
    ]


def typed_moment(snooze: Snooze, now: Callable[[], datetime]) -> Callable[[str], Iterable[Entry]]:
    """Return what makes a line of the palette from typed words ("in 2 hours", "friday 9:00")."""

    def entries(text: str) -> Iterable[Entry]:
        when = read_moment(text, now())
        if when is not None:
            yield Entry(
                tr("Until {when}").format(when=full_time(when)), lambda: snooze(when), text.strip(), "alarm-clock"
            )

    return entries


def ask_snooze_time(now: datetime, parent: QWidget | None = None) -> MomentQuestion:
    """Return the question until when, for a time that no preset names."""
    hint = label(tr("It wakes up earlier when the customer writes."), "tertiary", wrap=True)
    return MomentQuestion(tr("Snooze until"), tr("Snooze"), now + timedelta(days=1), parent, after=now, more=[hint])
