"""A contact and the addresses it is reached at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ContactAddress:
    """One address or phone number. `failing_since_at` is set by a permanent bounce (MB-22)."""

    address: str
    kind: str = "email"
    label: str = ""
    is_primary: bool = False
    failing_since_at: datetime | None = None
    failing_reason: str = ""
    bounce_count: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """A person outside. A merged contact keeps its row and points at the one that took it over (CU-03)."""

    id: int
    name: str
    language: str = ""
    note: str = ""
    blocked: bool = False
    merged_into_id: int | None = None
    addresses: tuple[ContactAddress, ...] = ()
    created_at: datetime | None = None
    version: int = 1

    @property
    def primary_email(self) -> str:
        """The address replies go to unless a ticket says otherwise; "" where there is none."""
        emails = [a for a in self.addresses if a.kind == "email"]
        return next((a.address for a in emails if a.is_primary), emails[0].address if emails else "")
