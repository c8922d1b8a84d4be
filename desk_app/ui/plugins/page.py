"""The page Plugins: what is installed, what is on, and what needs somebody (mockups/plugins-light.png)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QTabBar, QWidget

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_host.installing import Candidate
from desk_app.services.ports.plugins import PluginState
from desk_app.ui.language import grouped, tr
from desk_app.ui.plugins import phrases
from desk_app.ui.plugins.cards import PluginCard
from desk_app.ui.plugins.culprit import CulpritSearch
from desk_app.ui.plugins.desk import FILE, PluginDesk
from desk_app.ui.plugins.details import PluginDetails
from desk_app.ui.plugins.drop_zone import DropZone, choose_file
from desk_app.ui.plugins.order_question import OrderQuestion
from desk_app.ui.plugins.questions import ChangedQuestion, DeleteQuestion, PermissionQuestion, install_question
from desk_app.ui.plugins.recovery import enter_safe_mode, leave_safe_mode, safe_mode_banner, search_banner
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import (
    BAR,
    Menu,
    beside_bar,
    button,
    icon_button,
    label,
    scroller,
    search_field,
    set_words,
)
from desk_app.ui.widgets.kept_focus import keeping_focus
from desk_app.ui.widgets.layout import boxed, clear, column, hairline, row
from desk_app.ui.widgets.panels import Banner, EmptyState, announce

Filter = Callable[[PluginState], bool]
_ON = frozenset({StateKind.ACTIVE, StateKind.ACTIVATING})
_FILTERS: tuple[tuple[str, Filter], ...] = (
    ("installed", lambda _one: True),
    ("active", lambda one: one.kind in _ON),
    ("inactive", lambda one: one.kind not in _ON),
    ("updates", lambda one: one.can_update),
    ("problems", lambda one: one.kind in phrases.PROBLEMS),
)


def _tab_words() -> dict[str, str]:
    return {
        "installed": tr("Installed"),
        "active": tr("Active"),
        "inactive": tr("Inactive"),
        "updates": tr("Updates"),
        "problems": tr("Problems"),
    }


class PluginsPage(QWidget):
    """Tabs, a search, a place to drop files, and a card for each plugin."""

    def __init__(self, desk: PluginDesk, search: CulpritSearch, open_settings: Callable[[str], object]) -> None:
        super().__init__()
        self._desk, self._open_settings = desk, open_settings
        self._culprit = search
        self._refusals: dict[str, str] = {}
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self.setObjectName("surface")
        self.cards: dict[str, PluginCard] = {}
        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setAccessibleName(tr("Which plugins are shown"))
        for _name, _wanted in _FILTERS:
            self.tabs.addTab("")
        self.tabs.currentChanged.connect(lambda _place: self.fill())
        self.search = search_field(tr("Search installed plugins"))
        self.search.textChanged.connect(lambda _text: self.fill())
        self.search.installEventFilter(self)
        self.drop = DropZone()
        self.drop.asked.connect(self.ask_file)
        self.drop.dropped.connect(self.install)
        self._list = column(spacing=8)
        self.notices, self._about_file = column(spacing=8), column(spacing=8)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._overview())
        self.details = PluginDetails(desk)
        self.details.back_asked.connect(self.show_list)
        self.details.settings_asked.connect(open_settings)
        self.details.delete_asked.connect(self.ask_delete)
        self._stack.addWidget(self.details)
        self.setLayout(column(self._stack))
        self.setFocusProxy(self.tabs)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self.fill)
        desk.changed.connect(self._changed)
        desk.refused.connect(self._refused)
        search.changed.connect(self._show_notices)

    # -- parts --------------------------------------------------------------------------------------------------------

    def _overview(self) -> QWidget:
        self.add_button = button(tr("Add plugin"), self.ask_file, variant="primary", icon_name="plus")
        self.safe_button = button("", self.toggle_safe_mode, icon_name="shield")
        self.more = icon_button("ellipsis", tr("More"), self._open_more)
        self.head = row(
            label(tr("Plugins"), "title"),
            None,
            self.more,
            self.safe_button,
            self.add_button,
            margins=(20, 9, 20, 9),
            spacing=8,
        )
        self.search.setMinimumWidth(theme().px(240))
        line = row(self.tabs, self.search, margins=(20, 10, 20, 0), spacing=12)
        line.setStretchFactor(self.tabs, 1)
        inside = column(self._list, None, margins=(20, 0, 20, 20))
        self.area: QScrollArea = scroller(boxed(inside, "surface"), tr("Plugins"))
        beside_bar(self.area, inside, 20, 20 - BAR)  # the cards end below what stands above them
        above = column(self.notices, self.drop, self._about_file, margins=(20, 10, 20, 10), spacing=8)
        return boxed(column(self.head, hairline(), line, above, self.area, spacing=0), "surface")

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
        self.search.setFocus()
        self.search.selectAll()

    def step_out(self) -> bool:
        """Go back from the details of a plugin to all of them."""
        if self._stack.currentIndex() == 0:
            return False
        self.show_list()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape forgets the search first."""
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if watched is self.search and escape and self.search.text():
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()  # else the window's own Escape takes it
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.search.clear()
                return True
        return False

    def show_details(self, slug: str) -> None:
        """Show everything about a plugin."""
        self.details.show_plugin(slug)
        self._stack.setCurrentWidget(self.details)
        self.setFocusProxy(self.details)
        self.details.setFocus()

    def show_list(self) -> None:
        """Go back from the details; the focus goes to the plugin's card."""
        slug, self.details.slug = self.details.slug, ""
        self._stack.setCurrentIndex(0)
        self.setFocusProxy(self.tabs)
        card = self.cards.get(slug)
        (card.switch if card is not None else self.tabs).setFocus()

    # -- the list -----------------------------------------------------------------------------------------------------

    @property
    def shown_filter(self) -> str:
        """Which tab is open: installed, active, inactive, updates or problems."""
        return _FILTERS[self.tabs.currentIndex()][0]

    def show_filter(self, name: str) -> None:
        """Open a tab."""
        self.tabs.setCurrentIndex(next(place for place, one in enumerate(_FILTERS) if one[0] == name))

    def _changed(self) -> None:
        """Show what is different, once for many changes; a page that nobody sees does it when it is shown again."""
        if self.isVisible():
            self._later.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Show the plugins as they stand now."""
        super().showEvent(event)
        self.fill()

    def fill(self) -> None:
        """Show the plugins as they stand."""
        self._show_notices()
        states = self._desk.states
        words = _tab_words()
        for place, (name, wanted) in enumerate(_FILTERS):
            count = sum(wanted(one) for one in states)
            self.tabs.setTabText(place, f"{words[name]}  {grouped(count)}")
        wanted = _FILTERS[self.tabs.currentIndex()][1]
        text = self.search.text().strip()
        shown = [one for one in states if wanted(one) and (not text or phrases.found_by(one, text))]
        with keeping_focus(self._list, self.search):
            clear(self._list)
            self.cards = {}
            for one in shown:
                self._list.addWidget(self._card(one, states))
        if not shown:
            self._list.addWidget(self._nothing(states, text))

    def _card(self, state: PluginState, states: Sequence[PluginState]) -> PluginCard:
        slug = state.slug
        hooks = self._desk.control.used_hooks(slug) if state.kind is StateKind.ACTIVE else ()
        busy = slug in self._desk.busy
        aside = bool(self._desk.control.safe_mode) or self._culprit.search is not None
        card = PluginCard(state, states, hooks, busy=busy, refusal=self._refusals.get(slug, ""), aside=aside)
        if state.kind is not StateKind.CONFLICT:
            self.cards[slug] = card
        card.switched.connect(lambda on: self.switch(slug, on=on))
        card.settings_asked.connect(lambda: self._open_settings(slug))
        card.details_asked.connect(lambda: self.show_details(slug))
        card.log_asked.connect(lambda: self.show_details(slug))
        card.delete_asked.connect(lambda: self.ask_delete(slug))
        card.update_asked.connect(lambda: self._desk.update(slug))
        card.again_asked.connect(lambda: self._desk.try_again(slug))
        card.anyway_asked.connect(lambda: self.ask_changed(slug))
        return card

    def _nothing(self, states: Sequence[PluginState], text: str) -> QWidget:
        if text:
            return EmptyState("search", tr("No plugin is called so"), "", (tr("Show all"), self.search.clear))
        if not states:
            return EmptyState("puzzle", tr("No plugin is installed"), tr("Drop the file of one above, or choose it."))
        return EmptyState(
            "circle-check", tr("Nothing here"), "", (tr("Show all"), lambda: self.show_filter("installed"))
        )

    # -- safe mode ----------------------------------------------------------------------------------------------------

    def toggle_safe_mode(self) -> None:
        """Put all plugins aside in this program, or let them run again."""
        if self._desk.control.safe_mode:
            leave_safe_mode(self._desk)
        else:
            enter_safe_mode(self._desk)

    def _open_more(self) -> None:
        menu = Menu(self)
        menu.add(tr("Order of plugins…"), self.ask_order, icon_name="list-ordered")
        menu.add(tr("Find the plugin behind a problem"), self.find_culprit, icon_name="bug")
        menu.add(tr("Look again for plugins"), self._desk.look, icon_name="refresh-cw")
        menu.below(self.more)

    def find_culprit(self) -> None:
        """Look for the plugin behind a problem."""
        if self._culprit.wanted():
            self._culprit.begin()
        else:
            self._desk.told.emit(tr("No plugin is on, so none can be behind it."))

    def ask_order(self) -> None:
        """Ask in which order plugins are asked."""
        question = OrderQuestion(self._desk.control, self)
        question.ask(lambda: self._desk.reorder(question.slugs))

    def _show_notices(self) -> None:
        control = self._desk.control
        words = tr("Leave safe mode") if control.safe_mode else tr("Safe mode")
        if self.safe_button.accessibleName() != words:
            set_words(self.safe_button, words)
        self.safe_button.setToolTip(tr("All plugins off in this program, until you leave it"))
        shown = search_banner(self._desk, self._culprit) or safe_mode_banner(self._desk, self._culprit)
        with keeping_focus(self.notices, self.tabs):
            clear(self.notices)
            if shown is not None:
                self.notices.addWidget(shown)

    # -- acts ---------------------------------------------------------------------------------------------------------

    def switch(self, slug: str, *, on: bool) -> None:
        """Switch a plugin on or off; the first time its permissions are shown before."""
        self._refusals.pop(slug, None)
        state = self._desk.state(slug)
        if state is None:
            return
        if not on:
            self._desk.deactivate(slug)
        elif state.kind is StateKind.CHANGED:
            self.ask_changed(slug)
        elif state.kind is StateKind.PAUSED:
            self._desk.try_again(slug)
        else:
            self._ask_permissions(state)

    def _ask_permissions(self, state: PluginState) -> None:
        wanted = state.manifest.permissions if state.manifest is not None else frozenset()
        record = state.record
        if record is not None and record.activated_at is not None and wanted <= record.granted:
            self._desk.activate(state.slug, record.granted)
            return
        question = PermissionQuestion(state, self)
        question.rejected.connect(lambda: self._as_it_is(state.slug))
        question.ask(lambda: self._desk.activate(state.slug, question.granted))

    def ask_changed(self, slug: str) -> None:
        """Ask whether changed files may run."""
        state = self._desk.state(slug)
        if state is None:
            return
        question = ChangedQuestion(state, self)
        question.rejected.connect(lambda: self._as_it_is(slug))
        granted = state.record.granted if state.record is not None else frozenset()
        wanted = state.manifest.permissions if state.manifest is not None else frozenset()
        if wanted <= granted:
            question.ask(lambda: self._desk.activate(slug, granted))
        else:
            question.ask(lambda: QTimer.singleShot(0, self, lambda: self._ask_permissions(state)))

    def ask_delete(self, slug: str) -> None:
        """Ask what becomes of a plugin's data, and delete it."""
        state = self._desk.state(slug)
        if state is not None:
            kept = state.record is not None
            question = DeleteQuestion(state, self, save_copy=partial(self._desk.save_copy, slug) if kept else None)
            question.ask(lambda: self._desk.uninstall(slug, delete_data=question.deletes_data))

    def _as_it_is(self, slug: str) -> None:
        card = self.cards.get(slug)
        if card is not None:
            card.refuse()

    def _refused(self, slug: str, why: str) -> None:
        if slug.startswith(FILE):
            self._tell_of_file(Path(slug.removeprefix(FILE)), why)
            return
        self._refusals[slug] = why
        self.fill()

    def _tell_of_file(self, path: Path, why: str) -> None:
        """Say why a file cannot be installed, until somebody has read it."""
        text = tr("{file} cannot be installed, and nothing was changed. {why}").format(file=path.name, why=why)
        notice = Banner(text, "danger", [(tr("Close"), lambda: clear(self._about_file))])
        clear(self._about_file)
        self._about_file.addWidget(notice)
        announce(self, text)

    # -- adding -------------------------------------------------------------------------------------------------------

    def ask_file(self) -> None:
        """Choose the file of a plugin."""
        path = choose_file(self)
        if path is not None:
            self.install(path)

    def install(self, path: Path) -> None:
        """Try a plugin from a file, ask, and install it."""

        def tried(candidate: Candidate, signer: str) -> None:
            question = install_question(candidate, self._desk.state(candidate.manifest.slug), self, signer=signer)
            question.rejected.connect(lambda: self._desk.discard(candidate))
            question.ask(lambda: self._desk.install(candidate, question.granted))
            self.search.clear()
            self.show_filter("installed")

        clear(self._about_file)
        self._desk.stage(path, tried)
