"""Lists with live counts, mailboxes, saved views, and how the mail fares (ui.md 4, 4.1)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desk_app.services.queries.tickets import Counts
from desk_app.ui.language import tr
from desk_app.ui.mailboxes.sync_line import SyncLine
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.views import ListView, agent_view, core_views, mailbox_view
from desk_app.ui.timers import single_shot
from desk_app.ui.views.droppable import DropItem
from desk_app.ui.views.saved_section import SavedSection
from desk_app.ui.views.shown import ListChoices
from desk_app.ui.widgets.basics import icon_button, label, scroller
from desk_app.ui.widgets.keys import tip_with_key
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.painted import NavItem, SearchButton
from desk_app.ui.widgets.tips import plain_tip

COUNT_MS = 250
MOST_COUNTED = 1_000
"""Lists that are not counted all along are counted so far; the number shown is "999+" then."""
_REST = 20
"""Counting lists never takes more than a twentieth of the time."""
DROPS = frozenset({"mine", "unassigned", "waiting", "snoozed", "starred", "watched", "closed", "spam", "trash", "open"})
"""Lists that tickets can be dropped on."""


class Sidebar(QWidget):
    """Chooses what the list shows."""

    view_chosen = Signal(object)
    page_chosen = Signal(str)
    palette_asked = Signal()
    fix_asked = Signal(int)
    add_mailbox_asked = Signal()
    counted = Signal(object)
    tickets_dropped = Signal(str, object)
    """A list and a tuple of ticket ids."""
    lists_changed = Signal()
    """Saved views came, went or have another name."""

    def __init__(self, session: DeskSession, choices: ListChoices) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._session = session
        self.views: dict[str, ListView] = {view.id: view for view in core_views(session.agent.id)}
        self.items: dict[str, NavItem] = {}
        self.counts: Counts | None = None
        self._counted: dict[str, int] = {}
        self._counting = False
        self._awaited = ""
        self._search = SearchButton(tr("Search or command"), "Ctrl+K", short=tr("Search"))
        self._search.clicked.connect(lambda _checked=False: self.palette_asked.emit())
        self._mailboxes = column(spacing=2)
        self.saved = SavedSection(session, choices)
        self.saved.chosen.connect(self.choose)
        self.saved.changed.connect(self._saved_changed)
        self._lay_out()
        self._count_timer = single_shot(self, COUNT_MS, self.read_counters)
        self._lists_timer = single_shot(self, COUNT_MS, self._count_lists)
        session.tickets_changed.connect(self._tickets_changed)
        session.outbox_changed.connect(self._soon)
        session.quarantine_changed.connect(self._soon)
        session.facts_changed.connect(self._facts_changed)

    def _lay_out(self) -> None:
        add = icon_button("plus", tr("Add a mailbox"), self.add_mailbox_asked.emit, size=14, side=26)
        heading = row(label(tr("MAILBOXES"), "caption"), None, add, margins=(9, 0, 2, 0))
        lists = self._lists()
        inside = boxed(column(lists, 14, heading, self._mailboxes, 14, self.saved, None, spacing=0), "sidebar")
        inside.layout().setContentsMargins(10, 0, 10, 0)  # type: ignore[union-attr]
        self.sync = SyncLine(self._session)
        self.sync.fix_asked.connect(self.fix_asked)
        head = row(self._search, margins=(10, 12, 10, 10))
        self.setLayout(column(head, scroller(inside, tr("Lists")), self.sync, spacing=0))

    def _lists(self) -> QVBoxLayout:
        lists, folded = column(spacing=2), column(spacing=2)
        for view in self.views.values():
            (folded if view.folded else lists).addWidget(self._item(view))
        self.outbox = self._page_item("outbox", tr("Outbox"), "mail-check")
        self.quarantine = self._page_item("quarantine", tr("Quarantine"), "mail-warning")
        self.quarantine.hide()
        lists.addWidget(self.outbox)
        lists.addWidget(self.quarantine)
        self._folded = boxed(folded)
        self._folded.hide()
        self.more = NavItem(tr("More lists"), "chevron-down")
        self.more.clicked.connect(lambda _checked=False: self.unfold(self._folded.isHidden()))
        lists.addWidget(self.more)
        lists.addWidget(self._folded)
        self._team = column(spacing=2)
        self._team_part = boxed(
            column(boxed(row(label(tr("TEAM"), "caption"), margins=(9, 8, 2, 6))), self._team, spacing=0)
        )
        self._team_part.hide()
        folded.addWidget(self._team_part)
        return lists

    def unfold(self, on: bool) -> None:
        """Show or hide the lists that are seldom needed."""
        self._folded.setVisible(on)
        self.more.set_text(tr("Fewer lists") if on else tr("More lists"), "chevron-up" if on else "chevron-down")

    @property
    def unfolded(self) -> bool:
        """Whether the lists that are seldom needed are shown."""
        return not self._folded.isHidden()

    def _tickets_changed(self, _ids: object) -> None:
        self._soon()

    def _soon(self) -> None:
        for timer in (self._count_timer, self._lists_timer):
            if not timer.isActive():
                timer.start()

    def _item(self, view: ListView) -> NavItem:
        accepts = view.id in DROPS or view.id.startswith(("mailbox:", "agent:"))
        made = DropItem(view.title, view.icon, dot=view.dot, accepts=accepts)
        made.clicked.connect(lambda _checked=False: self._clicked(view.id))
        made.tickets_dropped.connect(lambda ids: self.tickets_dropped.emit(view.id, ids))
        if view.key:
            made.setToolTip(plain_tip(tip_with_key(view.title, view.key)))
            made.setProperty("tip_key", view.key)
            made.setProperty("tip_name", view.title)
        self.items[view.id] = made
        return made

    def _page_item(self, page_id: str, title: str, icon_name: str) -> NavItem:
        made = NavItem(title, icon_name)
        made.clicked.connect(lambda _checked=False: self.page_chosen.emit(page_id))
        self.items[page_id] = made
        return made

    def _clicked(self, view_id: str) -> None:
        self._awaited = ""
        self.choose(view_id)

    def choose(self, view_id: str) -> None:
        """Show a list."""
        view = self.views.get(view_id)
        if view is None and view_id.startswith("view:"):
            self._awaited = view_id  # saved views are read after the window is there
        if view is not None:
            if view.folded and not self.unfolded:
                self.unfold(on=True)
            self.mark(view_id)
            self.view_chosen.emit(view)

    def mark(self, item_id: str) -> None:
        """Mark a list or page as shown."""
        for one, made in self.items.items():
            made.setChecked(one == item_id)

    # -- mailboxes and saved views ----------------------------------------------------------------------------------
    def _facts_changed(self) -> None:
        facts = self._session.facts
        self._renew("mailbox:", [mailbox_view(account) for account, _health in facts.accounts], self._mailboxes)
        others = [one for one in facts.agents if one.active and one.id != self._session.agent.id]
        self._renew("agent:", [agent_view(one) for one in others], self._team)
        self._team_part.setVisible(bool(others))

    def _renew(self, prefix: str, lists: Sequence[ListView], place: QVBoxLayout) -> None:
        """Show other lists of a kind in a place, where they differ."""
        old = {key: view for key, view in self.views.items() if key.startswith(prefix)}
        if [(one.id, one.title, one.dot) for one in old.values()] == [(one.id, one.title, one.dot) for one in lists]:
            return
        checked = next((key for key in old if self.items[key].isChecked()), "")
        clear(place)
        for key in old:
            del self.views[key], self.items[key]
        for view in lists:
            self.views[view.id] = view
            place.addWidget(self._item(view))
        if checked in self.items:
            self.items[checked].setChecked(True)
        if self.counts is not None:
            self._show_counts(self.counts)
            self._soon()

    def _saved_changed(self) -> None:
        for key in [key for key, view in self.views.items() if view.saved is not None]:
            del self.views[key]
            self.items.pop(key, None)
        self.views |= {view.id: view for view in self.saved.lists}
        self.items |= self.saved.items
        self._show_counted(self._counted)
        if all(key in self._counted for key in self.saved.items):
            self._soon()
        else:
            self._count_lists()
        self.lists_changed.emit()
        if self._awaited in self.views:
            awaited, self._awaited = self._awaited, ""
            self.choose(awaited)

    # -- numbers ----------------------------------------------------------------------------------------------------
    def count(self) -> None:
        """Read the counters, and count the lists that have none, off the GUI thread; from now on again and again."""
        self._counting = True
        self.read_counters()
        self._count_lists()

    def read_counters(self) -> None:
        """Read the counters alone, which takes hardly any time."""
        queries, agent_id = self._session.desk.ticket_queries, self._session.agent.id
        self._session.work.run(lambda: queries.counts(agent_id), self._show_counts, owner=self)

    def _count_lists(self) -> None:
        if not self._counting:
            return
        queries, agent_id = self._session.desk.ticket_queries, self._session.agent.id
        asked = {view.id: view.query for view in self.views.values() if view.count is None}

        def count_lists() -> tuple[dict[str, int], float]:
            begun = time.monotonic()
            found = {key: queries.count(one, agent_id=agent_id, most=MOST_COUNTED) for key, one in asked.items()}
            return found, time.monotonic() - begun

        def arrived(result: tuple[dict[str, int], float]) -> None:
            self._lists_timer.setInterval(max(COUNT_MS, int(result[1] * 1000 * _REST)))
            self._show_counted(result[0])

        self._session.work.run(count_lists, arrived, owner=self)

    def _show_counted(self, counted: Mapping[str, int]) -> None:
        self._counted = dict(counted)
        for key, count in counted.items():
            if key in self.items:
                self.items[key].set_count(count, most=MOST_COUNTED)

    def _show_counts(self, counts: Counts) -> None:
        self.counts = counts
        for view in self.views.values():
            if view.count is not None:
                self.items[view.id].set_count(view.count(counts))
        waiting = counts.outbox_held + counts.outbox_unknown
        self.outbox.set_count(waiting, alarm=counts.outbox_unknown > 0)
        self.quarantine.set_count(counts.quarantined)
        self.quarantine.setVisible(counts.quarantined > 0)
        self.counted.emit(counts)
