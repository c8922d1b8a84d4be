"""People and departments: who works at the desk, and where tickets belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QWidget

from desk_app.domain.people.agent import Agent, Department
from desk_app.ui.language import tr
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.form import SettingsForm, SwitchRow
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.choices import Choice, Switch
from desk_app.ui.widgets.layout import boxed, column, hairline, row
from desk_app.ui.widgets.panels import EmptyState, Field
from desk_app.ui.widgets.table import PlainTable, TableRow


def kinds() -> tuple[tuple[str, str], ...]:
    """Return what agents may be, with its name."""
    return (
        (tr("Agent"), "agent"),
        (tr("Light agent"), "light"),
        (tr("Team lead"), "lead"),
        (tr("Manager"), "manager"),
        (tr("Admin"), "admin"),
    )


class _EntryForm(SettingsForm):
    """A form of one entry of a list."""

    @property
    def key(self) -> int | None:
        """The entry that is shown; None while it is a new one, or none was shown yet."""
        raise NotImplementedError


class _ListPage(QWidget):
    """A list in the middle and a form at the right; a new entry is a form without an entry."""

    def __init__(self, title: str, headers: tuple[str, ...], empty: EmptyState, form: _EntryForm) -> None:
        super().__init__()
        self._is_new = False
        self.add_button = button(tr("Add"), self.new, variant="primary", icon_name="plus")
        self.table = PlainTable(title, headers)
        self.table.chosen.connect(self._leave_to)
        self.setFocusProxy(self.table)
        head = row(label(title, "title"), None, self.add_button, margins=(12, 9, 12, 8))
        listed = boxed(column(self.table, margins=(12, 12, 12, 12)))
        left = boxed(column(head, hairline(), listed, spacing=0), "surface")
        left.setMinimumWidth(300)
        left.setMaximumWidth(420)
        self._right = QStackedWidget()
        self._right.addWidget(boxed(column(empty), "canvas"))
        self._right.addWidget(form)
        self._form = form
        line = row(left, hairline(vertical=True), self._right, spacing=0)
        line.setStretch(0, 4)
        line.setStretch(2, 6)
        self.setLayout(line)

    def _open(self, key: object) -> None:
        raise NotImplementedError

    def _show_rows(self, rows: list[TableRow]) -> None:
        shown = self._form.key
        with QSignalBlocker(self.table):  # the cursor comes to no other line, so nobody is asked about changes
            self.table.show_rows(rows)
            if shown is not None:
                self.table.choose(shown)
        if shown is not None and not self._form.has_changes:
            self._open(shown)
        begun = self._is_new and shown is None
        if self.table.key is None and rows and not begun and not self._form.has_changes:
            self.table.choose(rows[0].key)
            self._open(rows[0].key)

    def new(self) -> None:
        """Begin an entry."""

        def begin() -> None:
            self._is_new = True
            self.table.choose_none()
            self._open(None)

        self._form.leave(begin)

    def leave(self, then: Callable[[], None]) -> None:
        """Ask about changes before the page is left."""
        self._form.leave(then)

    def _leave_to(self, key: object) -> None:
        def go() -> None:
            self._is_new = False
            self._open(key)

        self._form.leave(go)


class PeoplePage(_ListPage):
    """Who works here."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.form = AgentForm(session)
        empty = EmptyState("users", tr("Choose somebody at the left"))
        super().__init__(tr("People"), (tr("Name"), tr("Role")), empty, self.form)
        session.facts_changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        words = {value: name for name, value in kinds()}
        self._show_rows(
            [
                TableRow(one.id, (one.name, words.get(one.kind, one.kind) if one.active else tr("switched off")))
                for one in self._session.facts.agents
            ]
        )

    def _open(self, key: object) -> None:
        self.form.show_agent(self._session.facts.agent(key) if isinstance(key, int) else None)
        self._right.setCurrentWidget(self.form)


class AgentForm(_EntryForm):
    """One agent."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__(tr("People"))
        self._session = session
        self._agent: Agent | None = None
        self._heading = label("", "h2")
        self.name, self.email, self.login = QLineEdit(), QLineEdit(), QLineEdit()
        self.kind = Choice(kinds())
        self.active = Switch(tr("May work here"), on=True)
        self._active_row = SwitchRow(
            tr("May work here"), self.active, tr("Switched off, the name stays in every history.")
        )
        self.build(
            self._heading,
            Field(tr("Name"), self.name),
            Field(
                tr("User name on their computer"),
                self.login,
                help_text=tr("With it the desk knows who sits in front of the window. It cannot be changed later."),
            ),
            Field(tr("E-mail address"), self.email),
            Field(tr("Role"), self.kind, help_text=tr("Admins add people and change the desk.")),
            self._active_row,
        )

    @property
    def key(self) -> int | None:
        """The agent that is shown."""
        return self._agent.id if self._agent is not None else None

    def show_agent(self, agent: Agent | None) -> None:
        """Show an agent, or an empty form for None."""
        self._agent = agent
        self._follow()
        self.show_stored()
        self.mark_clean()
        if agent is None:
            self.name.setFocus()

    def _follow(self) -> None:
        known = self._agent is not None
        self._heading.setText(self._agent.name if self._agent is not None else tr("New colleague"))
        self._active_row.setVisible(known)
        self.login.setEnabled(not known)

    def show_stored(self) -> None:
        """Fill in what is stored."""
        agent = self._agent or Agent(0, "", "", "")
        self.name.setText(agent.name)
        self.login.setText(agent.login)
        self.email.setText(agent.email)
        self.kind.choose(agent.kind)
        self.active.show_state(on=agent.active)

    def save(self) -> None:
        """Add or change the agent."""
        people, actor, agent = self._session.desk.people, self._session.actor, self._agent
        name, email, login = self.name.text(), self.email.text(), self.login.text()
        kind, active = str(self.kind.currentData()), self.active.isChecked()

        def write() -> Agent:
            if agent is None:
                return people.add_agent(login, actor, name=name, email=email, kind=kind)
            changed = replace(agent, name=name, email=email, kind=kind, active=active)
            people.change_agent(changed, actor)
            return changed

        def done(written: Agent) -> None:
            self._agent = written
            self._follow()
            self.was_saved()
            self._session.load()

        self._session.work.write(write, done, failed=lambda p: self.footer.show_error(p.text), owner=self)


class DepartmentsPage(_ListPage):
    """Where tickets belong."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.form = DepartmentForm(session)
        empty = EmptyState("building-2", tr("Choose a department at the left"))
        super().__init__(tr("Departments"), (tr("Name"), tr("Mailboxes")), empty, self.form)
        session.facts_changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        facts = self._session.facts
        boxes = {
            one.id: ", ".join(box.name for box, _ in facts.accounts if box.department_id == one.id)
            for one in facts.departments
        }
        self._show_rows([TableRow(one.id, (one.name, boxes[one.id])) for one in facts.departments])

    def _open(self, key: object) -> None:
        self.form.show_department(next((one for one in self._session.facts.departments if one.id == key), None))
        self._right.setCurrentWidget(self.form)


class DepartmentForm(_EntryForm):
    """One department."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__(tr("Departments"))
        self._session = session
        self._department: Department | None = None
        self._heading = label("", "h2")
        self.name = QLineEdit()
        help_text = tr("New mail comes into the department of its mailbox; tickets can be moved to another.")
        self.build(self._heading, Field(tr("Name"), self.name, help_text=help_text))

    @property
    def key(self) -> int | None:
        """The department that is shown."""
        return self._department.id if self._department is not None else None

    def show_department(self, department: Department | None) -> None:
        """Show a department, or an empty form for None."""
        self._department = department
        self._heading.setText(department.name if department is not None else tr("New department"))
        self.show_stored()
        self.mark_clean()
        if department is None:
            self.name.setFocus()

    def show_stored(self) -> None:
        """Fill in what is stored."""
        self.name.setText(self._department.name if self._department is not None else "")

    def save(self) -> None:
        """Add or rename the department."""
        people, actor, department = self._session.desk.people, self._session.actor, self._department
        name = " ".join(self.name.text().split())

        def write() -> Department:
            if department is None:
                return Department(people.add_department(name, actor), name)
            people.rename_department(department.id, name, actor)
            return replace(department, name=name)

        def done(written: Department) -> None:
            self._department = written
            self._heading.setText(written.name)
            self.was_saved()
            self._session.load()

        self._session.work.write(write, done, failed=lambda p: self.footer.show_error(p.text), owner=self)
