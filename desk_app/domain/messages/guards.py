"""What is worth a second look before a mail leaves (CO-09, CO-11, pains.md 20 and 21)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from desk_app.domain.messages.model import Address

LARGEST_MAIL = 25 * 1024 * 1024
"""Bytes of a whole mail that big providers take; attachments grow by a third on the way."""

_ATTACHED = re.compile(
    r"\b(?:attach(?:ed|ments?|ing)?|enclos(?:ed|ures?)|see (?:the )?(?:file|document)s? (?:below|enclosed)"
    r"|anbei|angehängt|beigefügt|im anhang|adjunt[oa]s?|adjuntamos|adjuntad[oa]s?|archivo anexo|anexo|anexad[oa]s?"
    r"|terlampir|dilampirkan|lampirkan|lampiran|kami lampirkan|saya lampirkan|pièces? jointes?|ci-joints?)\b",
    re.IGNORECASE,
)
_NOT_ATTACHED = re.compile(
    r"\b(?:not|no|without|never|sin|no hay|tanpa|tidak (?:ada )?|belum|kein[e]?[nr]?|ohne)[ \t]+$", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"\{\{[^{}\n]{0,200}\}\}|\{\{\s*$", re.MULTILINE)
_NOBODY = re.compile(
    r"^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|donotreply|mailer-daemon|postmaster|bounces?)\b", re.IGNORECASE
)
_FREE_MAIL = frozenset(
    {
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "yahoo.co.id",
        "icloud.com", "me.com", "aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "mail.com",
    }
)  # fmt: skip


class Guard(StrEnum):
    """What a mail may be stopped for, once."""

    NEW_RECIPIENT = "new_recipient"
    FOREIGN_DOMAIN = "foreign_domain"
    DROPPED_RECIPIENT = "dropped_recipient"
    MAILING_LIST = "mailing_list"
    NO_REPLY = "no_reply"
    NOTHING_ATTACHED = "nothing_attached"
    NO_SUBJECT = "no_subject"
    PLACEHOLDER_LEFT = "placeholder_left"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing worth a look. `about` are the addresses or words it is about, in the order they are met."""

    guard: Guard
    about: tuple[str, ...] = ()

    def __str__(self) -> str:
        return EXPLANATIONS[self.guard].format(about=", ".join(self.about))


EXPLANATIONS = {
    Guard.NEW_RECIPIENT: "New to this ticket: {about}.",
    Guard.FOREIGN_DOMAIN: "Outside the customer's organization: {about}.",
    Guard.DROPPED_RECIPIENT: "Was part of the conversation and would not get this: {about}.",
    Guard.MAILING_LIST: "This answers a mailing list: everybody on {about} may read it.",
    Guard.NO_REPLY: "Nobody reads mail to {about}.",
    Guard.NOTHING_ATTACHED: "The text says “{about}”, but nothing is attached.",
    Guard.NO_SUBJECT: "The subject is empty.",
    Guard.PLACEHOLDER_LEFT: "Not filled in: {about}.",
    Guard.TOO_LARGE: "The mail is about {about} MB; many mail servers refuse more than 25 MB.",
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is about to leave. `attached_bytes` counts files and pictures, `files` only what is attached as a file or
    shown in the text."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    files: int = 0
    attached_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the ticket knows. `known` are all addresses that ever took part, `expected` those an answer to everybody
    would go to, `customer` the requester's address, `own` the desk's addresses, `list_addresses` where the answered
    message came through a mailing list."""

    customer: str = ""
    known: Collection[str] = ()
    expected: tuple[Address, ...] = ()
    own: Collection[str] = ()
    list_addresses: tuple[str, ...] = ()


def objections(mail: Outgoing, conversation: Conversation) -> tuple[Objection, ...]:
    """Return what is worth a look before `mail` leaves, the gravest first; pure, the same input gives the same answer.

    An address is said once: new beats foreign. Nothing here forbids anything (an agent decides).
    """
    addresses = list(dict.fromkeys(one.email.lower() for one in (*mail.to, *mail.cc, *mail.bcc) if one.email))
    known = {one.lower() for one in conversation.known} | {conversation.customer.lower()}
    own = {one.lower() for one in conversation.own}
    nobody = [one for one in addresses if _NOBODY.match(one)]
    strangers = [one for one in addresses if one not in known and one not in own]
    outside = [one for one in strangers if _foreign(one, conversation.customer)]
    new = [one for one in strangers if one not in outside]
    here = set(addresses)
    dropped = [one.email for one in conversation.expected if one.email and one.email.lower() not in here]
    listed = [one for one in conversation.list_addresses if one.lower() in here]
    size = mail.attached_bytes * 4 // 3 + len(mail.text.encode("utf-8", "replace"))
    found = (
        (Guard.FOREIGN_DOMAIN, outside),
        (Guard.NEW_RECIPIENT, new),
        (Guard.DROPPED_RECIPIENT, list(dict.fromkeys(dropped))),
        (Guard.MAILING_LIST, listed),
        (Guard.NO_REPLY, nobody),
        (Guard.NOTHING_ATTACHED, said_attached(mail.text) if not mail.files else []),
        (Guard.PLACEHOLDER_LEFT, list(dict.fromkeys(_PLACEHOLDER.findall(f"{mail.subject}\n{mail.text}")))),
        (Guard.TOO_LARGE, [str(size // (1024 * 1024))] if size > LARGEST_MAIL else []),
    )
    objected = [Objection(guard, tuple(about)) for guard, about in found if about]
    if not mail.subject.strip():
        objected.append(Objection(Guard.NO_SUBJECT))
    return tuple(objected)


def said_attached(text: str) -> list[str]:
    """Return the first words by which a text (without its quotes) promises an attachment, none where it does not."""
    own_words = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
    for match in _ATTACHED.finditer(own_words):
        if not _NOT_ATTACHED.search(own_words[max(0, match.start() - 24) : match.start()]):
            return [match.group()]
    return []


def _foreign(email: str, customer: str) -> bool:
    """Whether an address lies outside the customer's organization; at a free-mail provider there is none."""
    domain, home = email.rpartition("@")[2], customer.lower().rpartition("@")[2]
    if not home:
        return False
    if home in _FREE_MAIL or domain == home:
        return domain != home
    return not (domain.endswith("." + home) or home.endswith("." + domain))
