"""What mailboxes bring to the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desk_app.plugin_api.ui import SettingsPage, WindowPort
from desk_app.ui.language import tr
from desk_app.ui.shell.commands import command

if TYPE_CHECKING:
    from desk_app.ui.shell.window import MainWindow


def register(window: MainWindow) -> None:
    """Register what needs the window."""
    session = window.session

    def show_health(account_id: int) -> None:
        from desk_app.ui.mailboxes.health_page import HealthPage
        from desk_app.ui.settings.page import SettingsHome

        window.show_page("settings")
        home = window.page("settings")
        if isinstance(home, SettingsHome):
            home.open_page("health")
            page = home.page("health")
            if isinstance(page, HealthPage):
                page.open_account(account_id)

    def mailboxes(port: WindowPort) -> QWidget:
        from desk_app.ui.mailboxes.settings_page import MailboxesPage

        return MailboxesPage(session, port, window.setting_up.open, show_health)

    def health(port: WindowPort) -> QWidget:
        from desk_app.ui.mailboxes.health_page import HealthPage

        return HealthPage(session, port)

    def add_account(_ids: object) -> None:
        from desk_app.ui.mailboxes.settings_page import MailboxesPage
        from desk_app.ui.settings.parts import open_settings

        open_settings(window, "mailboxes")
        page = window.findChild(MailboxesPage)
        if page is not None:
            page.add()

    window.registries.actions.register(
        command("mailboxes.add", tr("Add a mailbox or channel…"), add_account, "plus", group=tr("Channels"))
    )
    group = tr("Channels")
    for page in (
        SettingsPage(
            "mailboxes",
            tr("Mailboxes"),
            "mail",
            group,
            mailboxes,
            10,
            ("imap", "smtp", "password", "alias"),
            lambda: len(session.facts.accounts),
        ),
        SettingsPage(
            "health",
            tr("Mailbox health"),
            "signal",
            group,
            health,
            15,
            ("compare", "missing", "import", "folders", "backlog"),
        ),
    ):
        window.registries.settings_pages.register(page)
