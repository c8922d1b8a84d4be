"""Read models of people and organizations."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from desk_app.domain.contacts.blocking import SenderBlock
    from desk_app.domain.contacts.model import Contact, ContactEvent, Organization
    from desk_app.domain.contacts.query import ContactQuery


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A person as a list shows it. Tickets among spam, trash and merged ones do not count."""

    id: int
    name: str
    email: str
    organization: str
    tickets: int
    open_tickets: int
    last_contact_at: datetime | None
    blocked: bool
    failing: bool


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """An organization as a list shows it."""

    id: int
    name: str
    domains: tuple[str, ...]
    members: int
    tickets: int
    open_tickets: int


@dataclass(frozen=True, slots=True)
class ContactProfile:
    """Everything the profile of a person shows but its tickets. `block` is what holds the person's mail back."""

    contact: Contact
    organization: Organization | None
    row: ContactRow
    block: SenderBlock | None
    events: tuple[ContactEvent, ...]
    merged: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class OrganizationProfile:
    """Everything the profile of an organization shows but its tickets; `members` are the first of `row.members`."""

    organization: Organization
    row: OrganizationRow
    members: tuple[ContactRow, ...]
    events: tuple[ContactEvent, ...]


class ContactQueries(Protocol):
    """Reads people and organizations. Merged contacts appear in no list."""

    def ids(self, query: ContactQuery) -> array[int]:
        """Return the ids of a whole list in its order."""
        ...

    def rows(self, ids: Sequence[int]) -> list[ContactRow]:
        """Return rows for ids, in the order of `ids`; unknown ids are left out."""
        ...

    def profile(self, contact_id: int) -> ContactProfile | None:
        """Return a person's profile, following merges; None where there is none."""
        ...

    def duplicates(self, contact_id: int, limit: int = 5) -> list[ContactRow]:
        """Return people who may be the same one: the same name, or the same phone number."""
        ...

    def organization_ids(self, search: str = "") -> array[int]:
        """Return the ids of organizations by name; `search` finds parts of names and domains."""
        ...

    def organization_rows(self, ids: Sequence[int]) -> list[OrganizationRow]:
        """Return rows for ids, in the order of `ids`; unknown ids are left out."""
        ...

    def organization_profile(self, organization_id: int) -> OrganizationProfile | None:
        """Return an organization's profile; None where there is none."""
        ...
