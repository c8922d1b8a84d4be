"""What stands above the rows: name, count, buttons, search, filters (ui.md 4.2)."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from desk_app.ui.language import tr
from desk_app.ui.timers import single_shot
from desk_app.ui.views.filter_bar import FilterBar
from desk_app.ui.widgets.basics import ElidedLabel, button, chip, icon_button, label, let_clear, set_words
from desk_app.ui.widgets.layout import FlowLayout, boxed, clear, column, hairline, row

SEARCH_MS = 350


class ListTitle(ElidedLabel):
    """The name of a list: as wide as it is, or as there is room."""

    def __init__(self) -> None:
        super().__init__("", "title")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """Return the size of the whole name."""
        return QSize(self.fontMetrics().horizontalAdvance(self.whole_text) + 4, super().sizeHint().height())

    def set_text(self, text: str, tip: str = "") -> None:
        """Show another name."""
        super().set_text(text, tip)
        self.updateGeometry()


class ListHeader(QWidget):
    """Name and number of a list, and what can be done with it as a whole."""

    searched = Signal(str)
    search_closed = Signal()
    sidebar_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = ListTitle()
        self.total = label("", "tertiary")
        self.lists_button = icon_button("panel-left", tr("Lists"), self.sidebar_asked.emit, key="Ctrl+\\")
        self.lists_button.hide()
        self.search_button = icon_button("search", tr("Search"), self.focus_search, key="/")
        self.sort_button = icon_button("arrow-up-down", tr("Sort"), key="Shift+S")
        self.filter_button = icon_button("list-filter", tr("Filter"), key="Shift+F")
        self.new_button = icon_button("square-pen", tr("New ticket"), key="C")
        buttons = (self.search_button, self.sort_button, self.filter_button, self.new_button)
        self.bar = boxed(
            row(self.lists_button, self.title, self.total, None, *buttons, margins=(16, 10, 10, 8), spacing=4)
        )
        self.bar.setMinimumHeight(49)
        self.bar.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.filters = FilterBar()
        self.bulk_bar = boxed(row(margins=(16, 9, 8, 9), spacing=2), "surface")
        self.bulk_bar.hide()
        self._build_search()
        self.pill = button("", variant="primary", icon_name="chevron-up")
        self.pill.hide()
        self._pill_row = boxed(row(None, self.pill, None, margins=(0, 4, 0, 4)))
        self._pill_row.hide()
        self.setLayout(
            column(
                self.bar,
                self.bulk_bar,
                self._search_row,
                self._words,
                self.filters,
                hairline(),
                self._pill_row,
                spacing=0,
            )
        )

    def _build_search(self) -> None:
        self.search_box = QLineEdit()
        self.search_box.setAccessibleName(tr("Search tickets"))
        self.search_box.setPlaceholderText(tr("Words, from: subject: tag: before: has:attachment"))
        let_clear(self.search_box, tr("Clear the search text"))
        self.search_box.returnPressed.connect(self._search_now)
        self._search_timer = single_shot(self, SEARCH_MS, self._search_now)
        self.search_box.textEdited.connect(self._typed)
        close = icon_button("x", tr("Close the search"), self.search_closed.emit, size=15)
        self._search_row = boxed(row(self.search_box, close, margins=(12, 0, 8, 10), spacing=4))
        self._search_row.hide()
        self._words_flow = FlowLayout(spacing=6)
        self._words = boxed(column(boxed(self._words_flow), margins=(16, 0, 12, 10)))
        self._words.hide()

    # -- search -----------------------------------------------------------------------------------------------------
    @property
    def searching(self) -> bool:
        """Whether the search box is open."""
        return not self._search_row.isHidden()

    def open_search(self, text: str | None = None) -> None:
        """Open the search box, with a text where one is given."""
        self._search_row.show()
        if text is not None:
            self.search_box.setText(text)
            self._show_words()

    def focus_search(self) -> None:
        """Open the search box and put the cursor into it."""
        self.open_search()
        self.search_box.setFocus()
        self.search_box.selectAll()

    def hide_search(self) -> None:
        """Close the search box."""
        self._search_timer.stop()
        self.search_box.clear()
        self._search_row.hide()
        self._words.hide()

    def _typed(self) -> None:
        self._show_words()
        self._search_timer.start()

    def _search_now(self) -> None:
        self._search_timer.stop()
        self.searched.emit(self.search_box.text().strip())

    def _show_words(self) -> None:
        from desk_app.ui.tickets.search_words import search_words  # noqa: PLC0415 -- with the first search

        clear(self._words_flow)
        words = search_words(self.search_box.text())
        for text, tone in words:
            self._words_flow.addWidget(chip(text, tone))
        self._words.setVisible(bool(words))

    # -- selection and news -----------------------------------------------------------------------------------------
    def show_selected(self, count: int) -> None:
        """Give the place of the name to the bulk bar while several tickets are selected."""
        self.bar.setVisible(count < 2)
        self.bulk_bar.setVisible(count > 1)

    def show_unseen(self, count: int) -> None:
        """Tell how many tickets have come above what is on screen."""
        set_words(self.pill, tr("%n new", count))
        self.pill.setVisible(count > 0)
        self._pill_row.setVisible(count > 0)
