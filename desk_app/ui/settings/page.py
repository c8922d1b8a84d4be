"""The settings: categories with search at the left, a page at the right (ui.md 4.14)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QWidget

from desk_app.plugin_api.ui import Registry, SettingsPage, WindowPort
from desk_app.ui.language import tr
from desk_app.ui.widgets.basics import label, scroller
from desk_app.ui.widgets.layout import boxed, clear, column, hairline, row
from desk_app.ui.widgets.painted import NavItem


class SettingsHome(QWidget):
    """Shows the registered settings pages; each is built when it is first opened."""

    def __init__(self, pages: Registry[SettingsPage], port: WindowPort) -> None:
        super().__init__()
        self._pages, self._port = pages, port
        self._made: dict[str, QWidget] = {}
        self._items: dict[str, NavItem] = {}
        self._current = ""
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search settings"))
        self.search.setAccessibleName(tr("Search settings"))
        self.search.textChanged.connect(lambda _text: self._fill())
        self.setFocusProxy(self.search)
        self._list = column(spacing=2)
        inside = boxed(column(self._list, None, margins=(10, 0, 10, 10)), "sidebar")
        head = column(label(tr("Settings"), "title"), self.search, margins=(12, 14, 12, 8), spacing=8)
        side = boxed(column(head, scroller(inside, tr("Settings")), spacing=0), "sidebar")
        side.setFixedWidth(226)
        self._stack = QStackedWidget()
        self.setLayout(row(side, hairline(vertical=True), self._stack, spacing=0))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._fill()
        self.destroyed.connect(pages.on_change(self._fill))
        first = next(iter(pages), None)
        if first is not None:
            self.open_page(first.id)

    def _fill(self) -> None:
        clear(self._list)
        self._items.clear()
        wanted = self.search.text().lower().strip()
        section = ""
        for spec in self._pages:
            if wanted and not any(wanted in words.lower() for words in (spec.title, *spec.words)):
                continue
            if spec.section != section:
                section = spec.section
                heading = label(section.upper(), "caption")
                heading.setContentsMargins(9, 10, 0, 4)
                self._list.addWidget(heading)
            item = NavItem(spec.title, spec.icon)
            item.clicked.connect(lambda _checked=False, one=spec.id: self.open_page(one))
            item.setChecked(spec.id == self._current)
            self._items[spec.id] = item
            self._list.addWidget(item)

    def open_page(self, page_id: str) -> None:
        """Show a settings page."""
        spec = self._pages.get(page_id)
        if spec is None:
            return
        if page_id not in self._made:
            self._made[page_id] = spec.factory(self._port)
            self._stack.addWidget(self._made[page_id])
        self._current = page_id
        self._stack.setCurrentWidget(self._made[page_id])
        for key, item in self._items.items():
            item.setChecked(key == page_id)

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
