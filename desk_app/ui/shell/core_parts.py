"""The program's own pages, panels, columns, composer tools and settings pages, registered like a plugin's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from desk_app.domain.tickets.model import Priority
from desk_app.plugin_api.ui import ColumnSpec, ComposerTool, PageSpec, PanelSpec, SettingsPage
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.contacts.customer_panel import customer_card
from desk_app.ui.language import tr
from desk_app.ui.mailboxes.settings_page import MailboxesPage
from desk_app.ui.messages.composer import Composer
from desk_app.ui.messages.outbox_page import OutboxPage
from desk_app.ui.messages.quarantine_page import QuarantinePage
from desk_app.ui.settings.appearance_page import AppearancePage
from desk_app.ui.settings.outgoing_page import OutgoingPage
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.tickets.phrases import priority_name
from desk_app.ui.tickets.property_panel import earlier_card, properties_card

if TYPE_CHECKING:
    from desk_app.ui.session import DeskSession
    from desk_app.ui.shell.window import MainWindow

_Values = Callable[[Sequence[TicketRow]], Mapping[int, str]]


def register(window: MainWindow) -> None:
    """Register the parts that need the window; columns and tools are registered before it is built."""
    registries, session = window.registries, window.session
    for page in (
        PageSpec("inbox", tr("Inbox"), "inbox", lambda _port: window.inbox, 10),
        PageSpec("outbox", tr("Outbox"), "send", lambda port: OutboxPage(session, port), 20, hidden=True),
        PageSpec(
            "quarantine", tr("Quarantine"), "mail-warning", lambda port: QuarantinePage(session, port), 30, hidden=True
        ),
        PageSpec(
            "settings",
            tr("Settings"),
            "settings",
            lambda port: SettingsHome(registries.settings_pages, port),
            900,
            bottom=True,
        ),
    ):
        registries.pages.register(page)
    for panel in (
        PanelSpec(
            "customer",
            tr("Customer"),
            lambda _port, view: customer_card(view, lambda: window.run_action("ticket.requester")),
            10,
        ),
        PanelSpec(
            "properties", tr("Properties"), lambda _port, view: properties_card(view, session, window.run_action), 20
        ),
        PanelSpec(
            "earlier", tr("Earlier tickets"), lambda port, view: earlier_card(view, session, port.open_ticket), 30
        ),
    ):
        registries.panels.register(panel)
    for settings_page in (
        SettingsPage(
            "mailboxes",
            tr("Mailboxes"),
            "mail",
            tr("Channels"),
            lambda port: MailboxesPage(session, port, window.open_wizard),
            10,
            ("imap", "smtp", "password", "alias"),
        ),
        SettingsPage(
            "outgoing",
            tr("Sending"),
            "send",
            tr("Channels"),
            lambda port: OutgoingPage(session, port, window.run_action),
            20,
            ("arm", "undo"),
        ),
        SettingsPage(
            "appearance",
            tr("Appearance"),
            "palette",
            tr("Program"),
            lambda _port: AppearancePage(window.preferences),
            90,
            ("dark", "text size", "language", "bahasa", "idioma"),
        ),
    ):
        registries.settings_pages.register(settings_page)


def register_columns_and_tools(window: MainWindow) -> None:
    """Register what list and composer are built from."""
    columns, tools = window.registries.columns, window.registries.composer_tools
    columns.register(ColumnSpec("urgent", tr("Urgent"), _priorities(Priority.URGENT), 10, "danger"))
    columns.register(ColumnSpec("high", tr("High priority"), _priorities(Priority.HIGH), 11, "warning"))
    columns.register(ColumnSpec("draft", tr("Draft"), _drafts(window.session), 15, "accent"))
    columns.register(ColumnSpec("assignee", tr("Assignee"), _assignees(window.session.agent.id), 20))

    def composer(port: object) -> Composer:
        if not isinstance(port, Composer):
            raise TypeError("this tool works in the window's own composer")
        return port

    for tool in (
        ComposerTool(
            "format",
            tr("Formatting"),
            "case-sensitive",
            lambda port, on: composer(port).show_format_bar(on=on),
            10,
            checkable=True,
        ),
        ComposerTool(
            "attach", tr("Attach files"), "paperclip", lambda port, _on: composer(port).ask_files(), 20, in_notes=False
        ),
        ComposerTool("link", tr("Insert a link"), "link", lambda port, _on: composer(port).ask_link(), 30),
        ComposerTool("quote", tr("Quote"), "quote", lambda port, _on: composer(port).edit.toggle_quote(), 40),
        ComposerTool(
            "subject",
            tr("Edit the subject"),
            "pencil",
            lambda port, _on: composer(port).show_subject(),
            50,
            in_notes=False,
        ),
    ):
        tools.register(tool)


def _priorities(priority: Priority) -> _Values:
    def values(rows: Sequence[TicketRow]) -> Mapping[int, str]:
        return {row.id: priority_name(priority) for row in rows if row.priority is priority}

    return values


def _drafts(session: DeskSession) -> _Values:
    def values(rows: Sequence[TicketRow]) -> Mapping[int, str]:
        begun = session.desk.drafts.ticket_ids(session.agent.id)
        return {row.id: tr("Draft") for row in rows if row.id in begun}

    return values


def _assignees(me: int) -> _Values:
    def values(rows: Sequence[TicketRow]) -> Mapping[int, str]:
        return {row.id: row.assignee_name.split()[0] for row in rows if row.assignee_name and row.assignee_id != me}

    return values
