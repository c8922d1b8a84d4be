"""The writing desk of one ticket: its composer, its drafts, and the way of what was written into the ticket."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QTextCursor
from shiboken6 import isValid

from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft, together
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.domain.messages.signatures import SignatureText
from desk_app.plugin_api.ui import UiRegistries
from desk_app.services.messages.replies import ReplySent, StaleReplyError
from desk_app.services.messages.side_conversations import SideStart
from desk_app.services.queries.conversation import ConversationView
from desk_app.ui.language import tr
from desk_app.ui.messages.canned_keep import KeepQuestion
from desk_app.ui.messages.composer import Composer, SentText
from desk_app.ui.messages.composer_drafts import DraftKeeper, StoredDrafts
from desk_app.ui.messages.composer_foot import Afterwards, SendOrder
from desk_app.ui.messages.composer_texts import KINDS
from desk_app.ui.messages.highlighting import Highlighting
from desk_app.ui.messages.neighbour_drafts import NeighbourDrafts
from desk_app.ui.messages.recipient_completion import RecipientCompletion
from desk_app.ui.messages.suggest_sources import CannedSource, MentionSource, TicketSource
from desk_app.ui.messages.suggestions import Suggestions
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.panels import Banner

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AddedNote:
    """A note that is in its ticket by now; `html` as it was written, for the case that it is taken back."""

    ticket_id: int
    message_id: int
    html: str


PLAIN_CHOICE = "writing.plain"
"""The agent's choice to begin every reply as a text-only mail."""


class Writing(QObject):
    """Holds a composer for one ticket at a time and carries out what is written in it."""

    reply_sent = Signal(object, object)
    """ReplySent and the SendOrder behind it."""
    note_added = Signal(object)
    """An AddedNote."""
    told = Signal(str, object, str)
    """A text, a way back (callable or None) and an icon: what to tell the agent."""
    ticket_changed = Signal(int)
    """Something was written into a ticket, or came into it meanwhile: it should be read again."""

    def __init__(self, session: DeskSession, registries: UiRegistries, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ticket_id: int | None = None
        self._begun = 0
        """Look-ups of the ticket's own drafts; only the last one may show them, or the text would stand there twice."""
        self._due: set[DraftKind] = set()
        """The kinds whose kept texts the look-ups under way are to show."""
        self.composer = Composer(registries.composer_tools, session.work)
        self.composer.foot.me = session.agent.id
        self.composer.sent.connect(self.send)
        self.composer.forwarded.connect(self.send_aside)
        self.composer.forward_wanted.connect(self.forward)
        self.composer.noted.connect(self._add_note)
        self.composer.left_out.connect(lambda text: self.told.emit(text, None, "paperclip"))
        self.drafts = DraftKeeper(session, lambda: self.composer.kept(session.agent.id), self)
        self.drafts.conflict.connect(self._choose_draft)
        self.composer.changed.connect(self.drafts.note_change)
        self.composer.left.connect(self.drafts.flush)
        for head in self.composer.heads.values():
            head.sender_changed.connect(self._sender_changed)
            for line in head.lines:
                RecipientCompletion(session, line)
        self.composer.throw_asked.connect(self._throw_away)
        self.composer.plain_default_asked.connect(self._choose_plain)
        self.composer.keep_asked.connect(self.keep_as_canned)
        self.neighbours = NeighbourDrafts(session)
        self.neighbours.before_taking = self.drafts.flush
        self.neighbours.taken.connect(self._taken_over)
        self.neighbours.told.connect(self.told)
        self.highlighting = Highlighting(registries.highlighters, self.composer.texts)
        self.suggestions = Suggestions(
            self.composer.edit,
            [source(session, self.composer) for source in (CannedSource, MentionSource, TicketSource)],
        )
        self.composer.suggest_asked.connect(self.suggestions.ask)
        session.facts_changed.connect(self._facts_changed)
        session.signatures_changed.connect(self._sender_changed)
        session.choices_changed.connect(self._choices_changed)
        session.all_changed.connect(self._begin_at_last)
        self.composer.set_facts(session.facts)
        self._choices_changed()

    def _facts_changed(self) -> None:
        self.composer.set_facts(self._session.facts)

    def _choices_changed(self) -> None:
        choices, agent_id = self._session.desk.choices, self._session.agent.id

        def arrived(plain: object) -> None:
            self.composer.plain_by_default = plain is True

        self._session.choices.read(lambda: choices.get(agent_id, PLAIN_CHOICE, default=False), arrived, owner=self)

    def _choose_plain(self, plain: bool) -> None:
        """Begin every reply as a text-only mail from now on, or none (CO-01); follows the agent to every computer."""
        self.composer.plain_by_default = plain
        if plain != self.composer.plain:
            self.composer.set_plain(on=plain)
        self._session.choices.keep(PLAIN_CHOICE, plain or None)

    def _sender_changed(self) -> None:
        """Another mailbox has another signature (MB-18)."""
        signatures, actor, ticket_id = self._session.desk.signatures, self._session.actor, self._ticket_id
        account_id, composer = self.composer.head.chosen_sender[0], self.composer
        if ticket_id is None or not account_id:
            return

        def arrived(signature: SignatureText) -> None:
            if (self._ticket_id, composer.head.chosen_sender[0]) == (ticket_id, account_id):
                composer.signature.set_signature(signature)

        self._session.work.run(lambda: signatures.for_mail(ticket_id, account_id, actor), arrived, owner=self)

    @property
    def ticket_id(self) -> int | None:
        """The ticket written to."""
        return self._ticket_id

    # -- beginning --------------------------------------------------------------------------------------------------
    def leave(self) -> None:
        """Keep what was written: another ticket is opened, or none."""
        self.drafts.flush()
        self._ticket_id = None
        self._due.clear()
        self.neighbours.load(None)

    def open(self, view: ConversationView) -> None:
        """Begin to write to a ticket; what was begun earlier is shown again. What was typed into the one before while
        this one was being read is kept with that one."""
        self.drafts.flush()
        self._ticket_id = view.ticket.id
        self._due.clear()
        self.composer.view = view
        self.highlighting.set_language(view.ticket.language)
        self.composer.reset(view.ticket.id)
        self.neighbours.load(view.ticket.id)
        self.begin()

    def take_view(self, view: ConversationView) -> None:
        """Take the ticket as it was read again; the text stays, unless a merge or its end carried drafts to another
        ticket."""
        if view.ticket.id == self._ticket_id:
            moved = self.composer.view is not None and _moves(view) > _moves(self.composer.view)
            self.composer.view = view
            self.neighbours.load(view.ticket.id)
            if moved:
                self.show_again()

    def _taken_over(self, draft: KeptDraft) -> None:
        """Show what the drafts hold now; what was written here is in them."""
        if draft.ticket_id == self._ticket_id:
            self.composer.set_kind(draft.kind)
            self.show_again([draft.kind], focus=draft.kind is DraftKind.REPLY)

    def show_again(self, kinds: Collection[DraftKind] = KINDS, *, focus: bool = False) -> None:
        """Show what the drafts hold by now in place of what stands in the composer, which they had before. What is
        typed until it is there counts as written meanwhile; texts of other kinds stay as they are."""
        self.begin(focus=focus, kinds=kinds)

    def begin(
        self,
        message_id: int | None = None,
        *,
        reply_all: bool = True,
        focus: bool = False,
        kinds: Collection[DraftKind] = KINDS,
    ) -> None:
        """Look up whom an answer goes to; `message_id` None answers the customer's newest message, and shows the kept
        texts of these `kinds`."""
        ticket_id, replies, agent_id = self._ticket_id, self._session.desk.replies, self._session.agent.id
        if ticket_id is None:
            return
        first = message_id is None and reply_all
        if first:
            self._begun += 1
            self._due |= set(kinds)
        asked = self._begun

        def read() -> tuple[Any, StoredDrafts]:
            start = replies.start(ticket_id, message_id=message_id, agent_id=agent_id, reply_all=reply_all)
            return start, self.drafts.read(ticket_id) if first else StoredDrafts()

        def arrived(found: tuple[Any, StoredDrafts]) -> None:
            if ticket_id != self._ticket_id or (first and asked != self._begun):
                return
            if first:
                self._show_kept(*found)
            else:
                self.composer.begin(ticket_id, found[0])
            self.drafts.note_change()
            if focus:
                self.composer.focus_reply()
            self.composer.sending.proceed()

        def cannot(problem: Problem) -> None:
            if ticket_id == self._ticket_id:
                self.composer.sending.forget()
                self.composer.say(Banner(problem.text, "danger", [(tr("Try again"), self.begin)]))

        self._session.work.run(read, arrived, failed=cannot, owner=self)

    def _show_kept(self, start: Any, stored: StoredDrafts) -> None:
        """Begin a reply and show the kept texts. What was typed before the first look-up stays below them; later on
        they have what was typed, and a text that is on its way stays as it is."""
        ticket_id, composer = self._ticket_id or 0, self.composer
        later = composer.start is not None
        kinds = [one for one in KINDS if one in self._due and not (later and self.drafts.held(ticket_id, one))]
        self._due.clear()
        if later:
            self.drafts.flush()
        if DraftKind.REPLY in kinds or not later:
            composer.begin(ticket_id, start)
        newest = self.drafts.newest(ticket_id, stored, kinds)
        for kind in kinds if later else ():
            composer.clear_text(kind)
        if DraftKind.REPLY in kinds and DraftKind.REPLY not in newest:
            composer.propose(start.html)
        for kept in newest.values():
            if kept.kind is DraftKind.FORWARD:
                self.forward(kept.answers_message_id, kept=kept, focus=False)
            else:
                composer.restore(kept)

    def _begin_at_last(self) -> None:
        """Look up what could not be looked up while the database was away."""
        if self.composer.start is None:
            self.begin()

    def reply(self, *, reply_all: bool = True) -> None:
        """Begin to answer the customer's newest message."""
        if reply_all:
            self.composer.focus_reply()
        else:
            self.begin(reply_all=False, focus=True)

    def note(self) -> None:
        """Begin an internal note."""
        self.composer.focus_note()

    def forward(self, message_id: int | None = None, *, kept: KeptDraft | None = None, focus: bool = True) -> None:
        """Begin to write to a third party about a message, or go on with what was begun; where nothing was, None means
        the customer's newest one. A message of a side conversation is answered in it. `kept` is the draft that was
        begun (IN-18)."""
        ticket_id, sides = self._ticket_id, self._session.desk.side_conversations
        if ticket_id is None:
            return

        def arrived(start: SideStart) -> None:
            if ticket_id != self._ticket_id:
                return
            if message_id is not None or kept is not None or self.composer.side is None:
                self.composer.begin_forward(start, files=kept is None)
            if kept is not None:
                self.composer.restore(kept)
            if focus:
                self.composer.focus_forward()

        def cannot(problem: Problem) -> None:
            if ticket_id == self._ticket_id:
                self.composer.warn(problem.text)

        self._session.work.run(
            lambda: sides.start(ticket_id, message_id=message_id), arrived, failed=cannot, owner=self
        )

    # -- drafts -----------------------------------------------------------------------------------------------------
    def _choose_draft(self, mine: KeptDraft, stored: KeptDraft | None) -> None:
        """Another window wrote the same draft: the agent decides, nothing is lost meanwhile."""
        if mine.ticket_id != self._ticket_id:
            return
        place = (mine.ticket_id, mine.kind)
        stamp = stored.stamp if stored is not None else None

        def decided(shown: KeptDraft | None) -> None:
            """Go on with another text than stands here, None for this one."""
            self.composer.say(None)
            if shown is not None:
                self.composer.restore(shown, instead=True)
            self.drafts.adopt(*place, stamp)

        def both() -> None:
            here = next((one for one in self.composer.kept(self._session.agent.id) if one.kind is mine.kind), mine)
            decided(together(stored, here) if stored is not None else None)

        def take() -> None:
            if stored is None:
                self.composer.clear_text(mine.kind)
            decided(stored)

        text = tr("This draft was changed in another window.")
        if stored is None:
            text = tr("This draft was sent or thrown away in another window.")
        choices = [(tr("Keep this text"), lambda: decided(None)), (tr("Take the other one"), take)]
        if stored is not None:
            choices.insert(0, (tr("Keep both"), both))
        self.composer.say(Banner(text, "warning", choices))

    def keep_as_canned(self) -> None:
        """Ask what the selection, or the whole text, is called as a canned response."""
        edit = self.composer.edit
        if edit.toPlainText().strip():
            KeepQuestion(self._session, edit, self.told.emit, self.composer.window()).open()

    def _throw_away(self) -> None:
        """Empty the text shown; its draft goes with it. Undo in the text brings the words back."""
        cursor = QTextCursor(self.composer.edit.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.removeSelectedText()
        if not self.composer.is_note:
            self.composer.files.forget()
        self.drafts.flush()

    def close(self, *, wait: bool = True) -> None:
        """Keep what was written; the window closes, and `wait`s until it is stored."""
        self.drafts.finish(wait=wait)

    # -- sending ----------------------------------------------------------------------------------------------------
    def _hand_over(
        self, ticket_id: int, call: Callable[[], T], done: Callable[[T], None], failed: Callable[[Problem], None]
    ) -> None:
        """Write what goes out. Where it failed and the agent is elsewhere by then, or this window is closed, a message
        says so and names the ticket."""
        view, told = self.composer.view, self._session.work.problem
        words = tr("What you wrote to #{number} did not go out; it is kept there as a draft")
        lost = words.format(number=view.ticket.number if view is not None else "")

        def arrived(result: T) -> None:
            if isValid(self):
                done(result)

        def refused(problem: Problem) -> None:
            if isValid(self):
                failed(problem)
                if self._ticket_id == ticket_id and self.composer.isVisible():
                    return
            if isinstance(problem.error, StaleReplyError):
                why = tr("%n new message(s) arrived while you were writing.", len(problem.error.newer_messages))
                told.emit(replace(problem, title=lost, advice=why, details=""))
            else:
                told.emit(replace(problem, title=lost, advice=problem.text))

        self._session.work.write(call, arrived, failed=refused, owner=self._session)

    def send(self, order: SendOrder, *, force: bool = False) -> None:
        """Queue a reply; a newer message in the ticket stops it first (IN-09)."""
        replies, actor, draft = self._session.desk.replies, self._session.actor, order.draft
        if isinstance(draft, SideDraft):
            self.send_aside(draft)
            return
        if self.drafts.held(draft.ticket_id, DraftKind.REPLY):
            return  # asked for twice
        self.composer.send_button.setEnabled(False)
        self.drafts.hold(draft.ticket_id, DraftKind.REPLY)
        gone = self._gone(draft)

        def sent(result: ReplySent) -> None:
            self.composer.send_button.setEnabled(True)
            here = self._ticket_id == draft.ticket_id
            self.drafts.ended(draft.ticket_id, DraftKind.REPLY, here=here)
            if here:
                self._go_on(gone, result.message_id)
            self.reply_sent.emit(result, order)
            self.ticket_changed.emit(draft.ticket_id)

        def failed(problem: Problem) -> None:
            self.composer.send_button.setEnabled(True)
            self.drafts.resume(draft.ticket_id, DraftKind.REPLY)
            if self._ticket_id != draft.ticket_id:
                return
            if isinstance(problem.error, StaleReplyError):
                self.composer.sending.warn_stale(problem.error.newer_messages, lambda: self.send(order, force=True))
                self.ticket_changed.emit(draft.ticket_id)
            else:
                self.composer.warn(problem.text)

        self._hand_over(
            draft.ticket_id,
            lambda: replies.send(
                draft,
                actor,
                then_status=order.then.status,
                then_assign=order.then.assign_to,
                send_at=order.send_at,
                force=force,
                ends_draft=self.drafts.ends(draft.ticket_id, DraftKind.REPLY),
            ),
            sent,
            failed,
        )

    def _gone(self, draft: ReplyDraft | SideDraft | None) -> SentText:
        """Return what is being sent as it stands in the composer; None for the note."""
        kind = DraftKind.NOTE
        if draft is not None:
            kind = DraftKind.FORWARD if isinstance(draft, SideDraft) else DraftKind.REPLY
        text = self.composer.texts.document(kind).toPlainText()
        return SentText(kind, text, draft.attachments if draft is not None else ())

    def _go_on(self, gone: SentText, message_id: int) -> None:
        """Forget what is in the ticket by now; what was written since it left is a draft, and who writes it, or another
        text, goes on there."""
        self.composer.clear_sent(gone, message_id)
        self.drafts.note_change()
        self.drafts.flush()
        if gone.kind is not DraftKind.FORWARD:
            self.show_again([DraftKind.REPLY])

    def send_aside(self, draft: SideDraft) -> None:
        """Queue a message to a third party; the customer's answer stays as it is."""
        sides, actor = self._session.desk.side_conversations, self._session.actor
        if self.drafts.held(draft.ticket_id, DraftKind.FORWARD):
            return  # asked for twice
        self.composer.send_button.setEnabled(False)
        self.drafts.hold(draft.ticket_id, DraftKind.FORWARD)
        gone = self._gone(draft)

        def sent(result: ReplySent) -> None:
            self.composer.send_button.setEnabled(True)
            here = self._ticket_id == draft.ticket_id
            self.drafts.ended(draft.ticket_id, DraftKind.FORWARD, here=here)
            if here:
                self._go_on(gone, result.message_id)
            self.reply_sent.emit(result, SendOrder(draft, Afterwards()))
            self.ticket_changed.emit(draft.ticket_id)

        def failed(problem: Problem) -> None:
            self.composer.send_button.setEnabled(True)
            self.drafts.resume(draft.ticket_id, DraftKind.FORWARD)
            if self._ticket_id == draft.ticket_id:
                self.composer.warn(problem.text)

        self._hand_over(
            draft.ticket_id,
            lambda: sides.send(draft, actor, ends_draft=self.drafts.ends(draft.ticket_id, DraftKind.FORWARD)),
            sent,
            failed,
        )

    def _take_back_aside(self, outbox_id: int, told: Callable[[int | None], None]) -> None:
        sides, actor = self._session.desk.side_conversations, self._session.actor
        self.drafts.flush()  # what was begun since goes below what comes back

        def undone(draft: SideDraft | None) -> None:
            if draft is not None and self._ticket_id == draft.ticket_id:
                self.show_again([DraftKind.FORWARD])
                self.composer.set_kind(DraftKind.FORWARD)
            told(draft.ticket_id if draft is not None else None)

        self._session.work.write(lambda: sides.undo(outbox_id, actor), undone, owner=self)

    def take_back(self, outbox_id: int, told: Callable[[int | None], None], *, aside: bool = False) -> None:
        """Undo a mail, one to a third party where it goes `aside`; the draft comes back into the composer where its
        ticket is open. `told` gets the ticket, None where it was too late."""
        if aside:
            self._take_back_aside(outbox_id, told)
            return
        replies, actor = self._session.desk.replies, self._session.actor
        self.drafts.flush()  # as above

        def undone(draft: ReplyDraft | None) -> None:
            if draft is not None and self._ticket_id == draft.ticket_id:
                self.show_again([DraftKind.REPLY], focus=True)
            told(draft.ticket_id if draft is not None else None)

        self._session.work.write(lambda: replies.undo(outbox_id, actor), undone, owner=self)

    def take_back_note(self, note: AddedNote, told: Callable[[int | None], None]) -> None:
        """Undo a note; `told` gets the ticket that has its draft, None where it was too late."""
        replies, actor = self._session.desk.replies, self._session.actor
        self.drafts.flush()  # as above

        def undone(ticket_id: int | None) -> None:
            if ticket_id is not None and self._ticket_id == ticket_id:
                self.show_again([DraftKind.NOTE])
                self.composer.focus_note()
            told(ticket_id)

        self._session.work.write(lambda: replies.undo_note(note.message_id, actor, html=note.html), undone, owner=self)

    def _add_note(self, text: str, html: str, mentions: Sequence[int]) -> None:
        ticket_id, replies, actor = self._ticket_id, self._session.desk.replies, self._session.actor
        if ticket_id is None or self.drafts.held(ticket_id, DraftKind.NOTE):
            return
        self.drafts.hold(ticket_id, DraftKind.NOTE)
        gone = self._gone(None)

        def added(message_id: int) -> None:
            here = self._ticket_id == ticket_id
            self.drafts.ended(ticket_id, DraftKind.NOTE, here=here)
            if here:
                self._go_on(gone, message_id)
            self.note_added.emit(AddedNote(ticket_id, message_id, html))
            self.ticket_changed.emit(ticket_id)

        def failed(problem: Problem) -> None:
            self.drafts.resume(ticket_id, DraftKind.NOTE)
            if self._ticket_id == ticket_id:
                self.composer.warn(problem.text)

        self._hand_over(
            ticket_id,
            lambda: replies.note(
                ticket_id,
                text,
                html,
                actor,
                mentions=mentions,
                ends_draft=self.drafts.ends(ticket_id, DraftKind.NOTE),
            ),
            added,
            failed,
        )


def _moves(view: ConversationView) -> int:
    """Return how often another ticket was merged into this one, or taken out of it again."""
    return sum(one.kind in {"TicketAbsorbed", "TicketReleased"} for one in view.events)
