"""Canned responses in the database; see the port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update
from sqlalchemy.engine import Connection

from desk_app.domain.messages.canned import CannedResponse
from desk_app.storage.messages.kept_files import put_files, read_files, remove_files
from desk_app.storage.schema.writing import canned_attachment, canned_response

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_OWNER = canned_attachment.c.canned_response_id
_PLAIN = ("department_id", "agent_id", "language", "folder", "title", "text", "html")


class SqlCannedRepository:
    """Canned responses inside a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def get(self, response_id: int) -> CannedResponse | None:
        """Return a response with its files."""
        connection = self._t.connection
        row = connection.execute(select(canned_response).where(canned_response.c.id == response_id)).first()
        if row is None:
            return None
        files = read_files(connection, _OWNER, response_id)
        names = tuple(one.filename for one in files if not one.content_id)
        return replace(_response(row), attachments=files, file_names=names)

    def visible(self, agent_id: int | None) -> Sequence[CannedResponse]:
        """Return what is shared and what is the agent's own, without bytes."""
        return read_visible(self._t.connection, agent_id)

    def put(self, response: CannedResponse) -> CannedResponse | None:
        """Store a response over the state its version names."""
        connection, now = self._t.connection, self._t.now()
        values = {name: getattr(response, name) for name in _PLAIN} | {"updated_at": now}
        if not response.id:
            counted = {"use_count": response.use_count, "used_at": response.used_at}
            statement = insert(canned_response).values(**values, **counted, created_at=now, version=1)
            response_id = int(connection.execute(statement.returning(canned_response.c.id)).scalar_one())
            version = 1
        else:
            response_id, version = response.id, response.version + 1
            where = (canned_response.c.id == response_id, canned_response.c.version == response.version)
            if (
                connection.execute(update(canned_response).where(*where).values(**values, version=version)).rowcount
                != 1
            ):
                return None
        put_files(self._t, _OWNER, response_id, response.attachments)
        return replace(response, id=response_id, version=version)

    def remove(self, response_id: int) -> bool:
        """Delete a response and the bytes nobody else uses."""
        remove_files(self._t, _OWNER, response_id)
        gone = self._t.connection.execute(delete(canned_response).where(canned_response.c.id == response_id))
        return gone.rowcount == 1

    def count_use(self, response_id: int, at: datetime) -> None:
        """Count one use."""
        self._t.connection.execute(
            update(canned_response)
            .where(canned_response.c.id == response_id)
            .values(use_count=canned_response.c.use_count + 1, used_at=at)
        )


def read_visible(connection: Connection, agent_id: int | None) -> tuple[CannedResponse, ...]:
    """Return what is shared and what is the agent's own, by folder and title."""
    mine: ColumnElement[bool] = canned_response.c.agent_id.is_(None)
    if agent_id is not None:
        mine = or_(mine, canned_response.c.agent_id == agent_id)
    statement = (
        select(canned_response)
        .where(mine)
        .order_by(canned_response.c.folder, canned_response.c.title, canned_response.c.id)
    )
    rows = connection.execute(statement).all()
    names: dict[int, list[str]] = {}
    files = select(canned_attachment.c.canned_response_id, canned_attachment.c.filename).where(
        canned_attachment.c.content_id == ""
    )
    for response_id, filename in connection.execute(files.order_by(canned_attachment.c.position)):
        names.setdefault(response_id, []).append(filename)
    return tuple(replace(_response(row), file_names=tuple(names.get(row.id, ()))) for row in rows)


def _response(row: Row[Any]) -> CannedResponse:
    return CannedResponse(
        id=row.id,
        use_count=row.use_count,
        used_at=row.used_at,
        version=row.version,
        **{name: getattr(row, name) for name in _PLAIN},
    )
