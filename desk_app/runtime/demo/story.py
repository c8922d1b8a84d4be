"""The demo's month: who wrote what and when, from the story files, as mail ready to be delivered."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from desk_app.runtime.demo.letters import Letter, Person, Quoted, full_text, message_id, reply_subject, write

DOMAIN = "kopiworks.example"
SUPPORT = f"support@{DOMAIN}"
ORDERS = f"orders@{DOMAIN}"
PEDIDOS = f"pedidos@{DOMAIN}"
NAMES = {SUPPORT: "Kopi Works Support", ORDERS: "Kopi Works Orders", PEDIDOS: "Kopi Works Pedidos"}
MAILBOX_OF = {SUPPORT: SUPPORT, ORDERS: ORDERS, PEDIDOS: ORDERS}
STORIES = ("english", "indonesian", "spanish")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of the month.

    `mailboxes` are the mailboxes it lies in (for an answer of the desk: the one it left from, in its Sent folder).
    `thread` names what belongs together. `late` mail may only arrive once the desk knows its own earlier answers.
    """

    raw: bytes
    at: datetime
    mailboxes: tuple[str, ...]
    thread: str
    message_id: str
    subject: str
    sender: Person
    recipient: Person | None = None
    text: str = ""
    from_desk: bool = False
    answers: str = ""
    late: bool = False


@cache
def people() -> dict[str, Person]:
    """Return everybody who writes, by key."""
    return {key: Person(**entry) for key, entry in read_story("people").items()}


def conversations(now: datetime) -> Iterator[list[Mail]]:
    """Yield every conversation of the month, oldest mail first, dated back from `now` (aware)."""
    for story in STORIES:
        for number, thread in enumerate(read_story(story)["thread"]):
            yield list(_conversation(f"{story}-{number}", thread, now))


def _conversation(key: str, thread: dict[str, Any], now: datetime) -> Iterator[Mail]:
    customer = people()[thread["who"]]
    address = f"{thread.get('box', 'support')}@{DOMAIN}"
    mailbox = MAILBOX_OF[address]
    desk = Person(NAMES[address], address, "apple", customer.language)
    at = _awake(now - timedelta(days=thread["ago"])) if thread["ago"] > 1 else now - timedelta(days=thread["ago"])
    earlier: Quoted | None = None
    for number, entry in enumerate(thread["mail"]):
        at += timedelta(hours=entry.get("after", 0))
        from_desk = entry.get("desk", False)
        sender, recipient = (desk, customer) if from_desk else (customer, desk)
        subject = thread["subject"] if earlier is None else reply_subject(thread["subject"])
        copied = bool(thread.get("copy")) and number == 0
        letter = Letter(
            sender=sender,
            to=[(recipient.name, recipient.email)],
            cc=[(NAMES[SUPPORT], SUPPORT)] if copied else [],
            subject=subject,
            at=at,
            text=entry["text"],
            message_id=message_id(f"{key}/{number}/{now:%Y%m%d%H%M}", sender.email.partition("@")[2]),
            html=entry.get("html", False),
            inline=entry.get("inline", False),
            files=entry.get("files", ()),
            answers=earlier,
        )
        yield Mail(
            raw=write(letter),
            at=at,
            mailboxes=(mailbox, SUPPORT) if copied else (mailbox,),
            thread=key,
            message_id=letter.message_id,
            subject=subject,
            sender=sender,
            recipient=recipient,
            text=letter.text.strip(),
            from_desk=from_desk,
            answers=earlier.message_id if earlier else "",
        )
        references = (*earlier.references, earlier.message_id) if earlier else ()
        to = f"{recipient.name} <{recipient.email}>"
        earlier = Quoted(sender, to, subject, at, full_text(letter), letter.message_id, references)


def _awake(at: datetime) -> datetime:
    """Return an instant of the evening before for one in the night: customers of a coffee shop sleep too."""
    return at - timedelta(hours=at.hour + 4) if at.hour < 7 else at


def in_order(mails: Sequence[Mail]) -> list[Mail]:
    """Return mails oldest first."""
    return sorted(mails, key=lambda mail: mail.at)


@cache
def read_story(name: str) -> dict[str, Any]:
    """Return one of the story files."""
    return tomllib.loads(files(__package__).joinpath("data", f"{name}.toml").read_text(encoding="utf-8"))
