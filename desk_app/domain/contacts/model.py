"""A contact and the addresses it is reached at, and the organization it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """A person outside. A merged contact keeps its row and points at the one that took it over (CU-03).

    `fields` holds the desk's own fields (CU-06) by key. `blocked` says that a block of an address or a domain holds the
    person's mail back (CU-09).
    """

    id: int
    name: str
    language: str = ""
    note: str = ""
    blocked: bool = False
    merged_into_id: int | None = None
    addresses: tuple[ContactAddress, ...] = ()
    created_at: datetime | None = None
    version: int = 1
    organization_id: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def primary_email(self) -> str:
        """The address replies go to unless a ticket says otherwise; "" where there is none."""
        emails = self.emails
        marked = next((a.address for a in self.addresses if a.kind == "email" and a.is_primary), "")
        return marked or (emails[0] if emails else "")

    @property
    def emails(self) -> tuple[str, ...]:
        """Every e-mail address."""
        return tuple(a.address for a in self.addresses if a.kind == "email")

    @property
    def phones(self) -> tuple[str, ...]:
        """Every phone number."""
        return tuple(a.address for a in self.addresses if a.kind == "phone")


@dataclass(frozen=True, slots=True)
class Organization:
    """A company, a school, a family: people who belong together (CU-05). Whoever writes from one of its `domains`
    joins it."""

    id: int
    name: str
    note: str = ""
    domains: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """One line of what was done to a person or an organization."""

    at: datetime
    actor_name: str
    kind: str
    id: int = 0
