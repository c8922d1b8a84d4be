"""Leads from an address to mail on the screen (ui.md 4.16, features.md MB-08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtWidgets import QDateEdit, QFrame, QLineEdit, QRadioButton, QStackedWidget, QWidget

from desk_app.domain.mailboxes.model import Account, AccountPolicy, FirstImport
from desk_app.domain.mailboxes.settings import Candidate, SettingsError, SetupNote
from desk_app.plugin_api.channels import StreamCount
from desk_app.ui.language import tr
from desk_app.ui.mailboxes.form import PasswordField, ServersForm, note_text, settings_problem
from desk_app.ui.mailboxes.sign_in import SignInPanel
from desk_app.ui.mailboxes.test_steps import StepList
from desk_app.ui.messages.recipients import read_addresses
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.tokens import CHART_COLOURS
from desk_app.ui.widgets.basics import button, label, scroller
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.painted import Steps
from desk_app.ui.widgets.panels import Banner, Field
from desk_app.ui.work import Lane

ADDRESS, CONNECTION, OLD_MAIL, DONE = range(4)


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered in the first step, to be put back into a wizard in another language."""

    account_id: int | None
    address: str
    password: str = field(repr=False)
    shown_name: str


class Wizard(QWidget):
    """A card on the backdrop with four steps; Back keeps what was entered."""

    finished = Signal()

    def __init__(self, session: DeskSession, language: QWidget | None = None) -> None:
        super().__init__()
        self.setObjectName("backdrop")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._session, self._language = session, language
        self._account_id: int | None = None
        self._tested = False
        self._signed_in: Mapping[str, str] = {}
        self._asked_for = ""
        self.steps = Steps([tr("Address"), tr("Connection"), tr("Old mail"), tr("Done")])
        self.pages = QStackedWidget()
        for page in (self._address_page(), self._connection_page(), self._old_mail_page(), self._done_page()):
            self.pages.addWidget(page)
        self.back = button(tr("Back"), self._go_back, variant="ghost")
        self.skip = button(tr("Skip for now"), self._leave, variant="ghost")
        self.next = button(tr("Continue"), self._go_on, variant="primary")
        card = QFrame()
        card.setObjectName("dialogcard")
        card.setFixedWidth(640)
        card.setMaximumHeight(720)
        buttons = row(self.back, None, self.skip, self.next, spacing=10)
        card.setLayout(column(self.steps, 12, self.pages, 10, buttons, margins=(36, 26, 36, 24), spacing=0))
        centre = row(None, card, None)
        outer = column(None, centre, None, margins=(20, 20, 20, 20))
        outer.setStretchFactor(centre, 12)
        self.setLayout(outer)

    # -- pages ----------------------------------------------------------------------------------------------------
    def _address_page(self) -> QWidget:
        self.address, self.password, self.shown_name = QLineEdit(), PasswordField(), QLineEdit()
        self.setFocusProxy(self.address)
        self.address.setPlaceholderText("support@example.com")
        self.address.returnPressed.connect(lambda: self._go_on())  # noqa: PLW0108 -- no argument
        self._address_field = address_field = Field(tr("E-mail address"), self.address)
        self.address.textChanged.connect(lambda _text: address_field.set_error(""))
        password = Field(
            tr("Password or app password"),
            self.password,
            help_text=tr("It is kept in the keychain of this computer only."),
        )
        sender = Field(tr("Name customers see"), self.shown_name)
        return boxed(
            column(
                row(label(tr("Connect a mailbox"), "h2"), None, *([self._language] if self._language else [])),
                label(
                    tr("We look up the server settings from the address. You can change everything later."),
                    "secondary",
                    wrap=True,
                ),
                self._address_field,
                password,
                sender,
                None,
                spacing=14,
            )
        )

    def _connection_page(self) -> QWidget:
        self.form = ServersForm()
        self.form.hide()
        self._notes = column(spacing=6)
        self.test_steps = StepList(self._session)
        self.test_steps.finished.connect(self._test_finished)
        self.test_steps.certificate_accepted.connect(self._accept)
        self.found_title = label("", "secondary", wrap=True)
        self.settings_button = button(
            tr("Settings"),
            lambda: self.form.setVisible(not self.form.isVisible()),
            variant="ghost",
            icon_name="sliders-horizontal",
        )
        self.test_button = button(tr("Test again"), self.test, icon_name="refresh-cw")
        self.provider_button = button(tr("Sign in with the provider"), self._ask_provider, icon_name="log-in")
        self.provider_button.hide()
        self.sign_in = SignInPanel(self._session)
        self.sign_in.signed_in.connect(self._provider_agreed)
        self._error = label("", "secondary", wrap=True)
        self._error.setProperty("state", "danger")
        self._error.hide()
        inside = boxed(
            column(
                self.found_title,
                self._notes,
                self.test_steps,
                row(self.settings_button, self.provider_button, None, self.test_button),
                self.sign_in,
                self._error,
                self.form,
                None,
                margins=(0, 0, 10, 0),
                spacing=12,
            )
        )
        self.form.imap.sign_in.currentIndexChanged.connect(lambda _index: self._show_provider())
        return boxed(column(label(tr("Connection"), "h2"), scroller(inside, tr("Connection")), spacing=10))

    def _old_mail_page(self) -> QWidget:
        self.none, self.since = QRadioButton(tr("None: begin with new mail")), QRadioButton(tr("From this date on"))
        self.archive = QRadioButton(tr("All of it, as closed tickets"))
        self.none.setChecked(True)
        self.date = QDateEdit(QDate.currentDate().addDays(-30))
        self.date.setCalendarPopup(True)
        self.date.setAccessibleName(tr("Take over mail from"))
        self.date.dateChanged.connect(lambda _date: self._count())
        self.since.toggled.connect(lambda _on: self._count())
        self.count_text = label(tr("Counting…"), "strong", wrap=True)
        self._since_text = label("", "tertiary")
        return boxed(
            column(
                label(tr("What about the mail that lies there already?"), "h2", wrap=True),
                self.count_text,
                label(tr("Old mail never triggers replies, rules or alerts."), "secondary", wrap=True),
                6,
                self.none,
                row(self.since, self.date, self._since_text, None),
                self.archive,
                None,
                spacing=10,
            )
        )

    def _done_page(self) -> QWidget:
        self.done_text = label("", "secondary", wrap=True)
        self.stay_held = QRadioButton(tr("Hold everything in the outbox for now (you look through it first)"))
        self.arm_now = QRadioButton(tr("Let replies leave by themselves from now on"))
        self.stay_held.setChecked(True)
        return boxed(
            column(
                label(tr("The mailbox is connected"), "h2"),
                self.done_text,
                8,
                label(tr("May the desk send mail?"), "strong"),
                self.stay_held,
                self.arm_now,
                label(tr("You can change this at any time in Settings, Sending."), "tertiary", wrap=True),
                None,
                spacing=10,
            )
        )

    # -- way ------------------------------------------------------------------------------------------------------
    def begin(self, account_id: int | None = None) -> None:
        """Start from the beginning, or at the question about old mail for a mailbox that is there already."""
        self._account_id, self._tested, self._signed_in, self._asked_for = account_id, False, {}, ""
        self.sign_in.cancel()
        for line in (self.address, self.password, self.shown_name, self.form.client_secret):
            line.clear()
        self._show(ADDRESS if account_id is None else OLD_MAIL)

    @property
    def entered(self) -> Entered:
        """What was entered in the first step."""
        return Entered(self._account_id, self.address.text(), self.password.text(), self.shown_name.text())

    def refill(self, entered: Entered) -> None:
        """Take what was entered before."""
        self.address.setText(entered.address)
        self.password.setText(entered.password)
        self.shown_name.setText(entered.shown_name)

    @property
    def step(self) -> int:
        """Which step is shown."""
        return self.pages.currentIndex()

    def _show(self, step: int) -> None:
        self.pages.setCurrentIndex(step)
        self.steps.set_current(step)
        self.back.setVisible(step == CONNECTION)
        self.skip.setVisible(step in {ADDRESS, CONNECTION})
        self.next.setText(tr("Open the inbox") if step == DONE else tr("Continue"))
        self.next.setEnabled(step != CONNECTION or self._tested)
        if step == OLD_MAIL:
            self._count()

    def _go_back(self) -> None:
        self.test_steps.stop()
        self.sign_in.cancel()
        self._show(ADDRESS)

    def _leave(self) -> None:
        self.sign_in.cancel()
        self.finished.emit()

    def _go_on(self) -> None:
        {ADDRESS: self._look_up, CONNECTION: self._store, OLD_MAIL: self._decide, DONE: self._finish}[self.step]()

    def _look_up(self) -> None:
        found, _rest = read_addresses(self.address.text())
        if not found:
            self._address_field.set_error(tr("Enter a whole e-mail address, such as support@example.com."))
            return
        address = found[0].email
        self._show(CONNECTION)
        if self._asked_for == address:
            self.test()
            return
        self._asked_for = address
        self.found_title.setText(tr("Looking for the settings of {address}…").format(address=address))
        mailboxes = self._session.desk.mailboxes
        self._session.work.run(
            lambda: mailboxes.discover(address),
            self._discovered,
            failed=self._not_discovered,
            owner=self,
            lane=Lane.NETWORK,
        )

    def _discovered(self, candidates: Sequence[Candidate]) -> None:
        clear(self._notes)
        if not candidates:
            self._not_discovered(None)
            return
        best = candidates[0]
        self.form.show_settings(best.settings)
        self.found_title.setText(tr("Settings found: {title}").format(title=best.title))
        for note in best.notes:
            self._notes.addWidget(Banner(note_text(note), "info"))
        page_only = SetupNote.OAUTH_ONLY in best.notes
        if page_only or (SetupNote.OAUTH_POSSIBLE in best.notes and not self.password.text()):
            self.form.prefer_provider()
        self._show_provider()
        if self.form.wants_provider:
            self.form.show()  # the registration has to be entered
            self.form.client_id.setFocus()
        else:
            self.test()

    def _not_discovered(self, _problem: Problem | None) -> None:
        self.found_title.setText(tr("No settings were found for this address. Ask the provider and enter them here."))
        self.form.show()
        for fields in (self.form.imap, self.form.smtp):
            if not fields.user.text():
                fields.user.setText(self._asked_for)

    def _show_provider(self) -> None:
        self.provider_button.setVisible(self.form.wants_provider)

    def _ask_provider(self) -> None:
        try:
            account = self._account()
        except SettingsError as error:
            self._say(settings_problem(error))
            self.form.show()
            return
        self._say("")
        self._signed_in = {}
        self.sign_in.begin(account, self.form.typed_secrets)

    def _provider_agreed(self, secrets: Mapping[str, str]) -> None:
        self._signed_in = secrets
        self.test()

    # -- connection -----------------------------------------------------------------------------------------------
    @property
    def secrets(self) -> Mapping[str, str]:
        """What was entered; goes to the keychain only."""
        if self.form.wants_provider:
            return {**self.form.typed_secrets, **self._signed_in}
        return {"password": self.password.text()} if self.password.text() else {}

    def _account(self) -> Account:
        settings = self.form.settings
        facts = self._session.facts
        departments = facts.departments
        name = self.shown_name.text().strip() or self._asked_for.partition("@")[0].title()
        return Account(
            id=0,
            department_id=departments[0].id if departments else 1,
            channel="email",
            name=name,
            sender_name=self.shown_name.text().strip(),
            address=self._asked_for,
            settings=settings.to_json(),
            policy=AccountPolicy(),
            colour=CHART_COLOURS[len(facts.accounts) % len(CHART_COLOURS)],
            position=len(facts.accounts),
        )

    def test(self) -> None:
        """Try what is entered."""
        self._tested = False
        self.next.setEnabled(False)
        self._say("")
        try:
            account = self._account()
        except SettingsError as error:
            self._say(settings_problem(error))
            self.form.show()
            return
        mailboxes, secrets = self._session.desk.mailboxes, dict(self.secrets)
        self.test_steps.run(lambda: mailboxes.test(account, secrets))

    def _test_finished(self, well: bool) -> None:
        self._tested = well
        self.next.setEnabled(well)
        if not well and not any(step.certificate for step in self.test_steps.steps.values()):
            self.form.setVisible(True)

    def _accept(self, step_id: str, fingerprint: str) -> None:
        self.form.accept_certificate(step_id, fingerprint)
        self.test()

    def _say(self, text: str) -> None:
        self._error.setText(text)
        self._error.setVisible(bool(text))

    def _store(self) -> None:
        account, secrets = self._account(), dict(self.secrets)
        mailboxes, actor = self._session.desk.mailboxes, self._session.actor
        self.next.setEnabled(False)

        def stored(account_id: int) -> None:
            self._account_id = account_id
            self.password.clear()
            self.form.client_secret.clear()
            self._signed_in = {}
            self._session.load()
            self._show(OLD_MAIL)

        def failed(problem: Problem) -> None:
            self.next.setEnabled(True)
            self._say(problem.text)

        self._session.work.write(lambda: mailboxes.add(account, secrets, actor), stored, failed=failed, owner=self)

    # -- old mail -------------------------------------------------------------------------------------------------
    def _since(self) -> datetime:
        day = self.date.date()
        return datetime(day.year(), day.month(), day.day()).astimezone()

    def _count(self) -> None:
        account_id, since, mailboxes = self._account_id, self._since(), self._session.desk.mailboxes
        if account_id is None:
            return

        def counted(counts: Sequence[StreamCount]) -> None:
            total = sum(one.total for one in counts)
            self.count_text.setText(tr("%n message(s) lie in the mailbox.", total))
            recent = [one.since for one in counts if one.since is not None]
            self._since_text.setText(tr("%n message(s)", sum(recent)) if recent else "")

        def failed(problem: Problem) -> None:
            self.count_text.setText(problem.text)

        self._session.work.run(
            lambda: mailboxes.count_old_mail(account_id, since), counted, failed=failed, owner=self, lane=Lane.NETWORK
        )

    def _decide(self) -> None:
        account_id, mailboxes, actor = self._account_id, self._session.desk.mailboxes, self._session.actor
        if account_id is None:
            return
        choice = FirstImport.NONE
        if self.since.isChecked():
            choice = FirstImport.SINCE
        elif self.archive.isChecked():
            choice = FirstImport.ARCHIVE
        since = self._since() if choice is FirstImport.SINCE else None

        def decided(_none: None) -> None:
            name = self._asked_for or tr("The mailbox")
            self.done_text.setText(
                tr("{address} is read from now on. New mail appears in the inbox by itself.").format(address=name)
            )
            self.arm_now.setChecked(self._session.facts.settings.outgoing_armed)
            self._show(DONE)

        def failed(problem: Problem) -> None:
            self.count_text.setText(problem.text)

        self._session.work.run(
            lambda: mailboxes.decide_first_import(account_id, choice, since, actor),
            decided,
            failed=failed,
            owner=self,
            lane=Lane.NETWORK,
        )

    def _finish(self) -> None:
        settings, actor = self._session.desk.settings, self._session.actor
        armed = self._session.facts.settings.outgoing_armed
        if self.arm_now.isChecked() != armed:
            call = settings.arm if self.arm_now.isChecked() else settings.disarm
            self._session.work.write(lambda: call(actor), lambda _n: self._session.load(), owner=self)
        self.finished.emit()
