"""Opens a ticket by hand: a first mail to a customer, a call, a walk-in (features.md MB-23)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QWidget

from desk_app.domain.messages.draft import NewTicketDraft
from desk_app.services.messages.replies import ReplySent
from desk_app.ui.language import tr
from desk_app.ui.messages.recipients import RecipientLine
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.widgets.layout import boxed, row
from desk_app.ui.widgets.panels import Field


class NewTicketDialog(Question):
    """Asks for customer, subject and text."""

    def __init__(
        self, session: DeskSession, opened: Callable[[ReplySent], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(tr("New ticket"), tr("Open the ticket"), parent)
        self._session, self._opened = session, opened
        self.setMinimumWidth(560)
        self.kind = QComboBox()
        for value, words in (("email", tr("Send a mail")), ("phone", tr("Phone call")), ("walk_in", tr("Walk-in"))):
            self.kind.addItem(words, value)
        self.from_box = QComboBox()
        for account, _health in session.facts.accounts:
            for address in account.addresses if account.enabled else ():
                self.from_box.addItem(address, (account.id, address))
        self.to = RecipientLine(tr("Customer"))
        self.subject = QLineEdit()
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(140)
        self.content.addWidget(
            boxed(row(Field(tr("Kind"), self.kind), Field(tr("Mailbox"), self.from_box), spacing=12))
        )
        self._to_field = Field(tr("Customer"), self.to)
        self.content.addWidget(self._to_field)
        self._subject_field = Field(tr("Subject"), self.subject)
        self.content.addWidget(self._subject_field)
        self.content.addWidget(Field(tr("Text"), self.text))

    def accept(self) -> None:
        """Open the ticket; the dialog stays when something is missing."""
        to = self.to.addresses
        self._to_field.set_error("" if to else tr("Enter the customer's e-mail address."))
        subject = self.subject.text().strip()
        self._subject_field.set_error("" if subject else tr("A ticket needs a subject."))
        chosen = self.from_box.currentData()
        if not (to and subject and chosen):
            return
        kind = str(self.kind.currentData())
        draft = NewTicketDraft(
            from_account_id=chosen[0],
            from_address=chosen[1],
            to=to,
            subject=subject,
            text=self.text.toPlainText(),
            send=kind == "email",
            channel=kind,
            assignee_id=self._session.agent.id,
        )
        self.yes.setEnabled(False)
        replies, actor = self._session.desk.replies, self._session.actor

        def done(result: ReplySent) -> None:
            self._opened(result)
            super(NewTicketDialog, self).accept()

        def failed(problem: Problem) -> None:
            self.yes.setEnabled(True)
            self._to_field.set_error(problem.text)

        self._session.work.write(lambda: replies.new_ticket(draft, actor), done, failed=failed, owner=self)
