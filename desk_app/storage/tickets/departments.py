"""Carries tickets to another department with everything that hangs on them (database.md 1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from desk_app.storage.schema.links import side_conversation, ticket_link, ticket_star, ticket_watcher
from desk_app.storage.schema.messages import (
    attachment,
    message,
    message_address,
    message_body,
    message_ref,
    search_document,
)
from desk_app.storage.schema.sync import outbox
from desk_app.storage.schema.tickets import ticket_seen
from desk_app.storage.schema.views import notification

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_OF_TICKET = (
    message,
    search_document,
    ticket_seen,
    outbox,
    ticket_link,
    ticket_watcher,
    ticket_star,
    side_conversation,
    notification,
)
_OF_MESSAGE = (message_body, message_address, message_ref, attachment)
_AT_ONCE = 500


def carry_department(transaction: Transaction, ticket_ids: Sequence[int], department_id: int) -> None:
    """Write the department into the rows of tickets that moved; history keeps its own."""
    connection = transaction.connection
    for start in range(0, len(ticket_ids), _AT_ONCE):
        ids = list(ticket_ids[start : start + _AT_ONCE])
        of_tickets = select(message.c.id).where(message.c.ticket_id.in_(ids))
        for table in _OF_TICKET:
            connection.execute(update(table).where(table.c.ticket_id.in_(ids)).values(department_id=department_id))
        for table in _OF_MESSAGE:
            of_message = table.c.message_id.in_(of_tickets)
            connection.execute(update(table).where(of_message).values(department_id=department_id))
