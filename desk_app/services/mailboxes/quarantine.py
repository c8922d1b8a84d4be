"""Mail that could not be taken over: seen, tried again, or left aside (MB-12)."""

from __future__ import annotations

import builtins
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesHeaderParser

from desk_app.domain.contacts.blocking import block_of
from desk_app.domain.mailboxes.model import Account
from desk_app.domain.people.actor import Actor
from desk_app.plugin_api.channels import ChannelError, ChannelSession, SecretError
from desk_app.services.contacts.settings import block_days
from desk_app.services.messages.intake import IntakeService
from desk_app.services.ports.outside import Channels
from desk_app.services.ports.sync import InboundItem, InboundState
from desk_app.services.ports.system import Lease
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

_AT_ONCE = 100
_MOST_LISTED = 200
_HEAD_BYTES = 65_536
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetryResult:
    """What a retry gave: how many mails were taken over now, how many are still in quarantine, and why, by ledger
    id.
    """

    done: int
    still: int
    reasons: dict[int, str]


@dataclass(frozen=True, slots=True)
class BlockedMail:
    """A mail of a blocked sender: who wrote it, about what, and when it is deleted."""

    item: InboundItem
    sender: str
    subject: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LeftOutMail:
    """A mail that a plugin left out: who wrote it, and about what; its item says why."""

    item: InboundItem
    sender: str
    subject: str


class QuarantineService:
    """Lists and retries quarantined mail."""

    def __init__(self, uow: UnitOfWorkFactory, intake: IntakeService, channels: Channels) -> None:
        self._uow = uow
        self._intake = intake
        self._channels = channels

    def list(self) -> list[InboundItem]:
        """Return what is in quarantine, newest first."""
        with self._uow() as uow:
            return list(uow.inbound.quarantined())

    def blocked(self) -> builtins.list[BlockedMail]:
        """Return mail of blocked senders, newest first (CU-09)."""
        with self._uow() as uow:
            days = timedelta(days=block_days(uow))
            return [_head(uow, item, item.stored_at + days) for item in uow.inbound.blocked(_MOST_LISTED)]

    def left_out(self) -> builtins.list[LeftOutMail]:
        """Return mail that plugins left out, newest first."""
        with self._uow() as uow:
            found = [(item, *_sender_and_subject(uow, item)) for item in uow.inbound.dropped(_MOST_LISTED)]
        return [LeftOutMail(*one) for one in found]

    def release(self, ids: Sequence[int], actor: Actor) -> RetryResult:
        """Put mail of blocked senders, and what plugins left out, through as if it arrived now; the block stays."""
        with self._uow() as uow:
            items = [item for one in ids if (item := uow.inbound.get(one)) is not None]
        done, reasons = 0, dict[int, str]()
        for item in items:
            if item.state not in {InboundState.BLOCKED, InboundState.DROPPED}:
                continue
            was_blocked = item.state is InboundState.BLOCKED
            after = self._intake.retry(item, release=True)
            if after.state is InboundState.QUARANTINED:
                reasons[item.id] = after.reason
            else:
                done += 1
                if was_blocked:
                    self._mark_sender(after)
                _log.info("mail %d was released by %s", item.id, actor.name)
        return RetryResult(done, len(reasons), reasons)

    def _mark_sender(self, item: InboundItem) -> None:
        """Show a person as blocked whom only the release of this mail made known."""
        with self._uow() as uow:
            record = uow.messages.get(item.message_id) if item.message_id else None
            contact = uow.contacts.get(record.contact_id) if record is not None and record.contact_id else None
            if contact is None or contact.blocked:
                return
            if block_of(contact.emails, uow.sender_blocks.among(contact.emails)) is not None:
                uow.contacts.save(replace(contact, blocked=True))
                uow.commit()

    def expire_blocked(self, lease: Lease | None = None) -> int:
        """Delete the bytes of blocked mail that has waited for the desk's number of days, and return how many; the row
        stays and says so, and the mail does not come back."""
        with self._uow() as uow:
            if lease is not None and not uow.leases.holds(lease):
                return 0
            days = block_days(uow)
            items = uow.inbound.blocked(_AT_ONCE, stored_before=uow.now() - timedelta(days=days))
            for item in items:
                raw, item.raw_sha256 = item.raw_sha256, None
                item.state = InboundState.PURGED
                item.reason = f"{item.reason} It was deleted after {days} days."
                uow.inbound.save(item)
                if raw is not None:
                    uow.blobs.remove_unused([raw])
                uow.changed("inbound", item.id, "update", item.department_id)
            uow.commit()
        if items:
            _log.info("%d mails of blocked senders were deleted after %d days", len(items), days)
        return len(items)

    def raw(self, item_id: int) -> bytes | None:
        """Return the raw mail; None where it was never fetched because of its size, or is gone."""
        with self._uow() as uow:
            item = uow.inbound.get(item_id)
            return uow.blobs.get(item.raw_sha256) if item is not None and item.raw_sha256 else None

    def retry(self, ids: Sequence[int] | None, actor: Actor) -> RetryResult:  # noqa: ARG002 -- every command names its actor
        """Try quarantined mail again (all with None). What was too large is fetched now, whatever its size."""
        with self._uow() as uow:
            items = [i for i in uow.inbound.quarantined() if ids is None or i.id in ids]
            accounts = {i.account_id: uow.accounts.get(i.account_id) for i in items}
        sessions: dict[int, ChannelSession] = {}
        done, reasons = 0, dict[int, str]()
        try:
            for item in sorted(items, key=lambda i: i.id):
                problem = "" if item.raw_sha256 else self._fetch(item, accounts[item.account_id], sessions)
                after = self._intake.retry(item) if not problem else item
                if problem or after.state is InboundState.QUARANTINED:
                    reasons[item.id] = problem or after.reason
                else:
                    done += 1
        finally:
            for session in sessions.values():
                session.close()
        return RetryResult(done, len(reasons), reasons)

    def ignore(self, item_id: int, actor: Actor) -> bool:
        """Leave a mail aside for good; its bytes stay. False where it is not in quarantine."""
        with self._uow() as uow:
            item = uow.inbound.get(item_id)
            if item is None or item.state is not InboundState.QUARANTINED:
                return False
            item.state = InboundState.IGNORED
            item.reason = f"{actor.name} set it aside. {item.reason}"
            uow.inbound.save(item)
            uow.changed("inbound", item.id, "update", item.department_id)
            uow.commit()
        return True

    def _fetch(self, item: InboundItem, account: Account | None, sessions: dict[int, ChannelSession]) -> str:
        """Fetch a mail that came without its bytes; returns what went wrong, "" when it is stored."""
        if account is None:
            return "The mailbox of this mail is gone."
        try:
            session = sessions.get(account.id)
            if session is None:
                session = sessions[account.id] = self._channels.open(account)
            message = session.fetch_one(item.source_key)
        except (ChannelError, SecretError) as error:
            return str(error)
        if message is None or message.raw is None:
            return (message.problem if message is not None else "") or "The mail is no longer on the server."
        with self._uow() as uow:
            item.raw_sha256 = uow.blobs.put(message.raw)
            item.size = len(message.raw)
            uow.inbound.save(item)
            uow.commit()
        return ""


def _head(uow: UnitOfWork, item: InboundItem, expires_at: datetime) -> BlockedMail:
    return BlockedMail(item, *_sender_and_subject(uow, item), expires_at)


def _sender_and_subject(uow: UnitOfWork, item: InboundItem) -> tuple[str, str]:
    raw = uow.blobs.get(item.raw_sha256) if item.raw_sha256 else None
    try:
        head = BytesHeaderParser(policy=policy.default).parsebytes((raw or b"")[:_HEAD_BYTES])
        return str(head.get("From", "")), str(head.get("Subject", ""))
    except Exception:  # noqa: BLE001 -- whatever a hostile header does, the line is shown without it
        return "", ""
