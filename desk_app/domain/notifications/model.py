"""A notification: what it is about and where it appears."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag, StrEnum
from typing import Any


class NoticeKind(StrEnum):
    """Why somebody is told, the strongest reason first."""

    MENTIONED = "mentioned"
    ASSIGNED = "assigned"
    SEND_FAILED = "send_failed"
    CUSTOMER_WROTE = "customer_wrote"
    NOTE_ADDED = "note_added"
    WOKEN = "woken"
    NEW_TICKET = "new_ticket"
    MAILBOX_ALARM = "mailbox_alarm"
    JOB_FINISHED = "job_finished"


class Channel(IntFlag):
    """Where a notification appears; the values are stored (table notification, agent_setting)."""

    NONE = 0
    CENTRE = 1
    DESKTOP = 2
    SOUND = 4


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification of one agent, as deciding what to show needs it."""

    id: int
    kind: NoticeKind
    at: datetime
    channels: Channel
    ticket_id: int | None = None
    department_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
