"""What the composer reads; see the port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.engine import Connection

from desk_app.domain.messages.canned import CannedResponse
from desk_app.storage.messages.canned import read_visible
from desk_app.storage.messages.people_found import find_people
from desk_app.storage.schema.contacts import contact, organization
from desk_app.storage.schema.people import agent, department
from desk_app.storage.schema.sync import channel_account
from desk_app.storage.schema.tickets import ticket

if TYPE_CHECKING:
    from desk_app.storage.engine.connections import Connections


class SqlWritingQueries:
    """Read without a writing transaction."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def canned(self, agent_id: int | None) -> Sequence[CannedResponse]:
        """Return what is shared and what is the agent's own, without bytes."""
        return self._connections.read(lambda connection: read_visible(connection, agent_id))

    def placeholder_values(
        self, *, ticket_id: int | None, account_id: int | None, agent_id: int | None
    ) -> Mapping[str, str]:
        """Return the values of the placeholders."""
        return self._connections.read(lambda connection: read_values(connection, ticket_id, account_id, agent_id))

    def people(self, typed: str, limit: int) -> Sequence[tuple[str, str]]:
        """Return names and addresses of contacts that begin with what was typed."""
        return self._connections.read(lambda connection: find_people(connection, typed, limit))


def read_values(
    connection: Connection, ticket_id: int | None, account_id: int | None, agent_id: int | None
) -> dict[str, str]:
    """Return the values of the placeholders as far as the three name them; "" where something is not known."""
    values: dict[str, str] = {}
    if ticket_id is not None:
        values |= _of_ticket(connection, ticket_id)
    if account_id is not None:
        row = connection.execute(select(channel_account).where(channel_account.c.id == account_id)).first()
        if row is not None:
            values |= {"mailbox.name": row.sender_name or row.name, "mailbox.address": row.address}
    if agent_id is not None:
        row = connection.execute(select(agent).where(agent.c.id == agent_id)).first()
        if row is not None:
            values |= {"agent.name": row.name, "agent.first_name": _first(row.name), "agent.email": row.email}
    return values


def _of_ticket(connection: Connection, ticket_id: int) -> dict[str, str]:
    statement = (
        select(
            ticket.c.number,
            ticket.c.subject,
            ticket.c.requester_name,
            ticket.c.requester_email,
            department.c.name.label("department_name"),
            organization.c.name.label("organization_name"),
        )
        .select_from(ticket)
        .join(department, department.c.id == ticket.c.department_id)
        .outerjoin(contact, contact.c.id == ticket.c.requester_id)
        .outerjoin(organization, organization.c.id == contact.c.organization_id)
        .where(ticket.c.id == ticket_id)
    )
    row = connection.execute(statement).first()
    if row is None:
        return {}
    name = row.requester_name if "@" not in row.requester_name else ""
    return {
        "customer.name": name,
        "customer.first_name": _first(name),
        "customer.email": row.requester_email,
        "organization.name": row.organization_name or "",
        "ticket.number": row.number,
        "ticket.subject": row.subject,
        "department.name": row.department_name,
    }


def _first(name: str) -> str:
    """The first name of "Maya Lindqvist" and of "Lindqvist, Maya"."""
    surname, comma, rest = name.partition(",")
    words = (rest if comma and rest.strip() else surname).split()
    return words[0] if words else ""
