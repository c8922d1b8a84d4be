"""Intake: raw first, parse second, one message per savepoint (mail.md 6, pains.md 2)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from desk_app.domain.mailboxes.model import FROM_FILES, Account, AfterImport, FirstImport
from desk_app.domain.people.actor import Actor
from desk_app.plugin_api.channels import FetchBatch, InboundMessage
from desk_app.services.faults import where
from desk_app.services.messages.incoming import IncomingChecks
from desk_app.services.messages.placing import Placed, Placement
from desk_app.services.messages.round import Arrival, Round
from desk_app.services.ports.channels import ChannelGoneError
from desk_app.services.ports.errors import DamagedDatabaseError, DuplicateError, StorageError
from desk_app.services.ports.outside import MessageReader, Reading, ReplyKeys
from desk_app.services.ports.sync import InboundItem, InboundState
from desk_app.services.ports.system import Lease
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line

ROUND_SIZE = 100
_KEPT_BYTES = 32 * 1024 * 1024
_Matches = Mapping[int, int]
"""Tickets by ledger row: where plugins say that mails belong."""
_log = logging.getLogger(__name__)


class LeaseLostError(Exception):
    """Another process took the job over while this one was at it; nothing was written."""


@dataclass(frozen=True, slots=True)
class IntakeCounts:
    """What became of the mails of some rounds. `stored` counts new ledger rows."""

    stored: int = 0
    created: int = 0
    joined: int = 0
    duplicates: int = 0
    ignored: int = 0
    quarantined: int = 0
    blocked: int = 0

    def __add__(self, other: IntakeCounts) -> IntakeCounts:
        return IntakeCounts(
            self.stored + other.stored,
            self.created + other.created,
            self.joined + other.joined,
            self.duplicates + other.duplicates,
            self.ignored + other.ignored,
            self.quarantined + other.quarantined,
            self.blocked + other.blocked,
        )

    @property
    def processed(self) -> int:
        """How many ledger rows left the state "stored"."""
        return self.created + self.joined + self.duplicates + self.ignored + self.quarantined + self.blocked


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a mail a person dropped in. The ids are None where it was a copy of purged mail or unreadable;
    `moved_from` is the ticket it was in before it was put where the person wanted it."""

    state: InboundState
    message_id: int | None
    ticket_id: int | None
    reason: str
    moved_from: int | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of a round's mails: read, not readable with the reason, left out by a plugin with its reason."""

    arrivals: Sequence[Arrival]
    failed: Sequence[tuple[InboundItem, str]]
    dropped: Sequence[tuple[Arrival, str]] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A batch that is stored raw and being read; `IntakeService.place` makes messages of it."""

    counts: IntakeCounts
    rounds: Sequence[tuple[Sequence[InboundItem], Callable[[], _Read]]]


class IntakeService:
    """Takes mail over from the channels and turns it into messages of tickets."""

    def __init__(self, uow: UnitOfWorkFactory, reader: MessageReader, keys: ReplyKeys, checks: IncomingChecks) -> None:
        self._uow = uow
        self._reader = reader
        self._keys = keys
        self._checks = checks
        self._released: set[int] = set()  # ledger rows of blocked senders that a person lets through

    # -- raw first ----------------------------------------------------------------------------------------------------

    def take(self, account: Account, batch: FetchBatch, *, lease: Lease | None = None) -> IntakeCounts:
        """Store a fetched batch and make messages of it (see `store`)."""
        return self.place(self.store(account, batch, lease=lease))

    def store(self, account: Account, batch: FetchBatch, *, lease: Lease | None = None) -> Taken:
        """Store a fetched batch as it came, with the cursor, in one transaction, and begin to read it.

        A mail that came without its bytes because of its size goes to quarantine. With `lease`, nothing is written
        unless it is still held; raises LeaseLostError then. Should the result never be placed, `process_pending` finds
        the mails.
        """
        with self._uow() as uow:
            if lease is not None and not uow.leases.holds(lease):
                raise LeaseLostError(lease.name)
            with uow.batch():
                items, raws = self._store(uow, account, batch.messages)
            uow.accounts.set_cursor(account.id, batch.cursor)
            uow.commit()
        counts = IntakeCounts(stored=len(items), quarantined=sum(i.state is InboundState.QUARANTINED for i in items))
        open_items = [i for i in items if i.state is InboundState.STORED]
        return Taken(counts, self._begin_rounds(open_items, raws, {account.id: account.channel}))

    def place(self, taken: Taken) -> IntakeCounts:
        """Make messages of a stored batch, round by round."""
        counts = taken.counts
        for items, finish in taken.rounds:
            counts += self._place_round(items, finish())
        return counts

    def take_listed(self, account: Account, messages: Sequence[InboundMessage]) -> IntakeCounts:
        """Take single mails over, fetched outside the order of the cursor ("import these", MB-31)."""
        with self._uow() as uow:
            items, raws = self._store(uow, account, messages)
            uow.commit()
        counts = IntakeCounts(stored=len(items))
        return counts + self._process([i for i in items if i.state is InboundState.STORED], raws)

    def _store(
        self, uow: UnitOfWork, account: Account, messages: Sequence[InboundMessage]
    ) -> tuple[list[InboundItem], dict[int, bytes]]:
        known = uow.inbound.known_keys(account.id, [m.source_key for m in messages])
        now = uow.now()
        fresh = list({m.source_key: m for m in messages if m.source_key not in known}.values())
        digests = [sha256(m.raw).hexdigest() if m.raw is not None else None for m in fresh]
        uow.blobs.prefetch([digest for digest in digests if digest is not None])
        items = []
        for message, digest in zip(fresh, digests, strict=True):
            if message.raw is not None and digest is not None:
                uow.blobs.put(message.raw, sha256=digest)
            received_at = message.received_at or now
            items.append(
                InboundItem(
                    account_id=account.id,
                    department_id=account.department_id,
                    stream=message.stream,
                    source_key=message.source_key,
                    received_at=received_at,
                    stored_at=now,
                    size=message.size,
                    raw_sha256=digest,
                    archive=_is_archive(account, message),
                    state=InboundState.STORED if digest is not None else InboundState.QUARANTINED,
                    reason="" if digest is not None else _why_empty(message, account),
                    after_import=account.policy.after_import,
                    acknowledged=account.policy.after_import is AfterImport.KEEP,
                )
            )
        uow.inbound.add(items)
        raws, kept = {}, 0
        for item, message in zip(items, fresh, strict=True):
            if item.id and message.raw is not None and kept < _KEPT_BYTES:
                raws[item.id] = message.raw
                kept += len(message.raw)
        return [item for item in items if item.id], raws

    # -- parse second -------------------------------------------------------------------------------------------------

    def process_pending(self, limit: int = 1000, *, account_id: int | None = None) -> IntakeCounts:
        """Make messages of what lies in the ledger unprocessed, oldest first: after a crash, or when another process
        stored it."""
        counts = IntakeCounts()
        while counts.processed < limit:
            with self._uow() as uow:
                waiting = self._suspended(uow)
                size = min(ROUND_SIZE, limit - counts.processed)
                items = list(uow.inbound.pending(size, account_id=account_id, without=waiting))
            done = self._process(items, {})
            counts += done
            if not done.processed:
                break
        return counts

    def _suspended(self, uow: UnitOfWork) -> frozenset[int]:
        """The accounts whose messages nobody can read at this moment; they wait in the ledger."""
        return frozenset(one.id for one in uow.accounts.all() if not self._reader.knows(one.channel))

    def _process(self, items: Sequence[InboundItem], raws: Mapping[int, bytes]) -> IntakeCounts:
        return self.place(Taken(IntakeCounts(), self._begin_rounds(items, raws, {})))

    def _begin_rounds(
        self, items: Sequence[InboundItem], raws: Mapping[int, bytes], channels: Mapping[int, str]
    ) -> list[tuple[Sequence[InboundItem], Callable[[], _Read]]]:
        """Begin to read everything: while one round is written, the next ones are read. `channels` names those of the
        accounts that are known."""
        rounds = [items[start : start + ROUND_SIZE] for start in range(0, len(items), ROUND_SIZE)]
        return [(part, self._begin(part, raws, channels)) for part in rounds]

    def _place_round(self, items: Sequence[InboundItem], read: _Read) -> IntakeCounts:
        matches = self._matches(read.arrivals) if read.arrivals and self._checks.matches() else {}
        with self._uow() as uow:
            uow.leases.serialise("intake")
            open_ids = uow.inbound.unprocessed([item.id for item in items])
            todo = [a for a in read.arrivals if a.item.id in open_ids]
            tally = self._place_all(uow, todo, matches)
            broken = [(item, reason) for item, reason in read.failed if item.id in open_ids]
            for item, reason in broken:
                _quarantine(uow, item, reason)
            dropped = [(arrival, reason) for arrival, reason in read.dropped if arrival.item.id in open_ids]
            for arrival, reason in dropped:
                _leave_out(uow, arrival, reason)
            uow.commit()
        return IntakeCounts(
            created=tally[Placed.CREATED],
            joined=tally[Placed.JOINED],
            duplicates=tally[Placed.DUPLICATE],
            ignored=tally[Placed.IGNORED] + len(dropped),
            blocked=tally[Placed.BLOCKED],
            quarantined=len(broken) + len(todo) - tally.total(),
        )

    def _matches(self, arrivals: Sequence[Arrival]) -> _Matches:
        """Ask plugins where mails belong for which the desk finds no ticket, before anything is locked."""
        with self._uow() as uow:
            candidates = self._checks.candidates(self._round(uow, arrivals, {}), arrivals)
        return self._checks.matched(arrivals, candidates)

    def _filtered(self, arrivals: Sequence[Arrival]) -> tuple[list[Arrival], list[tuple[Arrival, str]]]:
        """Let plugins change or leave out what arrived. What a person lets through is not left out again."""
        with self._uow() as uow:
            accounts = {key: uow.accounts.get(key) for key in {arrival.item.account_id for arrival in arrivals}}
        kept: list[Arrival] = []
        dropped: list[tuple[Arrival, str]] = []
        for arrival in arrivals:
            account = accounts[arrival.item.account_id]
            value = self._checks.filtered(arrival, account) if account is not None else arrival
            if isinstance(value, Arrival):
                kept.append(value)
            elif arrival.item.id in self._released:
                kept.append(arrival)
            else:
                dropped.append((arrival, value.reason))
        return kept, dropped

    def _begin(
        self, items: Sequence[InboundItem], raws: Mapping[int, bytes], known: Mapping[int, str]
    ) -> Callable[[], _Read]:
        """Begin to read mails, outside any transaction. A reader that raises against its promise costs one mail
        only.
        """
        channels = dict(known)
        stored: dict[int, bytes | None] = {}
        unknown = {item.account_id for item in items} - channels.keys()
        missing = [item for item in items if item.id not in raws]
        if unknown or missing:
            with self._uow() as uow:
                for account_id in unknown:
                    account = uow.accounts.get(account_id)
                    channels[account_id] = account.channel if account is not None else "email"
                stored = {item.id: _raw_of(uow, item) for item in missing}
        found: list[tuple[InboundItem, bytes]] = []
        failed: list[tuple[InboundItem, str]] = []
        for item in items:
            raw = raws.get(item.id) if item.id in raws else stored.get(item.id)
            if raw is None:
                failed.append((item, "The stored bytes of this mail cannot be read."))
            else:
                found.append((item, raw))
        mails = [(channels[item.account_id], raw) for item, raw in found]
        finish = self._reader.begin(mails)

        def read() -> _Read:
            arrivals = []
            for (item, _), reading in zip(found, self._readings(mails, finish), strict=True):
                if isinstance(reading, Reading):
                    internet_id = reading.parsed.message_id or self._reader.synthetic_id(reading.parsed)
                    arrivals.append(Arrival(item, reading, internet_id))
                elif reading:
                    failed.append((item, reading))
            if not arrivals or not self._checks.filters():
                return _Read(arrivals, failed)
            kept, dropped = self._filtered(arrivals)
            return _Read(kept, failed, dropped)

        return read

    def _readings(
        self, mails: Sequence[tuple[str, bytes]], finish: Callable[[], Sequence[Reading]]
    ) -> Sequence[Reading | str]:
        try:
            return finish()
        except Exception as error:  # noqa: BLE001 -- one mail that breaks the reader must not stop the others
            _log.warning("reading %d mails together failed (%s); reading them one by one", len(mails), where(error))
        results: list[Reading | str] = []
        for mail in mails:
            try:
                results.append(*self._reader.begin([mail])())
            except ChannelGoneError:  # it stays in the ledger until its channel is back
                results.append("")
            except Exception as error:  # noqa: BLE001 -- same
                results.append(f"The mail cannot be read: {type(error).__name__}.")
        return results

    def _place_all(self, uow: UnitOfWork, arrivals: Sequence[Arrival], matches: _Matches) -> Counter[Placed]:
        """Place a round in one batch; when a mail fails, go back and give each its own."""
        if not arrivals:
            return Counter()
        originals = [replace(arrival.item) for arrival in arrivals]
        try:
            with uow.batch():
                round_ = self._round(uow, arrivals, matches)
                round_.prefetch(arrivals)
                return Placement(round_).place_all(arrivals)
        except StorageError as error:
            if not isinstance(error, DuplicateError):
                raise
        except Exception as error:  # noqa: BLE001 -- the slow path finds out which mail it was
            _log.info("a round of %d mails failed (%s); placing them one by one", len(arrivals), where(error))
        tally: Counter[Placed] = Counter()
        for arrival, original in zip(arrivals, originals, strict=True):
            fresh = replace(arrival, item=original)
            try:
                with uow.savepoint():
                    tally += Placement(self._round(uow, [fresh], matches)).place_all([fresh])
            except StorageError:
                raise  # the database is at fault, not the mail: nothing is lost, the round is done again
            except Exception as error:  # noqa: BLE001 -- pains.md 2: to quarantine, and on with the next
                _log.warning("mail %d of the ledger goes to quarantine: %s", original.id, where(error))
                _quarantine(uow, replace(original), f"Storing failed: {type(error).__name__}.")
        return tally

    def _round(self, uow: UnitOfWork, arrivals: Sequence[Arrival], matches: _Matches) -> Round:
        ids, released = self._keys.ids(uow.settings.desk().instance_id), frozenset(self._released)
        return Round(uow, ids, arrivals, reader_version=self._reader.version, released=released, matches=matches)

    # -- by hand ------------------------------------------------------------------------------------------------------

    def import_eml(self, raw: bytes, account_id: int, actor: Actor) -> Imported:
        """Take a mail that a person dropped onto the window (MB-30), as if it had arrived in an account."""
        with self._uow() as uow:
            account = uow.accounts.get(account_id)
            if account is None:
                raise LookupError(f"There is no mailbox {account_id}.")
            key = f"file:{sha256(raw).hexdigest()}"
            message = InboundMessage(source_key=key, stream=FROM_FILES, raw=raw, size=len(raw), received_at=uow.now())
            plain = replace(account, policy=replace(account.policy, after_import=AfterImport.KEEP))
            items, raws = self._store(uow, plain, [message])
            uow.commit()
        if not items:
            return Imported(InboundState.DUPLICATE, None, None, "This file was imported before.")
        self._process(items, raws)
        with self._uow() as uow:
            item = uow.inbound.get(items[0].id) or items[0]
            record = uow.messages.get(item.message_id) if item.message_id else None
            ticket = uow.tickets.get(record.ticket_id) if record is not None else None
            if ticket is not None and record is not None:
                imported = line(ticket, "FileImported", actor, uow.now(), message_id=record.id)
                uow.tickets.record([imported])
                uow.commit()
        return Imported(item.state, item.message_id, ticket.id if ticket is not None else None, item.reason)

    def retry(self, item: InboundItem, *, release: bool = False) -> InboundItem:
        """Process one quarantined mail again; its bytes must be in the ledger by now. Returns the row as it stands
        then. With `release`, a block of its sender does not hold it back.
        """
        with self._uow() as uow:
            item.state = InboundState.STORED
            uow.inbound.save(item)
            uow.commit()
        if release:
            self._released.add(item.id)
        try:
            self._process([item], {})
        finally:
            self._released.discard(item.id)
        with self._uow() as uow:
            return uow.inbound.get(item.id) or item


def too_large(size: int, limit: int) -> str:
    """Return the reason shown for a mail over the size limit; sizes in bytes."""
    return f"The mail is too large: {size / 1048576:.1f} MB, the mailbox takes {limit / 1048576:.0f} MB."


def _why_empty(message: InboundMessage, account: Account) -> str:
    return message.problem or too_large(message.size, account.policy.max_bytes)


def _is_archive(account: Account, message: InboundMessage) -> bool:
    policy = account.policy
    return (
        policy.first_import is FirstImport.ARCHIVE
        and policy.connected_at is not None
        and message.received_at is not None
        and message.received_at < policy.connected_at
    )


def _raw_of(uow: UnitOfWork, item: InboundItem) -> bytes | None:
    try:
        return uow.blobs.get(item.raw_sha256) if item.raw_sha256 else None
    except DamagedDatabaseError:  # a damaged blob is one mail's misfortune
        _log.exception("the bytes of mail %d of the ledger are damaged", item.id)
        return None


def _leave_out(uow: UnitOfWork, arrival: Arrival, reason: str) -> None:
    item = arrival.item
    item.state = InboundState.DROPPED
    item.reason = f"A plugin left it out: {reason.strip()[:500] or 'it gave no reason.'}"
    item.internet_id, item.content_hash = arrival.internet_id, arrival.parsed.content_hash
    item.attempts += 1
    uow.inbound.save(item)
    uow.changed("inbound", item.id, "update", item.department_id)


def _quarantine(uow: UnitOfWork, item: InboundItem, reason: str) -> None:
    item.state = InboundState.QUARANTINED
    item.reason = reason
    item.message_id = None
    item.attempts += 1
    uow.inbound.save(item)
    uow.changed("inbound", item.id, "update", item.department_id)
