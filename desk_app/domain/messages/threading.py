"""Where a message belongs: the threading decision of mail.md 6, with its explanation.

Everything the decision needs is passed in as `Evidence`, so that the same evidence always gives the same decision.
Which ticket finally takes the message (merges, closed tickets) is decided by `land`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from desk_app.domain.messages.reply_ids import ReplyId


class JoinRule(StrEnum):
    """Which rule put a message where it is; stored with the message."""

    REPLY_ID = "reply_id"
    IN_REPLY_TO = "in_reply_to"
    REFERENCES = "references"
    SUBJECT_TOKEN = "subject_token"  # noqa: S105 -- a rule's name
    LATE_PARENT = "late_parent"
    SIBLING = "sibling"
    RETURNED_MAIL = "returned_mail"
    COPY = "copy"
    FORWARD = "forward"
    PLUGIN = "plugin"
    AGENT = "agent"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Relative:
    """A stored message that a Message-ID leads to."""

    message_id: int
    ticket_id: int
    account_id: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about an arriving message.

    `reply_id` is a proven token and `reply_id_place` the header it stood in. `relatives` maps every Message-ID named in
    In-Reply-To or References to the stored messages with that id. `late_children` are stored messages that refer to
    this one (an answer that came before its parent), `siblings` stored messages that refer to a parent this one names
    too and that nobody has. `subject_tickets` are the tickets whose number stands in the subject, with the number as
    written. `participants` returns the lower-case addresses of a ticket; it is asked only where a rule needs them.
    `addressed_to_ticket` says that the token stood in an address, so that the sender meant this very ticket.
    """

    senders: frozenset[str]
    subject: str
    participants: Callable[[int], frozenset[str]]
    account_id: int | None = None
    reply_id: ReplyId | None = None
    reply_id_place: str = ""
    addressed_to_ticket: bool = False
    in_reply_to: Sequence[str] = ()
    references: Sequence[str] = ()
    relatives: Mapping[str, Sequence[Relative]] = field(default_factory=dict)
    late_children: Sequence[Relative] = ()
    siblings: Sequence[Relative] = ()
    subject_tickets: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True)
class Join:
    """The decision. `ticket_id` None asks for a new ticket; `stranger` says that the sender is no participant of it.

    `reason` is one sentence for people; `evidence` holds the facts behind it, JSON-able.
    """

    ticket_id: int | None
    rule: JoinRule
    reason: str
    stranger: bool = False
    evidence: dict[str, Any] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """Return what is kept with the message, for "Why is it here?"."""
        return {"reason": self.reason, **self.evidence}


_FORWARD = re.compile(
    r"^\s*(?:fwd?|wg|tr|rv|inoltra(?:to)?|doorst|doorgestuurd|vb|vl|pd|yml|trs|ilt|i̇lt|iletilen|továbbítás|πρθ|"
    r"转发|轉寄|轉發|转|転送|전달|הועבר|إعادة توجيه)(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)
# Italian and Portuguese for "forwarded", but people also type "I:" and "Enc:" for other things. What means "answer"
# somewhere is in neither list: "VS" forwards in Denmark and answers in Finland, "REF" is anybody's reference.
_DOUBTFUL_FORWARD = re.compile(r"^\s*(?:i|enc)(?:\[\d+\])?\s*[:：]", re.IGNORECASE)


def is_forward(subject: str) -> bool:
    """Return whether the outermost prefix of a subject says for certain that the mail was passed on ("Fwd:", "WG:",
    "RV:" ...).
    """
    return _FORWARD.match(subject) is not None


def may_be_forward(subject: str) -> bool:
    """Return whether the outermost prefix of a subject is one that forwards carry, certain or not."""
    return is_forward(subject) or _DOUBTFUL_FORWARD.match(subject) is not None


def _was_forwarded(evidence: Evidence, ticket_id: int | None) -> bool:
    """A doubtful prefix counts only from somebody who takes no part in the ticket: a customer's answer never opens a
    new one because of it (docs/decisions/052-forwards.md).
    """
    if is_forward(evidence.subject):
        return True
    if ticket_id is None or not may_be_forward(evidence.subject):
        return False
    return not evidence.senders & evidence.participants(ticket_id)


def decide(evidence: Evidence) -> Join:
    """Return which ticket a message joins, by the first rule of mail.md 6 that holds; nothing joins by subject
    alone.
    """
    found = evidence.reply_id
    if found is not None and (evidence.addressed_to_ticket or not _was_forwarded(evidence, found.ticket_id)):
        return _join(
            evidence,
            found.ticket_id,
            JoinRule.REPLY_ID,
            f"The desk's own signed reply id stands in {evidence.reply_id_place}.",
            {"token": found.token, "header": evidence.reply_id_place},
        )
    related = _by_headers(evidence)
    ticket_id = related.ticket_id if related is not None else found.ticket_id if found is not None else None
    if _was_forwarded(evidence, ticket_id):
        facts = {"would_have_joined": ticket_id} if ticket_id is not None else {}
        return Join(
            None, JoinRule.FORWARD, "The subject says that this mail was forwarded: a new ticket.", False, facts
        )
    if related is not None:
        return related
    return _by_subject(evidence) or _by_later_mail(evidence) or _nothing(evidence)


def _by_headers(evidence: Evidence) -> Join | None:
    steps = [(JoinRule.IN_REPLY_TO, "In-Reply-To", i) for i in evidence.in_reply_to]
    steps += [(JoinRule.REFERENCES, "References", i) for i in reversed(evidence.references)]
    for rule, header, internet_id in steps:
        candidates = evidence.relatives.get(internet_id, ())
        if candidates:
            best = _best(evidence, candidates)
            facts: dict[str, Any] = {"header": header, "internet_id": internet_id, "message_id": best.message_id}
            if len({c.ticket_id for c in candidates}) > 1:
                facts["also_in"] = sorted({c.ticket_id for c in candidates} - {best.ticket_id})
            return _join(evidence, best.ticket_id, rule, f"{header} names a message of this ticket.", facts)
    return None


def _best(evidence: Evidence, candidates: Sequence[Relative]) -> Relative:
    """Prefer a ticket the sender takes part in, then the same mailbox, then the newest: ids are not unique (mail.md
    1).
    """
    if len(candidates) == 1:
        return candidates[0]
    return max(
        candidates,
        key=lambda c: (
            bool(evidence.senders & evidence.participants(c.ticket_id)),
            c.account_id == evidence.account_id,
            c.message_id,
        ),
    )


def _by_subject(evidence: Evidence) -> Join | None:
    for number, ticket_id in evidence.subject_tickets:
        if evidence.senders & evidence.participants(ticket_id):
            reason = f"The subject names ticket {number}, and the sender takes part in it."
            return Join(ticket_id, JoinRule.SUBJECT_TOKEN, reason, False, {"number": number})
    return None


def _by_later_mail(evidence: Evidence) -> Join | None:
    if evidence.late_children:
        child = min(evidence.late_children, key=lambda c: c.message_id)
        facts = {"message_id": child.message_id}
        return _join(
            evidence,
            child.ticket_id,
            JoinRule.LATE_PARENT,
            "A message of this ticket, which came earlier, answers this one.",
            facts,
        )
    for sibling in sorted(evidence.siblings, key=lambda c: -c.message_id):
        if evidence.senders & evidence.participants(sibling.ticket_id):
            reason = "A message of this ticket answers the same unknown mail, and the sender takes part in it."
            return Join(sibling.ticket_id, JoinRule.SIBLING, reason, False, {"message_id": sibling.message_id})
    return None


def _nothing(evidence: Evidence) -> Join:
    if evidence.subject_tickets:
        number, ticket_id = evidence.subject_tickets[0]
        reason = f"The subject names ticket {number}, but the sender takes no part in it: a new ticket."
        return Join(None, JoinRule.NEW, reason, False, {"number": number, "would_have_joined": ticket_id})
    if evidence.in_reply_to or evidence.references:
        named = [*evidence.in_reply_to, *evidence.references]
        reason = "The mail answers a message that the desk does not have: a new ticket."
        return Join(None, JoinRule.NEW, reason, False, {"unknown": named[-5:]})
    return Join(None, JoinRule.NEW, "Nothing points at an earlier message: a new ticket.")


def _join(evidence: Evidence, ticket_id: int, rule: JoinRule, reason: str, facts: dict[str, Any]) -> Join:
    stranger = not evidence.senders & evidence.participants(ticket_id)
    if stranger:
        reason += " The sender has not been seen in it before."
    return Join(ticket_id, rule, reason, stranger, facts)


def named_by_plugin(evidence: Evidence, ticket_id: int) -> Join:
    """Return the decision where the desk's own rules found no ticket and a plugin names one."""
    reason = "A plugin says that it belongs to this ticket."
    return _join(evidence, ticket_id, JoinRule.PLUGIN, reason, {})


class Landing(StrEnum):
    """What happens to a ticket when the customer writes into it (IN-35)."""

    JOIN = "join"
    REOPEN = "reopen"
    FOLLOW_UP = "follow_up"


def land(
    *, closed_at: datetime | None, trashed: bool, now: datetime, reopen_days: int, wakes: bool
) -> tuple[Landing, str]:
    """Return what a message does to the ticket it joins, and why.

    `closed_at` is None for a ticket that is not closed. `wakes` is False for mail that must not change a ticket's state
    (automatic replies, bounces, imported mail): it joins whatever the ticket's age. A ticket in the trash never
    swallows new mail: the answer opens a new, linked ticket.
    """
    if not wakes:
        return Landing.JOIN, "This kind of mail joins without changing the ticket's state."
    if trashed:
        return Landing.FOLLOW_UP, "The ticket lies in the trash."
    if closed_at is None:
        return Landing.JOIN, ""
    if now - closed_at <= timedelta(days=reopen_days):
        return Landing.REOPEN, f"The customer wrote within {reopen_days} days of closing."
    return Landing.FOLLOW_UP, f"The ticket was closed more than {reopen_days} days ago."
