"""Mailbox health: "server has X, we have Y", folder by folder, and the import of what is missing (MB-30, MB-31)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QProgressBar, QStackedWidget, QWidget

from desk_app.domain.mailboxes.model import FROM_FILES, Account, AccountHealth
from desk_app.plugin_api.channels import ServerMessage
from desk_app.plugin_api.ui import WindowPort
from desk_app.services.mailboxes.accounts import FolderState, ImportProgress, Reconciliation
from desk_app.ui.language import grouped, tr
from desk_app.ui.problems import Problem, fault_text, health_text
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.facts import fact_line
from desk_app.ui.settings.form import page_column
from desk_app.ui.tickets.phrases import full_time, size_text
from desk_app.ui.widgets.basics import button, label, restyle
from desk_app.ui.widgets.layout import boxed, clear, column, hairline, row
from desk_app.ui.widgets.panels import Banner, EmptyState, panel_card
from desk_app.ui.widgets.table import PlainTable, TableRow
from desk_app.ui.work import Job, Lane

_ROWS_SHOWN = 6


class HealthPage(QWidget):
    """The mailboxes in the middle, how one fares at the right."""

    def __init__(self, session: DeskSession, port: WindowPort) -> None:
        super().__init__()
        self._session, self._port = session, port
        self._current: int | None = None
        self._missing: Sequence[ServerMessage] = ()
        self._job: Job | None = None
        self.table = PlainTable(tr("Mailboxes"), (tr("Mailbox"), tr("State")), wide=1)
        self.table.chosen.connect(lambda key: self.open_account(int(str(key))))
        self.setFocusProxy(self.table)
        head = row(label(tr("Mailbox health"), "title"), None, margins=(12, 14, 12, 13))
        listed = boxed(column(self.table, margins=(12, 12, 12, 12)))
        left = boxed(column(head, hairline(), listed, spacing=0), "surface")
        left.setMinimumWidth(260)
        left.setMaximumWidth(360)
        self._right = QStackedWidget()
        empty = EmptyState("mail", tr("No mailbox yet"), tr("Connect a mailbox to begin."))
        self._right.addWidget(boxed(column(empty), "canvas"))
        self._right.addWidget(self._details())
        line = row(left, hairline(vertical=True), self._right, spacing=0)
        line.setStretch(0, 4)
        line.setStretch(2, 7)
        self.setLayout(line)
        session.facts_changed.connect(self._fill)
        self._fill()

    def _details(self) -> QWidget:
        self._heading = label("", "h2")
        self._state = column(spacing=8)
        facts, self._facts = panel_card(tr("How it fares"))
        folders, content = panel_card(tr("Folders"))
        self.folders = PlainTable(tr("Folders"), (tr("Folder"), tr("On the server"), tr("In the desk")), numbers=(1, 2))
        self.compare_button = button(tr("Compare with the server"), self.compare, icon_name="equal")
        self.message = label("", "secondary", wrap=True, selectable=True)
        self.message.hide()
        content.addWidget(self.folders)
        content.addWidget(self.message)
        content.addLayout(row(self.compare_button, None))
        self._missing_card, content = panel_card(tr("Missing in the desk"))
        self._missing_text = label("", "secondary", wrap=True)
        self.missing = PlainTable(tr("Missing mail"), (tr("Message-ID"), tr("Arrived"), tr("Size")), numbers=(2,))
        self.import_button = button(tr("Import these"), self.import_missing, variant="primary", icon_name="download")
        self.stop_button = button(tr("Stop"), self._stop, variant="ghost")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Progress of the import"))
        for one in (self._missing_text, self.missing, self.progress):
            content.addWidget(one)
        content.addLayout(row(self.import_button, self.stop_button, None))
        self._missing_card.hide()
        self.progress.hide()
        self.stop_button.hide()
        return page_column(self._heading, self._state, facts, folders, self._missing_card, title=tr("Mailbox health"))

    # -- what is shown --------------------------------------------------------------------------------------------
    def _fill(self) -> None:
        accounts = self._session.facts.accounts
        self.table.show_rows([_line(account, health) for account, health in accounts])
        self._right.setCurrentIndex(1 if accounts else 0)
        known = [account.id for account, _ in accounts]
        if self._current in known:
            self._show_facts()
        elif known:
            self.table.choose(known[0])
            self.open_account(known[0])

    def open_account(self, account_id: int) -> None:
        """Show how one mailbox fares."""
        if account_id == self._current:
            return
        self._current = account_id
        self.table.choose(account_id)
        self._say("")
        self._show_missing(())
        self._show_facts()
        mailboxes = self._session.desk.mailboxes
        self._session.work.run(lambda: mailboxes.folders(account_id), self._show_folders, owner=self)

    def _show_facts(self) -> None:
        found = next(((a, h) for a, h in self._session.facts.accounts if a.id == self._current), None)
        if found is None:
            return
        account, health = found
        self._heading.setText(f"{account.name} · {account.address}")
        clear(self._state)
        if health.fault:
            words = health_text(account.channel, health.fault, health.detail)
            self._state.addWidget(Banner(words, "danger", [(tr("Try now"), self._sync)]))
        elif not account.enabled:
            self._state.addWidget(Banner(tr("This mailbox is switched off."), "info"))
        else:
            words, tone = (tr("Everything works."), "success") if health.succeeded_at else (tr("Not read yet."), "info")
            self._state.addWidget(Banner(words, tone, [(tr("Get mail now"), self._sync)]))
        clear(self._facts)
        for name, value in _facts(health):
            self._facts.addWidget(fact_line(name, label(value, selectable=True, wrap=True)))

    def _show_folders(self, folders: Sequence[FolderState]) -> None:
        rows = []
        for one in folders:
            server = grouped(one.server) if one.server is not None else "–"
            short = one.server is not None and one.server > one.stored
            rows.append(
                TableRow(
                    one.name, (_folder_name(one.name), server, grouped(one.stored)), tone="warning" if short else ""
                )
            )
        self.folders.show_rows(rows)
        _fit(self.folders, len(rows))

    def _show_missing(self, missing: Sequence[ServerMessage], count: int = 0) -> None:
        self._missing = missing
        self._missing_card.setVisible(bool(missing))
        words = tr("%n mail(s) lie on the server and not in the desk.", count)
        if count > len(missing):
            words += " " + tr("The oldest %n are shown.", len(missing))
        self._missing_text.setText(words)
        self.missing.show_rows(
            [
                TableRow(
                    one.source_key,
                    (
                        one.message_id or one.source_key,
                        full_time(one.received_at) if one.received_at is not None else "",
                        size_text(one.size),
                    ),
                )
                for one in missing
            ]
        )
        _fit(self.missing, len(missing))

    def _say(self, text: str, *, bad: bool = False) -> None:
        self.message.setText(text)
        restyle(self.message, state="danger" if bad else "")
        self.message.setVisible(bool(text))

    # -- what can be done -----------------------------------------------------------------------------------------
    def _sync(self) -> None:
        account_id, sync = self._current, self._session.desk.sync
        if account_id is not None:
            self._session.work.run(
                lambda: sync.sync_once(account_id),
                lambda _result: self._session.load(),
                owner=self,
                lane=Lane.NETWORK,
                title=tr("Getting mail…"),
            )

    def compare(self) -> None:
        """Ask the server what it holds."""
        account_id, mailboxes = self._current, self._session.desk.mailboxes
        if account_id is None:
            return
        self._say(tr("Comparing…"))
        self.compare_button.setEnabled(False)

        def told(result: Reconciliation) -> None:
            self.compare_button.setEnabled(True)
            words = tr("The server has {server} mails, the desk has {stored}.")
            if not result.exact:
                words = tr("The server does not tell which messages it has. It holds {server}, the desk has {stored}.")
            self._say(words.format(server=grouped(result.server_count), stored=grouped(result.stored_count)))
            if result.folders:
                self._show_folders(result.folders)
            self._show_missing(result.missing, result.missing_count)
            self._session.load()

        def failed(problem: Problem) -> None:
            self.compare_button.setEnabled(True)
            self._say(problem.text, bad=True)

        self._session.work.run(
            lambda: mailboxes.reconcile(account_id), told, failed=failed, owner=self, lane=Lane.NETWORK
        )

    def import_missing(self) -> None:
        """Fetch what is missing."""
        account_id, mailboxes, actor = self._current, self._session.desk.mailboxes, self._session.actor
        keys = [one.source_key for one in self._missing]
        if account_id is None or not keys:
            return
        self.import_button.setEnabled(False)
        self.progress.setMaximum(len(keys))
        self.progress.setValue(0)
        self.progress.show()
        self.stop_button.show()

        def step(found: ImportProgress) -> None:
            self.progress.setValue(found.done)

        def done(_none: None) -> None:
            self._end()
            self._port.notify(tr("%n mail(s) imported", len(keys)))
            self.compare()

        def failed(problem: Problem) -> None:
            self._end()
            self._say(problem.text, bad=True)

        self._job = self._session.work.stream(
            lambda: mailboxes.import_step_by_step(account_id, keys, actor), step, done, failed=failed, owner=self
        )

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._end()
        self.compare()

    def _end(self) -> None:
        self._job = None
        self.import_button.setEnabled(True)
        self.progress.hide()
        self.stop_button.hide()


def _folder_name(name: str) -> str:
    return tr("Taken from files") if name == FROM_FILES else name


def _line(account: Account, health: AccountHealth) -> TableRow:
    if not account.enabled:
        state, tone = tr("switched off"), ""
    elif health.fault:
        state, tone = fault_text(health.fault)[0], "danger"
    elif health.server_count is not None and health.server_count != health.stored_count:
        state, tone = tr("mail is missing"), "warning"
    elif health.succeeded_at is None:
        state, tone = tr("not read yet"), ""
    else:
        state, tone = tr("works"), "success"
    return TableRow(account.id, (account.name, state), dot=account.colour or "chart1", tone=tone)


def _facts(health: AccountHealth) -> Sequence[tuple[str, str]]:
    def when(at: object) -> str:
        return full_time(at) if at is not None else tr("never")  # type: ignore[arg-type]

    compared = tr("not compared yet")
    if health.server_count is not None and health.stored_count is not None:
        words = tr("server has {server}, we have {stored}")
        compared = words.format(server=grouped(health.server_count), stored=grouped(health.stored_count))
    lines = [
        (tr("Last read"), when(health.succeeded_at)),
        (tr("Last attempt"), when(health.attempted_at)),
        (tr("Still to fetch"), grouped(health.backlog)),
        (tr("Compared"), compared),
    ]
    if health.failed_polls:
        lines.append((tr("Failed in a row"), grouped(health.failed_polls)))
    if health.next_try_at is not None:
        lines.append((tr("Next attempt"), when(health.next_try_at)))
    return lines


def _fit(table: PlainTable, rows: int) -> None:
    """Give a table the height of its lines, up to a few."""
    table.take_height(max(1, min(rows, _ROWS_SHOWN)))
