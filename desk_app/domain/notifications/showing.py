"""What pops up on the desktop, and when: bursts together, nothing in quiet hours, one digest afterwards (NT-03).

A pure function of the notifications that wait, the agent's choices and the time; whoever shows popups calls it again at
the instant it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from desk_app.domain.notifications.choices import NotificationChoices
from desk_app.domain.notifications.model import Channel, Notice, NoticeKind

BURST = 3
"""From this many on, new tickets of one department are told together; no more popups than this at once."""

SETTLE = timedelta(seconds=1.5)
"""How long a notification waits for others that come with it."""

LONGEST_WAIT = timedelta(seconds=6)
"""How long the first of an endless burst waits."""

LATE = timedelta(minutes=3)
"""What is older was missed (quiet hours, a pause, the program was closed) and comes as one digest."""


LOOK_BACK = timedelta(minutes=10)
"""How long a notification may take from its moment until others can read it; its id may then be smaller than that of
one which was dealt with long ago."""


class PopupKind(StrEnum):
    """What a popup is about."""

    TICKET = "ticket"
    NEW_TICKETS = "new_tickets"
    OTHER = "other"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Popup:
    """Something to show: the notifications in it, oldest first. One with the same `key` takes its place."""

    kind: PopupKind
    key: str
    notices: tuple[Notice, ...]
    sound: bool = False

    @property
    def shown(self) -> tuple[Notice, ...]:
        """What is to be seen; the rest is only heard."""
        return tuple(one for one in self.notices if one.channels & Channel.DESKTOP)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to show now, what waits, and when to plan again (None: when there is something new)."""

    popups: tuple[Popup, ...] = ()
    held: tuple[Notice, ...] = ()
    again_at: datetime | None = None


def plan(waiting: Sequence[Notice], choices: NotificationChoices, now: datetime) -> Plan:
    """Decide what to show of the notifications that were not shown yet. What an agent wants neither on the desktop nor
    to hear is dropped; everything else is in exactly one popup or held."""
    wanted = sorted((one for one in waiting if one.channels & (Channel.DESKTOP | Channel.SOUND)), key=_order)
    if not wanted:
        return Plan()
    alone = choices.left_alone_until(now)
    if alone is not None:
        return Plan(held=tuple(wanted), again_at=alone)
    late = [one for one in wanted if now - one.at > LATE]
    fresh = [one for one in wanted if now - one.at <= LATE]
    held: list[Notice] = []
    ready_at = min(fresh[-1].at + SETTLE, fresh[0].at + LONGEST_WAIT) if fresh else now
    if ready_at > now:
        held, fresh = fresh, []
    groups = _groups(fresh)
    if len(late) == 1:
        groups = {**_groups(late), **groups} if not set(_groups(late)) & set(groups) else _groups(late + fresh)
        late = []
    popups = [_popup(key, found, choices) for key, found in groups.items()]
    if len(popups) + bool(late) > BURST:
        popups, rest = popups[: BURST - 1], popups[BURST - 1 :]
        late = sorted([*late, *(one for popup in rest for one in popup.notices)], key=_order)
    if late:
        popups.append(_popup(_DIGEST_KEY, late, choices))
    return Plan(tuple(popups), tuple(held), ready_at if held else None)


@dataclass(frozen=True, slots=True)
class Dealt:
    """What was dealt with on one computer: every id up to `mark`, and some `above` it."""

    mark: int
    above: frozenset[int] = frozenset()

    def waiting(self, read: Sequence[Notice]) -> list[Notice]:
        """Return what was not dealt with."""
        return [one for one in read if one.id > self.mark and one.id not in self.above]

    def after(self, read: Sequence[Notice], held: Sequence[Notice], now: datetime) -> Dealt:
        """Return what is dealt with now that all but those `held` are. The mark stays below whatever is so young that
        something with a smaller id may still be on its way."""
        open_ids, mark = {one.id for one in held}, self.mark
        for one in sorted(read, key=lambda notice: notice.id):
            if one.id in open_ids or now - one.at <= LOOK_BACK:
                break
            mark = max(mark, one.id)
        dealt = self.above.union(one.id for one in read) - open_ids
        return Dealt(mark, frozenset(one for one in dealt if one > mark))


_DIGEST_KEY = "digest"


def _order(notice: Notice) -> tuple[datetime, int]:
    return notice.at, notice.id


def _groups(notices: Sequence[Notice]) -> dict[str, list[Notice]]:
    """Put together what is told together: what concerns one ticket, and a burst of new tickets in one department."""
    arrivals: dict[int | None, int] = {}
    for one in notices:
        if one.kind is NoticeKind.NEW_TICKET:
            arrivals[one.department_id] = arrivals.get(one.department_id, 0) + 1
    groups: dict[str, list[Notice]] = {}
    for one in notices:
        if one.kind is NoticeKind.NEW_TICKET and arrivals[one.department_id] >= BURST:
            key = f"new:{one.department_id or 0}"
        elif one.ticket_id is not None:
            key = f"ticket:{one.ticket_id}"
        else:
            key = f"other:{one.kind.value}:{one.data.get('about', one.id)}"
        groups.setdefault(key, []).append(one)
    return groups


def _popup(key: str, notices: Sequence[Notice], choices: NotificationChoices) -> Popup:
    sound = choices.sound and any(one.channels & Channel.SOUND for one in notices)
    kinds = {"new": PopupKind.NEW_TICKETS, "ticket": PopupKind.TICKET, _DIGEST_KEY: PopupKind.DIGEST}
    return Popup(kinds.get(key.partition(":")[0], PopupKind.OTHER), key, tuple(notices), sound)
