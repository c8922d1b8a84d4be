"""Commands on tickets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.plugin_api.ui import ActionScope, ActionSpec
from desk_app.ui.language import named, tr
from desk_app.ui.shell.commands import MANY, ONE, Ids
from desk_app.ui.shell.palette_lines import Entry
from desk_app.ui.tickets.hosts import TicketHost, host_command, widget
from desk_app.ui.tickets.phrases import BUCKET_ICONS, PRIORITY_TONES, priority_name, size_text
from desk_app.ui.widgets.basics import label

if TYPE_CHECKING:
    from desk_app.services.queries.conversation import ConversationView
    from desk_app.services.queries.facts import DeskFacts

_MERGED_UNASKED, _MERGED_AT_MOST = 20, 500


def _now() -> datetime:
    return datetime.now().astimezone()


def _mark(here: bool, words: str = "") -> str:
    """Return what stands at the right of a choice: `words`, and whether it is the one that holds now."""
    return " · ".join(part for part in (words, tr("current") if here else "") if part)


class _TicketCommands:
    """What the ticket actions ask before they act; choices open in the palette of the window they were run in."""

    def __init__(self, window: TicketHost) -> None:
        self._window = window
        self._acts = window.acts
        self._parent = widget(window)

    @property
    def _facts(self) -> DeskFacts:
        return self._window.session.facts

    def _ask(self, entries: Sequence[Entry], prompt: str) -> None:
        self._window.palette_layer.open_with(entries, prompt=prompt)

    def _shown(self, ids: Ids) -> ConversationView | None:
        """Return the open ticket if the action is about just that."""
        view = self._window.ticket_pane.view
        return view if view is not None and len(ids) == 1 and view.ticket.id == ids[0] else None

    def assign(self, ids: Ids) -> None:
        view = self._shown(ids)
        here = view.ticket.assignee_id if view is not None else 0
        people = [Entry(tr("Nobody"), lambda: self._acts.assign(ids, None), _mark(here is None), "circle-dashed")]
        people += [
            Entry(one.name, partial(self._acts.assign, ids, one.id), _mark(one.id == here, one.email), "circle-user")
            for one in self._facts.agents
            if one.active
        ]
        self._ask(people, tr("Assign to…"))

    def assign_to_me(self, ids: Ids) -> None:
        self._acts.assign(ids, self._window.session.agent.id)

    def status(self, ids: Ids) -> None:
        view = self._shown(ids)
        here = view.status_name if view is not None else ""
        entries = [
            Entry(
                named(one.name),
                partial(self._acts.set_status, ids, one.key),
                _mark(one.name == here),
                BUCKET_ICONS[Bucket(one.category.value)][0],
            )
            for one in self._facts.statuses
        ]
        self._ask(entries, tr("Set the status to…"))

    def priority(self, ids: Ids) -> None:
        view = self._shown(ids)
        here = view.ticket.priority if view is not None else None
        entries = [
            Entry(
                priority_name(one),
                partial(self._acts.set_priority, ids, one),
                _mark(one is here),
                "flag" if PRIORITY_TONES[one] else "minus",
            )
            for one in reversed(Priority)
        ]
        self._ask(entries, tr("Set the priority to…"))

    def tags(self, ids: Ids) -> None:
        from desk_app.ui.tickets.dialogs import TagsQuestion

        view = self._shown(ids)
        question = TagsQuestion(view.tags if view is not None else (), self._window.session, self._parent)
        question.ask(lambda: self._acts.tag(ids, *question.change))

    def snooze(self, ids: Ids) -> None:
        from desk_app.ui.tickets.snooze import ask_snooze_time, snooze_entries, typed_moment

        def snooze(at: datetime | None) -> None:
            self._acts.snooze(ids, at)

        def pick() -> None:
            question = ask_snooze_time(_now(), self._parent)
            question.ask(lambda: snooze(question.moment))

        prompt = tr("Snooze until… (“in 2 hours”, “friday 9:00”)")
        self._window.palette_layer.open_with(
            snooze_entries(snooze, pick, _now()), typed_moment(snooze, _now), prompt=prompt
        )

    def move(self, ids: Ids) -> None:
        entries = [Entry(one.name, partial(self._acts.move, ids, one.id, one.name)) for one in self._facts.departments]
        self._ask(entries, tr("Move to…"))

    def merge(self, ids: Ids) -> None:
        from desk_app.ui.tickets.picking import TicketQuestion

        question = TicketQuestion(self._window.session, tr("Merge into"), tr("Merge"), ids, self._parent)

        def chosen() -> None:
            if question.chosen is not None:
                self._acts.merge(ids, question.chosen)

        question.ask(chosen)

    def merge_selected(self, ids: Ids) -> None:
        """Merge into the oldest one; many tickets are hardly ever meant, so that is asked first."""
        from desk_app.ui.tickets.dialogs import Question

        if len(ids) < 2:
            return
        if len(ids) > _MERGED_AT_MOST:
            self._window.notify(tr("At most %n tickets can be merged at once.", _MERGED_AT_MOST))
        elif len(ids) > _MERGED_UNASKED:
            question = Question(tr("Merge %n tickets into one?", len(ids)), tr("Merge"), self._parent)
            question.ask(lambda: self._acts.merge(ids, min(ids)))
        else:
            self._acts.merge(ids, min(ids))

    def unmerge(self, ids: Ids) -> None:
        """Take the open ticket out of the one it was merged into, or out of it what was merged into it."""
        view = self._shown(ids)
        if view is None:
            return
        here, target = view.ticket.id, view.ticket.merged_into_id
        inside = absorbed(view)
        if target is not None:
            self._acts.unmerge(here, target)
        elif not inside:
            self._window.notify(tr("Nothing was merged into this ticket."))
        elif len(inside) == 1:
            self._acts.unmerge(next(iter(inside.values())), here)
        else:
            self._ask(
                [
                    Entry(f"#{number}", partial(self._acts.unmerge, one, here), "", "split")
                    for number, one in inside.items()
                ],
                tr("Take which ticket out again?"),
            )

    def subject(self, _ids: Ids) -> None:
        self._window.ticket_pane.header.subject.edit()

    def files(self, ids: Ids) -> None:
        """Look at an attachment of the open ticket, the newest message first."""
        from desk_app.ui.messages.attachment_tiles import attachment_icon

        view, pane = self._shown(ids), self._window.ticket_pane
        entries = [
            Entry(
                one.filename or tr("(no name)"),
                partial(pane.files.preview, one, message.attachments),
                f"{size_text(one.size)} · {message.author_name}",
                attachment_icon(one),
            )
            for message in reversed(view.messages if view is not None else ())
            for one in message.attachments
        ]
        if entries:
            self._ask(entries, tr("Look at which attachment?"))
        else:
            self._window.notify(tr("This ticket has no attachments."))

    def purge(self, ids: Ids) -> None:
        from desk_app.ui.tickets.dialogs import Question

        title = tr("Delete %n ticket(s) for good?", len(ids))
        question = Question(title, tr("Delete for good"), self._parent, danger=True)
        text = tr("Messages and attachments are gone afterwards; this cannot be undone. Only tickets in the trash go.")
        question.content.addWidget(label(text, "secondary", wrap=True))
        question.ask(lambda: self._acts.purge(ids, tr("deleted by hand")))

    def resolve(self, ids: Ids) -> None:
        self._acts.resolve(ids)

    def resolve_next(self, ids: Ids) -> None:
        self._window.acts_onward.resolve(ids)
        self._window.step(1)

    def spam(self, ids: Ids) -> None:
        view = self._shown(ids)
        self._acts.mark_spam(ids, spam=not (view is not None and view.ticket.spam))

    def restore(self, ids: Ids) -> None:
        view = self._shown(ids)
        if self._window.lists_spam or (view is not None and view.ticket.spam):
            self._acts.mark_spam(ids, spam=False)
        elif view is not None and view.ticket.trashed_at is None:
            self._window.notify(tr("This ticket is neither spam nor in the trash."))
        else:
            self._acts.restore(ids)

    def unread(self, ids: Ids) -> None:
        self._acts.mark_unread(ids)

    def trash(self, ids: Ids) -> None:
        self._acts.trash(ids)

    def split(self, _ids: Ids) -> None:
        self._window.ticket_pane.questions.split(self._window.ticket_pane.view)

    def requester(self, _ids: Ids) -> None:
        self._window.ticket_pane.questions.requester(self._window.ticket_pane.view)

    def link(self, ids: Ids) -> None:
        from desk_app.ui.tickets.links_panel import LinkQuestion

        question = LinkQuestion(self._window.session, ids[:1], self._parent)

        def chosen() -> None:
            if question.chosen is not None:
                self._acts.link(ids[0], question.relation, question.chosen)

        question.ask(chosen)

    def watch(self, ids: Ids) -> None:
        view = self._shown(ids)
        me = self._window.session.agent.id
        on = view is None or all(one.agent_id != me for one in view.watchers)
        self._acts.watch(ids, on=on)

    def history(self, _ids: Ids) -> None:
        from desk_app.ui.tickets.history import HistoryDialog

        view = self._window.ticket_pane.view
        if view is not None:
            HistoryDialog(view, self._parent).open()

    def print_out(self, _ids: Ids) -> None:
        from desk_app.ui.tickets.printing import PrintQuestion

        view = self._window.ticket_pane.view
        if view is not None:
            PrintQuestion(self._window.session, self._acts, view, self._parent).open()

    def events(self, _ids: Ids) -> None:
        self._window.ticket_pane.toggle_events()

    def customer_only(self, _ids: Ids) -> None:
        self._window.ticket_pane.toggle_aside()


def absorbed(view: ConversationView) -> dict[str, int]:
    """Return number and id of the tickets that are merged into one, the newest last."""
    inside: dict[str, int] = {}
    for event in view.events:
        source = event.data.get("source_id")
        if event.kind == "TicketAbsorbed" and event.new and isinstance(source, int):
            inside[event.new] = source
        elif event.kind == "TicketReleased" and event.old:
            inside.pop(event.old, None)
    return inside


_Act = Callable[[_TicketCommands, Ids], None]


def ticket_actions() -> list[ActionSpec]:
    """Return what can be done to tickets, in whichever window they are shown."""
    group, do = tr("Ticket"), _TicketCommands
    lines: list[tuple[str, str, _Act, str, tuple[str, ...], ActionScope]] = [
        ("ticket.assign", tr("Assign…"), do.assign, "circle-user", ("A",), MANY),
        ("ticket.mine", tr("Assign to me"), do.assign_to_me, "user-plus", ("I",), MANY),
        ("ticket.status", tr("Set the status…"), do.status, "circle-dot", ("S",), MANY),
        ("ticket.priority", tr("Set the priority…"), do.priority, "flag", ("P",), MANY),
        ("ticket.tags", tr("Tags…"), do.tags, "tag", ("T",), MANY),
        ("ticket.snooze", tr("Snooze…"), do.snooze, "alarm-clock", ("H", "Ctrl+Shift+J"), MANY),
        ("ticket.resolve", tr("Resolve"), do.resolve, "circle-check", ("E",), MANY),
        ("ticket.resolve_next", tr("Resolve and go on"), do.resolve_next, "circle-check", ("Shift+E",), MANY),
        ("ticket.watch", tr("Watch, or stop watching"), do.watch, "eye", ("W",), MANY),
        ("ticket.link", tr("Link to a ticket…"), do.link, "link", ("L",), ONE),
        ("ticket.move", tr("Move to a department…"), do.move, "folder", ("V",), MANY),
        ("ticket.merge", tr("Merge into another ticket…"), do.merge, "merge", (), MANY),
        ("ticket.merge_selected", tr("Merge the selected tickets"), do.merge_selected, "merge", (), MANY),
        ("ticket.unmerge", tr("Take a merge apart"), do.unmerge, "split", (), ONE),
        ("ticket.split", tr("Split messages off…"), do.split, "split", (), ONE),
        ("ticket.requester", tr("Change the customer…"), do.requester, "users", (), ONE),
        ("ticket.subject", tr("Edit the subject"), do.subject, "pencil", (), ONE),
        ("ticket.files", tr("Look at the attachments…"), do.files, "paperclip", ("Shift+P",), ONE),
        ("ticket.unread", tr("Mark as unread"), do.unread, "mail", ("U", "Shift+U"), MANY),
        ("ticket.spam", tr("Spam, or no spam"), do.spam, "shield-alert", ("!",), MANY),
        ("ticket.trash", tr("Move to the trash"), do.trash, "trash-2", ("Del", "#"), MANY),
        ("ticket.restore", tr("Restore from spam or trash"), do.restore, "undo-2", (), MANY),
        ("ticket.purge", tr("Delete for good…"), do.purge, "trash-2", (), MANY),
        ("ticket.print", tr("Print, or save as PDF…"), do.print_out, "printer", ("Ctrl+P",), ONE),
        ("ticket.history", tr("History and reasons"), do.history, "history", ("Y",), ONE),
        ("thread.events", tr("Show or hide changes in the thread"), do.events, "eye-off", (), ONE),
        ("thread.customer", tr("Only the customer's thread, or everything"), do.customer_only, "users", (), ONE),
    ]
    return [
        host_command(action_id, title, _on(act), glyph, keys, scope, group)
        for action_id, title, act, glyph, keys, scope in lines
    ]


def _on(act: _Act) -> Callable[[TicketHost, Ids], None]:
    return lambda window, ids: act(_TicketCommands(window), ids)
