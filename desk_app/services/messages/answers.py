"""Automatic answers: only where the loop rules allow one, never twice a day, marked as what they are (MB-20)."""

from __future__ import annotations

from datetime import timedelta

from desk_app.domain.messages.loops import Ceilings, Verdict, may_answer
from desk_app.domain.messages.model import Address, Direction
from desk_app.domain.messages.outgoing import Automatic
from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.tickets.numbers import reply_subject
from desk_app.services.messages.customers import customer_of
from desk_app.services.messages.dispatch import Dispatcher, Letter, outbound_record
from desk_app.services.ports.outside import MessageReader, ReplyKeys
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


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
            uow.leases.serialise("auto_answers")
            verdict = self._offer(uow, message_id, text)
            uow.commit()
        return verdict

    def _offer(self, uow: UnitOfWork, message_id: int, text: str) -> Verdict:
        record = uow.messages.get(message_id)
        ticket = uow.tickets.survivor(record.ticket_id) if record is not None else None
        account = uow.accounts.get(record.account_id) if record is not None and record.account_id else None
        if record is None or ticket is None or account is None or record.direction is not Direction.INBOUND:
            return Verdict(False, "there is no such incoming mail")
        raw = uow.blobs.get(record.raw_sha256) if record.raw_sha256 else None
        if raw is None:
            return Verdict(False, "the raw mail is gone, so that nobody can tell whether a machine sent it")
        parsed = self._reader.read(raw, channel=account.channel)
        settings, now, own = uow.settings.desk(), uow.now(), uow.accounts.own_addresses()
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
        if not verdict.allowed:
            return verdict
        letter = Letter(
            from_address=account.address,
            to=(Address(address.name, address.email),),
            cc=(),
            bcc=(),
            subject=reply_subject(ticket.subject, ticket.number),
            text=text,
            html="",
            attachments=(),
            answers=record,
            automatic=Automatic.REPLIED,
        )
        ids = self._keys.ids(settings.instance_id)
        prepared = self._dispatcher.prepare(letter, account, ticket.id, ids, settings.instance_id, now)
        answer = outbound_record(
            prepared,
            ticket_id=ticket.id,
            department_id=ticket.department_id,
            account_id=account.id,
            actor=SYSTEM,
            at=now,
        )
        item = self._dispatcher.queue(
            uow, prepared, answer, armed=settings.outgoing_armed, send_after_at=now, purpose="auto_reply"
        )
        uow.outbox.note_auto_answer(address.email, ticket.id, ticket.department_id, now)
        ticket.message_count += 1
        ticket.last_message_id = answer.id
        ticket.updated_at = now
        uow.tickets.save(ticket)
        data = {"outbox_id": item.id, "reason": verdict.reason}
        uow.tickets.record([line(ticket, "AutoAnswered", SYSTEM, now, message_id=answer.id, data=data)])
        uow.changed("ticket", ticket.id, "update", ticket.department_id)
        return verdict
