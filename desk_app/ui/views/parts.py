"""What saved views and lists bring to the window: columns and commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from desk_app.plugin_api.ui import ActionSpec, ColumnSpec
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import tr
from desk_app.ui.shell.commands import MANY, NONE, Ids, command
from desk_app.ui.shell.palette_lines import Entry
from desk_app.ui.tickets.hosts import TicketHost, host_command
from desk_app.ui.tickets.phrases import day_text, full_time
from desk_app.ui.views.acts import ViewActs

if TYPE_CHECKING:
    from desk_app.ui.session import DeskSession
    from desk_app.ui.shell.window import MainWindow

OWNER = "saved views"
"""Commands that come and go with the views."""
_Values = Callable[[Sequence[TicketRow]], Mapping[int, str]]


def register_early(window: MainWindow) -> None:
    """Register columns that agents may choose."""
    session = window.session
    for column in (
        ColumnSpec("due", tr("Due date"), _texts(lambda row: full_time(row.due_at) if row.due_at else ""), 5),
        ColumnSpec("tags", tr("Tags"), _texts(lambda row: " · ".join(row.tags[:3])), 30, "violet", usual=False),
        ColumnSpec("number", tr("Number"), _texts(lambda row: f"#{row.number}"), 40, usual=False),
        ColumnSpec("created", tr("Created"), _texts(lambda row: day_text(row.created_at)), 50, usual=False),
        ColumnSpec("department", tr("Department"), _departments(session), 60, "teal", usual=False),
    ):
        window.registries.columns.register(column)


def _texts(text: Callable[[TicketRow], str]) -> _Values:
    return lambda rows: {row.id: text(row) for row in rows}


def _departments(session: DeskSession) -> _Values:
    def values(rows: Sequence[TicketRow]) -> Mapping[int, str]:
        names = {one.id: one.name for one in session.facts.departments}
        return {row.id: names.get(row.department_id, "") for row in rows}

    return values


def register(window: MainWindow) -> None:
    """Register the commands, and wire lists and sidebar to them."""
    acts, inbox = ViewActs(window), window.inbox
    for made in (*_list_commands(window, acts), *_view_commands(acts), *_ticket_commands(acts)):
        window.registries.actions.register(made)
    header = inbox.list.header
    header.sort_button.clicked.connect(lambda _checked=False: acts.sort_menu())
    header.filter_button.clicked.connect(lambda _checked=False: acts.filter_menu())
    header.filters.save_as_asked.connect(acts.save_as)
    header.filters.save_asked.connect(lambda: acts.run("view.save"))
    inbox.sidebar.saved.act_asked.connect(acts.run)

    def follow() -> None:
        _register_views(window)
        shown = inbox.list.view
        if shown is not None and shown.id in inbox.sidebar.views:
            inbox.list.update_view(inbox.sidebar.views[shown.id])

    window.registries.actions.remove_owner(OWNER)
    inbox.sidebar.lists_changed.connect(follow)
    inbox.sidebar.saved.load()


def _list_commands(window: MainWindow, acts: ViewActs) -> list[ActionSpec]:
    group = tr("List")
    return [
        command(action, title, lambda _ids, call=run: call(), icon, (key,) if key else (), NONE, group)  # type: ignore[misc]
        for action, title, run, icon, key in (
            ("list.open", tr("Open the ticket"), partial(_open, window), "", "O"),
            ("list.sort", tr("Sort the list…"), acts.ask_sort, "arrow-up-down", "Shift+S"),
            ("list.filter", tr("Filter the list…"), acts.ask_filter, "list-filter", "Shift+F"),
            ("list.unfilter", tr("Remove the filters"), acts.clear_filters, "x", ""),
            ("list.columns", tr("Choose columns…"), acts.ask_columns, "list", ""),
        )
    ]


def _view_commands(acts: ViewActs) -> list[ActionSpec]:
    return [
        command(action, title, lambda _ids, one=action: acts.run(one), icon, (), NONE, tr("List"))  # type: ignore[misc]
        for action, title, icon in (
            ("view.save_as", tr("Save this list as a view…"), "save"),
            ("view.save", tr("Save the filters into the view"), "save"),
            ("view.edit", tr("Edit the view…"), "pencil"),
            ("view.duplicate", tr("Duplicate the view"), "copy"),
            ("view.delete", tr("Delete the view"), "trash-2"),
            ("view.up", tr("Move the view up"), "chevron-up"),
            ("view.down", tr("Move the view down"), "chevron-down"),
        )
    ]


def _ticket_commands(acts: ViewActs) -> list[ActionSpec]:
    group = tr("Ticket")
    return [
        command("ticket.star", tr("Star, or take the star away"), acts.star, "star", ("*",), MANY, group),
        host_command("ticket.due", tr("Set a due date…"), _ask_due, "calendar-clock", ("D",), MANY, group),
        host_command("ticket.mailbox", tr("Move to a mailbox…"), _ask_mailbox, "mail", ("Shift+V",), MANY, group),
    ]


def _ask_due(window: TicketHost, ids: Ids) -> None:
    from desk_app.ui.views.due_question import ask_due

    ask_due(window, ids)


def _ask_mailbox(window: TicketHost, ids: Ids) -> None:
    acts = window.acts
    entries = [
        Entry(one.name, partial(acts.move_to_mailbox, ids, one.id, one.name), one.address, "mail")
        for one, _health in window.session.facts.accounts
    ]
    window.palette_layer.open_with(entries, prompt=tr("Move to the mailbox…"))


def _open(window: MainWindow) -> None:
    """Turn to the ticket under the cursor and read on there."""
    inbox = window.inbox
    inbox.list.open_current()
    inbox.ticket.thread_view.area.setFocus()


def _register_views(window: MainWindow) -> None:
    """Give every saved view a command of its own."""
    sidebar = window.inbox.sidebar

    def go(view_id: str) -> Callable[[Ids], object]:
        def run(_ids: Ids) -> None:
            window.show_page("inbox")
            sidebar.choose(view_id)

        return run

    group = tr("Saved views")
    specs = [
        command(f"go.{view.id}", view.title, go(view.id), view.icon, (), NONE, group) for view in sidebar.saved.lists
    ]
    actions = window.registries.actions
    known = [(spec.id, spec.title, spec.icon) for spec in actions if actions.owner(spec.id) == OWNER]
    if known != [(spec.id, spec.title, spec.icon) for spec in specs]:
        actions.replace_owner(OWNER, specs)
