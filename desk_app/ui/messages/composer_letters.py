"""What is written in a composer, as the services take it: reply, message to a third party, drafts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from desk_app.domain.messages.draft import MailDraft, ReplyDraft
from desk_app.domain.messages.kept_draft import DraftKind, DraftOptions, KeptDraft, kept_mail
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.ui.messages.serializer import serialize

if TYPE_CHECKING:
    from desk_app.ui.messages.composer import Composer


def reply_draft(composer: Composer) -> ReplyDraft:
    """Return the reply that was written."""
    return ReplyDraft(
        ticket_id=composer.ticket_id,
        last_message_id=composer.last_message_id,
        include_history=composer.history,
        answers_message_id=composer.start.answers_message_id if composer.start is not None else None,
        with_signature=composer.signature.on,
        **_mail(composer, DraftKind.REPLY).mail,
    )


def side_draft(composer: Composer) -> SideDraft | None:
    """Return the message to a third party that was written; None where none is begun."""
    if composer.side is None:
        return None
    return SideDraft(
        ticket_id=composer.ticket_id,
        message_id=composer.side.message_id,
        with_signature=composer.signature.on,
        **_mail(composer, DraftKind.FORWARD).mail,
    )


def kept_texts(composer: Composer, agent_id: int) -> tuple[KeptDraft, ...]:
    """Return every text as it would be kept, the cursors included."""
    aside, then = side_draft(composer), composer.foot.then
    written = reply_draft(composer)
    if composer.proposed and composer.proposed == (written.html, written.text):
        written = replace(written, html="", text="")  # what a plugin begins a reply with is nothing the agent wrote
    reply = replace(
        kept_mail(written, agent_id),
        then_status=then.status,
        cursor=composer.texts.cursor(DraftKind.REPLY),
        options=DraftOptions(composer.signature.on, composer.plain, composer.history, then.assign_to),
    )
    html, text = serialize(composer.texts.document(DraftKind.NOTE), internal=True)
    note = KeptDraft(
        kind=DraftKind.NOTE,
        agent_id=agent_id,
        ticket_id=composer.ticket_id,
        text=text,
        html=html,
        cursor=composer.texts.cursor(DraftKind.NOTE),
    )
    if aside is None:
        return reply, note
    return reply, note, replace(kept_mail(aside, agent_id), cursor=composer.texts.cursor(DraftKind.FORWARD))


def _mail(composer: Composer, kind: DraftKind) -> MailDraft:
    head = composer.heads[kind]
    account_id, address = head.chosen_sender
    html, text, files = _words(composer, kind)
    return MailDraft(
        from_account_id=account_id,
        from_address=address,
        to=head.to.addresses,
        cc=head.cc.addresses,
        bcc=head.bcc.addresses,
        subject=head.subject.text().strip(),
        text=text,
        html=html,
        attachments=files,
    )


def _words(composer: Composer, kind: DraftKind) -> tuple[str, str, tuple[OutgoingAttachment, ...]]:
    """Return a letter's HTML, text, and files with the pictures in it."""
    document, files = composer.texts.document(kind), composer.attached[kind].files
    if composer.plain:
        return "", document.toPlainText().replace("\ufffc", "").strip("\n"), files
    html, text = serialize(document)
    return html, text, (*files, *composer.edit.used_pictures(document))
