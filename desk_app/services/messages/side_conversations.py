"""Writing to a third party inside a ticket: the customer never sees it (IN-18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from desk_app.domain.mailboxes.desk import DeskSettings, HistoryIncluded
from desk_app.domain.mailboxes.model import Account
from desk_app.domain.messages.inline_images import IMAGE_TYPES
from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.model import Address, AddressRole, MessageKind
from desk_app.domain.messages.outgoing import ATTRIBUTION, EarlierMessage, OutgoingAttachment, history_to_quote
from desk_app.domain.messages.recipients import reply_recipients
from desk_app.domain.messages.side_conversations import SideConversation, SideDraft, joined_people
from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.model import Ticket, TicketEvent
from desk_app.domain.tickets.numbers import bare_subject, reply_subject
from desk_app.plugin_api.data import TicketView
from desk_app.services.messages.answering import answered_mail, earlier
from desk_app.services.messages.checks import OutgoingChecks
from desk_app.services.messages.dispatch import Dispatcher, Letter, leaves_at, outbound_record
from desk_app.services.messages.drafts import end_draft, keep_undone
from desk_app.services.messages.records import addresses_as
from desk_app.services.messages.replies import ReplySent
from desk_app.services.messages.senders import sending_account, sending_mailbox, ticket_to_write
from desk_app.services.messages.sent_replies import count_sent, queued_event, refuse_choices, status_back
from desk_app.services.messages.signatures import Signing, signature_for
from desk_app.services.messages.taken_back import side_message_again
from desk_app.services.plugins.asking import asked_before
from desk_app.services.ports.hooks import Hooks, NoHooks
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.outside import Channels, ReplyKeys
from desk_app.services.ports.sync import OutboxItem, OutboxState
from desk_app.services.ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from desk_app.services.tickets.history import line
from desk_app.services.tickets.joining import refresh
from desk_app.services.tickets.results import CommandRefusedError
from desk_app.services.tickets.statuses import Statuses, change_status

FORWARDED = "Forwarded message from {author}, {date}:"
"""How a passed-on message is introduced."""


@dataclass(frozen=True, slots=True)
class SideStart:
    """What the composer opens with when an agent writes to a third party.

    `side` is the conversation that goes on, None where a new one begins: then `to` is empty, and `attachments` are the
    files of the message passed on, of which the agent chooses. `history_text` and `history_html` show what is quoted.
    """

    from_account_id: int
    from_address: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    history_text: str
    history_html: str
    attachments: tuple[OutgoingAttachment, ...]
    message_id: int | None
    side: SideConversation | None


class SideConversationService:
    """Side conversations: passing a message on, going on with it, taking a message back."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        dispatcher: Dispatcher,
        channels: Channels,
        keys: ReplyKeys,
        hooks: Hooks | None = None,
    ) -> None:
        self._uow = uow
        self._dispatcher = dispatcher
        self._channels = channels
        self._keys = keys
        self._hooks: Hooks = hooks or NoHooks()

    # -- beginning ----------------------------------------------------------------------------------------------------

    def start(self, ticket_id: int, *, message_id: int | None = None) -> SideStart:
        """Return what the composer opens with. A message of a side conversation is answered within it, any other one is
        passed on; None passes the customer's newest message on. Raises CommandRefusedError."""
        with self._uow() as uow:
            ticket = ticket_to_write(uow, ticket_id)
            records = uow.messages.of_ticket(ticket.id)
            about = _about(records, message_id)
            side = _side(uow, about)
            account = sending_mailbox(uow, self._channels, ticket, about)
            own = uow.accounts.own_addresses()
            history = _history(records, about, uow.settings.desk().history_included)
            files = _files(uow, about) if side is None else ()
            pictures = _pictures(uow, about) if side is None else ()
            now = uow.now()
            to, cc, sender = _answer_to(about, side, account, own)
        attribution = ATTRIBUTION if side is not None else FORWARDED
        letter = Letter(sender, to, cc, (), "", "", "", pictures, history, attribution=attribution)
        quoted_text, quoted_html = self._dispatcher.quote(letter, account, now)
        return SideStart(
            from_account_id=account.id,
            from_address=sender,
            to=to,
            cc=cc,
            subject=_subject(ticket, side),
            history_text=quoted_text,
            history_html=quoted_html,
            attachments=files,
            message_id=about.id if about is not None else None,
            side=side,
        )

    def of_ticket(self, ticket_id: int) -> tuple[SideConversation, ...]:
        """Return the side conversations of a ticket, oldest first."""
        with self._uow() as uow:
            return tuple(uow.side_conversations.of_tickets([ticket_id])[ticket_id])

    # -- sending ------------------------------------------------------------------------------------------------------

    def send(
        self,
        draft: SideDraft,
        actor: Actor,
        *,
        then_status: str = "",
        send_at: datetime | None = None,
        ends_draft: bool = False,
    ) -> ReplySent:
        """Queue a message to a third party, as `ReplyService.send` queues a reply. `ends_draft`: the actor's kept
        forward to this ticket is what is sent, and vanishes with it.

        Raises CommandRefusedError (also where the ticket's customer stands among the recipients), SendDeniedError where
        a plugin denies it, and ValueError.
        """
        if not (draft.text.strip() or draft.html.strip() or draft.attachments or draft.message_id is not None):
            raise ValueError("The message is empty.")
        with self._uow() as uow:
            known = _read(uow, draft, actor, self._dispatcher.checks)
        checks, instance_id = self._dispatcher.checks, known.settings.instance_id
        letter = checks.letter(_letter(draft, known, actor), known.seen, actor)
        letter = replace(letter, signature=known.sign()) if draft.with_signature else letter
        ids, headers = self._keys.ids(instance_id), checks.headers(known.seen, known.account)
        prepared = self._dispatcher.prepare(
            letter, known.account, known.ticket.id, ids, instance_id, known.at, headers=headers
        )

        def store(uow: UnitOfWork) -> ReplySent:
            ticket = ticket_to_write(uow, draft.ticket_id)
            refuse_choices(self._hooks, uow, ticket, actor, then_status=then_status, then_assign=None)
            side = self._conversation(uow, draft, ticket, known.about, actor)
            record = replace(
                outbound_record(prepared, ticket, known.account, actor, known.at),
                side_conversation_id=side.id,
                join_reason={"reason": f"{actor.name} wrote it in a side conversation."},
            )
            item = self._dispatcher.queue(
                uow,
                prepared,
                record,
                armed=uow.settings.desk().outgoing_armed,
                send_after_at=leaves_at(uow.now(), known.settings.undo_seconds, send_at),
            )
            self._after(uow, ticket, record, item, side, actor, about=known.about, then_status=then_status)
            if ends_draft:
                end_draft(uow, DraftKind.FORWARD, draft.ticket_id, actor)
            return ReplySent.of(record, item)

        return asked_before(self._uow, store)

    def _conversation(
        self, uow: UnitOfWork, draft: SideDraft, ticket: Ticket, about: MessageRecord | None, actor: Actor
    ) -> SideConversation:
        people = joined_people((), (*draft.to, *draft.cc, *draft.bcc))
        side = _side(uow, about)
        if side is not None:
            uow.side_conversations.set_people(side.id, joined_people(side.people, people))
            return side
        return uow.side_conversations.add(
            SideConversation(
                id=0,
                ticket_id=ticket.id,
                department_id=ticket.department_id,
                subject=bare_subject(draft.subject) or ticket.subject,
                people=people,
                agent_id=actor.agent_id,
                created_at=uow.now(),
            )
        )

    def _after(
        self,
        uow: UnitOfWork,
        ticket: Ticket,
        record: MessageRecord,
        item: OutboxItem,
        side: SideConversation,
        actor: Actor,
        *,
        about: MessageRecord | None,
        then_status: str,
    ) -> None:
        """Write what a message to a third party changes: never the time of the answer, which is the customer's."""
        at = record.created_at
        statuses = Statuses(uow.tickets.statuses())
        old = statuses.by_id(ticket.status_id)
        new = statuses.by_key(then_status, ticket.department_id) if then_status else old
        people = ", ".join(
            a.email for a in (*addresses_as(record, AddressRole.TO), *addresses_as(record, AddressRole.CC))
        )
        events: list[TicketEvent] = [
            line(
                ticket,
                "SideMessageQueued" if about is not None and about.side_conversation_id else "SideConversationStarted",
                actor,
                at,
                change=("side_conversation", None, people),
                message_id=record.id,
                data={
                    "side_conversation_id": side.id,
                    "outbox_id": item.id,
                    "state": item.state.value,
                    "status_before": old.key,
                    "status_after": new.key,
                    "about": about.id if about is not None else None,
                },
            )
        ]
        if new.id != old.id:
            events.append(change_status(ticket, old, new, actor, at, "Chosen with the message to a third party."))
        count_sent(uow, ticket, record, item, events, actor)

    # -- taking back --------------------------------------------------------------------------------------------------

    def undo(self, outbox_id: int, actor: Actor) -> SideDraft | None:
        """Take a message back that has not left: it vanishes from the ticket, a conversation it began with it, and it
        comes back as the actor's kept forward. None: too late."""
        with self._uow() as uow:
            item = uow.outbox.get(outbox_id)
            record = uow.messages.get(item.message_id) if item is not None and item.message_id else None
            states = [OutboxState.HELD, OutboxState.QUEUED]
            if item is None or record is None or record.side_conversation_id is None:
                return None
            if not uow.outbox.transition(outbox_id, states, OutboxState.CANCELLED):
                return None
            ticket = uow.tickets.get(record.ticket_id)
            queued = queued_event(uow, record)
            draft = side_message_again(uow, record, item, queued)
            uow.messages.discard(record.id)
            uow.side_conversations.remove_empty(record.side_conversation_id)
            if ticket is not None:
                self._forget(uow, ticket, record, queued, actor)
                keep_undone(uow, draft, actor, ticket.department_id)
            uow.changed("outbox", outbox_id, "delete", item.department_id)
            uow.commit()
        return draft

    def _forget(
        self, uow: UnitOfWork, ticket: Ticket, record: MessageRecord, queued: TicketEvent | None, actor: Actor
    ) -> None:
        at = uow.now()
        events = [line(ticket, "SideMessageUndone", actor, at, data={"message_id": record.id})]
        events += status_back(uow, ticket, queued, actor, "The message was taken back.")
        refresh(uow, ticket)
        ticket.updated_at = at
        uow.tickets.save(ticket)
        uow.tickets.record(events)
        uow.changed("ticket", ticket.id, "update", ticket.department_id)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a message is written against. `answers` is what it answers, None where it passes `about` on."""

    ticket: Ticket
    account: Account
    settings: DeskSettings
    about: MessageRecord | None
    answers: MessageRecord | None
    history: tuple[EarlierMessage, ...]
    pictures: tuple[OutgoingAttachment, ...]
    sign: Signing
    seen: TicketView | None
    at: datetime


def _read(uow: UnitOfWork, draft: SideDraft, actor: Actor, checks: OutgoingChecks) -> _Known:
    """Read it. Raises CommandRefusedError."""
    ticket = ticket_to_write(uow, draft.ticket_id)
    account = sending_account(uow, draft.from_account_id)
    settings = uow.settings.desk()
    records = uow.messages.of_ticket(ticket.id)
    about = _about(records, draft.message_id) if draft.message_id is not None else None
    _refuse_customer(ticket, draft)
    side = _side(uow, about)
    included = _included(draft, settings)
    history = _history(records, about, included) if included is not HistoryIncluded.NONE else ()
    return _Known(
        ticket=ticket,
        account=account,
        settings=settings,
        about=about,
        answers=about if side is not None else None,
        history=history,
        pictures=_pictures(uow, about) if side is None and history else (),
        sign=signature_for(uow, ticket.id, account.id, actor, checks),
        seen=checks.seen(uow, ticket),
        at=uow.now(),
    )


def _letter(draft: SideDraft, known: _Known, actor: Actor) -> Letter:
    named = {a.content_id for a in draft.attachments if a.content_id}
    return Letter(
        from_address=draft.from_address,
        to=draft.to,
        cc=draft.cc,
        bcc=draft.bcc,
        subject=draft.subject or _subject(known.ticket, None),
        text=draft.text,
        html=draft.html,
        attachments=(*draft.attachments, *(p for p in known.pictures if p.content_id not in named)),
        history=known.history,
        answers=known.answers,
        attribution=ATTRIBUTION if known.answers is not None else FORWARDED,
        agent_name=actor.agent_name,
    )


def _about(records: Sequence[MessageRecord], message_id: int | None) -> MessageRecord | None:
    """The named message; without a name the newest of the customer's thread, else the newest of all."""
    if message_id is not None:
        found = next((r for r in records if r.id == message_id), None)
        if found is None:
            raise CommandRefusedError("The message is gone.")
        return found
    mails = [r for r in records if r.kind is MessageKind.PUBLIC_REPLY and r.side_conversation_id is None]
    return mails[-1] if mails else None


def _side(uow: UnitOfWork, about: MessageRecord | None) -> SideConversation | None:
    if about is None or about.side_conversation_id is None:
        return None
    return uow.side_conversations.get(about.side_conversation_id)


def _subject(ticket: Ticket, side: SideConversation | None) -> str:
    """A forward carries no "Fwd:": some programs keep it in the answer, which then looks passed on instead of answered
    (docs/decisions/085-side-conversations.md)."""
    if side is not None:
        return reply_subject(side.subject or ticket.subject, ticket.number)
    return f"{bare_subject(ticket.subject)} [#{ticket.number}]".strip()


def _answer_to(
    about: MessageRecord | None, side: SideConversation | None, account: Account, own: frozenset[str]
) -> tuple[tuple[Address, ...], tuple[Address, ...], str]:
    """To, Cc and sender address of the next message; a new conversation has nobody yet."""
    if about is None or side is None:
        return (), (), account.address
    found = reply_recipients(
        answered_mail(about),
        own_addresses=own,
        sender_addresses=account.addresses,
    )
    return found.to or side.people, found.cc, found.from_address


def _included(draft: SideDraft, settings: DeskSettings) -> HistoryIncluded:
    if isinstance(draft.include_history, HistoryIncluded):
        return draft.include_history
    if not draft.include_history:
        return HistoryIncluded.NONE
    return settings.history_included if settings.history_included is not HistoryIncluded.NONE else HistoryIncluded.LAST


def _history(
    records: Sequence[MessageRecord], about: MessageRecord | None, included: HistoryIncluded
) -> tuple[EarlierMessage, ...]:
    """The message passed on; of a side conversation its own messages only, the answered one at the top."""
    if about is None:
        return ()
    if about.side_conversation_id is None:
        return (earlier(about),)
    same = [r for r in reversed(records) if r.side_conversation_id == about.side_conversation_id and r.id <= about.id]
    return tuple(map(earlier, history_to_quote(same, included)))


def _files(uow: UnitOfWork, about: MessageRecord | None) -> tuple[OutgoingAttachment, ...]:
    kept = [a for a in about.attachments if not a.inline] if about is not None else []
    found = ((a, uow.blobs.get(a.sha256)) for a in kept)
    return tuple(OutgoingAttachment(a.filename, a.content_type, c) for a, c in found if c is not None)


def _pictures(uow: UnitOfWork, about: MessageRecord | None) -> tuple[OutgoingAttachment, ...]:
    """The pictures that the quoted message shows in place."""
    if about is None or about.content is None:
        return ()
    named = about.content.visible_html.replace("&amp;", "&")
    kept = [a for a in about.attachments if a.content_id and f'"cid:{a.content_id}"' in named]
    found = ((a, uow.blobs.get(a.sha256)) for a in kept if a.content_type.lower() in IMAGE_TYPES)
    return tuple(OutgoingAttachment(a.filename, a.content_type, c, a.content_id) for a, c in found if c is not None)


def _refuse_customer(ticket: Ticket, draft: SideDraft) -> None:
    customer = ticket.requester_email.lower()
    if customer and any(a.email.strip().lower() == customer for a in (*draft.to, *draft.cc, *draft.bcc)):
        raise CommandRefusedError("The customer of the ticket cannot take part in a side conversation: use Reply.")
