"""The program's own commands, registered like a plugin's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.plugin_api.ui import ActionScope, ActionSpec, WindowPort
from desk_app.services.queries.conversation import ConversationView
from desk_app.ui.language import named, tr
from desk_app.ui.session import DeskFacts
from desk_app.ui.shell.palette import Entry
from desk_app.ui.theme.theme import Scheme
from desk_app.ui.tickets.dialogs import Question, TagsQuestion, TicketQuestion
from desk_app.ui.tickets.phrases import PRIORITY_TONES, priority_name
from desk_app.ui.widgets.basics import label

if TYPE_CHECKING:
    from desk_app.ui.shell.window import MainWindow

Ids = Sequence[int]
_ONE, _MANY, _NONE = ActionScope.ONE, ActionScope.MANY, ActionScope.NONE


def register(window: MainWindow) -> None:
    """Register every command of the program."""
    for spec in (*_ticket_actions(window), *_writing_actions(window), *_window_actions(window)):
        window.registries.actions.register(spec)


def _spec(
    action_id: str,
    title: str,
    run: Callable[[Ids], object],
    icon: str = "",
    keys: tuple[str, ...] = (),
    scope: ActionScope = _NONE,
    group: str = "",
) -> ActionSpec:
    def call(_window: WindowPort, ids: Ids) -> None:
        run(ids)

    return ActionSpec(action_id, title, call, icon, keys, scope, group)


class _TicketCommands:
    """What the ticket actions ask before they act; choices open in the palette."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._acts = window.acts

    @property
    def _facts(self) -> DeskFacts:
        return self._window.session.facts

    def _ask(self, entries: Sequence[Entry], prompt: str) -> None:
        self._window.palette_layer.open_with(entries, prompt=prompt)

    def _shown(self, ids: Ids) -> ConversationView | None:
        """Return the open ticket if the action is about just that: only then the way back is known."""
        view = self._window.inbox.ticket.view
        return view if view is not None and len(ids) == 1 and view.ticket.id == ids[0] else None

    def _status_before(self, ids: Ids) -> str:
        view = self._shown(ids)
        return next((one.key for one in self._facts.statuses if view and one.id == view.ticket.status_id), "")

    def _assignee_before(self, ids: Ids) -> int | None:
        view = self._shown(ids)
        return view.ticket.assignee_id if view is not None else None

    def assign(self, ids: Ids) -> None:
        before = self._assignee_before(ids)
        people = [Entry(tr("Nobody"), lambda: self._acts.assign(ids, None, before), icon="circle-dashed")]
        people += [
            Entry(one.name, partial(self._acts.assign, ids, one.id, before), one.email, icon="circle-user")
            for one in self._facts.agents
            if one.active
        ]
        self._ask(people, tr("Assign to…"))

    def assign_to_me(self, ids: Ids) -> None:
        self._acts.assign(ids, self._window.session.agent.id, self._assignee_before(ids))

    def status(self, ids: Ids) -> None:
        before = self._status_before(ids)
        entries = [
            Entry(named(one.name), partial(self._acts.set_status, ids, one.key, before), icon="circle-dot")
            for one in self._facts.statuses
        ]
        self._ask(entries, tr("Set the status to…"))

    def priority(self, ids: Ids) -> None:
        view = self._shown(ids)
        before = view.ticket.priority if view is not None else None
        entries = [
            Entry(
                priority_name(one),
                partial(self._acts.set_priority, ids, one, before),
                icon="flag" if PRIORITY_TONES[one] else "minus",
            )
            for one in reversed(Priority)
        ]
        self._ask(entries, tr("Set the priority to…"))

    def tags(self, ids: Ids) -> None:
        view = self._shown(ids)
        question = TagsQuestion(view.tags if view is not None else (), self._window)
        question.ask(lambda: self._acts.tag(ids, *question.change))

    def snooze(self, ids: Ids) -> None:
        self._ask(_snooze_choices(lambda at: self._acts.snooze(ids, at)), tr("Snooze until…"))

    def move(self, ids: Ids) -> None:
        entries = [Entry(one.name, partial(self._acts.move, ids, one.id, one.name)) for one in self._facts.departments]
        self._ask(entries, tr("Move to…"))

    def merge(self, ids: Ids) -> None:
        question = TicketQuestion(self._window.session, tr("Merge into"), tr("Merge"), ids, self._window)

        def chosen() -> None:
            if question.ticket_id is not None:
                self._acts.merge(ids, question.ticket_id)

        question.ask(chosen)

    def merge_selected(self, ids: Ids) -> None:
        if len(ids) > 1:
            self._acts.merge([one for one in ids if one != min(ids)], min(ids))

    def purge(self, ids: Ids) -> None:
        title = tr("Delete %n ticket(s) for good?", len(ids))
        question = Question(title, tr("Delete for good"), self._window, danger=True)
        text = tr("Messages and attachments are gone afterwards; this cannot be undone. Only tickets in the trash go.")
        question.content.addWidget(label(text, "secondary", wrap=True))
        question.ask(lambda: self._acts.purge(ids, tr("deleted by hand")))

    def resolve(self, ids: Ids) -> None:
        self._acts.resolve(ids, self._status_before(ids))

    def resolve_next(self, ids: Ids) -> None:
        self.resolve(ids)
        self._window.inbox.list.step(1)

    def spam(self, ids: Ids) -> None:
        view = self._shown(ids)
        self._acts.mark_spam(ids, spam=not (view is not None and view.ticket.spam))

    def restore(self, ids: Ids) -> None:
        view = self._window.inbox.list.view
        if view is not None and Bucket.SPAM in view.query.buckets:
            self._acts.mark_spam(ids, spam=False)
        else:
            self._acts.restore(ids)


def _ticket_actions(window: MainWindow) -> list[ActionSpec]:
    do, group = _TicketCommands(window), tr("Ticket")
    pane = window.inbox.ticket
    return [
        _spec("ticket.assign", tr("Assign…"), do.assign, "circle-user", ("A",), _MANY, group),
        _spec("ticket.mine", tr("Assign to me"), do.assign_to_me, "user-plus", ("I",), _MANY, group),
        _spec("ticket.status", tr("Set the status…"), do.status, "circle-dot", ("S",), _MANY, group),
        _spec("ticket.priority", tr("Set the priority…"), do.priority, "flag", ("P",), _MANY, group),
        _spec("ticket.tags", tr("Tags…"), do.tags, "tag", ("T",), _MANY, group),
        _spec("ticket.snooze", tr("Snooze…"), do.snooze, "alarm-clock", ("H", "Ctrl+Shift+J"), _MANY, group),
        _spec("ticket.resolve", tr("Resolve"), do.resolve, "circle-check", ("E",), _MANY, group),
        _spec(
            "ticket.resolve_next", tr("Resolve and go on"), do.resolve_next, "circle-check", ("Shift+E",), _MANY, group
        ),
        _spec("ticket.move", tr("Move to a department…"), do.move, "folder", ("V",), _MANY, group),
        _spec("ticket.merge", tr("Merge into another ticket…"), do.merge, "merge", (), _MANY, group),
        _spec("ticket.merge_selected", tr("Merge the selected tickets"), do.merge_selected, "merge", (), _MANY, group),
        _spec("ticket.split", tr("Split messages off…"), lambda _ids: pane.ask_split(), "split", (), _ONE, group),
        _spec(
            "ticket.requester", tr("Change the customer…"), lambda _ids: pane.ask_requester(), "users", (), _ONE, group
        ),
        _spec("ticket.unread", tr("Mark as unread"), window.acts.mark_unread, "mail", ("U", "Shift+U"), _MANY, group),
        _spec("ticket.spam", tr("Spam, or no spam"), do.spam, "shield-alert", ("!",), _MANY, group),
        _spec("ticket.trash", tr("Move to the trash"), window.acts.trash, "trash-2", ("Del", "#"), _MANY, group),
        _spec("ticket.restore", tr("Restore from spam or trash"), do.restore, "undo-2", (), _MANY, group),
        _spec("ticket.purge", tr("Delete for good…"), do.purge, "trash-2", (), _MANY, group),
    ]


def _snooze_choices(snooze: Callable[[datetime | None], object]) -> list[Entry]:
    now = datetime.now().astimezone()

    def at(days: int, hour: int) -> datetime:
        return (now + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)

    choices: list[tuple[str, datetime | None]] = [
        (tr("Later today (in 3 hours)"), now + timedelta(hours=3)),
        (tr("Tomorrow at 8:00"), at(1, 8)),
        (tr("Saturday at 10:00"), at((5 - now.weekday()) % 7 or 7, 10)),
        (tr("Monday at 8:00"), at((7 - now.weekday()) or 7, 8)),
        (tr("In a week"), at(7, 8)),
        (tr("In a month"), at(30, 8)),
        (tr("Wake up now"), None),
    ]
    return [Entry(words, lambda until=when: snooze(until), icon="alarm-clock") for words, when in choices]  # type: ignore[misc]


def _writing_actions(window: MainWindow) -> list[ActionSpec]:
    pane, group = window.inbox.ticket, tr("Write")
    return [
        _spec("ticket.reply", tr("Reply"), lambda _ids: pane.reply(), "reply", ("R", "Ctrl+R"), _ONE, group),
        _spec(
            "ticket.reply_one",
            tr("Reply to the sender only"),
            lambda _ids: pane.reply(reply_all=False),
            "corner-up-left",
            ("Shift+R",),
            _ONE,
            group,
        ),
        _spec(
            "ticket.note",
            tr("Internal note"),
            lambda _ids: pane.note(),
            "sticky-note",
            ("N", "Ctrl+Shift+N"),
            _ONE,
            group,
        ),
        _spec(
            "composer.subject",
            tr("Edit the reply's subject"),
            lambda _ids: pane.composer.show_subject(),
            "pencil",
            (),
            _ONE,
            group,
        ),
        _spec(
            "ticket.new",
            tr("New ticket…"),
            lambda _ids: window.ask_new_ticket(),
            "square-pen",
            ("C", "Ctrl+N"),
            _NONE,
            group,
        ),
    ]


def _window_actions(window: MainWindow) -> list[ActionSpec]:
    page, group = window.inbox, tr("Go to")

    def go(view_id: str) -> Callable[[Ids], object]:
        def run(_ids: Ids) -> None:
            window.show_page("inbox")
            page.sidebar.choose(view_id)

        return run

    specs = [
        _spec(f"go.{view.id}", view.title, go(view.id), view.icon, (view.key,) if view.key else (), _NONE, group)
        for view in page.sidebar.views.values()
    ]
    theming = tr("Appearance")
    return [
        *specs,
        _spec("list.next", tr("Next ticket"), lambda _ids: page.list.step(1), "chevron-down", ("J",), _NONE, group),
        _spec(
            "list.previous", tr("Previous ticket"), lambda _ids: page.list.step(-1), "chevron-up", ("K",), _NONE, group
        ),
        _spec(
            "list.extend_next",
            tr("Select the next ticket too"),
            lambda _ids: page.list.step(1, extend=True),
            "",
            ("Shift+J",),
            _NONE,
            group,
        ),
        _spec(
            "list.extend_previous",
            tr("Select the previous ticket too"),
            lambda _ids: page.list.step(-1, extend=True),
            "",
            ("Shift+K",),
            _NONE,
            group,
        ),
        _spec(
            "list.toggle", tr("Select or leave out"), lambda _ids: page.list.toggle_current(), "", ("X",), _NONE, group
        ),
        _spec(
            "list.search",
            tr("Search tickets"),
            lambda _ids: window.focus_search(),
            "search",
            ("/", "Ctrl+F"),
            _NONE,
            group,
        ),
        _spec(
            "thread.next",
            tr("Next message"),
            lambda _ids: page.ticket.thread_view.step(1),
            "",
            ("Alt+Down",),
            _NONE,
            group,
        ),
        _spec(
            "thread.previous",
            tr("Previous message"),
            lambda _ids: page.ticket.thread_view.step(-1),
            "",
            ("Alt+Up",),
            _NONE,
            group,
        ),
        _spec(
            "thread.open_all",
            tr("Unfold all messages"),
            lambda _ids: page.ticket.thread_view.open_all(opened_up=True),
            "",
            (";",),
            _NONE,
            group,
        ),
        _spec(
            "thread.fold_all",
            tr("Fold all messages"),
            lambda _ids: page.ticket.thread_view.open_all(opened_up=False),
            "",
            (":",),
            _NONE,
            group,
        ),
        _spec(
            "window.palette",
            tr("Commands"),
            lambda _ids: window.open_palette(),
            "search",
            ("Ctrl+K", "Ctrl+Shift+P"),
            _NONE,
            group,
        ),
        _spec(
            "window.keys",
            tr("Keyboard shortcuts"),
            lambda _ids: window.show_keys(),
            "keyboard",
            ("?", "Ctrl+/"),
            _NONE,
            group,
        ),
        _spec(
            "window.details",
            tr("Show or hide the details"),
            lambda _ids: page.toggle_details(),
            "panel-right",
            ("Ctrl+Shift+\\",),
            _NONE,
            group,
        ),
        _spec(
            "window.sidebar",
            tr("Show or hide the lists"),
            lambda _ids: page.sidebar.setVisible(not page.sidebar.isVisible()),
            "",
            ("Ctrl+\\",),
            _NONE,
            group,
        ),
        _spec("window.next_pane", tr("Next pane"), lambda _ids: window.cycle_panes(1), "", ("F6",), _NONE, group),
        _spec(
            "window.previous_pane",
            tr("Previous pane"),
            lambda _ids: window.cycle_panes(-1),
            "",
            ("Shift+F6",),
            _NONE,
            group,
        ),
        _spec(
            "desk.sync", tr("Get mail now"), lambda _ids: window.sync_now(), "refresh-cw", ("F5",), _NONE, tr("Mail")
        ),
        _spec(
            "desk.arm", tr("Let mail out (arm outgoing)"), lambda _ids: window.ask_arm(), "send", (), _NONE, tr("Mail")
        ),
        _spec(
            "desk.disarm",
            tr("Hold all outgoing mail (disarm)"),
            lambda _ids: window.disarm(),
            "lock",
            (),
            _NONE,
            tr("Mail"),
        ),
        _spec("go.outbox", tr("Outbox"), lambda _ids: window.show_page("outbox"), "send", ("G, O",), _NONE, group),
        _spec(
            "go.quarantine",
            tr("Quarantine"),
            lambda _ids: window.show_page("quarantine"),
            "mail-warning",
            (),
            _NONE,
            group,
        ),
        _spec(
            "go.settings",
            tr("Settings"),
            lambda _ids: window.show_page("settings"),
            "settings",
            ("Ctrl+,",),
            _NONE,
            group,
        ),
        _spec("go.wizard", tr("Add a mailbox…"), lambda _ids: window.open_wizard(), "plus", (), _NONE, tr("Mail")),
        _spec(
            "theme.light", tr("Light colours"), lambda _ids: window.set_scheme(Scheme.LIGHT), "sun", (), _NONE, theming
        ),
        _spec(
            "theme.dark", tr("Dark colours"), lambda _ids: window.set_scheme(Scheme.DARK), "moon", (), _NONE, theming
        ),
        _spec(
            "theme.system",
            tr("Colours of the system"),
            lambda _ids: window.set_scheme(Scheme.SYSTEM),
            "monitor",
            (),
            _NONE,
            theming,
        ),
        _spec("window.quit", tr("Quit"), lambda _ids: window.close(), "power", ("Ctrl+Q",), _NONE, group),
    ]
