"""A mail that is about to leave, before it is bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.model import Address

MAX_HISTORY = 10
"""Earlier messages quoted at most, newest first."""
ATTRIBUTION = "On {date}, {author} wrote:"
"""How a quoted message is introduced."""


class UnsendableAddress(ValueError):  # noqa: N818 -- named by what it is, shown to the agent
    """An address no mail server can be given; `address` is the offending one."""

    def __init__(self, address: str) -> None:
        super().__init__(f"not an address that mail can be sent to: {address!r}")
        self.address = address


class Automatic(StrEnum):
    """Whether a person wrote a mail (RFC 3834 5)."""

    NO = "no"
    REPLIED = "auto-replied"
    GENERATED = "auto-generated"


@dataclass(frozen=True, slots=True)
class OutgoingAttachment:
    """A file to send. `content_id` (no angle brackets) marks a picture that the HTML shows as `cid:<content_id>`."""

    filename: str
    content_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class EarlierMessage:
    """A message that is quoted below the new text. `html` is the sanitised HTML, "" where there is none."""

    author: Address
    at: datetime
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """Everything an outgoing mail is made of; the same value always gives the same bytes.

    Message-IDs carry no angle brackets; `references` is the whole chain of the answered message, oldest first. `bcc`
    only reaches the envelope. `date` is aware. `html` "" makes a text-only mail; `text` "" takes the text of the HTML.
    `history` is what is quoted below, newest first (see `history_to_quote`), introduced by `attribution`, in which
    `{date}` and `{author}` are replaced. `instance_id` and `token` become the headers by which the desk knows its own
    mail again (pains.md 8). `extra_headers` are further X- and List- headers, name and value.
    """

    from_: Address
    to: tuple[Address, ...]
    subject: str
    date: datetime
    message_id: str
    text: str = ""
    html: str = ""
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachments: tuple[OutgoingAttachment, ...] = ()
    history: tuple[EarlierMessage, ...] = ()
    attribution: str = ATTRIBUTION
    automatic: Automatic = Automatic.NO
    instance_id: str = ""
    token: str = ""
    extra_headers: tuple[tuple[str, str], ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every address of the envelope once, in the order To, Cc, Bcc."""
        return tuple(dict.fromkeys(address.email for address in (*self.to, *self.cc, *self.bcc) if address.email))

    @property
    def envelope_from(self) -> str:
        """The envelope sender: empty for automatic mail, so that its bounces answer nobody (RFC 3834 3.3)."""
        return self.from_.email if self.automatic is Automatic.NO else ""


MessageT = TypeVar("MessageT")


def history_to_quote(newest_first: Sequence[MessageT], included: HistoryIncluded) -> tuple[MessageT, ...]:
    """Choose how much of a thread goes below a new message (CO-12)."""
    if included is HistoryIncluded.NONE:
        return ()
    return tuple(newest_first[: 1 if included is HistoryIncluded.LAST else MAX_HISTORY])
