"""A window of one ticket: conversation, composer and cards, with every command on tickets (ui.md 4, shell).

It shares the session, the registries and the drafts with the main window; what is written in both at once is decided by
the agent, as between two computers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QByteArray, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QSplitter, QWidget

from desk_app.plugin_api.ui import ActionScope, ActionSpec
from desk_app.services.queries.conversation import ConversationView
from desk_app.ui.language import tr
from desk_app.ui.shell.asking import confirm
from desk_app.ui.shell.palette import Entry, Palette
from desk_app.ui.shell.shortcuts import Shortcuts, stepping_keys
from desk_app.ui.shell.side_panel import SidePanel
from desk_app.ui.shell.told import Told
from desk_app.ui.tickets.acts import TicketActs
from desk_app.ui.tickets.mail_drop import MailDrop
from desk_app.ui.tickets.parts import remember_events
from desk_app.ui.tickets.ticket_pane import TicketPane
from desk_app.ui.widgets.layout import boxed, row
from desk_app.ui.widgets.toast import Toast
from desk_app.ui.work import Lane

if TYPE_CHECKING:
    from desk_app.ui.shell.window import MainWindow

NARROW = 900
"""Below this width the cards beside the conversation close."""
LOCAL = frozenset(
    [
        "edit.undo",
        "ticket.import",
        "thread.next",
        "thread.previous",
        "thread.open_all",
        "thread.fold_all",
        "window.palette",
        "window.details",
    ]
)
"""Commands without a ticket that work in this window; others of that kind belong to the main window."""
ELSEWHERE = frozenset(["ticket.window", "ticket.merge_selected"])

T = TypeVar("T")


class TicketWindow(QMainWindow):
    """One ticket; a TicketHost for actions and panels."""

    def __init__(self, main: MainWindow, ticket_id: int) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.session, self.registries, self.preferences = main.session, main.registries, main.preferences
        self.main = main
        self._shortcuts = Shortcuts(self)
        self._wants_details = True
        self.acts = TicketActs(main.session, self)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self._content = boxed(row(self.splitter, spacing=0))
        self.setCentralWidget(self._content)
        self.ticket_pane = TicketPane(
            main.session, main.registries, self.acts, self.run_action, main.remote_images, parent=self.splitter
        )
        self.ticket_pane.header.leave_list()
        remember_events(self.ticket_pane, main.preferences)
        self.side = SidePanel(main.registries.panels, self, self.ticket_pane.thread_view)
        self.side.setMinimumWidth(240)
        for pane in (self.ticket_pane, self.side):
            self.splitter.addWidget(pane)
        self.splitter.setSizes([720, 262])
        self.splitter.setStretchFactor(0, 1)
        self.palette_layer = Palette(self._content)
        self.toast = Toast(self._content)
        self.toast.avoid = self._composer_place
        self.told = Told(self, main.told)
        self.mail_drop = MailDrop(self)
        self._listen()
        self._stop = main.registries.actions.on_change(self._bind_keys)
        self._bind_keys()
        self.setMinimumSize(560, 480)
        room = self.screen().availableSize()
        self.resize(min(1000, room.width()), min(820, room.height()))
        self._restore()
        self.ticket_pane.open_ticket(ticket_id)

    def _listen(self) -> None:
        self.acts.told.connect(self.told.act)
        self.acts.told_more.connect(self.told.act)
        self.acts.begun.connect(self.told.begun)
        self.acts.over.connect(self.told.over)
        self.acts.refused.connect(self.told.refused)
        self.acts.failures_asked.connect(self.main.acts.failures_asked)
        self.acts.open_asked.connect(self.open_ticket)
        self.acts.done.connect(self.session.tickets_changed)
        self.acts.requester_changed.connect(self.main.acts.requester_changed)
        self.ticket_pane.shown.connect(self._ticket_shown)
        self.ticket_pane.reply_sent.connect(self.told.reply_sent)
        self.ticket_pane.note_added.connect(self.told.note_added)
        self.ticket_pane.status_text.connect(self.told.link)

    # -- what is shown --------------------------------------------------------------------------------------------
    @property
    def ticket_id(self) -> int | None:
        """The ticket of this window."""
        return self.ticket_pane.ticket_id

    def _ticket_shown(self, view: ConversationView | None) -> None:
        if view is None:
            if self.ticket_id is None:  # deleted for good
                self.close()
            return
        subject = view.ticket.subject or tr("(no subject)")
        self.setWindowTitle(f"#{view.ticket.number} {subject}")
        self.side.show_view(view)
        self._place_details()

    def _place_details(self) -> None:
        self.side.setVisible(self._wants_details and self.width() >= NARROW)

    def toggle_details(self) -> None:
        """Show or hide the cards beside the conversation."""
        self._wants_details = not self.side.isVisible()
        self.side.setVisible(self._wants_details)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Close the cards where there is no room."""
        super().resizeEvent(event)
        self._place_details()

    def _composer_place(self) -> QRect:
        composer = self.ticket_pane.composer
        if not composer.isVisible() or not self._content.isAncestorOf(composer):
            return QRect()
        return QRect(composer.mapTo(self._content, QPoint(0, 0)), composer.size())

    # -- TicketHost -----------------------------------------------------------------------------------------------
    def selected_ticket_ids(self) -> Sequence[int]:
        """Return the ticket of this window."""
        return (self.ticket_id,) if self.ticket_id is not None else ()

    @property
    def acts_onward(self) -> TicketActs:
        """The main window's: this one closes, and its messages with it."""
        return self.main.acts

    @property
    def lists_spam(self) -> bool:
        """There is no list here."""
        return False

    @property
    def widget(self) -> QWidget:
        """The window itself."""
        return self

    def confirm(self, question: str, yes: str, then: Callable[[], object], *, details: str = "") -> None:
        """Ask the agent, and call `then` if they agree."""
        confirm(self, question, yes, then, details)

    def in_background(self, work: Callable[[], T], done: Callable[[T], None], owner: QObject) -> None:
        """Run what takes long off the GUI thread."""
        self.session.work.run(work, done, owner=owner, lane=Lane.GUEST)

    def open_ticket(self, ticket_id: int) -> None:
        """Show another ticket, in the main window."""
        if ticket_id != self.ticket_id:
            self.main.open_ticket(ticket_id)
            self.main.activateWindow()

    def show_page(self, page_id: str) -> None:
        """Switch the main window to a page."""
        self.main.show_page(page_id)
        self.main.activateWindow()

    def fix_mailbox(self, account_id: int) -> None:
        """Lead to what is wrong with a mailbox, in the main window."""
        self.main.fix_mailbox(account_id)
        self.main.activateWindow()

    def notify(self, text: str) -> None:
        """Show a short message that goes away by itself."""
        self.toast.show_text(text)

    def step(self, by: int) -> None:  # noqa: ARG002 -- there is no list to step through
        """Close: the ticket is done with."""
        self.close()

    def run_action(self, action_id: str) -> None:
        """Run an action on this ticket."""
        spec = self.registries.actions.get(action_id)
        if spec is None:
            return
        if spec.scope is ActionScope.NONE:
            spec.run(self, ())
        elif (ids := self.selected_ticket_ids()) and spec.enabled(ids):
            spec.run(self, ids)

    # -- keys and palette -----------------------------------------------------------------------------------------
    def _here(self) -> list[ActionSpec]:
        return [
            spec
            for spec in self.registries.actions
            if spec.id in LOCAL or (spec.scope is not ActionScope.NONE and spec.id not in ELSEWHERE)
        ]

    def _bind_keys(self) -> None:
        self._shortcuts.bind(
            [
                *((key, partial(self.run_action, one.id)) for one in self._here() for key in one.keys),
                ("Ctrl+W", self.close),
                ("Esc", self._step_out),
            ],
            stepping_keys(self._here()),
        )

    def _step_out(self) -> None:
        if self.palette_layer.isVisible():
            self.palette_layer.leave()
        else:
            self.ticket_pane.thread_view.setFocus()

    def open_palette(self) -> None:
        """Show the commands that work in this window."""
        entries = [
            Entry(
                spec.title,
                lambda one=spec.id: self.run_action(one),  # type: ignore[misc]
                spec.group,
                spec.icon,
                spec.keys[0] if spec.keys else "",
            )
            for spec in self._here()
            if spec.id != "window.palette"
        ]
        close = Entry(tr("Close this window"), self.close, tr("Go to"), "x", "Ctrl+W")
        self.palette_layer.open_with([*entries, close])

    # -- memory ---------------------------------------------------------------------------------------------------
    def _restore(self) -> None:
        settings = self.preferences.settings
        geometry = settings.value("ticket-window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        for key, splitter in (("panes", self.splitter), ("composer", self.ticket_pane.splitter)):
            state = settings.value(f"ticket-window/{key}")
            if isinstance(state, QByteArray):
                splitter.restoreState(state)
        self._wants_details = settings.value("ticket-window/details", True, type=bool) is True

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember sizes, keep what was written."""
        settings = self.preferences.settings
        settings.setValue("ticket-window/geometry", self.saveGeometry())
        settings.setValue("ticket-window/panes", self.splitter.saveState())
        settings.setValue("ticket-window/composer", self.ticket_pane.splitter.saveState())
        settings.setValue("ticket-window/details", self._wants_details)
        self._stop()
        self.ticket_pane.close_drafts()
        self.ticket_pane.close_files()
        self.main.ticket_windows.closed(self)
        super().closeEvent(event)
