"""Makes the frozen pictures that hooks get (`plugin_api.data`) of what the desk holds.

The functions here ask nothing of a database. What stands around a ticket (names, tags, its customer) comes in
`Surroundings`; `services.ports.plugins.Pictures` reads it for many tickets at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from desk_app.domain.contacts.model import Contact
from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.canned import CannedResponse
from desk_app.domain.messages.model import Address, Direction, MessageKind, ParsedMessage
from desk_app.domain.people.actor import Actor
from desk_app.domain.people.agent import Agent
from desk_app.domain.tickets.model import Status, Ticket
from desk_app.plugin_api.data import (
    AccountInfo,
    ActorView,
    AgentView,
    AttachmentView,
    CannedView,
    ContactView,
    MessageDraft,
    MessageView,
    TicketView,
)
from desk_app.services.ports.messages import MessageRecord


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a picture of a ticket names beside the ticket's own columns, by id; `tags` by ticket."""

    statuses: Mapping[int, Status] = field(default_factory=dict)
    departments: Mapping[int, str] = field(default_factory=dict)
    agents: Mapping[int, AgentView] = field(default_factory=dict)
    contacts: Mapping[int, ContactView] = field(default_factory=dict)
    tags: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


def ticket_view(ticket: Ticket, around: Surroundings) -> TicketView:
    """Return a ticket as it is in this moment; it need not be stored yet."""
    status = around.statuses.get(ticket.status_id)
    return TicketView(
        id=ticket.id,
        number=ticket.number,
        subject=ticket.subject,
        status=status.key if status is not None else "",
        category=(status.category if status is not None else ticket.category).value,
        priority=ticket.priority.value,
        channel=ticket.channel,
        department_id=ticket.department_id,
        department=around.departments.get(ticket.department_id, ""),
        account_id=ticket.account_id,
        assignee=around.agents.get(ticket.assignee_id) if ticket.assignee_id is not None else None,
        requester=around.contacts.get(ticket.requester_id) if ticket.requester_id is not None else None,
        requester_name=ticket.requester_name,
        requester_email=ticket.requester_email,
        tags=around.tags.get(ticket.id, ()),
        language=ticket.language,
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
        closed_at=ticket.closed_at,
        message_count=ticket.message_count,
        snippet=ticket.snippet,
    )


def message_view(record: MessageRecord) -> MessageView:
    """Return a message. `html` is "" where it was not made safe yet."""
    note = record.kind is not MessageKind.PUBLIC_REPLY
    inbound = record.direction is Direction.INBOUND
    return MessageView(
        id=record.id,
        ticket_id=record.ticket_id,
        direction="note" if note else "inbound" if inbound else "outbound",
        author=record.author_name,
        address=record.author_email,
        text=record.visible_text or record.text,
        html=record.content.visible_html if record.content is not None else "",
        subject=record.subject,
        sent_at=record.sent_at,
        attachments=tuple(AttachmentView(a.id, a.filename, a.content_type, a.size) for a in record.attachments),
        message_id=record.internet_id,
        side_conversation_id=record.side_conversation_id,
    )


def contact_view(contact: Contact, organization: str = "") -> ContactView:
    """Return a customer, the main address first."""
    emails = dict.fromkeys((contact.primary_email, *contact.emails))
    return ContactView(
        id=contact.id,
        name=contact.name,
        addresses=tuple(address for address in emails if address),
        organization=organization,
        fields=dict(contact.fields),
    )


def agent_view(agent: Agent) -> AgentView:
    """Return an agent."""
    return AgentView(agent.id, agent.name, agent.email)


def actor_view(actor: Actor) -> ActorView:
    """Return who did something."""
    return ActorView(actor.kind.value, actor.id, actor.name)


def account_info(account: Account) -> AccountInfo:
    """Return a mailbox without its settings and secrets."""
    return AccountInfo(account.id, account.name, account.address, account.channel, account.department_id)


def canned_view(response: CannedResponse) -> CannedView:
    """Return a prepared answer with its placeholders as they were written."""
    return CannedView(
        response.id,
        response.title,
        response.folder,
        response.html,
        response.text,
        response.department_id,
        response.language,
    )


def inbound_draft(parsed: ParsedMessage) -> MessageDraft:
    """Return a message that has just been read, before anything is made of it."""
    return MessageDraft(
        subject=parsed.subject,
        text=parsed.text,
        html=parsed.html,
        sender=parsed.from_.email,
        to=addresses(parsed.to),
        cc=addresses(parsed.cc),
        headers=dict(parsed.headers),
    )


def addresses(people: Iterable[Address]) -> tuple[str, ...]:
    """Return the e-mail addresses of people that have one."""
    return tuple(one.email for one in people if one.email)
