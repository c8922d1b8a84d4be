"""System: what `desk-app doctor` says, who does which job, and a file for whoever helps (AD-08, AD-13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QUrl, qVersion
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QFrame, QWidget

from desk_app.services.system.checks import Check
from desk_app.services.system.service import JobState, SystemFacts
from desk_app.ui.language import said, tr
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.facts import fact_line
from desk_app.ui.settings.form import page_column, page_head
from desk_app.ui.theme.icons import Glyph
from desk_app.ui.tickets.phrases import size_text
from desk_app.ui.widgets.basics import button, label
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.panels import Banner, panel_card

_MARKS = {"ok": ("circle-check", "success"), "warn": ("triangle-alert", "warning"), "fail": ("circle-x", "danger")}
_ORDER = ("fail", "warn", "ok")


class SystemPage(QWidget):
    """Findings first, then facts and jobs, then the bundle."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__()
        self._session = session
        self.refresh = button(tr("Look again"), self.load, icon_name="refresh-cw")
        self.setFocusProxy(self.refresh)
        self.summary = column()
        findings, self.findings = panel_card(tr("Findings"))
        versions, self.versions = panel_card(tr("Versions"))
        jobs, self.jobs = panel_card(tr("Who does what"))
        self.findings.setSpacing(10)
        page = page_column(
            row(page_head(tr("System")), None, self.refresh),
            self.summary,
            findings,
            versions,
            jobs,
            self._bundle_card(),
            title=tr("System"),
        )
        self.setLayout(column(page))
        session.accounts_changed.connect(self.load)
        self.load()

    def _bundle_card(self) -> QFrame:
        card, content = panel_card(tr("Diagnostics bundle"))
        content.setSpacing(10)
        words = tr("A .zip for whoever helps: findings, versions, logs. No passwords, no addresses, no text of mail.")
        self.bundle_button = button(tr("Save a bundle…"), self._ask_target, icon_name="file-archive")
        self.result = column()
        content.addWidget(label(words, "secondary", wrap=True))
        content.addLayout(row(self.bundle_button, None))
        content.addLayout(self.result)
        return card

    def load(self) -> None:
        """Look at everything anew."""
        system = self._session.desk.system
        self.refresh.setEnabled(False)
        self._session.work.run(lambda: (system.examine(), system.facts()), self._show, owner=self)

    def _show(self, found: tuple[Sequence[Check], SystemFacts]) -> None:
        checks, facts = found
        self.refresh.setEnabled(True)
        clear(self.summary)
        self.summary.addWidget(_summary(checks))
        clear(self.findings)
        for check in sorted(checks, key=lambda one: _ORDER.index(one.state)):
            self.findings.addWidget(_check_line(check))
        clear(self.versions)
        for name, value in (
            (tr("Desk App"), facts.version),
            (tr("Python"), facts.python),
            (tr("Qt"), qVersion()),
            (tr("System"), facts.system),
            (tr("Database"), _database(facts)),
            (tr("Data folder"), str(facts.data_dir)),
            (tr("Free on the disk"), size_text(facts.free)),
        ):
            self.versions.addWidget(fact_line(name, label(value, selectable=True, wrap=True)))
        clear(self.jobs)
        alive = [one for one in facts.jobs if one.alive]
        for job in alive:
            self.jobs.addWidget(fact_line(self._job_name(job), label(_who(job), selectable=True)))
        if not alive:
            self.jobs.addWidget(label(tr("Nobody is at work on this database."), "tertiary"))

    def _job_name(self, job: JobState) -> str:
        kind, _, number = job.name.partition(":")
        if kind == "sync" and number.isdigit():
            account = self._session.facts.account(int(number))
            return tr("Mail of {name}").format(name=account.name if account is not None else number)
        return {"outbox": tr("Sending"), "timers": tr("Timers")}.get(job.name, job.name)

    # -- bundle ---------------------------------------------------------------------------------------------------
    def _ask_target(self) -> None:
        dialog = QFileDialog(self, tr("Save the bundle"), str(Path.home()))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("zip")
        dialog.selectFile(f"desk-app-diagnostics-{datetime.now().astimezone():%Y-%m-%d}.zip")
        dialog.fileSelected.connect(lambda chosen: self.save_bundle(Path(chosen)))
        dialog.open()

    def save_bundle(self, target: Path) -> None:
        """Write the bundle."""
        system = self._session.desk.system
        self.bundle_button.setEnabled(False)

        def done(path: Path) -> None:
            folder = QUrl.fromLocalFile(str(path.parent))
            choice = (tr("Show the file"), lambda: QDesktopServices.openUrl(folder))
            self._tell(Banner(tr("Saved: {file}").format(file=path), "success", [choice]))

        def failed(problem: Problem) -> None:
            self._tell(Banner(problem.text, "danger"))

        self._session.work.run(lambda: system.bundle(target), done, failed=failed, owner=self)

    def _tell(self, banner: Banner) -> None:
        self.bundle_button.setEnabled(True)
        clear(self.result)
        self.result.addWidget(banner)


def _summary(checks: Sequence[Check]) -> Banner:
    bad = sum(one.state == "fail" for one in checks)
    warned = sum(one.state == "warn" for one in checks)
    if bad:
        return Banner(tr("%n thing(s) in trouble.", bad), "danger")
    if warned:
        return Banner(tr("Everything works; %n thing(s) to look at.", warned), "warning")
    return Banner(tr("Everything works."), "success")


def _check_line(check: Check) -> QWidget:
    icon_name, token = _MARKS[check.state]
    mark = Glyph(icon_name, token, 18)
    mark.setAccessibleName({"ok": tr("works"), "warn": tr("look at it"), "fail": tr("failed")}[check.state])
    texts = column(label(_title(check), "strong"), label(said(check.detail), "secondary", wrap=True), spacing=1)
    if check.advice:
        texts.addWidget(label(said(check.advice), "tertiary", wrap=True, selectable=True))
    line = row(mark, texts, spacing=10)
    line.setStretchFactor(texts, 1)
    return boxed(line)


def _title(check: Check) -> str:
    """Return what was looked at, in the agent's language."""
    kind, _, number = check.id.partition(":")
    if kind == "mailbox":
        return tr("Mailbox {name}").format(name=number)
    titles = {
        "data_folder": tr("Data folder"),
        "disk": tr("Disk"),
        "database": tr("Database"),
        "keychain": tr("Keychain"),
        "clock": tr("Clock"),
        "mailboxes": tr("Mailboxes"),
        "outbox": tr("Outbox"),
        "jobs": tr("Jobs"),
        "plugins": tr("Plugins"),
    }
    return titles.get(kind, check.title)


def _database(facts: SystemFacts) -> str:
    found = facts.database
    server = found["dialect"] == "postgresql"
    name = f"PostgreSQL {found['server_version']}" if server else f"SQLite {found['sqlite_version']}"
    schema = tr("schema {version}").format(version=found["schema_version"])
    return f"{name} · {size_text(int(found['size_bytes']))} · {schema}"


def _who(job: JobState) -> str:
    here = tr("this window") if job.ours else job.host or "?"
    return f"{here} · {tr('process {pid}').format(pid=job.pid)}"
