"""What handing out and erasing a person's data needs of the database (CU-10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from desk_app.domain.contacts.erasing import ErasedPerson


@dataclass(frozen=True, slots=True)
class PrivacyEntry:
    """One line of the privacy log: that something was done, without the data."""

    contact_id: int
    action: str
    actor_name: str
    summary: str
    at: datetime
    id: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a table that is looked through in one transaction: rows whose key lies in `low`..`high`."""

    table: str
    low: int
    high: int


class PrivacyRepository(Protocol):
    """Finds everything about a person, and takes it out."""

    def person(self, contact_id: int) -> ErasedPerson:
        """Return every id, address, name and number of a person, those of merged contacts and of ticket lines too."""
        ...

    def own_tickets(self, person: ErasedPerson) -> Sequence[int]:
        """Return the tickets whose customer the person is, in all lists, oldest first."""
        ...

    def elsewhere(self, person: ErasedPerson) -> Sequence[int]:
        """Return messages outside of these tickets that the person wrote or stands in."""
        ...

    def mail_to_others(self, person: ErasedPerson) -> Sequence[int]:
        """Return mail in tickets of other customers that waits to leave and is addressed to the person, too."""
        ...

    def stop_mail(self, person: ErasedPerson) -> int:
        """Cancel mail to the person that has not left; returns how many are being sent at this very moment."""
        ...

    def anonymise_ticket(self, ticket_id: int, person: ErasedPerson) -> None:
        """Take the person out of one of their own tickets, its messages and its history."""
        ...

    def anonymise_message(self, message_id: int, person: ErasedPerson) -> None:
        """Take the person out of a message of another ticket."""
        ...

    def stretches(self) -> Sequence[Stretch]:
        """Return all tables with texts in parts."""
        ...

    def sweep(self, part: Stretch, person: ErasedPerson) -> int:
        """Take addresses and numbers out of every text of a part; returns how many rows were changed."""
        ...

    def sweep_loose_mail(self, after_id: int, person: ErasedPerson) -> int:
        """Delete raw mail of the person that never became a message, some rows at a time; returns where to go on, 0 at
        the end."""
        ...

    def forget(self, person: ErasedPerson, *, keep_row: bool) -> None:
        """Empty or delete the contact itself, its history, and the words only it brought into the search."""
        ...

    def log(self, contact_id: int, action: str, actor_name: str, summary: str) -> None:
        """Write a line of the privacy log."""
        ...

    def entries(self, limit: int = 200) -> Sequence[PrivacyEntry]:
        """Return the privacy log, newest first."""
        ...
