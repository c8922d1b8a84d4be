"""Guards around what a plugin brings to the window (plugins.md, "Isolation and recovery mode").

Every function of a spec is called through here: what it raises becomes a fault of the plugin, never of the window, and
where a widget was to be stands one that says so.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtGui import QSyntaxHighlighter, QTextDocument
from PySide6.QtWidgets import QFrame, QSizePolicy, QSpinBox, QWidget

from desk_app.domain.people.keymap import FIXED, clash
from desk_app.domain.plugins.words import shown
from desk_app.plugin_api.errors import RefusedByDesk
from desk_app.plugin_api.ui import (
    ActionSpec,
    ColumnSpec,
    ComposerPort,
    ComposerTool,
    HighlighterSpec,
    PageSpec,
    PanelPort,
    PanelSpec,
    ReportPage,
    SettingsPage,
    WindowPort,
)
from desk_app.ui.language import tr
from desk_app.ui.plugins.card_body import CardBody
from desk_app.ui.plugins.ticket_views import view_of, view_of_row
from desk_app.ui.plugins.tile import icon_of
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.form import Leavable
from desk_app.ui.shell.error_details import ErrorDetails
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.widgets.basics import ElidedLabel, button, label
from desk_app.ui.widgets.layout import column, row
from desk_app.ui.widgets.panels import panel_card

T = TypeVar("T")
Blame = Callable[[str, BaseException], None]
"""Takes the place of a fault ("ticket_panels: totals") and what was raised; any thread."""
PLUGIN = "plugin"
"""The dynamic property of a widget that says which plugin made it."""
COLUMN_TEXT = 120
"""A text in the list is not longer, in characters."""
QUESTION_TEXT, BUTTON_TEXT, DETAILS_TEXT, NOTICE_TEXT = 200, 60, 2_000, 300
"""What a plugin asks and says is not longer, in characters."""


class FailedHere(QFrame):
    """Stands where a plugin's widget would be."""

    def __init__(self, name: str, error: BaseException) -> None:
        super().__init__()
        self.setObjectName("panelcard")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        title = tr("The plugin {name} failed here").format(name=f"“{name}”")
        details = "".join(traceback.format_exception(error))
        self._problem = Problem(title, tr("The Plugins page shows what happened, and can pause it."), details, error)
        words = label(title, "secondary", wrap=True)
        more = button(tr("Details"), self._show, variant="link")
        more.setAccessibleName(f"{title}: {tr('Details')}")
        line = row(Glyph("triangle-alert", "warning"), words, more, margins=(12, 10, 12, 10), spacing=8)
        line.setStretch(1, 1)
        self.setLayout(line)

    def _show(self) -> None:
        ErrorDetails(self._problem, self.window()).open()


class Held(QWidget):
    """A plugin's page in a frame of ours, which stays when the page has to give way."""

    def __init__(self, page: QWidget | None) -> None:
        super().__init__()
        self._page: object = page
        failed = page is None or isinstance(page, FailedHere)
        parts = [page] if page is not None else []
        self.setLayout(
            column(*parts, *([None] if failed else []), margins=(24, 24, 24, 24) if failed else (0, 0, 0, 0))
        )
        if page is not None:
            self.setFocusProxy(page)

    def leave(self, then: Callable[[], None]) -> None:
        """Let a page with changes that nobody saved ask about them."""
        page = self._page
        if isinstance(page, QWidget) and shiboken6.isValid(page) and isinstance(page, Leavable):
            page.leave(then)
        else:
            then()


class BlamedPort:
    """A port as a plugin gets it: what its work in the background raises is its fault, and shown all the same."""

    def __init__(self, port: Any, mount: Mount, place: str) -> None:
        self._port, self._mount, self._place = port, mount, place

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def in_background(self, work: Callable[[], T], done: Callable[[T], None], owner: QObject) -> None:
        """See `BackgroundPort`."""
        mount, place = self._mount, self._place

        def call() -> T | None:
            try:
                return mount.let(place, work)
            except RefusedByDesk as error:
                if not mount.runs():
                    return None  # switched off meanwhile: nobody's fault, and nobody waits for it
                mount.failed(place, error)
                raise
            except BaseException as error:
                mount.failed(place, error)
                raise

        def arrived(result: Any) -> None:
            if mount.runs():
                mount.call(place, lambda: done(result), otherwise=None)

        self._port.in_background(call, arrived, owner)

    def confirm(self, question: str, yes: str, then: Callable[[], object], *, details: str = "") -> None:
        """See `AskingPort`."""
        mount, place = self._mount, self._place

        def agreed() -> None:
            if mount.runs():
                mount.call(place, then, otherwise=None)

        words = shown(question, QUESTION_TEXT), shown(yes, BUTTON_TEXT)
        self._port.confirm(*words, agreed, details=shown(details, DETAILS_TEXT))

    def notify(self, text: str) -> None:
        """See `AskingPort`."""
        self._port.notify(shown(text, NOTICE_TEXT))


class Mount(QObject):
    """What one plugin has in the window. Destroying it, by `close`, takes all of its widgets along. GUI thread only,
    but for what `column` wraps."""

    def __init__(self, slug: str, name: str, blame: Blame, session: DeskSession, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName(f"plugin:{slug}")
        self.slug, self.name = slug, name
        self._blame, self._session = blame, session
        self._made: list[QWidget] = []

    def runs(self) -> bool:
        """Return whether the plugin runs in this program; any thread."""
        state = self._session.desk.plugins.state(self.slug)
        return state is not None and state.running

    def let(self, place: str, function: Callable[[], T]) -> T:
        """Return what a function of the plugin returns, which has a minute; not on the GUI thread."""
        return self._session.desk.plugins.let(self.slug, place, function)

    def close(self) -> None:
        """Destroy every widget the plugin made here."""
        for widget in self._made:
            if shiboken6.isValid(widget):
                widget.hide()
                widget.deleteLater()
        self._made.clear()
        self.deleteLater()

    def failed(self, place: str, error: BaseException) -> None:
        """Take note of what a function of the plugin raised. Raises KeyboardInterrupt on."""
        if isinstance(error, KeyboardInterrupt):
            raise error
        self._blame(place, error)

    # -- widgets ------------------------------------------------------------------------------------------------------

    def widget(self, place: str, make: Callable[[], object]) -> QWidget | None:
        """Return the widget a factory makes, or one that says that it failed; None where it makes none."""
        try:
            made = make()
            if made is None:
                return None
            if not isinstance(made, QWidget):
                raise TypeError(f"it returned {type(made).__name__} where a widget was promised")  # noqa: TRY301 -- one way for all that goes wrong
        except BaseException as error:  # noqa: BLE001 -- a plugin may do anything but end the program
            self.failed(place, error)
            made = FailedHere(self.name, error)
        self.adopt(made)
        return made

    def adopt(self, widget: QWidget) -> None:
        """Take a widget as the plugin's: it goes when the plugin goes, and what it raises is the plugin's fault."""
        widget.setProperty(PLUGIN, self.slug)
        for box in widget.findChildren(QSpinBox):
            box.lineEdit().setTextMargins(8, 0, 0, 0)  # the style sheet cannot reach the margin of its text
        self._made = [one for one in self._made if shiboken6.isValid(one)]
        self._made.append(widget)

    def owns(self, widget: QWidget) -> QWidget | None:
        """Return the widget of this plugin that another one is, or is a part of."""
        here: QWidget | None = widget
        while here is not None:
            if any(here is one for one in self._made):
                return here
            here = here.parentWidget()
        return None

    def replace(self, widget: QWidget, error: BaseException) -> None:
        """Put the notice of a failure over a widget that fails while it is painted or used."""
        notice = FailedHere(self.name, error)
        holder = widget.parentWidget()
        body = holder.parentWidget() if holder is not None else None
        if isinstance(body, CardBody):
            body.give_way(notice)
            self.adopt(notice)
            return
        layout = holder.layout() if holder is not None else None
        if layout is not None and layout.replaceWidget(widget, notice) is not None:
            notice.show()
        widget.hide()
        self.adopt(notice)

    def _port(self, port: Any, place: str) -> Any:
        return BlamedPort(port, self, place)

    def _card(self, title: str, widget: QWidget) -> QWidget:
        """Put a widget into a card that looks like the others."""
        frame, content = panel_card("")
        content.addWidget(ElidedLabel(title.upper(), "caption"))
        content.addWidget(CardBody(widget))
        self.adopt(frame)
        return frame

    def _ticket(self, view: Any) -> Any:
        return view_of(view, self._session.facts.statuses)

    # -- calls --------------------------------------------------------------------------------------------------------

    def call(self, place: str, function: Callable[[], T], otherwise: T) -> T:
        """Return what a function returns, `otherwise` where it raises."""
        try:
            return function()
        except BaseException as error:  # noqa: BLE001 -- as above
            self.failed(place, error)
            return otherwise

    # -- specs --------------------------------------------------------------------------------------------------------

    def page(self, spec: PageSpec) -> PageSpec:
        """Guard a page of the rail."""

        def factory(port: WindowPort) -> QWidget:
            place = f"navigation_pages: {spec.id}"
            return Held(self.widget(place, lambda: spec.factory(self._port(port, place))))

        return replace(spec, factory=factory, icon=icon_of(spec.icon))

    def panel(self, spec: PanelSpec) -> PanelSpec:
        """Guard a card beside a ticket; the plugin sees the ticket as hooks do."""
        place = f"ticket_panels: {spec.id}"

        def factory(port: PanelPort, view: Any) -> QWidget | None:
            made = self.widget(place, lambda: spec.factory(self._port(port, place), self._ticket(view)))
            return self._card(spec.title, made) if made is not None and not isinstance(made, FailedHere) else made

        def visible(view: Any) -> bool:
            return self.call(place, lambda: bool(spec.visible_for(self._ticket(view))), otherwise=False)

        return replace(spec, factory=factory, visible_for=visible)

    def action(self, spec: ActionSpec, taken: Collection[str] = ()) -> ActionSpec:
        """Guard a command; keys that mean something already are left out."""
        place = f"ticket_actions: {spec.id}"

        def run(port: WindowPort, ids: Sequence[int]) -> None:
            self.call(place, lambda: spec.run(self._port(port, place), tuple(ids)), otherwise=None)

        def enabled(ids: Sequence[int]) -> bool:
            return self.call(place, lambda: bool(spec.enabled(ids)), otherwise=False)

        keys = tuple(key for key in spec.keys if not any(clash(key, one) for one in (*FIXED, *taken)))
        return replace(spec, run=run, enabled=enabled, keys=keys, icon=icon_of(spec.icon) if spec.icon else "")

    def column(self, spec: ColumnSpec) -> ColumnSpec:
        """Guard a column of the list: its values are asked for off the GUI thread, a batch at a time, and in limited
        time: the list waits for them."""
        place = f"list_columns: {spec.id}"
        nothing: dict[int, str] = {}

        def values(rows: Sequence[Any]) -> Mapping[int, str]:
            def ask() -> dict[int, str]:
                found = spec.values([view_of_row(one) for one in rows])
                return {int(key): shown(text, COLUMN_TEXT) for key, text in found.items() if text}

            return self._session.desk.plugins.ask(self.slug, place, ask, nothing)

        return replace(spec, values=values)

    def tool(self, spec: ComposerTool) -> ComposerTool:
        """Guard a button of the composer."""
        place = f"composer_tools: {spec.id}"

        def run(port: ComposerPort, on: bool) -> None:
            self.call(place, lambda: spec.run(self._port(port, place), on), otherwise=None)

        return replace(spec, run=run, icon=icon_of(spec.icon))

    def settings_page(self, spec: SettingsPage) -> SettingsPage:
        """Guard a page of the settings."""
        place = f"settings_pages: {spec.id}"

        def factory(port: WindowPort) -> QWidget:
            return Held(self.widget(place, lambda: spec.factory(self._port(port, place))))

        return replace(
            spec, factory=factory, icon=icon_of(spec.icon), count=lambda: self.call(place, lambda: int(spec.count()), 0)
        )

    def report_page(self, spec: ReportPage) -> ReportPage:
        """Guard a report that draws itself."""
        place = f"report_pages: {spec.id}"

        def factory(port: WindowPort) -> QWidget:
            return Held(self.widget(place, lambda: spec.factory(self._port(port, place))))

        return replace(spec, factory=factory)

    def highlighter(self, spec: HighlighterSpec) -> HighlighterSpec:
        """Guard what marks words while they are written."""
        place = f"text_highlighters: {spec.id}"

        def factory(document: QTextDocument, language: str) -> QSyntaxHighlighter | None:
            return self.call(place, lambda: spec.factory(document, language), otherwise=None)

        return replace(spec, factory=factory)
