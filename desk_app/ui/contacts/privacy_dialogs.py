"""Handing a person's data out, and erasing it: questions and the progress of the work (CU-10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QWidget,
)

from desk_app.domain.contacts.erasing import ErasureChoice
from desk_app.domain.contacts.model import Contact
from desk_app.services.contacts.privacy import ErasurePlan, Progress
from desk_app.ui.contacts.phrases import contact_name
from desk_app.ui.language import tr
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import boxed, column, row
from desk_app.ui.widgets.panels import Banner, Field

_UNSAFE = '\\/:*?"<>|'


class JobDialog(QDialog):
    """A long job with its progress; it can be stopped between two steps."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(460)
        self.title = label(title, "title", wrap=True)
        self.text = label("", "secondary", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.stop = button(tr("Stop"), self.reject)
        self.setLayout(
            column(self.title, self.text, self.bar, row(None, self.stop), margins=(20, 20, 20, 16), spacing=12)
        )
        self.stopped = False
        self._cancel: Callable[[], object] = lambda: None

    def begin(
        self,
        session: DeskSession,
        steps: Callable[[], Iterator[Progress]],
        finished: Callable[[], object],
        on_stop: Callable[[], object],
    ) -> None:
        """Run the job; `finished` is called at its end, `on_stop` when it was stopped."""
        self._on_stop = on_stop

        def done(_none: object) -> None:
            self.accept()
            finished()

        def failed(problem: Problem) -> None:
            self.text.setText(problem.text)
            self.title.setText(tr("That did not work"))
            self.bar.hide()
            self.stop.setText(tr("Close"))
            self._cancel = lambda: None
            self._on_stop = lambda: None

        job = session.work.stream(steps, self._show, done, failed=failed, owner=self)
        self._cancel = job.cancel
        self.open()

    def _show(self, progress: Progress) -> None:
        self.bar.setRange(0, max(1, progress.total))
        self.bar.setValue(progress.done)
        words = {
            "tickets": tr("Tickets and messages: {done} of {total}"),
            "tables": tr("Looking through everything else: {done} of {total}"),
            "mail": tr("Looking through mail that was held back"),
        }.get(progress.what, "")
        self.text.setText(words.format(done=progress.done, total=progress.total))

    def reject(self) -> None:
        """Stop the job."""
        self.stopped = True
        self._cancel()
        super().reject()
        self._on_stop()


class EraseQuestion(Question):
    """What is to become of a person's tickets; the name is typed, because there is no way back."""

    def __init__(self, plan: ErasurePlan, parent: QWidget) -> None:
        name = contact_name(plan.contact)
        super().__init__(tr("Erase {name}?").format(name=name), tr("Erase for good"), parent, danger=True)
        self.setMinimumWidth(560)
        self._name = " ".join(name.split())
        counts = tr("%n ticket(s)", plan.tickets)
        if plan.messages:
            counts += ", " + tr("%n message(s) in tickets of others", plan.messages)
        self.content.addWidget(label(tr("This is about {things}.").format(things=counts), "secondary", wrap=True))
        self._group = QButtonGroup(self)
        lines = column(spacing=6)
        for choice, words, more in (
            (
                ErasureChoice.KEEP_TICKETS,
                tr("Keep the tickets without the person"),
                tr("What the person wrote goes, with files and raw mail. Your answers stay, without name and address."),
            ),
            (
                ErasureChoice.DELETE_TICKETS,
                tr("Delete the tickets too"),
                tr("Every ticket of this person goes, with answers, notes and files."),
            ),
        ):
            made = QRadioButton(words)
            made.setProperty("value", choice.value)
            made.setChecked(choice is ErasureChoice.KEEP_TICKETS)
            self._group.addButton(made)
            hint = label(more, "tertiary", wrap=True)
            hint.setContentsMargins(29, 0, 0, 0)
            lines.addWidget(boxed(column(made, hint, spacing=0)))
        self.content.addLayout(lines)
        honest = tr(
            "Not reached: backups made before, the mailbox on the mail server, exports, files that others attached. "
            "First names that stand in other customers' tickets stay."
        )
        self.content.addWidget(Banner(honest, "warning"))
        self.line = QLineEdit()
        title = tr("Type the name to confirm: {name}").format(name=self._name)
        self.content.addWidget(Field(title, self.line, help_text=tr("This cannot be undone.")))
        self.line.textChanged.connect(lambda _text: self._check())
        self._check()
        self.line.setFocus()

    def _check(self) -> None:
        self.yes.setEnabled(" ".join(self.line.text().split()) == self._name)

    @property
    def choice(self) -> ErasureChoice:
        """What becomes of the tickets."""
        made = self._group.checkedButton()
        return ErasureChoice(str(made.property("value"))) if made is not None else ErasureChoice.KEEP_TICKETS


class ExportQuestion(Question):
    """What goes into the file that is handed out: without what the team wrote for itself, unless somebody says so."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(tr("Export all data of {name}?").format(name=name), tr("Choose a file…"), parent)
        self.setMinimumWidth(520)
        text = tr("The file holds the person's details, tickets, mails and files. It is meant to be handed out.")
        self.content.addWidget(label(text, "secondary", wrap=True))
        self.internal = QCheckBox(tr("Include internal notes and messages to third parties"))
        more = tr(
            "Your team wrote them for itself: notes in tickets and about the person. The person has not seen them."
        )
        self.internal.setAccessibleDescription(more)
        hint = label(more, "tertiary", wrap=True)
        hint.setContentsMargins(29, 0, 0, 0)
        self.content.addWidget(boxed(column(self.internal, hint, spacing=2)))


class PrivacyDesk:
    """Leads through export and erasure."""

    def __init__(
        self,
        session: DeskSession,
        window: QWidget,
        told: Callable[[str], object],
        erased: Callable[[int], object],
    ) -> None:
        self._session, self._window, self._told, self._erased = session, window, told, erased

    def ask_export(self, contact: Contact) -> None:
        """Ask what goes into the file, and for its place, then write it."""
        question = ExportQuestion(contact_name(contact), self._window)
        question.ask(lambda: self._ask_file(contact, with_internal=question.internal.isChecked()))

    def _ask_file(self, contact: Contact, *, with_internal: bool) -> None:
        name = "".join("_" if one in _UNSAFE else one for one in contact_name(contact))
        path, _filter = QFileDialog.getSaveFileName(
            self._window, tr("Export all data"), f"{name}.zip", tr("ZIP files (*.zip)")
        )
        if path:
            self.export(contact, Path(path), with_internal=with_internal)

    def export(self, contact: Contact, target: Path, *, with_internal: bool = False) -> None:
        """Write everything about a person into a file; a file of a job that was stopped is removed."""
        exports, actor = self._session.desk.exports, self._session.actor
        part = target.with_name(target.name + ".part")

        def steps() -> Iterator[Progress]:
            try:
                with part.open("wb") as file:
                    yield from exports.export(contact.id, file, actor, with_internal=with_internal)
                part.replace(target)
            finally:
                with suppress(OSError):
                    part.unlink(missing_ok=True)

        title = tr("Exporting everything about {name}").format(name=contact_name(contact))
        dialog = JobDialog(title, self._window)
        dialog.begin(
            self._session,
            steps,
            lambda: self._told(tr("Exported to {file}").format(file=target.name)),
            lambda: self._told(tr("Export stopped; no file was written")),
        )

    def ask_erase(self, contact: Contact) -> None:
        """Ask what is to become of the tickets, and for the name; then erase."""
        privacy = self._session.desk.privacy

        def ask(plan: ErasurePlan) -> None:
            question = EraseQuestion(plan, self._window)
            question.ask(lambda: self._erase(plan.contact, question.line.text(), question.choice))

        self._session.work.run(lambda: privacy.plan(contact.id), ask, owner=self._window)

    def _erase(self, contact: Contact, typed: str, choice: ErasureChoice) -> None:
        privacy, actor = self._session.desk.privacy, self._session.actor
        dialog = JobDialog(tr("Erasing {name}").format(name=contact_name(contact)), self._window)

        def finished() -> None:
            self._erased(contact.id)
            self._told(tr("Erased. Backups made before still hold the data."))

        dialog.begin(
            self._session,
            lambda: privacy.erase(contact.id, typed, choice, actor),
            finished,
            lambda: self._told(tr("Stopped. What is gone stays gone; erase again to go on.")),
        )
