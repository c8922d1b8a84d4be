"""Blocked senders. A contact carries a mark while a block covers one of its addresses, so that lists stay quick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Row, and_, delete, or_, select, update

from desk_app.domain.contacts.blocking import BlockKey, BlockKind, SenderBlock, block_of, keys_of
from desk_app.storage.schema.contacts import contact, contact_address, sender_block
from desk_app.storage.upsert import insert_new

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from desk_app.storage.transaction import Transaction

_AT_ONCE = 400
_ANY = select(sender_block.c.id).limit(1)


class SqlSenderBlockRepository:
    """Blocked senders in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def all(self) -> Sequence[SenderBlock]:
        """Return every block, newest first."""
        return [
            _block(row) for row in self._t.connection.execute(select(sender_block).order_by(sender_block.c.id.desc()))
        ]

    def among(self, addresses: Sequence[str]) -> Mapping[BlockKey, SenderBlock]:
        """Return the blocks that may hold mail of these senders back."""
        return blocks_among(self._t.connection, addresses)

    def add(self, block: SenderBlock) -> bool:
        """Insert a block and mark the contacts it covers."""
        row = {
            "kind": block.kind.value,
            "value": block.value,
            "reason": block.reason,
            "actor_name": block.actor_name,
            "created_at": block.created_at or self._t.now(),
        }
        statement = insert_new(self._t, sender_block, keys=("kind", "value")).returning(sender_block.c.id)
        if self._t.connection.execute(statement, row).first() is None:
            return False
        self._mark([key for key, _ in self._covered(block.kind, block.value)], blocked=True)
        self._t.changed("sender_block", 0)
        return True

    def remove(self, kind: BlockKind, value: str) -> bool:
        """Delete a block; contacts that nothing else blocks lose their mark."""
        table = sender_block
        gone = self._t.connection.execute(delete(table).where(table.c.kind == kind.value, table.c.value == value))
        if not gone.rowcount:
            return False
        covered = list(dict.fromkeys(key for key, _ in self._covered(kind, value)))
        addresses: dict[int, list[str]] = {}
        for start in range(0, len(covered), _AT_ONCE):
            rows = self._t.connection.execute(
                select(contact_address.c.contact_id, contact_address.c.address).where(
                    contact_address.c.contact_id.in_(covered[start : start + _AT_ONCE]),
                    contact_address.c.kind == "email",
                )
            )
            for row in rows:
                addresses.setdefault(row.contact_id, []).append(row.address)
        blocks = self.among([one for mine in addresses.values() for one in mine])
        self._mark([key for key in covered if block_of(addresses.get(key, ()), blocks) is None], blocked=False)
        self._t.changed("sender_block", 0)
        return True

    def _covered(self, kind: BlockKind, value: str) -> Sequence[tuple[int, str]]:
        address = contact_address.c
        covers: ColumnElement[bool] = address.address == value
        if kind is BlockKind.DOMAIN:
            plain = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            covers = or_(*(address.address.like(f"%{mark}{plain}", escape="\\") for mark in "@."))
        statement = select(address.contact_id, address.address).where(address.kind == "email", covers)
        return [(row.contact_id, row.address) for row in self._t.connection.execute(statement)]

    def _mark(self, contact_ids: Sequence[int], *, blocked: bool) -> None:
        for start in range(0, len(contact_ids), _AT_ONCE):
            ids = list(contact_ids[start : start + _AT_ONCE])
            self._t.connection.execute(
                update(contact)
                .where(contact.c.id.in_(ids), contact.c.blocked.is_not(blocked))
                .values(blocked=blocked, version=contact.c.version + 1)
            )
            for key in ids:
                self._t.changed("contact", key)


def blocks_among(connection: Connection, addresses: Sequence[str]) -> dict[BlockKey, SenderBlock]:
    """Return the blocks that may hold mail of these senders back."""
    if not addresses or connection.execute(_ANY).first() is None:
        return {}
    keys = sorted({key for address in addresses for key in keys_of(address)})
    found: dict[BlockKey, SenderBlock] = {}
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        wanted = or_(
            *(
                and_(
                    sender_block.c.kind == kind.value,
                    sender_block.c.value.in_([value for one, value in part if one is kind]),
                )
                for kind in BlockKind
                if any(one is kind for one, _ in part)
            )
        )
        for row in connection.execute(select(sender_block).where(wanted)):
            block = _block(row)
            found[block.kind, block.value] = block
    return found


def _block(row: Row[Any]) -> SenderBlock:
    return SenderBlock(
        kind=BlockKind(row.kind),
        value=row.value,
        reason=row.reason,
        actor_name=row.actor_name,
        created_at=row.created_at,
        id=row.id,
    )
