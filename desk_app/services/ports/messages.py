"""Messages, their bytes and the search index in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from desk_app.domain.messages.model import Address, AddressRole, Classification, Direction, MessageKind

if TYPE_CHECKING:
    from desk_app.domain.messages.content import PreparedContent
    from desk_app.domain.search import SearchFields


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """An attachment whose bytes are in the blob store. `part` is its place in the raw mail, "" for outgoing ones."""

    filename: str
    content_type: str
    size: int
    sha256: str
    content_id: str = ""
    inline: bool = False
    part: str = ""
    id: int = 0


@dataclass(slots=True)
class MessageRecord:
    """One message with everything stored beside it; `content` None means the HTML is prepared later. A `final` one was
    changed by a plugin when it came, and is never read or prepared again."""

    ticket_id: int
    department_id: int
    account_id: int | None
    kind: MessageKind
    direction: Direction
    author_name: str
    author_email: str
    subject: str
    sent_at: datetime
    created_at: datetime
    internet_id: str
    text: str
    contact_id: int | None = None
    agent_id: int | None = None
    snippet: str = ""
    content_hash: str = ""
    classification: Classification = Classification.NORMAL
    raw_sha256: str | None = None
    size: int = 0
    imported: bool = False
    stranger: bool = False
    has_html: bool = False
    join_rule: str = "new"
    join_reason: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    visible_text: str = ""
    folded_text: str = ""
    content: PreparedContent | None = None
    addresses: Sequence[tuple[AddressRole, Address]] = ()
    refers_to: Sequence[str] = ()
    attachments: Sequence[StoredAttachment] = ()
    reader_version: int = 0
    search_fields: SearchFields | None = None  # the words for the index, where they were made beforehand
    side_conversation_id: int | None = None  # None: the customer's thread (IN-18)
    final: bool = False
    id: int = 0


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """What threading needs of a stored message."""

    id: int
    ticket_id: int
    account_id: int | None
    direction: Direction
    internet_id: str
    content_hash: str
    side_conversation_id: int | None = None


class MessageRepository(Protocol):
    """Loads and saves messages."""

    def add(self, record: MessageRecord) -> int:
        """Insert a message with body, addresses, references and attachments; returns the new id and sets it."""
        ...

    def get(self, message_id: int) -> MessageRecord | None:
        """Return a message with everything beside it."""
        ...

    def of_ticket(self, ticket_id: int) -> Sequence[MessageRecord]:
        """Return a ticket's messages, oldest first."""
        ...

    def by_internet_ids(self, internet_ids: Sequence[str]) -> Mapping[str, Sequence[KnownMessage]]:
        """Return stored messages by Message-ID; one query however many ids are asked for."""
        ...

    def referring_to_any(self, internet_ids: Sequence[str]) -> Mapping[str, Sequence[KnownMessage]]:
        """Return stored messages that refer to one of these Message-IDs (answers that came before their parent), by
        that id; one query however many are asked for.
        """
        ...

    def move(self, message_ids: Sequence[int], ticket_id: int) -> None:
        """Put messages with their attachments, references and search rows under another ticket (merge, split)."""
        ...

    def discard(self, message_id: int) -> None:
        """Delete a message that never left the desk (undo send), with its outbox row, search rows and attachments."""
        ...

    def replace_content(self, record: MessageRecord) -> None:
        """Write what a new reading gave (text, HTML, subject, addresses, attachments); id, ticket and state stay."""
        ...

    def set_content(self, message_id: int, content: PreparedContent) -> None:
        """Store prepared content."""
        ...

    def unprepared(self, pipeline_version: int, *, ticket_id: int | None, limit: int) -> Sequence[int]:
        """Return ids of inbound messages whose HTML was prepared by an older pipeline or not at all, newest first."""
        ...

    def older_readings(self, reader_version: int, *, after_id: int, limit: int) -> Sequence[int]:
        """Return ids of messages read by an older reader, in id order."""
        ...


class BlobStore(Protocol):
    """Content-addressed bytes, compressed, each stored once."""

    def put(self, content: bytes, *, sha256: str = "", compressible: bool = True) -> str:
        """Store bytes unless they are there, and return their SHA-256 (hex)."""
        ...

    def prefetch(self, sha256s: Sequence[str]) -> None:
        """Look up together which bytes are there already, for the puts of a batch that follow."""
        ...

    def get(self, sha256: str) -> bytes | None:
        """Return bytes; checks them against their hash and raises where the database is damaged."""
        ...

    def remove_unused(self, sha256s: Sequence[str]) -> int:
        """Delete those of these bytes that nothing refers to any more, and return how many went."""
        ...


class SearchIndex(Protocol):
    """Full text, written in the same transaction as the message."""

    def index(self, record: MessageRecord) -> None:
        """Add or replace a message's document: subject, people, text, attachment names."""
        ...

    def add(self, record: MessageRecord) -> None:
        """Add the document of a message that was stored in this very transaction."""
        ...
