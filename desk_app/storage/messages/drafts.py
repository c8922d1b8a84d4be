"""Drafts in the database; see the port."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.engine import Connection

from desk_app.domain.messages.kept_draft import DraftKind, DraftStamp, KeptDraft
from desk_app.domain.messages.model import Address, AddressRole
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.storage.messages.blobs import SqlBlobStore, read_blob, remove_orphans
from desk_app.storage.schema.writing import draft, draft_attachment
from desk_app.storage.upsert import insert_new

if TYPE_CHECKING:
    from desk_app.storage.engine.connections import Connections
    from desk_app.storage.transaction import Transaction

_ROLES = (AddressRole.TO, AddressRole.CC, AddressRole.BCC)


class SqlDraftRepository:
    """Drafts inside a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def find(self, agent_id: int, kind: DraftKind, ticket_id: int | None) -> KeptDraft | None:
        """Return an agent's draft with its attachments."""
        found = _read(self._t.connection, agent_id, ticket_id)
        return next((one for one in found if one.kind is kind), None)

    def put(self, item: KeptDraft, department_id: int) -> DraftStamp | None:
        """Store a draft over the state its stamp names; None where another one is stored."""
        values = _values(item) | {"department_id": department_id, "saved_at": self._t.now()}
        if item.stamp is None:
            keys = {"agent_id": item.agent_id, "kind": item.kind.value, "slot": item.ticket_id or 0}
            statement = insert_new(self._t, draft, keys=("agent_id", "slot", "kind")).values(
                **values, **keys, ticket_id=item.ticket_id, revision=1
            )
            draft_id = self._t.connection.execute(statement.returning(draft.c.id)).scalar()
            if draft_id is None:
                return None
            stamp = DraftStamp(int(draft_id), 1)
        else:
            stamp = DraftStamp(item.stamp.draft_id, item.stamp.revision + 1)
            changed = self._t.connection.execute(
                update(draft)
                .where(draft.c.id == item.stamp.draft_id, draft.c.revision == item.stamp.revision)
                .values(**values, revision=stamp.revision)
            ).rowcount
            if changed != 1:
                return None
        self._put_attachments(stamp.draft_id, department_id, item.attachments)
        return stamp

    def remove(self, agent_id: int, kind: DraftKind, ticket_id: int | None, *, stamp: DraftStamp | None = None) -> bool:
        """Delete a draft and the bytes nobody else uses."""
        connection = self._t.connection
        where = [draft.c.agent_id == agent_id, draft.c.slot == (ticket_id or 0), draft.c.kind == kind.value]
        if stamp is not None:
            where += [draft.c.id == stamp.draft_id, draft.c.revision == stamp.revision]
        draft_id = connection.execute(select(draft.c.id).where(*where)).scalar()
        if draft_id is None:
            return False
        files = _files(connection, draft_id)
        connection.execute(delete(draft_attachment).where(draft_attachment.c.draft_id == draft_id))
        connection.execute(delete(draft).where(draft.c.id == draft_id))
        remove_orphans(self._t, {row.sha256 for row in files})
        return True

    def _put_attachments(self, draft_id: int, department_id: int, files: Iterable[OutgoingAttachment]) -> None:
        connection = self._t.connection
        wanted = [
            (one.filename, one.content_type, one.content_id, hashlib.sha256(one.content).hexdigest(), one.content)
            for one in files
        ]
        before = _files(connection, draft_id)
        if [tuple(row) for row in before] == [one[:4] for one in wanted]:
            return
        blobs = SqlBlobStore(self._t)
        connection.execute(delete(draft_attachment).where(draft_attachment.c.draft_id == draft_id))
        rows = [
            {
                "draft_id": draft_id,
                "department_id": department_id,
                "position": position,
                "filename": filename,
                "content_type": content_type,
                "content_id": content_id,
                "sha256": blobs.put(content),
            }
            for position, (filename, content_type, content_id, _sha256, content) in enumerate(wanted)
        ]
        if rows:
            connection.execute(insert(draft_attachment), rows)
        remove_orphans(self._t, {row.sha256 for row in before} - {row["sha256"] for row in rows})


class SqlDraftQueries:
    """Drafts read without a writing transaction."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def of_ticket(self, agent_id: int, ticket_id: int | None) -> tuple[KeptDraft, ...]:
        """Return an agent's drafts to a ticket with their attachments."""
        return self._connections.read(lambda connection: _read(connection, agent_id, ticket_id))

    def ticket_ids(self, agent_id: int) -> frozenset[int]:
        """Return the tickets an agent has begun to write to."""
        statement = select(draft.c.ticket_id).where(draft.c.agent_id == agent_id, draft.c.slot != 0)
        return self._connections.read(lambda connection: frozenset(connection.execute(statement).scalars()))


def _read(connection: Connection, agent_id: int, ticket_id: int | None) -> tuple[KeptDraft, ...]:
    statement = select(draft).where(draft.c.agent_id == agent_id, draft.c.slot == (ticket_id or 0))
    return tuple(_draft(row, connection) for row in connection.execute(statement.order_by(draft.c.id)).all())


def _files(connection: Connection, draft_id: int) -> list[Row[Any]]:
    columns = draft_attachment.c
    return list(
        connection.execute(
            select(columns.filename, columns.content_type, columns.content_id, columns.sha256)
            .where(columns.draft_id == draft_id)
            .order_by(columns.position)
        )
    )


def _values(item: KeptDraft) -> dict[str, Any]:
    recipients = [
        [role.value, address.name, address.email]
        for role, addresses in zip(_ROLES, (item.to, item.cc, item.bcc), strict=True)
        for address in addresses
    ]
    return {
        "from_account_id": item.from_account_id,
        "from_address": item.from_address,
        "recipients": json.dumps(recipients),
        "subject": item.subject,
        "text": item.text,
        "html": item.html,
        "then_status": item.then_status,
        "cursor": item.cursor,
        "answers_message_id": item.answers_message_id,
        "last_message_id": item.last_message_id,
        "channel": item.channel,
    }


def _draft(row: Row[Any], connection: Connection) -> KeptDraft:
    people: dict[str, list[Address]] = {role.value: [] for role in _ROLES}
    for role, name, email in json.loads(row.recipients):
        people[role].append(Address(name, email))
    files = [
        OutgoingAttachment(one.filename, one.content_type, content, one.content_id)
        for one in _files(connection, row.id)
        if (content := read_blob(connection, one.sha256)) is not None
    ]
    return KeptDraft(
        kind=DraftKind(row.kind),
        agent_id=row.agent_id,
        ticket_id=row.ticket_id,
        from_account_id=row.from_account_id,
        from_address=row.from_address,
        to=tuple(people[AddressRole.TO.value]),
        cc=tuple(people[AddressRole.CC.value]),
        bcc=tuple(people[AddressRole.BCC.value]),
        subject=row.subject,
        text=row.text,
        html=row.html,
        attachments=tuple(files),
        then_status=row.then_status,
        cursor=row.cursor,
        answers_message_id=row.answers_message_id,
        last_message_id=row.last_message_id,
        channel=row.channel,
        stamp=DraftStamp(row.id, row.revision),
        saved_at=row.saved_at,
    )
