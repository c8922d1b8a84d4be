"""What a list of tickets shows: filters, order, and a place in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from desk_app.domain.tickets.model import Bucket, Priority


class TicketOrder(StrEnum):
    """The orders a list offers. Those by instants and priority have an index behind them; the others are sorted."""

    ACTIVITY = "activity"
    CREATED = "created"
    DUE = "due"
    PRIORITY = "priority"
    NUMBER = "number"
    SUBJECT = "subject"
    REQUESTER = "requester"
    ASSIGNEE = "assignee"
    STATUS = "status"

    @property
    def natural_ascending(self) -> bool:
        """The direction agents expect: the newest and most urgent on top, names from A, the next due date first."""
        return self in {TicketOrder.DUE, TicketOrder.SUBJECT, TicketOrder.REQUESTER, TicketOrder.ASSIGNEE}


class Assigned(StrEnum):
    """To whom tickets are assigned, seen from the agent who looks."""

    ANYBODY = ""
    ME = "me"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time. The days count from the moment somebody looks, the instants do not."""

    last_days: int | None = None
    older_days: int | None = None
    next_days: int | None = None
    after_at: datetime | None = None
    before_at: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether every moment lies in it."""
        return self == Span()

    def bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return from when on (included) and until when (not included), None where it is open."""
        froms = [self.after_at, now - timedelta(days=self.last_days) if self.last_days is not None else None]
        untils = [
            self.before_at,
            now - timedelta(days=self.older_days) if self.older_days is not None else None,
            now + timedelta(days=self.next_days) if self.next_days is not None else None,
        ]
        first = [one for one in froms if one is not None]
        last = [one for one in untils if one is not None]
        return max(first, default=None), min(last, default=None)


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """The filters of a view; all of them must hold. Empty tuples, None and False leave a property open.

    `assignee_id` 0 means nobody, `tags` must all be there, of the other tuples one must fit. `search` is the text of
    the search box (domain.search). "Me" in `assigned` is the agent who looks, as it is in `unread`, `starred`,
    `watched` and `drafted`.
    """

    buckets: tuple[Bucket, ...] = (Bucket.OPEN,)
    account_id: int | None = None
    department_id: int | None = None
    assignee_id: int | None = None
    requester_id: int | None = None
    tag: str = ""
    search: str = ""
    order: TicketOrder = TicketOrder.ACTIVITY
    ascending: bool = False
    statuses: tuple[str, ...] = ()
    """Status keys."""
    priorities: tuple[Priority, ...] = ()
    tags: tuple[str, ...] = ()
    account_ids: tuple[int, ...] = ()
    department_ids: tuple[int, ...] = ()
    assigned: Assigned = Assigned.ANYBODY
    organization_id: int | None = None
    unread: bool = False
    starred: bool = False
    watched: bool = False
    drafted: bool = False
    """Only tickets with a begun answer or note of the agent who looks."""
    answered: bool = False
    """Only tickets whose last public message is ours."""
    has_attachments: bool = False
    created: Span = field(default_factory=Span)
    updated: Span = field(default_factory=Span)
    """When somebody wrote last."""
    due: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True)
class PageKey:
    """The last row of a page: the next page starts after it (keyset paging).

    `rank` is the stretch of the list it stands in: orders by priority, due date and assignee have several.
    """

    at: datetime | str | int
    id: int
    rank: int = 0
