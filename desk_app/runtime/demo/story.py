"""The demo's month: who wrote what and when, from the story files, as mail ready to be delivered."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from functools import cache
from importlib.resources import files
from typing import Any

from desk_app.runtime.demo.letters import Letter, Person, Quoted, message_id, reply_subject, write

DOMAIN = "kopiworks.example"
SUPPORT = f"support@{DOMAIN}"
ORDERS = f"orders@{DOMAIN}"
PEDIDOS = f"pedidos@{DOMAIN}"
NAMES = {SUPPORT: "Kopi Works Support", ORDERS: "Kopi Works Orders", PEDIDOS: "Kopi Works Pedidos"}
MAILBOX_OF = {SUPPORT: SUPPORT, ORDERS: ORDERS, PEDIDOS: ORDERS}
STORIES = ("english", "indonesian", "spanish")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail from outside, ready to be delivered to `mailboxes`."""

    raw: bytes
    at: datetime
    mailboxes: tuple[str, ...]
    message_id: str
    subject: str
    sender: Person


@cache
def people() -> dict[str, Person]:
    """Return everybody who writes, by key."""
    return {key: Person(**entry) for key, entry in read_story("people").items()}


@dataclass(frozen=True, slots=True)
class Turn:
    """One mail of a conversation, not written yet: what it says depends on the mail it answers."""

    at: datetime
    from_desk: bool
    text: str
    html: bool
    inline: bool
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A customer and the desk. `address` is the desk's address the customer writes to, `copied` says that support gets
    a copy. `end` is the status it is left in, "" for what its age suggests; `note`, `tags` and `mine`
    (assigned to whoever looks at the demo) are the agents' doing.
    """

    key: str
    customer: Person
    address: str
    subject: str
    turns: tuple[Turn, ...]
    copied: bool = False
    end: str = ""
    priority: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    mine: bool = False


def conversations(now: datetime) -> Iterator[Conversation]:
    """Yield every conversation of the month, dated back from `now` (aware)."""
    for story in STORIES:
        for number, thread in enumerate(read_story(story)["thread"]):
            yield _conversation(f"{story}-{number}", thread, now)


def _conversation(key: str, thread: dict[str, Any], now: datetime) -> Conversation:
    at = now - timedelta(days=thread["ago"])
    if thread["ago"] > 1:
        at = _awake(at)
    turns = []
    for entry in thread["mail"]:
        at += timedelta(hours=entry.get("after", 0))
        turns.append(
            Turn(
                at=at,
                from_desk=entry.get("desk", False),
                text=entry["text"].strip(),
                html=entry.get("html", False),
                inline=entry.get("inline", False),
                files=tuple(entry.get("files", ())),
            )
        )
    return Conversation(
        key=key,
        customer=people()[thread["who"]],
        address=f"{thread.get('box', 'support')}@{DOMAIN}",
        subject=thread["subject"],
        turns=tuple(turns),
        copied=thread.get("copy", False),
        end=thread.get("end", ""),
        priority=thread.get("priority", ""),
        note=thread.get("note", "").strip(),
        tags=tuple(thread.get("tags", ())),
        mine=thread.get("mine", False),
    )


def customer_mail(conversation: Conversation, turn: Turn, answers: Quoted | None) -> Mail:
    """Write what a customer says in a conversation; `answers` is the mail it replies to, None for the first."""
    customer, address = conversation.customer, conversation.address
    subject = conversation.subject if answers is None else reply_subject(answers.subject)
    copied = conversation.copied and answers is None
    letter = Letter(
        sender=customer,
        to=[(NAMES[address], address)],
        cc=[(NAMES[SUPPORT], SUPPORT)] if copied else [],
        subject=subject,
        at=turn.at,
        text=turn.text,
        message_id=message_id(f"{conversation.key}/{turn.at.isoformat()}", customer.email.partition("@")[2]),
        html=turn.html,
        inline=turn.inline,
        files=turn.files,
        answers=answers,
    )
    mailbox = MAILBOX_OF[address]
    mailboxes = (mailbox, SUPPORT) if copied else (mailbox,)
    return Mail(write(letter), turn.at, mailboxes, letter.message_id, subject, customer)


def sent_as_quoted(raw: bytes) -> Quoted:
    """Return a mail the desk sent the way a customer's program quotes it."""
    mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
    name, address = getaddresses([str(mail["Reply-To"] or mail["From"])])[0]
    body = mail.get_body(("plain",))
    return Quoted(
        sender=Person(name or NAMES.get(address.lower(), address), address.lower()),
        to=str(mail["To"] or ""),
        subject=str(mail["Subject"] or ""),
        at=parsedate_to_datetime(str(mail["Date"])),
        text=str(body.get_content()) if body is not None else "",
        message_id=str(mail["Message-ID"] or "").strip().strip("<>"),
        references=tuple(part.strip("<>") for part in str(mail["References"] or "").split()),
    )


def _awake(at: datetime) -> datetime:
    """Return an instant of the evening before for one in the night: customers of a coffee shop sleep too."""
    return at - timedelta(hours=at.hour + 4) if at.hour < 7 else at


@cache
def read_story(name: str) -> dict[str, Any]:
    """Return one of the story files."""
    return tomllib.loads(files(__package__).joinpath("data", f"{name}.toml").read_text(encoding="utf-8"))
