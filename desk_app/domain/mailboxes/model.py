"""A configured channel account and its policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

FROM_FILES = "file"
"""Where mails stand of an account that a person gave the desk as files: no folder of the server."""


class AfterImport(StrEnum):
    """What happens on the server to a message once it is safely stored (MB-15)."""

    KEEP = "keep"
    FLAG = "flag"
    MOVE = "move"
    DELETE = "delete"


class FirstImport(StrEnum):
    """What a first connect does with the mail that already lies there (MB-08)."""

    UNDECIDED = "undecided"  # nothing is fetched until somebody chose
    NONE = "none"
    SINCE = "since"
    ARCHIVE = "archive"  # everything, as closed tickets


class SenderName(StrEnum):
    """Whose name customers see in front of the address (MB-18)."""

    MAILBOX = "mailbox"
    AGENT = "agent"
    AGENT_VIA_MAILBOX = "agent_via_mailbox"


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """What the desk does around fetching one account; no secret and nothing of the channel's own settings.

    `import_since_at` belongs to FirstImport.SINCE. Mail that arrived before `connected_at` is imported mail and
    triggers nothing; it is a whole second, since servers date what arrives by those (RFC 9051, 2.3.3): mail of the same
    second is new. `reply_to_senders` are addresses or domains of contact forms whose Reply-To is the real customer
    ("*": every sender, MB-32). `max_bytes` is the size above which a mail is quarantined unread.
    `plus_addressing` says that the server delivers "name+tag@..." to "name@...", so that answers may carry the ticket
    in their address.
    """

    first_import: FirstImport = FirstImport.UNDECIDED
    import_since_at: datetime | None = None
    connected_at: datetime | None = None
    after_import: AfterImport = AfterImport.KEEP
    after_import_target: str = ""
    reply_to_senders: tuple[str, ...] = ()
    max_bytes: int = 50 * 1024 * 1024
    poll_seconds: int = 60
    plus_addressing: bool = False
    sender_name: SenderName = SenderName.MAILBOX


@dataclass(frozen=True, slots=True)
class Alias:
    """A further address of an account; replies to mail sent there leave from it (MB-17)."""

    address: str
    sender_name: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A configured channel account (for e-mail: a mailbox). `settings` is the channel's own JSON object."""

    id: int
    department_id: int
    channel: str
    name: str
    sender_name: str
    address: str
    settings: Mapping[str, Any]
    policy: AccountPolicy
    colour: str = "chart1"
    enabled: bool = True
    position: int = 0
    created_at: datetime | None = None
    aliases: tuple[Alias, ...] = ()
    version: int = 1

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address of this account, the main one first."""
        return (self.address, *(alias.address for alias in self.aliases))


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """How an account fares (MB-31). `fault` is a ChannelFault value, "" when well; counts are messages."""

    account_id: int
    attempted_at: datetime | None = None
    succeeded_at: datetime | None = None
    next_try_at: datetime | None = None
    failed_polls: int = 0
    fault: str = ""
    detail: str = ""
    backlog: int = 0
    server_count: int | None = None
    stored_count: int | None = None
