"""Leads from an address to mail on the screen (ui.md 4.16, features.md MB-08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QStackedWidget, QWidget

from desk_app.domain.mailboxes.model import Account, AccountPolicy
from desk_app.domain.mailboxes.settings import Candidate, SettingsError, SetupNote
from desk_app.services.system.databases import DatabaseChoices
from desk_app.ui.language import tr
from desk_app.ui.mailboxes.form import PasswordField, ServersForm, note_text, settings_problem
from desk_app.ui.mailboxes.sign_in import SignInPanel
from desk_app.ui.mailboxes.test_steps import StepList
from desk_app.ui.messages.recipients import read_addresses
from desk_app.ui.preferences import Preferences
from desk_app.ui.problems import Problem
from desk_app.ui.session import DeskSession
from desk_app.ui.setup.checklist import CHECKLIST, SHOWN
from desk_app.ui.setup.database_step import DatabaseStep
from desk_app.ui.setup.entered import ADDRESS, CONNECTION, DATABASE, DONE, LANGUAGE, OLD_MAIL, TEAM, Entered
from desk_app.ui.setup.language_step import LanguageStep
from desk_app.ui.setup.old_mail_step import OldMailStep
from desk_app.ui.setup.ready_step import ReadyStep
from desk_app.ui.setup.team_step import TeamStep
from desk_app.ui.theme.tokens import CHART_COLOURS
from desk_app.ui.widgets.basics import button, label, scroller, set_words
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.painted import Steps
from desk_app.ui.widgets.panels import Banner, Field
from desk_app.ui.work import Lane

_MAILBOX = (ADDRESS, CONNECTION, OLD_MAIL, DONE)
_FIRST_RUN = (LANGUAGE, DATABASE, ADDRESS, CONNECTION, OLD_MAIL, TEAM, DONE)
_FIRST_RUN_MARKS = {LANGUAGE: 0, DATABASE: 1, ADDRESS: 2, CONNECTION: 2, OLD_MAIL: 2, TEAM: 3, DONE: 4}
_KEPT = {"language": LANGUAGE, "database": DATABASE, "mailbox": ADDRESS, "team": TEAM, "done": DONE}


class Wizard(QWidget):
    """A card on the backdrop: the steps of the first run, or those of one more mailbox. Back keeps what was entered,
    and so does closing the program in the middle; only a password has to be entered again."""

    finished = Signal()
    reopen_asked = Signal()
    """Another database was chosen: the desk has to be opened anew; the wizard goes on there."""

    def __init__(
        self,
        session: DeskSession,
        language: QWidget | None = None,
        *,
        preferences: Preferences | None = None,
        databases: DatabaseChoices | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("backdrop")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=True)
        self._session, self._language, self._preferences = session, language, preferences
        self._account_id: int | None = None
        self._tested = False
        self._signed_in: Mapping[str, str] = {}
        self._asked_for = ""
        self._step = ADDRESS
        self.first_run = False
        self.steps = Steps([tr("Address"), tr("Connection"), tr("Old mail"), tr("Done")])
        self.first_steps = Steps([tr("Language"), tr("Database"), tr("Mailbox"), tr("Team"), tr("Done")])
        card = QFrame()
        card.setObjectName("dialogcard")
        card.setFixedWidth(640)
        card.setMinimumHeight(560)
        card.setMaximumHeight(720)
        centre = row(None, card, None)
        outer = column(None, centre, None, margins=(20, 20, 20, 20))
        outer.setStretchFactor(centre, 1000)  # all there is, to its height
        self.setLayout(outer)
        self.pages = QStackedWidget()
        marks = boxed(column(self.steps, self.first_steps))
        inside = column(marks, 20, self.pages, 10, margins=(36, 26, 36, 24), spacing=0)
        card.setLayout(inside)
        self._make_pages(databases)
        self.back = button(tr("Back"), self._go_back, variant="ghost")
        self.skip = button(tr("Skip for now"), self._leave, variant="ghost")
        self.next = button(tr("Continue"), self._go_on, variant="primary")
        inside.addLayout(row(self.back, None, self.skip, self.next, spacing=10))

    # -- pages ----------------------------------------------------------------------------------------------------
    def _make_pages(self, databases: DatabaseChoices | None) -> None:
        self.database = DatabaseStep(self._session, databases)
        self.database.changed.connect(self._follow)
        self.database.reopen_asked.connect(self._reopen)
        self.team = TeamStep(self._session)
        self.ready = ReadyStep(self._session, self._preferences)
        self.old_mail = OldMailStep(self._session)
        mailbox = self._mailbox_page()
        self._pages: dict[int, QWidget] = {
            LANGUAGE: LanguageStep(self._preferences) if self._preferences is not None else QWidget(),
            DATABASE: self.database,
            ADDRESS: mailbox,
            CONNECTION: mailbox,
            OLD_MAIL: self.old_mail,
            TEAM: self.team,
            DONE: self.ready,
        }
        for page in dict.fromkeys(self._pages.values()):
            self.pages.addWidget(page)

    def _mailbox_page(self) -> QWidget:
        """Built from the outside: what is put into something else gets a new style, with all that is inside."""
        page, inside, self._connection = QWidget(), QWidget(), QWidget()
        self.pages.addWidget(page)
        self.address, self.password, self.shown_name = QLineEdit(), PasswordField(), QLineEdit()
        self.address.setPlaceholderText("support@example.com")
        self.address.returnPressed.connect(lambda: self._go_on())  # noqa: PLW0108 -- no argument
        self._address_field = address_field = Field(tr("E-mail address"), self.address)
        self.address.textChanged.connect(lambda _text: address_field.set_error(""))
        self.address.textEdited.connect(lambda _text: self._address_edited())
        password = Field(
            tr("Password or app password"),
            self.password,
            help_text=tr("It is kept in the keychain of this computer only."),
        )
        sender = Field(tr("Name customers see"), self.shown_name)
        self._mailbox_title = label(tr("Connect a mailbox"), "h2")
        page.setLayout(
            column(
                row(self._mailbox_title, None, *([self._language] if self._language else [])),
                label(
                    tr("We look up the server settings from the address. You can change everything later."),
                    "secondary",
                    wrap=True,
                ),
                4,
                scroller(inside, tr("Mailbox")),
                spacing=10,
            )
        )
        inside.setLayout(column(self._address_field, password, sender, self._connection, None, spacing=14))
        self._fill_connection()
        return page

    @cached_property
    def form(self) -> ServersForm:
        """The settings of the servers, made when they are first needed: there is much of them."""
        made = ServersForm()
        made.hide()
        made.imap.sign_in.currentIndexChanged.connect(lambda _index: self._show_provider())
        self._servers.addWidget(made)
        return made

    def _fill_connection(self) -> None:
        self._servers = column()
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
        self._connection.setLayout(
            column(
                self.found_title,
                self._notes,
                self.test_steps,
                row(self.settings_button, self.provider_button, None, self.test_button),
                self.sign_in,
                self._error,
                self._servers,
                spacing=12,
            )
        )

    # -- way ------------------------------------------------------------------------------------------------------
    def begin(self, account_id: int | None = None, *, first_run: bool = False) -> None:
        """Start from the beginning, at the question about old mail for a mailbox that is there already, or, in the
        first run, where the person stopped the last time."""
        self._account_id, self._tested, self._signed_in, self._asked_for = account_id, False, {}, ""
        self.first_run = first_run
        self.steps.setVisible(not first_run)
        self.first_steps.setVisible(first_run)
        self.sign_in.cancel()
        secrets = [self.form.client_secret] if "form" in vars(self) else []
        for line in (self.address, self.password, self.shown_name, *secrets):
            line.clear()
        self._mailbox_title.setText(tr("Connect your first mailbox") if first_run else tr("Connect a mailbox"))
        if account_id is not None:
            self._show(OLD_MAIL)
        elif first_run:
            self._show(self._resumed())
        else:
            self._show(ADDRESS)

    def _resumed(self) -> int:
        if self._preferences is None:
            return ADDRESS
        kept = self._preferences.settings
        self.address.setText(str(kept.value("setup/address", "")))
        self.shown_name.setText(str(kept.value("setup/shown_name", "")))
        return _KEPT.get(str(kept.value("setup/step", "")), LANGUAGE)

    def _keep(self) -> None:
        """Note how far the first run is, without the password."""
        if not self.first_run or self._preferences is None:
            return
        kept = self._preferences.settings
        mark = {LANGUAGE: "language", DATABASE: "database", TEAM: "team", DONE: "done"}.get(self._step, "mailbox")
        kept.setValue("setup/step", mark)
        kept.setValue("setup/address", self.address.text().strip())
        kept.setValue("setup/shown_name", self.shown_name.text().strip())

    def _forget(self) -> None:
        if self.first_run and self._preferences is not None:
            for key in ("step", "address", "shown_name"):
                self._preferences.settings.remove(f"setup/{key}")

    def hideEvent(self, event: QHideEvent) -> None:
        """Keep what was entered: the program may be closed in the middle."""
        self._keep()
        super().hideEvent(event)

    @property
    def entered(self) -> Entered:
        """What was entered by hand."""
        return Entered(
            self._account_id,
            self.address.text(),
            self.password.text(),
            self.shown_name.text(),
            self._step,
            self.first_run,
        )

    def refill(self, entered: Entered) -> None:
        """Take what was entered before."""
        self.address.setText(entered.address)
        self.password.setText(entered.password)
        self.shown_name.setText(entered.shown_name)
        if entered.first_run and entered.step != CONNECTION:
            self._show(entered.step)

    @property
    def step(self) -> int:
        """Which step is shown."""
        return self._step

    @property
    def _way(self) -> tuple[int, ...]:
        return _FIRST_RUN if self.first_run else _MAILBOX

    def _show(self, step: int) -> None:
        self._step = step
        self.pages.setCurrentWidget(self._pages[step])
        self.steps.set_current(_MAILBOX.index(step) if step in _MAILBOX else 0)
        self.first_steps.set_current(_FIRST_RUN_MARKS[step])
        self._connection.setVisible(step == CONNECTION)
        set_words(self.next, tr("Open the inbox") if step == DONE else tr("Continue"), gap=False)
        if step == OLD_MAIL:
            self.old_mail.show_for(self._account_id)
        elif step == DONE:
            self.ready.show_for(self._account_id, self._asked_for, first_run=self.first_run)
        self.setFocusProxy(self.address if step in {ADDRESS, CONNECTION} else self._pages[step])
        self._keep()
        self._follow()

    def _follow(self) -> None:
        """Say which ways are open from here."""
        self.back.setVisible(self._before() is not None)
        self.skip.setVisible(self._step in {ADDRESS, CONNECTION} or (self.first_run and self._step != DONE))
        may = {CONNECTION: self._tested, DATABASE: self.database.may_go_on}
        self.next.setEnabled(may.get(self._step, True))

    def _before(self) -> int | None:
        """The step Back leads to; a mailbox that is connected is not asked about again."""
        place = self._way.index(self._step)
        earlier = [one for one in self._way[:place] if one not in {OLD_MAIL, CONNECTION}]
        if self._account_id is not None:
            earlier = [one for one in earlier if one == TEAM]
        return earlier[-1] if earlier else None

    def _go_back(self) -> None:
        self.test_steps.stop()
        self.sign_in.cancel()
        self.ready.leave()
        before = self._before()
        if before is not None:
            self._show(before)

    def _leave(self) -> None:
        """Skip a step of the first run; anywhere else, leave."""
        self.sign_in.cancel()
        self.test_steps.stop()
        following = {LANGUAGE: DATABASE, DATABASE: ADDRESS, TEAM: DONE}.get(self._step, TEAM)
        if self.first_run and self._step != DONE:
            self._show(following)
        else:
            self.finished.emit()

    def _go_on(self) -> None:
        if self._step == LANGUAGE:
            self._show(DATABASE)
        elif self._step == DATABASE:
            self.database.go_on(lambda: self._show(ADDRESS))
        elif self._step == TEAM:
            self._show(DONE)
        else:
            go = {ADDRESS: self._look_up, CONNECTION: self._store, OLD_MAIL: self._decide, DONE: self._finish}
            go[self._step]()

    def _reopen(self) -> None:
        self._step = ADDRESS  # goes on there, in the other database
        self._keep()
        self.reopen_asked.emit()

    def _address_edited(self) -> None:
        if self._step == CONNECTION and self.address.text().strip().lower() != self._asked_for:
            self.test_steps.stop()
            self._show(ADDRESS)

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
            lambda found: self._discovered(found) if address == self._asked_for else None,
            failed=lambda problem: self._not_discovered(problem) if address == self._asked_for else None,
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
        account = self._entered_account()
        if account is None:
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

    def _entered_account(self) -> Account | None:
        """Return the mailbox as it is entered; None where that is none, which is said."""
        try:
            return self._account()
        except SettingsError as error:
            self._say(settings_problem(error))
            self.form.show()
            return None

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
        self._follow()
        self._say("")
        account = self._entered_account()
        if account is None:
            return
        mailboxes, secrets = self._session.desk.mailboxes, dict(self.secrets)
        self.test_steps.run(lambda: mailboxes.test(account, secrets))

    def _test_finished(self, well: bool) -> None:
        self._tested = well
        self._follow()
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

    # -- the end --------------------------------------------------------------------------------------------------
    def _decide(self) -> None:
        self.old_mail.decide(lambda: self._show(TEAM if self.first_run else DONE))

    def _finish(self) -> None:
        session, actor = self._session, self._session.actor
        self.ready.leave()
        armed = session.facts.settings.outgoing_armed
        if self._account_id is not None and self.ready.arm_now.isChecked() != armed:
            call = session.desk.settings.arm if self.ready.arm_now.isChecked() else session.desk.settings.disarm
            session.work.write(lambda: call(actor), lambda _n: session.load(), owner=self)
        if self.first_run:
            session.choices.keep(CHECKLIST, SHOWN)
            if self.ready.samples.isChecked():
                samples = session.desk.samples
                session.work.write(lambda: samples.load(actor), lambda _n: session.load(), owner=self)
        self._forget()
        self.first_run = False
        self.finished.emit()
