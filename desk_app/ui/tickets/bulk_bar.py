"""What can be done to several selected tickets, in place of the list's header (ui.md 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from desk_app.domain.tickets.model import Bucket
from desk_app.plugin_api.ui import ActionSpec, Registry
from desk_app.ui.language import grouped, tr
from desk_app.ui.tickets.list_pane import ListPane
from desk_app.ui.widgets.basics import ElidedLabel, Menu, button, icon_button
from desk_app.ui.widgets.layout import boxed, hairline, row
from desk_app.ui.widgets.panels import announce

_SIDE, _SPACING = 28, 2
_LEAST_WORDS, _MOST_WORDS = 84, 150
"""So much room, in px, the words have which the buttons do not take: as much as they need, within these bounds."""
_USUAL = (
    "ticket.assign",
    "ticket.status",
    "ticket.tags",
    "ticket.snooze",
    "ticket.trash",
    "ticket.merge_selected",
    "ticket.priority",
    "ticket.move",
    "ticket.due",
    "ticket.spam",
)
_IN_TRASH = ("ticket.restore", "ticket.purge", "ticket.assign", "ticket.tags")
_IN_SPAM = ("ticket.restore", "ticket.trash", "ticket.assign", "ticket.tags")
_ALSO = ("ticket.resolve", "ticket.unread", "ticket.read", "ticket.watch")
"""In the menu only."""


class BulkBar(QWidget):
    """How many tickets are selected, and the commands for them; those that find no room are in a menu.

    `footer` is a line below the list that offers to select everything the list shows.
    """

    def __init__(self, pane: ListPane, actions: Registry[ActionSpec], run: Callable[[str], None]) -> None:
        super().__init__()
        self._pane, self._actions, self._run = pane, actions, run
        self._count = 0
        self._specs: list[ActionSpec] = []
        self.words = ElidedLabel("", "strong")
        self.words.setMinimumWidth(_LEAST_WORDS)
        self.more = icon_button("ellipsis", tr("More for the selected tickets"), self._open_menu, side=_SIDE)
        self.clear = icon_button("x", tr("Clear the selection"), pane.clear_selection, side=_SIDE)
        self.buttons: dict[str, QToolButton] = {}
        self._buttons = row(spacing=_SPACING)
        content = row(self.words, self._buttons, self.more, self.clear, spacing=_SPACING)
        content.setStretchFactor(self.words, 1)
        self.setLayout(content)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(_SIDE + 3)
        self.whole = button("", self._select_whole, variant="link")
        self.whole_words = ElidedLabel("", "secondary")
        line = row(self.whole_words, self.whole, margins=(16, 5, 8, 5), spacing=6)
        line.setStretchFactor(self.whole_words, 1)
        self.footer = boxed(line, "surface")
        self.footer.setMinimumHeight(36)
        self.footer.hide()
        self._rule = hairline()
        self._rule.hide()
        holder = pane.header.bulk_bar.layout()
        holder.addWidget(self)  # type: ignore[union-attr]
        pane.layout().addWidget(self._rule)  # type: ignore[union-attr]
        pane.layout().addWidget(self.footer)  # type: ignore[union-attr]
        pane.selection_changed.connect(self._show)

    @property
    def hidden_ids(self) -> tuple[str, ...]:
        """The commands that find no room and stand in the menu."""
        return tuple(key for key, made in self.buttons.items() if made.isHidden())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many buttons as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _ids(self) -> tuple[str, ...]:
        view = self._pane.view
        buckets = set(view.query.buckets) if view is not None else set()
        if buckets == {Bucket.TRASH}:
            return _IN_TRASH
        return _IN_SPAM if buckets == {Bucket.SPAM} else _USUAL

    def _fill(self) -> None:
        specs = [spec for key in self._ids() if (spec := self._actions.get(key)) is not None]
        if specs == self._specs:
            return
        self._specs = specs
        for made in self.buttons.values():
            made.hide()
            made.deleteLater()
        self.buttons = {}
        for spec in specs:
            run, key = partial(self._run, spec.id), spec.keys[0] if spec.keys else ""
            made = icon_button(spec.icon or "zap", spec.title.rstrip("…"), run, side=_SIDE, key=key)
            self.buttons[spec.id] = made
            self._buttons.addWidget(made)
        self._fit()

    @property
    def _words_room(self) -> int:
        wanted = self.words.fontMetrics().horizontalAdvance(self.words.whole_text) + 2
        return max(_LEAST_WORDS, min(_MOST_WORDS, wanted))

    def _fit(self) -> None:
        room = self.width() - self._words_room - 2 * (_SIDE + _SPACING) - _SPACING
        fitting = max(0, room // (_SIDE + _SPACING))
        for place, made in enumerate(self.buttons.values()):
            made.setVisible(place < fitting)

    def _show(self, count: int) -> None:
        several = count > 1
        total, whole = self._pane.model.rowCount(), self._pane.whole_selected
        self.footer.setVisible(several and (whole or total > count))
        self._rule.setVisible(not self.footer.isHidden())
        if not several:
            self._count = 0
            return
        self._fill()
        self.words.set_text(tr("{count} selected").format(count=grouped(count)))
        self._fit()
        if whole:
            self.whole_words.set_text(tr("Everything in this view is selected"))
        else:
            self.whole_words.set_text("")
            words = tr("Select all {count} in this view").format(count=grouped(total))
            self.whole.setText(words)
            self.whole.setAccessibleName(words)
        self.whole.setVisible(not whole)
        if self._count != count:
            self._count = count
            QTimer.singleShot(300, self, lambda: self._speak(count))

    def _speak(self, count: int) -> None:
        if count == self._count:  # not every step of a selection that grows
            announce(self, tr("{count} selected").format(count=grouped(count)))

    def _select_whole(self) -> None:
        self._pane.select_whole()
        self._pane.table.setFocus()

    def _open_menu(self) -> None:
        self.menu().below(self.more)

    def menu(self) -> Menu:
        """Return the menu with what found no room, and what never has a button."""
        menu = Menu(self)
        for key in (*self.hidden_ids, *_ALSO):
            spec = self._actions.get(key)
            if spec is not None:
                shown_key = spec.keys[0] if spec.keys else ""
                menu.add(spec.title, partial(self._run, key), icon_name=spec.icon, key=shown_key)
        if not self._pane.whole_selected:
            menu.addSeparator()
            words = tr("Select all {count} in this view").format(count=grouped(self._pane.model.rowCount()))
            menu.add(words, self._select_whole)
        return menu
