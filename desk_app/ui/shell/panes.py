"""Sidebar, list, conversation and details: beside each other where there is room, over each other where there is none.

From 1,280 px on all four stand side by side. Below, the details become a drawer over the conversation; below 1,024 the
sidebar folds away and opens over the list; below 820 list and conversation are one page with a way back (ui.md 4). A
larger text needs more.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from desk_app.ui.language import tr
from desk_app.ui.shell.drawer import Drawer
from desk_app.ui.theme.theme import theme
from desk_app.ui.widgets.basics import ElidedLabel, icon_button
from desk_app.ui.widgets.kept_focus import leaving_focus
from desk_app.ui.widgets.layout import boxed, column, hairline, row

DETAILS_FROM, SIDEBAR_FROM, BOTH_FROM = 1280, 1024, 820
"""Window widths, in px: from there on details, sidebar, and list with conversation have room."""
LIST_LEAST, SIDEBAR_LEAST, DETAILS_LEAST = 300, 190, 240
RAIL, TICKET_LEAST = 54, 420
LIST_TIGHT = 264
"""The list's least width, in px, where the window has no room for the sidebar either."""
_USUAL = {"sidebar": 212, "list": 352, "details": 262}
_MOST = {"sidebar": 320, "list": 520, "details": 360}


@dataclass(frozen=True, slots=True)
class Room:
    """What a window's width has room for."""

    details: bool
    sidebar: bool
    both: bool

    @classmethod
    def of(cls, width: int, factor: float = 1.0) -> Room:
        """Return what fits into a window that is `width` px wide, its text `factor` times as large as usual."""
        both = RAIL + LIST_LEAST + TICKET_LEAST * factor
        sidebar = both + SIDEBAR_LEAST * factor
        details = sidebar + DETAILS_LEAST * factor
        return cls(
            width >= max(DETAILS_FROM, details), width >= max(SIDEBAR_FROM, sidebar), width >= max(BOTH_FROM, both)
        )


class Panes(QWidget):
    """Arranges the panes of the main page and remembers their widths."""

    def __init__(
        self,
        parent: QWidget,
        sidebar: QWidget,
        tickets: QWidget,
        ticket: QWidget,
        details: QWidget,
        above: QWidget,
    ) -> None:
        super().__init__(parent)
        self._sidebar, self._list, self._details = sidebar, tickets, details
        self._widths = dict(_USUAL)
        self.setFocusProxy(tickets)
        self.wants_details = True
        self.wants_sidebar = True
        self._has_ticket = False
        self._reading = False
        self.room = Room(details=True, sidebar=True, both=True)
        self.back_title = ElidedLabel("", "secondary")
        back = icon_button("arrow-left", tr("Back to the list"), self.show_list, key="Esc")
        self._back = boxed(column(row(back, self.back_title, margins=(8, 6, 12, 6), spacing=4), hairline(), spacing=0))
        self._back.hide()
        self._ticket_side = boxed(column(self._back, ticket, spacing=0), "surface")
        self._lay_out(above)
        self.details_drawer = Drawer(self, right=True, light=False)
        self.sidebar_drawer = Drawer(self, right=False, light=True)
        theme().changed.connect(self._resized_text)

    def _lay_out(self, above: QWidget) -> None:
        """Place what holds the panes first: each time a pane gets another ancestor Qt goes through all its parts."""
        self.outer = QSplitter(Qt.Orientation.Horizontal)
        self.outer.setHandleWidth(1)
        self.outer.setChildrenCollapsible(False)
        self.setLayout(column(self.outer))
        self._fit_text()
        self.stack = QStackedWidget()
        self.outer.addWidget(self._sidebar)
        self.outer.addWidget(boxed(column(above, self.stack, spacing=0)))
        self.outer.setStretchFactor(0, 0)
        self.outer.setStretchFactor(1, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.stack.addWidget(self.splitter)
        self._list.setMinimumWidth(LIST_LEAST)
        for pane in (self._list, self._ticket_side, self._details):  # the ticket's least width: what its buttons need
            self.splitter.addWidget(pane)
        for place, stretch in enumerate((0, 1, 0)):
            self.splitter.setStretchFactor(place, stretch)
        self.outer.splitterMoved.connect(self._note_widths)
        self.splitter.splitterMoved.connect(self._note_widths)

    # -- what is shown where --------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the panes anew where the room for them changed."""
        super().resizeEvent(event)
        if not self._fit_room() and event.oldSize().width() != event.size().width():
            self._keep_widths()

    def _fit_room(self) -> bool:
        """Arrange the panes anew where the room for them changed; returns whether it did."""
        width = self.window().width() if self.window() is not self else self.width()
        room = Room.of(width, theme().factor)
        if room == self.room:
            return False
        before, self.room = self.room, room
        self._arrange(before)
        return True

    def _fit_text(self) -> None:
        """Give lists of names and details the room that their words need."""
        large = max(1.0, theme().factor)
        self._sidebar.setMinimumWidth(round(SIDEBAR_LEAST * large))
        self._sidebar.setMaximumWidth(round(_MOST["sidebar"] * large))
        self._details.setMinimumWidth(round(DETAILS_LEAST * large))

    def _resized_text(self) -> None:
        self._fit_text()
        if not self._fit_room():
            self._keep_widths()

    def _arrange(self, before: Room) -> None:
        if self.room.details != before.details:
            if self.room.details:
                self._take_back(self.details_drawer, self.splitter, 2)
            else:
                self._details.hide()
        if self.room.sidebar != before.sidebar:
            if self.room.sidebar:
                self._take_back(self.sidebar_drawer, self.outer, 0)
            else:
                self._sidebar.hide()
        if self.room.both and not before.both:
            self._reading = False
        elif before.both and not self.room.both:
            self._reading = self._has_ticket
        self._show_panes()

    def _take_back(self, drawer: Drawer, splitter: QSplitter, place: int) -> None:
        content = drawer.release()
        if content is not None:
            splitter.insertWidget(place, content)
            splitter.setStretchFactor(place, 0)

    def _show_panes(self) -> None:
        """Show and hide panes as room, ticket and wishes say."""
        if self.room.details:
            self._details.setVisible(self.wants_details and self._has_ticket)
        if self.room.sidebar:
            self._sidebar.setVisible(self.wants_sidebar)
        self._list.setMinimumWidth(LIST_LEAST if self.room.sidebar else LIST_TIGHT)
        self._list.setVisible(self.room.both or not self._reading)
        self._ticket_side.setVisible(self.room.both or self._reading)
        self._back.setVisible(not self.room.both)
        self._keep_widths()

    def _keep_widths(self) -> None:
        """Give every pane the width it was given last, and what is left to the conversation."""
        if self.room.sidebar and not self._sidebar.isHidden():
            whole = self.outer.width()
            sidebar = self._width("sidebar", self._sidebar)
            self.outer.setSizes([sidebar, max(1, whole - sidebar)])
        if self.room.both:
            beside = self.room.details and not self._details.isHidden()
            details = self._width("details", self._details) if beside else 0
            rest = self.splitter.width() - self._widths["list"] - details
            sizes = [self._widths["list"], max(1, rest)]
            if self.splitter.count() == 3:
                sizes.append(details)
            self.splitter.setSizes(sizes)

    def _width(self, name: str, pane: QWidget) -> int:
        return max(self._widths[name], pane.minimumWidth())

    def _note_widths(self) -> None:
        for name, pane, beside in (
            ("sidebar", self._sidebar, self.room.sidebar),
            ("list", self._list, self.room.both),
            ("details", self._details, self.room.details),
        ):
            if beside and not pane.isHidden():
                self._widths[name] = min(pane.width(), _MOST[name])

    # -- what agents ask for ----------------------------------------------------------------------------------------
    def ticket_shown(self, *, there: bool) -> None:
        """Follow whether the conversation shows a ticket."""
        self._has_ticket = there
        if not there:
            self.details_drawer.leave()
            self._reading = False
        self._show_panes()

    def read(self) -> None:
        """Turn to the conversation where only one of the two has room."""
        if not self.room.both and not self._reading:
            self._reading = True
            self._show_panes()

    def show_list(self) -> None:
        """Turn back to the list where only one of the two has room."""
        self.details_drawer.leave()
        if not self.room.both:
            self._reading = False
            self._show_panes()
        self._list.setFocus()

    def toggle_details(self) -> None:
        """Show or hide the details: beside the conversation, or as a drawer over it."""
        if self.room.details:
            self.wants_details = self._details.isHidden()
            with leaving_focus(self._details, self):
                self._show_panes()
        elif self.details_drawer.shown:
            self.details_drawer.leave()
        elif self._has_ticket:
            self.details_drawer.open_with(self._details, self._width("details", self._details))

    def toggle_sidebar(self) -> None:
        """Show or hide the lists: beside the others, or as a drawer over them."""
        if self.room.sidebar:
            self.wants_sidebar = self._sidebar.isHidden()
            with leaving_focus(self._sidebar, self):
                self._show_panes()
        elif self.sidebar_drawer.shown:
            self.sidebar_drawer.leave()
        else:
            self.sidebar_drawer.open_with(self._sidebar, self._width("sidebar", self._sidebar))
            self._sidebar.setFocus()

    def step_out(self) -> bool:
        """Close what lies over the rest, or turn back to the list; returns whether there was anything."""
        for drawer in (self.sidebar_drawer, self.details_drawer):
            if drawer.shown:
                drawer.leave()
                return True
        if not self.room.both and self._reading:
            self.show_list()
            return True
        return False

    # -- remembered -------------------------------------------------------------------------------------------------
    def save(self, settings: QSettings) -> None:
        """Remember widths and what is wanted."""
        for name, width in self._widths.items():
            settings.setValue(f"inbox/width_{name}", width)
        settings.setValue("inbox/details", self.wants_details)
        settings.setValue("inbox/sidebar", self.wants_sidebar)

    def restore(self, settings: QSettings) -> None:
        """Take widths as they were."""
        least = {"sidebar": SIDEBAR_LEAST, "list": LIST_LEAST, "details": DETAILS_LEAST}
        for name, usual in _USUAL.items():
            try:
                width = int(str(settings.value(f"inbox/width_{name}", usual)))
            except ValueError:
                width = usual
            self._widths[name] = max(least[name], min(_MOST[name], width))
        self.wants_details = settings.value("inbox/details", True, type=bool) is True
        self.wants_sidebar = settings.value("inbox/sidebar", True, type=bool) is True
        self._show_panes()
