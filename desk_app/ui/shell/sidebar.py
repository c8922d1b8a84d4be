"""Lists with live counts, mailboxes, and how the mail fares (ui.md 4, 4.1)."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from desk_app.services.queries.tickets import Counts
from desk_app.ui.language import tr
from desk_app.ui.mailboxes.alarms import alarmed_mailboxes
from desk_app.ui.problems import fault_text
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.tickets.views import ListView, core_views, mailbox_view
from desk_app.ui.widgets.basics import ElidedLabel, button, icon_button, label, restyle, scroller
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.painted import NavItem, SearchButton

COUNT_MS = 250


class Sidebar(QWidget):
    """Chooses what the list shows."""

    view_chosen = Signal(object)
    page_chosen = Signal(str)
    palette_asked = Signal()
    fix_asked = Signal(int)
    add_mailbox_asked = Signal()
    counted = Signal(object)

    def __init__(self, session: DeskSession) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._session = session
        self.views: dict[str, ListView] = {view.id: view for view in core_views(session.agent.id)}
        self.items: dict[str, NavItem] = {}
        self.counts: Counts | None = None
        self._search = SearchButton(tr("Search or command"), "Ctrl+K")
        self._search.clicked.connect(lambda _checked=False: self.palette_asked.emit())
        lists = column(spacing=2)
        for view in self.views.values():
            lists.addWidget(self._item(view))
        self.outbox = self._page_item("outbox", tr("Outbox"), "send")
        self.quarantine = self._page_item("quarantine", tr("Quarantine"), "mail-warning")
        self.quarantine.hide()
        lists.addWidget(self.outbox)
        lists.addWidget(self.quarantine)
        self._mailboxes = column(spacing=2)
        add = icon_button("plus", tr("Add a mailbox"), self.add_mailbox_asked.emit, size=14, side=26)
        heading = row(label(tr("MAILBOXES"), "caption"), None, add, margins=(9, 0, 2, 0))
        inside = boxed(column(lists, 14, heading, self._mailboxes, None, spacing=0), "sidebar")
        inside.layout().setContentsMargins(10, 0, 10, 0)  # type: ignore[union-attr]
        self._sync_icon = Glyph("circle-check", "success", 14)
        self._sync_text = ElidedLabel(tr("Looking at the mailboxes…"), "tertiary")
        self._fix: QPushButton = button(tr("Fix"), self._ask_fix, variant="link")
        self._fix.hide()
        self._faulty = 0
        sync = row(self._sync_icon, self._sync_text, self._fix, margins=(19, 6, 10, 10), spacing=6)
        sync.setStretchFactor(self._sync_text, 1)
        head = row(self._search, margins=(10, 12, 10, 10))
        self.setLayout(column(head, scroller(inside, tr("Lists")), sync, spacing=0))
        self._count_timer = QTimer(self)
        self._count_timer.setSingleShot(True)
        self._count_timer.setInterval(COUNT_MS)
        self._count_timer.timeout.connect(self.count)
        session.tickets_changed.connect(self._tickets_changed)
        session.outbox_changed.connect(self._soon)
        session.quarantine_changed.connect(self._soon)
        session.facts_changed.connect(self._facts_changed)

    def _tickets_changed(self, _ids: object) -> None:
        self._soon()

    def _soon(self) -> None:
        if not self._count_timer.isActive():
            self._count_timer.start()

    def _item(self, view: ListView) -> NavItem:
        made = NavItem(view.title, view.icon, dot=view.dot)
        made.clicked.connect(lambda _checked=False: self.choose(view.id))
        if view.key:
            made.setToolTip(f"{view.title}  ({view.key.replace(', ', ' ')})")
        self.items[view.id] = made
        return made

    def _page_item(self, page_id: str, title: str, icon_name: str) -> NavItem:
        made = NavItem(title, icon_name)
        made.clicked.connect(lambda _checked=False: self.page_chosen.emit(page_id))
        self.items[page_id] = made
        return made

    def choose(self, view_id: str) -> None:
        """Show a list."""
        view = self.views.get(view_id)
        if view is not None:
            self.mark(view_id)
            self.view_chosen.emit(view)

    def mark(self, item_id: str) -> None:
        """Mark a list or page as shown."""
        for one, made in self.items.items():
            made.setChecked(one == item_id)

    def _facts_changed(self) -> None:
        accounts = [account for account, _ in self._session.facts.accounts]
        wanted = {f"mailbox:{account.id}": mailbox_view(account) for account in accounts}
        old = {key: view for key, view in self.views.items() if key.startswith("mailbox:")}
        shown = [(view.title, view.dot) for view in wanted.values()]
        if [(view.title, view.dot) for view in old.values()] != shown:
            checked = next((key for key in old if self.items[key].isChecked()), "")
            clear(self._mailboxes)
            for key in old:
                del self.views[key], self.items[key]
            for key, view in wanted.items():
                self.views[key] = view
                self._mailboxes.addWidget(self._item(view))
            if checked in self.items:
                self.items[checked].setChecked(True)
            if self.counts is not None:
                self._show_counts(self.counts)
        self._show_health()

    def _show_health(self) -> None:
        facts = self._session.facts
        alarmed = alarmed_mailboxes(facts)
        faulty = alarmed or [(one, health) for one, health in facts.accounts if health.fault and one.enabled]
        self._fix.setVisible(bool(faulty))
        if faulty:
            account, health = faulty[0]
            title, advice = fault_text(health.fault)
            self._faulty = account.id
            self._sync_icon.set("circle-alert" if alarmed else "triangle-alert", "danger" if alarmed else "warning")
            restyle(self._sync_text, state="danger" if alarmed else "")
            self._sync_text.set_text(f"{account.name}: {title}")
            self._sync_text.setToolTip(f"{account.name}: {title}. {advice}")
            self._fix.setAccessibleName(tr("Fix {mailbox}").format(mailbox=account.name))
            return
        restyle(self._sync_text, state="")
        if not facts.accounts:
            self._sync_icon.set("info", "text_tertiary")
            self._sync_text.set_text(tr("No mailbox yet"))
        else:
            backlog = sum(health.backlog for _, health in self._session.facts.accounts)
            self._sync_icon.set("refresh-cw" if backlog else "circle-check", "info" if backlog else "success")
            self._sync_text.set_text(tr("%n mail(s) to fetch", backlog) if backlog else tr("All mailboxes up to date"))

    def _ask_fix(self) -> None:
        self.fix_asked.emit(self._faulty)

    def count(self) -> None:
        """Read the counters."""
        queries, agent_id = self._session.desk.ticket_queries, self._session.agent.id
        self._session.work.run(lambda: queries.counts(agent_id), self._show_counts, owner=self)

    def _show_counts(self, counts: Counts) -> None:
        self.counts = counts
        for view in self.views.values():
            self.items[view.id].set_count(view.count(counts))
        waiting = counts.outbox_held + counts.outbox_unknown
        self.outbox.set_count(waiting, alarm=counts.outbox_unknown > 0)
        self.quarantine.set_count(counts.quarantined)
        self.quarantine.setVisible(counts.quarantined > 0)
        self.counted.emit(counts)
