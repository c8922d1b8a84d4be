"""What a merge may do, and what the surviving ticket looks like afterwards (IN-13, pains.md 24)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk_app.domain.tickets.model import Ticket


def refuse_merge(source: Ticket, target: Ticket) -> str:
    """Return why `source` cannot go into `target`; "" where it can. `target` is the end of its own redirects."""
    if source.id == target.id:
        return "A ticket cannot be merged into itself."
    if source.merged_into_id is not None:
        return f"Ticket {source.number} was merged already."
    if target.merged_into_id is not None:
        return f"Ticket {target.number} was merged into another one."
    if target.trashed_at is not None:
        return f"Ticket {target.number} lies in the trash."
    return ""


def follow(ticket_id: int, merged_into: Callable[[int], int | None]) -> int:
    """Return the ticket at the end of a chain of merges; a ring, which no merge makes, ends at its smallest id."""
    seen: list[int] = []
    while ticket_id not in seen:
        seen.append(ticket_id)
        step = merged_into(ticket_id)
        if step is None:
            return ticket_id
        ticket_id = step
    return min(seen[seen.index(ticket_id) :])


@dataclass(frozen=True, slots=True)
class Entry:
    """What a ticket's summary needs of one of its messages.

    `from_customer` is ordinary inbound mail of the customer's thread, `from_third_party` that of a side conversation;
    `is_side` is any message of a side conversation (IN-18).
    """

    message_id: int
    at: datetime
    snippet: str
    from_customer: bool
    is_public_reply: bool
    is_note: bool
    has_attachments: bool
    account_id: int | None
    from_third_party: bool = False
    is_side: bool = False


def summarise(ticket: Ticket, entries: Iterable[Entry]) -> None:
    """Recompute everything a ticket repeats of its messages, after messages came or went.

    Times of first answer are kept where they are set: the clock of the older ticket goes on (pains.md 24).
    """
    thread: Sequence[Entry] = sorted(entries, key=lambda e: e.message_id)
    inbound = [e for e in thread if e.from_customer]
    replies = [e for e in thread if e.is_public_reply]
    visible = [e for e in thread if not e.is_note] or thread
    answers = [e for e in thread if e.from_customer or e.from_third_party]
    ticket.message_count = len(thread)
    ticket.has_attachments = any(e.has_attachments for e in thread)
    ticket.last_message_id = thread[-1].message_id if thread else None
    ticket.last_inbound_id = answers[-1].message_id if answers else None
    ticket.customer_wrote_at = max((e.at for e in inbound), default=None)
    ticket.agent_replied_at = max((e.at for e in replies), default=None)
    if visible:
        told = [e for e in visible if not e.is_side] or visible
        ticket.snippet = max(told, key=_when).snippet
        ticket.activity_at = max(visible, key=_when).at
    seen = {e.account_id for e in thread if e.account_id is not None}
    ticket.mailbox_ids = tuple(dict.fromkeys([*ticket.mailbox_ids, *sorted(seen)]))


def _when(entry: Entry) -> tuple[datetime, int]:
    return entry.at, entry.message_id
