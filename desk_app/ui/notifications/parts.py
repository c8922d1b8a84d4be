"""What notifications bring to the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk_app.plugin_api.ui import SettingsPage
from desk_app.ui.language import tr
from desk_app.ui.notifications.bell import KEY
from desk_app.ui.notifications.desk import SETTINGS_PAGE
from desk_app.ui.shell.commands import NONE, command

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from desk_app.plugin_api.ui import WindowPort
    from desk_app.ui.shell.window import MainWindow


def register(window: MainWindow) -> None:
    """Register what needs the window."""
    notices, group = window.notices, tr("Notifications")

    def settings(_port: WindowPort) -> QWidget:
        from desk_app.ui.notifications.settings_page import NotificationsPage

        return NotificationsPage(window.session, notices.feed, window.preferences, notices.toggle_pause)

    for spec in (
        command(
            "go.notifications", tr("Notifications"), lambda _ids: notices.toggle(), "bell", (KEY,), NONE, tr("Go to")
        ),
        command(
            "notifications.pause",
            tr("Pause notifications for 1 hour, or go on"),
            lambda _ids: notices.toggle_pause(),
            "bell-off",
            (),
            NONE,
            group,
        ),
        command(
            "notifications.read_all",
            tr("Mark all notifications as read"),
            lambda _ids: notices.feed.mark_all(),
            "check-check",
            (),
            NONE,
            group,
        ),
    ):
        window.registries.actions.register(spec)
    window.registries.settings_pages.register(
        SettingsPage(
            SETTINGS_PAGE,
            tr("Notifications"),
            "bell",
            tr("Program"),
            settings,
            91,
            ("popup", "quiet hours", "sound", "tray", "private", "pause"),
        )
    )
