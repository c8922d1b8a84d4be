"""How things of the desk look as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from desk_app.plugin_api import ActorView, MessageView, TicketView


def ticket_body(ticket: TicketView) -> dict[str, Any]:
    """Return a ticket."""
    return {
        "id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject,
        "status": ticket.status,
        "category": ticket.category,
        "priority": ticket.priority,
        "channel": ticket.channel,
        "department": ticket.department,
        "assignee": ticket.assignee.email or ticket.assignee.name if ticket.assignee else None,
        "requester": {"name": ticket.requester_name, "email": ticket.requester_email},
        "tags": list(ticket.tags),
        "created_at": instant(ticket.created_at),
        "updated_at": instant(ticket.updated_at),
    }


def message_body(message: MessageView, *, text: bool) -> dict[str, Any]:
    """Return a message; its text only where it may be given away."""
    body: dict[str, Any] = {
        "id": message.id,
        "direction": message.direction,
        "author": message.author,
        "address": message.address,
        "sent_at": instant(message.sent_at),
        "attachments": [
            {"filename": one.filename, "content_type": one.content_type, "size": one.size}
            for one in message.attachments
        ],
    }
    return body | {"text": message.text} if text else body


def actor_body(actor: ActorView) -> dict[str, Any]:
    """Return who did something."""
    return {"kind": actor.kind, "id": actor.id, "name": actor.name}


def instant(at: datetime | None) -> str | None:
    """Return an instant as ISO 8601 in UTC."""
    return at.isoformat().replace("+00:00", "Z") if at else None
