"""What the window itself brings: the inbox page and the commands of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk_app.plugin_api.ui import PageSpec
from desk_app.ui.language import tr
from desk_app.ui.shell.actions import window_actions

if TYPE_CHECKING:
    from desk_app.ui.shell.window import MainWindow


def register(window: MainWindow) -> None:
    """Register what needs the window."""
    window.registries.pages.register(PageSpec("inbox", tr("Inbox"), "inbox", lambda _port: window.inbox, 10))
    for action in window_actions(window):
        window.registries.actions.register(action)
