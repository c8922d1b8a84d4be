"""Where the tickets lie: in a file of this computer, or on a server that several computers share (AD-03)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QRadioButton, QWidget

from desk_app.services.system.databases import DatabaseChoices, ServerDatabase
from desk_app.ui.language import tr
from desk_app.ui.mailboxes.form import PasswordField
from desk_app.ui.mailboxes.test_steps import StepList
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.basics import button, label, number_box, scroller
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.panels import Banner, Field

_INDENT = 29


class DatabaseStep(QWidget):
    """Two choices; a server is tested before it is used."""

    changed = Signal()
    """Whether one may go on has changed."""
    reopen_asked = Signal()
    """Another database was chosen: the desk has to be opened anew."""

    def __init__(self, session: DeskSession, choices: DatabaseChoices | None) -> None:
        super().__init__()
        self._session, self._choices = session, choices
        self._tested = False
        self.here = QRadioButton(tr("On this computer"))
        self.shared = QRadioButton(tr("On a server that we share (PostgreSQL)"))
        self.host, self.name, self.user = QLineEdit(), QLineEdit("desk"), QLineEdit()
        self.port, self.password = number_box(1, 65535), PasswordField()
        self.port.setValue(5432)
        self.steps = StepList(session)
        self.steps.finished.connect(self._test_finished)
        self.test_button = button(tr("Test"), self.test, icon_name="play")
        self._error = label("", "secondary", wrap=True)
        self._error.setProperty("state", "danger")
        self._error.hide()
        self._fields = self._server_fields()
        server = choices is not None and choices.is_server
        self.shared.setChecked(server)
        self.here.setChecked(not server)
        self.here.toggled.connect(lambda _on: self._follow())
        for field in (self.host, self.name, self.user, self.password):
            field.textChanged.connect(lambda _text: self._edited())
        self.port.valueChanged.connect(lambda _value: self._edited())
        self.setFocusProxy(self.here)
        inside = column(spacing=10, margins=(0, 0, 10, 0))
        place = session.desk.system.place.database_file or session.desk.system.place.data_dir
        alone = tr("For one desk, or to try it out. The file: {file}").format(file=place)
        together = tr("For a team: everybody's window works on the same tickets.")
        for choice, words in ((self.here, alone), (self.shared, together)):
            inside.addLayout(column(row(choice, None), self._hint(words), spacing=0))
        if (reason := self._fixed()) and choices is not None:
            inside.addWidget(Banner(reason, "info"))
        inside.addWidget(self._fields)
        inside.addWidget(self._error)
        inside.addStretch(1)
        self.setLayout(
            column(
                label(tr("Where shall your tickets lie?"), "h2", wrap=True),
                scroller(boxed(inside), tr("Database")),
                spacing=12,
            )
        )
        self._follow()

    def _hint(self, text: str) -> QWidget:
        made = label(text, "tertiary", wrap=True)
        made.setContentsMargins(_INDENT, 0, 0, 4)
        return made

    def _server_fields(self) -> QWidget:
        first = row(Field(tr("Server"), self.host), Field(tr("Port"), self.port), spacing=10)
        first.setStretch(0, 3)
        first.setStretch(1, 1)
        help_text = tr("It is kept in the keychain of this computer only.")
        return boxed(
            column(
                first,
                Field(tr("Database"), self.name),
                row(Field(tr("User name"), self.user), Field(tr("Password"), self.password), spacing=10),
                label(help_text, "tertiary", wrap=True),
                row(self.test_button, None),
                self.steps,
                margins=(_INDENT, 0, 0, 0),
                spacing=10,
            )
        )

    def _fixed(self) -> str:
        if self._choices is None:
            return tr("This desk was opened by another program, which decides where it lies.")
        if self._choices.fixed_by:
            return tr("The database was named by {source}; it is changed there.").format(source=self._choices.fixed_by)
        return ""

    # -- state ----------------------------------------------------------------------------------------------------
    @property
    def server(self) -> ServerDatabase:
        """What is entered."""
        return ServerDatabase(
            self.host.text().strip(),
            self.name.text().strip(),
            self.user.text().strip(),
            self.port.value(),
            self.password.text(),
        )

    @property
    def stays(self) -> bool:
        """Whether the database in use is the one that is chosen."""
        if self._choices is None or self._fixed():
            return True
        in_use = self._choices.is_server
        return in_use == self.shared.isChecked() and (not in_use or not self.host.text().strip())

    @property
    def may_go_on(self) -> bool:
        """Whether the choice is complete: a server has to answer first."""
        return self.stays or self.here.isChecked() or self._tested

    def _follow(self) -> None:
        fixed = bool(self._fixed())
        self.shared.setEnabled(not fixed or self.shared.isChecked())
        self.here.setEnabled(not fixed or self.here.isChecked())
        self._fields.setVisible(self.shared.isChecked() and not fixed)
        self.changed.emit()

    def _edited(self) -> None:
        self._tested = False
        self._say("")
        self.changed.emit()

    def _say(self, text: str) -> None:
        self._error.setText(text)
        self._error.setVisible(bool(text))

    # -- test and choice ------------------------------------------------------------------------------------------
    def test(self) -> None:
        """Try the server."""
        choices, server = self._choices, self.server
        missing = {"host": tr("Server"), "name": tr("Database"), "user": tr("User name")}.get(server.problem)
        if missing:
            self._say(tr("{field} is missing.").format(field=missing))
        elif choices is not None:
            self._say("")
            self.steps.run(lambda: choices.test(server))

    def _test_finished(self, well: bool) -> None:
        self._tested = well
        self.changed.emit()

    def go_on(self, then: Callable[[], None]) -> None:
        """Go on with the database in use, or change it: then the desk is opened anew and the wizard goes on there."""
        choices = self._choices
        if self.stays or choices is None:
            then()
            return
        server = self.server if self.shared.isChecked() else None

        def failed(problem: Problem) -> None:
            self._say(problem.details or problem.text)

        self._session.work.run(
            lambda: choices.choose(server), lambda _none: self.reopen_asked.emit(), failed=failed, owner=self
        )
