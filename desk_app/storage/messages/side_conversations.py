"""Side conversations; which one a message belongs to stands with the message."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, delete, exists, insert, select, update
from sqlalchemy.engine import Connection

from desk_app.domain.messages.model import Address
from desk_app.domain.messages.side_conversations import SideConversation
from desk_app.storage.schema.links import side_conversation
from desk_app.storage.schema.messages import message, message_address

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_AT_ONCE = 500


class SqlSideConversationRepository:
    """Side conversations in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def add(self, side: SideConversation) -> SideConversation:
        """Insert a side conversation."""
        statement = (
            insert(side_conversation)
            .values(
                ticket_id=side.ticket_id,
                department_id=side.department_id,
                subject=side.subject,
                people=_people(side.people),
                agent_id=side.agent_id,
                created_at=side.created_at,
            )
            .returning(side_conversation.c.id)
        )
        return replace(side, id=int(self._t.connection.execute(statement).scalar_one()))

    def get(self, side_id: int) -> SideConversation | None:
        """Return a side conversation."""
        row = self._t.connection.execute(select(side_conversation).where(side_conversation.c.id == side_id)).first()
        return None if row is None else _side(row)

    def of_tickets(self, ticket_ids: Sequence[int]) -> Mapping[int, Sequence[SideConversation]]:
        """Return the side conversations of tickets, oldest first."""
        found: dict[int, list[SideConversation]] = {ticket_id: [] for ticket_id in ticket_ids}
        for start in range(0, len(ticket_ids), _AT_ONCE):
            part = list(ticket_ids[start : start + _AT_ONCE])
            statement = select(side_conversation).where(side_conversation.c.ticket_id.in_(part))
            for row in self._t.connection.execute(statement.order_by(side_conversation.c.id)):
                found[row.ticket_id].append(_side(row))
        return found

    def set_people(self, side_id: int, people: Sequence[Address]) -> None:
        """Replace the people of a side conversation."""
        self._t.connection.execute(
            update(side_conversation).where(side_conversation.c.id == side_id).values(people=_people(people))
        )

    def customers(self, ticket_id: int) -> frozenset[str]:
        """Return every address that stands in a message of the customer's thread."""
        of_thread = (message.c.ticket_id == ticket_id, message.c.side_conversation_id.is_(None))
        named = (
            select(message_address.c.email)
            .join(message, message.c.id == message_address.c.message_id)
            .where(*of_thread)
            .distinct()
        )
        authors = select(message.c.author_email).where(*of_thread).distinct()
        people = {
            email.lower()
            for statement in (named, authors)
            for email in self._t.connection.execute(statement).scalars()
            if email
        }
        return frozenset(people)

    def detach(self, message_ids: Sequence[int]) -> None:
        """Let messages belong to the customer's thread of their ticket."""
        self._t.connection.execute(
            update(message).where(message.c.id.in_(sorted(message_ids))).values(side_conversation_id=None)
        )

    def remove_empty(self, side_id: int) -> bool:
        """Delete a side conversation that has no message left."""
        used = exists().where(message.c.side_conversation_id == side_id)
        gone = self._t.connection.execute(
            delete(side_conversation).where(side_conversation.c.id == side_id, ~used)
        ).rowcount
        return gone == 1


def follow_messages(connection: Connection, message_ids: Sequence[int], ticket_id: int, department_id: int) -> None:
    """Let the side conversations of moved messages stand in the ticket where their messages are now. One that is torn
    apart goes on in both tickets, so that its messages stay hidden from either customer."""
    here = message.c.id.in_(message_ids)
    moved = select(message.c.side_conversation_id).where(here, message.c.side_conversation_id.is_not(None)).distinct()
    sides = select(side_conversation).where(side_conversation.c.id.in_(moved))
    for row in connection.execute(sides).mappings().all():
        if row["ticket_id"] == ticket_id:
            continue
        of_side = message.c.side_conversation_id == row["id"]
        place = {"ticket_id": ticket_id, "department_id": department_id}
        if connection.execute(select(message.c.id).where(of_side, message.c.ticket_id != ticket_id).limit(1)).first():
            values = {key: value for key, value in row.items() if key != "id"} | place
            copy = insert(side_conversation).values(values).returning(side_conversation.c.id)
            copy_id = connection.execute(copy).scalar_one()
            connection.execute(update(message).where(here, of_side).values(side_conversation_id=copy_id))
        else:
            connection.execute(update(side_conversation).where(side_conversation.c.id == row["id"]).values(place))


def read_sides(connection: Connection, ticket_id: int) -> tuple[SideConversation, ...]:
    """Return the side conversations that the messages of a ticket belong to, oldest first."""
    used = select(message.c.side_conversation_id).where(
        message.c.ticket_id == ticket_id, message.c.side_conversation_id.is_not(None)
    )
    statement = select(side_conversation).where(side_conversation.c.id.in_(used)).order_by(side_conversation.c.id)
    return tuple(_side(row) for row in connection.execute(statement))


def _people(people: Sequence[Address]) -> str:
    return json.dumps([[person.name, person.email] for person in people], ensure_ascii=False)


def _side(row: Row[Any]) -> SideConversation:
    return SideConversation(
        id=row.id,
        ticket_id=row.ticket_id,
        department_id=row.department_id,
        subject=row.subject,
        people=tuple(Address(name, email) for name, email in json.loads(row.people)),
        agent_id=row.agent_id,
        created_at=row.created_at,
    )
