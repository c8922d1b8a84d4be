"""The lines of the notification centre: days, and in each day one group a ticket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from desk_app.domain.notifications.model import NoticeKind

if TYPE_CHECKING:
    from desk_app.services.ports.notifications import NoticeRow

_TO_ME = frozenset({NoticeKind.MENTIONED, NoticeKind.ASSIGNED})
_TROUBLE = frozenset({NoticeKind.SEND_FAILED, NoticeKind.MAILBOX_ALARM})


class Filter(StrEnum):
    """What of the centre is shown."""

    ALL = "all"
    UNREAD = "unread"
    TO_ME = "to_me"
    TROUBLE = "trouble"

    def takes(self, row: NoticeRow) -> bool:
        """Return whether a notification is shown."""
        if self is Filter.UNREAD:
            return not row.read
        if self is Filter.TO_ME:
            return row.notice.kind in _TO_ME
        return self is Filter.ALL or row.notice.kind in _TROUBLE


@dataclass(frozen=True, slots=True)
class Group:
    """What happened to one ticket on one day, newest first; or one notification that is about no ticket."""

    day: date
    rows: tuple[NoticeRow, ...]

    @property
    def newest(self) -> NoticeRow:
        """The newest notification."""
        return self.rows[0]

    @property
    def ticket_id(self) -> int | None:
        """The ticket, if it is about one."""
        return self.newest.notice.ticket_id

    @property
    def unread(self) -> bool:
        """Whether anything in it is unread."""
        return any(not row.read for row in self.rows)

    @property
    def ids(self) -> list[int]:
        """The ids of its notifications."""
        return [row.notice.id for row in self.rows]


Line = date | Group


def lines(rows: Sequence[NoticeRow], wanted: Filter, unread_kept: Iterable[int] = ()) -> list[Line]:
    """Return the lines for notifications, newest first: the day, then its groups by their newest notification.

    `unread_kept` are ids that stay among the unread though they have just been read, so that nothing jumps away under
    the pointer.
    """
    kept = set(unread_kept)
    days: dict[date, dict[tuple[str, int], list[NoticeRow]]] = {}
    for row in rows:
        if not wanted.takes(row) and not (wanted is Filter.UNREAD and row.notice.id in kept):
            continue
        ticket_id = row.notice.ticket_id
        key = ("ticket", ticket_id) if ticket_id is not None else ("one", row.notice.id)
        days.setdefault(_day(row.notice.at), {}).setdefault(key, []).append(row)
    found: list[Line] = []
    for day, groups in days.items():
        found.append(day)
        found += [Group(day, tuple(group)) for group in groups.values()]
    return found


def _day(at: datetime) -> date:
    return at.astimezone().date()
