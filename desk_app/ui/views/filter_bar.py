"""The line of removable chips under a list's header."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.language import tr
from desk_app.ui.views.filters import Chip, chips
from desk_app.ui.views.names import FilterNames
from desk_app.ui.widgets.basics import button
from desk_app.ui.widgets.layout import FlowLayout, boxed, clear, column


class FilterBar(QWidget):
    """Shows what a list is filtered by; a click on a chip takes it away."""

    changed = Signal(object)
    """The query without a chip."""
    save_asked = Signal()
    save_as_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.names: FilterNames | None = None
        """Knows people and organizations by name."""
        self.setObjectName("filterbar")
        self._flow = FlowLayout(spacing=6)
        self.setLayout(column(boxed(self._flow), margins=(16, 0, 12, 10)))
        self.chips: list[QPushButton] = []
        self.hide()

    def show_filters(
        self, query: TicketQuery, base: TicketQuery, facts: DeskFacts, *, can_save: bool, changed: bool
    ) -> None:
        """Show the chips of a query. `changed` filters can be saved as a view, and into the view where `can_save`."""
        clear(self._flow)
        self.chips = [self._chip(one) for one in chips(query, base, facts, self.names)]
        for made in self.chips:
            self._flow.addWidget(made)
        if changed:
            if can_save:
                self._flow.addWidget(button(tr("Save"), self.save_asked.emit, variant="link"))
            self._flow.addWidget(button(tr("Save as view…"), self.save_as_asked.emit, variant="link"))
        self.setVisible(bool(self.chips) or changed)
        self.updateGeometry()

    def _chip(self, one: Chip) -> QPushButton:
        words = one.text.replace("&", "&&")
        made = button(f"{words}  ×", lambda: self.changed.emit(one.without), variant="chip")
        made.setAccessibleName(tr("Remove the filter {filter}").format(filter=one.text))
        made.setToolTip(tr("Remove this filter"))
        made.setMinimumHeight(24)
        return made
