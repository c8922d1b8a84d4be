"""What commands on tickets may do with the window they were run in: the main window, or one of a single ticket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, cast

from desk_app.plugin_api.ui import ActionScope, ActionSpec, WindowPort

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from desk_app.ui.session import DeskSession
    from desk_app.ui.shell.palette import Palette
    from desk_app.ui.shell.told import Told
    from desk_app.ui.tickets.acts import TicketActs
    from desk_app.ui.tickets.mail_drop import MailDrop
    from desk_app.ui.tickets.ticket_pane import TicketPane


class TicketHost(WindowPort, Protocol):
    """A window that shows a ticket."""

    session: DeskSession
    acts: TicketActs
    told: Told
    mail_drop: MailDrop

    @property
    def palette_layer(self) -> Palette:
        """The command palette of this window."""
        ...

    @property
    def ticket_pane(self) -> TicketPane:
        """Where the ticket is shown."""
        ...

    @property
    def acts_onward(self) -> TicketActs:
        """Acts that tell their outcome where the agent goes on after `step`."""
        ...

    @property
    def lists_spam(self) -> bool:
        """Whether the list beside the ticket, if there is one, shows spam."""
        ...

    def run_action(self, action_id: str) -> None:
        """Run an action on what is selected here."""
        ...

    def step(self, by: int) -> None:
        """Show the next or previous ticket of the list, where there is one."""
        ...

    def toggle_details(self) -> None:
        """Show or hide the cards beside the conversation."""
        ...

    def open_palette(self) -> None:
        """Show the command palette."""
        ...


def host(port: object) -> TicketHost:
    """Return the window that an action, or a panel, was handed."""
    return cast("TicketHost", port)


def widget(port: object) -> QWidget:
    """Return that window as the parent of a dialog."""
    return cast("QWidget", port)


def host_command(
    action_id: str,
    title: str,
    run: Callable[[TicketHost, Sequence[int]], object],
    icon: str = "",
    keys: tuple[str, ...] = (),
    scope: ActionScope = ActionScope.NONE,
    group: str = "",
) -> ActionSpec:
    """Return a command that works in whichever window it is run."""

    def call(window: WindowPort, ids: Sequence[int]) -> None:
        run(host(window), ids)

    return ActionSpec(action_id, title, call, icon, keys, scope, group)
