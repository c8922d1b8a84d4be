"""Reads what hooks are shown, for many tickets at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from desk_app.domain.tickets.model import Ticket
from desk_app.plugin_api.data import AgentView, ContactView, MessageView, TicketView
from desk_app.services.plugins.views import (
    Surroundings,
    agent_view,
    contact_view,
    message_view,
    ticket_view,
)
from desk_app.storage.contacts.repository import read_contacts
from desk_app.storage.messages import mapping
from desk_app.storage.messages.repository import read_records
from desk_app.storage.people.repository import read_agents
from desk_app.storage.schema.contacts import contact_address, organization
from desk_app.storage.schema.messages import message
from desk_app.storage.schema.people import agent, department
from desk_app.storage.schema.tickets import status, ticket, ticket_tag
from desk_app.storage.tickets.mapping import TICKETS, to_status, to_ticket

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

T = TypeVar("T")
_AT_ONCE = 500


class SqlPictures:
    """Pictures of the desk; see the port. `run` calls its argument with a connection: that of an open transaction, or
    of a read transaction of its own."""

    def __init__(self, run: Callable[[Callable[[Connection], Any]], Any]) -> None:
        self._run = run

    def tickets(self, ticket_ids: Iterable[int]) -> Mapping[int, TicketView]:
        """Return many tickets."""
        wanted = list(dict.fromkeys(ticket_ids))
        found: Mapping[int, TicketView] = self._run(lambda connection: _tickets(connection, wanted))
        return found

    def ticket(self, ticket_id: int) -> TicketView | None:
        """Return one ticket."""
        return self.tickets([ticket_id]).get(ticket_id)

    def of(self, item: Ticket) -> TicketView:
        """Return a ticket as it is in memory."""
        found: TicketView = self._run(lambda connection: ticket_view(item, _around(connection, [item])))
        return found

    def messages(self, message_ids: Iterable[int]) -> Mapping[int, MessageView]:
        """Return many messages."""
        wanted = list(dict.fromkeys(message_ids))

        def read(connection: Connection) -> dict[int, MessageView]:
            statements = [mapping.MESSAGES.where(message.c.id.in_(some)) for some in _parts(wanted)]
            records = [record for one in statements for record in read_records(connection, one)]
            return {record.id: message_view(record) for record in records}

        found: Mapping[int, MessageView] = self._run(read)
        return found

    def message(self, message_id: int) -> MessageView | None:
        """Return one message."""
        return self.messages([message_id]).get(message_id)

    def newest_messages(self, ticket_id: int, limit: int) -> Sequence[MessageView]:
        """Return the newest messages of a ticket, oldest first."""
        newest = mapping.MESSAGES.where(message.c.ticket_id == ticket_id).order_by(message.c.id.desc()).limit(limit)

        def read(connection: Connection) -> list[MessageView]:
            return [message_view(record) for record in reversed(read_records(connection, newest))]

        found: Sequence[MessageView] = self._run(read)
        return found

    def contact(self, contact_id: int) -> ContactView | None:
        """Return a customer."""
        found: ContactView | None = self._run(lambda connection: _contacts(connection, [contact_id]).get(contact_id))
        return found

    def contact_at(self, address: str) -> ContactView | None:
        """Return the customer with an address."""
        of_address = select(contact_address.c.contact_id).where(
            contact_address.c.kind == "email", contact_address.c.address == address.strip().lower()
        )

        def read(connection: Connection) -> ContactView | None:
            contact_id = connection.execute(of_address).scalar()
            return None if contact_id is None else _contacts(connection, [contact_id]).get(contact_id)

        found: ContactView | None = self._run(read)
        return found

    def agent(self, agent_id: int) -> AgentView | None:
        """Return an agent."""
        found: AgentView | None = self._run(lambda connection: _agents(connection, [agent_id]).get(agent_id))
        return found


def _tickets(connection: Connection, ticket_ids: Sequence[int]) -> dict[int, TicketView]:
    found: dict[int, Ticket] = {}
    for some in _parts(ticket_ids):
        for row in connection.execute(TICKETS.where(ticket.c.id.in_(some))):
            found[row.id] = to_ticket(row._asdict(), ())
    around = _around(connection, list(found.values()))
    return {key: ticket_view(found[key], around) for key in ticket_ids if key in found}


def _around(connection: Connection, tickets: Sequence[Ticket]) -> Surroundings:
    if not tickets:
        return Surroundings()
    statuses = [to_status(row) for row in connection.execute(select(status))]
    tags: dict[int, list[str]] = {}
    for some in _parts([one.id for one in tickets if one.id]):
        rows = select(ticket_tag.c.ticket_id, ticket_tag.c.tag).where(ticket_tag.c.ticket_id.in_(some))
        for row in connection.execute(rows):
            tags.setdefault(row.ticket_id, []).append(row.tag)
    return Surroundings(
        statuses={one.id: one for one in statuses},
        departments={row.id: row.name for row in connection.execute(select(department.c.id, department.c.name))},
        agents=_agents(connection, [one.assignee_id for one in tickets if one.assignee_id is not None]),
        contacts=_contacts(connection, [one.requester_id for one in tickets if one.requester_id is not None]),
        tags={key: tuple(sorted(found)) for key, found in tags.items()},
    )


def _agents(connection: Connection, agent_ids: Sequence[int]) -> dict[int, AgentView]:
    wanted = sorted(set(agent_ids))
    found = [
        one for some in _parts(wanted) for one in read_agents(connection, select(agent).where(agent.c.id.in_(some)))
    ]
    return {one.id: agent_view(one) for one in found}


def _contacts(connection: Connection, contact_ids: Sequence[int]) -> dict[int, ContactView]:
    people = read_contacts(connection, sorted(set(contact_ids)))
    companies = {one.organization_id for one in people.values() if one.organization_id is not None}
    names: dict[int, str] = {}
    for some in _parts(sorted(companies)):
        rows = select(organization.c.id, organization.c.name).where(organization.c.id.in_(some))
        names |= {row.id: row.name for row in connection.execute(rows)}
    return {key: contact_view(one, names.get(one.organization_id or 0, "")) for key, one in people.items()}


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
