"""Saved lists and stars in the database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, and_, delete, func, insert, or_, select, update

from desk_app.domain.tickets.query import TicketOrder
from desk_app.domain.views.model import SavedView
from desk_app.domain.views.stored import from_data, to_data
from desk_app.storage.schema.links import ticket_star
from desk_app.storage.schema.people import agent_department
from desk_app.storage.schema.tickets import ticket
from desk_app.storage.schema.views import saved_view
from desk_app.storage.upsert import insert_new

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction


class SqlViewRepository:
    """Views in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def visible(self, agent_id: int) -> Sequence[SavedView]:
        """Return an agent's own views and those shared with it."""
        mine = select(agent_department.c.department_id).where(agent_department.c.agent_id == agent_id)
        place = saved_view.c.department_id
        told = and_(saved_view.c.shared.is_(True), or_(place.is_(None), place.in_(mine)))
        statement = (
            select(saved_view)
            .where(or_(saved_view.c.agent_id == agent_id, told))
            .order_by(saved_view.c.position, saved_view.c.id)
        )
        return [_view(row) for row in self._t.connection.execute(statement)]

    def get(self, view_id: int) -> SavedView | None:
        """Return a view."""
        row = self._t.connection.execute(select(saved_view).where(saved_view.c.id == view_id)).first()
        return None if row is None else _view(row)

    def add(self, view: SavedView) -> int:
        """Insert a view at the end."""
        last = self._t.connection.execute(select(func.max(saved_view.c.position))).scalar()
        at = self._t.now()
        values = _values(view) | {"position": (last or 0) + 1, "created_at": at, "updated_at": at}
        if view.id:
            values["id"] = view.id
        statement = insert(saved_view).values(values).returning(saved_view.c.id)
        view_id = int(self._t.connection.execute(statement).scalar_one())
        self._t.changed("view", view_id, "insert", view.department_id)
        return view_id

    def save(self, view: SavedView) -> bool:
        """Write a changed view."""
        statement = (
            update(saved_view)
            .where(saved_view.c.id == view.id, saved_view.c.version == view.version)
            .values(_values(view) | {"version": view.version + 1, "updated_at": self._t.now()})
        )
        done = self._t.connection.execute(statement).rowcount == 1
        if done:
            self._t.changed("view", view.id, "update", view.department_id)
        return done

    def delete(self, view_id: int) -> None:
        """Delete a view."""
        self._t.connection.execute(delete(saved_view).where(saved_view.c.id == view_id))
        self._t.changed("view", view_id, "delete")

    def star(self, ticket_id: int, agent_id: int, *, on: bool) -> bool:
        """Star a ticket for an agent, or take the star away."""
        department_id = self._t.connection.execute(
            select(ticket.c.department_id).where(ticket.c.id == ticket_id)
        ).scalar()
        if department_id is None:
            return False
        mine = (ticket_star.c.ticket_id == ticket_id, ticket_star.c.agent_id == agent_id)
        starred = self._t.connection.execute(select(ticket_star.c.ticket_id).where(*mine)).first() is not None
        if starred == on:
            return False
        if on:
            row = {"ticket_id": ticket_id, "agent_id": agent_id, "department_id": department_id}
            self._t.connection.execute(insert_new(self._t, ticket_star), row | {"since_at": self._t.now()})
        else:
            self._t.connection.execute(delete(ticket_star).where(*mine))
        self._t.changed("ticket", ticket_id, "update", department_id)
        return True

    def starred_by(self, ticket_id: int) -> Sequence[int]:
        """Return the agents who starred a ticket."""
        statement = select(ticket_star.c.agent_id).where(ticket_star.c.ticket_id == ticket_id)
        return list(self._t.connection.execute(statement.order_by(ticket_star.c.agent_id)).scalars())


def _values(view: SavedView) -> dict[str, Any]:
    return {
        "agent_id": view.agent_id,
        "department_id": view.department_id,
        "shared": view.shared,
        "name": view.name,
        "icon": view.icon,
        "query": json.dumps(to_data(view.query), ensure_ascii=False),
        "sort": view.query.order.value,
        "ascending": view.query.ascending,
        "columns": json.dumps(list(view.columns)),
    }


def _view(row: Row[Any]) -> SavedView:
    query = from_data(_read(row.query, {}))
    orders = {one.value: one for one in TicketOrder}
    query = replace(query, order=orders.get(row.sort, TicketOrder.ACTIVITY), ascending=row.ascending)
    columns = tuple(one for one in _read(row.columns, []) if isinstance(one, str))
    return SavedView(
        row.id, row.agent_id, row.name, row.icon, query, columns, row.shared, row.department_id, row.version
    )


def _read(text: str, default: Any) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return default
    return value if isinstance(value, type(default)) else default
