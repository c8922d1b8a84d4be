"""Opens a ticket by hand: a first mail to a customer, a call, a walk-in (features.md MB-23)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QSizePolicy, QWidget

from desk_app.domain.messages.draft import NewTicketDraft
from desk_app.domain.messages.kept_draft import DraftKind, DraftOptions, KeptDraft, TicketPlace
from desk_app.domain.messages.model import Address
from desk_app.services.messages.replies import ReplySent
from desk_app.ui.language import tr
from desk_app.ui.messages.composer_drafts import DraftKeeper, StoredDrafts
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.requester_search import RequesterSearch
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.panels import Banner, Field, announce


class NewTicketDialog(Question):
    """Asks for customer, subject and text. `opened` hears of the new ticket, `show` of one that is there already and is
    to be shown instead."""

    def __init__(
        self,
        session: DeskSession,
        opened: Callable[[ReplySent], None],
        show: Callable[[int], object],
        parent: QWidget | None = None,
        *,
        customer: Address | None = None,
    ) -> None:
        super().__init__(tr("New ticket"), tr("Open the ticket"), parent)
        self._session, self._opened, self._show_other, self._customer = session, opened, show, customer
        self._other: KeptDraft | None = None
        """A ticket begun for somebody else; while it waits for a decision, nothing written here takes its place."""
        self._begun_box = column()
        self._begun = boxed(self._begun_box)
        self._begun.hide()
        self.content.addWidget(self._begun)
        self.setMinimumWidth(560)
        self._make_fields()
        self._lay_out()
        self.kind.currentIndexChanged.connect(lambda _place: self._show_kind())
        self.from_box.currentIndexChanged.connect(lambda _place: self._follow_mailbox())
        self._follow_mailbox()
        self._show_kind()
        self.drafts = DraftKeeper(session, lambda: (self._kept(),) if self._other is None else (), self)
        self.finished.connect(lambda _result: self._go())
        self._session.work.run(lambda: self.drafts.read(None), self._restore, owner=self)

    def _make_fields(self) -> None:
        session = self._session
        self.kind = Choice()
        for value, words in (
            ("email", tr("Send a mail")),
            ("phone", tr("Phone call")),
            ("walk_in", tr("Walk-in")),
            ("other", tr("Another way")),
        ):
            self.kind.addItem(words, value)
        self.from_box = Choice()
        for account, _health in session.facts.accounts:
            for address in account.addresses if account.enabled else ():
                self.from_box.addItem(address, (account.id, address))
        self.to = RequesterSearch(session)
        self.to.open_asked.connect(self._open_instead)
        self.to.grew.connect(lambda: QTimer.singleShot(0, self, self._grow))
        self.department, self.assignee = Choice(), Choice()
        for one in session.facts.departments:
            self.department.addItem(one.name, one.id)
        self.assignee.addItem(tr("Nobody"), None)
        for agent in session.facts.agents:
            if agent.active:
                self.assignee.addItem(agent.name, agent.id)
        self.assignee.setCurrentIndex(max(0, self.assignee.findData(session.agent.id)))
        self.tags = QLineEdit()
        self.tags.setPlaceholderText(tr("Separated by commas"))
        self.subject = QLineEdit()
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(140)

    def _lay_out(self) -> None:
        self._from_field = Field(tr("Mailbox"), self.from_box)
        self.content.addWidget(boxed(row(Field(tr("Kind"), self.kind), self._from_field, spacing=12)))
        self._to_field = Field(tr("Customer"), self.to)
        self.content.addWidget(self._to_field)
        self._subject_field = Field(tr("Subject"), self.subject)
        self.content.addWidget(self._subject_field)
        self._text_field = Field(tr("Text"), self.text)
        self._text_field.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.content.addWidget(self._text_field, 1)  # what room there is is for the text
        where = [Field(tr("Department"), self.department)] if self.department.count() > 1 else []
        self.content.addWidget(
            boxed(row(*where, Field(tr("Assigned to"), self.assignee), Field(tr("Tags"), self.tags), spacing=12))
        )

    def _go(self) -> None:
        """Go for good once the draft is stored: what goes wrong with it is still told."""
        self._session.work.write(lambda: None, lambda _none: self.deleteLater(), owner=self)

    def _show_kind(self) -> None:
        """A mail is sent; of anything else a note is kept, which no customer gets."""
        mail = self.kind.currentData() == "email"
        self._text_field.set_help("" if mail else tr("Kept as an internal note: nothing is sent to the customer."))
        self.yes.setText(tr("Send and open the ticket") if mail else tr("Open the ticket"))

    def _follow_mailbox(self) -> None:
        account = self._session.facts.account((self.from_box.currentData() or (0, ""))[0])
        if account is not None:
            self.department.setCurrentIndex(max(0, self.department.findData(account.department_id)))

    def _grow(self) -> None:
        """Make room for what appeared below the customer."""
        self.resize(self.width(), max(self.height(), self.sizeHint().height()))

    def _open_instead(self, ticket_id: int) -> None:
        """The matter is there already: show that ticket; what was written stays a draft."""
        self._show_other(ticket_id)
        self.reject()

    @property
    def _people(self) -> tuple[Address, ...]:
        """The customer, where there is one; a mail needs an address."""
        address = self.to.address
        known = bool(address.email) if self.kind.currentData() == "email" else bool(address.email or address.name)
        return (address,) if known else ()

    def _kept(self) -> KeptDraft:
        account_id, address = self.from_box.currentData() or (0, "")
        return KeptDraft(
            kind=DraftKind.NEW_TICKET,
            agent_id=self._session.agent.id,
            from_account_id=account_id,
            from_address=address,
            to=(self.to.address,) if self.to.input.text().strip() else (),
            subject=self.subject.text(),
            text=self.text.toPlainText(),
            cursor=self.text.textCursor().position(),
            channel=str(self.kind.currentData()),
            options=DraftOptions(
                place=TicketPlace(self.assignee.currentData(), self.department.currentData(), self.tags.text())
            ),
        )

    def _restore(self, stored: StoredDrafts) -> None:
        """Show what was begun last time, unless somebody was faster, and keep what is written from now on."""
        kept = self.drafts.newest(None, stored).get(DraftKind.NEW_TICKET)
        if kept is not None and self._kept().empty and self._fits(kept):
            self._fill(kept)
        elif kept is not None:
            self._offer(kept)
        if self._customer is not None:
            self.to.set_address(self._customer)
        note = self.drafts.note_change
        self.text.textChanged.connect(note)
        for line in (self.subject, self.tags):
            line.textChanged.connect(note)
        self.to.changed.connect(note)
        for choice in (self.kind, self.from_box, self.department, self.assignee):
            choice.currentIndexChanged.connect(note)
        self.drafts.conflict.connect(self._take_over)

    def _fits(self, kept: KeptDraft) -> bool:
        """Whether a ticket that was begun is one for the customer asked for."""
        if self._customer is None or not kept.to:
            return True
        mine, theirs = self._customer, kept.to[0]
        if mine.email and theirs.email:
            return mine.email.lower() == theirs.email.lower()
        return mine.name.casefold() == theirs.name.casefold()

    def _fill(self, kept: KeptDraft) -> None:
        """Show a ticket that was begun; what was written here meanwhile stays below its text."""
        typed = self.text.toPlainText().strip()
        self.kind.setCurrentIndex(max(0, self.kind.findData(kept.channel)))
        place = next((n for n in range(self.from_box.count()) if self.from_box.itemText(n) == kept.from_address), 0)
        self.from_box.setCurrentIndex(place)
        for one in kept.to[:1]:
            self.to.set_address(one)
        self.subject.setText(kept.subject or self.subject.text())
        self.text.setPlainText(f"{kept.text}\n\n{typed}" if typed else kept.text)
        cursor = self.text.textCursor()
        cursor.setPosition(min(kept.cursor, len(kept.text)))
        self.text.setTextCursor(cursor)
        if kept.options.place is not None:
            self._fill_place(kept.options.place)

    def _fill_place(self, place: TicketPlace) -> None:
        """Show where a ticket was to go, as far as that is still there."""
        for box, chosen in ((self.department, place.department_id), (self.assignee, place.assignee_id)):
            if (found := box.findData(chosen)) >= 0:
                box.setCurrentIndex(found)
        tags = [one for one in (place.tags.strip(), self.tags.text().strip()) if one]
        self.tags.setText(", ".join(dict.fromkeys(tags)))

    # -- a ticket begun for somebody else -----------------------------------------------------------------------------
    def _offer(self, kept: KeptDraft) -> None:
        """Tell of a ticket that was begun for somebody else instead of showing its text to this customer."""
        self._other = kept
        words = tr("A ticket for {name} is begun: “{subject}”.")
        text = words.format(name=_name(kept), subject=kept.subject or "…")

        def go_on() -> None:
            self._decide(None)
            self._fill(kept)

        self._decide(
            Banner(text, "info", [(tr("Go on with it"), go_on), (tr("Throw it away"), lambda: self._decide(None))])
        )

    def _ask_which(self, kept: KeptDraft) -> None:
        """Only one begun ticket is kept: ask which one before the other is lost."""
        choices = [
            (tr("Keep the one for {name}").format(name=_name(kept)), super().reject),
            (tr("Keep this one"), self._keep_this),
        ]
        self._decide(Banner(tr("One begun ticket is kept. Which one?"), "warning", choices))

    def _keep_this(self) -> None:
        self._decide(None)
        self.reject()

    def _decide(self, question: Banner | None) -> None:
        clear(self._begun_box)
        if question is not None:
            self._begun_box.addWidget(question)
            announce(self, question.text.text())
        else:
            self._other = None
            self.drafts.note_change()
        self._begun.setVisible(question is not None)
        QTimer.singleShot(0, self, self._grow)

    def _take_over(self, _mine: KeptDraft, stored: KeptDraft | None) -> None:
        """Two windows begin a ticket: the last one written to keeps its text."""
        self.drafts.adopt(None, DraftKind.NEW_TICKET, stored.stamp if stored is not None else None)

    def reject(self) -> None:
        """Close; what was written is there next time."""
        if self._other is not None and (self.subject.text().strip() or self.text.toPlainText().strip()):
            self._ask_which(self._other)
            return
        self.drafts.flush()
        super().reject()

    def accept(self) -> None:
        """Open the ticket; the dialog stays when something is missing."""
        to, mail = self._people, self.kind.currentData() == "email"
        missing = tr("Enter the customer's e-mail address.") if mail else tr("Enter who the customer is.")
        self._to_field.set_error("" if to else missing)
        subject = self.subject.text().strip()
        self._subject_field.set_error("" if subject else tr("A ticket needs a subject."))
        chosen = self.from_box.currentData()
        missing = tr("There is no mailbox to send from. Add one in the settings.")
        self._from_field.set_error("" if chosen else missing)
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
            assignee_id=self.assignee.currentData(),
            unassigned=self.assignee.currentData() is None,
            department_id=self.department.currentData(),
            contact_id=self.to.contact_id,
            tags=tuple(self.tags.text().split(",")),
        )
        focused = self.focusWidget()
        self._wait(on=True)
        alone = self._other is None  # a ticket begun for somebody else stays begun
        self.drafts.hold(None, DraftKind.NEW_TICKET)
        new_tickets, actor = self._session.desk.new_tickets, self._session.actor

        def done(result: ReplySent) -> None:
            self.drafts.ended(None, DraftKind.NEW_TICKET)
            self._opened(result)
            super(NewTicketDialog, self).accept()

        def failed(problem: Problem) -> None:
            self._wait(on=False)
            if focused is not None:
                focused.setFocus()
            self.drafts.resume(None, DraftKind.NEW_TICKET)
            self._to_field.set_error(problem.text)

        self._session.work.write(
            lambda: new_tickets.open(draft, actor, ends_draft=alone), done, failed=failed, owner=self
        )

    def _wait(self, *, on: bool) -> None:
        """Take no more words while the ticket is being opened: they would not be in it."""
        fields = (self.kind, self.from_box, self.to, self.subject, self.text, self.department, self.assignee, self.tags)
        for one in (*fields, self.yes):
            one.setEnabled(not on)


def _name(kept: KeptDraft) -> str:
    """For whom a ticket was begun."""
    return (kept.to[0].name or kept.to[0].email) if kept.to else tr("nobody yet")
