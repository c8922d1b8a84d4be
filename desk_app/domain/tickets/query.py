"""What a list of tickets shows: filters, order, and a place in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desk_app.domain.tickets.model import Bucket


class TicketOrder(StrEnum):
    """The orders a list offers; each has an index behind it."""

    ACTIVITY = "activity"
    CREATED = "created"


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """The filters of a view. `assignee_id` 0 means nobody, `search` is the text of the search box (domain.search)."""

    buckets: tuple[Bucket, ...] = (Bucket.OPEN,)
    account_id: int | None = None
    department_id: int | None = None
    assignee_id: int | None = None
    requester_id: int | None = None
    tag: str = ""
    search: str = ""
    order: TicketOrder = TicketOrder.ACTIVITY
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class PageKey:
    """The last row of a page: the next page starts after it (keyset paging)."""

    at: datetime
    id: int
