"""Senders whose pictures may be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from desk_app.storage.schema.links import image_permission
from desk_app.storage.upsert import upsert

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


class SqlImagePermissionRepository:
    """Image permissions in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def allow(self, sender: str, *, actor_name: str, at: datetime) -> None:
        """Remember an address."""
        upsert(self._t, image_permission, {"sender": sender, "actor_name": actor_name, "at": at}, keys=("sender",))

    def withdraw(self, sender: str) -> None:
        """Forget an address."""
        self._t.connection.execute(delete(image_permission).where(image_permission.c.sender == sender))

    def all(self) -> Sequence[str]:
        """Return every address in order."""
        return list(
            self._t.connection.execute(select(image_permission.c.sender).order_by(image_permission.c.sender)).scalars()
        )


def read_allowed(connection: Connection, senders: Sequence[str]) -> frozenset[str]:
    """Return those of some addresses whose pictures may be fetched."""
    if not senders:
        return frozenset()
    statement = select(image_permission.c.sender).where(image_permission.c.sender.in_(sorted(set(senders))))
    return frozenset(connection.execute(statement).scalars())
