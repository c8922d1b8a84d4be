"""The settings: categories with search at the left, a page at the right (ui.md 4.14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QWidget

from desk_app.plugin_api.ui import Registry, SettingsPage, WindowPort
from desk_app.ui.language import tr
from desk_app.ui.settings.finding import FoundSetting, folded, settings_of
from desk_app.ui.settings.form import Leavable
from desk_app.ui.theme.theme import theme
from desk_app.ui.timers import single_shot
from desk_app.ui.widgets.basics import label, restyle, scroller, search_field
from desk_app.ui.widgets.layout import boxed, clear, column, hairline, row
from desk_app.ui.widgets.painted import NavItem
from desk_app.ui.widgets.panels import EmptyState

_MARKED_MS = 2600
_MOST_HITS = 40


class SettingsHome(QWidget):
    """Shows the registered settings pages; each is built when it is first opened or searched."""

    def __init__(self, pages: Registry[SettingsPage], port: WindowPort) -> None:
        super().__init__()
        self._pages, self._port = pages, port
        self._made: dict[str, QWidget] = {}
        self._items: dict[str, NavItem] = {}
        self._hits: list[tuple[NavItem, FoundSetting]] = []
        self._current = ""
        self.search = search_field(tr("Search settings"))
        self.search.textChanged.connect(lambda _text: self._searched())
        self.search.returnPressed.connect(self._open_first)
        self.search.installEventFilter(self)
        self.setFocusProxy(self.search)
        self._list = column(spacing=2)
        self._categories = column(self._list, None, margins=(10, 0, 10, 10))
        inside = boxed(self._categories, "sidebar")
        head = column(label(tr("Settings"), "title"), self.search, margins=(12, 14, 12, 8), spacing=8)
        self._scroller = scroller(inside, tr("Settings"))
        side = boxed(column(head, self._scroller, spacing=0), "sidebar")
        self._side = side
        self._fit()
        theme().changed.connect(self._fit)
        self._stack = QStackedWidget()
        self.setLayout(row(side, hairline(vertical=True), self._stack, spacing=0))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._mark = single_shot(self, _MARKED_MS, self._unmark)
        self._marked: QWidget | None = None
        self._building = QTimer(self)
        self._building.setInterval(0)
        self._building.timeout.connect(self._build_one)
        self._fill()
        self.destroyed.connect(pages.on_change(self._pages_changed))

    def _fit(self) -> None:
        self._side.setFixedWidth(theme().px(240))

    # -- categories -----------------------------------------------------------------------------------------------
    def _ordered(self) -> Iterator[SettingsPage]:
        """The pages, those of a section together, sections in the order of their first page."""
        sections: dict[str, list[SettingsPage]] = {}
        for spec in self._pages:
            sections.setdefault(spec.section, []).append(spec)
        for specs in sections.values():
            yield from specs

    def _pages_changed(self) -> None:
        for gone in [key for key in self._made if key not in self._pages]:
            self._made.pop(gone).deleteLater()
        self._fill()

    def _fill(self) -> None:
        clear(self._list)
        self._items.clear()
        self._hits = []
        wanted = folded(self.search.text().strip())
        section = None
        for spec in self._ordered():
            found = self._found_on(spec, wanted)
            if wanted and not found and not any(wanted in folded(words) for words in (spec.title, *spec.words)):
                continue
            if spec.section != section:
                section = spec.section
                heading = label(section.upper(), "caption")
                heading.setContentsMargins(9, 10, 0, 4)
                self._list.addWidget(heading)
            item = NavItem(spec.title, spec.icon, count=spec.count() or None)
            item.clicked.connect(lambda _checked=False, one=spec.id: self.open_page(one))
            item.setChecked(spec.id == self._current)
            self._items[spec.id] = item
            self._list.addWidget(item)
            for hit in found:
                self._add_hit(spec, hit)
        if wanted and not self._items and not self._building.isActive():
            self._list.addWidget(EmptyState("search", tr("Nothing found"), tr("Try another word.")))

    def _add_hit(self, spec: SettingsPage, hit: FoundSetting) -> None:
        line = NavItem(hit.name)
        line.setAccessibleName(f"{spec.title}: {hit.name}")
        line.setToolTip(hit.name)
        line.clicked.connect(lambda _checked=False: self._open_hit(hit, line))
        self._hits.append((line, hit))
        self._list.addWidget(line)

    def _found_on(self, spec: SettingsPage, wanted: str) -> list[FoundSetting]:
        page = self._made.get(spec.id)
        if not wanted or page is None or len(self._hits) >= _MOST_HITS:
            return []
        return [one for one in settings_of(spec.id, page) if wanted in one.words]

    # -- search ---------------------------------------------------------------------------------------------------
    def _searched(self) -> None:
        if self.search.text().strip() and len(self._made) < len(self._pages):
            self._building.start()
        self._fill()

    def _build_one(self) -> None:
        """Build one page that nobody has opened, so that its settings can be found; one a turn of the event loop."""
        missing = next((spec for spec in self._pages if spec.id not in self._made), None)
        if missing is None or not self.search.text().strip():
            self._building.stop()
        else:
            self._build(missing)
        self._fill()

    def _open_first(self) -> None:
        """Open what the search found first: a setting rather than a page, unless the page is called so."""
        wanted = folded(self.search.text().strip())
        if not wanted:
            return
        named = next((one for one in self._ordered() if one.id in self._items and wanted in folded(one.title)), None)
        if named is not None:
            self.open_page(named.id)
        elif self._hits:
            line, hit = self._hits[0]
            self._open_hit(hit, line)
        elif self._items:
            self.open_page(next(iter(self._items)))

    def _open_hit(self, hit: FoundSetting, line: NavItem) -> None:
        line.setChecked(False)
        self.open_setting(hit.page_id, hit.widget)

    def open_setting(self, page_id: str, widget: QWidget) -> None:
        """Show a page, scroll to one of its settings, mark it for a moment and put the cursor into it."""

        def show() -> None:
            self._unmark()
            area = widget.parentWidget()
            while area is not None and not isinstance(area, QScrollArea):
                area = area.parentWidget()
            if area is not None:
                area.ensureWidgetVisible(widget, 20, 80)
            widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
            restyle(widget, found="true")
            self._marked = widget
            self._mark.start()
            control = getattr(widget, "control", widget)
            control.setFocus(Qt.FocusReason.ShortcutFocusReason)

        self.open_page(page_id, then=show)

    def _unmark(self) -> None:
        marked, self._marked = self._marked, None
        self._mark.stop()
        if marked is not None:
            try:
                restyle(marked, found="")
            except RuntimeError:  # the page was built anew meanwhile
                return

    @property
    def marked(self) -> QWidget | None:
        """The setting that is marked at the moment."""
        return self._marked

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down goes from the search into what it found, Escape forgets the search."""
        if watched is not self.search or not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape and self.search.text():
            event.accept()  # else the window's own Escape takes it
            return True
        if event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Down and self._items:
                first = self._hits[0][0] if self._hits else next(iter(self._items.values()))
                first.setFocus(Qt.FocusReason.TabFocusReason)
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return False

    # -- pages ----------------------------------------------------------------------------------------------------
    def _build(self, spec: SettingsPage) -> QWidget:
        made = self._made[spec.id] = spec.factory(self._port)
        self._stack.addWidget(made)
        return made

    def open_page(self, page_id: str, then: Callable[[], None] | None = None) -> None:
        """Show a settings page; one with changes is left only after the person decided about them."""

        def go() -> None:
            self._show(page_id)
            if then is not None:
                then()

        if page_id != self._current:
            self._items_follow()
            self.leave(go)
        else:
            go()

    def leave(self, then: Callable[[], None]) -> None:
        """Call `then` when nothing entered on the page shown would be lost: at once, or after the person decided."""
        here: object = self._made.get(self._current)
        if isinstance(here, Leavable):
            here.leave(then)
        else:
            then()

    def _show(self, page_id: str) -> None:
        spec = self._pages.get(page_id)
        if spec is None:
            return
        page = self._made.get(page_id) or self._build(spec)
        self._current = page_id
        self._stack.setCurrentWidget(page)
        self._items_follow()
        self._reveal()

    def _items_follow(self) -> None:
        for key, item in self._items.items():
            item.setChecked(key == self._current)
            spec = self._pages.get(key)
            item.set_count(spec.count() or None if spec is not None else None)

    def showEvent(self, event: QShowEvent) -> None:
        """Open the first page where none is yet, and count anew: much may have happened since."""
        super().showEvent(event)
        if not self._current and (first := next(self._ordered(), None)) is not None:
            self.open_page(first.id)
        self._items_follow()
        self._reveal()

    def _reveal(self) -> None:
        """Scroll the categories to the one that is open."""
        item = self._items.get(self._current)
        if item is not None and self.isVisible():
            self._categories.activate()
            self._scroller.ensureWidgetVisible(item, 0, 24)

    @property
    def column(self) -> QWidget:
        """The categories: messages and jobs may stand at their foot."""
        return self._side

    @property
    def current(self) -> str:
        """The id of the page shown."""
        return self._current

    def focus_page(self) -> None:
        """Put the cursor into the page shown."""
        if (shown := self._stack.currentWidget()) is not None:
            shown.setFocus()

    def page(self, page_id: str) -> QWidget | None:
        """Return a page that was opened."""
        return self._made.get(page_id)
