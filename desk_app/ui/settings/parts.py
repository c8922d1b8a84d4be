"""The settings and their pages. Each is imported when it is opened: nobody who starts the window waits for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QBoxLayout, QWidget

from desk_app.plugin_api.ui import ActionSpec, PageSpec, SettingsPage, WindowPort
from desk_app.ui.language import tr
from desk_app.ui.setup.checklist import CHECKLIST, SHOWN, Checklist
from desk_app.ui.shell.commands import NONE, Ids, command

if TYPE_CHECKING:
    from desk_app.ui.shell.window import MainWindow

Make = Callable[[WindowPort], QWidget]


def register(window: MainWindow) -> None:
    """Register what needs the window."""
    registries = window.registries

    def home(port: WindowPort) -> QWidget:
        from desk_app.ui.settings.page import SettingsHome

        return SettingsHome(registries.settings_pages, port)

    registries.pages.register(
        PageSpec(
            "settings",
            tr("Settings"),
            "settings",
            home,
            900,
            bottom=True,
        )
    )
    for page in (*_desk_pages(window), *_program_pages(window)):
        registries.settings_pages.register(page)
    add_checklist(window)
    add_commands(window)
    for action in _help_commands(window):
        registries.actions.register(action)
    registries.settings_pages.on_change(lambda: add_commands(window))


def _desk_pages(window: MainWindow) -> tuple[SettingsPage, ...]:
    session = window.session

    def outgoing(port: WindowPort) -> QWidget:
        from desk_app.ui.settings.outgoing_page import OutgoingPage

        return OutgoingPage(session, port, window.run_action)

    def people(_port: WindowPort) -> QWidget:
        from desk_app.ui.settings.people_page import PeoplePage

        return PeoplePage(session)

    def departments(_port: WindowPort) -> QWidget:
        from desk_app.ui.settings.people_page import DepartmentsPage

        return DepartmentsPage(session)

    def tags(_port: WindowPort) -> QWidget:
        from desk_app.ui.settings.tags_page import TagsPage

        return TagsPage(session, window.acts.told.emit, window.search_tickets)

    channels, team, tickets = tr("Channels"), tr("Team"), tr("Tickets")
    return (
        SettingsPage("outgoing", tr("Sending"), "send", channels, outgoing, 20, ("arm", "undo")),
        SettingsPage(
            "people",
            tr("People"),
            "users",
            team,
            people,
            30,
            ("agent", "invite", "admin"),
            lambda: sum(one.active for one in session.facts.agents),
        ),
        SettingsPage(
            "departments",
            tr("Departments"),
            "building-2",
            team,
            departments,
            32,
            ("team",),
            lambda: len(session.facts.departments),
        ),
        SettingsPage("tags", tr("Tags"), "tag", tickets, tags, 50, ("label", "colour", "merge")),
    )


def _program_pages(window: MainWindow) -> tuple[SettingsPage, ...]:
    session, actions = window.session, window.registries.actions

    def appearance(_port: WindowPort) -> QWidget:
        from desk_app.ui.settings.appearance_page import AppearancePage

        return AppearancePage(window.preferences)

    def keyboard(_port: WindowPort) -> QWidget:
        from desk_app.ui.settings.keyboard_page import KeyboardPage

        return KeyboardPage(window.keymap, actions)

    def data(_port: WindowPort) -> QWidget:
        from desk_app.ui.settings.data_page import DataPage

        return DataPage(session)

    def logs(port: WindowPort) -> QWidget:
        from desk_app.ui.settings.logs_page import LogsPage

        return LogsPage(session, port)

    def system(_port: WindowPort) -> QWidget:
        from desk_app.ui.settings.system_page import SystemPage

        return SystemPage(session)

    group = tr("Program")
    looks = ("dark", "text size", "language", "bahasa", "idioma")
    health = ("version", "diagnostics", "doctor", "jobs", "disk")
    return (
        SettingsPage("appearance", tr("Appearance"), "palette", group, appearance, 90, looks),
        SettingsPage(
            "keyboard", tr("Keyboard"), "keyboard", group, keyboard, 92, ("shortcut", "keys", "gmail", "outlook")
        ),
        SettingsPage("data", tr("Data"), "hard-drive", group, data, 94, ("backup", "restore", "database", "folder")),
        SettingsPage("logs", tr("Logs"), "file-text", group, logs, 96, ("errors",)),
        SettingsPage("system", tr("System"), "monitor", group, system, 98, health),
    )


def open_settings(window: MainWindow, page_id: str) -> None:
    """Show a page of the settings."""
    from desk_app.ui.settings.page import SettingsHome

    window.show_page("settings")
    home = window.page("settings")
    if isinstance(home, SettingsHome):
        home.open_page(page_id)


def add_commands(window: MainWindow) -> None:
    """Let the palette open every page of the settings, whoever registered it."""
    actions = window.registries.actions
    with actions.told_once():
        for page in window.registries.settings_pages:
            action_id = f"settings.{page.id}"
            if action_id not in actions:
                title = tr("Settings: {page}").format(page=page.title)
                made = command(action_id, title, _opens(window, page.id), page.icon, (), NONE, tr("Settings"))
                actions.register(made, window.registries.settings_pages.owner(page.id))  # goes with the page


def _help_commands(window: MainWindow) -> tuple[ActionSpec, ...]:
    session = window.session
    group = tr("Settings")

    def first_steps(_ids: Ids) -> None:
        session.choices.keep(CHECKLIST, SHOWN)

    def samples(_ids: Ids) -> None:
        service, actor = session.desk.samples, session.actor

        def toggle() -> tuple[bool, int]:
            return (True, service.remove(actor)) if service.present() else (False, service.load(actor))

        def told(found: tuple[bool, int]) -> None:
            gone, count = found
            window.notify(tr("%n sample ticket(s) removed", count) if gone else tr("%n sample ticket(s) loaded", count))
            session.load()

        session.work.write(toggle, told, owner=window)

    return (
        command("setup.first_steps", tr("Show the first steps"), first_steps, "circle-check", (), NONE, group),
        command("setup.samples", tr("Load or remove sample tickets"), samples, "package-open", (), NONE, group),
        command(
            "setup.first_run",
            tr("Go through the first run again…"),
            lambda _ids: window.setting_up.open(first_run=True),
            "rocket",
            (),
            NONE,
            group,
        ),
    )


def _opens(window: MainWindow, page_id: str) -> Callable[..., None]:
    return lambda _ids: open_settings(window, page_id)


def add_checklist(window: MainWindow) -> None:
    """Put the first steps below the lists."""
    pages = {"colleague": "people", "hours": "notifications", "keys": "keyboard", "canned": "canned"}

    def go(step: str) -> None:
        if step == "replied":
            window.inbox.list.open_first()
            window.run_action("ticket.reply")
        else:
            open_settings(window, pages[step])

    checklist = Checklist(window.session, go)
    lists = window.inbox.sidebar.layout()
    if isinstance(lists, QBoxLayout):
        lists.insertWidget(lists.count() - 1, checklist)
