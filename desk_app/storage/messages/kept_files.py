"""Files that hang on something which is still written: a draft, a canned response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Row, delete, insert, select
from sqlalchemy.engine import Connection

from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.storage.messages.blobs import SqlBlobStore, read_blob, remove_orphans

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


def read_files(connection: Connection, owner: Column[int], owner_id: int) -> tuple[OutgoingAttachment, ...]:
    """Return the files in whose table the column `owner` has this value, in their order."""
    return tuple(
        OutgoingAttachment(one.filename, one.content_type, content, one.content_id)
        for one in _rows(connection, owner, owner_id)
        if (content := read_blob(connection, one.sha256)) is not None
    )


def put_files(
    transaction: Transaction,
    owner: Column[int],
    owner_id: int,
    files: Sequence[OutgoingAttachment],
    more: Mapping[str, Any] | None = None,
) -> None:
    """Store these files in the place of those that were there, where they differ; `more` are further columns."""
    wanted = [(f.filename, f.content_type, f.content_id, sha256(f.content).hexdigest()) for f in files]
    before = _rows(transaction.connection, owner, owner_id)
    if [tuple(row) for row in before] == wanted:
        return
    blobs = SqlBlobStore(transaction)
    transaction.connection.execute(delete(owner.table).where(owner == owner_id))
    rows = [
        {
            **(more or {}),
            owner.name: owner_id,
            "position": position,
            "filename": one.filename,
            "content_type": one.content_type,
            "content_id": one.content_id,
            "sha256": blobs.put(one.content),
        }
        for position, one in enumerate(files)
    ]
    if rows:
        transaction.connection.execute(insert(owner.table), rows)
    remove_orphans(transaction, {row.sha256 for row in before} - {str(row["sha256"]) for row in rows})


def remove_files(transaction: Transaction, owner: Column[int], owner_id: int) -> None:
    """Delete the files, and the bytes nobody else uses."""
    before = _rows(transaction.connection, owner, owner_id)
    transaction.connection.execute(delete(owner.table).where(owner == owner_id))
    remove_orphans(transaction, {row.sha256 for row in before})


def _rows(connection: Connection, owner: Column[int], owner_id: int) -> list[Row[Any]]:
    columns = owner.table.c
    statement = select(columns.filename, columns.content_type, columns.content_id, columns.sha256)
    return list(connection.execute(statement.where(owner == owner_id).order_by(columns.position)))
