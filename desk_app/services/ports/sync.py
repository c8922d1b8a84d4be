"""Channel accounts, intake ledger and outbox in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from desk_app.domain.mailboxes.model import Account, AccountHealth, AfterImport

if TYPE_CHECKING:
    from desk_app.plugin_api.channels import Cursor, RecipientResult


class AccountRepository(Protocol):
    """Channel accounts with aliases, health and cursors."""

    def all(self, *, include_disabled: bool = True) -> Sequence[Account]:
        """Return accounts in order; deleted ones are left out."""
        ...

    def get(self, account_id: int) -> Account | None:
        """Return an account."""
        ...

    def add(self, account: Account) -> int:
        """Insert an account with its aliases; raises ValueError where an address is taken."""
        ...

    def save(self, account: Account) -> None:
        """Write an account and its aliases; raises ValueError where an address is taken or `version` moved on."""
        ...

    def remove(self, account_id: int) -> None:
        """Mark an account deleted; its tickets and intake rows stay."""
        ...

    def own_addresses(self) -> frozenset[str]:
        """Return every address and alias of every account, disabled and deleted ones too."""
        ...

    def health(self, account_id: int) -> AccountHealth:
        """Return how an account fares."""
        ...

    def set_health(self, health: AccountHealth) -> None:
        """Store how an account fares."""
        ...

    def cursor(self, account_id: int) -> Cursor:
        """Return how far an account has been read; empty at first."""
        ...

    def set_cursor(self, account_id: int, cursor: Cursor) -> None:
        """Store how far an account has been read."""
        ...


class InboundState(StrEnum):
    """Where an intake row stands."""

    STORED = "stored"
    DONE = "done"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    BLOCKED = "blocked"
    IGNORED = "ignored"
    DROPPED = "dropped"  # a plugin leaves it out
    PURGED = "purged"


@dataclass(slots=True)
class InboundItem:
    """One fetched message in the intake ledger. `raw_sha256` None: not fetched because it is too large."""

    account_id: int
    department_id: int
    stream: str
    source_key: str
    received_at: datetime
    stored_at: datetime
    size: int
    raw_sha256: str | None
    archive: bool = False
    state: InboundState = InboundState.STORED
    reason: str = ""
    attempts: int = 0
    internet_id: str = ""
    content_hash: str = ""
    message_id: int | None = None
    after_import: AfterImport = AfterImport.KEEP
    acknowledged: bool = False
    id: int = 0


class InboundRepository(Protocol):
    """The intake ledger."""

    def known_keys(self, account_id: int, source_keys: Sequence[str]) -> frozenset[str]:
        """Return which of these source keys are in the ledger already."""
        ...

    def add(self, items: Sequence[InboundItem]) -> None:
        """Insert rows and set their ids; a source key that is there already is skipped (its id stays 0)."""
        ...

    def pending(
        self, limit: int, *, account_id: int | None = None, without: Collection[int] = ()
    ) -> Sequence[InboundItem]:
        """Return stored rows that are not processed yet, oldest first; `without` names accounts to leave alone."""
        ...

    def unprocessed(self, item_ids: Sequence[int]) -> frozenset[int]:
        """Return which of these rows are stored and not processed yet."""
        ...

    def get(self, item_id: int) -> InboundItem | None:
        """Return a row."""
        ...

    def save(self, item: InboundItem) -> None:
        """Write state, reason, attempts, ids and hashes."""
        ...

    def save_all(self, items: Sequence[InboundItem]) -> None:
        """Write many rows as `save` does."""
        ...

    def by_internet_ids(self, internet_ids: Sequence[str]) -> Mapping[str, Sequence[InboundItem]]:
        """Return rows by Message-ID, in any account and state; one query however many ids are asked for."""
        ...

    def quarantined(self, limit: int = 500) -> Sequence[InboundItem]:
        """Return what could not be read or was too large, newest first."""
        ...

    def dropped(self, limit: int = 500) -> Sequence[InboundItem]:
        """Return mail that plugins left out, newest first."""
        ...

    def blocked(self, limit: int = 500, *, stored_before: datetime | None = None) -> Sequence[InboundItem]:
        """Return mail of blocked senders (CU-09), newest first; with `stored_before`, what has waited longer, oldest
        first."""
        ...

    def unacknowledged(self, account_id: int, limit: int) -> Sequence[InboundItem]:
        """Return finished rows whose server-side action is still to be done."""
        ...

    def acknowledge(self, ids: Sequence[int]) -> None:
        """Note that the server-side action was done."""
        ...

    def count_by_stream(self, account_id: int) -> Mapping[str, int]:
        """Return how many messages of an account are in the ledger, by folder."""
        ...

    def count(self, account_id: int) -> int:
        """Return how many messages of an account are in the ledger, quarantined ones included."""
        ...


class OutboxState(StrEnum):
    """Where an outgoing mail stands. HELD: outgoing is not armed. UNKNOWN: it may have left; a person decides."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class OutboxRecipient:
    """One recipient and what the server said."""

    role: str
    address: str
    name: str = ""
    state: str = "queued"
    response: str = ""
    id: int = 0


@dataclass(slots=True)
class OutboxItem:
    """One mail to send: bytes, Message-ID and recipients are fixed."""

    account_id: int
    department_id: int
    state: OutboxState
    internet_id: str
    envelope_from: str
    mime_sha256: str
    queued_at: datetime
    send_after_at: datetime
    recipients: list[OutboxRecipient]
    message_id: int | None = None
    ticket_id: int | None = None
    purpose: str = "reply"
    sent_at: datetime | None = None
    attempts: int = 0
    lease_until_at: datetime | None = None
    claimed_by: str = ""
    response: str = ""
    copy_state: str = "none"
    cancel_on_reply: bool = False
    version: int = 1
    id: int = 0


class OutboxRepository(Protocol):
    """Outgoing mail. Claims and outcomes are fenced: a claim that ran out cannot write its outcome any more."""

    def add(self, item: OutboxItem) -> int:
        """Insert a mail with its recipients and return the new id."""
        ...

    def get(self, outbox_id: int) -> OutboxItem | None:
        """Return a mail."""
        ...

    def by_internet_id(self, internet_id: str) -> OutboxItem | None:
        """Return the mail with this Message-ID."""
        ...

    def listed(self, states: Sequence[OutboxState], limit: int = 500) -> Sequence[OutboxItem]:
        """Return mails in these states, oldest first."""
        ...

    def count(self, states: Sequence[OutboxState]) -> int:
        """Return how many mails are in these states."""
        ...

    def claim_due(
        self, *, holder: str, lease: timedelta, limit: int, without: Collection[int] = ()
    ) -> Sequence[OutboxItem]:
        """Move due queued mails to SENDING under `holder` and return them; two claimers never get the same one."""
        ...

    def renew(self, item: OutboxItem, lease: timedelta) -> bool:
        """Prolong the claim on a mail that is still being sent; False when the claim was lost."""
        ...

    def expired(self, limit: int = 100) -> Sequence[OutboxItem]:
        """Return SENDING mails whose lease ran out: their sender died, so nobody knows whether they left."""
        ...

    def finish(self, item: OutboxItem, state: OutboxState, response: str, results: Sequence[RecipientResult]) -> bool:
        """Write the outcome if `item` is still claimed by its holder; False when the claim was lost."""
        ...

    def postpone(self, item: OutboxItem, until_at: datetime, response: str) -> bool:
        """Put a mail that certainly did not leave back to QUEUED for a later attempt; False when the claim was lost."""
        ...

    def transition(self, outbox_id: int, from_: Sequence[OutboxState], to: OutboxState, *, response: str = "") -> bool:
        """Change the state if it still is one of `from_` (undo, hold, release, a person's decision); False
        otherwise.
        """
        ...

    def reschedule(self, outbox_id: int, send_after_at: datetime) -> bool:
        """Change when a queued mail leaves; False when it is too late."""
        ...

    def copies_due(self, limit: int) -> Sequence[OutboxItem]:
        """Return sent mails whose copy in the Sent folder is still missing."""
        ...

    def set_copy_state(self, outbox_id: int, state: str) -> None:
        """Note what became of the copy in the Sent folder."""
        ...

    def mark_bounced(self, internet_id: str, address: str, response: str) -> None:
        """Mark one recipient (all, where `address` is empty) of a sent mail as bounced."""
        ...

    def note_auto_answer(self, address: str, ticket_id: int | None, department_id: int, at: datetime) -> None:
        """Remember one automatic answer for the ceilings of MB-20."""
        ...

    def auto_answers_since(self, at: datetime, *, address: str = "", ticket_id: int | None = None) -> int:
        """Count automatic answers since an instant, in all or to one address (in one ticket)."""
        ...
