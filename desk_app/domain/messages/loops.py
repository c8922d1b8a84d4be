"""May this mail be answered automatically? (MB-20, mail.md 6 "Machine mail", pains.md 6 and 8)"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from desk_app.domain.messages.model import Classification, ParsedMessage

_NO_REPLY = re.compile(
    r"^(?:no|do|don'?t|nao|ne|nicht)[-_.]?(?:not[-_.]?)?(?:reply|responder|responda|answer|respond|antworten)|^noreply|"
    r"^(?:mailer-daemon|postmaster|bounces?|daemon|root|nobody|listserv|majordomo|mdaemon|auto(?:mat|reply|respond)?)(?:$|[-_.+=])",
    re.IGNORECASE,
)

MOST_TO_A_SENDER = 5


@dataclass(frozen=True, slots=True)
class Ceilings:
    """How much automatic mail left already: to this sender in this ticket during the last day, to all senders in the
    last hour, and to this sender in all tickets during the last day: a machine without any sign of one, whose every
    answer opens a new ticket, stops there.
    """

    to_sender_today: int
    in_last_hour: int
    per_hour: int
    to_sender_anywhere_today: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an automatic answer may leave, and the reason in words a person can check."""

    allowed: bool
    reason: str


def is_no_reply(address: str) -> bool:
    """Return whether nobody reads this address, by its name."""
    return _NO_REPLY.match(address.partition("@")[0]) is not None


def may_answer(
    mail: ParsedMessage,
    *,
    answer_to: str,
    own_addresses: Collection[str],
    instance_id: str,
    imported: bool,
    spam: bool,
    ceilings: Ceilings,
) -> Verdict:
    """Return whether a mail may get an automatic answer at `answer_to` (lower case).

    Own mail, machine mail, imported mail and spam never do; a sender gets one a day and ticket, at most
    MOST_TO_A_SENDER a day, and all senders together `ceilings.per_hour` an hour.
    """
    refusal = _refusal(mail, answer_to, own_addresses, instance_id)
    if not refusal and imported:
        refusal = "imported mail triggers nothing"
    if not refusal and spam:
        refusal = "the ticket is spam"
    if not refusal and ceilings.to_sender_today > 0:
        refusal = "this sender had an automatic answer in this ticket within the last day"
    if not refusal and ceilings.to_sender_anywhere_today >= MOST_TO_A_SENDER:
        refusal = f"this sender had {MOST_TO_A_SENDER} automatic answers within the last day"
    if not refusal and ceilings.in_last_hour >= ceilings.per_hour:
        refusal = f"the desk's ceiling of {ceilings.per_hour} automatic answers an hour is reached"
    return Verdict(not refusal, refusal or "an ordinary mail from a person")


def _refusal(mail: ParsedMessage, answer_to: str, own_addresses: Collection[str], instance_id: str) -> str:
    if instance_id and mail.origin_instance == instance_id:
        return "the mail was sent by this desk"
    if not answer_to or "@" not in answer_to:
        return "there is no address to answer to"
    if answer_to in own_addresses or mail.from_.email in own_addresses:
        return "the sender is one of the desk's own addresses"
    if mail.classification is not Classification.NORMAL:
        signs = ", ".join(mail.machine_signs)
        return f"machine mail ({mail.classification.value}{': ' + signs if signs else ''})"
    if not mail.may_answer:
        return "the mail forbids automatic answers: " + (", ".join(mail.machine_signs) or "machine signs")
    if is_no_reply(answer_to) or is_no_reply(mail.from_.email):
        return "nobody reads the sender's address"
    return ""
