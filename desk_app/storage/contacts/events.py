"""What was done to people and organizations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from desk_app.storage.schema.contacts import contact_event

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


class SqlContactEventRepository:
    """The history of people and organizations in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def add(
        self,
        kind: str,
        *,
        actor_name: str,
        contact_id: int | None = None,
        organization_id: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one line."""
        self._t.connection.execute(
            insert(contact_event),
            {
                "contact_id": contact_id,
                "organization_id": organization_id,
                "at": self._t.now(),
                "actor_name": actor_name,
                "kind": kind,
                "data": json.dumps(dict(data or {}), ensure_ascii=False),
            },
        )

    def last(self, kind: str, *, contact_id: int | None = None, organization_id: int | None = None) -> dict[str, Any]:
        """Return the data of the newest line of a kind."""
        event = contact_event.c
        whose = event.contact_id == contact_id if contact_id is not None else event.organization_id == organization_id
        found = self._t.connection.execute(
            select(event.data).where(event.kind == kind, whose).order_by(event.id.desc()).limit(1)
        ).scalar()
        stored = json.loads(found) if found else {}
        return stored if isinstance(stored, dict) else {}
