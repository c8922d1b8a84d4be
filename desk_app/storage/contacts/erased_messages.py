"""Takes a person out of tickets and messages that stay (CU-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, delete, insert, select, update

from desk_app.domain.contacts.erasing import ERASED, ERASED_NAME, ErasedPerson
from desk_app.domain.people.actor import ActorKind
from desk_app.storage.messages.blobs import SqlBlobStore, remove_orphans
from desk_app.storage.messages.mapping import NOT_PREPARED
from desk_app.storage.messages.repository import SqlMessageRepository
from desk_app.storage.schema.base import holds_json
from desk_app.storage.schema.contacts import ticket_erasure
from desk_app.storage.schema.links import side_conversation
from desk_app.storage.schema.messages import attachment, message, message_address, message_body, message_ref
from desk_app.storage.schema.sync import inbound_item, outbox, outbox_recipient
from desk_app.storage.schema.tickets import ticket, ticket_event
from desk_app.storage.schema.views import bulk_item, bulk_job, notification
from desk_app.storage.schema.writing import draft
from desk_app.storage.search.index import SqlSearchIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from desk_app.storage.transaction import Transaction

ERASED_MAIL = b"This mail was erased on request.\r\n"
_BODY = ("text", "visible_text", "folded_text", "html", "folded_html", "view")


def erase_ticket(transaction: Transaction, ticket_id: int, person: ErasedPerson) -> None:
    """Take the person out of one of their own tickets: line, messages, history, drafts, what was told about it."""
    connection = transaction.connection
    row = connection.execute(select(ticket).where(ticket.c.id == ticket_id)).first()
    if row is None:
        return
    scrub = person.in_own_tickets
    connection.execute(
        update(ticket)
        .where(ticket.c.id == ticket_id)
        .values(
            requester_name=ERASED_NAME,
            requester_email="",
            subject=scrub(row.subject),
            snippet=scrub(row.snippet),
            version=ticket.c.version + 1,
        )
    )
    for key in connection.execute(select(message.c.id).where(message.c.ticket_id == ticket_id)).scalars().all():
        erase_message(transaction, key, person, own_ticket=True)
    newest = connection.execute(
        select(message.c.snippet).where(message.c.ticket_id == ticket_id).order_by(message.c.id.desc()).limit(1)
    ).scalar()
    connection.execute(update(ticket).where(ticket.c.id == ticket_id).values(snippet=newest or ""))
    _history(transaction, ticket_id, person)
    connection.execute(delete(notification).where(notification.c.ticket_id == ticket_id))
    _jobs(transaction, ticket_id, person)
    written = ("recipients", "subject", "text", "html", "options")
    _rows(transaction, draft, draft.c.ticket_id == ticket_id, written, person, scrub)
    places = side_conversation
    _rows(transaction, places, places.c.ticket_id == ticket_id, ("subject", "people"), person, scrub)
    transaction.changed("ticket", ticket_id, "update", row.department_id)


def _jobs(transaction: Transaction, ticket_id: int, person: ErasedPerson) -> None:
    """Forget what bulk changes would put back into the ticket, and the names they were given."""
    of_ticket = bulk_item.c.ticket_id == ticket_id
    theirs = bulk_job.c.id.in_(select(bulk_item.c.job_id).where(of_ticket))
    _rows(transaction, bulk_job, theirs, ("arguments",), person, person.in_own_tickets)
    transaction.connection.execute(update(bulk_item).where(of_ticket).values(before="{}"))


def _history(transaction: Transaction, ticket_id: int, person: ErasedPerson) -> None:
    connection = transaction.connection
    permit_erasure(transaction, ticket_id)
    mine = (ticket_event.c.ticket_id == ticket_id) & (ticket_event.c.actor_kind == ActorKind.CONTACT.value)
    connection.execute(update(ticket_event).where(mine).values(actor_name=ERASED_NAME))
    here = ticket_event.c.ticket_id == ticket_id
    _rows(transaction, ticket_event, here, ("cause", "old", "new", "data"), person, person.in_own_tickets)


def permit_erasure(transaction: Transaction, ticket_id: int) -> None:
    """Allow the history of a ticket to be changed: a person is taken out of it."""
    known = select(ticket_erasure.c.ticket_id).where(ticket_erasure.c.ticket_id == ticket_id)
    if transaction.connection.execute(known).first() is None:
        place = select(ticket.c.department_id).where(ticket.c.id == ticket_id)
        row = {"ticket_id": ticket_id, "department_id": transaction.connection.execute(place).scalar_one()}
        transaction.connection.execute(insert(ticket_erasure), row | {"at": transaction.now()})


def erase_message(transaction: Transaction, message_id: int, person: ErasedPerson, *, own_ticket: bool) -> None:
    """Take the person out of a message: what they wrote goes as a whole, with its files; out of what others wrote go
    address and, in the person's own tickets, name. Raw mail goes in both cases: it cannot be changed."""
    connection = transaction.connection
    row = connection.execute(select(message).where(message.c.id == message_id)).first()
    if row is None:
        return
    theirs = row.contact_id in person.contact_ids or row.author_email.lower() in person.addresses
    scrub = person.in_own_tickets if own_ticket or theirs else person.anywhere
    blobs = _bytes(transaction, message_id, with_files=theirs)
    values: dict[str, Any] = {
        "subject": scrub(row.subject),
        "snippet": ERASED if theirs else scrub(row.snippet),
        "join_reason": person.in_json(row.join_reason, scrub),
        "problems": person.in_json(row.problems, scrub),
        "internet_id": scrub(row.internet_id),
        "raw_sha256": None,
    }
    if theirs:
        values |= {"author_name": ERASED_NAME, "author_email": "", "has_html": False, "attachment_count": 0}
    connection.execute(update(message).where(message.c.id == message_id).values(values))
    _people(transaction, message_id, person, scrub)
    _body(transaction, message_id, person, scrub, whole=theirs)
    if theirs:
        connection.execute(delete(attachment).where(attachment.c.message_id == message_id))
    else:
        _rows(transaction, attachment, attachment.c.message_id == message_id, ("filename",), person, scrub)
    refs = message_ref.c.message_id == message_id
    _rows(transaction, message_ref, refs, ("internet_id",), person, person.anywhere)
    _mail(transaction, message_id, person)
    remove_orphans(transaction, blobs)
    record = SqlMessageRepository(transaction).get(message_id)
    if record is not None:
        SqlSearchIndex(transaction).index(record)
    transaction.changed("ticket", row.ticket_id, "update", row.department_id)


def _bytes(transaction: Transaction, message_id: int, *, with_files: bool) -> set[str]:
    statements = [
        select(message.c.raw_sha256).where(message.c.id == message_id),
        select(inbound_item.c.raw_sha256).where(inbound_item.c.message_id == message_id),
        select(outbox.c.mime_sha256).where(outbox.c.message_id == message_id),
    ]
    if with_files:
        statements.append(select(attachment.c.sha256).where(attachment.c.message_id == message_id))
    return {one for statement in statements for one in transaction.connection.execute(statement).scalars() if one}


def _people(transaction: Transaction, message_id: int, person: ErasedPerson, scrub: Callable[[str], str]) -> None:
    address = message_address.c
    theirs = (address.message_id == message_id) & (address.email.in_(person.addresses))
    transaction.connection.execute(update(message_address).where(theirs).values(name=ERASED_NAME, email=""))
    _rows(transaction, message_address, address.message_id == message_id, ("name",), person, scrub)


def _body(
    transaction: Transaction, message_id: int, person: ErasedPerson, scrub: Callable[[str], str], *, whole: bool
) -> None:
    here = message_body.c.message_id == message_id
    versions = {"reader_version": NOT_PREPARED}
    if whole:
        values = {
            "text": ERASED,
            "visible_text": ERASED,
            "folded_text": "",
            "html": "",
            "folded_html": "",
            "view": "{}",
        }
        done = values | versions | {"pipeline_version": NOT_PREPARED}
        transaction.connection.execute(update(message_body).where(here).values(done))
        return
    _rows(transaction, message_body, here, _BODY, person, scrub)
    transaction.connection.execute(update(message_body).where(here).values(versions))


def _mail(transaction: Transaction, message_id: int, person: ErasedPerson) -> None:
    connection = transaction.connection
    connection.execute(update(inbound_item).where(inbound_item.c.message_id == message_id).values(raw_sha256=None))
    mine = list(connection.execute(select(outbox.c.id).where(outbox.c.message_id == message_id)).scalars())
    if mine:
        placeholder = SqlBlobStore(transaction).put(ERASED_MAIL)
        connection.execute(update(outbox).where(outbox.c.id.in_(mine)).values(mime_sha256=placeholder))
        recipient = outbox_recipient.c
        theirs = recipient.outbox_id.in_(mine) & recipient.address.in_(person.addresses)
        connection.execute(update(outbox_recipient).where(theirs).values(address=ERASED, name=ERASED_NAME))


def _rows(
    transaction: Transaction,
    table: Table,
    here: Any,
    names: Sequence[str],
    person: ErasedPerson,
    scrub: Callable[[str], str],
) -> None:
    keys = list(table.primary_key.columns)
    columns = [table.columns[name] for name in names]
    for old in transaction.connection.execute(select(*keys, *columns).where(here)).mappings().all():
        values = {
            name: person.in_json(old[name], scrub) if holds_json(table.columns[name]) else scrub(old[name])
            for name in names
            if old[name]
        }
        values = {name: text for name, text in values.items() if text != old[name]}
        if values:
            this = [key == old[key.name] for key in keys]
            transaction.connection.execute(update(table).where(*this).values(values))
