"""Asks by when something is promised (IN-04)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from desk_app.domain.tickets.moments import read_moment
from desk_app.ui.language import tr
from desk_app.ui.shell.palette_lines import Entry
from desk_app.ui.tickets.hosts import widget
from desk_app.ui.tickets.moment_question import MomentQuestion
from desk_app.ui.tickets.phrases import clock_text, day_time, full_time

if TYPE_CHECKING:
    from desk_app.ui.tickets.hosts import TicketHost


def presets(now: datetime) -> list[tuple[str, datetime]]:
    """Return what is offered and when that is, nothing twice: on a Thursday, tomorrow is Friday."""

    def at(days: int, hour: int) -> datetime:
        return (now + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)

    choices = [
        (tr("In 1 hour"), now + timedelta(hours=1)),
        (tr("In 4 hours"), now + timedelta(hours=4)),
        (tr("Tomorrow at {time}"), at(1, 12)),
        (tr("Tomorrow at {time}"), at(1, 17)),
        (tr("Friday at {time}"), at((4 - now.weekday()) % 7 or 7, 17)),
        (tr("In a week"), at(7, 17)),
    ]
    found: dict[datetime, str] = {}
    for words, when in choices:
        found.setdefault(when, words.format(time=clock_text(when)))
    return [(words, when) for when, words in found.items()]


def ask_due(window: TicketHost, ids: Sequence[int]) -> None:
    """Offer the usual due dates in the palette, and any other one."""
    acts = window.acts
    now = datetime.now().astimezone()
    entries = [
        Entry(
            words,
            lambda until=when: acts.set_due(ids, until),  # type: ignore[misc]
            day_time(when, now),
            "calendar-clock",
        )
        for words, when in presets(now)
    ]
    first = (now + timedelta(days=1)).replace(hour=17, minute=0, second=0, microsecond=0)
    entries.append(Entry(tr("Another time…"), lambda: _ask_exactly(window, ids, first), icon="clock"))
    entries.append(Entry(tr("No due date"), lambda: acts.set_due(ids, None), icon="x"))

    def typed(text: str) -> Iterable[Entry]:
        when = read_moment(text, now)
        if when is not None:
            yield Entry(full_time(when), lambda: acts.set_due(ids, when), text.strip(), "calendar-clock")

    window.palette_layer.open_with(entries, typed, prompt=tr("Due… (“in 2 hours”, “friday 9:00”)"))


def _ask_exactly(window: TicketHost, ids: Sequence[int], first: datetime) -> None:
    question = MomentQuestion(tr("Set a due date"), tr("Set"), first, widget(window))
    question.ask(lambda: window.acts.set_due(ids, question.moment))
