"""Reads one ticket with everything its window shows."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.engine import Connection

from desk_app.domain.messages.model import Address, AddressRole, Classification, Direction, MessageKind
from desk_app.domain.tickets.model import Bucket
from desk_app.services.queries.conversation import (
    AttachmentView,
    ConversationView,
    DeliveryView,
    MessageView,
    RecipientView,
)
from desk_app.storage.contacts.repository import read_contact
from desk_app.storage.engine.connections import Connections
from desk_app.storage.messages.blobs import read_blob
from desk_app.storage.messages.image_permissions import read_allowed
from desk_app.storage.messages.side_conversations import read_sides
from desk_app.storage.schema.messages import attachment, message, message_address, message_body
from desk_app.storage.schema.people import agent
from desk_app.storage.schema.sync import outbox, outbox_recipient
from desk_app.storage.schema.tickets import status, ticket, ticket_event, ticket_mailbox, ticket_seen, ticket_tag
from desk_app.storage.tickets.links import read_links, read_watchers
from desk_app.storage.tickets.mapping import EVENTS, TICKETS, to_event, to_ticket

_EARLIER = 50  # other tickets of the requester that are shown
_TICKET = TICKETS.add_columns(status.c.name.label("status_name"), agent.c.name.label("assignee_name")).outerjoin(
    agent, agent.c.id == ticket.c.assignee_id
)
_ONE = _TICKET.where(ticket.c.id == bindparam("wanted"))
_MESSAGES = (
    select(
        message,
        message_body.c.visible_text,
        message_body.c.folded_text,
        message_body.c.html,
        message_body.c.folded_html,
        message_body.c.view,
    )
    .outerjoin(message_body, message_body.c.message_id == message.c.id)
    .where(message.c.ticket_id == bindparam("wanted"))
    .order_by(message.c.id)
)
_ADDRESSES = (
    select(message_address)
    .join(message, message.c.id == message_address.c.message_id)
    .where(message.c.ticket_id == bindparam("wanted"))
    .order_by(message_address.c.id)
)
_ATTACHMENTS = (
    select(attachment)
    .join(message, message.c.id == attachment.c.message_id)
    .where(message.c.ticket_id == bindparam("wanted"))
    .order_by(attachment.c.position, attachment.c.id)
)
_OUTBOX = (
    select(outbox)
    .join(message, message.c.id == outbox.c.message_id)
    .where(message.c.ticket_id == bindparam("wanted"))
    .order_by(outbox.c.id)
)
_RECIPIENTS = (
    select(outbox_recipient)
    .where(outbox_recipient.c.outbox_id.in_(bindparam("wanted", expanding=True)))
    .order_by(outbox_recipient.c.id)
)


class SqlConversationQueries:
    """Reads conversations; see the port."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def conversation(self, ticket_id: int, *, agent_id: int | None) -> ConversationView | None:
        """Return the whole conversation; None where the ticket is gone."""
        return self._connections.read(lambda connection: _conversation(connection, ticket_id, agent_id))

    def attachment(self, attachment_id: int) -> tuple[AttachmentView, bytes] | None:
        """Return an attachment and its bytes."""

        def read(connection: Connection) -> tuple[AttachmentView, bytes] | None:
            row = connection.execute(select(attachment).where(attachment.c.id == attachment_id)).first()
            content = None if row is None else read_blob(connection, row.sha256)
            return None if row is None or content is None else (_attachment(row), content)

        return self._connections.read(read)

    def raw(self, message_id: int) -> bytes | None:
        """Return the raw mail of a message, byte for byte; of one that was sent from here, what was sent."""

        def read(connection: Connection) -> bytes | None:
            sha256 = connection.execute(select(message.c.raw_sha256).where(message.c.id == message_id)).scalar()
            if sha256 is None:
                sent = (
                    select(outbox.c.mime_sha256).where(outbox.c.message_id == message_id).order_by(outbox.c.id.desc())
                )
                sha256 = connection.execute(sent.limit(1)).scalar()
            return None if sha256 is None else read_blob(connection, sha256)

        return self._connections.read(read)


def _conversation(connection: Connection, ticket_id: int, agent_id: int | None) -> ConversationView | None:
    row = connection.execute(_ONE, {"wanted": ticket_id}).first()
    if row is None:
        return None
    wanted = {"wanted": ticket_id}
    values = row._asdict()
    status_name, assignee_name = values.pop("status_name"), values.pop("assignee_name") or ""
    mailboxes = select(ticket_mailbox.c.account_id).where(ticket_mailbox.c.ticket_id == ticket_id)
    shown = to_ticket(values, tuple(sorted(connection.execute(mailboxes).scalars())))
    tags = connection.execute(select(ticket_tag.c.tag).where(ticket_tag.c.ticket_id == ticket_id)).scalars()
    events = connection.execute(EVENTS.where(ticket_event.c.ticket_id == ticket_id).order_by(ticket_event.c.id)).all()
    addresses = _by_message(connection.execute(_ADDRESSES, wanted).all())
    attachments = _by_message(connection.execute(_ATTACHMENTS, wanted).all())
    deliveries = _deliveries(connection, ticket_id)
    messages = tuple(
        _message(item, addresses.get(item.id, ()), attachments.get(item.id, ()), deliveries.get(item.id))
        for item in connection.execute(_MESSAGES, wanted).all()
    )
    requester = read_contact(connection, shown.requester_id) if shown.requester_id is not None else None
    seen = 0
    if agent_id is not None:
        statement = select(ticket_seen.c.message_id).where(
            ticket_seen.c.ticket_id == ticket_id, ticket_seen.c.agent_id == agent_id
        )
        seen = connection.execute(statement).scalar() or 0
    return ConversationView(
        ticket=shown,
        status_name=status_name,
        assignee_name=assignee_name,
        tags=tuple(sorted(tags)),
        messages=messages,
        events=tuple(to_event(event) for event in events),
        requester=requester,
        earlier_ticket_ids=_earlier(connection, ticket_id, shown.requester_id),
        last_seen_message_id=seen,
        side_conversations=read_sides(connection, ticket_id),
        links=read_links(connection, shown),
        watchers=read_watchers(connection, ticket_id),
        image_senders=read_allowed(connection, [m.author_email for m in messages if m.remote_images]),
    )


def _earlier(connection: Connection, ticket_id: int, requester_id: int | None) -> tuple[int, ...]:
    if requester_id is None:
        return ()
    statement = (
        select(ticket.c.id)
        .where(
            ticket.c.requester_id == requester_id,
            ticket.c.id != ticket_id,
            ticket.c.bucket.not_in([Bucket.MERGED.value, Bucket.TRASH.value, Bucket.SPAM.value]),
        )
        .order_by(ticket.c.activity_at.desc(), ticket.c.id.desc())
        .limit(_EARLIER)
    )
    return tuple(connection.execute(statement).scalars())


def _by_message(rows: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    groups: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[row.message_id].append(row)
    return groups


def _deliveries(connection: Connection, ticket_id: int) -> dict[int, DeliveryView]:
    rows = connection.execute(_OUTBOX, {"wanted": ticket_id}).all()
    if not rows:
        return {}
    recipients: dict[int, list[RecipientView]] = defaultdict(list)
    for item in connection.execute(_RECIPIENTS, {"wanted": [row.id for row in rows]}):
        recipients[item.outbox_id].append(RecipientView(item.address, item.name, item.role, item.state, item.response))
    return {
        row.message_id: DeliveryView(
            row.id, row.state, row.send_after_at, row.sent_at, row.response, row.attempts, tuple(recipients[row.id])
        )
        for row in rows
    }


def _attachment(row: Row[Any]) -> AttachmentView:
    return AttachmentView(
        row.id, row.filename, row.content_type, row.size, row.content_id, row.inline, row.sha256, row.part
    )


def _message(
    row: Any, addresses: Sequence[Row[Any]], attachments: Sequence[Row[Any]], delivery: DeliveryView | None
) -> MessageView:
    roles: dict[str, list[Address]] = defaultdict(list)
    for item in addresses:
        roles[item.role].append(Address(item.name, item.email))
    view = json.loads(row.view) if row.view else {}
    return MessageView(
        id=row.id,
        ticket_id=row.ticket_id,
        kind=MessageKind(row.kind),
        direction=Direction(row.direction),
        author_name=row.author_name,
        author_email=row.author_email,
        contact_id=row.contact_id,
        agent_id=row.agent_id,
        account_id=row.account_id,
        subject=row.subject,
        snippet=row.snippet,
        sent_at=row.sent_at,
        created_at=row.created_at,
        to=tuple(roles[AddressRole.TO.value]),
        cc=tuple(roles[AddressRole.CC.value]),
        reply_to=tuple(roles[AddressRole.REPLY_TO.value]),
        classification=Classification(row.classification),
        imported=row.imported,
        stranger=row.stranger,
        visible_text=row.visible_text or "",
        folded_text=row.folded_text or "",
        html=row.html or "",
        folded_html=row.folded_html or "",
        remote_images=tuple(view.get("remote_images", ())),
        deceptive_links=tuple((pair[0], pair[1]) for pair in view.get("deceptive_links", ())),
        own_colours=bool(view.get("own_colours", False)),
        attachments=tuple(_attachment(item) for item in attachments),
        delivery=delivery,
        join_rule=row.join_rule,
        join_reason=json.loads(row.join_reason),
        problems=tuple(json.loads(row.problems)),
        has_raw=row.raw_sha256 is not None or delivery is not None,
        internet_id=row.internet_id,
        side_conversation_id=row.side_conversation_id,
    )
