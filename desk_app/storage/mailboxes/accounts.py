"""Channel accounts with aliases, health and cursors."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, delete, insert, select, union, update

from desk_app.domain.mailboxes.model import Account, AccountHealth
from desk_app.storage.mailboxes import mapping
from desk_app.storage.schema.sync import account_alias, account_health, channel_account, channel_cursor
from desk_app.storage.upsert import upsert

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from desk_app.plugin_api.channels import Cursor
    from desk_app.storage.transaction import Transaction


class SqlAccountRepository:
    """Accounts in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def all(self, *, include_disabled: bool = True) -> Sequence[Account]:
        """Return accounts in order; deleted ones are left out."""
        statement = (
            select(channel_account)
            .where(channel_account.c.deleted_at.is_(None))
            .order_by(channel_account.c.position, channel_account.c.id)
        )
        if not include_disabled:
            statement = statement.where(channel_account.c.enabled)
        return read_accounts(self._t.connection, statement)

    def get(self, account_id: int) -> Account | None:
        """Return an account, a deleted one too: its tickets still name it."""
        found = read_accounts(self._t.connection, select(channel_account).where(channel_account.c.id == account_id))
        return found[0] if found else None

    def add(self, account: Account) -> int:
        """Insert an account with its aliases; raises ValueError where an address is taken."""
        self._check_free(account, 0)
        values = mapping.account_values(account) | {"created_at": account.created_at or self._t.now()}
        account_id = int(
            self._t.connection.execute(
                insert(channel_account).values(values).returning(channel_account.c.id)
            ).scalar_one()
        )
        self._add_aliases(account, account_id)
        self._t.changed("account", account_id, "insert", account.department_id)
        return account_id

    def save(self, account: Account) -> None:
        """Write an account and its aliases; raises ValueError where an address is taken or `version` moved on."""
        self._check_free(account, account.id)
        updated = self._t.connection.execute(
            update(channel_account)
            .where(channel_account.c.id == account.id, channel_account.c.version == account.version)
            .values(mapping.account_values(account) | {"version": account.version + 1})
        )
        if updated.rowcount != 1:
            raise ValueError("the account was changed by somebody else")
        self._t.connection.execute(delete(account_alias).where(account_alias.c.account_id == account.id))
        self._add_aliases(account, account.id)
        self._t.changed("account", account.id, "update", account.department_id)

    def remove(self, account_id: int) -> None:
        """Mark an account deleted; its tickets and intake rows stay, its aliases may be used again."""
        self._t.connection.execute(
            update(channel_account)
            .where(channel_account.c.id == account_id)
            .values(deleted_at=self._t.now(), enabled=False, version=channel_account.c.version + 1)
        )
        self._t.changed("account", account_id, "delete")

    def own_addresses(self) -> frozenset[str]:
        """Return every address and alias of every account, disabled and deleted ones too."""
        statement = union(select(channel_account.c.address), select(account_alias.c.address))
        return frozenset(address for address in self._t.connection.execute(statement).scalars() if address)

    def health(self, account_id: int) -> AccountHealth:
        """Return how an account fares."""
        row = self._t.connection.execute(
            select(account_health).where(account_health.c.account_id == account_id)
        ).first()
        return AccountHealth(account_id) if row is None else mapping.to_health(row)

    def set_health(self, health: AccountHealth) -> None:
        """Store how an account fares."""
        values = {name: getattr(health, name) for name in mapping.HEALTH_PLAIN}
        values["department_id"] = self._department(health.account_id)
        upsert(self._t, account_health, values, keys=("account_id",))
        self._t.changed("account", health.account_id)

    def cursor(self, account_id: int) -> Cursor:
        """Return how far an account has been read; empty at first."""
        from desk_app.plugin_api.channels import Cursor  # noqa: PLC0415 -- a window lists its accounts without it

        rows = self._t.connection.execute(select(channel_cursor).where(channel_cursor.c.account_id == account_id))
        return Cursor({row.stream: json.loads(row.position) for row in rows})

    def set_cursor(self, account_id: int, cursor: Cursor) -> None:
        """Store how far an account has been read; streams that are gone from the cursor go."""
        now, department_id = self._t.now(), self._department(account_id)
        stored = {
            row.stream: row.position
            for row in self._t.connection.execute(
                select(channel_cursor).where(channel_cursor.c.account_id == account_id)
            )
        }
        gone = sorted(set(stored) - set(cursor.positions))
        if gone:
            self._t.connection.execute(
                delete(channel_cursor).where(
                    channel_cursor.c.account_id == account_id, channel_cursor.c.stream.in_(gone)
                )
            )
        for stream, position in cursor.positions.items():
            text = json.dumps(dict(position), ensure_ascii=False, sort_keys=True)
            if stored.get(stream) == text:
                continue
            upsert(
                self._t,
                channel_cursor,
                {
                    "account_id": account_id,
                    "stream": stream,
                    "department_id": department_id,
                    "position": text,
                    "updated_at": now,
                },
                keys=("account_id", "stream"),
            )

    def _department(self, account_id: int) -> int:
        statement = select(channel_account.c.department_id).where(channel_account.c.id == account_id)
        return int(self._t.connection.execute(statement).scalar_one())

    def _check_free(self, account: Account, account_id: int) -> None:
        wanted = [address.strip().lower() for address in account.addresses]
        if len(set(wanted)) != len(wanted):
            raise ValueError("an address stands twice in the account")
        taken = union(
            select(channel_account.c.address).where(
                channel_account.c.address.in_(wanted),
                channel_account.c.id != account_id,
                channel_account.c.deleted_at.is_(None),
            ),
            select(account_alias.c.address)
            .join(channel_account, channel_account.c.id == account_alias.c.account_id)
            .where(
                account_alias.c.address.in_(wanted),
                account_alias.c.account_id != account_id,
                channel_account.c.deleted_at.is_(None),
            ),
        )
        found = self._t.connection.execute(taken).scalars().first()
        if found is not None:
            raise ValueError(f"{found} belongs to another account")

    def _add_aliases(self, account: Account, account_id: int) -> None:
        rows = [
            {
                "account_id": account_id,
                "department_id": account.department_id,
                "address": alias.address.strip().lower(),
                "sender_name": alias.sender_name,
            }
            for alias in account.aliases
        ]
        if rows:
            self._t.connection.execute(insert(account_alias), rows)


def read_accounts(connection: Connection, statement: Select[Any]) -> list[Account]:
    """Return the accounts of a selection of the table's rows, with their aliases."""
    rows = connection.execute(statement).all()
    aliases: dict[int, list[Row[Any]]] = defaultdict(list)
    if rows:
        for row in connection.execute(select(account_alias).order_by(account_alias.c.id)):
            aliases[row.account_id].append(row)
    return [mapping.to_account(row, aliases.get(row.id, ())) for row in rows]
