"""Whom an answer goes to, and from which address (CO-08, MB-17)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from desk_app.domain.messages.model import Address, Direction


@dataclass(frozen=True, slots=True)
class AnsweredMessage:
    """The message being answered; `delivered_to` are the addresses servers noted (Delivered-To, X-Original-To)."""

    direction: Direction
    from_: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplyRecipients:
    """Who gets an answer and who it comes from. `explanation` says why, in sentences for the agent.

    `to` is empty where the message came from nobody but ourselves: then the agent must name someone.
    """

    from_address: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    explanation: tuple[str, ...]


def reply_recipients(
    answered: AnsweredMessage,
    *,
    own_addresses: Collection[str],
    sender_addresses: Sequence[str],
    reply_all: bool = True,
) -> ReplyRecipients:
    """Compute the recipients of an answer from the message it answers.

    `own_addresses` are all accounts and aliases of the desk: none of them is ever written to, with or without a
    "+tag". `sender_addresses` are those of the mailbox that answers, its main address first. Without `reply_all` only
    the sender (or, for our own message, its To) is kept.
    """
    own = {_key(address) for address in own_addresses} | {_key(address) for address in sender_addresses}
    explanation: list[str] = []
    seen: set[str] = set()

    def outsiders(addresses: Iterable[Address]) -> tuple[Address, ...]:
        kept = []
        for address in addresses:
            email = address.email.strip().lower()
            if not email or email in seen:
                continue
            seen.add(email)
            if _key(email) in own:
                explanation.append(f"{email} is left out: it is one of our own addresses")
            else:
                kept.append(address)
        return tuple(kept)

    if answered.direction is Direction.OUTBOUND:
        to = outsiders(answered.to)
        others = outsiders(answered.cc) if reply_all else ()
        explanation.append("answers our own message: it goes to the same people")
    else:
        to = outsiders(answered.reply_to)
        if to:
            explanation.append("goes to Reply-To, as the sender asked")
            seen.add(answered.from_.email.strip().lower())
        else:
            to = outsiders((answered.from_,))
            explanation.append("goes to the sender" if to else "the sender is ourselves: nobody to answer")
        others = outsiders((*answered.to, *answered.cc)) if reply_all else ()
    from_address, reason = _sender(answered, sender_addresses)
    explanation.append(reason)
    return ReplyRecipients(from_address, to, others, tuple(dict.fromkeys(explanation)))


def _sender(answered: AnsweredMessage, sender_addresses: Sequence[str]) -> tuple[str, str]:
    """Choose the alias the customer wrote to, the mailbox's main address where none is named."""
    if not sender_addresses:
        return "", "this mailbox has no address to send from"
    if answered.direction is Direction.OUTBOUND:
        named = [("From", answered.from_.email)]
    else:
        named = [
            *(("To", address.email) for address in answered.to),
            *(("Cc", address.email) for address in answered.cc),
            *(("Delivered-To", address) for address in answered.delivered_to),
        ]
    exact = {address.strip().lower(): address for address in sender_addresses}
    by_key = {_key(address): address for address in reversed(sender_addresses)}
    for header, email in named:
        alias = exact.get(email.strip().lower()) or by_key.get(_key(email))
        if alias:
            return alias, f"comes from {alias}: the answered message names it in {header}"
    return sender_addresses[0], f"comes from {sender_addresses[0]}, the mailbox's main address"


def _key(email: str) -> str:
    """Return what makes two addresses the same mailbox: lower case, without "+tag"."""
    local, at, domain = email.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"
