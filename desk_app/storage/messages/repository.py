"""Messages with bodies, addresses, references and attachments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Row, Select, bindparam, delete, func, insert, select, update

from desk_app.domain.messages.content import PreparedContent
from desk_app.domain.messages.model import Direction
from desk_app.services.ports.messages import KnownMessage, MessageRecord
from desk_app.storage.messages import mapping
from desk_app.storage.messages.blobs import remove_orphans
from desk_app.storage.messages.side_conversations import follow_messages
from desk_app.storage.notifications.repository import SqlNotificationRepository
from desk_app.storage.schema.messages import (
    attachment,
    message,
    message_address,
    message_body,
    message_ref,
    search_document,
)
from desk_app.storage.schema.sync import outbox
from desk_app.storage.schema.tickets import ticket
from desk_app.storage.search.index import SqlSearchIndex

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from desk_app.storage.transaction import Transaction

_INSERT = insert(message)
_KNOWN = (
    message.c.id,
    message.c.ticket_id,
    message.c.account_id,
    message.c.direction,
    message.c.internet_id,
    message.c.content_hash,
    message.c.side_conversation_id,
)
_IDS_AT_ONCE = 500
_BY_INTERNET_IDS = (
    select(*_KNOWN).where(message.c.internet_id.in_(bindparam("wanted", expanding=True))).order_by(message.c.id)
)
_REFERRING_TO_ANY = (
    select(*_KNOWN, message_ref.c.internet_id.label("referred"))
    .join(message_ref, message_ref.c.message_id == message.c.id)
    .where(message_ref.c.internet_id.in_(bindparam("wanted", expanding=True)))
    .order_by(message.c.id)
)


class SqlMessageRepository:
    """Messages in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def add(self, record: MessageRecord) -> int:
        """Insert a message with everything beside it."""
        if self._t.held is not None:
            record.id = self._t.held.new_id(message)
            self._t.held.insert(message, {"id": record.id, **mapping.message_values(record)})
        else:
            result = self._t.connection.execute(_INSERT, mapping.message_values(record))
            key = result.inserted_primary_key
            assert key is not None  # noqa: S101 -- a single-row insert always has one
            record.id = int(key[0])
        self._t.put(message_body, [mapping.body_values(record)])
        self._add_beside(record)
        return record.id

    def get(self, message_id: int) -> MessageRecord | None:
        """Return a message with everything beside it."""
        found = read_records(self._t.connection, mapping.MESSAGES.where(message.c.id == message_id))
        return found[0] if found else None

    def of_ticket(self, ticket_id: int) -> Sequence[MessageRecord]:
        """Return a ticket's messages, oldest first."""
        return read_records(
            self._t.connection, mapping.MESSAGES.where(message.c.ticket_id == ticket_id).order_by(message.c.id)
        )

    def by_internet_ids(self, internet_ids: Sequence[str]) -> Mapping[str, Sequence[KnownMessage]]:
        """Return stored messages by Message-ID."""
        wanted = sorted({internet_id for internet_id in internet_ids if internet_id})
        found: dict[str, list[KnownMessage]] = {}
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            part = {"wanted": wanted[start : start + _IDS_AT_ONCE]}
            for row in self._t.connection.execute(_BY_INTERNET_IDS, part):
                found.setdefault(row.internet_id, []).append(_known(row))
        return found

    def referring_to_any(self, internet_ids: Sequence[str]) -> Mapping[str, Sequence[KnownMessage]]:
        """Return stored messages that refer to one of many Message-IDs, by that id."""
        wanted = sorted({internet_id for internet_id in internet_ids if internet_id})
        found: dict[str, list[KnownMessage]] = {}
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            part = {"wanted": wanted[start : start + _IDS_AT_ONCE]}
            for row in self._t.connection.execute(_REFERRING_TO_ANY, part):
                found.setdefault(row.referred, []).append(_known(row))
        return found

    def move(self, message_ids: Sequence[int], ticket_id: int) -> None:
        """Put messages under another ticket."""
        if not message_ids:
            return
        ids = sorted(set(message_ids))
        department_id = self._t.connection.execute(
            select(ticket.c.department_id).where(ticket.c.id == ticket_id)
        ).scalar_one()
        values = {"ticket_id": ticket_id, "department_id": department_id}
        connection = self._t.connection
        connection.execute(update(message).where(message.c.id.in_(ids)).values(values))
        for table in (search_document, outbox):
            connection.execute(update(table).where(table.c.message_id.in_(ids)).values(values))
        for table in (message_body, message_address, message_ref, attachment):
            connection.execute(
                update(table)
                .where(table.c.message_id.in_(ids), table.c.department_id != department_id)
                .values(department_id=department_id)
            )
        follow_messages(connection, ids, ticket_id, department_id)

    def discard(self, message_id: int) -> None:
        """Delete a message that never left the desk, with its outbox row, search rows, attachments and what told of
        it."""
        connection = self._t.connection
        blobs: set[str] = set()
        for statement in (
            select(message.c.raw_sha256).where(message.c.id == message_id),
            select(attachment.c.sha256).where(attachment.c.message_id == message_id),
            select(outbox.c.mime_sha256).where(outbox.c.message_id == message_id),
        ):
            blobs |= {sha256 for sha256 in connection.execute(statement).scalars() if sha256}
        SqlSearchIndex(self._t).remove([message_id])
        connection.execute(delete(outbox).where(outbox.c.message_id == message_id))
        SqlNotificationRepository(self._t).forget(message_id)
        connection.execute(delete(message).where(message.c.id == message_id))
        remove_orphans(self._t, blobs)

    def replace_content(self, record: MessageRecord) -> None:
        """Write what a new reading gave; id, ticket and state stay."""
        connection = self._t.connection
        values = mapping.message_values(record)
        kept = (
            "ticket_id",
            "department_id",
            "account_id",
            "created_at",
            "imported",
            "join_rule",
            "join_reason",
            "side_conversation_id",
        )
        connection.execute(
            update(message)
            .where(message.c.id == record.id)
            .values({name: value for name, value in values.items() if name not in kept})
        )
        body = mapping.body_values(record)
        del body["message_id"], body["department_id"]
        connection.execute(update(message_body).where(message_body.c.message_id == record.id).values(body))
        for table in (message_address, message_ref, attachment):
            connection.execute(delete(table).where(table.c.message_id == record.id))
        self._add_beside(record)

    def set_content(self, message_id: int, content: PreparedContent) -> None:
        """Store prepared content."""
        values = mapping.content_values(content) | {
            "visible_text": content.visible_text,
            "folded_text": content.folded_text,
        }
        self._t.connection.execute(update(message_body).where(message_body.c.message_id == message_id).values(values))

    def unprepared(self, pipeline_version: int, *, ticket_id: int | None, limit: int) -> Sequence[int]:
        """Return ids of inbound messages whose HTML was prepared by an older pipeline or not at all, newest first."""
        if ticket_id is not None:
            statement = (
                select(message.c.id)
                .join(message_body, message_body.c.message_id == message.c.id)
                .where(
                    message.c.ticket_id == ticket_id,
                    message.c.direction == Direction.INBOUND.value,
                    message_body.c.pipeline_version < pipeline_version,
                )
                .order_by(message.c.id.desc())
                .limit(limit)
            )
            return list(self._t.connection.execute(statement).scalars())
        found: list[int] = []
        for version in self._versions_below(message_body.c.pipeline_version, pipeline_version):
            statement = (
                select(message_body.c.message_id)
                .where(message_body.c.pipeline_version == version)
                .order_by(message_body.c.message_id.desc())
                .limit(limit)
            )
            found += self._t.connection.execute(statement).scalars()
        return sorted(found, reverse=True)[:limit]

    def older_readings(self, reader_version: int, *, after_id: int, limit: int) -> Sequence[int]:
        """Return ids of messages read by an older reader, in id order."""
        found: list[int] = []
        for version in self._versions_below(message_body.c.reader_version, reader_version):
            statement = (
                select(message_body.c.message_id)
                .where(message_body.c.reader_version == version, message_body.c.message_id > after_id)
                .order_by(message_body.c.message_id)
                .limit(limit)
            )
            found += self._t.connection.execute(statement).scalars()
        return sorted(found)[:limit]

    def _versions_below(self, column: Column[int], limit: int) -> list[int]:
        """Return the distinct versions (0 and up) below `limit`, by one index look-up each.

        There are few versions and many messages; asking for one version after the other keeps the index order usable.
        """
        versions: list[int] = []
        last = -1
        while True:
            following = self._t.connection.execute(
                select(func.min(column)).where(column > last, column < limit)
            ).scalar()
            if following is None:
                return versions
            versions.append(following)
            last = following

    def _add_beside(self, record: MessageRecord) -> None:
        self._t.put(message_address, mapping.address_values(record))
        self._t.put(message_ref, mapping.reference_values(record))
        self._t.put(attachment, mapping.attachment_values(record))


def read_records(connection: Connection, statement: Select[Any]) -> list[MessageRecord]:
    """Return the messages of a selection of `MESSAGES`, with everything beside them."""
    rows = connection.execute(statement).all()
    ids = [row.id for row in rows]
    if not ids:
        return []
    addresses = _grouped(connection.execute(mapping.ADDRESSES.where(message_address.c.message_id.in_(ids))).all())
    attachments = _grouped(connection.execute(mapping.ATTACHMENTS.where(attachment.c.message_id.in_(ids))).all())
    references = _grouped(
        connection.execute(
            select(message_ref).where(message_ref.c.message_id.in_(ids)).order_by(message_ref.c.id)
        ).all()
    )
    return [
        mapping.to_record(
            row,
            addresses.get(row.id, ()),
            [item.internet_id for item in references.get(row.id, ())],
            attachments.get(row.id, ()),
        )
        for row in rows
    ]


def _grouped(rows: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    groups: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[row.message_id].append(row)
    return groups


def _known(row: Any) -> KnownMessage:
    return KnownMessage(
        row.id,
        row.ticket_id,
        row.account_id,
        Direction(row.direction),
        row.internet_id,
        row.content_hash,
        row.side_conversation_id,
    )
