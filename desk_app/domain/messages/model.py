"""Values every layer shares about one message."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MessageKind(StrEnum):
    """What a message in a ticket's thread is."""

    PUBLIC_REPLY = "public_reply"
    INTERNAL_NOTE = "internal_note"
    SYSTEM = "system"


class Direction(StrEnum):
    """Whether a message came to the desk or left it."""

    INBOUND = "in"
    OUTBOUND = "out"


class Classification(StrEnum):
    """What kind of sender a mail has (mail.md 6, "Machine mail")."""

    NORMAL = "normal"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LIST = "list"
    OWN = "own"

    @property
    def is_machine_answer(self) -> bool:
        """Whether a machine answered: an automatic reply or a bounce, which no person wrote."""
        return self in {Classification.AUTO_REPLY, Classification.BOUNCE}


class AddressRole(StrEnum):
    """Which header an address stood in."""

    FROM = "from"
    REPLY_TO = "reply_to"
    TO = "to"
    CC = "cc"
    BCC = "bcc"


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox address. `email` is lower-cased and may be empty where a header held only a name."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name and self.email else self.name or self.email


@dataclass(frozen=True, slots=True)
class ParsedAttachment:
    """One attached or inline part, decoded.

    `part` is its path in the MIME tree ("1.2"), `content_id` has no angle brackets, `inline` says that the HTML refers
    to it or that it was sent to be shown in place.
    """

    part: str
    filename: str
    content_type: str
    content: bytes
    sha256: str
    content_id: str = ""
    content_location: str = ""
    inline: bool = False

    @classmethod
    def of(cls, filename: str, content_type: str, content: bytes, *, part: str = "1") -> ParsedAttachment:
        """Return a file of a channel that is not mail; `part` tells several files of one message apart."""
        return cls(part, filename, content_type, content, hashlib.sha256(content).hexdigest())

    @property
    def size(self) -> int:
        """Decoded size in bytes."""
        return len(self.content)


@dataclass(frozen=True, slots=True)
class BounceInfo:
    """What a delivery failure says (RFC 3464). `status` is the enhanced code ("5.1.1") or "" where none was given."""

    recipient: str
    status: str
    original_message_id: str
    diagnostic: str = ""

    @property
    def permanent(self) -> bool:
        """Whether the address is to be marked failing (class 5; unknown counts as permanent)."""
        return not self.status.startswith(("4", "2"))


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """What the desk makes of one raw message. Reading never fails: what is odd is named in `problems`.

    Message-IDs carry no angle brackets. `date` is aware (UTC) or None. `text` is the whole plain text, `html` the raw,
    untrusted HTML exactly as decoded (the content pipeline makes it safe). `machine_signs` are the reasons behind the
    classification and behind `may_answer`; `headers` keeps the few a rule or a person may ask for, lower-case keys.
    """

    subject: str = ""
    from_: Address = Address("", "")
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""
    html: str = ""
    language: str = ""
    attachments: tuple[ParsedAttachment, ...] = ()
    classification: Classification = Classification.NORMAL
    may_answer: bool = True
    machine_signs: tuple[str, ...] = ()
    bounce: tuple[BounceInfo, ...] = ()
    bounce_refs: tuple[str, ...] = ()
    origin_instance: str = ""
    origin_token: str = ""
    spam: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    content_hash: str = ""
