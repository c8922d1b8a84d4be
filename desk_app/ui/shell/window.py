"""The main window: puts rail, pages, palette and toast together and runs actions. What is on screen lives elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QByteArray, QEvent, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QWidget

from desk_app.domain.messages.draft import ReplyDraft
from desk_app.plugin_api.ui import ActionScope, ActionSpec, UiRegistries
from desk_app.services.messages.replies import ReplySent
from desk_app.ui.language import language, tr
from desk_app.ui.mailboxes.alarms import AlarmBell
from desk_app.ui.mailboxes.wizard import Entered, Wizard
from desk_app.ui.messages.remote_images import RemoteImages
from desk_app.ui.preferences import Preferences
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.appearance_page import LanguageBox
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell import core_actions, core_parts
from desk_app.ui.shell.inbox_page import InboxPage
from desk_app.ui.shell.keys_sheet import KeysSheet
from desk_app.ui.shell.palette import Entry, Palette
from desk_app.ui.shell.place import Place
from desk_app.ui.shell.rail import Rail
from desk_app.ui.theme.theme import Scheme
from desk_app.ui.tickets.acts import TicketActs
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.new_ticket import NewTicketDialog
from desk_app.ui.widgets.basics import label
from desk_app.ui.widgets.layout import boxed, row
from desk_app.ui.widgets.panels import Toast
from desk_app.ui.work import Lane


class MainWindow(QMainWindow):
    """One window on the desk; the WindowPort of actions, pages and panels."""

    ready = Signal()
    """The first list is on screen."""

    def __init__(
        self,
        session: DeskSession,
        preferences: Preferences,
        *,
        remote_images: RemoteImages | None = None,
    ) -> None:
        super().__init__()
        self.session, self.preferences, self._remote_images = session, preferences, remote_images
        self.registries = UiRegistries()
        self.acts = TicketActs(session, self)
        self._alarms = AlarmBell(session)
        self._shortcuts: list[QShortcut] = []
        self._spoken = language()
        self._listen()
        self._build()
        self.registries.actions.on_change(self._bind_keys)
        self.setMinimumSize(900, 600)
        self.resize(1440, 900)
        self.restore()
        self.show_page("inbox")

    def _build(self) -> None:
        """Make everything on screen, in the language spoken now."""
        self._building = True
        self.setWindowTitle(tr("Desk App"))
        self._pages: dict[str, QWidget] = {}
        self._wizard: Wizard | None = None
        core_parts.register_columns_and_tools(self)
        self.inbox = InboxPage(self.session, self.registries, self.acts, self, self.run_action, self._remote_images)
        core_parts.register(self)
        core_actions.register(self)
        self.rail = Rail(self.registries.pages, self.session.agent.name)
        self.rail.page_chosen.connect(self.show_page)
        self.stack = QStackedWidget()
        content = boxed(row(self.rail, self.stack, spacing=0))
        self.setCentralWidget(content)
        self.palette_layer = Palette(content)
        self.toast = Toast(content)
        self.toast.anchor = self.inbox.list
        self._wire()
        self._building = False
        self._bind_keys()

    def _listen(self) -> None:
        self.acts.told.connect(self._tell)
        self.acts.refused.connect(lambda text: self.toast.show_text(text, icon_name="triangle-alert", seconds=10))
        self.acts.open_asked.connect(self.open_ticket)
        self.acts.done.connect(self.session.tickets_changed)
        self.session.work.problem.connect(self._problem)
        self._alarms.rung.connect(self._alarm)

    def _wire(self) -> None:
        page = self.inbox
        page.sidebar.palette_asked.connect(self.open_palette)
        page.sidebar.add_mailbox_asked.connect(self.open_wizard)
        page.sidebar.fix_asked.connect(self._fix_mailbox)
        page.ticket.reply_sent.connect(self._reply_sent)
        page.ticket.note_added.connect(lambda: self.toast.show_text(tr("Note added"), icon_name="sticky-note"))
        page.ticket.status_text.connect(self._show_link)

    def start(self) -> None:
        """Read the facts, the counters and the first list, and follow changes."""

        def loaded() -> None:
            self.inbox.sidebar.count()
            wanted = str(self.preferences.settings.value("inbox/view", "open"))
            self.inbox.sidebar.choose(wanted if wanted in self.inbox.sidebar.views else "open")
            self.inbox.list.table.setFocus()
            if not self.session.facts.accounts:
                self.open_wizard()
            self.ready.emit()

        self.session.load(loaded)
        self.session.watch()

    # -- WindowPort -----------------------------------------------------------------------------------------------
    def selected_ticket_ids(self) -> tuple[int, ...]:
        """Return the tickets an action works on: several selected ones, else the open one."""
        chosen = self.inbox.list.selected_ids()
        if len(chosen) > 1:
            return chosen
        open_id = self.inbox.ticket.ticket_id
        return (open_id,) if open_id is not None else chosen

    def open_ticket(self, ticket_id: int) -> None:
        """Show a ticket."""
        self.show_page("inbox")
        self.inbox.show_work()
        self.inbox.ticket.open_ticket(ticket_id)

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

    def page(self, page_id: str) -> QWidget | None:
        """Return a page that was opened."""
        return self._pages.get(page_id) or self.inbox.guest(page_id)

    # -- actions and keys -----------------------------------------------------------------------------------------
    def run_action(self, action_id: str) -> None:
        """Run an action on what is selected."""
        spec = self.registries.actions.get(action_id)
        if spec is None:
            return
        ids = self.selected_ticket_ids()
        if spec.scope is ActionScope.NONE:
            spec.run(self, ())
        elif not ids:
            self.notify(tr("Choose a ticket first."))
        elif spec.enabled(ids):
            spec.run(self, ids[:1] if spec.scope is ActionScope.ONE else ids)

    def _bind_keys(self) -> None:
        if self._building:
            return
        for old in self._shortcuts:
            old.setEnabled(False)
            old.deleteLater()
        self._shortcuts = []
        for spec in self.registries.actions:
            for key in spec.keys:
                self._bind(key, lambda one=spec.id: self.run_action(one))  # type: ignore[misc]
        for place, page in enumerate(one for one in self.registries.pages if not one.hidden and not one.bottom):
            self._bind(f"Ctrl+{place + 1}", lambda one=page.id: self.show_page(one))  # type: ignore[misc]
        self._bind("Esc", self._step_out)

    def _bind(self, key: str, call: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(key), self)
        shortcut.activated.connect(call)
        self._shortcuts.append(shortcut)

    def _step_out(self) -> None:
        if self.palette_layer.isVisible():
            self.palette_layer.leave()
        elif self.inbox.list.searching:
            self.inbox.list.close_search()
        else:
            self.inbox.list.table.setFocus()

    def open_palette(self) -> None:
        """Show the command palette."""
        ids = self.selected_ticket_ids()

        def usable(spec: ActionSpec) -> bool:
            return spec.scope is ActionScope.NONE or (bool(ids) and spec.enabled(ids))

        entries = [
            Entry(
                spec.title,
                partial(self.run_action, spec.id),
                spec.group,
                spec.icon,
                spec.keys[0] if spec.keys else "",
            )
            for spec in self.registries.actions
            if usable(spec) and spec.id != "window.palette"
        ]
        self.palette_layer.open_with(entries, self._typed_entries)

    def _typed_entries(self, text: str) -> Iterable[Entry]:
        words = text.strip()
        if words.startswith("#") and len(words) > 1:
            yield Entry(
                tr("Open ticket {number}").format(number=words), lambda: self._open_number(words[1:]), icon="ticket"
            )
        elif len(words) > 1:
            title = tr("Search tickets for “{words}”").format(words=words)
            yield Entry(title, lambda: self._search(words), icon="search")

    def _search(self, words: str) -> None:
        self.show_page("inbox")
        self.inbox.list.search(words)

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
        self.show_page("inbox")
        self.inbox.list.focus_search()

    def _open_number(self, number: str) -> None:
        queries = self.session.desk.ticket_queries

        def found(ticket_id: int | None) -> None:
            if ticket_id is None:
                self.notify(tr("There is no ticket #{number}.").format(number=number))
            else:
                self.open_ticket(ticket_id)

        self.session.work.run(lambda: queries.find(number), found, owner=self)

    def show_keys(self) -> None:
        """Show which key does what."""
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
        ]
        shown = [pair for pair in panes if pair[0].isVisible()]
        focused = QApplication.focusWidget()
        here = next((i for i, (pane, _) in enumerate(shown) if focused is not None and pane.isAncestorOf(focused)), -1)
        pane, target = shown[(here + by) % len(shown)]
        inside = target if target.focusPolicy() != Qt.FocusPolicy.NoFocus else target.nextInFocusChain()
        (inside or pane).setFocus(Qt.FocusReason.ShortcutFocusReason)

    # -- mail -----------------------------------------------------------------------------------------------------
    def sync_now(self) -> None:
        """Get mail from every mailbox."""
        sync = self.session.desk.sync
        self.toast.show_text(tr("Getting mail…"), icon_name="refresh-cw", seconds=60)

        def done(results: object) -> None:
            values = list(results.values()) if isinstance(results, dict) else []
            fetched = sum(one.fetched for one in values)
            faults = [one for one in values if one.fault]
            words = tr("%n new mail(s)", fetched)
            if faults:
                words += " · " + tr("%n mailbox(es) failed", len(faults))
            self.toast.show_text(words, icon_name="triangle-alert" if faults else "mail-check")
            self.session.load()
            self.inbox.list.refresh()
            self.inbox.sidebar.count()

        self.session.work.run(sync.sync_all, done, owner=self, lane=Lane.NETWORK)

    def ask_arm(self) -> None:
        """Ask before mail may leave by itself."""
        counts = self.inbox.sidebar.counts
        held = counts.outbox_held if counts is not None else 0
        question = Question(tr("Let mail out?"), tr("Arm outgoing mail"), self)
        text = tr("From now on replies leave by themselves once the time to undo is over.")
        question.content.addWidget(label(text, "secondary", wrap=True))
        if held:
            waiting = tr("%n mail(s) wait in the outbox. They stay there until you send them from it.", held)
            question.content.addWidget(label(waiting, "secondary", wrap=True))
        question.ask(self.arm)

    def arm(self) -> None:
        """Let mail out."""
        settings, actor = self.session.desk.settings, self.session.actor
        self.session.work.write(
            lambda: settings.arm(actor), lambda _n: self._armed(tr("Outgoing mail is armed")), owner=self
        )

    def disarm(self) -> None:
        """Hold all mail."""
        settings, actor = self.session.desk.settings, self.session.actor
        self.session.work.write(
            lambda: settings.disarm(actor), lambda _n: self._armed(tr("All outgoing mail is held")), owner=self
        )

    def _armed(self, text: str) -> None:
        self.notify(text)
        self.session.load()
        self.inbox.sidebar.count()

    def ask_new_ticket(self) -> None:
        """Open a ticket by hand."""

        def opened(result: ReplySent) -> None:
            self.open_ticket(result.ticket_id)
            self.inbox.list.refresh()

        NewTicketDialog(self.session, opened, self).open()

    def open_wizard(self, account_id: int | None = None) -> None:
        """Lead through connecting a mailbox."""
        if self._wizard is None:
            self._wizard = Wizard(self.session, LanguageBox(self.preferences))
            self._wizard.finished.connect(self._wizard_done)
            self.stack.addWidget(self._wizard)
        self._wizard.begin(account_id)
        self.rail.hide()
        self.stack.setCurrentWidget(self._wizard)
        self._wizard.setFocus()

    def refill_wizard(self, entered: Entered) -> None:
        """Put back into the wizard what was entered in it."""
        if self._wizard is not None:
            self._wizard.refill(entered)

    def _wizard_done(self) -> None:
        self.rail.show()
        self.show_page("inbox")
        self.session.load()
        self.inbox.list.refresh()
        self.inbox.sidebar.count()

    def _alarm(self, account_id: int, text: str) -> None:
        choices = [(tr("Fix"), lambda: self._fix_mailbox(account_id))]
        self.toast.show_text(text, choices=choices, icon_name="circle-alert", seconds=20)

    def _fix_mailbox(self, account_id: int) -> None:
        self.show_page("settings")
        home = self._pages.get("settings")
        if isinstance(home, SettingsHome):
            home.open_page("mailboxes")
            page = home.page("mailboxes")
            if page is not None:
                page.open_account(account_id)  # type: ignore[attr-defined]
                page.editor.mend()  # type: ignore[attr-defined]

    # -- messages -------------------------------------------------------------------------------------------------
    def _tell(self, text: str, undo: Callable[[], object] | None, icon_name: str) -> None:
        choices = [(tr("Undo"), undo)] if undo is not None else []
        self.toast.show_text(text, choices=choices, icon_name=icon_name, seconds=8 if undo else 5)

    def _problem(self, problem: Problem) -> None:
        def show() -> None:
            question = Question(problem.title, tr("Close"), self)
            question.content.addWidget(label(problem.advice, "secondary", wrap=True))
            question.content.addWidget(label(problem.details, "tertiary", wrap=True, selectable=True))
            question.ask(lambda: None)

        choices: Sequence[tuple[str, Callable[[], object]]] = [(tr("Details"), show)] if problem.details else []
        self.toast.show_text(problem.text, choices=choices, icon_name="triangle-alert", seconds=12)

    def _show_link(self, address: str) -> None:
        if address:
            self.toast.show_text(address, icon_name="link", seconds=3)

    def _reply_sent(self, sent: ReplySent, draft: ReplyDraft) -> None:
        outbox_id, ticket_id = sent.outbox_id, draft.ticket_id
        if outbox_id is None:
            return

        def told(came_back: bool) -> None:
            self.notify(
                tr("Taken back: the reply is in the composer again.") if came_back else tr("Too late: it has left.")
            )

        undo = (tr("Undo"), lambda: self.inbox.ticket.take_back(outbox_id, ticket_id, told))
        if sent.state == "held":
            choices = [undo, (tr("Show"), lambda: self.show_page("outbox"))]
            self.toast.show_text(
                tr("Waits in the outbox: outgoing is not armed"), choices=choices, icon_name="lock", seconds=10
            )
            return
        left = int((sent.undo_until_at - datetime.now(UTC)).total_seconds()) if sent.undo_until_at is not None else 0
        if left > 120:
            self.toast.show_text(tr("The reply leaves later"), choices=[undo], icon_name="clock", seconds=10)
        elif left > 0:
            self.toast.show_text(
                lambda seconds: tr("Reply sends in {seconds} s").format(seconds=seconds),
                choices=[undo],
                icon_name="send",
                seconds=left,
            )
        else:
            self.toast.show_text(tr("Reply on its way"), icon_name="send")

    # -- language ---------------------------------------------------------------------------------------------------
    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange and language() != self._spoken:
            self._spoken = language()
            QTimer.singleShot(0, self, self._speak_anew)  # whoever chose it is a part of what goes

    def _speak_anew(self) -> None:
        """Build everything on screen again and go back to where the agent was (decision 064)."""
        place = Place.of(self)
        self.save()
        self.inbox.ticket.close_drafts()
        self.inbox.ticket.close_files()
        if (old := self.takeCentralWidget()) is not None:
            old.deleteLater()
        self.registries.remove_owner("core")
        self._build()
        self.inbox.restore(self.preferences.settings)
        self.session.facts_changed.emit()
        place.show(self)

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

    def restore(self) -> None:
        """Take place and sizes as they were."""
        geometry = self.preferences.settings.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        self.inbox.restore(self.preferences.settings)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember sizes and stop everything that runs."""
        self.save()
        self.inbox.ticket.close_drafts()
        self.inbox.ticket.close_files()
        self.session.close()
        super().closeEvent(event)
