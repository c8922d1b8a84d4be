"""The contacts of a batch: known without asking again, new ones written together."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from desk_app.domain.contacts.model import Contact, ContactAddress
from desk_app.domain.contacts.naming import sort_key
from desk_app.storage.schema.contacts import contact, contact_address, contact_department

if TYPE_CHECKING:
    from desk_app.storage.batch import Batch


class HeldContacts:
    """Which contact an address belongs to, and which departments know it."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._by_email: dict[str, Contact | None] = {}
        self.departments: set[tuple[int, int]] = set()  # contact, department
        self.organizations: dict[str, int | None] = {}  # by domain

    def knows(self, email: str) -> bool:
        """Return whether an address was looked up, found or not."""
        return email in self._by_email

    def get(self, email: str) -> Contact | None:
        """Return the contact of an address that was looked up."""
        return self._by_email[email]

    def learn(self, email: str, found: Contact | None) -> None:
        """Remember what a look-up gave."""
        self._by_email[email] = found

    def forget(self) -> None:
        """Forget every look-up, because contacts are about to change."""
        self._by_email.clear()

    def add(self, email: str, name: str, language: str, at: datetime, organization_id: int | None) -> Contact:
        """Hold a new contact back; that somebody else made it meanwhile is told when it is written."""
        key = self._batch.new_id(contact)
        row = {"id": key, "name": name, "sort_name": sort_key(name), "language": language}
        row |= {"organization_id": organization_id, "created_at": at, "updated_at": at}
        self._batch.insert(contact, row)
        self._batch.insert(contact_address, {"contact_id": key, "kind": "email", "address": email, "is_primary": True})
        address = ContactAddress(email, is_primary=True)
        added = self._by_email[email] = Contact(
            key, name, language, addresses=(address,), created_at=at, organization_id=organization_id
        )
        return added

    def enter(self, contact_id: int, department_id: int) -> None:
        """Note that a contact wrote to a department."""
        if (contact_id, department_id) not in self.departments:
            self.departments.add((contact_id, department_id))
            row = {"contact_id": contact_id, "department_id": department_id}
            self._batch.insert(contact_department, row, skip_known=True)

    def insert(self) -> None:
        """Nothing waits: rows are handed over at once."""

    def update(self) -> None:
        """Changed contacts are written at once."""
