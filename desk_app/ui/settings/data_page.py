"""Data: where everything lies, a backup now, daily backups, and how to go back to one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QProgressBar, QWidget

from desk_app.services.system.backups import KEPT, BackupStage, BackupState, BackupStep
from desk_app.services.system.service import SystemFacts
from desk_app.ui.language import grouped, said, tr
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.facts import fact_line
from desk_app.ui.settings.form import SwitchRow, page_column, page_head
from desk_app.ui.tasks import Shown
from desk_app.ui.tickets.phrases import full_time, size_text
from desk_app.ui.widgets.basics import button, icon_button, label
from desk_app.ui.widgets.choices import Switch
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.panels import Banner, panel_card
from desk_app.ui.work import Job


class DataPage(QWidget):
    """Facts at the top, backups below."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__()
        self._session = session
        self._state: BackupState | None = None
        self._job: Job | None = None
        self.daily = Switch(tr("Daily backup"))
        self.daily.toggled.connect(self._set_daily)
        words = tr("Into the data folder. The last %n are kept.", KEPT)
        self._daily_row = SwitchRow(tr("Daily backup"), self.daily, words)
        self._daily_list = column(spacing=4)
        going_back, content = panel_card(tr("Going back to a backup"))
        self._steps = label("", "secondary", wrap=True, selectable=True)
        content.addWidget(self._steps)
        page = page_column(
            page_head(tr("Data")),
            self._place_card(),
            self._backup_card(),
            self._daily_row,
            self._daily_list,
            going_back,
            title=tr("Data"),
        )
        self.setLayout(column(page))
        self.setFocusProxy(self.backup_button)
        self.load()

    def _place_card(self) -> QWidget:
        card, content = panel_card(tr("Where everything lies"))
        self.where, self.size_words, self.free, self.tickets = (label("", selectable=True, wrap=True) for _ in range(4))
        for name, value in (
            (tr("Database"), self.where),
            (tr("Size"), self.size_words),
            (tr("Tickets"), self.tickets),
            (tr("Free on the disk"), self.free),
        ):
            content.addWidget(fact_line(name, value))
        content.addSpacing(4)
        content.addLayout(row(button(tr("Open the folder"), self._show_folder, icon_name="folder"), None))
        return card

    def _backup_card(self) -> QWidget:
        card, content = panel_card(tr("Backup now"))
        content.setSpacing(10)
        words = tr("A copy of everything, made while everybody goes on working, and read back before it counts.")
        self.backup_button = button(tr("Make a backup…"), self._ask_target, variant="primary", icon_name="save")
        self.stop_button = button(tr("Stop"), self._stop, variant="ghost")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Progress of the backup"))
        self.message = label("", "secondary", wrap=True, selectable=True)
        self.result = column(spacing=8)
        self._command = label("", "mono", wrap=True, selectable=True)
        copy = icon_button("copy", tr("Copy the command"), self._copy_command)
        self._command_row = boxed(row(self._command, copy, spacing=8))
        content.addWidget(label(words, "secondary", wrap=True))
        content.addLayout(row(self.backup_button, self.stop_button, None))
        for one in (self._command_row, self.progress, self.message):
            content.addWidget(one)
        content.addLayout(self.result)
        for one in (self.progress, self.stop_button, self.message, self._command_row):
            one.hide()
        return card

    # -- facts ----------------------------------------------------------------------------------------------------
    def load(self) -> None:
        """Read sizes and backups."""
        system, backups = self._session.desk.system, self._session.desk.backups
        self._session.work.run(lambda: (system.facts(), backups.state()), self._show, owner=self)

    def _show(self, found: tuple[SystemFacts, BackupState]) -> None:
        facts, state = found
        self._state = state
        self.where.setText(facts.shown_database.removeprefix("sqlite:///"))
        self.size_words.setText(size_text(int(facts.database["size_bytes"])))
        self.tickets.setText(grouped(int(facts.database["tickets"])))
        self.free.setText(size_text(facts.free))
        self._command.setText(state.command)
        self._command_row.setVisible(bool(state.command))
        self.backup_button.setEnabled(not state.problem and self._job is None)
        if state.problem:
            self._say(said(state.problem))
        self._daily_row.setVisible(state.can_be_daily)
        if self.daily.isChecked() is not state.daily:
            self.daily.show_state(on=state.daily)
        clear(self._daily_list)
        if state.failure is not None:
            words = tr("The last one failed on {when}. {why}")
            words = words.format(when=full_time(state.failure.at), why=said(state.failure.why))
            self._daily_list.addWidget(Banner(words, "danger"))
        for one in state.files[:KEPT]:
            words = f"{full_time(one.at)} · {size_text(one.size)}"
            self._daily_list.addWidget(label(words, "tertiary", selectable=True))
        self._steps.setText("\n".join(_going_back(state)))

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._session.desk.system.place.data_dir)))

    def _copy_command(self) -> None:
        QGuiApplication.clipboard().setText(self._command.text())

    # -- backup ---------------------------------------------------------------------------------------------------
    def _ask_target(self) -> None:
        if self._state is None:
            return
        suffix = self._state.suffix
        name = f"desk-{datetime.now().astimezone():%Y-%m-%d}{suffix}"
        dialog = QFileDialog(self, tr("Backup to"), str(Path.home()))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda chosen: self.back_up(Path(chosen)))
        dialog.open()

    def back_up(self, target: Path) -> None:
        """Make a backup and say how it goes."""
        backups, actor = self._session.desk.backups, self._session.actor
        last: list[BackupStep] = []
        clear(self.result)
        self.backup_button.setEnabled(False)
        self.progress.show()
        self.stop_button.show()

        def step(found: BackupStep) -> None:
            last[:] = [found]
            self.progress.setMaximum(found.total)
            self.progress.setValue(found.done)
            self._say(tr("Copying…") if found.stage is BackupStage.COPYING else tr("Reading the copy back…"))

        def done(_none: None) -> None:
            self._end("")
            words = tr("Backup made and checked: %n ticket(s), {size}.", last[0].tickets)
            words = words.format(size=size_text(last[0].size))
            choice = (tr("Show the file"), lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(target.parent))))
            self.result.addWidget(Banner(f"{words}\n{target}", "success", [choice]))
            self.load()

        def failed(problem: Problem) -> None:
            self._end("")
            self.result.addWidget(Banner(problem.text, "danger"))

        self._job = self._session.work.stream(
            lambda: backups.back_up(target, actor),
            step,
            done,
            failed=failed,
            owner=self,
            shown=Shown(tr("Making a backup…"), lambda found: (found.done, found.total), self._stop),
        )

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._end(tr("Stopped."))

    def _end(self, words: str) -> None:
        self._job = None
        self.backup_button.setEnabled(True)
        self.progress.hide()
        self.stop_button.hide()
        self._say(words)

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self.message.setVisible(bool(text))

    def _set_daily(self, on: bool) -> None:
        backups = self._session.desk.backups
        self._session.work.write(lambda: backups.set_daily(on), lambda _none: self.load(), owner=self)


def _going_back(state: BackupState) -> tuple[str, ...]:
    last = tr("4. Open the desk. Passwords are in the keychain and not in the backup.")
    if not state.can_be_daily:
        return (
            tr("1. Close every window and worker of this desk."),
            tr("2. Make an empty database and read the backup into it: pg_restore --dbname=NAME FILE"),
            tr("3. Name it in the settings file, or with desk-app --database URL."),
            last,
        )
    file = state.where.removeprefix("sqlite:///")
    return (
        tr("1. Close every window and worker of this desk."),
        tr("2. Put the present file aside, with those beside it that end in -wal and -shm: {file}").format(file=file),
        tr("3. Copy the backup there, under the same name."),
        last,
    )
