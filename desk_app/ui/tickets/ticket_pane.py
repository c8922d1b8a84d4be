"""One open ticket: header, thread, composer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from desk_app.domain.messages.kept_draft import DraftKind
from desk_app.domain.messages.model import MessageKind
from desk_app.plugin_api.ui import UiRegistries
from desk_app.services.ports.hooks import MESSAGE_HTML
from desk_app.services.queries.conversation import ConversationView, MessageView
from desk_app.ui.language import tr
from desk_app.ui.messages.card_acts import CardActs
from desk_app.ui.messages.cards import MessageCard
from desk_app.ui.messages.composer import Composer
from desk_app.ui.messages.composer_drafts import DraftKeeper
from desk_app.ui.messages.composer_window import ComposerWindow, placeholder
from desk_app.ui.messages.conversation import Thread
from desk_app.ui.messages.mail_files import MailFiles
from desk_app.ui.messages.message_menu import show_message_menu
from desk_app.ui.messages.remote_images import RemoteImages
from desk_app.ui.messages.writing import AddedNote, Writing
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.acts import TicketActs
from desk_app.ui.tickets.list_states import no_ticket
from desk_app.ui.tickets.more_menu import show_more
from desk_app.ui.tickets.ticket_header import TicketHeader
from desk_app.ui.tickets.ticket_questions import TicketQuestions
from desk_app.ui.widgets.layout import boxed, clear, column, hairline
from desk_app.ui.widgets.panels import Banner, EmptyState

REFRESH_MS = 200
_UNREAD = 2
"""Where the stack has the page of a ticket that cannot be read."""


class TicketPane(QWidget):
    """Loads a ticket off the GUI thread and shows it; replies and notes leave from here."""

    shown = Signal(object)
    """A ConversationView, after it was loaded or changed; None when nothing is open."""
    reply_sent = Signal(object, object)
    """ReplySent and the SendOrder behind it."""
    note_added = Signal(object)
    """An AddedNote."""
    status_text = Signal(str)
    parts_changed = Signal(bool)
    """Whether changes are shown in the thread."""

    def __init__(
        self,
        session: DeskSession,
        registries: UiRegistries,
        acts: TicketActs,
        run_action: Callable[[str], None],
        remote_images: RemoteImages | None = None,
        writing: Writing | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`writing` is one that was made before, so that not everything is made in one turn of the window; `parent` is
        where the pane will stand: what gets its place before its parts come is not gone through for every part."""
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._session, self._acts = session, acts
        self._ticket_id: int | None = None
        self.view: ConversationView | None = None
        self._seen = 0
        """The newest message of the open ticket that was looked at since it was opened."""
        self._passing = False
        self._begins_with: DraftKind | None = None
        """What the ticket that is being opened is written to with first."""
        self.files = MailFiles(session, acts, self)
        self.questions = TicketQuestions(session, acts, self)
        self.card_acts = CardActs(session, acts, remote_images, self)
        self.card_acts.decided.connect(self.reload)
        self.header = TicketHeader(run_action)
        self.header.subject.renamed.connect(self._rename)
        self.header.more.clicked.connect(lambda _checked=False: show_more(self, self.header.more, run_action))
        self.thread_view = Thread(session)
        self.thread_view.card_made.connect(self._wire)
        self.thread_view.event_asked.connect(lambda event, where: self.questions.why(event, self.view, where))
        self.writing = writing or Writing(session, registries)
        self.writing.setParent(self)
        self.writing.reply_sent.connect(self.reply_sent)
        self.writing.note_added.connect(self.note_added)
        self.writing.ticket_changed.connect(self._written)
        self.writing.told.connect(acts.told)
        self.composer.tear_asked.connect(self.tear_off)
        self._run_action = run_action
        self.composer.action_asked.connect(run_action)
        self._registries = registries
        self._torn: dict[int, ComposerWindow] = {}
        self._layout_parts()
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(REFRESH_MS)
        self._refresh.timeout.connect(self.reload)
        session.tickets_changed.connect(self._tickets_changed)
        session.outbox_changed.connect(self._outbox_changed)
        session.all_changed.connect(self._refresh.start)

    def _layout_parts(self) -> None:
        """Place what holds others first and the composer, the largest, last: each time it gets another ancestor Qt goes
        through all its parts."""
        self._stack = QStackedWidget()
        self.setLayout(column(self._stack))
        self._notice = boxed(column(margins=(16, 8, 16, 8)), "canvas")
        self._notice.hide()
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.open_part = boxed(column(self.header, hairline(), self._notice, self.splitter, spacing=0))
        self._stack.addWidget(no_ticket())
        self._stack.addWidget(self.open_part)
        self._torn_note = boxed(column())
        self._torn_note.hide()
        desk = column(self.writing.neighbours, self._torn_note, margins=(16, 4, 16, 14))
        self.splitter.addWidget(self.thread_view)
        self.splitter.addWidget(boxed(desk, "canvas"))
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        desk.addWidget(self.composer)
        self.splitter.setSizes([460, 290])

    @property
    def ticket_id(self) -> int | None:
        """The open ticket."""
        return self._ticket_id

    # -- loading --------------------------------------------------------------------------------------------------
    def open_ticket(self, ticket_id: int) -> None:
        """Show a ticket; what was being written for the one before is kept."""
        if ticket_id == self._ticket_id:
            if self._stack.currentIndex() == _UNREAD:
                self.reload()
            return
        self.writing.leave()
        self._ticket_id, self._seen, self._begins_with = ticket_id, 0, None
        self.reload()

    def close_ticket(self) -> None:
        """Show nothing."""
        self.writing.leave()
        self._ticket_id, self.view = None, None
        self.thread_view.clear_view()
        self._stack.setCurrentIndex(0)
        self.shown.emit(None)

    def reload(self) -> None:
        """Read the open ticket again."""
        if self._ticket_id is not None:
            self._load()

    def _tickets_changed(self, ids: frozenset[int]) -> None:
        if self._ticket_id in ids:
            self._refresh.start()

    def _outbox_changed(self) -> None:
        self._refresh.start()

    def _load(self) -> None:
        ticket_id, desk, agent_id = self._ticket_id, self._session.desk, self._session.agent.id
        if ticket_id is None:
            return

        def read() -> ConversationView | None:
            view = desk.conversations.conversation(ticket_id, agent_id=agent_id)
            if view is not None and any(not message.html and message.visible_text for message in view.messages):
                desk.content.prepare_ticket(ticket_id)
                view = desk.conversations.conversation(ticket_id, agent_id=agent_id)
            return desk.shown.shown(view) if view is not None and desk.hooks.wants(MESSAGE_HTML) else view

        def arrived(view: ConversationView | None) -> None:
            if ticket_id != self._ticket_id:
                return
            if view is None:
                self.close_ticket()
            else:
                self._show(view)

        def failed(problem: Problem) -> None:
            if ticket_id == self._ticket_id and (self.view is None or self.view.ticket.id != ticket_id):
                self._show_unread(problem)
            self._session.work.problem.emit(problem)

        self._session.work.run(read, arrived, failed=failed, owner=self)

    def _show_unread(self, problem: Problem) -> None:
        """Say that the ticket cannot be read, instead of leaving another one on screen that no command is about."""
        self.view = None
        self.thread_view.clear_view()
        old = self._stack.widget(_UNREAD)
        if old is not None:
            self._stack.removeWidget(old)
            old.deleteLater()
        again = (tr("Try again"), self.reload)
        self._stack.insertWidget(
            _UNREAD, EmptyState("triangle-alert", tr("This ticket cannot be read."), problem.text, again)
        )
        self._stack.setCurrentIndex(_UNREAD)
        self.shown.emit(None)

    def _show(self, view: ConversationView) -> None:
        before = self.view if self.view is not None and self.view.ticket.id == view.ticket.id else None
        self.view = view
        self.writing.take_view(view)
        self._stack.setCurrentIndex(1)
        self.header.show_view(view, self._session.facts)
        if before is None or before.messages != view.messages or before.events != view.events:
            self.thread_view.show_view(view, same_ticket=before is not None)
        self._show_notice(view)
        if view.ticket.id in self._torn:
            self._torn[view.ticket.id].take_view(view)
            self._show_torn(on=True)
        elif self.writing.ticket_id != view.ticket.id:
            self._show_torn(on=False)
            self.writing.open(view)
            if self._begins_with is not None:
                self.composer.set_kind(self._begins_with)
        self._begins_with = None
        self.shown.emit(view)
        self._mark_seen(view)

    def _show_notice(self, view: ConversationView) -> None:
        """Tell where the messages of a merged ticket are (IN-14), and that a part of the thread is hidden."""
        inside = self._notice.layout()
        clear(inside)  # type: ignore[arg-type]
        target, hidden = view.ticket.merged_into_id, not self.thread_view.aside_shown
        if hidden:
            text = tr("Only the customer's thread is shown: no notes, no side conversations, no changes.")
            everything = [(tr("Show everything"), self.toggle_aside)]
            inside.addWidget(Banner(text, "info", everything, icon_name="list-filter"))  # type: ignore[union-attr]
        if target is not None:
            number = next((e.new for e in reversed(view.events) if e.kind == "TicketMerged"), "") or ""
            choices = [
                (tr("Open that ticket"), lambda: self._acts.open_asked.emit(target)),
                (tr("Take them apart again"), lambda: self._acts.unmerge(view.ticket.id, target)),
            ]
            text = tr("This ticket was merged into #{number}. Its messages are there.").format(number=number)
            inside.addWidget(Banner(text, "info", choices, icon_name="merge"))  # type: ignore[union-attr]
        self._notice.setVisible(target is not None or hidden)

    def _mark_seen(self, view: ConversationView) -> None:
        """Note how far the agent has read: once for each message that is looked at, so that a ticket made unread while
        it is open stays so."""
        newest = max((message.id for message in view.messages), default=0)
        if self._passing or newest <= self._seen or not (self.isVisible() and self.isActiveWindow()):
            return
        self._seen = newest
        if newest > view.last_seen_message_id:
            tickets, agent_id = self._session.desk.tickets, self._session.agent.id
            self._session.work.write(lambda: tickets.mark_seen(view.ticket.id, agent_id, newest))

    def pass_by(self, *, on: bool) -> None:
        """Show tickets without taking them as read, while several are selected: the cursor only passes by."""
        self._passing = on
        if not on and self.view is not None:
            self._mark_seen(self.view)

    def showEvent(self, event: QShowEvent) -> None:
        """What came while another page was in front is looked at now."""
        super().showEvent(event)
        if self.view is not None:
            self._mark_seen(self.view)

    def event(self, event: QEvent) -> bool:
        """The same for what came while the agent was in another program."""
        done = super().event(event)
        if event.type() == QEvent.Type.WindowActivate and self.view is not None:
            self._mark_seen(self.view)
        return done

    # -- writing --------------------------------------------------------------------------------------------------
    @property
    def composer(self) -> Composer:
        """The composer docked below the thread."""
        return self.writing.composer

    @property
    def drafts(self) -> DraftKeeper:
        """What keeps the docked composer's drafts."""
        return self.writing.drafts

    def _desk(self) -> Writing:
        """Return where the open ticket is written to, and bring its window up where it has one."""
        torn = self._torn.get(self._ticket_id or 0)
        if torn is None:
            return self.writing
        torn.bring_up()
        return torn.writing

    def reply(self, *, reply_all: bool = True) -> None:
        """Begin to answer the customer's newest message."""
        self._desk().reply(reply_all=reply_all)

    def note(self) -> None:
        """Begin an internal note."""
        self._desk().note()

    def close_drafts(self) -> None:
        """Keep what was written; the window closes."""
        for torn in tuple(self._torn.values()):
            torn.close()
        self.writing.close()

    def tear_off(self) -> None:
        """Give the composer a window of its own; what is written goes along."""
        view = self.view
        if view is None:
            return
        if view.ticket.id in self._torn:
            self._torn[view.ticket.id].bring_up()
            return
        kind = self.composer.kind
        self.writing.leave()
        self._session.work.write(lambda: None, lambda _none: self._open_torn(view, kind), owner=self)

    def _open_torn(self, view: ConversationView, kind: DraftKind) -> None:
        if view.ticket.id in self._torn:  # asked for twice
            self._torn[view.ticket.id].bring_up()
            return
        torn = ComposerWindow(self._session, self._registries, view, kind)
        self._torn[view.ticket.id] = torn
        torn.docked.connect(self._dock)
        torn.writing.composer.action_asked.connect(self._run_action)
        torn.writing.reply_sent.connect(self.reply_sent)
        torn.writing.note_added.connect(self.note_added)
        torn.writing.ticket_changed.connect(self._written)
        torn.writing.told.connect(self._acts.told)
        self._show_torn(on=self._ticket_id == view.ticket.id)
        torn.bring_up()

    def _show_torn(self, *, on: bool) -> None:
        inside = self._torn_note.layout()
        clear(inside)  # type: ignore[arg-type]
        torn = self._torn.get(self._ticket_id or 0)
        if on and torn is not None:
            self.composer.reset(0)
            inside.addWidget(placeholder(torn.bring_up, torn.close))  # type: ignore[union-attr]
        self._torn_note.setVisible(on)
        self.composer.setVisible(not on)

    def _dock(self, ticket_id: int, kind: str) -> None:
        """Take the ticket back from its window, once its draft is stored."""
        self._torn.pop(ticket_id, None)

        def stored(_none: None) -> None:
            if self.view is not None and self._ticket_id == ticket_id and ticket_id not in self._torn:
                self._show_torn(on=False)
                self.writing.open(self.view)
                self.composer.set_kind(DraftKind(kind))

        self._session.work.write(lambda: None, stored, owner=self)

    def take_back(self, outbox_id: int, ticket_id: int, told: Callable[[bool], None], *, aside: bool = False) -> None:
        """Undo a reply, or a message to a third party (`aside`); the draft comes back into the composer, wherever the
        ticket is written to."""
        kind = DraftKind.FORWARD if aside else DraftKind.REPLY
        self._writing_to(ticket_id).take_back(outbox_id, lambda back: self._came_back(back, kind, told), aside=aside)

    def take_back_note(self, note: AddedNote, told: Callable[[bool], None]) -> None:
        """Undo a note; its draft comes back as that of a reply does."""
        writing = self._writing_to(note.ticket_id)
        writing.take_back_note(note, lambda back: self._came_back(back, DraftKind.NOTE, told))

    def _writing_to(self, ticket_id: int) -> Writing:
        torn = self._torn.get(ticket_id)
        return torn.writing if torn is not None else self.writing

    def _came_back(self, ticket_id: int | None, kind: DraftKind, told: Callable[[bool], None]) -> None:
        """Show the ticket that something was taken back from; None where it was too late."""
        told(ticket_id is not None)
        if ticket_id is None:
            return
        if ticket_id in self._torn:
            self._torn[ticket_id].bring_up()
        if self._ticket_id == ticket_id:
            self.reload()
        else:
            self.open_ticket(ticket_id)
            self._begins_with = kind

    def _written(self, ticket_id: int) -> None:
        self._acts.done.emit(frozenset({ticket_id}))
        if ticket_id == self._ticket_id:
            self.reload()

    def _rename(self, subject: str) -> None:
        if self._ticket_id is not None:
            self._acts.rename(self._ticket_id, subject)

    # -- cards ----------------------------------------------------------------------------------------------------
    def _wire(self, card: MessageCard) -> None:
        message = card.message
        card.reply_asked.connect(self.answer)
        card.menu_asked.connect(lambda one, where: show_message_menu(self, one, where))
        card.attachment_asked.connect(lambda one: self.files.preview(one, message.attachments))
        card.attachment_menu_asked.connect(lambda one, where: self.files.menu(one, message.attachments, where))
        card.attachment_dragged.connect(self.files.drag)
        card.all_asked.connect(lambda: self.files.ask_save_all(message.attachments))
        card.link_chosen.connect(self.card_acts.open_link)
        card.link_hovered.connect(self.status_text)
        card.images_asked.connect(lambda one, always: self.card_acts.show_images(card, one, always=always))
        card.delivery_asked.connect(self.card_acts.decide_delivery)
        allowed = self.view.image_senders if self.view is not None and self.card_acts.shows_images else ()
        if message.remote_images and message.author_email in allowed:
            self.card_acts.show_images(card, message)

    def answer(self, message: MessageView) -> None:
        """Begin to answer a message: to the customer, to the third party of its side conversation, or by a note."""
        if message.side_conversation_id is not None:
            self._desk().forward(message.id)
        elif message.kind is MessageKind.INTERNAL_NOTE:
            self.note()
        else:
            self._desk().begin(message.id, focus=True)

    def forward(self, message: MessageView | None = None) -> None:
        """Begin to pass a message on to a third party (IN-18)."""
        self._desk().forward(message.id if message is not None else None)

    def toggle_events(self) -> None:
        """Show or hide changes in the thread."""
        self.thread_view.show_parts(events=not self.thread_view.events_shown)
        self.parts_changed.emit(self.thread_view.events_shown)

    def toggle_aside(self) -> None:
        """Show the customer's thread alone, or everything."""
        self.thread_view.show_parts(aside=not self.thread_view.aside_shown)
        if self.view is not None:
            self._show_notice(self.view)

    def close_files(self) -> None:
        """Delete the files made for opening attachments."""
        self.files.close()
