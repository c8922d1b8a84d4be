"""What an agent is writing, as it is kept until it is sent (CO-04)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from html import escape

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.draft import MailDraft, ReplyDraft
from desk_app.domain.messages.side_conversations import SideDraft


class DraftKind(StrEnum):
    """What a draft becomes; a reply and a note to one ticket never share a text (pains.md 21)."""

    REPLY = "reply"
    NOTE = "note"
    FORWARD = "forward"
    NEW_TICKET = "new_ticket"


@dataclass(frozen=True, slots=True)
class DraftStamp:
    """Which state of which kept draft a writer knows. Whoever writes names the one it began from, so that a late write
    never replaces a newer text."""

    draft_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class TicketPlace:
    """Where a new ticket is to go: to nobody where `assignee_id` is None; `tags` as they are typed."""

    assignee_id: int | None = None
    department_id: int | None = None
    tags: str = ""


@dataclass(frozen=True, slots=True)
class DraftOptions:
    """How a draft is to be sent. `signature` False leaves it out, `plain` makes a text-only mail, `history` None quotes
    as the department does (CO-12), `then_assign` is the agent who gets the ticket with it, `place` where a new ticket
    is to go, None where nobody said."""

    signature: bool = True
    plain: bool = False
    history: HistoryIncluded | None = None
    then_assign: int | None = None
    place: TicketPlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDraft(MailDraft):
    """A draft of one agent: one of each kind a ticket, one for a new ticket (`ticket_id` None).

    `cursor` is the place in the document, in UTF-16 units from its beginning. `answers_message_id` and
    `last_message_id` mean what they mean in ReplyDraft (of a forward, `answers_message_id` is SideDraft's
    `message_id`); `channel` what it means in NewTicketDraft. `stamp` and `saved_at` are None in what was never stored.
    """

    kind: DraftKind
    agent_id: int
    ticket_id: int | None = None
    then_status: str = ""
    cursor: int = 0
    answers_message_id: int | None = None
    last_message_id: int | None = None
    channel: str = "email"
    options: DraftOptions = DraftOptions()
    stamp: DraftStamp | None = None
    saved_at: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing an agent would miss; a reply is more than the recipients it began with."""
        written = bool(self.text.strip() or self.attachments)
        if self.kind is DraftKind.FORWARD:  # it begins with the files of the message it passes on
            return not (self.text.strip() or self.to)
        if self.kind is DraftKind.NEW_TICKET:
            tagged = self.options.place is not None and self.options.place.tags.strip()
            return not (written or tagged or self.to or self.subject.strip())
        return not written


def kept_mail(draft: ReplyDraft | SideDraft, agent_id: int) -> KeptDraft:
    """Return a mail as it is kept until it is sent, its cursor at the end. A reply of words without formats was written
    as a text-only mail."""
    kept = KeptDraft(
        kind=DraftKind.REPLY if isinstance(draft, ReplyDraft) else DraftKind.FORWARD,
        agent_id=agent_id,
        ticket_id=draft.ticket_id,
        cursor=len(draft.text),
        **draft.mail,
    )
    if isinstance(draft, SideDraft):
        return replace(kept, answers_message_id=draft.message_id)
    plain = bool(draft.text.strip()) and not draft.html
    return replace(
        kept,
        answers_message_id=draft.answers_message_id,
        last_message_id=draft.last_message_id,
        options=DraftOptions(draft.with_signature, plain, draft.include_history),
    )


def joined_drafts(above: KeptDraft, below: KeptDraft) -> KeptDraft:
    """Return a draft with the words and files of another one below its own; everything else stays as it is above."""
    html = ""
    if (above.html or below.html) and not above.options.plain:
        html = "".join(one.html or _as_html(one.text) for one in (above, below))
    return replace(
        above,
        text=f"{above.text}\n\n{below.text}",
        html=html,
        attachments=(*above.attachments, *(one for one in below.attachments if one not in above.attachments)),
    )


def together(stored: KeptDraft, other: KeptDraft) -> KeptDraft:
    """Return one draft with the words and files of both states of a draft: one below the other, unless one of them has
    all the words of the other."""
    words, more = stored.text.strip(), other.text.strip()
    if words in more:
        first, second = other, stored
    elif more in words:
        first, second = stored, other
    else:
        return joined_drafts(stored, other)
    files = (*first.attachments, *(one for one in second.attachments if one not in first.attachments))
    return replace(first, attachments=files)


def same_text(one: KeptDraft, other: KeptDraft) -> bool:
    """Whether two states of a draft differ in nothing an agent wrote or chose: only in the place of the cursor, or in
    how they are stored."""
    return _bare(one) == _bare(other)


def same_words(one: KeptDraft, other: KeptDraft) -> bool:
    """Whether two states of a draft have the same words, formats and files, wherever they go and however the lines of
    their plain text are laid out."""
    words, more = ((state.html, state.text.split(), set(state.attachments)) for state in (one, other))
    return words == more


def _bare(draft: KeptDraft) -> KeptDraft:
    return replace(draft, ticket_id=None, cursor=0, stamp=None, saved_at=None)


def _as_html(text: str) -> str:
    return "".join(f"<p>{escape(one) or '<br>'}</p>" for one in text.split("\n"))
