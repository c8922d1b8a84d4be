"""Mailboxes: adding, testing, the choice at the first connect, and "server has X, we have Y"."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from desk_app.domain.mailboxes.model import Account, AccountHealth, FirstImport
from desk_app.plugin_api.channels import (
    ChannelError,
    ChannelFault,
    ChannelSession,
    Cursor,
    Reconcilable,
    SecretError,
    ServerMessage,
    StepState,
    StreamCount,
    TestStep,
)
from desk_app.services.mailboxes.health import PERSONAL, needs_alarm, retry_now, suspended

if TYPE_CHECKING:
    from desk_app.domain.people.actor import Actor
    from desk_app.services.messages.intake import IntakeCounts, IntakeService
    from desk_app.services.ports.channels import ChannelInfo
    from desk_app.services.ports.outside import Channels
    from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

_PAGE = 1000
_MOST_LISTED = 500
_LOOKS = 12  # for a test mail
_LONGEST_PAUSE_SECONDS = 5.0
_IMPORT_AT_ONCE = 10
_COUNT_HOLDS = timedelta(days=1)  # what a person saw longer ago is not what they decide about


@dataclass(frozen=True, slots=True)
class FolderState:
    """One folder of a mailbox: mails on the server (None: not asked yet) and mails of it that the desk has."""

    name: str
    stored: int
    server: int | None = None


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import of missing mails is; `counts` is what came of those so far."""

    done: int
    total: int
    counts: IntakeCounts


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a server holds and what the desk has of it (MB-31). Counts are mails; `server_count` leaves out what was
    declined at the first connect, `stored_count` is what the desk has of them.

    `missing` are mails on the server that are not in the ledger, oldest first, at most 500 of `missing_count`. `exact`
    is False for channels that cannot list their mail: then the counts are all there is, and say nothing of what is
    missing (a chat's server keeps nothing that was fetched).
    """

    server_count: int
    stored_count: int
    missing: tuple[ServerMessage, ...]
    missing_count: int
    exact: bool
    folders: tuple[FolderState, ...] = ()


class MailboxService:
    """Configures accounts. Secrets go straight to the keychain and are never returned."""

    def __init__(self, uow: UnitOfWorkFactory, channels: Channels, intake: Callable[[], IntakeService]) -> None:
        self._uow = uow
        self._channels = channels
        self._intake = intake

    def list(self) -> list[tuple[Account, AccountHealth]]:
        """Return every account with its health, in order."""
        with self._uow() as uow:
            accounts = [(one, uow.accounts.health(one.id)) for one in uow.accounts.all()]
        return list(suspended(accounts, lambda: self._channels))

    def channel_types(self) -> Sequence[ChannelInfo]:
        """Return the kinds of channel that accounts can be added of, those of the program first."""
        return self._channels.types()

    def alarms(self) -> tuple[tuple[Account, AccountHealth], ...]:
        """Return the accounts somebody must look at (MB-04)."""
        with self._uow() as uow:
            limit = uow.settings.desk().alarm_after_failed_polls
            rows = [(a, uow.accounts.health(a.id)) for a in uow.accounts.all(include_disabled=False)]
        return tuple((account, health) for account, health in rows if needs_alarm(health, limit))

    def get(self, account_id: int) -> Account | None:
        """Return an account."""
        with self._uow() as uow:
            return uow.accounts.get(account_id)

    def add(self, account: Account, secrets: Mapping[str, str], actor: Actor) -> int:
        """Add an account and keep its secrets in the keychain; returns the new id.

        Raises ValueError where an address is taken and SecretError where the keychain fails; nothing is added then.
        """
        with self._uow() as uow:
            account_id = uow.accounts.add(account)
            stored = uow.accounts.get(account_id) or replace(account, id=account_id)
            self._keep(stored, secrets)
            uow.changed("account", account_id, "insert", account.department_id)
            record_change(uow, actor, "added", account_id)
            uow.commit()
        return account_id

    def update(self, account: Account, secrets: Mapping[str, str], actor: Actor) -> None:
        """Change an account; secrets that are not named stay as they are. Raises ValueError (address taken, or
        somebody else changed the account meanwhile) and SecretError."""
        with self._uow() as uow:
            uow.accounts.save(account)
            self._keep(account, secrets)
            mended = PERSONAL if secrets else ()
            uow.accounts.set_health(retry_now(uow.accounts.health(account.id), mended))
            uow.changed("account", account.id, "update", account.department_id)
            record_change(uow, actor, "changed", account.id)
            uow.commit()

    def remove(self, account_id: int, actor: Actor) -> None:
        """Remove an account: its tickets stay, its secrets go."""
        with self._uow() as uow:
            account = _existing(uow, account_id)
            uow.accounts.remove(account_id)
            uow.changed("account", account_id, "delete", account.department_id)
            record_change(uow, actor, "removed", account_id)
            uow.commit()
        store = self._channels.secrets(account)
        for name in self._channels.secret_names(account):
            store.delete(name)

    def enable(self, account_id: int, enabled: bool, actor: Actor) -> None:
        """Switch fetching and sending of an account on or off."""
        with self._uow() as uow:
            account = _existing(uow, account_id)
            uow.accounts.save(replace(account, enabled=enabled))
            uow.changed("account", account_id, "update", account.department_id)
            record_change(uow, actor, "enabled" if enabled else "disabled", account_id)
            uow.commit()

    def test(self, account: Account, secrets: Mapping[str, str] | None, *, send_to: str = "") -> Iterator[TestStep]:
        """Try an account step by step; with `secrets`, before anything is stored."""
        return self._channels.test(account, secrets, send_to=send_to)

    def round_trip(self, account_id: int, *, wait: Callable[[float], None] = time.sleep) -> Iterator[TestStep]:
        """Send a mail from a mailbox to itself and look until it has come back: "send", then "arrive". Never raises
        what a step can say. The mail then lies in the mailbox like any other."""
        with self._uow() as uow:
            account = _existing(uow, account_id)
        try:
            before = self._held(account)
            for step in self._channels.test(account, None, send_to=account.address):
                if step.id == "send" or step.state is StepState.FAILED:
                    yield step
                if step.state is StepState.FAILED:
                    return
            yield TestStep("arrive", StepState.RUNNING)
            for attempt in range(_LOOKS):
                if self._held(account) > before:
                    yield TestStep("arrive", StepState.OK, account.address)
                    return
                wait(min(1.0 + attempt, _LONGEST_PAUSE_SECONDS))
        except ChannelError as error:
            yield TestStep("arrive", StepState.FAILED, error.detail, error.fault)
            return
        yield TestStep("arrive", StepState.FAILED, "It has left, but did not come back yet.")

    def _held(self, account: Account) -> int:
        session = self._open(account)
        try:
            return sum(one.total for one in session.counts(None))
        finally:
            session.close()

    def discover(self, address: str, *, channel: str = "email") -> Sequence[Any]:
        """Return the settings a channel proposes for an address, best first."""
        return self._channels.discover(channel, address)

    # -- the first connect (MB-08, pains.md 5) ------------------------------------------------------------------------

    def count_old_mail(self, account_id: int, since: datetime | None) -> Sequence[StreamCount]:
        """Count what lies on the server, in all and since an instant, and remember this moment: whatever arrives
        between the count a person sees and their choice is new mail. Raises ChannelError.
        """
        with self._uow() as uow:
            account = _existing(uow, account_id)
            at = uow.now()
        session = self._open(account)
        try:
            end = session.start_cursor(None)  # before the counts: a mail in between is counted and fetched, not lost
            counts = session.counts(since)
        finally:
            session.close()
        if account.policy.first_import is FirstImport.UNDECIDED:
            with self._uow() as uow:
                uow.settings.set(_counted(account_id), {"at": at.isoformat(), "positions": end.positions})
                uow.commit()
        return counts

    def decide_first_import(self, account_id: int, choice: FirstImport, since: datetime | None, actor: Actor) -> None:
        """Choose what happens to the mail that already lies on the server, and allow fetching.

        The line between old and new mail is the moment of the count the person saw (`count_old_mail`), else now: what
        arrived after it is fetched as new mail, what arrived before it is imported mail and triggers nothing. Raises
        ChannelError and ValueError.
        """
        if choice is FirstImport.UNDECIDED:
            raise ValueError("A choice is needed: none, since, or archive.")
        if choice is FirstImport.SINCE and since is None:
            raise ValueError("The choice “from a date” needs the date.")
        with self._uow() as uow:
            account = _existing(uow, account_id)
            before = uow.accounts.cursor(account_id)
            counted = uow.settings.get(_counted(account_id)) or {}
            connected_at = datetime.fromisoformat(counted["at"]) if counted else uow.now()
            if uow.now() - connected_at > _COUNT_HOLDS:
                counted, connected_at = {}, uow.now()
        if account.policy.first_import is not FirstImport.UNDECIDED and before.positions:
            raise ValueError("The choice was made before, and mail has been fetched since.")
        cursor = Cursor()
        if choice is FirstImport.NONE and counted:
            cursor = Cursor(counted["positions"])
        elif choice is not FirstImport.ARCHIVE:
            session = self._open(account)
            try:
                cursor = session.start_cursor(since if choice is FirstImport.SINCE else None)
            finally:
                session.close()
        with self._uow() as uow:
            account = _existing(uow, account_id)
            policy = replace(
                account.policy,
                first_import=choice,
                import_since_at=since if choice is FirstImport.SINCE else None,
                connected_at=None if choice is FirstImport.NONE else connected_at.replace(microsecond=0),
            )
            uow.accounts.save(replace(account, policy=policy))
            uow.accounts.set_cursor(account_id, cursor)
            uow.settings.set(_counted(account_id), None)
            uow.changed("account", account_id, "update", account.department_id)
            record_change(uow, actor, f"first import: {choice.value}", account_id)
            uow.commit()

    # -- reconciliation (MB-31) ---------------------------------------------------------------------------------------

    def reconcile(self, account_id: int) -> Reconciliation:
        """Compare the server with the ledger and note both counts in the account's health. Raises ChannelError."""
        with self._uow() as uow:
            account = _existing(uow, account_id)
        session = self._open(account)
        try:
            result = self._compare(account, session)
        finally:
            session.close()
        with self._uow() as uow:
            health = uow.accounts.health(account_id)
            # a server that keeps nothing that was fetched has another number, and nothing is missing
            counts = (result.server_count, result.stored_count) if result.exact else (None, None)
            uow.accounts.set_health(replace(health, server_count=counts[0], stored_count=counts[1]))
            uow.changed("account", account_id, "update", account.department_id)
            uow.commit()
        return result

    def folders(self, account_id: int) -> tuple[FolderState, ...]:
        """Return the folders mail was taken from, without asking the server."""
        with self._uow() as uow:
            return tuple(FolderState(name, count) for name, count in uow.inbound.count_by_stream(account_id).items())

    def import_step_by_step(
        self, account_id: int, source_keys: Sequence[str], actor: Actor
    ) -> Iterator[ImportProgress]:
        """Fetch missing mails in small lots, telling how far it is. What is there already is left out, so an import
        that was stopped can simply be repeated. Raises ChannelError."""
        from desk_app.services.messages.intake import IntakeCounts  # noqa: PLC0415 -- comes with the first mail

        counts = IntakeCounts()
        for start in range(0, len(source_keys), _IMPORT_AT_ONCE):
            lot = source_keys[start : start + _IMPORT_AT_ONCE]
            counts += self.import_missing(account_id, lot, actor)
            yield ImportProgress(start + len(lot), len(source_keys), counts)

    def import_missing(self, account_id: int, source_keys: Sequence[str], actor: Actor) -> IntakeCounts:
        """Fetch mails that a reconciliation found missing ("import these"). Raises ChannelError."""
        with self._uow() as uow:
            account = _existing(uow, account_id)
        session = self._open(account)
        try:
            found = [m for key in source_keys if (m := session.fetch_one(key)) is not None]
        finally:
            session.close()
        with self._uow() as uow:
            record_change(uow, actor, f"import of {len(found)} missing mails", account_id)
            uow.commit()
        return self._intake().take_listed(account, found)

    def _compare(self, account: Account, session: ChannelSession) -> Reconciliation:
        policy = account.policy
        counts = session.counts(policy.import_since_at)
        with self._uow() as uow:
            cursor = uow.accounts.cursor(account.id)
            stored = uow.inbound.count(account.id)
        if not isinstance(session, Reconcilable):
            total = sum(c.since if c.since is not None else c.total for c in counts)
            return Reconciliation(total, stored, (), 0, exact=False)
        total, missing, folders = 0, list[ServerMessage](), list[FolderState]()
        for stream in cursor.positions or {c.stream: {} for c in counts}:
            after, held, absent = "", 0, len(missing)
            while stream:
                page = session.message_ids(stream, after=after, limit=_PAGE)
                with self._uow() as uow:
                    known = uow.inbound.known_keys(account.id, [m.source_key for m in page])
                wanted = [m for m in page if m.source_key in known or not self._declined(account, m)]
                total += len(wanted)
                held += len(wanted)
                missing += [m for m in wanted if m.source_key not in known]
                if len(page) < _PAGE:
                    break
                after = page[-1].source_key
            folders.append(FolderState(stream, held - (len(missing) - absent), held))
        listed = tuple(missing[:_MOST_LISTED])
        return Reconciliation(total, total - len(missing), listed, len(missing), exact=True, folders=tuple(folders))

    def _declined(self, account: Account, message: ServerMessage) -> bool:
        """Whether a mail was declined at the first connect."""
        policy = account.policy
        if message.received_at is None or policy.first_import is FirstImport.ARCHIVE:
            return False
        limit = policy.import_since_at if policy.first_import is FirstImport.SINCE else account.created_at
        # servers know the second a mail came in, not its fractions
        return limit is not None and message.received_at < limit.replace(microsecond=0)

    def _keep(self, account: Account, secrets: Mapping[str, str]) -> None:
        if secrets:
            store = self._channels.secrets(account)
            for name, value in secrets.items():
                store.set(name, value)

    def _open(self, account: Account) -> ChannelSession:
        try:
            return self._channels.open(account)
        except SecretError as error:
            raise ChannelError(ChannelFault.SECRET, str(error)) from error


def _counted(account_id: int) -> str:
    """The setting that remembers what the server held when a person saw the count."""
    return f"counted:{account_id}"


def _existing(uow: UnitOfWork, account_id: int) -> Account:
    account = uow.accounts.get(account_id)
    if account is None:
        raise LookupError(f"There is no mailbox {account_id}.")
    return account


def record_change(uow: UnitOfWork, actor: Actor, what: str, account_id: int) -> None:
    """Keep the last changes of mailboxes with who made them; the audit log of a later version takes them over."""
    log = list(uow.settings.get("mailbox_changes", []))
    log.append({"at": uow.now().isoformat(), "actor": actor.name, "what": what, "account_id": account_id})
    uow.settings.set("mailbox_changes", log[-200:])
