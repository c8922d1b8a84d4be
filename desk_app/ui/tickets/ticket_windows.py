"""The ticket windows that are open: one a ticket, closed with the main window, built anew in another language."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desk_app.ui.shell.window import MainWindow
    from desk_app.ui.tickets.ticket_window import TicketWindow


class TicketWindows:
    """Opens, finds and closes the windows of single tickets."""

    def __init__(self, main: MainWindow) -> None:
        self._main = main
        self._open: list[TicketWindow] = []

    @property
    def all(self) -> tuple[TicketWindow, ...]:
        """The open ones, the oldest first."""
        return tuple(self._open)

    def open(self, ticket_id: int) -> TicketWindow:
        """Show a ticket in a window of its own; one that is open already comes to the front."""
        from desk_app.ui.tickets.ticket_window import TicketWindow

        found = next((one for one in self._open if one.ticket_id == ticket_id), None)
        if found is None:
            pane = self._main.ticket_pane
            if pane.ticket_id == ticket_id:
                pane.drafts.flush()  # the new window goes on where this one is
            found = TicketWindow(self._main, ticket_id)
            if self._open:
                found.move(self._open[-1].pos().x() + 28, self._open[-1].pos().y() + 28)
            self._open.append(found)
        found.show()
        found.raise_()
        found.activateWindow()
        return found

    def closed(self, window: TicketWindow) -> None:
        """Forget a window that closes; what was written in it is shown in the main window."""
        if window in self._open:
            self._open.remove(window)
        pane = self._main.ticket_pane
        if pane.ticket_id == window.ticket_id is not None and pane.isVisible():
            pane.writing.show_again()

    def close_all(self) -> None:
        """Close every window; the program ends."""
        for one in self.all:
            one.close()

    def speak_anew(self) -> None:
        """Build every window again, in the language spoken now."""
        places = [(one.ticket_id, one.saveGeometry()) for one in self.all]
        self.close_all()
        for ticket_id, geometry in places:
            if ticket_id is not None:
                self.open(ticket_id).restoreGeometry(geometry)
