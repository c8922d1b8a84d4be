"""The main page: sidebar, list, conversation, side panel; the outbox and other lists open beside the sidebar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QSettings
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from desk_app.domain.tickets.model import Bucket
from desk_app.plugin_api.ui import PageSpec, UiRegistries, WindowPort
from desk_app.ui.language import said, tr
from desk_app.ui.shell.notice_board import NoticeBoard
from desk_app.ui.shell.panes import Panes
from desk_app.ui.shell.side_panel import SidePanel
from desk_app.ui.shell.sidebar import Sidebar
from desk_app.ui.tickets.bulk_bar import BulkBar
from desk_app.ui.tickets.list_pane import ListPane
from desk_app.ui.tickets.list_states import Offer, no_ticket
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.tickets.views import ListView
from desk_app.ui.timers import next_turn
from desk_app.ui.widgets.layout import boxed, clear, column
from desk_app.ui.widgets.panels import Banner

if TYPE_CHECKING:
    from desk_app.services.queries.conversation import ConversationView
    from desk_app.services.queries.tickets import Counts
    from desk_app.services.system.backup_failure import BackupFailure
    from desk_app.ui.messages.remote_images import RemoteImages
    from desk_app.ui.messages.writing import Writing
    from desk_app.ui.session import DeskSession
    from desk_app.ui.tickets.acts import TicketActs
    from desk_app.ui.tickets.ticket_pane import TicketPane


BEHIND_A_TICKET = (
    "tickets.ticket_pane",
    "messages.writing",
    "contacts.customer_panel",
    "tickets.property_panel",
    "tickets.links_panel",
)
"""What the first ticket that is opened needs, by module."""


class InboxPort(WindowPort, Protocol):
    """The window around the page."""

    def run_on(self, action_id: str, ticket_ids: Sequence[int]) -> None:
        """Run an action on tickets, whatever is selected."""
        ...


class InboxPage(QWidget):
    """Puts the panes together and keeps them in step."""

    def __init__(
        self,
        session: DeskSession,
        registries: UiRegistries,
        acts: TicketActs,
        port: InboxPort,
        run_action: Callable[[str], None],
        remote_images: RemoteImages | None,
        parent: QWidget,
    ) -> None:
        """`parent` is where the page will stand: what gets its place before its parts come is not gone through for
        every part."""
        super().__init__(parent)
        self._session, self._registries, self._port, self._run = session, registries, port, run_action
        self._acts, self._remote_images = acts, remote_images
        self._ticket_wishes: list[Callable[[TicketPane], object]] = []
        self._writing: Writing | None = None
        self.list = ListPane(session, registries.columns)
        self.sidebar = Sidebar(session, self.list.choices)
        self.bulk = BulkBar(self.list, registries.actions, run_action)
        self._ticket_place = boxed(column(no_ticket()), "canvas")
        self.side = SidePanel(registries.panels, port, self.list.table)
        self._guests: dict[str, QWidget] = {}
        self._lay_out()
        self._wire()

    def _lay_out(self) -> None:
        self.notices = NoticeBoard()
        self.panes = Panes(self, self.sidebar, self.list, self._ticket_place, self.side, self.notices)
        self.stack = self.panes.stack
        self.setLayout(column(self.panes))
        self.list.setFocusProxy(self.list.table)
        self.setFocusProxy(self.list.table)

    def _wire(self) -> None:
        self.sidebar.view_chosen.connect(self._show_list)
        self.sidebar.page_chosen.connect(self._port.show_page)
        self.sidebar.counted.connect(self._show_notice)
        self._session.facts_changed.connect(self._facts_changed)
        self.list.ticket_chosen.connect(self._open_chosen)
        self.list.ticket_opened.connect(lambda _id: self.panes.read())
        self.list.header.sidebar_asked.connect(self.panes.toggle_sidebar)
        self.list.act_asked.connect(self._act_on_row)
        self.list.offer = self._offer
        self.list.reading = lambda: self.open_ticket_id
        self.sidebar.counted.connect(lambda _counts: self.list.renew_empty())
        self.sidebar.tickets_dropped.connect(self._dropped)
        self.list.header.new_button.clicked.connect(lambda _checked=False: self._run("ticket.new"))
        self.with_ticket(lambda pane: pane.shown.connect(self._ticket_shown))
        self.with_ticket(lambda pane: self.list.selection_changed.connect(lambda count: pane.pass_by(on=count > 1)))

    # -- the open ticket ------------------------------------------------------------------------------------------
    @cached_property
    def ticket(self) -> TicketPane:
        """Where a ticket is read and written to. Half of the window's code stands behind it, so that it is made when
        the first list is on screen (`prepare_ticket`), or by whoever asks for it sooner."""
        from desk_app.ui.tickets.ticket_pane import TicketPane  # noqa: PLC0415 -- see above

        place = self._ticket_place
        inside = place.layout()
        clear(inside)  # type: ignore[arg-type]
        pane = TicketPane(
            self._session, self._registries, self._acts, self._run, self._remote_images, self._writing, place
        )
        inside.addWidget(pane)  # type: ignore[union-attr]
        for wish in self._ticket_wishes:
            wish(pane)
        self._ticket_wishes.clear()
        return pane

    @property
    def made_ticket(self) -> TicketPane | None:
        """The same where it is made already: for questions that nothing has to be made for."""
        return self.ticket if "ticket" in vars(self) else None

    @property
    def open_view(self) -> ConversationView | None:
        """The open ticket as it was read, None where none is open."""
        return self.made_ticket.view if self.made_ticket is not None else None

    @property
    def open_ticket_id(self) -> int | None:
        """The open ticket, which may still be being read."""
        return self.made_ticket.ticket_id if self.made_ticket is not None else None

    def with_ticket(self, wish: Callable[[TicketPane], object]) -> None:
        """Do something with the ticket's pane as soon as it is made."""
        if "ticket" in vars(self):
            wish(self.ticket)
        else:
            self._ticket_wishes.append(wish)

    def prepare_ticket(self) -> None:
        """Load what is behind a ticket off the GUI thread, then make its pane: the first one opened is there soon."""

        desk = self._session.desk

        def load() -> None:
            for name in BEHIND_A_TICKET:
                import_module(f"desk_app.ui.{name}")
            _ = desk.conversations, desk.content, desk.replies, desk.signatures, desk.drafts, desk.contact_queries

        self._session.work.run(load, self._make_writing, owner=self)

    def _make_writing(self, _none: None) -> None:
        """Make the composer in one turn of the window and the pane around it in the next: neither holds it up."""
        if self.made_ticket is None:
            from desk_app.ui.messages.writing import Writing  # noqa: PLC0415 -- as above

            self._writing = Writing(self._session, self._registries)
            next_turn(self, self._make_ticket)

    def _make_ticket(self) -> None:
        _ = self.ticket

    def _open_chosen(self, ticket_id: int) -> None:
        self.ticket.open_ticket(ticket_id)

    # -- lists and guests -----------------------------------------------------------------------------------------
    def _show_list(self, view: ListView) -> None:
        self.stack.setCurrentIndex(0)
        self.panes.sidebar_drawer.leave()
        if not self.panes.room.both:
            self.panes.show_list()
        self.list.show_view(view)

    def _offer(self, view: ListView) -> Offer | None:
        """Return what an empty list tells and offers."""
        counts = self.sidebar.counts
        if view.id == "search" or view.id.startswith("mailbox:") or counts is None:
            return None
        waiting, free = counts.total.get(Bucket.WAITING, 0), counts.nobody.get(Bucket.OPEN, 0)
        choose = self.sidebar.choose
        if view.id == "mine" and free:
            words = tr("%n ticket(s) have nobody yet.", free)
            return Offer(words, tr("Show them"), lambda: choose("unassigned"))
        if view.id in {"mine", "open"} and waiting:
            words = tr("%n ticket(s) wait for customers.", waiting)
            return Offer(words, tr("Show them"), lambda: choose("waiting"))
        return Offer("", tr("Show all open tickets"), lambda: choose("open")) if view.id != "open" else None

    def _act_on_row(self, part: str, ticket_id: int) -> None:
        """Do the quick action of a row: on the selection where the row is one of several selected."""
        several = self.list.selected_count() > 1 and self.list.is_selected(ticket_id)
        ids = self._port.selected_ticket_ids() if several else (ticket_id,)
        self._port.run_on(f"ticket.{part}", ids)

    def _dropped(self, list_id: str, ids: Sequence[int]) -> None:
        """Do to tickets what the list they were dropped on stands for."""
        if list_id.startswith("mailbox:"):
            self._to_mailbox(int(list_id.removeprefix("mailbox:")), ids)
            return
        if list_id.startswith("agent:"):
            self._acts.assign(ids, int(list_id.removeprefix("agent:")))
            return
        acts = self._acts
        waiting = next((one.key for one in self._session.facts.statuses if one.category.value == "waiting"), "")
        drops: dict[str, Callable[[], None]] = {
            "mine": lambda: acts.assign(ids, self._session.agent.id),
            "unassigned": lambda: acts.assign(ids, None),
            "open": lambda: acts.set_status(ids, "open"),
            "waiting": lambda: acts.set_status(ids, waiting),
            "closed": lambda: acts.resolve(ids),
            "spam": lambda: acts.mark_spam(ids, spam=True),
            "trash": lambda: acts.trash(ids),
            "watched": lambda: acts.watch(ids, on=True),
            "snoozed": lambda: self._port.run_on("ticket.snooze", ids),
            "starred": lambda: self._port.run_on("ticket.star", ids),
        }
        here = self.list.view.id if self.list.view is not None else ""
        if list_id != here and list_id in drops:
            drops[list_id]()

    def _to_mailbox(self, account_id: int, ids: Sequence[int]) -> None:
        account = self._session.facts.account(account_id)
        if account is not None:
            self._acts.move_to_mailbox(ids, account.id, account.name)

    def show_guest(self, spec: PageSpec) -> None:
        """Show a page beside the sidebar."""
        if spec.id not in self._guests:
            self._guests[spec.id] = spec.factory(self._port)
            self.stack.addWidget(self._guests[spec.id])
        self.stack.setCurrentWidget(self._guests[spec.id])
        self.sidebar.mark(spec.id)
        if spec.id in self.sidebar.items:
            self.sidebar.items[spec.id].setFocus()

    def show_work(self) -> None:
        """Show list and conversation again."""
        self.stack.setCurrentIndex(0)
        if self.list.view is not None:
            self.sidebar.mark(self.list.view.id)

    @property
    def guest_shown(self) -> str:
        """The id of the page shown beside the sidebar, "" for the lists themselves."""
        here = self.stack.currentWidget()
        return next((key for key, guest in self._guests.items() if guest is here), "")

    def forget_guest(self, page_id: str) -> None:
        """Destroy a page that was opened beside the sidebar; who looks at it sees the lists."""
        guest = self._guests.pop(page_id, None)
        if guest is None:
            return
        if self.stack.currentWidget() is guest:
            self.show_work()
        self.stack.removeWidget(guest)
        guest.deleteLater()

    def guest(self, page_id: str) -> QWidget | None:
        """Return a page that was opened beside the sidebar."""
        return self._guests.get(page_id)

    def _ticket_shown(self, view: ConversationView | None) -> None:
        if view is None:
            self.side.show_view(None)
        else:  # the conversation is what is waited for
            next_turn(self, lambda: self._show_beside(view))
        self.panes.ticket_shown(there=view is not None)
        if view is not None:
            self.panes.back_title.set_text(self.list.view.title if self.list.view is not None else "")
            self.list.follow(view.ticket.id)

    def _show_beside(self, view: ConversationView) -> None:
        if self.open_view is view:
            self.side.show_view(view)

    # -- panes ------------------------------------------------------------------------------------------------------
    def toggle_details(self) -> None:
        """Show or hide the side panel."""
        self.panes.toggle_details()

    def rail_pressed(self, page_id: str) -> None:
        """Open the folded lists when the page's own button is pressed again."""
        if page_id == "inbox" and self.isVisible() and not self.panes.room.sidebar:
            self.panes.toggle_sidebar()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Offer the lists above the rows where the sidebar has no room."""
        super().resizeEvent(event)
        self.list.header.lists_button.setVisible(not self.panes.room.sidebar)

    # -- notices ----------------------------------------------------------------------------------------------------
    def _facts_changed(self) -> None:
        self._show_notice(self.sidebar.counts)
        self._show_backup(self._session.facts.backup_failure)

    def _show_backup(self, failure: BackupFailure | None) -> None:
        """Tell the admins that the daily backup fails: a log is read by nobody."""
        shown = self.notices.notice("backup")
        text = ""
        if failure is not None and self._session.agent.kind == "admin":
            text = tr("The daily backup failed on {when}. {why} It is tried again every hour.").format(
                when=full_time(failure.at), why=said(failure.why)
            )
        if isinstance(shown, Banner) and shown.text.text() == text:
            return
        choice = (tr("Show the backups"), lambda: self._run("settings.data"))
        self.notices.put("backup", Banner(text, "danger", [choice]) if text else None, 5)

    def _show_notice(self, counts: Counts | None) -> None:
        held = counts.outbox_held if counts is not None else 0
        armed = self._session.facts.settings.outgoing_armed
        if held and not armed:
            text = tr("Sending is not switched on yet. In the outbox: %n mail(s).", held)
            show = (tr("Show"), lambda: self._port.show_page("outbox"))
            banner = Banner(text, "warning", [show, (tr("Switch on…"), lambda: self._run("desk.arm"))])
            self.notices.put("arm", banner, 10)
        else:
            self.notices.put("arm", None)

    # -- remembered sizes -------------------------------------------------------------------------------------------
    def save(self, settings: QSettings) -> None:
        """Remember sizes and the list shown."""
        self.panes.save(settings)
        if self.made_ticket is not None:
            settings.setValue("inbox/composer", self.made_ticket.splitter.saveState())
        settings.setValue("inbox/more", self.sidebar.unfolded)
        if self.list.view is not None and self.list.view.id != "search":
            settings.setValue("inbox/view", self.list.view.id)

    def restore(self, settings: QSettings) -> None:
        """Take sizes as they were."""
        state = settings.value("inbox/composer")
        if state is not None:
            self.with_ticket(lambda pane: pane.splitter.restoreState(state))
        shown = str(settings.value("inbox/view", ""))
        if shown.startswith("view:"):
            self.sidebar.choose(shown)
        self.sidebar.unfold(on=settings.value("inbox/more", False, type=bool) is True)
        self.panes.restore(settings)
