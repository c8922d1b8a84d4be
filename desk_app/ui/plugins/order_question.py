"""In which order plugins are asked, where several change or judge the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.hooks import GROUPS
from desk_app.plugin_api.marks import Kind, records_of
from desk_app.services.ports.plugins import PluginControl
from desk_app.ui.language import tr
from desk_app.ui.plugins import phrases
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.widgets.basics import icon_button, label
from desk_app.ui.widgets.layout import column, row
from desk_app.ui.widgets.panels import announce

_SLUG = Qt.ItemDataRole.UserRole
_ORDERED = frozenset({Kind.FILTER, Kind.GUARD, Kind.FIRST})


def shared_hooks(control: PluginControl) -> Mapping[str, Sequence[str]]:
    """Return the filters, guards and first answers that several running plugins implement, with these plugins."""
    ordered = {one.name for group in GROUPS for one in records_of(group) if one.kind in _ORDERED}
    users: dict[str, list[str]] = {}
    for state in control.plugins():
        if state.kind is StateKind.ACTIVE:
            for hook in control.used_hooks(state.slug):
                if hook in ordered:
                    users.setdefault(hook, []).append(state.slug)
    return {hook: slugs for hook, slugs in sorted(users.items()) if len(slugs) > 1}


class _Rows(QListWidget):
    """The plugins; Alt with an arrow moves one."""

    def __init__(self, question: OrderQuestion) -> None:
        super().__init__()
        self._question = question
        self.setObjectName("pick")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by Alt and an arrow."""
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if by and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._question.move_by(by)
        else:
            super().keyPressEvent(event)


class OrderQuestion(Question):
    """Every plugin that runs, the one that is asked first on top."""

    def __init__(self, control: PluginControl, parent: QWidget | None = None) -> None:
        super().__init__(tr("In which order are plugins asked?"), tr("Use this order"), parent)
        self.setMinimumWidth(520)
        words = tr(
            "Where several plugins change the same text, each gets what the one above it made of it. Where several may "
            "refuse, the first refusal counts."
        )
        self.content.addWidget(label(words, "secondary", wrap=True))
        self.rows = _Rows(self)
        self.rows.setAccessibleName(tr("Plugins, the first on top"))
        self.rows.setAccessibleDescription(tr("Alt with an arrow moves a plugin"))
        words_of, shared = phrases.decided_words(), shared_hooks(control)
        running = [one for one in control.plugins() if one.kind is StateKind.ACTIVE]
        for state in running:
            hooks = [words_of.get(hook, hook) for hook, slugs in shared.items() if state.slug in slugs]
            name = phrases.shown_name(state)
            item = QListWidgetItem(f"{name} — {', '.join(hooks)}" if hooks else name)
            item.setData(_SLUG, state.slug)
            self.rows.addItem(item)
        self.rows.setMinimumHeight(min(320, 34 * max(3, len(running)) + 12))
        self.up = icon_button("chevron-up", tr("Ask earlier"), lambda: self.move_by(-1), key="Alt+Up")
        self.down = icon_button("chevron-down", tr("Ask later"), lambda: self.move_by(1), key="Alt+Down")
        line = row(self.rows, column(self.up, self.down, None, spacing=4), spacing=8)
        line.setStretch(0, 1)
        self.content.addLayout(line)
        note = (
            tr("Shared at the moment: {hooks}.").format(hooks=", ".join(words_of.get(hook, hook) for hook in shared))
            if shared
            else tr("At the moment no two plugins do the same thing, so the order changes nothing.")
        )
        self.content.addWidget(label(note, "tertiary", wrap=True))
        self.rows.currentRowChanged.connect(lambda _place: self._follow())
        self.rows.setCurrentRow(0)
        self.rows.setFocus()
        self._follow()

    @property
    def slugs(self) -> tuple[str, ...]:
        """The plugins in the order chosen."""
        return tuple(str(self.rows.item(place).data(_SLUG)) for place in range(self.rows.count()))

    def move_by(self, by: int) -> None:
        """Move the plugin with the cursor."""
        here = self.rows.currentRow()
        there = here + by
        if here < 0 or not 0 <= there < self.rows.count():
            return
        item = self.rows.takeItem(here)
        self.rows.insertItem(there, item)
        self.rows.setCurrentRow(there)
        announce(self.rows, tr("{name}: place {place}").format(name=item.text(), place=there + 1))

    def _follow(self) -> None:
        here = self.rows.currentRow()
        self.up.setEnabled(here > 0)
        self.down.setEnabled(0 <= here < self.rows.count() - 1)
