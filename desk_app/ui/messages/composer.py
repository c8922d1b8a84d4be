"""Where replies, notes and forwards are written, docked under the conversation or torn off (ui.md 4.5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QComboBox, QLineEdit, QSizePolicy, QTabBar, QToolButton, QWidget

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.guards import Guard
from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.messages.side_conversations import SideDraft
from desk_app.plugin_api.ui import ComposerTool, Registry
from desk_app.services.messages.side_conversations import SideStart
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.language import said, tr
from desk_app.ui.messages.composer_bars import ComposerBars
from desk_app.ui.messages.composer_files import AttachedFiles
from desk_app.ui.messages.composer_foot import Afterwards, ComposerFoot
from desk_app.ui.messages.composer_head import LetterHead
from desk_app.ui.messages.composer_letters import kept_texts, reply_draft, side_draft
from desk_app.ui.messages.composer_sending import Sending
from desk_app.ui.messages.composer_texts import KINDS, WrittenTexts
from desk_app.ui.messages.editor import ComposerEdit
from desk_app.ui.messages.format_bar import FormatBar
from desk_app.ui.messages.link_box import ask_link
from desk_app.ui.messages.recipients import RecipientLine
from desk_app.ui.messages.serializer import serialize
from desk_app.ui.messages.signature_fold import SignatureFold
from desk_app.ui.theme.icons import icon
from desk_app.ui.widgets.basics import icon_button, label, restyle
from desk_app.ui.widgets.keys import tip_with_key
from desk_app.ui.widgets.layout import GrowingFrame, column, row
from desk_app.ui.widgets.panels import Banner
from desk_app.ui.work import Lane, Work

if TYPE_CHECKING:
    from desk_app.services.queries.conversation import ConversationView

T = TypeVar("T")
TABS = KINDS
TEAR_KEY = "Ctrl+Shift+D"
"""Tears the composer off and docks it again."""
LETTERS = (DraftKind.REPLY, DraftKind.FORWARD)
"""What has recipients and files."""


@dataclass(frozen=True, slots=True)
class SentText:
    """A text that is on its way, as it read when it left, and the files that go with it."""

    kind: DraftKind
    text: str
    files: Sequence[OutgoingAttachment] = ()


class Composer(GrowingFrame):
    """What is written to one ticket. It only collects; what happens on `sent` is the writing desk's business."""

    sent = Signal(object)
    """A SendOrder."""
    noted = Signal(str, str, object)
    """Text and HTML of an internal note, and the ids of the agents it mentions."""
    forwarded = Signal(object)
    """A SideDraft: a message to a third party."""
    forward_wanted = Signal()
    """The forward was chosen and nothing is begun there."""
    tear_asked = Signal()
    """The composer is to get a window of its own, or to be docked again."""
    keep_asked = Signal()
    """The selection, or the whole text, is to become a canned response."""
    suggest_asked = Signal(str)
    """A list of suggestions is to open, named by its sign."""
    action_asked = Signal(str)
    """An action of the window is to run."""
    plain_default_asked = Signal(bool)
    """Whether every reply is to begin as a text-only mail."""
    throw_asked = Signal()
    """The text shown is to be thrown away, its draft with it."""
    changed = Signal()
    """Something was written, or recipients, sender, subject, files or status changed."""
    left = Signal()
    """The text lost the focus."""

    left_out = Signal(str)
    """A sentence: a file was not attached, because another text took the place of this one."""

    def __init__(self, tools: Registry[ComposerTool], work: Work) -> None:
        super().__init__()
        self.setObjectName("composer")
        self._work = work
        self.facts = DeskFacts()
        self._ticket_id = 0
        self.start: Any = None
        self.side: SideStart | None = None
        self._wants_format = False
        self.view: ConversationView | None = None
        self._quiet = False
        self._build(tools)
        self.sending = Sending(self)
        self._watch()
        self.destroyed.connect(tools.on_change(self.foot.fill_tools))
        self._show_kind(DraftKind.REPLY)

    # -- parts ----------------------------------------------------------------------------------------------------
    def _build(self, tools: Registry[ComposerTool]) -> None:
        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setIconSize(QSize(15, 15))
        self.tabs.setAccessibleName(tr("Kind of message"))
        names = {
            DraftKind.REPLY: ("reply", tr("Reply")),
            DraftKind.NOTE: ("sticky-note", tr("Note")),
            DraftKind.FORWARD: ("forward", tr("Forward")),
        }
        for kind in TABS:
            self.tabs.addTab(icon(names[kind][0]), names[kind][1])
        self.tabs.currentChanged.connect(lambda place: self._show_kind(TABS[place]))
        self.heads = {kind: LetterHead() for kind in LETTERS}
        self._aside = label("", "tertiary", wrap=True)
        self.edit = ComposerEdit()
        self.edit.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.texts = WrittenTexts(self.edit)
        self.attached = {kind: AttachedFiles(self._work) for kind in LETTERS}
        self.bars = ComposerBars(self.edit.setFocus)
        self.format_bar = FormatBar(self.edit)
        self.format_bar.hide()
        self.signature = SignatureFold()
        self.foot = ComposerFoot(tools, lambda: self)
        self.history: HistoryIncluded | None = None
        self.usual_history = HistoryIncluded.LAST
        self.proposed: tuple[str, str] | None = None
        """HTML and text that a plugin let the reply begin with."""
        self.plain_by_default = False
        self.tear = icon_button("maximize-2", "", self.tear_asked.emit, size=15, side=28, key=TEAR_KEY)
        self.set_torn(on=False)
        top = row(self.tabs, None, self.tear, spacing=4)
        below = (self.signature, *self.attached.values(), self.bars, self.format_bar, self.foot)
        self.setLayout(
            column(top, *self.heads.values(), self._aside, self.edit, *below, margins=(12, 4, 10, 10), spacing=6)
        )

    def _watch(self) -> None:
        self.edit.textChanged.connect(self._touch)
        self.edit.files_dropped.connect(self.attach_files)
        self.edit.focus_changed.connect(lambda on: restyle(self, active="true" if on else "false"))
        self.edit.focus_changed.connect(lambda on: None if on else self.left.emit())
        self.edit.submitted.connect(self.sending.key_sent)
        self.edit.link_asked.connect(lambda: ask_link(self.edit))
        for head in self.heads.values():
            head.changed.connect(self._touch)
        for files in self.attached.values():
            files.changed.connect(self._touch)
            files.changed.connect(self._attached)
            files.refused.connect(self.sending.not_attached)
            files.settled.connect(self.sending.proceed)
            files.taken_out.connect(self.sending.stop_waiting)
            files.left_out.connect(self.left_out)
        self.signature.changed.connect(self._touch)
        self.foot.then_changed.connect(self._touch)
        self.foot.later_asked.connect(self.sending.ask_later)
        self.foot.send_asked.connect(lambda then, at: self.submit(then=then, send_at=at))

    def _attached(self) -> None:
        if self.files.files:
            self.bars.put_right(Guard.NOTHING_ATTACHED)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Send from the recipients, the subject and the buttons as from the text."""
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if held and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if not event.isAutoRepeat():
                self.sending.key_sent(event.modifiers())
            return
        super().keyPressEvent(event)

    def _touch(self) -> None:
        if not self._quiet:
            self.changed.emit()

    @property
    def head(self) -> LetterHead:
        """Recipients and sender of the letter shown; of the reply while a note is."""
        return self.heads[DraftKind.FORWARD if self.kind is DraftKind.FORWARD else DraftKind.REPLY]

    @property
    def files(self) -> AttachedFiles:
        """The files of the letter shown; of the reply while a note is."""
        return self.attached[DraftKind.FORWARD if self.kind is DraftKind.FORWARD else DraftKind.REPLY]

    @property
    def to(self) -> RecipientLine:
        """The line of recipients."""
        return self.head.to

    @property
    def cc(self) -> RecipientLine:
        """The line of copies."""
        return self.head.cc

    @property
    def bcc(self) -> RecipientLine:
        """The line of blind copies."""
        return self.head.bcc

    @property
    def subject(self) -> QLineEdit:
        """The subject."""
        return self.head.subject

    @property
    def from_box(self) -> QComboBox:
        """The choice of senders."""
        return self.head.from_box

    @property
    def send_button(self) -> QWidget:
        """The button that sends."""
        return self.foot.send_button

    @property
    def then_button(self) -> QWidget:
        """The button that says what happens afterwards."""
        return self.foot.then_button

    @property
    def tool_buttons(self) -> dict[str, QToolButton]:
        """The tools by id."""
        return self.foot.tool_buttons

    # -- state ----------------------------------------------------------------------------------------------------
    def set_facts(self, facts: DeskFacts) -> None:
        """Take the addresses and statuses of the desk."""
        self.facts = facts
        for head in self.heads.values():
            head.set_facts(facts)
        self.foot.set_facts(facts)

    @property
    def kind(self) -> DraftKind:
        """What is being written."""
        return TABS[max(0, self.tabs.currentIndex())]

    @property
    def is_note(self) -> bool:
        """Whether an internal note is being written."""
        return self.kind is DraftKind.NOTE

    @property
    def ticket_id(self) -> int:
        """The ticket this text belongs to."""
        return self._ticket_id

    @property
    def last_message_id(self) -> int | None:
        """The newest message there was when the reply was begun."""
        return self.start.last_message_id if self.start is not None else None

    def set_note(self, *, on: bool) -> None:
        """Switch between reply and note."""
        self.set_kind(DraftKind.NOTE if on else DraftKind.REPLY)

    def set_kind(self, kind: DraftKind) -> None:
        """Switch to another text."""
        self.tabs.setCurrentIndex(TABS.index(kind))

    def _show_kind(self, kind: DraftKind) -> None:
        self._quiet = True
        self.texts.show(kind)
        self._quiet = False
        note = kind is DraftKind.NOTE
        restyle(self, kind="note" if note else "reply")
        for letter in LETTERS:
            self.heads[letter].setVisible(kind is letter)
            self.attached[letter].set_shown(on=kind is letter)
        self._aside.setVisible(kind is DraftKind.FORWARD and bool(self._aside.text()))
        self.signature.set_shown(on=not note)
        self.foot.set_kind(kind)
        if note:
            self.edit.setPlaceholderText(tr("Write a note. Only your team can read it."))
        elif kind is DraftKind.FORWARD:
            self.edit.setPlaceholderText(tr("Write to somebody else. The customer does not see it."))
        else:
            self.edit.setPlaceholderText(tr("Write a reply…   “/” inserts a canned response"))
        names = {DraftKind.NOTE: tr("Note text"), DraftKind.FORWARD: tr("Text to somebody else")}
        self.edit.setAccessibleName(names.get(kind, tr("Reply text")))
        if kind is DraftKind.FORWARD and self.side is None and self._ticket_id:
            self.forward_wanted.emit()

    def begin(self, ticket_id: int, start: Any) -> None:
        """Take recipients, sender and subject of a new reply; the text stays."""
        self._ticket_id, self.start = ticket_id, start
        self.bars.begin()
        self._quiet = True
        head = self.heads[DraftKind.REPLY]
        head.set_people(start.to, start.cc)
        head.subject.setText(start.subject)
        head.choose_sender(start.from_account_id, start.from_address)
        head.set_reasons(_sentences(start.explanation))
        self.signature.set_signature(start.signature)
        self.usual_history = start.history_included
        self._quiet = False

    def propose(self, html: str) -> None:
        """Let a reply that is still empty begin with this; it is no draft until the agent changes it."""
        if not html or not self.texts.document(DraftKind.REPLY).isEmpty():
            return
        self._quiet = True
        shown = self.kind
        self.texts.show(DraftKind.REPLY)
        self.edit.show_written(html, "")
        self.texts.show(shown)
        draft = self.draft()
        self.proposed = (draft.html, draft.text)
        self._quiet = False

    def begin_forward(self, start: SideStart, *, files: bool = True) -> None:
        """Take what a message to a third party begins with: the message it is about, its files, who gets it."""
        self.side = start
        self._quiet = True
        head = self.heads[DraftKind.FORWARD]
        head.set_people(start.to, start.cc)
        head.subject.setText(start.subject)
        head.show_subject(on=True, focus=False)
        head.choose_sender(start.from_account_id, start.from_address)
        if files:
            self.attached[DraftKind.FORWARD].set_files(start.attachments)
        if start.side is not None:
            words = tr("Goes on in the side conversation; the customer does not see it.")
        elif start.history_text:
            words = tr("The message is quoted below. The customer does not see what is written here.")
        else:
            words = tr("The customer does not see what is written here.")
        self._aside.setText(words)
        self._aside.setVisible(self.kind is DraftKind.FORWARD)
        self._quiet = False

    def set_torn(self, *, on: bool) -> None:
        """Say whether it stands in a window of its own."""
        words = tr("Dock the composer again") if on else tr("Write in a window of its own")
        self.tear.setIcon(icon("minimize-2" if on else "maximize-2", "text_secondary"))
        self.tear.setAccessibleName(words)
        self.tear.setToolTip(tip_with_key(words, TEAR_KEY))

    def reset(self, ticket_id: int) -> None:
        """Forget the text: another ticket is shown, or the mail is on its way."""
        self._ticket_id, self.start = ticket_id, None
        self.sending.forget()
        self._quiet = True
        self.texts.clear()
        self.side = None
        self._aside.setText("")
        for kind in LETTERS:
            self.attached[kind].forget()
            self.heads[kind].set_people((), ())
            self.heads[kind].show_subject(on=False)
        self.bars.begin()
        self._reset_letter()
        self.set_kind(DraftKind.REPLY)
        self._quiet = False

    def _reset_letter(self) -> None:
        """Let the next letter go out as usual."""
        self.proposed = None
        self.foot.set_then(Afterwards(go_next=self.foot.then.go_next))
        self.history = None
        self.foot.unless_written = False
        self.signature.set_on(on=True)
        self.edit.plain = self.plain_by_default
        self._fit_plain()

    def clear_text(self, kind: DraftKind) -> None:
        """Forget one text: it was added or sent."""
        self._quiet = True
        if kind in LETTERS:
            self.attached[kind].forget()
        if kind is DraftKind.FORWARD:
            self.side = None
        self.texts.clear(kind)
        self._quiet = False

    def clear_sent(self, sent: SentText, message_id: int) -> None:
        """Forget what was sent: it is this message by now. What was typed below it since stays, and so do a text that
        was changed all over and files that came since."""
        kind, document = sent.kind, self.texts.document(sent.kind)
        now = document.toPlainText()
        since = now.removeprefix(sent.text)
        files = [one for one in self.attached[kind].files if one not in sent.files] if kind in LETTERS else []
        last = replace(self.start, last_message_id=message_id) if self.start is not None else None
        if not (since.strip() or files):
            self._begin_next(kind, last)
            return
        if kind in LETTERS:
            self.attached[kind].set_files(files)
        if now != since:
            cursor = QTextCursor(document)
            cursor.setPosition(len(sent.text.encode("utf-16-le")) // 2, QTextCursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
        if kind is DraftKind.REPLY:
            self.start = last  # one's own reply is no news

    def _begin_next(self, kind: DraftKind, start: Any) -> None:
        """Let the next text of a kind begin, a reply with `start`. Who wrote to a third party goes on with the reply;
        who added a note stays at notes: the next one must not go to the customer unawares."""
        shown = self.kind
        self.clear_text(kind)
        if kind is DraftKind.REPLY:
            self._quiet = True
            self._reset_letter()
            self.heads[kind].show_subject(on=False)
            self._quiet = False
            if start is not None:
                self.begin(self._ticket_id, start)
        if shown is kind:
            self.sending.forget()
            if kind is DraftKind.FORWARD:
                self.set_kind(DraftKind.REPLY)

    def restore(self, kept: KeptDraft, *, instead: bool = False) -> None:
        """Show a kept text again, its cursor where it was. What stands there already stays below it (the agent was
        faster than the look-up) unless it is to be shown `instead`."""
        if kept.kind not in TABS:
            return
        typed = "" if instead else serialize(self.texts.document(kept.kind), internal=True)[0]
        self._quiet = True
        here, shown = self.edit.hasFocus(), self.kind
        if kept.kind in LETTERS:
            self._restore_letter(kept)
        self.texts.show(kept.kind)
        for one in kept.attachments:
            if one.content_id:
                self.edit.pictures[one.content_id] = one
        self.edit.show_written(kept.html, kept.text)
        self.edit.put_cursor(kept.cursor)
        if typed:
            self.edit.append_written(typed)
        self.texts.show(shown)
        if here:
            self.edit.setFocus()
        self._quiet = False

    def _restore_letter(self, kept: KeptDraft) -> None:
        head = self.heads[kept.kind]
        head.set_people(kept.to, kept.cc, kept.bcc)
        head.subject.setText(kept.subject)
        head.choose_sender(kept.from_account_id, kept.from_address)
        self.attached[kept.kind].set_files(one for one in kept.attachments if not one.content_id)
        if kept.kind is DraftKind.FORWARD:
            return
        self.foot.set_then(replace(self.foot.then, status=kept.then_status, assign_to=kept.options.then_assign))
        self.history = kept.options.history
        self.signature.set_on(on=kept.options.signature)
        self.edit.plain = kept.options.plain
        self._fit_plain()
        if kept.answers_message_id is not None and self.start is not None:
            self.start = replace(self.start, answers_message_id=kept.answers_message_id)
        if kept.last_message_id is not None and self.start is not None:
            self.start = replace(self.start, last_message_id=kept.last_message_id)

    def kept(self, agent_id: int) -> tuple[KeptDraft, ...]:
        """Return the texts as they would be kept; nothing while no ticket is begun."""
        return kept_texts(self, agent_id) if self._ticket_id and self.start is not None else ()

    def focus_reply(self) -> None:
        """Begin to write a reply."""
        self.set_kind(DraftKind.REPLY)
        self.edit.setFocus()

    def focus_note(self) -> None:
        """Begin to write a note."""
        self.set_kind(DraftKind.NOTE)
        self.edit.setFocus()

    def focus_forward(self) -> None:
        """Begin to write to a third party."""
        self.set_kind(DraftKind.FORWARD)
        (self.edit if self.to.addresses else self.to.input).setFocus()

    def show_subject(self) -> None:
        """Let the subject be edited, or hide it again (CO-16)."""
        self.head.show_subject()

    def show_format_bar(self, *, on: bool) -> None:
        """Show or hide the formatting buttons."""
        self._wants_format = on
        self._fit_plain()

    @property
    def plain(self) -> bool:
        """Whether a text-only mail is written."""
        return self.edit.plain

    def set_plain(self, *, on: bool) -> None:
        """Write a text-only mail, or one with formats again; formats there are go, and come back by undo."""
        if on and not self.plain:
            self.edit.make_plain()
        self.edit.plain = on
        self._fit_plain()
        self._touch()

    def _fit_plain(self) -> None:
        self.format_bar.setVisible(self._wants_format and not self.plain)

    def set_signed(self, *, on: bool) -> None:
        """Let the signature go along, or leave it out of this mail."""
        self.signature.set_on(on=on)
        self._touch()

    def set_history(self, included: HistoryIncluded) -> None:
        """Choose what this mail quotes."""
        self.history = included if included is not self.usual_history else None
        self._touch()

    # -- ComposerPort ---------------------------------------------------------------------------------------------
    @property
    def widget(self) -> QWidget:
        """The composer itself."""
        return self

    def in_background(self, work: Callable[[], T], done: Callable[[T], None], owner: QObject) -> None:
        """Run what takes long off the GUI thread; what comes for one ticket never gets into the text of another."""
        ticket_id = self._ticket_id

        def arrived(result: T) -> None:
            if ticket_id == self._ticket_id:
                done(result)

        self._work.run(work, arrived, owner=owner, lane=Lane.GUEST)

    @property
    def text(self) -> str:
        """What is written so far, without formatting."""
        return self.edit.toPlainText()

    def insert_text(self, text: str) -> None:
        """Insert plain text at the cursor."""
        self.edit.insertPlainText(text)

    def insert_html(self, html: str) -> None:
        """Insert HTML at the cursor."""
        self.edit.insert_clean_html(html)

    def attach(self, filename: str, content_type: str, content: bytes) -> None:
        """Attach a file."""
        self.files.add(filename, content_type, content)

    def attach_files(self, paths: Sequence[Path]) -> None:
        """Attach files from the disk."""
        self.files.add_from_disk(paths)

    def choose_then(self, key: str) -> None:
        """Choose the status after sending."""
        self.foot.set_then(replace(self.foot.then, status=key))
        self._touch()

    # -- sending --------------------------------------------------------------------------------------------------
    def draft(self) -> ReplyDraft:
        """Return the reply that was written."""
        return reply_draft(self)

    def side_draft(self) -> SideDraft | None:
        """Return the message to a third party that was written; None where none is begun."""
        return side_draft(self)

    def submit(self, *, then: Afterwards | None = None, send_at: datetime | None = None) -> None:
        """Send what is shown, or add the note, unless something must be put right first."""
        self.sending.submit(then=then, send_at=send_at)

    def say(self, banner: QWidget | None) -> None:
        """Show a bar above the buttons, or take it away."""
        self.bars.show_bar(banner)

    def warn(self, text: str) -> None:
        """Say that sending failed; the text stays."""
        self.sending.forget()
        self.bars.show_bar(Banner(text, "danger"))


def _sentences(explanation: Any) -> list[str]:
    if isinstance(explanation, str):
        return [said(explanation)] if explanation else []
    return [said(str(sentence)) for sentence in explanation or ()]
