"""Where the composer speaks to the agent: one bar above its buttons at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from desk_app.domain.messages.guards import Guard, Objection
from desk_app.ui.messages.composer_guards import guard_bar
from desk_app.ui.widgets.layout import clear, column
from desk_app.ui.widgets.panels import Banner


class ComposerBars(QWidget):
    """Shows a warning, a question or an objection; remembers what was asked already."""

    def __init__(self, back: Callable[[], object]) -> None:
        super().__init__()
        self._back = back
        self._asked: set[Objection] = set()
        self._shown: tuple[Objection, ...] = ()
        self._go_on: Callable[[], object] = back
        self._layout = column()
        self.setLayout(self._layout)
        self.hide()

    def show_bar(self, bar: QWidget | None) -> None:
        """Show a bar, or none."""
        self._shown = ()
        clear(self._layout)
        if bar is not None:
            self._layout.addWidget(bar)
        self.setVisible(bar is not None)

    def refuse(self, text: str) -> bool:
        """Say why nothing is sent; returns True."""
        self.show_bar(Banner(text, "danger"))
        return True

    def begin(self) -> None:
        """Forget what was asked: another text is written."""
        self._asked = set()
        self.show_bar(None)

    def look_twice(self, found: Sequence[Objection], go_on: Callable[[], object]) -> bool:
        """Ask once about what is unusual; whoever was asked and sends again is not asked again. Returns whether it was
        asked."""
        if set(found) <= self._asked:
            return False
        self._asked |= set(found)
        self._ask(tuple(found), go_on)
        return True

    def put_right(self, guard: Guard) -> None:
        """Ask no longer about what the agent has put right."""
        rest = tuple(one for one in self._shown if one.guard is not guard)
        if not rest and self._shown:
            self.show_bar(None)
        elif rest != self._shown:
            self._ask(rest, self._go_on)

    def _ask(self, found: tuple[Objection, ...], go_on: Callable[[], object]) -> None:
        self.show_bar(guard_bar(found, go_on, self._leave))
        self._shown, self._go_on = found, go_on

    def _leave(self) -> None:
        self.show_bar(None)
        self._back()
