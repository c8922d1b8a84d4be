"""One open ticket: header, thread, composer."""

from __future__ import annotations

import tempfile
import webbrowser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog, QSplitter, QStackedWidget, QWidget, QWidgetAction

from desk_app.domain.messages.draft import ReplyDraft
from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.domain.messages.model import Direction
from desk_app.plugin_api.ui import UiRegistries
from desk_app.services.messages.replies import ReplySent, StaleReplyError
from desk_app.services.queries.conversation import AttachmentView, ConversationView, MessageView
from desk_app.ui.language import tr
from desk_app.ui.messages.body_view import OPENABLE, link_host
from desk_app.ui.messages.cards import MessageCard, danger_of
from desk_app.ui.messages.composer import Composer
from desk_app.ui.messages.composer_drafts import DraftKeeper
from desk_app.ui.messages.conversation import Thread
from desk_app.ui.messages.remote_images import RemoteImages
from desk_app.ui.messages.source_view import SourceDialog
from desk_app.ui.messages.why import why_text
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.acts import TicketActs
from desk_app.ui.tickets.dialogs import PersonQuestion, Question, SplitQuestion, TicketQuestion
from desk_app.ui.tickets.ticket_header import TicketHeader
from desk_app.ui.widgets.basics import Menu, label
from desk_app.ui.widgets.layout import boxed, column, hairline
from desk_app.ui.widgets.panels import Banner, EmptyState
from desk_app.ui.work import Lane

REFRESH_MS = 200


class TicketPane(QWidget):
    """Loads a ticket off the GUI thread and shows it; replies and notes leave from here."""

    shown = Signal(object)
    """A ConversationView, after it was loaded or changed; None when nothing is open."""
    reply_sent = Signal(object, object)
    """ReplySent and the ReplyDraft behind it."""
    note_added = Signal()
    status_text = Signal(str)

    def __init__(
        self,
        session: DeskSession,
        registries: UiRegistries,
        acts: TicketActs,
        run_action: Callable[[str], None],
        remote_images: RemoteImages | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._session, self._acts, self._remote_images = session, acts, remote_images
        self._ticket_id: int | None = None
        self.view: ConversationView | None = None
        self._temporary = tempfile.TemporaryDirectory(prefix="desk-app-")
        self.header = TicketHeader(run_action)
        self.header.subject.renamed.connect(self._rename)
        self.header.more.clicked.connect(lambda _checked=False: self._more_menu(run_action))
        self.thread_view = Thread(session)
        self.thread_view.card_made.connect(self._wire)
        self.composer = Composer(registries.composer_tools)
        self.composer.sent.connect(self.send)
        self.composer.noted.connect(self._add_note)
        self.drafts = DraftKeeper(session, lambda: self.composer.kept(session.agent.id), self)
        self.drafts.conflict.connect(self._choose_draft)
        self.composer.changed.connect(self.drafts.note_change)
        self.composer.left.connect(self.drafts.flush)
        self._layout_parts()
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(REFRESH_MS)
        self._refresh.timeout.connect(self.reload)
        session.tickets_changed.connect(self._tickets_changed)
        session.outbox_changed.connect(self._outbox_changed)
        session.facts_changed.connect(self._facts_changed)
        self.composer.set_facts(session.facts)

    def _layout_parts(self) -> None:
        docked = boxed(column(self.composer, margins=(16, 4, 16, 14)), "canvas")
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.thread_view)
        self.splitter.addWidget(docked)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.splitter.setSizes([500, 262])
        self.open_part = boxed(column(self.header, hairline(), self.splitter, spacing=0))
        empty = EmptyState("mail", tr("No ticket open"), tr("Choose one from the list, or press J."))
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(self.open_part)
        self.setLayout(column(self._stack))

    @property
    def ticket_id(self) -> int | None:
        """The open ticket."""
        return self._ticket_id

    # -- loading --------------------------------------------------------------------------------------------------
    def open_ticket(self, ticket_id: int) -> None:
        """Show a ticket; what was being written for the one before is kept."""
        if ticket_id == self._ticket_id:
            return
        self.drafts.flush()
        self._ticket_id = ticket_id
        self._load(same=False)

    def close_ticket(self) -> None:
        """Show nothing."""
        self.drafts.flush()
        self._ticket_id, self.view = None, None
        self.thread_view.clear_view()
        self._stack.setCurrentIndex(0)
        self.shown.emit(None)

    def reload(self) -> None:
        """Read the open ticket again."""
        if self._ticket_id is not None:
            self._load(same=True)

    def _tickets_changed(self, ids: frozenset[int]) -> None:
        if self._ticket_id in ids:
            self._refresh.start()

    def _outbox_changed(self) -> None:
        self._refresh.start()

    def _facts_changed(self) -> None:
        self.composer.set_facts(self._session.facts)

    def _load(self, *, same: bool) -> None:
        ticket_id, desk, agent_id = self._ticket_id, self._session.desk, self._session.agent.id
        if ticket_id is None:
            return

        def read() -> ConversationView | None:
            view = desk.conversations.conversation(ticket_id, agent_id=agent_id)
            if view is not None and any(not message.html and message.visible_text for message in view.messages):
                desk.content.prepare_ticket(ticket_id)
                view = desk.conversations.conversation(ticket_id, agent_id=agent_id)
            return view

        def arrived(view: ConversationView | None) -> None:
            if ticket_id != self._ticket_id:
                return
            if view is None:
                self.close_ticket()
            else:
                self._show(view, same=same)

        self._session.work.run(read, arrived, owner=self)

    def _show(self, view: ConversationView, *, same: bool) -> None:
        before = self.view if same else None
        self.view = self.composer.view = view
        self._stack.setCurrentIndex(1)
        self.header.show_view(view, self._session.facts)
        if before is None or before.messages != view.messages or before.events != view.events:
            self.thread_view.show_view(view, same_ticket=same and before is not None)
        if not same:
            self.composer.reset(view.ticket.id)
            self._begin_reply()
        self.shown.emit(view)
        self._mark_seen(view)

    def _mark_seen(self, view: ConversationView) -> None:
        newest = max((message.id for message in view.messages), default=0)
        if newest > view.last_seen_message_id and self.isVisible():
            tickets, agent_id = self._session.desk.tickets, self._session.agent.id
            self._session.work.write(lambda: tickets.mark_seen(view.ticket.id, agent_id, newest))

    # -- writing --------------------------------------------------------------------------------------------------
    def _begin_reply(self, message_id: int | None = None, *, reply_all: bool = True, focus: bool = False) -> None:
        ticket_id, replies, agent_id = self._ticket_id, self._session.desk.replies, self._session.agent.id
        if ticket_id is None:
            return
        again = message_id is None and reply_all

        def read() -> tuple[Any, dict[DraftKind, KeptDraft]]:
            start = replies.start(ticket_id, message_id=message_id, agent_id=agent_id, reply_all=reply_all)
            return start, self.drafts.read(ticket_id) if again else {}

        def arrived(found: tuple[Any, dict[DraftKind, KeptDraft]]) -> None:
            start, stored = found
            if ticket_id != self._ticket_id:
                return
            self.composer.begin(ticket_id, start)
            for kept in self.drafts.newest(ticket_id, stored).values() if again else ():
                self.composer.restore(kept)
            if not again:
                self.drafts.note_change()
            if focus:
                self.composer.focus_reply()

        def cannot(problem: Problem) -> None:
            self.composer.warn(problem.text)

        self._session.work.run(
            read,
            arrived,
            failed=cannot,
            owner=self,
        )

    def reply(self, *, reply_all: bool = True) -> None:
        """Begin to answer the customer's newest message."""
        if reply_all:
            self.composer.focus_reply()
        else:
            self._begin_reply(reply_all=False, focus=True)

    def note(self) -> None:
        """Begin an internal note."""
        self.composer.focus_note()

    def _choose_draft(self, mine: KeptDraft, stored: KeptDraft | None) -> None:
        """Another window wrote the same draft: the agent decides, nothing is lost meanwhile."""
        if mine.ticket_id != self._ticket_id:
            return
        place = (mine.ticket_id, mine.kind)

        def keep() -> None:
            self.composer.say(None)
            self.drafts.adopt(*place, stored.stamp if stored is not None else None)

        def take() -> None:
            self.composer.say(None)
            if stored is not None:
                self.composer.restore(stored)
            else:
                self.composer.clear_text(note=mine.kind is DraftKind.NOTE)
            self.drafts.adopt(*place, stored.stamp if stored is not None else None)

        text = tr("This draft was changed in another window.")
        if stored is None:
            text = tr("This draft was sent or thrown away in another window.")
        choices = [(tr("Keep this text"), keep), (tr("Take the other one"), take)]
        self.composer.say(Banner(text, "warning", choices))

    def close_drafts(self) -> None:
        """Keep what was written; the window closes."""
        self.drafts.finish()

    def send(self, draft: ReplyDraft, then_status: str, send_at: datetime | None, *, force: bool = False) -> None:
        """Queue a reply; a newer message in the ticket stops it first (IN-09)."""
        replies, actor = self._session.desk.replies, self._session.actor
        self.composer.send_button.setEnabled(False)
        self.drafts.hold(draft.ticket_id, DraftKind.REPLY)

        def sent(result: ReplySent) -> None:
            self.composer.send_button.setEnabled(True)
            self.drafts.ended(draft.ticket_id, DraftKind.REPLY)
            if self._ticket_id == draft.ticket_id:
                self.composer.clear_text(note=False)
                self.drafts.flush()
                self.composer.reset(draft.ticket_id)
                self._begin_reply()
            self.reply_sent.emit(result, draft)
            self._acts.done.emit(frozenset({draft.ticket_id}))
            self.reload()

        def failed(problem: Problem) -> None:
            self.composer.send_button.setEnabled(True)
            self.drafts.resume(draft.ticket_id, DraftKind.REPLY)
            if isinstance(problem.error, StaleReplyError):
                self.composer.warn_stale(
                    problem.error.newer_messages, lambda: self.send(draft, then_status, send_at, force=True)
                )
                self.reload()
            else:
                self.composer.warn(problem.text)

        self._session.work.write(
            lambda: replies.send(draft, actor, then_status=then_status, send_at=send_at, force=force, ends_draft=True),
            sent,
            failed=failed,
            owner=self,
        )

    def take_back(self, outbox_id: int, ticket_id: int, told: Callable[[bool], None]) -> None:
        """Undo a reply; the draft comes back into the composer."""
        replies, actor = self._session.desk.replies, self._session.actor

        def undone(draft: ReplyDraft | None) -> None:
            told(draft is not None)
            if draft is None:
                return
            if self._ticket_id == ticket_id:
                self._begin_reply(focus=True)
                self.reload()
            else:
                self.open_ticket(ticket_id)

        self._session.work.write(lambda: replies.undo(outbox_id, actor), undone, owner=self)

    def _add_note(self, text: str, html: str) -> None:
        ticket_id, replies, actor = self._ticket_id, self._session.desk.replies, self._session.actor
        if ticket_id is None:
            return

        self.drafts.hold(ticket_id, DraftKind.NOTE)

        def added(_message_id: int) -> None:
            self.drafts.ended(ticket_id, DraftKind.NOTE)
            if self._ticket_id == ticket_id:
                self.composer.clear_text(note=True)
                self.drafts.flush()
                self.composer.reset(ticket_id)
                self._begin_reply()
            self.note_added.emit()
            self.reload()

        def failed(problem: Problem) -> None:
            self.drafts.resume(ticket_id, DraftKind.NOTE)
            self.composer.warn(problem.text)

        self._session.work.write(
            lambda: replies.note(ticket_id, text, html, actor, ends_draft=True), added, failed=failed, owner=self
        )

    def _rename(self, subject: str) -> None:
        if self._ticket_id is not None:
            self._acts.rename(self._ticket_id, subject)

    # -- cards ----------------------------------------------------------------------------------------------------
    def _wire(self, card: MessageCard) -> None:
        card.reply_asked.connect(lambda message: self._begin_reply(message.id, focus=True))
        card.menu_asked.connect(self._message_menu)
        card.attachment_asked.connect(self._attachment_menu)
        card.link_chosen.connect(self.open_link)
        card.link_hovered.connect(self.status_text)
        card.images_asked.connect(lambda message: self._show_images(card, message))
        card.delivery_asked.connect(self._decide_delivery)

    def _message_menu(self, message: MessageView, where: QWidget) -> None:
        menu = Menu(self)
        add = menu.add
        add(tr("Reply here"), lambda: self._begin_reply(message.id, focus=True), icon_name="reply", key="R")
        add(
            tr("Reply to the sender only"),
            lambda: self._begin_reply(message.id, reply_all=False, focus=True),
            icon_name="corner-up-left",
        )
        menu.addSeparator()
        add(tr("Split into a new ticket…"), lambda: self.ask_split(message), icon_name="split")
        add(tr("Move to another ticket…"), lambda: self._ask_move(message), icon_name="folder")
        if message.direction is Direction.INBOUND:
            add(tr("Make the original sender the customer…"), lambda: self._ask_original(message), icon_name="users")
        menu.addSeparator()
        add(tr("Copy the text"), lambda: QApplication.clipboard().setText(message.visible_text), icon_name="copy")
        add(tr("Show source"), lambda: self._show_source(message), icon_name="file-code", enabled=message.has_raw)
        add(tr("Save as .eml…"), lambda: self._save_raw(message), icon_name="download", enabled=message.has_raw)
        add(tr("Why is it here?"), lambda: self._why(message, where), icon_name="info")
        add(tr("Fold"), lambda: self.thread_view.fold_message(message.id), icon_name="chevron-up")
        menu.below(where)

    def _why(self, message: MessageView, where: QWidget) -> None:
        menu = Menu(self)
        content = column(
            label(tr("Why is this message in this ticket?"), "strong"), margins=(12, 10, 12, 10), spacing=6
        )
        for line in why_text(message):
            text = label(line, "secondary", wrap=True, selectable=True)
            text.setMaximumWidth(380)
            content.addWidget(text)
        action = QWidgetAction(menu)
        holder = boxed(content)
        action.setDefaultWidget(holder)
        menu.addAction(action)
        menu.below(where)

    def ask_split(self, message: MessageView | None = None) -> None:
        """Ask which messages go to a new ticket."""
        view = self.view
        if view is None or not view.messages:
            return
        chosen = message or view.messages[-1]
        question = SplitQuestion(view.messages, chosen.id, chosen.subject or view.ticket.subject, self)
        question.ask(lambda: self._acts.split(view.ticket.id, question.message_ids, question.subject.text().strip()))

    def _ask_move(self, message: MessageView) -> None:
        question = TicketQuestion(self._session, tr("Move this message to"), tr("Move"), [message.ticket_id], self)

        def move() -> None:
            if question.ticket_id is not None:
                self._acts.attach_to(message.id, message.ticket_id, question.ticket_id)

        question.ask(move)

    def _ask_original(self, message: MessageView) -> None:
        def found(address: Any) -> None:
            if address is None:
                self._acts.refused.emit(tr("This mail does not look like a forwarded one: no original sender found."))
                return
            title = tr("Make the original sender the customer")
            question = PersonQuestion(title, tr("Change the customer"), address, self)
            question.ask(lambda: self._acts.change_requester(message.ticket_id, question.address))

        self._acts.original_sender(message.ticket_id, message.id, found)

    def ask_requester(self) -> None:
        """Ask who the customer is."""
        view = self.view
        if view is None:
            return
        question = PersonQuestion(tr("Change the customer"), tr("Change"), None, self)
        question.email.setText(view.ticket.requester_email)
        question.name.setText(view.ticket.requester_name)
        question.ask(lambda: self._acts.change_requester(view.ticket.id, question.address))

    def _more_menu(self, run_action: Callable[[str], None]) -> None:
        menu = Menu(self)
        for action, words, glyph, key in (
            ("ticket.priority", tr("Priority…"), "flag", "P"),
            ("ticket.merge", tr("Merge into another ticket…"), "merge", ""),
            ("ticket.split", tr("Split…"), "split", ""),
            ("ticket.requester", tr("Change the customer…"), "users", ""),
            ("ticket.unread", tr("Mark as unread"), "mail", "U"),
            ("composer.subject", tr("Edit the reply's subject"), "pencil", ""),
            ("", "", "", ""),
            ("ticket.spam", tr("Spam"), "shield-alert", "!"),
            ("ticket.trash", tr("Move to the trash"), "trash-2", "Del"),
            ("ticket.restore", tr("Restore from spam or trash"), "undo-2", ""),
        ):
            if action:
                menu.add(words, lambda one=action: run_action(one), icon_name=glyph, key=key)  # type: ignore[misc]
            else:
                menu.addSeparator()
        menu.below(self.header.more)

    # -- files, links, pictures -----------------------------------------------------------------------------------
    def _attachment_menu(self, attachment: AttachmentView, where: QWidget) -> None:
        menu = Menu(self)
        menu.add(tr("Open"), lambda: self.open_attachment(attachment), icon_name="external-link")
        menu.add(tr("Save as…"), lambda: self._ask_save(attachment), icon_name="download")
        menu.below(where)

    def open_attachment(self, attachment: AttachmentView) -> None:
        """Open an attachment with the computer's program for it; dangerous kinds ask first (IN-27)."""
        risk = danger_of(attachment.filename)
        if not risk:
            self._open_file(attachment)
            return
        question = Question(tr("Open “{name}”?").format(name=attachment.filename), tr("Open"), self, danger=True)
        question.content.addWidget(label(risk, "secondary", wrap=True))
        question.ask(lambda: self._open_file(attachment))

    def _open_file(self, attachment: AttachmentView) -> None:
        folder = Path(tempfile.mkdtemp(dir=self._temporary.name))
        target = folder / safe_filename(attachment.filename)
        self.save_attachment(attachment, target, lambda: _open_on_disk(target))

    def _ask_save(self, attachment: AttachmentView) -> None:
        name, _filter = QFileDialog.getSaveFileName(self, tr("Save attachment"), safe_filename(attachment.filename))
        if name:
            words = tr("Saved as {name}").format(name=Path(name).name)
            self.save_attachment(attachment, Path(name), lambda: self._acts.told.emit(words, None, "download"))

    def save_attachment(self, attachment: AttachmentView, target: Path, saved: Callable[[], None]) -> None:
        """Write an attachment to a file, off the GUI thread."""
        conversations = self._session.desk.conversations

        def write() -> None:
            found = conversations.attachment(attachment.id)
            if found is None:
                raise LookupError(tr("The attachment is gone."))
            target.write_bytes(found[1])

        self._session.work.run(write, lambda _none: saved(), owner=self)

    def _show_source(self, message: MessageView) -> None:
        conversations = self._session.desk.conversations
        title = message.subject or tr("(no subject)")
        self._session.work.run(
            lambda: conversations.raw(message.id), lambda raw: SourceDialog(title, raw or b"", self).open(), owner=self
        )

    def _save_raw(self, message: MessageView) -> None:
        name, _filter = QFileDialog.getSaveFileName(self, tr("Save as .eml"), f"message-{message.id}.eml")
        if name:
            conversations = self._session.desk.conversations
            self._session.work.run(
                lambda: Path(name).write_bytes(conversations.raw(message.id) or b""),
                lambda _size: self._acts.told.emit(
                    tr("Saved as {name}").format(name=Path(name).name), None, "download"
                ),
                owner=self,
            )

    def open_link(self, message: MessageView, address: str) -> None:
        """Open a link in the browser; where it shows another host than it leads to, ask first."""
        scheme = address.partition(":")[0].lower()
        if scheme not in OPENABLE:
            self._acts.refused.emit(tr("This link is of a kind that is not opened: {kind}").format(kind=scheme))
            return
        host = link_host(address)
        shown = next((shown for shown, true in message.deceptive_links if host and true.lower().endswith(host)), "")
        if not shown:
            _open_in_browser(address)
            return
        question = Question(tr("This link is not what it seems"), tr("Open anyway"), self, danger=True)
        text = tr("The text shows {shown}, but the link leads to {true}.").format(shown=shown, true=host)
        question.content.addWidget(label(text, "secondary", wrap=True))
        question.content.addWidget(label(address, "tertiary", wrap=True, selectable=True))
        question.ask(lambda: _open_in_browser(address))

    def _show_images(self, card: MessageCard, message: MessageView) -> None:
        fetch = self._remote_images
        if fetch is None:
            card.refuse_images(tr("This message shows images from the internet. They stay blocked."))
            return

        def load() -> dict[str, bytes]:
            return {f"remote:{n}": content for n, content in fetch(message.remote_images).items()}

        def arrived(images: dict[str, bytes]) -> None:
            if images:
                card.supply(images, remote=True)
            else:
                card.refuse_images(tr("The images could not be loaded."))

        self._session.work.run(load, arrived, owner=card, lane=Lane.NETWORK)

    # -- deliveries -----------------------------------------------------------------------------------------------
    def _decide_delivery(self, message: MessageView, decision: str) -> None:
        if message.delivery is None:
            return
        outbox, actor, outbox_id = self._session.desk.outbox, self._session.actor, message.delivery.outbox_id
        call: Callable[[], object] = {
            "sent": lambda: outbox.decide_unknown(outbox_id, sent=True, actor=actor),
            "again": lambda: outbox.decide_unknown(outbox_id, sent=False, actor=actor),
            "retry": lambda: outbox.retry_failed(outbox_id, actor),
        }[decision]
        self._session.work.write(call, lambda _result: self.reload(), owner=self)

    def close_files(self) -> None:
        """Delete the files made for opening attachments."""
        self._temporary.cleanup()


def safe_filename(name: str) -> str:
    """Return a file name without folders, control characters or names a system reserves."""
    cleaned = "".join("_" if char in '<>:"/\\|?*' or ord(char) < 32 else char for char in name).strip(" .")
    stem = cleaned.partition(".")[0].upper()
    reserved = {"CON", "PRN", "AUX", "NUL", *(f"COM{n}" for n in range(1, 10)), *(f"LPT{n}" for n in range(1, 10))}
    return (f"_{cleaned}" if stem in reserved else cleaned)[-150:] or "attachment"


def _open_on_disk(target: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(target)))


def _open_in_browser(address: str) -> None:
    if not QDesktopServices.openUrl(QUrl(address)):
        webbrowser.open(address)
