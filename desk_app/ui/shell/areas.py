"""What each business area brings to the window, registered like a plugin's parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk_app.ui.contacts import parts as contacts
from desk_app.ui.mailboxes import parts as mailboxes
from desk_app.ui.messages import parts as messages
from desk_app.ui.notifications import parts as notifications
from desk_app.ui.plugins import parts as plugins
from desk_app.ui.settings import parts as settings
from desk_app.ui.shell import parts as shell
from desk_app.ui.tickets import bulk_parts as bulk
from desk_app.ui.tickets import parts as tickets
from desk_app.ui.views import parts as views

if TYPE_CHECKING:
    from desk_app.ui.shell.window import MainWindow

_EARLY = (tickets.register_early, views.register_early, messages.register_early)
_AREAS = (
    shell.register,
    tickets.register,
    views.register,
    bulk.register,
    messages.register,
    contacts.register,
    mailboxes.register,
    settings.register,
    notifications.register,
    plugins.register,
)


def register_early(window: MainWindow) -> None:
    """Register what list and composer are built from, before they are built."""
    for register_area in _EARLY:
        register_area(window)


def register(window: MainWindow) -> None:
    """Register the parts that need the window."""
    for register_area in _AREAS:
        register_area(window)
