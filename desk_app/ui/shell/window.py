"""The main window: puts rail, pages, palette and toast together and runs actions. What is on screen lives elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from desk_app.domain.tickets.model import Bucket
from desk_app.plugin_api.ui import ActionScope, UiRegistries
from desk_app.ui.language import language, tr
from desk_app.ui.mailboxes.alarms import AlarmBell
from desk_app.ui.mailboxes.connection import Connection, Reach
from desk_app.ui.notifications.desk import NoticeDesk
from desk_app.ui.preferences import Preferences
from desk_app.ui.session import DeskSession
from desk_app.ui.shell import areas, focus_order
from desk_app.ui.shell.asking import confirm
from desk_app.ui.shell.inbox_page import InboxPage
from desk_app.ui.shell.jobs import JobsStrip
from desk_app.ui.shell.keymap import Keymap
from desk_app.ui.shell.leaving import Leaving
from desk_app.ui.shell.mail_commands import MailCommands
from desk_app.ui.shell.menu_bar import AltKey, MenuBar
from desk_app.ui.shell.offline_strip import OfflineStrip
from desk_app.ui.shell.pages import Columned, Layered, Searchable
from desk_app.ui.shell.palette_entries import PaletteEntries
from desk_app.ui.shell.place import Place
from desk_app.ui.shell.rail import Rail
from desk_app.ui.shell.setting_up import SettingUp
from desk_app.ui.shell.shortcuts import Shortcuts, stepping_keys
from desk_app.ui.shell.told import Told
from desk_app.ui.theme.theme import Scheme
from desk_app.ui.tickets import bulk_parts
from desk_app.ui.tickets.acts import TicketActs
from desk_app.ui.tickets.mail_drop import MailDrop
from desk_app.ui.tickets.selection import WholeList
from desk_app.ui.tickets.ticket_windows import TicketWindows
from desk_app.ui.timers import single_shot
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.toast import Toast
from desk_app.ui.work import Lane

if TYPE_CHECKING:
    from desk_app.domain.messages.model import Address
    from desk_app.services.messages.replies import ReplySent
    from desk_app.services.system.databases import DatabaseChoices
    from desk_app.ui.messages.remote_images import RemoteImages
    from desk_app.ui.plugins.parts import WindowPlugins
    from desk_app.ui.shell.palette import Palette
    from desk_app.ui.tickets.ticket_pane import TicketPane

WIDTH, HEIGHT, FRAME_PX = 1440, 900, 48
"""The usual size of a window, and what a frame around it takes."""
AFTER_LIST_MS = 150
"""So long after the first list was shown it may be painted and walked through alone."""


T = TypeVar("T")


class MainWindow(QMainWindow):
    """One window on the desk; the WindowPort of actions, pages and panels."""

    ready = Signal()
    """The first list is on screen."""
    plugins_there = Signal()
    """What switches plugins is loaded, and can be asked for them; told by the program."""
    reopen_asked = Signal()
    """Another database was chosen; whoever opened the desk opens it anew."""

    def __init__(
        self,
        session: DeskSession,
        preferences: Preferences,
        *,
        remote_images: RemoteImages | None = None,
        databases: DatabaseChoices | None = None,
    ) -> None:
        super().__init__()
        self.session, self.preferences, self.remote_images = session, preferences, remote_images
        self._databases = databases
        self.registries = UiRegistries()
        self.keymap = Keymap(session, self.registries.actions)
        self.acts = TicketActs(session, self)
        self.told, self.mail, self.entries = Told(self), MailCommands(self), PaletteEntries(self)
        self.leaving = Leaving(self)
        self.connection = Connection.of(session)
        self._alt = AltKey(self, self.toggle_menu)
        self.shortcuts = Shortcuts(self, self._alt.forget)
        self._alarms = AlarmBell(session)
        self.ticket_windows, self.mail_drop = TicketWindows(self), MailDrop(self)
        self.notices = NoticeDesk(self)
        self.plugins: WindowPlugins | None = None
        self._spoken = language()
        self._is_ready = False
        self._after_list = single_shot(self, AFTER_LIST_MS, self._go_on)
        self._listen()
        self._build()
        self.registries.actions.on_change(self._bind_keys)
        self.setMinimumSize(560, 520)
        self._placed = self.restore()
        self.show_page("inbox")

    def _build(self) -> None:
        """Make everything on screen, in the language spoken now."""
        self._building = True
        self.setWindowTitle(tr("Desk App"))
        self._pages: dict[str, QWidget] = {}
        self.setting_up = SettingUp(self, self._databases)
        areas.register_early(self)
        self.stack = QStackedWidget()
        self.offline = OfflineStrip(self.connection, self._try_now)
        self._beside_rail = boxed(column(self.offline, self.stack, spacing=0), "backdrop")
        beside = row(self._beside_rail, spacing=0)
        self._content = content = boxed(beside)
        self.setCentralWidget(content)
        self.inbox = InboxPage(
            self.session, self.registries, self.acts, self, self.run_action, self.remote_images, self.stack
        )
        areas.register(self)
        self.rail = Rail(self.registries.pages, self.session.agent.name)
        beside.insertWidget(0, self.rail)
        self.rail.page_chosen.connect(self.inbox.rail_pressed)
        self.rail.page_chosen.connect(self.show_page)
        self.menu = MenuBar(self.registries.actions, self.run_action, self.selected_ticket_ids)
        self.setMenuBar(self.menu)
        self._palette: Palette | None = None
        self.toast = Toast(content, lambda: self._places(self.inbox.list, self.inbox.sidebar))
        self.jobs = JobsStrip(
            content, self.session.work.tasks, lambda: self._places(self.inbox.sidebar, self.inbox.list)
        )
        for appearing in (self.jobs, self.toast):
            self.stack.currentChanged.connect(appearing.place)
        self.rail.bell_pressed.connect(self.notices.toggle)
        self.notices.build(content, self.rail.bell)
        self.toast.home = self.stack.currentWidget
        self._wire()
        self._building = False
        self._bind_keys()

    def _listen(self) -> None:
        self.acts.told.connect(self.told.act)
        self.acts.told_more.connect(self.told.act)
        self.acts.begun.connect(self.told.begun)
        self.acts.over.connect(self.told.over)
        self.acts.refused.connect(self.told.refused)
        self.acts.open_asked.connect(self.open_ticket)
        self.acts.done.connect(self.session.tickets_changed)
        self.session.work.problem.connect(self.told.problem)
        self._alarms.rung.connect(self.told.alarm)
        self.session.all_changed.connect(self._read_anew)
        self.connection.back.connect(self.told.back)
        bulk_parts.connect(self)

    def _wire(self) -> None:
        page = self.inbox
        page.list.came.connect(self._list_came)
        page.sidebar.palette_asked.connect(self.open_palette)
        page.sidebar.add_mailbox_asked.connect(lambda: self.setting_up.open())  # noqa: PLW0108 -- no argument
        page.sidebar.fix_asked.connect(self.fix_mailbox)
        page.with_ticket(self._wire_ticket)

    def _wire_ticket(self, pane: TicketPane) -> None:
        pane.reply_sent.connect(self.told.reply_sent)
        pane.note_added.connect(self.told.note_added)
        pane.status_text.connect(self.told.link)

    def start(self) -> None:
        """Read the facts, the counters and the first list, and follow changes."""

        def loaded() -> None:
            self.inbox.sidebar.read_counters()
            wanted = str(self.preferences.settings.value("inbox/view", "open"))
            self.inbox.sidebar.choose(wanted if wanted in self.inbox.sidebar.views else "open")
            self.inbox.list.table.setFocus()
            if not self.session.facts.accounts:
                self.setting_up.open(first_run=True)

        self.session.load(loaded)
        self.session.watch()

    def _list_came(self) -> None:
        """Begin with what takes long, a moment after the first list is there and nothing else is under way."""
        if self._is_ready:
            return
        self._is_ready = True
        if self.session.work.busy:
            self.session.work.idle.connect(self._after_list.start, Qt.ConnectionType.SingleShotConnection)
        else:
            self._after_list.start()

    def _go_on(self) -> None:
        self.inbox.sidebar.count()
        self.notices.feed.look()
        self.inbox.prepare_ticket()
        self.ready.emit()

    # -- WindowPort -----------------------------------------------------------------------------------------------
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

    def selected_ticket_ids(self) -> Sequence[int]:
        """Return the tickets an action works on: several selected ones or the whole view, else the open one; none
        while another page hides them."""
        if not self.tickets_in_front:
            return ()
        pane = self.inbox.list
        selection = pane.selection()
        if selection.query is not None:
            return WholeList(pane.model.ids, selection.query)
        chosen = selection.ids
        if len(chosen) > 1:
            return chosen
        open_id = self.inbox.open_ticket_id
        return (open_id,) if open_id is not None else chosen

    @property
    def tickets_in_front(self) -> bool:
        """Whether list and ticket are what the agent looks at, not another page."""
        return self.stack.currentWidget() is self.inbox and not self.inbox.guest_shown

    @property
    def ticket_pane(self) -> TicketPane:
        """Where the open ticket is shown."""
        return self.inbox.ticket

    @property
    def palette_layer(self) -> Palette:
        """The command palette, made when it is first opened."""
        from desk_app.ui.shell.palette import Palette

        if self._palette is None:
            self._palette = Palette(self._content)
        return self._palette

    @property
    def acts_onward(self) -> TicketActs:
        """The acts of this window, where the agent stays."""
        return self.acts

    @property
    def lists_spam(self) -> bool:
        """Whether the list shows spam."""
        view = self.inbox.list.view
        return view is not None and Bucket.SPAM in view.query.buckets

    def step(self, by: int) -> None:
        """Show the next or previous ticket of the list."""
        self.inbox.list.step(by)

    def toggle_details(self) -> None:
        """Show or hide the cards beside the conversation."""
        self.inbox.toggle_details()

    def open_ticket(self, ticket_id: int) -> None:
        """Show a ticket."""
        self.show_page("inbox")
        self.inbox.show_work()
        self.inbox.ticket.open_ticket(ticket_id)
        self.inbox.panes.read()

    def show_page(self, page_id: str) -> None:
        """Switch to a page; hidden ones open beside the lists."""
        spec = self.registries.pages.get(page_id)
        if spec is None:
            return
        if spec.hidden:
            self.show_page("inbox")
            self.inbox.show_guest(spec)
            return
        if page_id not in self._pages:
            self._pages[page_id] = spec.factory(self)
            self.stack.addWidget(self._pages[page_id])
        self.stack.setCurrentWidget(self._pages[page_id])
        self._pages[page_id].setFocus()
        self.rail.set_current(page_id)
        if page_id == "inbox":
            self.inbox.show_work()

    def notify(self, text: str) -> None:
        """Show a short message that goes away by itself."""
        self.toast.show_text(text)

    def _places(self, *columns: QWidget) -> Sequence[QWidget]:
        """Return what messages or jobs may stand in, the best place first: these columns of the inbox, the column of
        another page, else the page as a whole."""
        page: object = self.stack.currentWidget()
        if page is not self.inbox:
            columns = (page.column,) if isinstance(page, Columned) else ()
        return (*columns, self._beside_rail)

    def page(self, page_id: str) -> QWidget | None:
        """Return a page that was opened."""
        return self._pages.get(page_id) or self.inbox.guest(page_id)

    def forget_page(self, page_id: str) -> None:
        """Destroy a page that left the registry; who looks at it sees the inbox."""
        made = self._pages.pop(page_id, None)
        if made is None:
            self.inbox.forget_guest(page_id)
            return
        if self.stack.currentWidget() is made:
            self.show_page("inbox")
        self.stack.removeWidget(made)
        made.deleteLater()

    # -- actions and keys -----------------------------------------------------------------------------------------
    def run_action(self, action_id: str) -> None:
        """Run an action on what is selected."""
        spec = self.registries.actions.get(action_id)
        if spec is None:
            return
        self.inbox.list.open_waiting()
        ids = self.selected_ticket_ids()
        if spec.scope is ActionScope.NONE:
            spec.run(self, ())
        elif not ids:
            self.notify(tr("Choose a ticket first."))
        elif spec.enabled(ids):
            spec.run(self, ids[:1] if spec.scope is ActionScope.ONE else ids)

    def run_on(self, action_id: str, ticket_ids: Sequence[int]) -> None:
        """Run an action on tickets, whatever is selected."""
        spec = self.registries.actions.get(action_id)
        if spec is not None and spec.enabled(ticket_ids):
            spec.run(self, ticket_ids)

    def _bind_keys(self) -> None:
        if self._building:
            return
        pages = [one for one in self.registries.pages if not one.hidden and not one.bottom]
        self.shortcuts.bind(
            [
                *((key, partial(self.run_action, one.id)) for one in self.registries.actions for key in one.keys),
                *((f"Ctrl+{place}", partial(self.show_page, one.id)) for place, one in enumerate(pages, 1)),
                ("Esc", self._step_out),
            ],
            stepping_keys(self.registries.actions),
        )

    def _step_out(self) -> None:
        if self._palette is not None and self._palette.isVisible():
            self._palette.leave()
        elif self.notices.centre_shown:
            self.notices.centre.leave()
        elif self.inbox.panes.step_out():
            pass
        elif self.inbox.list.searching:
            self.inbox.list.close_search()
        elif (shown := self.stack.currentWidget()) is not self.inbox and shown is not None:
            layered: object = shown
            if not (isinstance(layered, Layered) and layered.step_out()):
                shown.setFocus()
        else:
            self.inbox.list.table.setFocus()

    def open_palette(self) -> None:
        """Show the command palette."""
        self.entries.open()

    def search_tickets(self, words: str) -> None:
        """Show the tickets that words are found in."""
        self.show_page("inbox")
        self.inbox.list.search(words)

    def focus_search(self) -> None:
        """Put the cursor into the search box: that of the page in front, where it has one, else that of the lists."""
        shown: object = self.stack.currentWidget()
        if isinstance(shown, Searchable):
            shown.focus_search()
            return
        self.show_page("inbox")
        self.inbox.list.focus_search()

    def toggle_menu(self) -> None:
        """Show or hide the menu bar (Alt, F10)."""
        self.menu.toggle()

    def show_keys(self) -> None:
        """Show which key does what."""
        from desk_app.ui.shell.keys_sheet import KeysSheet

        KeysSheet(self.registries.actions, self).open()

    def cycle_panes(self, by: int) -> None:
        """Move the focus to the next pane (F6)."""
        page = self.inbox
        panes: list[tuple[QWidget, QWidget]] = [
            (page.sidebar, next(iter(page.sidebar.items.values()))),
            (page.list, page.list.table),
            (page.ticket.thread_view, page.ticket.thread_view.area),
            (page.ticket.composer, page.ticket.composer.edit),
            (page.side, page.side),
            *((self.toast, one.choices[0]) for one in self.toast.cards[-1:] if one.choices),
        ]
        focus_order.move_pane(panes, by)

    # -- tickets and mailboxes by hand ------------------------------------------------------------------------------
    def ask_new_ticket(self, customer: Address | None = None) -> None:
        """Open a ticket by hand, for a customer who is known already or for anybody."""
        from desk_app.ui.tickets.new_ticket import NewTicketDialog

        def opened(result: ReplySent) -> None:
            self.open_ticket(result.ticket_id)
            self.inbox.list.refresh()
            self.told.ticket_opened(result)

        NewTicketDialog(self.session, opened, self.open_ticket, self, customer=customer).open()

    def fix_mailbox(self, account_id: int) -> None:
        """Lead to what is wrong with a mailbox."""
        from desk_app.ui.settings.page import SettingsHome

        self.show_page("settings")
        home = self._pages.get("settings")
        if not isinstance(home, SettingsHome):
            return

        def lead() -> None:
            page = home.page("mailboxes")
            if page is not None:
                page.leave(lambda: page.fix(account_id))  # type: ignore[attr-defined]

        home.open_page("mailboxes", then=lead)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Let Tab go on as things stand on screen; what lies over the window keeps it until it is left by Esc."""
        return focus_order.move(focus_order.layer(self._content) or self, forward=forward)

    # -- language ---------------------------------------------------------------------------------------------------
    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self._building:
            self.notices.looked()
        if event.type() == QEvent.Type.LanguageChange and language() != self._spoken:
            self._spoken = language()
            QTimer.singleShot(0, self, self._speak_anew)  # whoever chose it is a part of what goes

    def _speak_anew(self) -> None:
        """Build everything on screen again and go back to where the agent was (decision 064)."""
        place = Place.of(self)
        self.save()
        if self.inbox.made_ticket is not None:
            self.inbox.ticket.close_drafts()
            self.inbox.ticket.close_files()
        if (old := self.takeCentralWidget()) is not None:
            old.deleteLater()
        self.registries.remove_owner("core")
        self._build()
        self.inbox.restore(self.preferences.settings)
        self.session.facts_changed.emit()
        place.show(self)
        self.ticket_windows.speak_anew()

    def _read_anew(self) -> None:
        """Show what is true now, after changes may have been missed."""
        self.inbox.list.model.forget_rows()
        self.inbox.list.refresh()
        self.inbox.sidebar.count()

    def _try_now(self) -> None:
        if self.connection.reach is Reach.NO_MAIL:
            self.mail.sync_now()
        else:
            self.session.load()

    # -- look and memory --------------------------------------------------------------------------------------------
    def set_scheme(self, scheme: Scheme) -> None:
        """Switch the colours."""
        self.preferences.set("look/scheme", scheme.value)

    def save(self) -> None:
        """Remember place and sizes."""
        settings: QSettings = self.preferences.settings
        settings.setValue("window/geometry", self.saveGeometry())
        self.inbox.save(settings)
        settings.sync()

    def restore(self) -> bool:
        """Take place and sizes as they were; returns whether the window has a place already."""
        room = self.screen().availableSize()
        self.resize(min(WIDTH, room.width()), min(HEIGHT, room.height()))
        geometry = self.preferences.settings.value("window/geometry")
        self.inbox.restore(self.preferences.settings)
        return isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)

    def appear(self) -> None:
        """Show the window. A new one fills a screen that has no room for its usual size: never beyond the edge."""
        room = self.screen().availableSize()
        if self._placed or (room.width() > WIDTH and room.height() > HEIGHT + FRAME_PX):
            self.show()
        else:
            self.showMaximized()

    def showEvent(self, event: QShowEvent) -> None:
        """Listen to the keyboard from now on."""
        super().showEvent(event)
        self._alt.follow()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember sizes and stop everything that runs; the program may go on without its window."""
        if not self.leaving.may_close():
            event.ignore()
            return
        self.save()
        self.notices.close()
        self.ticket_windows.close_all()
        if self.plugins is not None:
            self.plugins.close()
        if self.inbox.made_ticket is not None:
            self.inbox.ticket.close_drafts()
            self.inbox.ticket.close_files()
        self.session.close()
        super().closeEvent(event)
        self.leaving.closed()
