"""Deletes a ticket for good (IN-32, pains.md 13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from desk_app.domain.tickets.model import Ticket
from desk_app.services.ports.sync import InboundState
from desk_app.storage.messages.blobs import remove_orphans
from desk_app.storage.schema.contacts import contact_move
from desk_app.storage.schema.messages import attachment, message
from desk_app.storage.schema.sync import auto_answer, inbound_item, outbox
from desk_app.storage.schema.tickets import ticket, ticket_event, ticket_purge
from desk_app.storage.schema.views import bulk_item
from desk_app.storage.schema.writing import draft, draft_attachment
from desk_app.storage.search.index import SqlSearchIndex

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


def purge_tickets(transaction: Transaction, items: Sequence[Ticket], *, actor_name: str, reason: str) -> None:
    """Delete tickets' rows and the bytes nobody else uses; write the purge log; leave intake rows as tombstones.

    Tombstones keep source key, Message-ID and hash, so that the mail is not imported again, and lose the raw mail.
    """
    connection, at = transaction.connection, transaction.now()
    connection.execute(
        insert(ticket_purge),
        [
            {
                "ticket_id": item.id,
                "department_id": item.department_id,
                "number": item.number,
                "at": at,
                "actor_name": actor_name,
                "reason": reason,
            }
            for item in items
        ],
    )
    ids = [item.id for item in items]
    of_ticket = select(message.c.id).where(message.c.ticket_id.in_(ids))
    message_ids = list(connection.execute(of_ticket).scalars())
    blobs: set[str] = set()
    for statement in (
        select(message.c.raw_sha256).where(message.c.ticket_id.in_(ids)),
        select(attachment.c.sha256).where(attachment.c.message_id.in_(of_ticket)),
        select(outbox.c.mime_sha256).where(outbox.c.ticket_id.in_(ids)),
        select(inbound_item.c.raw_sha256).where(inbound_item.c.message_id.in_(of_ticket)),
        select(draft_attachment.c.sha256).join(draft).where(draft.c.ticket_id.in_(ids)),
    ):
        blobs |= {sha256 for sha256 in connection.execute(statement).scalars() if sha256}
    connection.execute(
        update(inbound_item)
        .where(inbound_item.c.message_id.in_(of_ticket))
        .values(state=InboundState.PURGED.value, raw_sha256=None, message_id=None)
    )
    SqlSearchIndex(transaction).remove(message_ids)
    connection.execute(update(ticket).where(ticket.c.follows_id.in_(ids)).values(follows_id=None))
    connection.execute(update(auto_answer).where(auto_answer.c.ticket_id.in_(ids)).values(ticket_id=None))
    connection.execute(
        delete(contact_move).where(
            (contact_move.c.entity == "ticket") & (contact_move.c.entity_id.in_(ids))
            | (contact_move.c.entity == "message") & contact_move.c.entity_id.in_(of_ticket)
        )
    )
    connection.execute(delete(ticket_event).where(ticket_event.c.ticket_id.in_(ids)))
    connection.execute(delete(outbox).where(outbox.c.ticket_id.in_(ids)))
    connection.execute(delete(ticket).where(ticket.c.id.in_(ids)))
    connection.execute(update(bulk_item).where(bulk_item.c.ticket_id.in_(ids)).values(before="{}"))
    remove_orphans(transaction, blobs)
