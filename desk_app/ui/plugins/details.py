"""Everything about one plugin: rights, hooks with the time they take, faults, health, log, versions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from PySide6.QtCore import QDateTime, QLocale, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from desk_app.domain.plugins.model import REVOCABLE, Permission, PluginFault, Source, StateKind
from desk_app.plugin_api import Health, HealthState
from desk_app.services.ports.plugins import Contribution, PluginControl, PluginState
from desk_app.ui.language import grouped, said, tr
from desk_app.ui.plugins import phrases
from desk_app.ui.plugins.desk import PluginDesk
from desk_app.ui.plugins.tile import Tile
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import ElidedLabel, button, chip, icon_button, label, scroller
from desk_app.ui.widgets.choices import Switch
from desk_app.ui.widgets.kept_focus import ITEM, keeping_focus
from desk_app.ui.widgets.layout import FlowLayout, boxed, clear, column, hairline, row
from desk_app.ui.widgets.panels import Banner, panel_card
from desk_app.ui.widgets.table import PlainTable, TableRow
from desk_app.ui.work import Lane

WIDTH, WIDEST = 960, 1880
"""The widest the cards get below each other, and beside each other, in px."""
_BESIDE = 1120
"""The width from which two columns of cards stand beside each other, in px."""
_MOST_ROWS = 12
_LOG_LINES = 200
_SLOW_MS = 100.0


@dataclass(frozen=True, slots=True)
class ReadDetails:
    """What is read off the GUI thread."""

    faults: Sequence[PluginFault] = ()
    log: str = ""
    health: Sequence[tuple[str, Health]] = ()


class _Cards(QWidget):
    """The cards: one for the whole width, below it two columns, or one below the other where there is little room."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self.head, self.wide, self.narrow = (column(spacing=12) for _ in range(3))
        sides = [boxed(column(one, None)) for one in (self.wide, self.narrow)]
        for one in sides:  # the room is shared by what was decided, not by the longest word
            one.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._columns = row(*sides, spacing=12)
        whole = column(self.head, self._columns, margins=(20, 16, 20, 20), spacing=12)
        whole.setStretch(1, 1)
        self._holder = boxed(whole)
        line = row(self._holder, None)
        line.setStretchFactor(self._holder, 1000)  # all there is, to its width; what is left stays empty
        self.setLayout(line)
        self._arrange()

    def fill(self, cards: QVBoxLayout, shown: Sequence[QWidget | None], slug: str) -> None:
        """Show other cards in one of the columns."""
        clear(cards)
        for place, card in enumerate(shown):
            if card is not None:
                card.setProperty(ITEM, f"{slug}:{place}")
                card.setSizePolicy(
                    QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred
                )  # higher where words wrap
                cards.addWidget(card)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Have one column or two."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        beside = self.width() >= theme().px(_BESIDE)
        self._columns.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        for place, share in enumerate((3, 2) if beside else (0, 1)):
            self._columns.setStretch(place, share)
        self._holder.setMaximumWidth(theme().px(WIDEST if beside else WIDTH))


class PluginDetails(QWidget):
    """The details of one plugin; goes back by the arrow and by Escape."""

    back_asked = Signal()
    settings_asked = Signal(str)
    delete_asked = Signal(str)

    def __init__(self, desk: PluginDesk) -> None:
        super().__init__()
        self._desk = desk
        self.slug = ""
        self._read_for = ""
        self._found = ReadDetails()
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self.back = icon_button("arrow-left", tr("Back to all plugins"), self.back_asked.emit)
        self.title = label("", "title")
        self._buttons = row(spacing=8)
        head = boxed(row(self.back, self.title, None, self._buttons, margins=(12, 9, 20, 9), spacing=8), "surface")
        self._cards = _Cards()
        self.area = scroller(self._cards, tr("Details"))
        self.setLayout(column(head, hairline(), self.area, spacing=0))
        self.setFocusProxy(self.back)
        desk.changed.connect(self._follow)

    # -- reading ------------------------------------------------------------------------------------------------------

    def show_plugin(self, slug: str) -> None:
        """Show a plugin."""
        self.slug, self._found = slug, ReadDetails()
        self._fill()
        self.read()
        self.ask_health()
        self.area.verticalScrollBar().setValue(0)

    def read(self) -> None:
        """Read faults and log anew."""
        session, slug = self._desk.session, self.slug
        keeping, system = session.desk.plugin_keeping, session.desk.system

        own = getattr(getattr(self._desk.control.context(slug), "log", None), "lines", None)

        def call() -> tuple[Sequence[PluginFault], str]:
            lines = _own_lines(own) if callable(own) else []
            if not lines:
                found = system.logs(least="DEBUG", words=f"plugin.{slug}")[:_LOG_LINES]
                lines = [one.whole for one in found]
            return keeping.faults(slug), "\n".join(lines)

        def arrived(found: tuple[Sequence[PluginFault], str]) -> None:
            if slug == self.slug:
                self._found = replace(self._found, faults=found[0], log=found[1])
                self._fill()

        session.work.run(call, arrived, owner=self)

    def ask_health(self) -> None:
        """Ask the plugin's own checks, which may take their time."""
        control, slug = self._desk.control, self.slug
        checks = [one for one in control.contributions("health_checks") if one.plugin == slug]
        if not checks:
            return

        def arrived(found: Sequence[tuple[str, Health]]) -> None:
            if slug == self.slug:
                self._found = replace(self._found, health=found)
                self._fill()

        work = self._desk.session.work
        work.run(lambda: [_asked(one, control) for one in checks], arrived, owner=self, lane=Lane.GUEST)

    def _follow(self) -> None:
        if self.slug and self.isVisible():
            self._fill()
            self.read()

    # -- cards --------------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        state = self._desk.state(self.slug)
        if state is None:
            self.back_asked.emit()
            return
        self.title.setText(phrases.shown_name(state))
        self._fill_buttons(state)
        wide = (
            self._faults_card() if self._found.faults else None,
            self._hooks_card(state),
            self._log_card(),
        )
        narrow = (self._health_card(), self._rights_card(state), self._facts_card(state))
        columns = self._cards
        with keeping_focus(columns.wide, self.back), keeping_focus(columns.narrow, self.back):
            columns.fill(columns.head, [self._head(state)], state.slug)
            columns.fill(columns.wide, wide, state.slug)
            columns.fill(columns.narrow, narrow, state.slug)

    def _fill_buttons(self, state: PluginState) -> None:
        clear(self._buttons)
        idle = state.slug not in self._desk.busy
        made = []
        if state.can_update:
            words = tr("Update to {version}").format(version=state.update)
            made.append(button(words, lambda: self._desk.update(state.slug), icon_name="download", enabled=idle))
        if state.can_roll_back and state.record is not None:
            words = tr("Back to {version}").format(version=state.record.previous_version)
            made.append(button(words, lambda: self._desk.roll_back(state.slug), icon_name="undo-2", enabled=idle))
        if state.kind is StateKind.PAUSED:
            made.append(
                button(tr("Try again"), lambda: self._desk.try_again(state.slug), icon_name="refresh-cw", enabled=idle)
            )
        if state.manifest is not None and state.manifest.settings and state.record is not None:
            made.append(button(tr("Settings"), lambda: self.settings_asked.emit(state.slug), icon_name="settings"))
        if state.can_uninstall:
            made.append(button(tr("Delete…"), lambda: self.delete_asked.emit(state.slug), icon_name="trash-2"))
        for one in made:
            self._buttons.addWidget(one)

    def _head(self, state: PluginState) -> QWidget:
        flow = FlowLayout(spacing=8)
        flow.addWidget(label(phrases.shown_name(state), "strong"))
        if state.version:
            flow.addWidget(label(state.version, "tertiary"))
        if people := phrases.authors(state):
            flow.addWidget(label(people, "tertiary"))
        words, tone = phrases.state_words(state.kind)
        on = state.kind is StateKind.ACTIVE
        flow.addWidget(chip(words or (tr("On") if on else tr("Off")), tone or ("success" if on else "")))
        texts = column(boxed(flow), label(phrases.shown_description(state), "secondary", wrap=True), spacing=4)
        tile = Tile(state.manifest.icon if state.manifest is not None else "", phrases.tone(state))
        line = row(tile, texts, spacing=14)
        line.setAlignment(tile, Qt.AlignmentFlag.AlignTop)
        line.setStretchFactor(texts, 1)
        frame = QFrame()
        frame.setObjectName("plugincard")
        inside = column(line, margins=(14, 12, 14, 12), spacing=10)
        if why := phrases.reason(state):
            inside.addWidget(Banner(why, tone or "warning", icon_name="triangle-alert"))
        for one in state.problems:
            inside.addWidget(label(one, "mono", wrap=True, selectable=True))
        if state.slow:
            inside.addWidget(Banner(said(state.slow), "warning", icon_name="gauge"))
        frame.setLayout(inside)
        return frame

    # -- faults -------------------------------------------------------------------------------------------------------

    def _faults_card(self) -> QWidget:
        frame, content = panel_card(tr("What went wrong"))
        faults = self._found.faults
        self.faults = PlainTable(tr("What went wrong"), (tr("When"), tr("Where"), tr("What")), wide=2)
        rows = [
            TableRow(place, (_when(one.at), one.place, one.summary), dot="danger") for place, one in enumerate(faults)
        ]
        self.faults.show_rows(rows)
        self.faults.take_height(min(len(rows), _MOST_ROWS))
        self.whole = QPlainTextEdit()
        self.whole.setReadOnly(True)
        self.whole.setProperty("variant", "source")
        self.whole.setAccessibleName(tr("The whole fault"))
        self.whole.setTabChangesFocus(True)
        self.whole.setFixedHeight(theme().px(140))
        copy = button(tr("Copy"), lambda: self._copy(self.whole.toPlainText()), icon_name="copy")
        self.faults.chosen.connect(lambda place: self.whole.setPlainText(_report(faults[int(str(place))])))
        content.addWidget(self.faults)
        content.addWidget(self.whole)
        content.addLayout(row(label(tr("Text of mail is never in it."), "tertiary"), None, copy))
        self.faults.choose(0)
        self.whole.setPlainText(_report(faults[0]))
        return frame

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._desk.told.emit(tr("Copied"))

    # -- rights -------------------------------------------------------------------------------------------------------

    def _rights_card(self, state: PluginState) -> QWidget | None:
        if state.manifest is None:
            return None
        frame, content = panel_card(tr("What it may do"))
        content.setSpacing(10)
        record, wanted = state.record, phrases.ordered(state.manifest.permissions)
        self.switches: dict[Permission, Switch] = {}
        for one in wanted:
            title, meaning = phrases.permission_words(one)
            texts = column(label(title, "strong"), label(meaning, "tertiary", wrap=True), spacing=1)
            line = row(texts, spacing=12)
            line.setStretchFactor(texts, 1)
            if one in REVOCABLE and record is not None:
                switch = Switch(title, on=one in record.permissions)
                switch.setEnabled(state.slug not in self._desk.busy)
                switch.toggled.connect(self._permit(one))
                self.switches[one] = switch
                line.addWidget(switch)
            elif record is not None and one not in record.permissions:
                line.addWidget(chip(tr("Not agreed to yet"), "warning"))
                allow = button(tr("Allow"), self._allower(one), enabled=state.slug not in self._desk.busy)
                allow.setAccessibleName(tr("Allow: {permission}").format(permission=title))
                line.addWidget(allow)
            content.addLayout(line)
        if not wanted:
            content.addWidget(label(tr("It asks for no permission."), "secondary"))
        return frame

    def _allower(self, permission: Permission) -> Callable[[], object]:
        return lambda: self._desk.permit(self.slug, permission, on=True)

    def _permit(self, permission: Permission) -> Callable[[bool], None]:
        return lambda on: self._desk.permit(self.slug, permission, on=on)

    # -- hooks --------------------------------------------------------------------------------------------------------

    def _hooks_card(self, state: PluginState) -> QWidget | None:
        if state.kind is not StateKind.ACTIVE:
            return None
        hooks, timings = self._desk.control.used_hooks(state.slug), self._desk.control.timings(state.slug)
        frame, content = panel_card(tr("Hooks it uses"), trailing=tr("since it was switched on"))
        headers = (tr("Hook"), tr("Calls"), tr("Time"), tr("Each"), tr("Longest"), tr("Faults"))
        self.hooks = PlainTable(tr("Hooks it uses"), headers, numbers=range(1, len(headers)))
        self.hooks.show_rows([_hook_row(one, timings) for one in hooks])
        self.hooks.take_height(min(len(hooks), _MOST_ROWS))
        content.addWidget(self.hooks if hooks else label(tr("None"), "secondary"))
        return frame

    def _health_card(self) -> QWidget | None:
        if not self._found.health:
            return None
        frame, content = panel_card(tr("How it fares"))
        tones = {
            HealthState.GOOD: ("circle-check", "success"),
            HealthState.WARNING: ("triangle-alert", "warning"),
            HealthState.BAD: ("circle-alert", "danger"),
        }
        for title, health in self._found.health:
            glyph, tone = tones[health.state]
            words = label(health.text, "secondary", wrap=True)
            beside = (Glyph(glyph, tone), label(title, "strong"))
            line = row(*beside, words, spacing=8)
            line.setStretchFactor(words, 1)
            for one in beside:  # they belong to the first line of the words
                line.setAlignment(one, Qt.AlignmentFlag.AlignTop)
            content.addLayout(line)
        content.addSpacing(4)
        content.addLayout(row(button(tr("Ask again"), self.ask_health, icon_name="refresh-cw"), None))
        return frame

    def _log_card(self) -> QWidget | None:
        if not self._found.log:
            return None
        frame, content = panel_card(tr("What it wrote down"), trailing=tr("on this computer"))
        text = self._found.log
        self.log = QPlainTextEdit(text)
        self.log.setReadOnly(True)
        self.log.setProperty("variant", "source")
        self.log.setAccessibleName(tr("What it wrote down"))
        self.log.setTabChangesFocus(True)
        self.log.setFixedHeight(theme().px(180))
        content.addWidget(self.log)
        content.addLayout(row(None, button(tr("Copy"), lambda: self._copy(text), icon_name="copy")))
        return frame

    # -- facts --------------------------------------------------------------------------------------------------------

    def _facts_card(self, state: PluginState) -> QWidget:
        frame, content = panel_card(tr("Versions and origin"))
        for name, value in _facts(state):
            content.addLayout(_fact(name, value))
        manifest = state.manifest
        line: QHBoxLayout = row(spacing=8)
        if state.folder is not None:
            folder = str(state.folder)
            show = QUrl.fromLocalFile(folder)
            line.addWidget(
                button(tr("Open the folder"), lambda: QDesktopServices.openUrl(show), icon_name="folder", tip=folder)
            )
        if manifest is not None and manifest.homepage.startswith(("https://", "http://")):
            home = QUrl(manifest.homepage)
            line.addWidget(
                button(
                    tr("Open its web site"),
                    lambda: QDesktopServices.openUrl(home),
                    icon_name="external-link",
                    tip=manifest.homepage,
                )
            )
        line.addStretch(1)
        content.addSpacing(4)
        content.addLayout(line)
        return frame


def _asked(one: Contribution, control: PluginControl) -> tuple[str, Health]:
    """Ask a health check; what it raises is bad health, and a fault of the plugin, and so is that it never answers."""
    place = f"health_checks: {one.spec.id}"
    try:
        answer = control.let(one.plugin, place, lambda: one.spec.run(one.ctx))
    except BaseException as error:  # noqa: BLE001 -- a plugin may do anything but end the program
        control.fault(one.plugin, place, error)
        return one.spec.title, Health(HealthState.BAD, f"{type(error).__name__}: {error}")
    if not isinstance(answer, Health):
        return one.spec.title, Health(HealthState.BAD, f"it answered {type(answer).__name__}")
    return one.spec.title, answer


def _own_lines(lines: Callable[[], Sequence[Any]]) -> list[str]:
    """Return the newest lines of a running plugin's log, newest first."""
    found = list(lines())[-_LOG_LINES:]
    return [f"{_when(one.at)} {logging.getLevelName(one.level)} {one.text}" for one in reversed(found)]


def _when(at: datetime | None) -> str:
    if at is None:
        return ""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(at.timestamp())), QLocale.FormatType.ShortFormat)


def _report(fault: PluginFault) -> str:
    where = " · ".join(one for one in (_when(fault.at), fault.version, fault.computer) if one)
    return "\n".join(one for one in (f"{fault.place}: {fault.summary}", where, fault.detail) if one)


def _milliseconds(seconds: float) -> str:
    number, unit = (seconds * 1000, "ms") if seconds < 1 else (seconds, "s")
    return f"{QLocale().toString(number, 'f', 1)} {unit}"


def _hook_row(hook: str, timings: Mapping[str, Any]) -> TableRow:
    timing = timings.get(hook)
    if timing is None:
        return TableRow(hook, (hook, "0", "–", "–", "–", "0"), dot="border_default")
    each = timing.seconds / max(1, timing.calls)
    cells = (
        hook,
        grouped(timing.calls),
        _milliseconds(timing.seconds),
        _milliseconds(each),
        _milliseconds(timing.longest),
        grouped(timing.faults),
    )
    dot = "danger" if timing.faults else "warning" if timing.longest * 1000 > _SLOW_MS else "success"
    return TableRow(hook, cells, dot=dot, tone="danger" if timing.faults else "")


def _fact(name: str, value: str) -> QHBoxLayout:
    whole = " " in value or "/" in value  # can go on in the next line
    words = label(value, wrap=True, selectable=True) if whole else ElidedLabel(value)
    title = label(name, "secondary")
    title.setFixedWidth(theme().px(170))
    title.setWordWrap(True)
    line = row(title, words, spacing=12)
    line.setAlignment(title, Qt.AlignmentFlag.AlignTop)
    line.setStretchFactor(words, 1)
    return line


def _facts(state: PluginState) -> list[tuple[str, str]]:
    record, manifest = state.record, state.manifest
    sources = {
        Source.BUNDLED: tr("Came with the program"),
        Source.PIP: tr("Installed with pip"),
        Source.USER: tr("Installed from a file"),
        Source.DEV: tr("A folder that is being worked on"),
    }
    found = [(tr("Version"), state.version), (tr("Origin"), sources[state.source])]
    if record is not None and record.previous_version:
        found.append((tr("Version before"), record.previous_version))
    if manifest is not None:
        found += [
            (tr("Id"), manifest.id),
            (tr("Made for interface"), ", ".join(sorted(map(str, manifest.api), reverse=True))),
            (tr("Licence"), manifest.license),
            (tr("Needs"), ", ".join(f"{key} {wanted}" for key, wanted in manifest.requires.items())),
        ]
    if record is not None:
        found += [
            (tr("Installed on"), _when(record.installed_at)),
            (tr("Switched on"), _when(record.activated_at)),
            (tr("Checksum of its files"), record.files_sha256),
        ]
    if state.folder is not None:
        found.append((tr("Folder"), str(state.folder)))
    return [(name, value) for name, value in found if value]
