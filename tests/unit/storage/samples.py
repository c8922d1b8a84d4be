"""Tickets and messages for storage tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from desk_app.domain.mailboxes.model import Account, AccountPolicy
from desk_app.domain.messages.model import Address, AddressRole, Direction, MessageKind
from desk_app.domain.tickets.model import StatusCategory, Ticket
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.sync import InboundItem
from desk_app.services.ports.unit_of_work import UnitOfWork

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def minutes(number: float) -> datetime:
    """Return an instant some minutes after noon."""
    return NOON + timedelta(minutes=number)


def ticket(uow: UnitOfWork, **changes: Any) -> Ticket:
    """Add a ticket of the first department and return it."""
    values: dict[str, Any] = {
        "id": 0,
        "number": uow.tickets.next_number("T-####"),
        "department_id": 1,
        "account_id": None,
        "channel": "email",
        "subject": "Printer",
        "status_id": 1,
        "category": StatusCategory.OPEN,
        "requester_id": None,
        "requester_name": "Ana",
        "requester_email": "ana@example.org",
        "created_at": NOON,
        "updated_at": NOON,
        "activity_at": NOON,
    }
    item = Ticket(**(values | changes))
    uow.tickets.add(item)
    return item


def message(uow: UnitOfWork, of: Ticket, text: str = "hello", *, index: bool = True, **changes: Any) -> MessageRecord:
    """Add an inbound message to a ticket and return it."""
    values: dict[str, Any] = {
        "ticket_id": of.id,
        "department_id": of.department_id,
        "account_id": of.account_id,
        "kind": MessageKind.PUBLIC_REPLY,
        "direction": Direction.INBOUND,
        "author_name": "Ana Lopez",
        "author_email": "ana@example.org",
        "subject": of.subject,
        "sent_at": NOON,
        "created_at": NOON,
        "internet_id": "",
        "text": text,
        "addresses": ((AddressRole.TO, Address("Desk", "desk@example.net")),),
    }
    record = MessageRecord(**(values | changes))
    uow.messages.add(record)
    if index:
        uow.search.index(record)
    return record


def account(uow: UnitOfWork, address: str = "desk@example.net", **changes: Any) -> int:
    """Add a mailbox and return its id."""
    values: dict[str, Any] = {
        "id": 0,
        "department_id": 1,
        "channel": "email",
        "name": address.split("@", maxsplit=1)[0].title(),
        "sender_name": "Desk",
        "address": address,
        "settings": {"host": "imap.example.net"},
        "policy": AccountPolicy(),
    }
    return uow.accounts.add(Account(**(values | changes)))


def inbound(account_id: int, key: str, **changes: Any) -> InboundItem:
    """Return an intake row that is not stored yet."""
    values: dict[str, Any] = {
        "account_id": account_id,
        "department_id": 1,
        "stream": "INBOX",
        "source_key": key,
        "received_at": NOON,
        "stored_at": NOON,
        "size": 10,
        "raw_sha256": None,
    }
    return InboundItem(**(values | changes))


def subjects(rows: Sequence[Any]) -> list[str]:
    """Return the subjects of list rows."""
    return [row.subject for row in rows]
