"""Mail that could not be taken over: seen, tried again, or left aside (MB-12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.people.actor import Actor
from desk_app.plugin_api.channels import ChannelError, ChannelSession, SecretError
from desk_app.services.messages.intake import IntakeService
from desk_app.services.ports.outside import Channels
from desk_app.services.ports.sync import InboundItem, InboundState
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class RetryResult:
    """What a retry gave: how many mails were taken over now, how many are still in quarantine, and why, by ledger
    id.
    """

    done: int
    still: int
    reasons: dict[int, str]


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
