"""Opens a ticket by hand: a first mail to a customer, a call, a walk-in (features.md MB-23)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QWidget

from desk_app.domain.messages.draft import NewTicketDraft
from desk_app.domain.messages.kept_draft import DraftKind, KeptDraft
from desk_app.services.messages.replies import ReplySent
from desk_app.ui.language import tr
from desk_app.ui.messages.composer_drafts import DraftKeeper
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
        self.drafts = DraftKeeper(session, lambda: (self._kept(),), self)
        self._session.work.run(lambda: self.drafts.read(None), self._restore, owner=self)

    def _kept(self) -> KeptDraft:
        account_id, address = self.from_box.currentData() or (0, "")
        return KeptDraft(
            kind=DraftKind.NEW_TICKET,
            agent_id=self._session.agent.id,
            from_account_id=account_id,
            from_address=address,
            to=self.to.addresses,
            subject=self.subject.text(),
            text=self.text.toPlainText(),
            cursor=self.text.textCursor().position(),
            channel=str(self.kind.currentData()),
        )

    def _restore(self, stored: dict[DraftKind, KeptDraft]) -> None:
        """Show what was begun last time, unless somebody was faster, and keep what is written from now on."""
        kept = self.drafts.newest(None, stored).get(DraftKind.NEW_TICKET)
        if kept is not None and self._kept().empty:
            self.kind.setCurrentIndex(max(0, self.kind.findData(kept.channel)))
            place = next((n for n in range(self.from_box.count()) if self.from_box.itemText(n) == kept.from_address), 0)
            self.from_box.setCurrentIndex(place)
            self.to.set_addresses(kept.to)
            self.subject.setText(kept.subject)
            self.text.setPlainText(kept.text)
            cursor = self.text.textCursor()
            cursor.setPosition(min(kept.cursor, len(kept.text)))
            self.text.setTextCursor(cursor)
        note = self.drafts.note_change
        self.text.textChanged.connect(note)
        self.subject.textChanged.connect(note)
        self.to.changed.connect(note)
        self.kind.currentIndexChanged.connect(note)
        self.from_box.currentIndexChanged.connect(note)
        self.drafts.conflict.connect(self._take_over)

    def _take_over(self, _mine: KeptDraft, stored: KeptDraft | None) -> None:
        """Two windows begin a ticket: the last one written to keeps its text."""
        self.drafts.adopt(None, DraftKind.NEW_TICKET, stored.stamp if stored is not None else None)

    def reject(self) -> None:
        """Close; what was written is there next time."""
        self.drafts.flush()
        super().reject()

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
        self.drafts.hold(None, DraftKind.NEW_TICKET)
        replies, actor = self._session.desk.replies, self._session.actor

        def done(result: ReplySent) -> None:
            self.drafts.ended(None, DraftKind.NEW_TICKET)
            self._opened(result)
            super(NewTicketDialog, self).accept()

        def failed(problem: Problem) -> None:
            self.yes.setEnabled(True)
            self.drafts.resume(None, DraftKind.NEW_TICKET)
            self._to_field.set_error(problem.text)

        self._session.work.write(
            lambda: replies.new_ticket(draft, actor, ends_draft=True), done, failed=failed, owner=self
        )
