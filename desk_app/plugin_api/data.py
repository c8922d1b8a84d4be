"""Frozen pictures of what the desk holds, as hooks see them (plugins.md, "Shape").

Never rows of the database: a change goes back as a command of the context, so that permission, history and events
apply. Instants are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ActorView:
    """Who did something. `kind` is agent, contact, rule, plugin or system; `id` is the row of agent or contact."""

    kind: str
    id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class AgentView:
    """A person who answers."""

    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """A customer. `addresses` are e-mail addresses, the main one first."""

    id: int
    name: str
    addresses: tuple[str, ...] = ()
    organization: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file of a message; `size` in bytes."""

    id: int
    filename: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket at one moment. `status` is its key ("open"), `category` open, waiting or closed, `priority` low to
    urgent; `requester` is the customer."""

    id: int
    number: str
    subject: str
    status: str
    category: str
    priority: str
    channel: str
    department_id: int
    department: str = ""
    account_id: int | None = None
    assignee: AgentView | None = None
    requester: ContactView | None = None
    requester_name: str = ""
    requester_email: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    message_count: int = 0
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message of a ticket. `direction` is inbound, outbound or note; `text` is without quoted history, `html` is safe
    to show. `side_conversation_id` is None in the customer's own thread; what is said to third parties has one and the
    customer never sees it."""

    id: int
    ticket_id: int
    direction: str
    author: str
    address: str
    text: str
    html: str = ""
    subject: str = ""
    sent_at: datetime | None = None
    attachments: tuple[AttachmentView, ...] = ()
    message_id: str = ""
    side_conversation_id: int | None = None


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A message before it is stored or sent; filters return a changed copy (`dataclasses.replace`).

    For inbound messages `sender` is the customer, for outbound ones the desk. `html` may be empty. `headers` holds mail
    headers by lower-case name, as far as a channel has any; `attachments` the files, with the id 0 where they are not
    stored yet. Of a changed copy subject, text and html are taken over.
    """

    subject: str
    text: str
    html: str = ""
    sender: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[AttachmentView, ...] = ()

    def __post_init__(self) -> None:
        """Refuse words that are none, where the plugin that wrote them can be blamed."""
        for name in ("subject", "text", "html"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name} of a MessageDraft must be a text")


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail just before its bytes are fixed. Only `extra_headers` (X-..., List-...) may be changed."""

    subject: str
    sender: str
    recipients: tuple[str, ...]
    message_id: str
    extra_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountInfo:
    """A mailbox or other channel account; `settings` without secrets."""

    id: int
    name: str
    address: str
    channel: str
    department_id: int


@dataclass(frozen=True, slots=True)
class CannedView:
    """A prepared answer. `html` and `text` hold placeholders as they were written. `department_id` None: for every
    ticket; `language` is a code, "" for any."""

    id: int
    title: str
    folder: str
    html: str
    text: str = ""
    department_id: int | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing about a ticket that changed or shall change.

    `field` is subject, status (its key), priority, assignee (`AgentView`), department, mailbox (names), tags (tuple),
    requester (address), snoozed, due (instants), spam, trashed (bool) or merged (the id of the ticket that takes over);
    None stands for nobody and nothing.
    """

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class RuleView:
    """An automation rule. Provisional."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class SlaView:
    """A policy with the target that is meant (first_response, next_response, resolution). Provisional."""

    id: int
    name: str
    target: str


@dataclass(frozen=True, slots=True)
class StateView:
    """A state of a blueprint. Provisional."""

    id: int
    name: str
    blueprint: str


@dataclass(frozen=True, slots=True)
class TransitionView:
    """A transition of a blueprint from one state to another. Provisional."""

    id: int
    name: str
    source: StateView
    target: StateView
