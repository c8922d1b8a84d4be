"""Bodies: prepared when somebody looks, and read anew after the reader got better (features.md, "What none of the peers
has" 2)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from desk_app.domain.messages.content import PreparedContent
from desk_app.domain.messages.model import ParsedMessage
from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Ticket
from desk_app.services.faults import where
from desk_app.services.messages.records import addresses_of, keep_attachment, snippet_of
from desk_app.services.ports.errors import StorageError
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.outside import ContentPipeline, MessageReader
from desk_app.services.ports.unit_of_work import StaleTicketError, UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line

_ROUND = 20
_TRIES = 3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new reading changed in one message: for each field the old and the new value, shortened."""

    message_id: int
    ticket_id: int
    fields: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ReparseResult:
    """What reading again gave; `changed`, `same` and `failed` count messages."""

    changed: int = 0
    same: int = 0
    failed: int = 0
    differences: tuple[Difference, ...] = field(default_factory=tuple)


class ContentService:
    """Prepares HTML lazily and reads raw mail again without touching ids, notes or state."""

    def __init__(self, uow: UnitOfWorkFactory, reader: MessageReader, pipeline: ContentPipeline) -> None:
        self._uow = uow
        self._reader = reader
        self._pipeline = pipeline

    def prepare_ticket(self, ticket_id: int) -> int:
        """Prepare what a ticket shows, before it is shown; returns how many messages that were. Cheap when done
        before.
        """
        return self._prepare(ticket_id, limit=1000)

    def prepare_pending(self, limit: int = 200) -> int:
        """Prepare messages nobody has opened yet, newest first; returns how many."""
        return self._prepare(None, limit=limit)

    def _prepare(self, ticket_id: int | None, *, limit: int) -> int:
        done = 0
        while done < limit:
            with self._uow() as uow:
                size = min(_ROUND, limit - done)
                ids = list(uow.messages.unprepared(self._pipeline.version, ticket_id=ticket_id, limit=size))
                mails = [(i, _raw(uow, i)) for i in ids]
            if not mails:
                break
            prepared = [(i, self._content(record, raw, channel)) for i, (record, raw, channel) in mails]
            with self._uow() as uow:
                for message_id, content in prepared:
                    uow.messages.set_content(message_id, content)
                uow.commit()
            done += len(prepared)
        return done

    def _content(self, record: MessageRecord | None, raw: bytes | None, channel: str) -> PreparedContent:
        if raw is not None and self._reader.knows(channel):
            try:
                return self._pipeline.prepare(self._reader.read(raw, channel=channel))
            except Exception as error:  # noqa: BLE001 -- a plugin's reader that fails costs the formatting only
                _log.warning("a message of the channel %s is shown as text: %s", channel, where(error))
        text = record.text if record is not None else ""
        return self._pipeline.prepare(ParsedMessage(text=text))

    # -- reading again ------------------------------------------------------------------------------------------------

    def reparse(self, message_ids: Sequence[int] | None, actor: Actor) -> ReparseResult:
        """Read raw mail again and store what came out better; None reads everything an older reader has read.

        Ids, ticket, notes, state, recipients of replies and the history stay; a changed message gets a history line.
        Each message has its own transaction.
        """
        result = ReparseResult()
        if message_ids is not None:
            for message_id in message_ids:
                result = self._again(message_id, actor, result)
            return result
        after = 0
        while True:
            with self._uow() as uow:
                ids = uow.messages.older_readings(self._reader.version, after_id=after, limit=200)
            if not ids:
                return result
            for message_id in ids:
                result = self._again(message_id, actor, result)
            after = max(ids)

    def _again(self, message_id: int, actor: Actor, result: ReparseResult) -> ReparseResult:
        try:
            difference = self._reread_in_peace(message_id, actor)
        except StorageError:
            raise  # the database is at fault, not the message: the next call goes on where this one stopped
        except Exception as error:  # noqa: BLE001 -- one mail that breaks the reader must not stop the others
            _log.warning("message %d was not read again: %s", message_id, where(error))
            return ReparseResult(result.changed, result.same, result.failed + 1, result.differences)
        if difference is None:
            return ReparseResult(result.changed, result.same + 1, result.failed, result.differences)
        return ReparseResult(result.changed + 1, result.same, result.failed, (*result.differences, difference))

    def _reread_in_peace(self, message_id: int, actor: Actor) -> Difference | None:
        """Read a message again; when somebody changes its ticket at the same moment, once more."""
        for _ in range(_TRIES - 1):
            try:
                return self._reread(message_id, actor)
            except StaleTicketError:
                continue
        return self._reread(message_id, actor)

    def _reread(self, message_id: int, actor: Actor) -> Difference | None:
        with self._uow() as uow:
            record, raw, channel = _raw(uow, message_id)
        if record is None or raw is None:
            raise LookupError(f"Message {message_id} has no raw mail.")
        if record.direction.value != "in":
            raise ValueError(f"Message {message_id} was written here.")
        if record.final:
            raise ValueError(f"A plugin changed message {message_id} when it came; it stays as it is.")
        parsed = self._reader.read(raw, channel=channel)
        with self._uow() as uow:
            current = uow.messages.get(message_id)
            if current is None:
                raise LookupError(f"Message {message_id} is gone.")
            old, before = replace(current), _facts(current)
            self._fill(uow, current, parsed)
            fields = {
                name: (_short(was), _short(now)) for name, (was, now) in _pairs(before, _facts(current)) if was != now
            }
            uow.messages.replace_content(current)
            if fields:
                uow.search.index(current)
                self._note(uow, old, current, fields, actor)
            uow.commit()
        return Difference(message_id, current.ticket_id, fields) if fields else None

    def _fill(self, uow: UnitOfWork, record: MessageRecord, parsed: ParsedMessage) -> None:
        visible, folded = self._pipeline.fold(parsed.text, subject=parsed.subject)
        record.subject = parsed.subject
        record.author_name = parsed.from_.name or parsed.from_.email
        record.text = parsed.text
        record.visible_text = visible
        record.folded_text = folded
        record.snippet = snippet_of(visible) or snippet_of(parsed.text)
        record.has_html = bool(parsed.html)
        record.problems = parsed.problems
        record.addresses = addresses_of(parsed)
        record.attachments = [keep_attachment(uow.blobs, a) for a in parsed.attachments]
        record.content = None
        record.reader_version = self._reader.version

    def _note(
        self,
        uow: UnitOfWork,
        old: MessageRecord,
        record: MessageRecord,
        fields: dict[str, tuple[str, str]],
        actor: Actor,
    ) -> None:
        ticket = uow.tickets.get(record.ticket_id)
        if ticket is None:
            return
        _carry_over(uow, ticket, old, record)
        uow.tickets.save(ticket)
        cause = "The raw mail was read again by a newer reader."
        data = {"fields": sorted(fields), "reader_version": self._reader.version}
        uow.tickets.record(
            [line(ticket, "MessageReparsed", actor, uow.now(), cause=cause, message_id=record.id, data=data)]
        )
        uow.changed("ticket", ticket.id, "update", ticket.department_id)


def _carry_over(uow: UnitOfWork, ticket: Ticket, old: MessageRecord, new: MessageRecord) -> None:
    """Give a ticket what it repeats of a message, unless somebody has changed it since; times and state stay."""
    if ticket.snippet == old.snippet:
        ticket.snippet = new.snippet
    if ticket.subject == old.subject:
        ticket.subject = new.subject
    if new.author_name != old.author_name and new.author_email == ticket.requester_email:
        if ticket.requester_name == old.author_name:
            ticket.requester_name = new.author_name
        contact = uow.contacts.get(ticket.requester_id) if ticket.requester_id is not None else None
        if contact is not None and contact.name == old.author_name:
            uow.contacts.save(replace(contact, name=new.author_name))
            uow.changed("contact", contact.id)
    ticket.has_attachments = any(
        not attachment.inline
        for record in uow.messages.of_ticket(ticket.id)
        for attachment in (new if record.id == new.id else record).attachments
    )


def _raw(uow: UnitOfWork, message_id: int) -> tuple[MessageRecord | None, bytes | None, str]:
    record = uow.messages.get(message_id)
    if record is None:
        return None, None, ""
    account = uow.accounts.get(record.account_id) if record.account_id is not None else None
    raw = uow.blobs.get(record.raw_sha256) if record.raw_sha256 else None
    return record, raw, account.channel if account is not None else "email"


def _facts(record: MessageRecord) -> dict[str, str]:
    return {
        "subject": record.subject,
        "author": f"{record.author_name} <{record.author_email}>",
        "text": record.text,
        "html": "yes" if record.has_html else "no",
        "addresses": ", ".join(f"{role.value}: {address}" for role, address in record.addresses),
        "attachments": ", ".join(f"{a.filename} {a.sha256}" for a in record.attachments),
    }


def _pairs(old: dict[str, str], new: dict[str, str]) -> list[tuple[str, tuple[str, str]]]:
    return [(name, (old[name], new[name])) for name in old]


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}…"
