"""What an agent is writing, as it is kept until it is sent (CO-04)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desk_app.domain.messages.model import Address
from desk_app.domain.messages.outgoing import OutgoingAttachment


class DraftKind(StrEnum):
    """What a draft becomes; a reply and a note to one ticket never share a text (pains.md 21)."""

    REPLY = "reply"
    NOTE = "note"
    NEW_TICKET = "new_ticket"


@dataclass(frozen=True, slots=True)
class DraftStamp:
    """Which state of which kept draft a writer knows. Whoever writes names the one it began from, so that a late write
    never replaces a newer text."""

    draft_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A draft of one agent: one of each kind a ticket, one for a new ticket (`ticket_id` None).

    `cursor` is the place in the document, in UTF-16 units from its beginning. `answers_message_id` and
    `last_message_id` mean what they mean in ReplyDraft; `channel` what it means in NewTicketDraft. `stamp` and
    `saved_at` are None in what was never stored.
    """

    kind: DraftKind
    agent_id: int
    ticket_id: int | None = None
    from_account_id: int = 0
    from_address: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: tuple[OutgoingAttachment, ...] = ()
    then_status: str = ""
    cursor: int = 0
    answers_message_id: int | None = None
    last_message_id: int | None = None
    channel: str = "email"
    stamp: DraftStamp | None = None
    saved_at: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing an agent would miss; a reply is more than the recipients it began with."""
        written = bool(self.text.strip() or self.attachments)
        if self.kind is DraftKind.NEW_TICKET:
            return not (written or self.to or self.subject.strip())
        return not written
