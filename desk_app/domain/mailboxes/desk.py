"""Choices that hold for the whole desk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TwoMailboxes(StrEnum):
    """What one mail to two of our mailboxes becomes (MB-10)."""

    SHARED = "shared"
    PAIR = "pair"


class HistoryIncluded(StrEnum):
    """How much of the thread an outgoing mail quotes (CO-12)."""

    NONE = "none"
    LAST = "last"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """The desk's own settings, stored one row a field in table `setting`.

    `instance_id` marks our own mail (pains.md 8). `outgoing_armed` False keeps everything that would be sent in the
    tray. `number_format` holds one run of `#` for the counter; its length is the minimum number of digits. Spans are
    in the unit of their name.
    """

    instance_id: str = ""
    desk_name: str = "Desk"
    outgoing_armed: bool = False
    two_mailboxes: TwoMailboxes = TwoMailboxes.SHARED
    number_format: str = "####"
    number_prefixes_used: tuple[str, ...] = ()
    reopen_days: int = 14
    undo_seconds: int = 8
    history_included: HistoryIncluded = HistoryIncluded.LAST
    auto_answers_per_hour: int = 60
    alarm_after_failed_polls: int = 3
    trash_days: int = 30
