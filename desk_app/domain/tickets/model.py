"""A ticket and what changes it."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default
from datetime import datetime
from enum import StrEnum
from typing import Any

from desk_app.domain.people.actor import Actor


class StatusCategory(StrEnum):
    """What a status means; alone drives SLA, load and reports."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class Bucket(StrEnum):
    """Which lists a ticket stands in; derived from its state, see `Ticket.bucket`."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"
    SNOOZED = "snoozed"
    SPAM = "spam"
    TRASH = "trash"
    MERGED = "merged"


class Priority(StrEnum):
    """How urgent a ticket is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class LinkKind(StrEnum):
    """Why a ticket points at an earlier one."""

    NONE = ""
    FOLLOW_UP = "follow_up"
    SPLIT = "split"
    PAIR = "pair"


@dataclass(frozen=True, slots=True)
class Status:
    """A named state of work; `department_id` None means every department has it."""

    id: int
    key: str
    name: str
    category: StatusCategory
    department_id: int | None = None
    position: int = 0


@dataclass(slots=True)
class Ticket:
    """One case. Changed only by services, through a unit of work that records the events."""

    id: int
    number: str
    department_id: int
    account_id: int | None
    channel: str
    subject: str
    status_id: int
    category: StatusCategory
    requester_id: int | None
    requester_name: str
    requester_email: str
    created_at: datetime
    updated_at: datetime
    activity_at: datetime
    priority: Priority = Priority.NORMAL
    assignee_id: int | None = None
    language: str = ""
    snippet: str = ""
    message_count: int = 0
    has_attachments: bool = False
    imported: bool = False
    spam: bool = False
    last_message_id: int | None = None
    last_inbound_id: int | None = None
    customer_wrote_at: datetime | None = None
    agent_replied_at: datetime | None = None
    first_response_at: datetime | None = None
    closed_at: datetime | None = None
    snoozed_until_at: datetime | None = None
    trashed_at: datetime | None = None
    merged_into_id: int | None = None
    follows_id: int | None = None
    link_kind: LinkKind = LinkKind.NONE
    version: int = 1
    due_at: datetime | None = None
    mailbox_ids: tuple[int, ...] = ()

    @property
    def bucket(self) -> Bucket:
        """The lists this ticket belongs to, the strongest state first."""
        if self.merged_into_id is not None:
            return Bucket.MERGED
        if self.trashed_at is not None:
            return Bucket.TRASH
        if self.spam:
            return Bucket.SPAM
        if self.snoozed_until_at is not None:
            return Bucket.SNOOZED
        return Bucket(self.category.value)


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """One line of a ticket's history: when, actor, cause, what, old and new. `kind` is past tense ("StatusChanged")."""

    ticket_id: int
    department_id: int
    at: datetime
    kind: str
    actor: Actor
    cause: str = ""
    field: str = ""
    old: str | None = None
    new: str | None = None
    message_id: int | None = None
    data: dict[str, Any] = default(default_factory=dict)
    id: int = 0
    silent: bool = False
    """Nobody is told of it (imported mail, NT-04; automatic answers); not stored."""
