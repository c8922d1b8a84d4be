"""Contacts in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from desk_app.domain.contacts.blocking import BlockKey, BlockKind, SenderBlock
    from desk_app.domain.contacts.model import Contact, Organization


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


class ContactEventRepository(Protocol):
    """What was done to people and organizations, newest last. Goes with the person's data (CU-10)."""

    def add(
        self,
        kind: str,
        *,
        actor_name: str,
        contact_id: int | None = None,
        organization_id: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one line; `data` is JSON that an undo needs."""
        ...

    def last(self, kind: str, *, contact_id: int | None = None, organization_id: int | None = None) -> dict[str, Any]:
        """Return the data of the newest line of a kind, {} where there is none."""
        ...


class OrganizationRepository(Protocol):
    """Organizations, their domains and members (CU-05)."""

    def add(self, organization: Organization) -> int:
        """Insert an organization with its domains and return its id; raises ValueError where a domain is taken."""
        ...

    def get(self, organization_id: int) -> Organization | None:
        """Return an organization."""
        ...

    def save(self, organization: Organization) -> None:
        """Write an organization and its domains; raises ValueError where a domain is taken or `version` moved on."""
        ...

    def remove(self, organization_id: int) -> None:
        """Delete an organization; its members stay, without one."""
        ...

    def restore(self, organization: Organization, member_ids: Sequence[int]) -> None:
        """Put a deleted organization back under its old id, with those members that have none by now."""
        ...

    def members(self, organization_id: int) -> Sequence[int]:
        """Return the contacts of an organization."""
        ...

    def assign(self, contact_ids: Sequence[int], organization_id: int | None) -> None:
        """Make contacts members of an organization, or of none."""
        ...

    def homeless(self, domains: Sequence[str]) -> Sequence[int]:
        """Return the contacts without an organization who have an address in one of these domains."""
        ...

    def find(self, domain: str) -> int | None:
        """Return the organization a domain stands for."""
        ...

    def named(self, name: str) -> int | None:
        """Return the organization of this name, however it is written."""
        ...


class SenderBlockRepository(Protocol):
    """Whose mail is held back (CU-09)."""

    def all(self) -> Sequence[SenderBlock]:
        """Return every block, newest first."""
        ...

    def among(self, addresses: Sequence[str]) -> Mapping[BlockKey, SenderBlock]:
        """Return the blocks that may hold mail of these senders back, in one query."""
        ...

    def add(self, block: SenderBlock) -> bool:
        """Insert a block; False where it is there already. Contacts it covers are marked as blocked."""
        ...

    def remove(self, kind: BlockKind, value: str) -> bool:
        """Delete a block; False where there is none. Contacts that nothing else blocks lose their mark."""
        ...
