"""The intake ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from desk_app.domain.mailboxes.model import AfterImport
from desk_app.services.ports.errors import DuplicateError
from desk_app.services.ports.sync import InboundItem, InboundState
from desk_app.storage.engine.faults import is_unique_violation, translated
from desk_app.storage.mailboxes.mapping import inbound_values, to_inbound
from desk_app.storage.schema.sync import inbound_item
from desk_app.storage.upsert import insert_new

if TYPE_CHECKING:
    from desk_app.storage.batch import Batch
    from desk_app.storage.transaction import Transaction

_CHUNK = 500  # source keys asked for in one query
_KNOWN = select(inbound_item.c.source_key).where(
    inbound_item.c.account_id == bindparam("account"),
    inbound_item.c.source_key.in_(bindparam("keys", expanding=True)),
)
_WHICH = select(inbound_item.c.id).where(inbound_item.c.id.in_(bindparam("wanted", expanding=True)))
_IN_STATE = _WHICH.where(inbound_item.c.state == bindparam("state"))
_SAVE = update(inbound_item).where(inbound_item.c.id == bindparam("wanted"))
_BY_INTERNET_IDS = (
    select(inbound_item)
    .where(inbound_item.c.internet_id.in_(bindparam("wanted", expanding=True)))
    .order_by(inbound_item.c.id)
)
_SAVED = (
    "state",
    "reason",
    "attempts",
    "internet_id",
    "content_hash",
    "message_id",
    "raw_sha256",
    "size",
    "after_import",
    "acknowledged",
    "archive",
)


class SqlInboundRepository:
    """The intake ledger in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction
        self._insert = insert_new(transaction, inbound_item, keys=("account_id", "source_key")).returning(
            inbound_item.c.id
        )

    def known_keys(self, account_id: int, source_keys: Sequence[str]) -> frozenset[str]:
        """Return which of these source keys are in the ledger already."""
        known: set[str] = set()
        for start in range(0, len(source_keys), _CHUNK):
            keys = list(source_keys[start : start + _CHUNK])
            known.update(self._t.connection.execute(_KNOWN, {"account": account_id, "keys": keys}).scalars())
        return frozenset(known)

    def add(self, items: Sequence[InboundItem]) -> None:
        """Insert rows and set their ids; a source key that is there already is skipped."""
        if self._t.held is not None:
            self._add_together(self._t.held, items)
            return
        for item in items:
            item.id = int(self._t.connection.execute(self._insert, inbound_values(item)).scalar() or 0)

    def _add_together(self, held: Batch, items: Sequence[InboundItem]) -> None:
        for item in items:
            item.id = held.new_id(inbound_item)
            held.insert(inbound_item, {"id": item.id, **inbound_values(item)}, skip_known=True)
        stored: set[int] = set()
        ids = [item.id for item in items]
        for start in range(0, len(ids), _CHUNK):
            stored.update(self._t.connection.execute(_WHICH, {"wanted": ids[start : start + _CHUNK]}).scalars())
        for item in items:
            item.id = item.id if item.id in stored else 0

    def pending(
        self, limit: int, *, account_id: int | None = None, without: Collection[int] = ()
    ) -> Sequence[InboundItem]:
        """Return stored rows that are not processed yet, oldest first; `without` names accounts to leave alone."""
        statement = _in_state(InboundState.STORED).order_by(inbound_item.c.id).limit(limit)
        if account_id is not None:
            statement = statement.where(inbound_item.c.account_id == account_id)
        if without:
            statement = statement.where(inbound_item.c.account_id.not_in(sorted(without)))
        return self._items(statement)

    def unprocessed(self, item_ids: Sequence[int]) -> frozenset[int]:
        """Return which of these rows are stored and not processed yet."""
        found: set[int] = set()
        for start in range(0, len(item_ids), _CHUNK):
            wanted = {"wanted": list(item_ids[start : start + _CHUNK]), "state": InboundState.STORED.value}
            found.update(self._t.connection.execute(_IN_STATE, wanted).scalars())
        return frozenset(found)

    def get(self, item_id: int) -> InboundItem | None:
        """Return a row."""
        found = self._items(select(inbound_item).where(inbound_item.c.id == item_id))
        return found[0] if found else None

    def save(self, item: InboundItem) -> None:
        """Write state, reason, attempts, ids and hashes.

        Raises DuplicateError where another machine has just made a message of the same mail in the same account
        (MB-09).
        """
        self.save_all([item])

    def save_all(self, items: Sequence[InboundItem]) -> None:
        """Write many rows as `save` does."""
        if not items:
            return
        rows = []
        for item in items:
            values = inbound_values(item)
            rows.append({name: values[name] for name in _SAVED} | {"wanted": item.id})
        held = self._t.held
        if held is not None:
            held.flush()
            with translated():
                held.update(inbound_item, ("id=wanted",), rows)
            return
        try:
            self._t.connection.execute(_SAVE, rows)
        except IntegrityError as error:
            if is_unique_violation(error):
                raise DuplicateError("This mail was stored by somebody else a moment ago.") from error
            raise

    def by_internet_ids(self, internet_ids: Sequence[str]) -> Mapping[str, Sequence[InboundItem]]:
        """Return rows by Message-ID, in any account and state."""
        wanted = sorted({internet_id for internet_id in internet_ids if internet_id})
        found: dict[str, list[InboundItem]] = {}
        for start in range(0, len(wanted), _CHUNK):
            for row in self._t.connection.execute(_BY_INTERNET_IDS, {"wanted": wanted[start : start + _CHUNK]}):
                found.setdefault(row.internet_id, []).append(to_inbound(row))
        return found

    def quarantined(self, limit: int = 500) -> Sequence[InboundItem]:
        """Return what could not be read or was too large, newest first."""
        return self._items(_in_state(InboundState.QUARANTINED).order_by(inbound_item.c.id.desc()).limit(limit))

    def dropped(self, limit: int = 500) -> Sequence[InboundItem]:
        """Return mail that plugins left out, newest first."""
        return self._items(_in_state(InboundState.DROPPED).order_by(inbound_item.c.id.desc()).limit(limit))

    def blocked(self, limit: int = 500, *, stored_before: datetime | None = None) -> Sequence[InboundItem]:
        """Return mail of blocked senders, newest first; with `stored_before`, what has waited longer, oldest first."""
        statement = _in_state(InboundState.BLOCKED).limit(limit)
        if stored_before is None:
            return self._items(statement.order_by(inbound_item.c.id.desc()))
        return self._items(statement.where(inbound_item.c.stored_at < stored_before).order_by(inbound_item.c.id))

    def unacknowledged(self, account_id: int, limit: int) -> Sequence[InboundItem]:
        """Return finished rows whose server-side action is still to be done; what is quarantined stays on the
        server."""
        finished = (InboundState.DONE.value, InboundState.DUPLICATE.value, InboundState.PURGED.value)
        return self._items(
            select(inbound_item)
            .where(
                inbound_item.c.account_id == account_id,
                inbound_item.c.acknowledged.is_(False),
                inbound_item.c.after_import != AfterImport.KEEP.value,
                inbound_item.c.state.in_(finished),
            )
            .order_by(inbound_item.c.id)
            .limit(limit)
        )

    def acknowledge(self, ids: Sequence[int]) -> None:
        """Note that the server-side action was done."""
        if ids:
            self._t.connection.execute(
                update(inbound_item).where(inbound_item.c.id.in_(list(ids))).values(acknowledged=True)
            )

    def count(self, account_id: int) -> int:
        """Return how many messages of an account are in the ledger, quarantined ones included."""
        statement = select(func.count()).where(inbound_item.c.account_id == account_id)
        return int(self._t.connection.execute(statement).scalar_one())

    def count_by_stream(self, account_id: int) -> Mapping[str, int]:
        """Return how many messages of an account are in the ledger, by folder."""
        statement = (
            select(inbound_item.c.stream, func.count())
            .where(inbound_item.c.account_id == account_id)
            .group_by(inbound_item.c.stream)
            .order_by(inbound_item.c.stream)
        )
        return {str(stream): int(count) for stream, count in self._t.connection.execute(statement)}

    def _items(self, statement: Select[Any]) -> list[InboundItem]:
        return [to_inbound(row) for row in self._t.connection.execute(statement)]


def _in_state(state: InboundState) -> Select[Any]:
    return select(inbound_item).where(inbound_item.c.state == state.value)
