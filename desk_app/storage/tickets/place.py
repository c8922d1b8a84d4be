"""Where a stored version of a ticket is listed and counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from desk_app.domain.tickets.model import Ticket
from desk_app.storage.tickets.mapping import ticket_values


@dataclass(frozen=True, slots=True)
class Place:
    """What a save compares a ticket with, to write what changed and nothing else."""

    version: int
    department_id: int
    bucket: str
    assignee_id: int | None
    mailbox_ids: tuple[int, ...]
    listed: tuple[object, ...]  # what mailbox and tag rows repeat
    values: dict[str, Any]  # the columns, so that a save leaves the other indexes alone

    @classmethod
    def of(cls, item: Ticket) -> Place:
        """Return the place of a ticket as it is."""
        bucket = item.bucket.value
        return cls(
            item.version,
            item.department_id,
            bucket,
            item.assignee_id,
            tuple(sorted(set(item.mailbox_ids))),
            (bucket, item.activity_at, item.created_at, item.department_id),
            ticket_values(item),
        )

    def counters(self) -> list[tuple[int, str, int, str]]:
        """Return the counters that count a ticket here: department, scope, scope id, bucket."""
        return [
            (self.department_id, "all", 0, self.bucket),
            (self.department_id, "agent", self.assignee_id or 0, self.bucket),
            *((self.department_id, "mailbox", account_id, self.bucket) for account_id in self.mailbox_ids),
        ]

    def changes_from(self, before: Place) -> dict[str, Any]:
        """Return the columns that differ from an earlier place."""
        return {name: value for name, value in self.values.items() if value != before.values[name]}

    def listing(self) -> dict[str, Any]:
        """Return what mailbox and tag rows repeat."""
        return {name: self.values[name] for name in ("bucket", "activity_at", "created_at", "department_id")}


def mailbox_rows(ticket_id: int, place: Place, account_ids: Iterable[int]) -> list[dict[str, Any]]:
    """Return the rows that show a ticket in mailboxes."""
    return [{"ticket_id": ticket_id, "account_id": account_id, **place.listing()} for account_id in account_ids]
