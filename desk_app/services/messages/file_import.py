"""Takes mails over that a person dropped onto the window: as new tickets, or into the one that is open (MB-30)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from desk_app.domain.people.actor import Actor
from desk_app.services.messages.intake import Imported, IntakeService
from desk_app.services.ports.outside import MessageReader
from desk_app.services.ports.sync import InboundState
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.joining import release
from desk_app.services.tickets.message_moves import MessageMoveService


@dataclass(frozen=True, slots=True)
class DroppedMail:
    """What a file holds. `ticket_id` and `number` name the ticket that has the very same mail already."""

    name: str
    subject: str
    sender: str
    sent_at: datetime | None
    attachments: int
    ticket_id: int | None = None
    number: str = ""


class FileImportService:
    """Looks into mail files and takes them over through the intake, so that nothing comes twice."""

    def __init__(
        self, uow: UnitOfWorkFactory, intake: IntakeService, moves: MessageMoveService, reader: MessageReader
    ) -> None:
        self._uow = uow
        self._intake = intake
        self._moves = moves
        self._reader = reader

    def open(self, raw: bytes) -> bytes | None:
        """Return the mail in a file, Outlook's .msg included; None where there is none."""
        try:
            return self._reader.mail_in(raw)
        except ValueError:
            return None

    def look(self, files: Sequence[tuple[str, bytes]]) -> list[DroppedMail]:
        """Say what files hold, by name and bytes; nothing is stored."""
        found = []
        for name, raw in files:
            parsed = self._reader.read(raw, channel="email")
            internet_id = parsed.message_id or self._reader.synthetic_id(parsed)
            mail = DroppedMail(name, parsed.subject, str(parsed.from_), parsed.date, len(parsed.attachments))
            with self._uow() as uow:
                there = _there(uow, internet_id, parsed.content_hash)
            found.append(mail if there is None else replace(mail, ticket_id=there[0], number=there[1]))
        return found

    def take(self, raw: bytes, account_id: int, actor: Actor, *, ticket_id: int | None = None) -> Imported:
        """Take a mail over: where threading puts it, or, with `ticket_id`, into that ticket. A mail that is there
        already stays the one it is; it is moved into the ticket that was asked for. Raises LookupError where the
        mailbox is gone."""
        done = self._intake.import_eml(raw, account_id, actor)
        if done.message_id is None or done.ticket_id is None:
            done = self._known(raw, done)
        if ticket_id is None or done.message_id is None or done.ticket_id == ticket_id:
            return done
        moved = self._moves.attach_to(done.message_id, ticket_id, actor)
        if not moved.ok:
            return replace(done, reason=moved.error)
        return replace(done, ticket_id=moved.ticket_id, moved_from=done.ticket_id)

    def take_back(self, taken: Imported, actor: Actor) -> int | None:
        """Take a mail out of the ticket it was taken over into. Returns the ticket it stands in alone, which nobody
        wants; None where the mail was there before: it is where it was then. Raises CommandRefusedError."""
        came_now = taken.state is InboundState.DONE
        with self._uow() as uow:
            record = uow.messages.get(taken.message_id) if taken.message_id is not None else None
            source = uow.tickets.get(taken.moved_from) if taken.moved_from is not None else None
            ticket = uow.tickets.get(record.ticket_id) if record is not None else None
            if record is None or ticket is None:
                return None
            if source is not None and source.merged_into_id == ticket.id:
                release(uow, source, actor, uow.now())
                uow.commit()
                return source.id if came_now else None
        if came_now:
            return ticket.id if ticket.message_count == 1 else self._moves.split([record.id], actor)
        if source is not None:
            self._moves.attach_to(record.id, source.id, actor)
        return None

    def _known(self, raw: bytes, done: Imported) -> Imported:
        """Find the message of a mail that was there before."""
        parsed = self._reader.read(raw, channel="email")
        internet_id = parsed.message_id or self._reader.synthetic_id(parsed)
        with self._uow() as uow:
            same = uow.messages.by_internet_ids([internet_id]).get(internet_id, ())
            known = next((k for k in same if k.content_hash == parsed.content_hash), None)
            ticket = uow.tickets.survivor(known.ticket_id) if known is not None else None
        if known is None or ticket is None:
            return done
        return replace(done, message_id=known.id, ticket_id=ticket.id)


def _there(uow: UnitOfWork, internet_id: str, content_hash: str) -> tuple[int, str] | None:
    for known in uow.messages.by_internet_ids([internet_id]).get(internet_id, ()):
        ticket = uow.tickets.survivor(known.ticket_id)
        if known.content_hash == content_hash and ticket is not None:
            return ticket.id, ticket.number
    return None
