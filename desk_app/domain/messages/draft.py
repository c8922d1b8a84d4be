"""What an agent wants to send, before it becomes a message."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.outgoing import OutgoingAttachment


@dataclass(frozen=True, slots=True)
class MailDraft:
    """What every mail has that is still being written: sender, recipients, subject, words and files.

    `text` and `html` are the agent's own words; `html` "" asks for a mail made from the text.
    """

    from_account_id: int = 0
    from_address: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: tuple[OutgoingAttachment, ...] = ()

    @property
    def mail(self) -> dict[str, Any]:
        """The fields of the mail by name, to make another kind of draft of them."""
        return {one.name: getattr(self, one.name) for one in fields(MailDraft)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDraft(MailDraft):
    """A reply as the composer holds it.

    `last_message_id` is the newest message the agent had seen (stale-reply stop, IN-09). `answers_message_id` is the
    message being answered, None for the customer's newest. `include_history` None takes the department's choice
    (CO-12).
    `with_signature` False leaves the signature out (MB-18).
    `cancel_on_reply` gives a mail for later up when the customer writes first (CO-03).
    """

    ticket_id: int
    last_message_id: int | None = None
    include_history: HistoryIncluded | None = None
    answers_message_id: int | None = None
    cancel_on_reply: bool = False
    with_signature: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicketDraft(MailDraft):
    """A ticket an agent opens: a first mail to a customer, or, with `send` False, a call or a walk-in (MB-23).

    `channel` records how the customer came ("email", "phone", "walk_in", "other"). The first of `to` is the requester;
    where nothing is sent, a name alone will do. `contact_id` is the requester where the agent chose somebody known.
    `department_id` None takes the mailbox's. `assignee_id` None assigns the agent who opens it, unless `unassigned`.
    """

    send: bool = True
    channel: str = "email"
    assignee_id: int | None = None
    unassigned: bool = False
    department_id: int | None = None
    contact_id: int | None = None
    tags: tuple[str, ...] = ()
