"""Commands of the window: where to go, what to show."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from desk_app.plugin_api.ui import ActionSpec
from desk_app.ui.language import tr
from desk_app.ui.shell.commands import Ids, command
from desk_app.ui.theme.theme import Scheme
from desk_app.ui.tickets.hosts import host_command

if TYPE_CHECKING:
    from desk_app.ui.shell.window import MainWindow


def window_actions(window: MainWindow) -> list[ActionSpec]:
    """Return what can be done in the window itself."""
    return [
        *_lists(window),
        *_conversation(),
        *_what_is_shown(window),
        *_mail(window),
        *_pages(window),
        *_colours(window),
        *_whole_window(window),
    ]


def _lists(window: MainWindow) -> list[ActionSpec]:
    page, act = window.inbox, partial(command, group=tr("Go to"))

    def go(view_id: str) -> Callable[[Ids], object]:
        def run(_ids: Ids) -> None:
            window.show_page("inbox")
            page.sidebar.choose(view_id)

        return run

    def step(by: int, *, extend: bool = False) -> Callable[[Ids], object]:
        return lambda _ids: page.list.step(by, extend=extend) if window.tickets_in_front else None

    return [
        *(
            act(f"go.{view.id}", view.title, go(view.id), view.icon, (view.key,) if view.key else ())
            for view in page.sidebar.views.values()
        ),
        act("list.next", tr("Next ticket"), step(1), "chevron-down", ("J",)),
        act("list.previous", tr("Previous ticket"), step(-1), "chevron-up", ("K",)),
        act("list.extend_next", tr("Select the next ticket too"), step(1, extend=True), keys=("Shift+J",)),
        act("list.extend_previous", tr("Select the previous ticket too"), step(-1, extend=True), keys=("Shift+K",)),
        act(
            "list.toggle",
            tr("Select or leave out"),
            lambda _ids: page.list.toggle_current() if window.tickets_in_front else None,
            keys=("X",),
        ),
        act("list.search", tr("Search tickets"), lambda _ids: window.focus_search(), "search", ("/", "Ctrl+F")),
    ]


def _conversation() -> list[ActionSpec]:
    act = partial(host_command, group=tr("Go to"))
    return [
        act(
            "thread.next",
            tr("Next message"),
            lambda here, _ids: here.ticket_pane.thread_view.step(1),
            keys=("Alt+Down",),
        ),
        act(
            "thread.previous",
            tr("Previous message"),
            lambda here, _ids: here.ticket_pane.thread_view.step(-1),
            keys=("Alt+Up",),
        ),
        act(
            "thread.open_all",
            tr("Unfold all messages"),
            lambda here, _ids: here.ticket_pane.thread_view.open_all(opened_up=True),
            keys=(";",),
        ),
        act(
            "thread.fold_all",
            tr("Fold all messages"),
            lambda here, _ids: here.ticket_pane.thread_view.open_all(opened_up=False),
            keys=(":",),
        ),
    ]


def _what_is_shown(window: MainWindow) -> list[ActionSpec]:
    page, act, act_here = window.inbox, partial(command, group=tr("Go to")), partial(host_command, group=tr("Go to"))
    return [
        act_here(
            "window.palette",
            tr("Commands"),
            lambda here, _ids: here.open_palette(),
            "search",
            ("Ctrl+K", "Ctrl+Shift+P"),
        ),
        act("window.keys", tr("Keyboard shortcuts"), lambda _ids: window.show_keys(), "keyboard", ("?", "Ctrl+/")),
        act_here(
            "window.details",
            tr("Show or hide the details"),
            lambda here, _ids: here.toggle_details(),
            "panel-right",
            ("Ctrl+Shift+\\",),
        ),
        act(
            "window.sidebar",
            tr("Show or hide the lists"),
            lambda _ids: page.panes.toggle_sidebar(),
            keys=("Ctrl+\\",),
        ),
        act("window.menu", tr("Menu bar"), lambda _ids: window.toggle_menu(), keys=("F10",)),
        act("window.next_pane", tr("Next pane"), lambda _ids: window.cycle_panes(1), keys=("F6",)),
        act("window.previous_pane", tr("Previous pane"), lambda _ids: window.cycle_panes(-1), keys=("Shift+F6",)),
    ]


def _mail(window: MainWindow) -> list[ActionSpec]:
    act = partial(command, group=tr("Mail"))
    return [
        act("desk.sync", tr("Get mail now"), lambda _ids: window.mail.sync_now(), "refresh-cw", ("F5",)),
        act("desk.arm", tr("Switch sending on"), lambda _ids: window.mail.ask_arm(), "send"),
        act("desk.disarm", tr("Hold all outgoing mail"), lambda _ids: window.mail.disarm(), "lock"),
    ]


def _pages(window: MainWindow) -> list[ActionSpec]:
    act = partial(command, group=tr("Go to"))
    return [
        act("go.outbox", tr("Outbox"), lambda _ids: window.show_page("outbox"), "send", ("G, O",)),
        act("go.quarantine", tr("Quarantine"), lambda _ids: window.show_page("quarantine"), "mail-warning"),
        act("go.settings", tr("Settings"), lambda _ids: window.show_page("settings"), "settings", ("Ctrl+,",)),
        command("go.wizard", tr("Add a mailbox…"), lambda _ids: window.setting_up.open(), "plus", group=tr("Mail")),
    ]


def _colours(window: MainWindow) -> list[ActionSpec]:
    act = partial(command, group=tr("Appearance"))
    return [
        act("theme.light", tr("Light colours"), lambda _ids: window.set_scheme(Scheme.LIGHT), "sun"),
        act("theme.dark", tr("Dark colours"), lambda _ids: window.set_scheme(Scheme.DARK), "moon"),
        act("theme.system", tr("Colours of the system"), lambda _ids: window.set_scheme(Scheme.SYSTEM), "monitor"),
    ]


def _whole_window(window: MainWindow) -> list[ActionSpec]:
    group = tr("Go to")
    return [
        host_command(
            "edit.undo",
            tr("Undo the last act"),
            lambda here, _ids: here.told.undo_last(),
            "undo-2",
            ("Z", "Ctrl+Z"),
            group=group,
        ),
        command("window.quit", tr("Quit"), lambda _ids: window.leaving.quit(), "power", ("Ctrl+Q",), group=group),
    ]
