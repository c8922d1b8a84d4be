"""A mail that is taken back before it left, as the draft it was."""

from __future__ import annotations

from typing import Any

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.draft import MailDraft, ReplyDraft
from desk_app.domain.messages.model import AddressRole
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.domain.tickets.model import TicketEvent
from desk_app.services.messages.records import addresses_as
from desk_app.services.ports.messages import MessageRecord
from desk_app.services.ports.sync import OutboxItem
from desk_app.services.ports.unit_of_work import UnitOfWork


def reply_choices(draft: ReplyDraft) -> dict[str, Any]:
    """Return what was chosen for a reply and does not show in its message, as the history keeps it: whether it was
    signed, and what it quotes (None: what its department quotes)."""
    history = draft.include_history
    return {"signature": draft.with_signature, "history": history.value if history is not None else None}


def reply_again(uow: UnitOfWork, record: MessageRecord, item: OutboxItem, queued: TicketEvent | None) -> ReplyDraft:
    """Return a reply as it was written; `queued` is the history line of its sending."""
    parents = uow.messages.by_internet_ids(list(record.refers_to)[-1:])
    answered = next((k.id for found in parents.values() for k in found if k.ticket_id == record.ticket_id), None)
    chosen = queued.data if queued is not None else {}
    history = chosen.get("history")
    return ReplyDraft(
        ticket_id=record.ticket_id,
        answers_message_id=answered,
        cancel_on_reply=item.cancel_on_reply,
        with_signature=bool(chosen.get("signature", True)),
        include_history=HistoryIncluded(history) if history is not None else None,
        **_mail(uow, record, item).mail,
    )


def side_message_again(
    uow: UnitOfWork, record: MessageRecord, item: OutboxItem, queued: TicketEvent | None
) -> SideDraft:
    """Return a message to a third party as it was written; `queued` as in `reply_again`."""
    about = queued.data.get("about") if queued is not None else None
    return SideDraft(ticket_id=record.ticket_id, message_id=about, **_mail(uow, record, item).mail)


def _mail(uow: UnitOfWork, record: MessageRecord, item: OutboxItem) -> MailDraft:
    files = ((one, uow.blobs.get(one.sha256)) for one in record.attachments)
    return MailDraft(
        from_account_id=item.account_id,
        from_address=record.author_email,
        to=addresses_as(record, AddressRole.TO),
        cc=addresses_as(record, AddressRole.CC),
        bcc=addresses_as(record, AddressRole.BCC),
        subject=record.subject,
        text=record.text,
        html=record.content.safe_html if record.content is not None and record.has_html else "",
        attachments=tuple(
            OutgoingAttachment(one.filename, one.content_type, content, one.content_id)
            for one, content in files
            if content is not None
        ),
    )
