"""One plugin in the list: what it is, how it stands, and what can be done about it (mockups/plugins-light.png)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from desk_app.domain.plugins.model import StateKind
from desk_app.services.ports.plugins import PluginState
from desk_app.ui.language import said, tr
from desk_app.ui.plugins import phrases
from desk_app.ui.plugins.tile import Tile
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import button, chip, label
from desk_app.ui.widgets.choices import Switch
from desk_app.ui.widgets.kept_focus import ITEM
from desk_app.ui.widgets.layout import FlowLayout, boxed, column, row

_QUIET = frozenset({StateKind.ACTIVE, StateKind.INACTIVE, StateKind.ACTIVATING, StateKind.DEACTIVATING})

_EDGE = 5
"""What stands around the words of a quiet button, in px: its border and padding in the style sheet."""


class PluginCard(QFrame):
    """A plugin with its switch."""

    switched = Signal(bool)
    settings_asked = Signal()
    details_asked = Signal()
    delete_asked = Signal()
    update_asked = Signal()
    log_asked = Signal()
    again_asked = Signal()
    anyway_asked = Signal()

    def __init__(
        self,
        state: PluginState,
        states: Sequence[PluginState],
        hooks: Sequence[str],
        *,
        busy: bool,
        refusal: str,
        aside: bool,
    ) -> None:
        super().__init__()
        self.setObjectName("plugincard")
        wanted = state.record is not None and state.record.wanted
        self._is_aside = aside and wanted and state.kind is StateKind.INACTIVE
        self.setProperty(ITEM, f"{state.slug}:{state.folder}" if state.kind is StateKind.CONFLICT else state.slug)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.state = state
        name = phrases.shown_name(state)
        self.setAccessibleName(name)
        self._name = name
        tile = Tile(state.manifest.icon if state.manifest is not None else "", phrases.tone(state))
        texts = column(self._head(states, hooks), spacing=2)
        description = phrases.shown_description(state)
        if description:
            words = label(description, "secondary", wrap=True)
            words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            texts.addWidget(words)
        texts.addLayout(self._links())
        line = row(tile, texts, spacing=14)
        line.setAlignment(tile, Qt.AlignmentFlag.AlignTop)
        line.setStretchFactor(texts, 1)
        for one in self._right(busy=busy):
            line.addWidget(one, 0, Qt.AlignmentFlag.AlignVCenter)
        self._box: QVBoxLayout = column(line, margins=(14, 12, 16, 10), spacing=10)
        self.setLayout(self._box)
        self._strip(refusal)

    # -- parts --------------------------------------------------------------------------------------------------------

    def _head(self, states: Sequence[PluginState], hooks: Sequence[str]) -> QWidget:
        state = self.state
        flow = FlowLayout(spacing=8)
        flow.addWidget(label(self._name, "strong"))
        if state.version:
            flow.addWidget(label(state.version, "tertiary"))
        if people := phrases.authors(state):
            flow.addWidget(label(people, "tertiary"))
        words, colour = phrases.state_words(state.kind)
        if self._is_aside:
            words, colour = tr("Put aside"), "info"
        if words:
            flow.addWidget(chip(words, colour))
        needs = phrases.missing_needs(state, states) if state.kind is not StateKind.ACTIVE else []
        for one in needs:
            flow.addWidget(chip(one, "warning"))
        if state.slow:
            flow.addWidget(chip(tr("Slow"), "warning"))
        if not words and not needs:
            found = phrases.chips(state.manifest, hooks)
            for one in found[: phrases.MOST_CHIPS]:
                flow.addWidget(chip(one))
            if more := found[phrases.MOST_CHIPS :]:
                rest = chip(f"+{len(more)}")
                rest.setToolTip(", ".join(more))
                flow.addWidget(rest)
        return boxed(flow)

    def _links(self) -> FlowLayout:
        state, flow = self.state, FlowLayout(spacing=6, overhang=_EDGE)
        has_settings = state.manifest is not None and bool(state.manifest.settings)
        if has_settings and state.kind in {StateKind.ACTIVE, StateKind.PAUSED}:
            flow.addWidget(self._link(tr("Settings"), self.settings_asked.emit))
        if state.kind is StateKind.CONFLICT:  # what has its id is another plugin
            return flow
        flow.addWidget(self._link(tr("Details"), self.details_asked.emit))
        if state.can_uninstall or state.kind is StateKind.MISSING:
            flow.addWidget(self._link(tr("Delete"), self.delete_asked.emit))
        return flow

    def _link(self, words: str, on_click: Callable[[], object]) -> QPushButton:
        made = button(words, on_click, variant="quiet")
        made.setMinimumHeight(24)
        made.setAccessibleName(f"{self._name}: {words}")
        return made

    def _right(self, *, busy: bool) -> list[QWidget]:
        state, found = self.state, list[QWidget]()
        if state.can_update:
            words = tr("Update to {version}").format(version=state.update)
            update = button(words, self.update_asked.emit, icon_name="download", enabled=not busy)
            update.setAccessibleName(f"{self._name}: {words}")
            found.append(update)
        self.switch = Switch(self._name, on=state.kind in {StateKind.ACTIVE, StateKind.ACTIVATING})
        self.switch.setEnabled(not busy and (state.can_activate or state.kind in {StateKind.ACTIVE, StateKind.MISSING}))
        self.switch.toggled.connect(self.switched.emit)
        found.append(self.switch)
        return found

    def _strip(self, refusal: str) -> None:
        state = self.state
        wanted = state.record is not None and state.record.wanted
        waits = state.kind is StateKind.INACTIVE and wanted and bool(state.reason) and not self._is_aside
        says = state.kind not in _QUIET or waits
        why = phrases.reason(state) if says else ""
        choices: list[tuple[str, Callable[[], object]]] = []
        tone = phrases.state_words(state.kind)[1] or "warning"
        if state.kind is StateKind.PAUSED:
            choices = [(tr("Show log"), self.log_asked.emit), (tr("Try again"), self.again_asked.emit)]
        elif state.kind is StateKind.CHANGED:
            choices = [(tr("Look and decide…"), self.anyway_asked.emit)]
        elif not why and refusal:
            why, tone = refusal, "danger"
        elif not why and state.slow:
            why, tone = said(state.slow), "warning"
            choices = [(tr("Details"), self.details_asked.emit), (tr("Switch off"), lambda: self.switched.emit(False))]
        if why:
            detail = [] if state.kind is StateKind.PAUSED else list(state.problems)
            self._box.addWidget(_Strip(self._name, why, detail, tone, choices))

    def refuse(self) -> None:
        """Show the switch as it was: nothing was switched."""
        self.switch.show_state(on=self.state.kind is StateKind.ACTIVE)


class _Strip(QFrame):
    """Why a plugin does not run, with the lines of its file that are to blame, and what can be done."""

    def __init__(
        self,
        name: str,
        why: str,
        details: Sequence[str],
        tone: str,
        choices: Sequence[tuple[str, Callable[[], object]]],
    ) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        texts = column(label(why, wrap=True, selectable=True), spacing=2)
        for one in details:
            texts.addWidget(label(one, "mono", wrap=True, selectable=True))
        glyph = Glyph("triangle-alert", tone)
        line = row(glyph, texts, margins=(12, 6, 8, 6), spacing=10)
        line.setAlignment(glyph, Qt.AlignmentFlag.AlignVCenter if not details else Qt.AlignmentFlag.AlignTop)
        line.setStretchFactor(texts, 1)
        for words, on_click in choices:
            made = button(words, on_click)
            made.setAccessibleName(f"{name}: {words}")
            line.addWidget(made)
        self.setLayout(line)
