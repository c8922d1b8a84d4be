"""How tags look and where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from desk_app.services.ports.tags import TagUse
from desk_app.storage.schema.links import tag
from desk_app.storage.schema.tickets import ticket_tag
from desk_app.storage.upsert import upsert

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


class SqlTagRepository:
    """Tags in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def listed(self) -> Sequence[TagUse]:
        """Return every tag that has a colour or stands in a ticket, by name."""
        counting = select(ticket_tag.c.tag, func.count()).group_by(ticket_tag.c.tag)
        used = {str(name): int(count) for name, count in self._t.connection.execute(counting)}
        colours = self.colours()
        return [TagUse(name, colours.get(name, ""), used.get(name, 0)) for name in sorted({*used, *colours})]

    def colours(self) -> Mapping[str, str]:
        """Return the colour tokens of the tags that have one."""
        rows = self._t.connection.execute(select(tag.c.name, tag.c.colour))
        return {row.name: row.colour for row in rows}

    def known(self, name: str) -> bool:
        """Return whether a tag was made or given a colour."""
        return self._t.connection.execute(select(tag.c.id).where(tag.c.name == name)).first() is not None

    def put(self, name: str, colour: str) -> None:
        """Make a tag, or give it another colour."""
        upsert(self._t, tag, {"name": name, "colour": colour, "created_at": self._t.now()}, keys=("name",))
        self._t.changed("tag", 0)

    def forget(self, name: str) -> None:
        """Forget how a tag looks."""
        self._t.connection.execute(delete(tag).where(tag.c.name == name))
        self._t.changed("tag", 0)

    def tickets_with(self, name: str, *, after: int = 0, limit: int = 500) -> Sequence[int]:
        """Return the ids of tickets with a tag, in order, after an id."""
        statement = (
            select(ticket_tag.c.ticket_id)
            .where(ticket_tag.c.tag == name, ticket_tag.c.ticket_id > after)
            .order_by(ticket_tag.c.ticket_id)
            .limit(limit)
        )
        return [int(one) for one in self._t.connection.execute(statement).scalars()]

    def count(self, name: str) -> int:
        """Return in how many tickets a tag stands."""
        statement = select(func.count()).select_from(ticket_tag).where(ticket_tag.c.tag == name)
        return int(self._t.connection.execute(statement).scalar_one())

    def having(self, ticket_ids: Sequence[int], name: str) -> frozenset[int]:
        """Return which of these tickets have a tag."""
        statement = select(ticket_tag.c.ticket_id).where(
            ticket_tag.c.tag == name, ticket_tag.c.ticket_id.in_(list(ticket_ids))
        )
        return frozenset(int(one) for one in self._t.connection.execute(statement).scalars())
