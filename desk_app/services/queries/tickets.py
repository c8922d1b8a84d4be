"""What lists of tickets read. Rows never carry more than a list shows; ORM entities do not exist."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from desk_app.domain.tickets.model import Bucket, Priority, Status
    from desk_app.domain.tickets.query import PageKey, TicketQuery


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One line of a list. `account_ids` are the mailboxes that show it; `unread` and `starred` are for the agent who
    asked."""

    id: int
    number: str
    subject: str
    snippet: str
    requester_name: str
    requester_email: str
    bucket: Bucket
    status_name: str
    status_key: str
    priority: Priority
    assignee_id: int | None
    assignee_name: str
    account_ids: tuple[int, ...]
    message_count: int
    has_attachments: bool
    unread: bool
    activity_at: datetime
    created_at: datetime
    snoozed_until_at: datetime | None
    imported: bool
    version: int
    department_id: int = 0
    due_at: datetime | None = None
    starred: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketPage:
    """Some rows in order; `next` is None on the last page. `partial` says that a search ran out of its time budget and
    that asking for the next page goes on with it."""

    rows: tuple[TicketRow, ...]
    next: PageKey | None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """The sidebar's numbers. Keys of `mine`, `nobody`, `total` are buckets; `mailboxes` maps an account to the same."""

    total: Mapping[Bucket, int]
    mine: Mapping[Bucket, int]
    nobody: Mapping[Bucket, int]
    mailboxes: Mapping[int, Mapping[Bucket, int]]
    outbox_held: int
    outbox_unknown: int
    quarantined: int


class TicketQueries(Protocol):
    """Lists, counters and look-ups. Every call opens and closes its own read transaction."""

    def page(
        self, query: TicketQuery, *, agent_id: int | None, limit: int = 50, after: PageKey | None = None
    ) -> TicketPage:
        """Return one page of a list or of a search, by keyset."""
        ...

    def ids(self, query: TicketQuery, *, limit: int | None = None, agent_id: int | None = None) -> array[int]:
        """Return the ids of a whole list in its order, for a sparse list model (toolchain.md 3).

        `agent_id` is who "me", "unread" and the like mean.
        """
        ...

    def count(self, query: TicketQuery, *, agent_id: int | None, most: int = 1_000) -> int:
        """Count a list or search, no further than to `most`, so that a number costs no more than a glance."""
        ...

    def rows(self, ids: Sequence[int], *, agent_id: int | None) -> list[TicketRow]:
        """Return rows for ids, in the order of `ids`; unknown ids are left out."""
        ...

    def hits(self, ids: Sequence[int], search: str) -> Mapping[int, str]:
        """Return where in a ticket's newest messages the words of a search stand, for tickets in whose texts they do;
        internal notes count, what was said to third parties too."""
        ...

    def counts(self, agent_id: int | None) -> Counts:
        """Return all counters, from the incremental counter table only."""
        ...

    def statuses(self) -> list[Status]:
        """Return every status."""
        ...

    def find(self, number_or_id: str) -> int | None:
        """Return the id of the ticket with this number (or "#id"); follows merges to the surviving ticket."""
        ...
