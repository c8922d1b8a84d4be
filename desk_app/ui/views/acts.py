"""What an agent does with views, and how lists are sorted and filtered by command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLineEdit

from desk_app.domain.tickets.query import TicketOrder, TicketQuery
from desk_app.domain.views.model import SavedView
from desk_app.services.queries.tickets import TicketRow
from desk_app.ui.language import said, tr
from desk_app.ui.problems import Problem
from desk_app.ui.shell.palette_lines import Entry
from desk_app.ui.tickets.list_pane import ListPane
from desk_app.ui.views.filters import FilterChoice, filter_choices
from desk_app.ui.widgets.basics import Menu
from desk_app.ui.widgets.panels import Field

if TYPE_CHECKING:
    from desk_app.services.queries.contacts import ContactProfile
    from desk_app.ui.shell.window import MainWindow


_MOST_LOOKED_AT = 500
"""Tickets that are asked whether all of them have a star."""


def order_names() -> dict[TicketOrder, tuple[str, str, str]]:
    """Return each order with the words for both directions: descending, ascending."""
    return {
        TicketOrder.ACTIVITY: (tr("Last activity"), tr("Latest first"), tr("Oldest first")),
        TicketOrder.CREATED: (tr("Created"), tr("Newest first"), tr("Oldest first")),
        TicketOrder.DUE: (tr("Due date"), tr("Latest first"), tr("Soonest first")),
        TicketOrder.PRIORITY: (tr("Priority"), tr("Most urgent first"), tr("Least urgent first")),
        TicketOrder.NUMBER: (tr("Number"), tr("Highest first"), tr("Lowest first")),
        TicketOrder.SUBJECT: (tr("Subject"), tr("Z to A"), tr("A to Z")),
        TicketOrder.REQUESTER: (tr("Customer"), tr("Z to A"), tr("A to Z")),
        TicketOrder.ASSIGNEE: (tr("Assignee"), tr("Z to A"), tr("A to Z")),
        TicketOrder.STATUS: (tr("Status"), tr("Closed first"), tr("Open first")),
    }


class ViewActs(QObject):
    """Runs what is done to views and lists; every act has a command, and what it changes can be taken back."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window.inbox)  # made anew with it in another language
        self._window = window
        self._session = window.session

    @property
    def _pane(self) -> ListPane:
        return self._window.inbox.list

    # -- views ------------------------------------------------------------------------------------------------------
    def run(self, action: str, view_id: int = 0) -> None:
        """Do what a menu says to a view; 0 is the one shown."""
        view = self._view(view_id)
        section = self._window.inbox.sidebar.saved
        if action == "view.save_as":
            self.save_as()
        elif view is None:
            self._window.notify(tr("Choose a saved view first."))
        elif action == "view.edit":
            self.edit(view)
        elif action == "view.duplicate":
            self.duplicate(view)
        elif action == "view.delete":
            self.delete(view)
        elif action == "view.save":
            self.save_filters(view)
        else:
            section.move_view(view.id, -1 if action == "view.up" else 1)

    def _view(self, view_id: int) -> SavedView | None:
        if view_id:
            return next((one for one in self._window.inbox.sidebar.saved.views if one.id == view_id), None)
        shown = self._pane.view
        return shown.saved if shown is not None else None

    def save_as(self) -> None:
        """Save the list shown, as it is filtered, ordered and laid out, as a new view."""
        pane, agent_id = self._pane, self._session.agent.id
        shown = pane.view
        if shown is None:
            return
        name = tr("{name}, filtered").format(name=shown.title) if pane.filtered else shown.title
        if pane.query.search:
            name = pane.query.search
        icon_name = shown.icon if shown.saved is not None else "tag" if pane.query.tags else "layers"
        columns = pane.columns if pane.choices.columns(shown) else ()
        view = SavedView(0, agent_id, name, icon_name, pane.query, columns)
        self._ask(tr("Save as view"), view, lambda new: self._session.desk.views.add(new, agent_id), self._saved)

    def edit(self, view: SavedView) -> None:
        """Change name, icon and audience of a view."""
        agent_id = self._session.agent.id
        self._ask(tr("Edit the view"), view, lambda new: self._session.desk.views.save(new, agent_id), self._edited)

    def _ask(
        self, title: str, view: SavedView, call: Callable[[SavedView], SavedView], done: Callable[[SavedView], object]
    ) -> None:
        from desk_app.ui.views.editor import ViewQuestion

        question = ViewQuestion(title, view, self._session.facts.departments, self._window)

        def agreed() -> None:
            new = replace(
                view,
                name=question.name.text(),
                icon=question.icon_name,
                shared=question.shared,
                department_id=question.department_id,
            )
            self._write(lambda: call(new), done)

        question.ask(agreed)

    def save_filters(self, view: SavedView) -> None:
        """Take what is filtered now into the view."""
        agent_id, before = self._session.agent.id, view
        new = replace(view, query=self._pane.query)

        def saved(now: SavedView) -> None:
            def undo() -> None:
                back = replace(before, version=now.version)
                self._write(lambda: self._session.desk.views.save(back, agent_id), self._edited)

            self._edited(now)
            self._tell(tr("View saved"), undo, "save")

        self._write(lambda: self._session.desk.views.save(new, agent_id), saved)

    def duplicate(self, view: SavedView) -> None:
        """Make an own copy of a view."""
        name, agent_id = tr("Copy of {name}").format(name=view.name), self._session.agent.id
        self._write(lambda: self._session.desk.views.copy(view.id, name, agent_id), self._saved)

    def delete(self, view: SavedView) -> None:
        """Delete a view; there is a way back."""
        views, agent_id = self._session.desk.views, self._session.agent.id

        def back(_result: object) -> None:
            self._session.views_changed.emit()

        def gone(deleted: SavedView) -> None:
            self._session.views_changed.emit()
            if self._pane.view is not None and self._pane.view.id == f"view:{view.id}":
                self._window.inbox.sidebar.choose("open")
            undo = lambda: self._write(lambda: views.restore(deleted, agent_id), back)  # noqa: E731
            self._tell(tr("View “{name}” deleted").format(name=view.name), undo, "trash-2")

        self._write(lambda: views.delete(view.id, agent_id), gone)

    def _saved(self, view: SavedView) -> None:
        sidebar, key = self._window.inbox.sidebar, f"view:{view.id}"

        def appeared() -> None:
            if key in sidebar.views:
                sidebar.lists_changed.disconnect(appeared)
                self._pane.header.hide_search()
                sidebar.choose(key)

        sidebar.lists_changed.connect(appeared)
        self._session.views_changed.emit()
        undo = lambda: self.delete(view)  # noqa: E731
        self._tell(tr("View “{name}” saved").format(name=view.name), undo, "save")

    def _edited(self, _view: SavedView) -> None:
        self._session.views_changed.emit()

    def _write(self, call: Callable[[], object], done: Callable[..., object]) -> None:
        from desk_app.services.views.service import ViewRefusedError

        def attempt() -> object:
            try:
                return call()
            except ViewRefusedError as refused:
                return refused

        def finished(outcome: object) -> None:
            if isinstance(outcome, ViewRefusedError):
                self._window.notify(said(str(outcome)))
            else:
                done(outcome)

        self._session.work.write(attempt, finished, failed=self._failed, owner=self)

    def _failed(self, problem: Problem) -> None:
        self._session.work.problem.emit(problem)

    def _tell(self, text: str, undo: Callable[[], object], icon_name: str) -> None:
        self._window.acts.told.emit(text, undo, icon_name)

    # -- order, filters, columns ------------------------------------------------------------------------------------
    def sort_menu(self) -> None:
        """Open the menu of orders below its button."""
        pane = self._pane
        menu = Menu(pane)
        for order, (words, _down, _up) in order_names().items():
            chosen = order is pane.query.order
            call = lambda one=order: pane.sort_by(one, ascending=one.natural_ascending)  # noqa: E731
            menu.add(words, call, checked=chosen)
        menu.addSeparator()
        order = pane.query.order
        _words, down, up = order_names()[order]
        for words, ascending in ((down, False), (up, True)):
            call = lambda a=ascending: pane.sort_by(pane.query.order, ascending=a)  # noqa: E731
            menu.add(words, call, checked=pane.query.ascending is ascending)
        menu.addSeparator()
        menu.add(tr("Columns…"), self.ask_columns, icon_name="list")
        menu.below(pane.header.sort_button)

    def ask_sort(self) -> None:
        """Choose the order in the palette."""
        pane, entries = self._pane, []
        for order, (words, down, up) in order_names().items():
            directions = ((up, True), (down, False)) if order.natural_ascending else ((down, False), (up, True))
            for way, ascending in directions:
                call = lambda o=order, a=ascending: pane.sort_by(o, ascending=a)  # noqa: E731
                here = (order, ascending) == (pane.query.order, pane.query.ascending)
                entries.append(Entry(words, call, way, "check" if here else "arrow-up-down"))
        self._window.palette_layer.open_with(entries, prompt=tr("Sort by…"))

    def _choices(self) -> list[FilterChoice]:
        pane = self._pane
        rows = [pane.model.known(one) for one in pane.model.ids[:400]]
        tags = sorted({tag for row in rows if row is not None for tag in row.tags})
        return filter_choices(pane.query, self._session.facts, tags[:12])

    def _further(self) -> list[tuple[str, str, Callable[[], object]]]:
        """Return filters that ask for something, or that come from the open ticket: words, icon, act."""
        found: list[tuple[str, str, Callable[[], object]]] = [
            (tr("Tag…"), "tag", lambda: self._ask_words(tr("Only with the tag"), self._add_tag)),
            (tr("Words…"), "search", lambda: self._ask_words(tr("Only with the words"), self._add_words)),
            (tr("Between two days…"), "clock", self._ask_days),
        ]
        view = self._window.inbox.open_view
        if view is not None and view.ticket.requester_id is not None:
            contact_id = view.ticket.requester_id
            name = view.ticket.requester_name or view.ticket.requester_email
            words = tr("Only tickets of {name}").format(name=name)
            found.append((words, "circle-user", lambda: self._of_customer(contact_id)))
            words = tr("Only tickets of the same organization")
            found.append((words, "building-2", lambda: self._of_organization(contact_id)))
        return found

    def _ask_days(self) -> None:
        from desk_app.ui.views.days_question import DaysQuestion

        question = DaysQuestion(self._pane.query, self._window)
        question.ask(lambda: self._pane.filter_by(question.query))

    def _of_customer(self, contact_id: int) -> None:
        self._pane.filter_by(replace(self._pane.query, requester_id=contact_id))

    def _of_organization(self, contact_id: int) -> None:
        queries = self._session.desk.contact_queries

        def found(profile: ContactProfile | None) -> None:
            organization = profile.organization if profile is not None else None
            if organization is None:
                self._window.notify(tr("The customer belongs to no organization."))
            else:
                self._pane.filter_by(replace(self._pane.query, organization_id=organization.id))

        self._session.work.run(lambda: queries.profile(contact_id), found, owner=self)

    def filter_menu(self) -> None:
        """Open the menu of filters below its button."""
        pane = self._pane
        menu = Menu(pane)
        submenus: dict[str, Menu] = {}
        for one in self._choices():
            call = lambda query=one.query: pane.filter_by(query)  # noqa: E731
            if not one.group:
                menu.add(one.text, call, checked=one.on)
                continue
            if one.group not in submenus:
                submenus[one.group] = Menu(menu)
                submenus[one.group].setTitle(one.group)
                menu.addMenu(submenus[one.group])
            submenus[one.group].add(one.text, call, checked=one.on)
        menu.addSeparator()
        for words, icon_name, act in self._further():
            menu.add(words, act, icon_name=icon_name)
        if pane.filtered:
            menu.addSeparator()
            menu.add(tr("Remove the filters"), self.clear_filters, icon_name="x")
        menu.below(pane.header.filter_button)

    def ask_filter(self) -> None:
        """Choose a filter in the palette."""
        pane = self._pane
        entries = [
            Entry(one.text, lambda query=one.query: pane.filter_by(query), one.group, "check" if one.on else one.icon)  # type: ignore[misc]
            for one in self._choices()
        ]
        entries += [Entry(words, act, "", icon_name) for words, icon_name, act in self._further()]
        if pane.filtered:
            entries.insert(0, Entry(tr("Remove the filters"), self.clear_filters, "", "x"))
        self._window.palette_layer.open_with(entries, prompt=tr("Show only…"))

    def clear_filters(self) -> None:
        """Show the list as it is saved."""
        view = self._pane.view
        if view is not None:
            self._pane.filter_by(view.query)

    def _ask_words(self, title: str, use: Callable[[str], TicketQuery]) -> None:
        from desk_app.ui.tickets.dialogs import Question

        question = Question(title, tr("Show"), self._window)
        line = QLineEdit()
        question.content.addWidget(Field(title, line))
        line.textChanged.connect(lambda text: question.yes.setEnabled(bool(text.strip())))
        question.yes.setEnabled(False)
        question.ask(lambda: self._pane.filter_by(use(line.text().strip())))
        line.setFocus()

    def _add_tag(self, text: str) -> TicketQuery:
        query = self._pane.query
        return replace(query, tags=tuple(dict.fromkeys((*query.tags, " ".join(text.lower().split())))))

    def _add_words(self, text: str) -> TicketQuery:
        query = self._pane.query
        return replace(query, search=f"{query.search} {text}".strip())

    def ask_columns(self) -> None:
        """Choose what the list shows of a ticket, in the palette; it stays open for the next choice."""
        pane = self._pane
        shown = pane.columns
        entries = []
        for spec in pane.column_specs:
            new = tuple(one for one in shown if one != spec.id) if spec.id in shown else (*shown, spec.id)
            ordered = tuple(one.id for one in pane.column_specs if one.id in new)

            def choose(columns: Sequence[str] = ordered) -> None:
                pane.show_columns(tuple(columns))
                self.ask_columns()

            entries.append(Entry(spec.title, choose, "", "check" if spec.id in shown else "circle"))
        self._window.palette_layer.open_with(entries, prompt=tr("Show in this list…"))

    # -- stars and due dates ----------------------------------------------------------------------------------------
    def star(self, ids: Sequence[int]) -> None:
        """Star tickets, or take the stars away where all of them have one."""
        rows = [self._pane.model.known(one) for one in ids[:_MOST_LOOKED_AT]]
        known = [row for row in rows if row is not None]

        def decided(found: Sequence[TicketRow]) -> None:
            self._star(list(ids), on=not all(row.starred for row in found), undoing=False)

        if len(known) == len(rows):
            decided(known)
            return
        queries, agent_id = self._session.desk.ticket_queries, self._session.agent.id  # the list does not show them all
        asked = list(ids[:_MOST_LOOKED_AT])
        self._session.work.run(lambda: queries.rows(asked, agent_id=agent_id), decided, owner=self)

    def _star(self, ids: Sequence[int], *, on: bool, undoing: bool) -> None:
        views, agent_id = self._session.desk.views, self._session.agent.id

        def done(changed: list[int]) -> None:
            self._session.tickets_changed.emit(frozenset(changed))
            if changed and not undoing:
                words = tr("%n ticket(s) starred", len(changed)) if on else tr("%n star(s) taken away", len(changed))
                self._tell(words, lambda: self._star(changed, on=not on, undoing=True), "star")

        self._session.work.write(lambda: views.star(ids, agent_id, on=on), done, owner=self)
