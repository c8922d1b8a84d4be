"""Automatic answers: only where the loop rules allow one, never twice a day, marked as what they are (MB-20)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from desk_app.domain.mailboxes.desk import DeskSettings
from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.loops import Ceilings, Verdict, may_answer
from desk_app.domain.messages.model import Address, Direction, ParsedMessage
from desk_app.domain.messages.outgoing import Automatic
from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.tickets.model import Ticket
from desk_app.domain.tickets.numbers import reply_subject
from desk_app.services.messages.checks import SendDeniedError
from desk_app.services.messages.customers import customer_of
from desk_app.services.messages.dispatch import Dispatcher, Letter, Prepared, outbound_record
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.outside import MessageReader, ReplyKeys
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Case:
    """What an answer to a mail depends on at one moment. Without a ticket and a mailbox there is none."""

    verdict: Verdict
    settings: DeskSettings
    now: datetime
    record: MessageRecord | None = None
    ticket: Ticket | None = None
    account: Account | None = None
    to: Address = field(default_factory=lambda: Address("", ""))


class AutoAnswers:
    """Offers automatic answers to incoming mail; whatever wants to answer by itself must go through here."""

    def __init__(self, uow: UnitOfWorkFactory, dispatcher: Dispatcher, reader: MessageReader, keys: ReplyKeys) -> None:
        self._uow = uow
        self._dispatcher = dispatcher
        self._reader = reader
        self._keys = keys

    def offer(self, message_id: int, text: str) -> Verdict:
        """Answer a message with `text` if that is allowed; the verdict says why or why not."""
        with self._uow() as uow:
            raw, channel = _raw(uow, message_id)
        parsed = self._reader.read(raw, channel=channel) if raw is not None else None
        with self._uow() as uow:
            case = _case(uow, message_id, parsed)
            seen = self._dispatcher.checks.seen(uow, case.ticket) if case.ticket is not None else None
        if case.ticket is None or case.account is None or not case.verdict.allowed:
            return case.verdict
        letter = Letter(
            case.account.address, (case.to,), (), (), reply_subject(case.ticket.subject, case.ticket.number), text, "",
            (), answers=case.record, automatic=Automatic.REPLIED,
        )  # fmt: skip
        try:
            letter = self._dispatcher.checks.letter(letter, seen, SYSTEM)
        except SendDeniedError as denied:
            return Verdict(False, f"a plugin denies it: {denied}")
        headers = self._dispatcher.checks.headers(seen, case.account)
        ids, instance = self._keys.ids(case.settings.instance_id), case.settings.instance_id
        prepared = self._dispatcher.prepare(
            letter, case.account, case.ticket.id, ids, instance, case.now, headers=headers
        )
        with self._uow() as uow:
            uow.leases.serialise("auto_answers")
            verdict = self._send(uow, _case(uow, message_id, parsed), case, prepared)
            uow.commit()
        return verdict

    def _send(self, uow: UnitOfWork, case: _Case, before: _Case, prepared: Prepared) -> Verdict:
        """Queue what was prepared, where everything still is as it was `before`."""
        ticket, account, verdict = case.ticket, case.account, case.verdict
        if ticket is None or account is None or not verdict.allowed:
            return verdict
        if before.ticket is None or (ticket.id, account, case.to) != (before.ticket.id, before.account, before.to):
            return Verdict(False, "somebody changed the ticket or the mailbox at the same moment")
        answer = outbound_record(prepared, ticket, account, SYSTEM, case.now)
        item = self._dispatcher.queue(
            uow, prepared, answer, armed=case.settings.outgoing_armed, send_after_at=case.now, purpose="auto_reply"
        )
        uow.outbox.note_auto_answer(case.to.email, ticket.id, ticket.department_id, case.now)
        ticket.message_count += 1
        ticket.last_message_id = answer.id
        ticket.updated_at = case.now
        uow.tickets.save(ticket)
        data = {"outbox_id": item.id, "reason": verdict.reason}
        uow.tickets.record([line(ticket, "AutoAnswered", SYSTEM, case.now, message_id=answer.id, data=data)])
        uow.changed("ticket", ticket.id, "update", ticket.department_id)
        return verdict


def _raw(uow: UnitOfWork, message_id: int) -> tuple[bytes | None, str]:
    """Return the bytes of a mail, and the channel it came by."""
    record = uow.messages.get(message_id)
    account = uow.accounts.get(record.account_id) if record is not None and record.account_id else None
    if record is None or account is None or not record.raw_sha256:
        return None, ""
    return uow.blobs.get(record.raw_sha256), account.channel


def _case(uow: UnitOfWork, message_id: int, parsed: ParsedMessage | None) -> _Case:
    """Read what an answer depends on, and judge whether there may be one."""
    record = uow.messages.get(message_id)
    ticket = uow.tickets.survivor(record.ticket_id) if record is not None else None
    account = uow.accounts.get(record.account_id) if record is not None and record.account_id else None
    settings, now, own = uow.settings.desk(), uow.now(), uow.accounts.own_addresses()
    if record is None or ticket is None or account is None or record.direction is not Direction.INBOUND:
        return _Case(Verdict(False, "there is no such incoming mail"), settings, now)
    if record.side_conversation_id is not None:
        said = "it belongs to a side conversation, not to the customer's thread"
        return _Case(Verdict(False, said), settings, now)
    if parsed is None:
        said = "the raw mail is gone, so that nobody can tell whether a machine sent it"
        return _Case(Verdict(False, said), settings, now)
    address = next((a for a in parsed.reply_to if a.email), customer_of(parsed, account, own))
    ceilings = Ceilings(
        to_sender_today=uow.outbox.auto_answers_since(now - _DAY, address=address.email, ticket_id=ticket.id),
        in_last_hour=uow.outbox.auto_answers_since(now - _HOUR),
        per_hour=settings.auto_answers_per_hour,
        to_sender_anywhere_today=uow.outbox.auto_answers_since(now - _DAY, address=address.email),
    )
    verdict = may_answer(
        parsed,
        answer_to=address.email,
        own_addresses=own,
        instance_id=settings.instance_id,
        imported=record.imported or ticket.imported,
        spam=ticket.spam or parsed.spam,
        ceilings=ceilings,
    )
    return _Case(verdict, settings, now, record, ticket, account, Address(address.name, address.email))
