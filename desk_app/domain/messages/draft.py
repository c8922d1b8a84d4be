"""What an agent wants to send, before it becomes a message."""

from __future__ import annotations

from dataclasses import dataclass

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.model import Address
from desk_app.domain.messages.outgoing import OutgoingAttachment


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    """A reply as the composer holds it.

    `text` and `html` are the agent's own words; `html` "" asks for a mail made from the text. `last_message_id` is
    the newest message the agent had seen (stale-reply stop, IN-09). `answers_message_id` is the message being
    answered, None for the customer's newest. `include_history` None takes the desk's choice (CO-12).
    `cancel_on_reply` gives a mail for later up when the customer writes first (CO-03).
    """

    ticket_id: int
    from_account_id: int
    from_address: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: tuple[OutgoingAttachment, ...] = ()
    last_message_id: int | None = None
    include_history: HistoryIncluded | None = None
    answers_message_id: int | None = None
    cancel_on_reply: bool = False


@dataclass(frozen=True, slots=True)
class NewTicketDraft:
    """A ticket an agent opens: a first mail to a customer, or, with `send` False, a call or a walk-in (MB-23).

    `channel` records how the customer came ("email", "phone", "walk_in"). The first of `to` is the requester.
    """

    from_account_id: int
    from_address: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: tuple[OutgoingAttachment, ...] = ()
    send: bool = True
    channel: str = "email"
    assignee_id: int | None = None
