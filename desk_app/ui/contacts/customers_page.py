"""The page "Customers": the list at the left, one profile at the right (ui.md 4.12)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from desk_app.ui.contacts.acts import ContactActs
from desk_app.ui.contacts.directory import Directory
from desk_app.ui.contacts.organization_page import OrganizationPage
from desk_app.ui.contacts.person import PersonPage
from desk_app.ui.contacts.profile_page import ProfilePage
from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.basics import button
from desk_app.ui.widgets.layout import boxed, column, row

STACKED = 760
"""Below this width list and profile take turns, with a way back."""
_MOST_BESIDE, _ANY_WIDTH = 520, 16_777_215
"""The list's greatest widths, in px: beside a profile, and alone."""


class CustomersPage(QWidget):
    """Puts list and profiles together."""

    def __init__(
        self,
        session: DeskSession,
        acts: ContactActs,
        run_action: Callable[[str], None],
        open_ticket: Callable[[int], None],
    ) -> None:
        super().__init__()
        self.directory = Directory(session, run_action)
        self.person = PersonPage(session, acts, run_action, open_ticket)
        self.organization = OrganizationPage(session, acts, run_action, open_ticket)
        self.profiles = QStackedWidget()
        self.profiles.addWidget(self.person)
        self.profiles.addWidget(self.organization)
        self.back = button(tr("All customers"), self.show_list, variant="ghost", icon_name="arrow-left")
        self._back_row = boxed(row(self.back, None, margins=(12, 6, 12, 6)), "surface")
        right = boxed(column(self._back_row, self.profiles, spacing=0), "canvas")
        right.setMinimumWidth(420)
        self.right = right
        self.directory.setMinimumWidth(300)
        self.directory.setMaximumWidth(_MOST_BESIDE)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.directory)
        self.splitter.addWidget(right)
        self.splitter.setSizes([372, 900])
        self.splitter.setStretchFactor(0, 0)
        self.splitter.setStretchFactor(1, 1)
        self.setLayout(column(self.splitter))
        self.setFocusProxy(self.directory.view)
        self.directory.person_chosen.connect(self._show_person)
        self.directory.organization_chosen.connect(self._show_organization)
        self.directory.listed.connect(self._listed)
        session.contacts_changed.connect(self._changed)
        session.tickets_changed.connect(self._changed)
        acts.changed.connect(self.reload)
        self._stacked = False
        self._back_row.hide()

    @property
    def column(self) -> QWidget:
        """The list: messages and jobs may stand at its foot."""
        return self.directory

    @property
    def shown(self) -> ProfilePage:
        """The profile that is in front."""
        return self.organization if self.profiles.currentIndex() else self.person

    @property
    def contact_id(self) -> int | None:
        """The person who is shown."""
        return self.person.shown_id if self.profiles.currentIndex() == 0 else None

    @property
    def organization_id(self) -> int | None:
        """The organization that is shown."""
        return self.organization.shown_id if self.profiles.currentIndex() == 1 else None

    def open_person(self, contact_id: int) -> None:
        """Show a person and mark it in the list."""
        self._show_person(contact_id)
        self.directory.mark(contact_id, organization=False)

    def open_organization(self, organization_id: int) -> None:
        """Show an organization and mark it in the list."""
        self._show_organization(organization_id)
        self.directory.mark(organization_id, organization=True)

    def _show_person(self, contact_id: int) -> None:
        self.shown.keep()
        self.profiles.setCurrentIndex(0)
        self.person.open(contact_id)
        self._turn(to_list=False)

    def _show_organization(self, organization_id: int) -> None:
        self.shown.keep()
        self.profiles.setCurrentIndex(1)
        self.organization.open(organization_id)
        self._turn(to_list=False)

    def _listed(self, count: int) -> None:
        if self.shown.shown_id is None:
            self.profiles.setCurrentWidget(self.organization if self.directory.shows_organizations else self.person)
        self.shown.offer(count)

    def _changed(self, _ids: object) -> None:  # a method, so that the signal lets go of a page that is gone
        self.reload()

    def reload(self) -> None:
        """Read the profile anew if anybody looks at it."""
        if self.isVisible():
            self.shown.load()

    def showEvent(self, event: object) -> None:
        """Catch up with what happened meanwhile."""
        super().showEvent(event)  # type: ignore[arg-type]
        self.shown.load()

    def hideEvent(self, event: object) -> None:
        """Save what is being written."""
        self.shown.keep()
        super().hideEvent(event)  # type: ignore[arg-type]

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
        self._turn(to_list=True)
        self.directory.focus_search()

    # -- room ---------------------------------------------------------------------------------------------------------
    def show_list(self) -> None:
        """Show the list where it and the profile take turns."""
        self._turn(to_list=True)
        self.directory.view.setFocus()

    def _turn(self, *, to_list: bool) -> None:
        self.directory.setMaximumWidth(_ANY_WIDTH if self._stacked else _MOST_BESIDE)
        self.directory.setVisible(to_list or not self._stacked)
        self.right.setVisible(not to_list or not self._stacked)
        self._back_row.setVisible(self._stacked)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let list and profile take turns where there is no room for both."""
        super().resizeEvent(event)
        stacked = self.width() < STACKED
        if stacked != self._stacked:
            self._stacked = stacked
            self._turn(to_list=self.shown.shown_id is None)
