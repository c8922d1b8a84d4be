"""What the tickets bring to the window: list columns, cards of the side panel, commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication

from desk_app.domain.tickets.model import Priority
from desk_app.plugin_api.ui import ColumnSpec, PanelSpec
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import tr
from desk_app.ui.shell.commands import ONE, command
from desk_app.ui.tickets.actions import ticket_actions
from desk_app.ui.tickets.hosts import host
from desk_app.ui.tickets.phrases import priority_name

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from desk_app.plugin_api.ui import PanelPort
    from desk_app.services.queries.conversation import ConversationView
    from desk_app.ui.preferences import Preferences
    from desk_app.ui.session import DeskSession
    from desk_app.ui.shell.window import MainWindow
    from desk_app.ui.tickets.ticket_pane import TicketPane

_EVENTS = "thread/events"
_Values = Callable[[Sequence[TicketRow]], Mapping[int, str]]


def register_early(window: MainWindow) -> None:
    """Register what the list is built from."""
    session = window.session
    for column in (
        ColumnSpec("urgent", tr("Urgent"), _priorities(Priority.URGENT), 10, "danger"),
        ColumnSpec("high", tr("High priority"), _priorities(Priority.HIGH), 11, "warning"),
        ColumnSpec("draft", tr("Draft"), _drafts(session), 15, "accent"),
        ColumnSpec("assignee", tr("Assignee"), _assignees(session.agent.id), 20),
    ):
        window.registries.columns.register(column)


def register(window: MainWindow) -> None:
    """Register what needs the window."""
    session = window.session

    def properties(port: PanelPort, view: ConversationView) -> QWidget | None:
        from desk_app.ui.tickets.property_panel import properties_card

        return properties_card(view, session, host(port).run_action)

    def watchers(port: PanelPort, view: ConversationView) -> QWidget | None:
        from desk_app.ui.tickets.links_panel import watchers_card

        return watchers_card(view, session.agent.id, lambda on: host(port).acts.watch([view.ticket.id], on=on))

    def earlier(port: PanelPort, view: ConversationView) -> QWidget | None:
        from desk_app.ui.tickets.property_panel import earlier_card

        return earlier_card(view, session, port.open_ticket)

    for panel in (
        PanelSpec("properties", tr("Properties"), properties, 20),
        PanelSpec("links", tr("Linked tickets"), _links, 24),
        PanelSpec("watchers", tr("Watchers"), watchers, 26),
        PanelSpec("earlier", tr("Earlier tickets"), earlier, 30),
    ):
        window.registries.panels.register(panel)
    for action in ticket_actions():
        window.registries.actions.register(action)
    window.registries.actions.register(
        command(
            "ticket.window",
            tr("Open in a new window"),
            lambda ids: window.ticket_windows.open(ids[0]),
            "app-window",
            ("Shift+Return",),
            ONE,
            tr("Ticket"),
        )
    )
    window.inbox.with_ticket(lambda pane: remember_events(pane, window.preferences))
    pane = window.inbox.list

    def double_clicked(index: QModelIndex) -> None:
        ticket_id = pane.model.id_at(index.row())
        if ticket_id is not None and QApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier:
            window.ticket_windows.open(ticket_id)

    pane.table.doubleClicked.connect(double_clicked)


def remember_events(pane: TicketPane, preferences: Preferences) -> None:
    """Show or hide changes in the thread as this computer last did."""
    settings = preferences.settings
    pane.thread_view.events_shown = settings.value(_EVENTS, True, type=bool) is True
    pane.parts_changed.connect(lambda on: settings.setValue(_EVENTS, on))


def _links(port: object, view: ConversationView) -> QWidget:
    from desk_app.ui.tickets.links_panel import links_card

    window, ticket_id = host(port), view.ticket.id
    return links_card(
        view,
        window.open_ticket,
        lambda: window.run_action("ticket.link"),
        lambda link: window.acts.unlink(ticket_id, link.relation, link.ticket_id),
    )


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
