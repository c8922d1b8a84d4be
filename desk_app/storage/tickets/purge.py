"""Deletes a ticket for good (IN-32, pains.md 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from desk_app.domain.tickets.model import Ticket
from desk_app.services.ports.sync import InboundState
from desk_app.storage.messages.blobs import remove_orphans
from desk_app.storage.schema.contacts import contact_move
from desk_app.storage.schema.messages import attachment, message
from desk_app.storage.schema.sync import auto_answer, inbound_item, outbox
from desk_app.storage.schema.tickets import ticket, ticket_event, ticket_purge
from desk_app.storage.schema.writing import draft, draft_attachment
from desk_app.storage.search.index import SqlSearchIndex

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


def purge_ticket(transaction: Transaction, item: Ticket, *, actor_name: str, reason: str) -> None:
    """Delete a ticket's rows and the bytes nobody else uses; write the purge log; leave intake rows as tombstones.

    Tombstones keep source key, Message-ID and hash, so that the mail is not imported again, and lose the raw mail.
    """
    connection = transaction.connection
    connection.execute(
        insert(ticket_purge),
        {
            "ticket_id": item.id,
            "department_id": item.department_id,
            "number": item.number,
            "at": transaction.now(),
            "actor_name": actor_name,
            "reason": reason,
        },
    )
    message_ids = list(connection.execute(select(message.c.id).where(message.c.ticket_id == item.id)).scalars())
    of_ticket = select(message.c.id).where(message.c.ticket_id == item.id)
    blobs: set[str] = set()
    for statement in (
        select(message.c.raw_sha256).where(message.c.ticket_id == item.id),
        select(attachment.c.sha256).where(attachment.c.message_id.in_(of_ticket)),
        select(outbox.c.mime_sha256).where(outbox.c.ticket_id == item.id),
        select(inbound_item.c.raw_sha256).where(inbound_item.c.message_id.in_(of_ticket)),
        select(draft_attachment.c.sha256).join(draft).where(draft.c.ticket_id == item.id),
    ):
        blobs |= {sha256 for sha256 in connection.execute(statement).scalars() if sha256}
    connection.execute(
        update(inbound_item)
        .where(inbound_item.c.message_id.in_(of_ticket))
        .values(state=InboundState.PURGED.value, raw_sha256=None, message_id=None)
    )
    SqlSearchIndex(transaction).remove(message_ids)
    connection.execute(update(ticket).where(ticket.c.follows_id == item.id).values(follows_id=None))
    connection.execute(update(auto_answer).where(auto_answer.c.ticket_id == item.id).values(ticket_id=None))
    connection.execute(
        delete(contact_move).where(
            (contact_move.c.entity == "ticket") & (contact_move.c.entity_id == item.id)
            | (contact_move.c.entity == "message") & contact_move.c.entity_id.in_(of_ticket)
        )
    )
    connection.execute(delete(ticket_event).where(ticket_event.c.ticket_id == item.id))
    connection.execute(delete(outbox).where(outbox.c.ticket_id == item.id))
    connection.execute(delete(ticket).where(ticket.c.id == item.id))
    remove_orphans(transaction, blobs)
