"""What a list of people shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ContactFilter(StrEnum):
    """Which people a list shows."""

    ALL = "all"
    BLOCKED = "blocked"
    FAILING = "failing"
    """Mail to one of their addresses comes back."""
    WITHOUT_TICKETS = "without_tickets"


class ContactOrder(StrEnum):
    """How a list of people is ordered: by name, or by who was in touch last."""

    NAME = "name"
    LAST_CONTACT = "last_contact"


@dataclass(frozen=True, slots=True)
class ContactQuery:
    """`search` finds parts of names, addresses, phone numbers and organizations; every word must be found."""

    search: str = ""
    filter: ContactFilter = ContactFilter.ALL
    order: ContactOrder = ContactOrder.NAME
    organization_id: int | None = None
