"""A conversation with a third party inside a ticket, which the customer never sees (IN-18).

Every message of a ticket belongs either to the customer's thread or to exactly one side conversation. Which one an
arriving mail belongs to is decided by `side_of`, from what the mail answers and who wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.draft import MailDraft
from desk_app.domain.messages.model import Address


@dataclass(frozen=True, slots=True)
class SideConversation:
    """A side conversation; `people` are those outside who were written to or who answered, `agent_id` who began it."""

    id: int
    ticket_id: int
    department_id: int
    subject: str
    people: tuple[Address, ...]
    agent_id: int | None
    created_at: datetime

    @property
    def addresses(self) -> frozenset[str]:
        """The lower-case addresses of the people outside."""
        return frozenset(person.email.lower() for person in self.people if person.email)


@dataclass(frozen=True, slots=True, kw_only=True)
class SideDraft(MailDraft):
    """A message to a third party as the composer holds it.

    `message_id` is what it is about: a message of the customer's thread (or a note) is passed on and begins a new side
    conversation; a message of a side conversation is answered within it. None begins one that quotes nothing.
    `include_history` False leaves the quoted original, or the quoted side conversation, out; `attachments` are all
    files that go along (`SideStart.attachments` are the original's).
    """

    ticket_id: int
    message_id: int | None = None
    include_history: HistoryIncluded | bool = True
    with_signature: bool = True


def side_of(
    senders: frozenset[str],
    parents: Sequence[int | None],
    sides: Sequence[SideConversation],
    customers: Callable[[], frozenset[str]],
) -> tuple[int | None, str]:
    """Return the side conversation of a ticket that an arriving mail belongs to and why; None: the customer's thread.

    `senders` are the mail's lower-case sender addresses. `parents` names, for each stored message of the ticket that
    the mail answers, nearest first, its side conversation (None: the customer's thread). `customers` returns everybody
    who stands in the customer's thread. What the mail answers decides; but somebody of the customer's thread who was
    never written to on the side stays a customer, and somebody who was only ever written to on the side stays there
    even where the mail names no message.
    """
    known = {side.id: side for side in sides}
    if not known:
        return None, ""
    answered = next((parent for parent in parents if parent is None or parent in known), 0)
    if answered is None:
        return None, "It answers a message of the customer's thread."
    if answered:
        if not senders & known[answered].addresses and senders & customers():
            return None, "It answers a side conversation, but the sender stands in the customer's thread."
        return answered, "It answers a message of a side conversation."
    fitting = [side for side in sides if senders & side.addresses]
    if fitting and not senders & customers():
        return max(fitting, key=lambda s: s.id).id, "The sender takes part in a side conversation only."
    return None, ""


def joined_people(people: Sequence[Address], more: Sequence[Address]) -> tuple[Address, ...]:
    """Return people with those added whose addresses are new; a name fills an empty one."""
    found: dict[str, Address] = {}
    for person in (*people, *more):
        email = person.email.strip().lower()
        if email and (email not in found or (person.name and not found[email].name)):
            found[email] = Address(person.name, email)
    return tuple(found.values())
