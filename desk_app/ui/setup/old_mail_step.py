"""What happens to the mail that lies in a mailbox already (features.md MB-08)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QDateEdit, QRadioButton, QWidget

from desk_app.domain.mailboxes.model import FirstImport
from desk_app.plugin_api.channels import StreamCount
from desk_app.ui.language import tr
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.widgets.basics import label
from desk_app.ui.widgets.layout import column, row
from desk_app.ui.work import Lane


class OldMailStep(QWidget):
    """None, from a date, or all of it as closed tickets; how much that is stands beside it."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__()
        self._session = session
        self._account_id: int | None = None
        self.none, self.since = QRadioButton(tr("None: begin with new mail")), QRadioButton(tr("From this date on"))
        self.archive = QRadioButton(tr("All of it, as closed tickets"))
        self.none.setChecked(True)
        self.setFocusProxy(self.none)
        self.date = QDateEdit(QDate.currentDate().addDays(-30))
        self.date.setCalendarPopup(True)
        self.date.setAccessibleName(tr("Take over mail from"))
        self.date.dateChanged.connect(lambda _date: self.count())
        self.since.toggled.connect(lambda _on: self.count())
        self.count_text = label(tr("Counting…"), "strong", wrap=True)
        self.since_text = label("", "tertiary")
        self.setLayout(
            column(
                label(tr("What about the mail that lies there already?"), "h2", wrap=True),
                self.count_text,
                label(tr("Old mail never triggers replies, rules or alerts."), "secondary", wrap=True),
                6,
                row(self.none, None),
                row(self.since, self.date, self.since_text, None),
                row(self.archive, None),
                None,
                spacing=10,
            )
        )

    def show_for(self, account_id: int | None) -> None:
        """Ask for a mailbox, and count what lies there."""
        self._account_id = account_id
        self.count()

    def _from(self) -> datetime:
        day = self.date.date()
        return datetime(day.year(), day.month(), day.day()).astimezone()

    def count(self) -> None:
        """Ask the server how much lies there."""
        account_id, since, mailboxes = self._account_id, self._from(), self._session.desk.mailboxes
        if account_id is None:
            return

        def counted(counts: Sequence[StreamCount]) -> None:
            total = sum(one.total for one in counts)
            self.count_text.setText(tr("%n message(s) lie in the mailbox.", total))
            recent = [one.since for one in counts if one.since is not None]
            self.since_text.setText(tr("%n message(s)", sum(recent)) if recent else "")

        def failed(problem: Problem) -> None:
            self.count_text.setText(problem.text)

        self._session.work.run(
            lambda: mailboxes.count_old_mail(account_id, since), counted, failed=failed, owner=self, lane=Lane.NETWORK
        )

    def decide(self, then: Callable[[], None]) -> None:
        """Store the choice; fetching begins with it."""
        account_id, mailboxes, actor = self._account_id, self._session.desk.mailboxes, self._session.actor
        if account_id is None:
            return
        choice = FirstImport.NONE
        if self.since.isChecked():
            choice = FirstImport.SINCE
        elif self.archive.isChecked():
            choice = FirstImport.ARCHIVE
        since = self._from() if choice is FirstImport.SINCE else None

        def failed(problem: Problem) -> None:
            self.count_text.setText(problem.text)

        self._session.work.run(
            lambda: mailboxes.decide_first_import(account_id, choice, since, actor),
            lambda _none: then(),
            failed=failed,
            owner=self,
            lane=Lane.NETWORK,
        )
