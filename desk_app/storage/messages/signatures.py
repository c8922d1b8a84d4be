"""Signatures in the database; see the port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from desk_app.domain.messages.signatures import Signature, SignatureScope
from desk_app.storage.messages.writing_queries import read_values
from desk_app.storage.schema.writing import signature
from desk_app.storage.upsert import insert_new

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


class SqlSignatureRepository:
    """Signatures inside a transaction, one a scope."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def all(self) -> Sequence[Signature]:
        """Return every signature."""
        rows = self._t.connection.execute(select(signature).order_by(signature.c.id))
        return [
            Signature(SignatureScope(row.account_id, row.department_id, row.agent_id), row.text, row.html, row.version)
            for row in rows
        ]

    def put(self, item: Signature) -> Signature | None:
        """Store a signature over the state its version names."""
        connection, key = self._t.connection, item.scope.key
        values = {"text": item.text, "html": item.html, "updated_at": self._t.now()}
        if item.version:
            where = (signature.c.scope == key, signature.c.version == item.version)
            statement = update(signature).where(*where).values(**values, version=item.version + 1)
            stored = connection.execute(statement).rowcount == 1
        else:
            scope = {name: getattr(item.scope, name) for name in ("account_id", "department_id", "agent_id")}
            new = insert_new(self._t, signature, keys=("scope",)).values(**values, **scope, scope=key, version=1)
            stored = connection.execute(new.returning(signature.c.id)).scalar() is not None
        return replace(item, version=item.version + 1) if stored else None

    def remove(self, scope: SignatureScope) -> bool:
        """Delete a signature."""
        return self._t.connection.execute(delete(signature).where(signature.c.scope == scope.key)).rowcount == 1

    def values(self, ticket_id: int | None, account_id: int | None, agent_id: int | None) -> Mapping[str, str]:
        """Return the values of the placeholders."""
        return read_values(self._t.connection, ticket_id, account_id, agent_id)
