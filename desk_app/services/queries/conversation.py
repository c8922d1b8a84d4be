"""What the conversation reads of one ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from desk_app.domain.contacts.model import Contact
    from desk_app.domain.messages.model import Address, Classification, Direction, MessageKind
    from desk_app.domain.messages.side_conversations import SideConversation
    from desk_app.domain.tickets.links import Relation
    from desk_app.domain.tickets.model import Bucket, Ticket, TicketEvent


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """One attachment; its bytes come from `ConversationQueries.attachment`. `part` is its place in the raw mail."""

    id: int
    filename: str
    content_type: str
    size: int
    content_id: str
    inline: bool
    sha256: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class RecipientView:
    """What became of one recipient of an outgoing mail (CO-13)."""

    address: str
    name: str
    role: str
    state: str
    response: str


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """The outbox row behind an outgoing message. `state` is held, queued, sending, sent, unknown, failed or
    cancelled.
    """

    outbox_id: int
    state: str
    send_after_at: datetime
    sent_at: datetime | None
    response: str
    attempts: int
    recipients: tuple[RecipientView, ...]


@dataclass(frozen=True, slots=True)
class MessageView:
    """One card of the conversation.

    `side_conversation_id` None: the customer's thread (IN-18).

    `html` and `folded_html` are safe and normalised for the mail view; `remote_images` are what "remote:<n>" stands
    for. `join_rule` and `join_reason` explain why the message is in this ticket. `stranger`: unknown sender on a known
    thread.
    """

    id: int
    ticket_id: int
    kind: MessageKind
    direction: Direction
    author_name: str
    author_email: str
    contact_id: int | None
    agent_id: int | None
    account_id: int | None
    subject: str
    snippet: str
    sent_at: datetime
    created_at: datetime
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    classification: Classification
    imported: bool
    stranger: bool
    visible_text: str
    folded_text: str
    html: str
    folded_html: str
    remote_images: tuple[str, ...]
    deceptive_links: tuple[tuple[str, str], ...]
    own_colours: bool
    attachments: tuple[AttachmentView, ...]
    delivery: DeliveryView | None
    join_rule: str
    join_reason: dict[str, Any]
    problems: tuple[str, ...]
    has_raw: bool
    internet_id: str
    side_conversation_id: int | None = None


@dataclass(frozen=True, slots=True)
class LinkView:
    """Another ticket and what it is to the one shown. `by_hand` links can be taken away."""

    relation: Relation
    ticket_id: int
    number: str
    subject: str
    bucket: Bucket
    status_name: str
    by_hand: bool


@dataclass(frozen=True, slots=True)
class WatcherView:
    """An agent who watches the ticket."""

    agent_id: int
    name: str


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A ticket with its thread (oldest first), history, requester and the requester's other tickets.

    `image_senders` are those lower-case senders of the thread whose pictures may be fetched without asking (IN-25).
    """

    ticket: Ticket
    status_name: str
    assignee_name: str
    tags: tuple[str, ...]
    messages: tuple[MessageView, ...]
    events: tuple[TicketEvent, ...]
    requester: Contact | None
    earlier_ticket_ids: tuple[int, ...]
    last_seen_message_id: int
    side_conversations: tuple[SideConversation, ...] = ()
    links: tuple[LinkView, ...] = ()
    watchers: tuple[WatcherView, ...] = ()
    image_senders: frozenset[str] = frozenset()


class ConversationQueries(Protocol):
    """Reads one ticket."""

    def conversation(self, ticket_id: int, *, agent_id: int | None) -> ConversationView | None:
        """Return the whole conversation; None where the ticket is gone. HTML that was not prepared yet is "" (see
        `MessageService.prepare_pending`)."""
        ...

    def attachment(self, attachment_id: int) -> tuple[AttachmentView, bytes] | None:
        """Return an attachment and its bytes."""
        ...

    def raw(self, message_id: int) -> bytes | None:
        """Return the raw mail of a message, byte for byte (MB-14)."""
        ...
