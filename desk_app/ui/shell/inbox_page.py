"""The main page: sidebar, list, conversation, side panel; the outbox and other lists open beside the sidebar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from desk_app.plugin_api.ui import PageSpec, UiRegistries, WindowPort
from desk_app.services.queries.conversation import ConversationView
from desk_app.services.queries.tickets import Counts
from desk_app.ui.language import tr
from desk_app.ui.messages.remote_images import RemoteImages
from desk_app.ui.session import DeskSession
from desk_app.ui.shell.side_panel import SidePanel
from desk_app.ui.shell.sidebar import Sidebar
from desk_app.ui.tickets.acts import TicketActs
from desk_app.ui.tickets.list_pane import ListPane
from desk_app.ui.tickets.ticket_pane import TicketPane
from desk_app.ui.tickets.views import ListView
from desk_app.ui.widgets.basics import ElidedLabel, icon_button
from desk_app.ui.widgets.layout import boxed, clear, column
from desk_app.ui.widgets.panels import Banner

NARROW = 1330
"""Below this width the details close by themselves (ui.md 4)."""


class InboxPage(QWidget):
    """Puts the panes together and keeps them in step."""

    def __init__(
        self,
        session: DeskSession,
        registries: UiRegistries,
        acts: TicketActs,
        port: WindowPort,
        run_action: Callable[[str], None],
        remote_images: RemoteImages | None,
    ) -> None:
        super().__init__()
        self._session, self._registries, self._port, self._run = session, registries, port, run_action
        self.sidebar = Sidebar(session)
        self.list = ListPane(session, registries.columns)
        self.ticket = TicketPane(session, registries, acts, run_action, remote_images)
        self.side = SidePanel(registries.panels, port)
        self._guests: dict[str, QWidget] = {}
        self._wants_details = True
        self._lay_out()
        self._wire()

    def _lay_out(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.list.setMinimumWidth(300)
        self.side.setMinimumWidth(240)
        for pane in (self.list, self.ticket, self.side):  # the ticket's least width is what its buttons need
            self.splitter.addWidget(pane)
        self.splitter.setSizes([352, 560, 262])
        for place, stretch in enumerate((0, 1, 0)):
            self.splitter.setStretchFactor(place, stretch)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.splitter)
        self._notices: QVBoxLayout = column(margins=(12, 8, 12, 8), spacing=6)
        self._notice_holder = boxed(self._notices, "surface")
        self._notice_holder.hide()
        right = boxed(column(self._notice_holder, self.stack, spacing=0))
        self.outer = QSplitter(Qt.Orientation.Horizontal)
        self.outer.setHandleWidth(1)
        self.outer.setChildrenCollapsible(False)
        self.sidebar.setMinimumWidth(190)
        self.sidebar.setMaximumWidth(360)
        self.outer.addWidget(self.sidebar)
        self.outer.addWidget(right)
        self.outer.setSizes([212, 1174])
        self.outer.setStretchFactor(0, 0)
        self.outer.setStretchFactor(1, 1)
        self.setLayout(column(self.outer))
        self.setFocusProxy(self.list.table)

    def _wire(self) -> None:
        self.sidebar.view_chosen.connect(self._show_list)
        self.sidebar.page_chosen.connect(self._port.show_page)
        self.sidebar.counted.connect(self._show_notice)
        self._session.facts_changed.connect(self._facts_changed)
        self.list.ticket_chosen.connect(self.ticket.open_ticket)
        self.list.new_button.clicked.connect(lambda _checked=False: self._run("ticket.new"))
        self.list.selection_changed.connect(self._fill_bulk)
        self.ticket.shown.connect(self._ticket_shown)

    # -- lists and guests -----------------------------------------------------------------------------------------
    def _show_list(self, view: ListView) -> None:
        self.stack.setCurrentIndex(0)
        self.list.show_view(view)

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

    def guest(self, page_id: str) -> QWidget | None:
        """Return a page that was opened beside the sidebar."""
        return self._guests.get(page_id)

    def _ticket_shown(self, view: ConversationView | None) -> None:
        self.side.show_view(view)
        self._place_details()
        if view is not None:
            self.list.select_ticket(view.ticket.id)

    # -- details --------------------------------------------------------------------------------------------------
    def toggle_details(self) -> None:
        """Show or hide the side panel."""
        self._wants_details = not self.side.isVisible()
        self.side.setVisible(self._wants_details and self.ticket.view is not None)

    def _place_details(self) -> None:
        roomy = self.width() >= NARROW - 54
        self.side.setVisible(self._wants_details and roomy and self.ticket.view is not None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Close the details where there is no room."""
        super().resizeEvent(event)
        self._place_details()

    # -- several tickets --------------------------------------------------------------------------------------------
    def _fill_bulk(self, count: int) -> None:
        layout = self.list.bulk_bar.layout()
        clear(layout)  # type: ignore[arg-type]
        if count < 2:
            return
        layout.addWidget(ElidedLabel(tr("%n selected", count), "strong"), 1)  # type: ignore[call-arg, union-attr]
        for action, glyph, words in (
            ("ticket.assign", "circle-user", tr("Assign")),
            ("ticket.status", "circle-dot", tr("Status")),
            ("ticket.tags", "tag", tr("Tags")),
            ("ticket.merge_selected", "merge", tr("Merge")),
            ("ticket.resolve", "circle-check", tr("Resolve")),
            ("ticket.spam", "shield-alert", tr("Spam")),
            ("ticket.trash", "trash-2", tr("Move to the trash")),
        ):
            layout.addWidget(icon_button(glyph, words, lambda one=action: self._run(one), side=28))  # type: ignore[union-attr,misc]
        layout.addWidget(icon_button("x", tr("Clear the selection"), self.list.clear_selection))  # type: ignore[union-attr]

    # -- notices ----------------------------------------------------------------------------------------------------
    def _facts_changed(self) -> None:
        self._show_notice(self.sidebar.counts)

    def _show_notice(self, counts: Counts | None) -> None:
        held = counts.outbox_held if counts is not None else 0
        armed = self._session.facts.settings.outgoing_armed
        clear(self._notices)
        if held and not armed:
            text = tr("Outgoing mail is not armed yet. In the outbox: %n mail(s).", held)
            show = (tr("Show"), lambda: self._port.show_page("outbox"))
            self._notices.addWidget(Banner(text, "warning", [show, (tr("Arm…"), lambda: self._run("desk.arm"))]))
        self._notice_holder.setVisible(bool(held and not armed))

    # -- remembered sizes -------------------------------------------------------------------------------------------
    def save(self, settings: QSettings) -> None:
        """Remember sizes and the list shown."""
        settings.setValue("inbox/outer", self.outer.saveState())
        settings.setValue("inbox/panes", self.splitter.saveState())
        settings.setValue("inbox/composer", self.ticket.splitter.saveState())
        settings.setValue("inbox/details", self._wants_details)
        if self.list.view is not None and self.list.view.id != "search":
            settings.setValue("inbox/view", self.list.view.id)

    def restore(self, settings: QSettings) -> None:
        """Take sizes as they were."""
        for key, splitter in (
            ("inbox/outer", self.outer),
            ("inbox/panes", self.splitter),
            ("inbox/composer", self.ticket.splitter),
        ):
            state = settings.value(key)
            if state is not None:
                splitter.restoreState(state)
        self._wants_details = settings.value("inbox/details", True, type=bool) is True
