"""Who else works at the desk."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from desk_app.domain.people.agent import Agent
from desk_app.ui.language import tr
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.basics import button, label, scroller
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.painted import Avatar
from desk_app.ui.widgets.panels import Banner, Field


class TeamStep(QWidget):
    """Adds colleagues one after the other."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__()
        self._session = session
        self.name, self.login = QLineEdit(), QLineEdit()
        self.setFocusProxy(self.name)
        self._login_field = Field(
            tr("User name on their computer"),
            self.login,
            help_text=tr("With it the desk knows who sits in front of the window."),
        )
        self.login.returnPressed.connect(self.add)
        self.add_button = button(tr("Add"), self.add, icon_name="user-plus")
        self._people = column(spacing=8)
        self._note = column()
        inside = boxed(column(self._people, None, margins=(0, 0, 10, 0)))
        name = Field(tr("Name"), self.name)
        fields = row(name, self._login_field, spacing=10)
        for field in (name, self._login_field):
            fields.setAlignment(field, Qt.AlignmentFlag.AlignTop)
        self.setLayout(
            column(
                label(tr("Who else works here?"), "h2"),
                label(tr("Tickets can be assigned to everybody in this list."), "secondary", wrap=True),
                self._note,
                fields,
                row(self.add_button, None),
                6,
                scroller(inside, tr("People")),
                spacing=10,
            )
        )
        session.facts_changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        clear(self._people)
        for one in self._session.facts.agents:
            if one.active:
                words = tr("{name} (you)").format(name=one.name) if one.id == self._session.agent.id else one.name
                line = row(Avatar(one.name, 26), label(words), label(one.login, "tertiary"), None, spacing=10)
                self._people.addWidget(boxed(line))
        clear(self._note)
        if self._session.desk.system.place.database_file is not None:
            text = tr("On a desk in a file, colleagues are names to assign to. To work together, share a server.")
            self._note.addWidget(Banner(text, "info"))

    def add(self) -> None:
        """Add who is entered."""
        name, login = self.name.text().strip(), self.login.text().strip()
        if not login:
            self._login_field.set_error(tr("Enter the user name they sign in to their computer with."))
            return
        people, actor = self._session.desk.people, self._session.actor

        def added(_agent: Agent) -> None:
            self._login_field.set_error("")
            self.name.clear()
            self.login.clear()
            self.name.setFocus()
            self._session.load()

        def failed(problem: Problem) -> None:
            self._login_field.set_error(problem.text)

        self._session.work.write(lambda: people.add_agent(login, actor, name=name), added, failed=failed, owner=self)
