"""Tickets as plugins see them, made of what the window has read already, so that no panel waits for the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from desk_app.domain.tickets.model import Bucket, Status
from desk_app.plugin_api import AgentView, ContactView, TicketView
from desk_app.services.queries.conversation import ConversationView
from desk_app.services.queries.tickets import TicketRow


def view_of(shown: Any, statuses: Sequence[Status]) -> Any:
    """Return the ticket of a conversation; anything else as it is. `statuses` are all of the desk."""
    if not isinstance(shown, ConversationView):
        return shown
    ticket, requester = shown.ticket, shown.requester
    status = next((one.key for one in statuses if one.id == ticket.status_id), "")
    assignee = AgentView(ticket.assignee_id, shown.assignee_name, "") if ticket.assignee_id is not None else None
    contact = None
    if requester is not None:
        contact = ContactView(requester.id, requester.name, tuple(requester.emails), "", dict(requester.fields))
    return TicketView(
        id=ticket.id,
        number=ticket.number,
        subject=ticket.subject,
        status=status,
        category=ticket.category.value,
        priority=ticket.priority.value,
        channel=ticket.channel,
        department_id=ticket.department_id,
        account_id=ticket.account_id,
        assignee=assignee,
        requester=contact,
        requester_name=ticket.requester_name,
        requester_email=ticket.requester_email,
        tags=shown.tags,
        language=ticket.language,
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
        closed_at=ticket.closed_at,
        message_count=ticket.message_count,
        snippet=ticket.snippet,
    )


def view_of_row(listed: Any) -> Any:
    """Return the ticket of a row of a list; anything else as it is. A row knows no channel and no customer by id."""
    if not isinstance(listed, TicketRow):
        return listed
    assignee = AgentView(listed.assignee_id, listed.assignee_name, "") if listed.assignee_id is not None else None
    return TicketView(
        id=listed.id,
        number=listed.number,
        subject=listed.subject,
        status=listed.status_key,
        category=listed.bucket.value if listed.bucket in _CATEGORIES else "",
        priority=listed.priority.value,
        channel="",
        department_id=listed.department_id,
        account_id=listed.account_ids[0] if listed.account_ids else None,
        assignee=assignee,
        requester_name=listed.requester_name,
        requester_email=listed.requester_email,
        tags=listed.tags,
        created_at=listed.created_at,
        updated_at=listed.activity_at,
        message_count=listed.message_count,
        snippet=listed.snippet,
    )


_CATEGORIES = (Bucket.OPEN, Bucket.WAITING, Bucket.CLOSED)
