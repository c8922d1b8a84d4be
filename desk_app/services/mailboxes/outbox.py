"""Sending: claim, send, write down what the server said; what is unclear is shown, never sent again blindly (CO-13)."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from datetime import timedelta

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.people.actor import SYSTEM, Actor
from desk_app.domain.tickets.model import Ticket, TicketEvent
from desk_app.plugin_api.channels import (
    ChannelError,
    ChannelFault,
    ChannelSession,
    OutboundMail,
    RecipientResult,
    SecretError,
    SendOutcome,
    SendReceipt,
    SentCheck,
)
from desk_app.services.mailboxes.claims import kept
from desk_app.services.mailboxes.health import ill
from desk_app.services.notifications.commands import tell_alarm
from desk_app.services.ports.channels import MAIL
from desk_app.services.ports.errors import DuplicateError
from desk_app.services.ports.hooks import Hooks, NoHooks
from desk_app.services.ports.outside import Channels
from desk_app.services.ports.sync import InboundItem, InboundState, OutboxItem, OutboxState
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.settings import hold_all
from desk_app.services.tickets.history import line

CLAIM = timedelta(seconds=90)  # renewed while sending (claims.py): how soon a dead sender's mail shows as unclear
MOST_ATTEMPTS = 30
GIVE_UP_AFTER = timedelta(days=2)
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)
_TRAY = (OutboxState.HELD, OutboxState.QUEUED, OutboxState.SENDING, OutboxState.UNKNOWN, OutboxState.FAILED)
_log = logging.getLogger(__name__)


class OutboxService:
    """Sends queued mail and answers for its outcome. `holder` names this process in claims."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        channels: Channels,
        *,
        holder: str,
        claim: timedelta = CLAIM,
        hooks: Hooks | None = None,
    ) -> None:
        self._uow = uow
        self._hooks: Hooks = hooks or NoHooks()
        self._channels = channels
        self._holder = holder
        self._claim = claim

    # -- what a person sees and decides -------------------------------------------------------------------------------

    def tray(self, limit: int = 5000) -> list[OutboxItem]:
        """Return what is not settled: held, queued, being sent, unknown, failed; oldest first."""
        with self._uow() as uow:
            return list(uow.outbox.listed(_TRAY, limit))

    def held(self) -> int:
        """Return how many mails wait because outgoing is not armed."""
        with self._uow() as uow:
            return uow.outbox.count([OutboxState.HELD])

    def waiting(self) -> int:
        """Return how many mails are to leave as soon as their server can be reached."""
        with self._uow() as uow:
            return uow.outbox.count([OutboxState.QUEUED])

    def release(self, ids: Sequence[int] | None, actor: Actor) -> int:
        """Let held mail go (all of it with None) and return how many mails that were."""
        count = 0
        while True:
            with self._uow() as uow:
                wanted = [uow.outbox.get(i) for i in ids] if ids is not None else uow.outbox.listed([OutboxState.HELD])
                released = [
                    item
                    for item in wanted
                    if item is not None and uow.outbox.transition(item.id, [OutboxState.HELD], OutboxState.QUEUED)
                ]
                for item in released:
                    _note(uow, item, "ReplyReleased", actor, "Released from the tray.")
                uow.commit()
            count += len(released)
            if ids is not None or not released:
                return count

    def send_now(self, outbox_id: int) -> bool:
        """Let a queued mail leave without the rest of its time to undo; False when it has left or is held."""
        with self._uow() as uow:
            item = uow.outbox.get(outbox_id)
            if item is None or item.state is not OutboxState.QUEUED or not uow.outbox.reschedule(item.id, uow.now()):
                return False
            uow.changed("outbox", item.id, "update", item.department_id)
            uow.commit()
        return True

    def cancel(self, outbox_id: int, actor: Actor) -> bool:
        """Give a mail up that has not left; False when it is too late."""
        states = [OutboxState.HELD, OutboxState.QUEUED, OutboxState.FAILED]
        return self._decide(outbox_id, states, OutboxState.CANCELLED, "ReplyCancelled", actor, "Cancelled.")

    def it_arrived(self, outbox_id: int, actor: Actor) -> bool:
        """Settle a mail by a person's word that it arrived; False where its outcome is not unclear."""
        reason = f"{actor.name} says that it arrived."
        return self._decide(outbox_id, [OutboxState.UNKNOWN], OutboxState.SENT, "ReplySent", actor, reason)

    def send_again(self, outbox_id: int, actor: Actor) -> bool:
        """Send a mail once more that was refused, or whose outcome is unclear; False where it is neither."""
        wanted = f"{actor.name} wants it sent again."
        return any(
            self._decide(outbox_id, [state], OutboxState.QUEUED, "ReplyRequeued", actor, reason)
            for state, reason in ((OutboxState.FAILED, "Tried once more."), (OutboxState.UNKNOWN, wanted))
        )

    def _decide(
        self, outbox_id: int, from_: Sequence[OutboxState], to: OutboxState, kind: str, actor: Actor, reason: str
    ) -> bool:
        with self._uow() as uow:
            item = uow.outbox.get(outbox_id)
            if item is None or not uow.outbox.transition(outbox_id, from_, to, response=reason):
                return False
            _note(uow, item, kind, actor, reason)
            uow.commit()
        return True

    # -- what a worker does -------------------------------------------------------------------------------------------

    def send_due(self, limit: int = 50) -> int:
        """Send queued mail whose time has come and return how many mails were tried.

        Each mail is claimed right before its attempt, so that a crash leaves at most one in doubt. An account that
        cannot be reached is left alone for the rest of the call; its mail goes back to the queue.
        """
        tried = 0
        sessions: dict[int, ChannelSession] = {}
        try:
            while tried < limit:
                with self._uow() as uow:
                    if not uow.settings.desk().outgoing_armed:
                        hold_all(uow)
                        uow.commit()
                        break
                    waits = self._suspended(uow)
                    due = uow.outbox.claim_due(holder=self._holder, lease=self._claim, limit=1, without=waits)
                    claimed = list(due)
                    uow.commit()
                if not claimed:
                    break
                tried += 1
                self._send(claimed[0], sessions)
        finally:
            for session in sessions.values():
                session.close()
        self.store_copies()
        return tried

    def _suspended(self, uow: UnitOfWork) -> frozenset[int]:
        """The accounts whose channel is not there: their mail waits."""
        accounts = uow.accounts.all()
        if all(account.channel == MAIL for account in accounts):
            return frozenset()
        return frozenset(account.id for account in accounts if self._channels.missing(account.channel))

    def _send(self, item: OutboxItem, sessions: dict[int, ChannelSession]) -> None:
        with self._uow() as uow:
            account = uow.accounts.get(item.account_id)
            raw = uow.blobs.get(item.mime_sha256)
        if account is None or raw is None or not self._channels.sends(account):
            why = (
                "The mailbox this mail was to leave from is gone." if raw is not None else "The mail's bytes are gone."
            )
            self._finish(item, OutboxState.FAILED, why, ())
            return
        recipients = tuple(dict.fromkeys(r.address for r in item.recipients if r.state != "accepted"))
        mail = OutboundMail(
            raw=raw, message_id=item.internet_id, envelope_from=item.envelope_from, recipients=recipients
        )
        try:
            with kept(self._uow, item, self._claim):
                session = sessions.get(account.id)
                if session is None:
                    session = sessions[account.id] = self._channels.open(account)
                receipt = session.send(mail)
        except SecretError as error:
            self._postpone(item, ChannelError(ChannelFault.SECRET, str(error)))
        except ChannelError as error:  # promised by the channel: nothing left
            self._postpone(item, error)
        else:
            self._settle(item, account, session, receipt)

    def _settle(self, item: OutboxItem, account: Account, session: ChannelSession, receipt: SendReceipt) -> None:
        if receipt.outcome is SendOutcome.ACCEPTED:
            self._finish(
                item, OutboxState.SENT, receipt.response, receipt.recipients, copy=self._channels.keeps_copies(account)
            )
        elif receipt.outcome is SendOutcome.REFUSED:
            self._finish(item, OutboxState.FAILED, receipt.response, receipt.recipients)
        elif receipt.outcome is SendOutcome.DEFERRED:
            self._postpone(item, ChannelError(ChannelFault.THROTTLED, receipt.response))
        elif _check(session, item) is SentCheck.FOUND:
            found = "The connection broke, but the provider's Sent folder holds the mail."
            self._finish(item, OutboxState.SENT, found, receipt.recipients)
        else:
            self._finish(item, OutboxState.UNKNOWN, receipt.response, receipt.recipients)

    def _finish(
        self,
        item: OutboxItem,
        state: OutboxState,
        response: str,
        results: Sequence[RecipientResult],
        *,
        copy: bool = False,
    ) -> None:
        with self._uow() as uow:
            if not uow.outbox.finish(item, state, response, results):
                _log.warning("the claim on mail %d ran out before its outcome was written", item.id)
                return
            if state is OutboxState.SENT and copy:
                uow.outbox.set_copy_state(item.id, "pending")
            kinds = {
                OutboxState.SENT: "ReplySent",
                OutboxState.FAILED: "ReplyFailed",
                OutboxState.UNKNOWN: "ReplyUnknown",
            }
            data = {"recipients": {r.address: r.accepted for r in results}}
            _note(uow, item, kinds[state], SYSTEM, response[:500], data)
            uow.commit()
        _log.info("mail %d of the outbox is %s", item.id, state.value)

    def _postpone(self, item: OutboxItem, error: ChannelError) -> None:
        later = False
        with self._uow() as uow:
            now = uow.now()
            response = error.detail[:500]
            too_often = item.attempts >= MOST_ATTEMPTS or now - item.queued_at > GIVE_UP_AFTER
            due = item.send_after_at
            if too_often and now - due > GIVE_UP_AFTER:
                uow.outbox.finish(item, OutboxState.FAILED, f"Given up: {response}", ())
                _note(uow, item, "ReplyFailed", SYSTEM, f"Given up after {item.attempts} attempts: {response}")
            else:
                later = True
                uow.outbox.postpone(item, now + _pause(item.attempts, error.retry_after), response)
                uow.changed("outbox", item.id, "update", item.department_id)
            if error.fault in {ChannelFault.SIGN_IN, ChannelFault.CONSENT, ChannelFault.SECRET, ChannelFault.TLS}:
                account, before = uow.accounts.get(item.account_id), uow.accounts.health(item.account_id)
                after = ill(before, now, error)
                uow.accounts.set_health(after)
                if account is not None and account.enabled:
                    tell_alarm(uow, account, before, after)
                uow.changed("account", item.account_id)
            uow.commit()
        _log.warning("mail %d of the outbox waits: %s", item.id, error.fault.value)
        if later:
            self._tell_postponed(item, response)

    def _tell_postponed(self, item: OutboxItem, error: str) -> None:
        """Tell plugins of an attempt that failed for now; it leaves no line in the history, from which the rest is
        told."""
        if not self._hooks.wants("message_send_failed") or item.ticket_id is None or item.message_id is None:
            return
        with self._uow() as uow:
            ticket, message = uow.pictures.ticket(item.ticket_id), uow.pictures.message(item.message_id)
        if ticket is None or message is None:
            return
        for slug in self._hooks.users("message_send_failed"):
            self._hooks.tell(slug, "message_send_failed", ticket=ticket, message=message, error=error, will_retry=True)

    def recover_expired(self) -> int:
        """Settle mail whose sender died while sending: found in the Sent folder, or unknown. Returns how many mails."""
        with self._uow() as uow:
            expired = list(uow.outbox.expired())
            accounts = {i.account_id: uow.accounts.get(i.account_id) for i in expired}
        for item in expired:
            account = accounts[item.account_id]
            found = self._look(account, item) if account is not None else SentCheck.CANNOT_TELL
            state = OutboxState.SENT if found is SentCheck.FOUND else OutboxState.UNKNOWN
            response = (
                "The program stopped while sending, but the Sent folder holds the mail."
                if state is OutboxState.SENT
                else "The program stopped while sending: the mail may have left. Please check and decide."
            )
            with self._uow() as uow:
                if uow.outbox.transition(item.id, [OutboxState.SENDING], state, response=response):
                    kind = "ReplySent" if state is OutboxState.SENT else "ReplyUnknown"
                    _note(uow, item, kind, SYSTEM, response)
                    uow.commit()
        return len(expired)

    def _look(self, account: Account, item: OutboxItem) -> SentCheck:
        try:
            session = self._channels.open(account)
        except (ChannelError, SecretError):
            return SentCheck.CANNOT_TELL
        try:
            return _check(session, item)
        finally:
            session.close()

    # -- copies in the Sent folder (MB-16) ----------------------------------------------------------------------------

    def store_copies(self, limit: int = 50) -> int:
        """Append copies of sent mail to Sent folders and return how many; a failure is noted and tried no more."""
        with self._uow() as uow:
            due = list(uow.outbox.copies_due(limit))
            accounts = {i.account_id: uow.accounts.get(i.account_id) for i in due}
            raws = {i.id: uow.blobs.get(i.mime_sha256) for i in due}
        sessions: dict[int, ChannelSession] = {}
        try:
            for item in due:
                self._store_copy(item, accounts[item.account_id], raws[item.id], sessions)
        finally:
            for session in sessions.values():
                session.close()
        return len(due)

    def _store_copy(
        self, item: OutboxItem, account: Account | None, raw: bytes | None, sessions: dict[int, ChannelSession]
    ) -> None:
        key, state = "", "failed"
        if account is not None and raw is not None:
            try:
                session = sessions.get(account.id)
                if session is None:
                    session = sessions[account.id] = self._channels.open(account)
                key = session.store_copy(raw)
                state = "stored"
            except (ChannelError, SecretError) as error:
                _log.warning("the copy of mail %d could not be stored: %s", item.id, type(error).__name__)
        with self._uow() as uow:
            uow.outbox.set_copy_state(item.id, state)
            if key and account is not None and raw is not None:
                _remember_copy(uow, account, item, key, len(raw))
            uow.commit()


def _remember_copy(uow: UnitOfWork, account: Account, item: OutboxItem, key: str, size: int) -> None:
    """Put the copy into the ledger, so that a fetched Sent folder does not bring it back (mail.md 6)."""
    if uow.inbound.known_keys(account.id, [key]):
        return
    now = uow.now()
    row = InboundItem(
        account_id=account.id,
        department_id=account.department_id,
        stream="",
        source_key=key,
        received_at=now,
        stored_at=now,
        size=size,
        raw_sha256=None,
        state=InboundState.IGNORED,
        reason="The desk's own copy in the Sent folder.",
        internet_id=item.internet_id,
        message_id=item.message_id,
        acknowledged=True,
    )
    try:
        with uow.savepoint():
            uow.inbound.add([row])
    except DuplicateError:
        _log.info("the copy of mail %d was fetched before it was noted", item.id)


def _check(session: ChannelSession, item: OutboxItem) -> SentCheck:
    try:
        return session.check_sent(item.internet_id)
    except (ChannelError, SecretError):
        return SentCheck.CANNOT_TELL


def _pause(attempts: int, retry_after: float | None) -> timedelta:
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * int(2 ** min(max(attempts - 1, 0), 8)))
    if retry_after is not None:
        pause = max(pause, timedelta(seconds=min(retry_after, 6 * 3600)))
    return pause * random.uniform(0.9, 1.2)  # noqa: S311 -- spreads load, keeps no secret


def _note(
    uow: UnitOfWork,
    item: OutboxItem,
    kind: str,
    actor: Actor,
    cause: str,
    data: Mapping[str, object] | None = None,
) -> None:
    """Write what became of a mail into its ticket's history and the change feed."""
    uow.changed("outbox", item.id, "update", item.department_id)
    if item.ticket_id is None:
        return
    ticket: Ticket | None = uow.tickets.get(item.ticket_id)
    if ticket is None:
        return
    event: TicketEvent = line(
        ticket,
        kind,
        actor,
        uow.now(),
        cause=cause,
        message_id=item.message_id,
        data={"outbox_id": item.id, **(data or {})},
    )
    uow.tickets.record([event])
    uow.changed("ticket", ticket.id, "update", ticket.department_id)
