"""Contacts in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from desk_app.domain.contacts.model import Contact


class ContactRepository(Protocol):
    """Loads and saves contacts."""

    def get_or_create(self, email: str, name: str, *, language: str, department_id: int, at: datetime) -> Contact:
        """Return the contact with this address (following merges), creating it from its first mail (CU-01)."""
        ...

    def prefetch(self, emails: Sequence[str]) -> None:
        """Read together the contacts of addresses (lower case) that a batch is going to ask for; outside of one,
        nothing happens."""
        ...

    def get(self, contact_id: int) -> Contact | None:
        """Return a contact; a merged one resolves to the one that took it over (CU-03)."""
        ...

    def by_email(self, email: str) -> Contact | None:
        """Return the contact with this address."""
        ...

    def save(self, contact: Contact) -> None:
        """Write name, note, language, addresses (added, removed, primary); raises ValueError where an address belongs
        to somebody else."""
        ...

    def merge(self, source_id: int, target_id: int) -> None:
        """Move addresses, tickets and messages to `target_id`; the source keeps its row and resolves to the target."""
        ...

    def unmerge(self, source_id: int) -> None:
        """Undo a merge: what came from the source goes back."""
        ...

    def mark_failing(self, email: str, reason: str, at: datetime) -> None:
        """Mark an address as failing after a permanent bounce (MB-22); unknown addresses are ignored."""
        ...

    def mark_working(self, email: str) -> None:
        """Clear the failing mark: the person wrote from that address."""
        ...
