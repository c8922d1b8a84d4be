"""What happens between pressing Send and the mail leaving the composer: what is missing, what is unusual, what is still
on its way (CO-09, CO-11, IN-09)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.guards import objections
from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.ui.language import tr
from desk_app.ui.messages.composer_foot import Afterwards, SendOrder
from desk_app.ui.messages.composer_guards import conversation_of, outgoing_of, side_objections, stale_bar
from desk_app.ui.messages.composer_later import LaterQuestion
from desk_app.ui.messages.serializer import mentioned, serialize
from desk_app.ui.widgets.panels import Banner

if TYPE_CHECKING:
    from desk_app.services.messages.replies import NewerMessage
    from desk_app.ui.messages.composer import Composer


class Sending(QObject):
    """Looks at what is written in a composer before it is sent, and waits for what is not there yet."""

    def __init__(self, composer: Composer) -> None:
        super().__init__(composer)
        self._composer = composer
        self._waiting: Callable[[], object] | None = None
        """What was asked for before recipients or files were there."""

    def forget(self) -> None:
        """Send nothing by itself any more: another text is shown, or something went wrong."""
        self._waiting = None

    def proceed(self) -> None:
        """Do what was asked for before recipients or files were there."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._composer.bars.show_bar(None)
            waiting()

    def stop_waiting(self) -> None:
        """A file is not wanted any more: send nothing before Send is pressed again."""
        if self._waiting is not None:
            self._waiting = None
            self._composer.bars.show_bar(None)

    def not_attached(self, text: str) -> None:
        """Say that a file was not taken; nothing is sent without it."""
        self._waiting = None
        self._composer.bars.show_bar(Banner(text, "warning"))

    def key_sent(self, modifiers: Qt.KeyboardModifier) -> None:
        """Ctrl+Return sends, with Shift it resolves as well, with Alt it also goes to the next ticket (CO-10)."""
        foot = self._composer.foot
        closing, then = foot.closing, foot.then
        next_too = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        resolve = next_too or bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if closing is None or not resolve:
            self.submit()
        else:
            self.submit(then=replace(then, status=closing.key, go_next=then.go_next or next_too))

    def ask_later(self) -> None:
        """Ask when the reply is to leave."""
        composer = self._composer
        if composer.kind is not DraftKind.REPLY:
            return
        now = datetime.now().astimezone()
        question = LaterQuestion(now, unless_written=composer.foot.unless_written, parent=composer.window())

        def chosen() -> None:
            composer.foot.unless_written = question.unless.isChecked()
            self.submit(send_at=question.moment)

        question.ask(chosen)

    def submit(self, *, then: Afterwards | None = None, send_at: datetime | None = None) -> None:
        """Send the reply or add the note, unless something must be put right first."""
        composer = self._composer
        if composer.is_note:
            self._add_note()
        elif self._reading_files(lambda: self.submit(then=then, send_at=send_at)):
            return
        elif composer.kind is DraftKind.FORWARD:
            self._submit_forward()
        elif composer.start is None:  # the answer to "to whom?" is on its way: wait for it instead of refusing
            self._waiting = lambda: self.submit(then=then, send_at=send_at)
            composer.bars.show_bar(Banner(tr("One moment: the recipients are being looked up."), "info"))
        else:
            self._submit_reply(then, send_at)

    def _add_note(self) -> None:
        document = self._composer.edit.document()
        html, text = serialize(document, internal=True)
        if text:
            self._composer.noted.emit(text, html, mentioned(document))

    def _reading_files(self, go_on: Callable[[], object]) -> bool:
        """Wait for files that are still being read instead of sending without them; returns whether it waits."""
        names, kind = self._composer.files.being_read, self._composer.kind
        if names:
            self._waiting = lambda: go_on() if self._composer.kind is kind else None
            text = tr("One moment: {names} is being read. The mail leaves when it is there.")
            self._composer.bars.show_bar(Banner(text.format(names=", ".join(names)), "info"))
        return bool(names)

    def _submit_forward(self) -> None:
        composer, draft = self._composer, self._composer.side_draft()
        if draft is None:
            composer.bars.refuse(tr("One moment: the message to pass on is being looked up."))
        elif not self._unsendable(draft) and not composer.bars.look_twice(side_objections(draft), self.submit):
            composer.bars.show_bar(None)
            composer.forwarded.emit(draft)

    def _submit_reply(self, then: Afterwards | None, send_at: datetime | None) -> None:
        composer, draft = self._composer, self._composer.draft()
        if send_at is not None:
            draft = replace(draft, cancel_on_reply=composer.foot.unless_written)
        if self._objection(draft) or self._second_look(draft, then, send_at):
            return
        composer.bars.show_bar(None)
        composer.sent.emit(SendOrder(draft, then if then is not None else composer.foot.then, send_at))

    def _objection(self, draft: ReplyDraft) -> bool:
        if self._unsendable(draft):
            return True
        if draft.text or draft.attachments:
            return False
        return self._composer.bars.refuse(tr("There is nothing to send yet."))

    def _unsendable(self, draft: ReplyDraft | SideDraft) -> bool:
        bars, unreadable = self._composer.bars, self._composer.head.unreadable
        if unreadable:
            return bars.refuse(tr("“{text}” is not an e-mail address.").format(text=unreadable))
        if not (draft.to or draft.cc or draft.bcc):
            return bars.refuse(tr("Nobody would get this mail. Enter a recipient."))
        if not draft.from_address:
            return bars.refuse(tr("There is no mailbox to send from. Add one in the settings."))
        return False

    def _second_look(self, draft: ReplyDraft, then: Afterwards | None, send_at: datetime | None) -> bool:
        """Ask once about what is unusual; whoever was asked and sends again is not asked again."""
        composer = self._composer
        expected = (*composer.start.to, *composer.start.cc) if composer.start is not None else ()
        own = [one for account, _health in composer.facts.accounts for one in account.addresses]
        known = conversation_of(composer.view, expected, own, draft.answers_message_id)
        found = objections(outgoing_of(draft), known)
        return composer.bars.look_twice(found, lambda: self.submit(then=then, send_at=send_at))

    def warn_stale(self, newer: Sequence[NewerMessage], send_anyway: Callable[[], object]) -> None:
        """Show what arrived while the agent was writing; the text stays (IN-09)."""
        composer = self._composer

        def back() -> None:
            if composer.start is not None:
                newest = max(one.message_id for one in newer)
                composer.start = replace(composer.start, last_message_id=newest)
            composer.bars.show_bar(None)
            composer.edit.setFocus()

        composer.bars.show_bar(stale_bar(newer, send_anyway, back))
