"""Where an agent is in the window, kept while the window is built again in another language (decision 064)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from desk_app.ui.setup.entered import Entered
    from desk_app.ui.shell.window import MainWindow


@dataclass(frozen=True, slots=True)
class Place:
    """Page, list, search and ticket; what was written is in the drafts."""

    page: str
    settings_page: str
    list_id: str
    search: str
    ticket_id: int | None
    in_note: bool
    entered: Entered | None
    """What was entered in the wizard, None when it is not shown."""

    @classmethod
    def of(cls, window: MainWindow) -> Place:
        """Return where the agent is."""
        from desk_app.ui.settings.page import SettingsHome

        inbox, shown = window.inbox, window.stack.currentWidget()
        settings = window.page("settings")
        page = next((one.id for one in window.registries.pages if window.page(one.id) is shown), "inbox")
        view = inbox.list.view
        ticket = inbox.made_ticket
        return cls(
            page=inbox.guest_shown or page if page == "inbox" else page,
            settings_page=settings.current if isinstance(settings, SettingsHome) else "",
            list_id=view.id if view is not None else "",
            search=inbox.list.header.search_box.text() if inbox.list.searching else "",
            ticket_id=inbox.open_ticket_id,
            in_note=ticket is not None and ticket.composer.is_note,
            entered=window.setting_up.entered(),
        )

    def show(self, window: MainWindow) -> None:
        """Go back there in the window as it is now."""
        from desk_app.ui.settings.page import SettingsHome

        inbox = window.inbox
        inbox.sidebar.count()
        if self.list_id == "search":
            inbox.sidebar.choose("open")
            inbox.list.search(self.search)
        elif self.list_id:
            inbox.sidebar.choose(self.list_id)
        window.show_page("inbox")
        if self.ticket_id is not None:
            inbox.ticket.open_ticket(self.ticket_id)
        if self.page != "inbox":
            window.show_page(self.page)
        settings = window.page("settings")
        if isinstance(settings, SettingsHome) and self.settings_page:
            settings.open_page(self.settings_page)
            settings.focus_page()
        if self.entered is not None:
            window.setting_up.refill(self.entered)
        self._when_calm(window)

    def _when_calm(self, window: MainWindow) -> None:
        """Mark the ticket in its list and go back to the note once both are read."""
        inbox = window.inbox

        def calm() -> None:
            if window.inbox is not inbox or self.ticket_id is None:
                return
            inbox.list.select_ticket(self.ticket_id)
            if self.in_note and inbox.ticket.ticket_id == self.ticket_id:
                inbox.ticket.composer.set_note(on=True)

        window.session.work.idle.connect(calm, Qt.ConnectionType.SingleShotConnection)
