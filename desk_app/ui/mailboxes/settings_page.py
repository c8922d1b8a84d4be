"""Mailboxes: list at the left, one mailbox at the right (ui.md 4.14, features.md MB-31)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QLineEdit, QPlainTextEdit, QWidget

from desk_app.domain.mailboxes.model import Account, AccountHealth, AfterImport, Alias, FirstImport
from desk_app.domain.mailboxes.settings import EmailSettings, SettingsError
from desk_app.plugin_api.channels import ChannelFault
from desk_app.plugin_api.ui import WindowPort
from desk_app.services.mailboxes.accounts import Reconciliation
from desk_app.ui.language import tr
from desk_app.ui.mailboxes.form import PasswordField, ServersForm, settings_problem
from desk_app.ui.mailboxes.sign_in import SignInPanel
from desk_app.ui.mailboxes.test_steps import StepList
from desk_app.ui.messages.recipients import read_addresses
from desk_app.ui.problems import Problem, fault_text
from desk_app.ui.session import DeskSession
from desk_app.ui.theme.tokens import CHART_COLOURS
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.widgets.basics import ElidedLabel, button, chip, label, number_box, restyle, scroller
from desk_app.ui.widgets.layout import boxed, clear, column, hairline, row
from desk_app.ui.widgets.painted import Dot, NavItem
from desk_app.ui.widgets.panels import Banner, EmptyState, Field, panel_card
from desk_app.ui.work import Lane


class MailboxesPage(QWidget):
    """Lists mailboxes and edits one."""

    def __init__(self, session: DeskSession, port: WindowPort, open_wizard: Callable[..., None]) -> None:
        super().__init__()
        self._session, self._port, self._open_wizard = session, port, open_wizard
        self._current: int | None = None
        self._items: dict[int, NavItem] = {}
        self.editor: MailboxEditor | None = None
        self._list = column(spacing=2)
        add = button(tr("Add"), lambda: open_wizard(), variant="primary", icon_name="plus")  # noqa: PLW0108 -- no argument
        head = row(label(tr("Mailboxes"), "title"), None, add, margins=(16, 9, 12, 8))
        inside = boxed(column(self._list, None, margins=(10, 8, 10, 8)), "surface")
        left = boxed(column(head, hairline(), scroller(inside, tr("Mailboxes")), spacing=0), "surface")
        left.setFixedWidth(270)
        self._right = column(spacing=0)
        right = boxed(self._right, "canvas")
        line = row(left, hairline(vertical=True), right, spacing=0)
        line.setStretchFactor(right, 1)
        self.setLayout(line)
        session.facts_changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        clear(self._list)
        self._items.clear()
        accounts = self._session.facts.accounts
        for account, health in accounts:
            item = NavItem(account.name, dot=account.colour)
            if health.fault and account.enabled:
                item.set_count(1, alarm=True)
                item.setAccessibleName(f"{account.name}: {fault_text(health.fault)[0]}")
            item.clicked.connect(lambda _checked=False, one=account.id: self.open_account(one))
            item.setChecked(account.id == self._current)
            self._items[account.id] = item
            self._list.addWidget(item)
        if self._current not in self._items and accounts:
            self.open_account(accounts[0][0].id)
        elif not accounts:
            clear(self._right)
            text = tr("Connect a mailbox to begin.")
            choice = (tr("Add a mailbox"), lambda: self._open_wizard())  # noqa: PLW0108 -- no argument
            self._right.addWidget(EmptyState("mail", tr("No mailbox yet"), text, choice))
        elif self.editor is not None and self._current is not None:
            found = next(((a, h) for a, h in accounts if a.id == self._current), None)
            if found is not None:
                self.editor.refresh(*found)

    def open_account(self, account_id: int) -> None:
        """Show one mailbox."""
        found = next(((a, h) for a, h in self._session.facts.accounts if a.id == account_id), None)
        if found is None:
            return
        self._current = account_id
        for key, item in self._items.items():
            item.setChecked(key == account_id)
        clear(self._right)
        self.editor = MailboxEditor(self._session, self._port, *found, decide=self._open_wizard)
        self._right.addWidget(self.editor)


class MailboxEditor(QWidget):
    """One mailbox: health, names, servers, test, what happens after import, removal."""

    def __init__(
        self,
        session: DeskSession,
        port: WindowPort,
        account: Account,
        health: AccountHealth,
        *,
        decide: Callable[..., None],
    ) -> None:
        super().__init__()
        self._session, self._port, self._account, self._decide = session, port, account, decide
        self._health = column(spacing=8)
        self._fault = ""
        self.sign_in_panel = SignInPanel(session)
        self.sign_in_panel.signed_in.connect(lambda _secrets: self._signed_in())
        self._compared = label("", "secondary", wrap=True, selectable=True)
        self._compared.hide()
        self._build_fields()
        self.save_button = button(tr("Save"), self.save, variant="primary")
        self.test_button = button(tr("Test the connection"), self.test, icon_name="play")
        self.sign_in_button = button(tr("Sign in with the provider"), self.sign_in, icon_name="log-in")
        for server in (self.form.imap, self.form.smtp):
            server.sign_in.currentIndexChanged.connect(lambda _index: self._show_provider())
            server.used.toggled.connect(lambda _on: self._show_provider())
        self._show_provider()
        self.remove_button = button(tr("Remove…"), self._ask_remove, variant="danger", icon_name="trash-2")
        self._message = label("", "secondary", wrap=True)
        inside = column(
            row(Dot(account.colour, account.name), ElidedLabel(account.address, "title"), spacing=10),
            self._health,
            self.sign_in_panel,
            self._compared,
            self._section(
                tr("Name"),
                Field(tr("Name in the desk"), self.name),
                Field(tr("Name customers see"), self.shown_name),
                self._colour_field,
            ),
            self._section(
                tr("Servers"),
                self.form,
                Field(tr("New password"), self.password, help_text=tr("Leave empty to keep the stored one.")),
                self.steps,
                boxed(row(self.test_button, self.sign_in_button, None, spacing=10)),
            ),
            self._section(
                tr("Addresses"),
                Field(
                    tr("Further addresses, one a line"),
                    self.aliases,
                    help_text=tr("Replies to mail sent there leave from that address."),
                ),
                Field(
                    tr("Contact forms: use Reply-To as the customer for mail from"),
                    self.reply_to,
                    help_text=tr("Addresses or domains separated by commas; * means every sender."),
                ),
            ),
            self._section(
                tr("Fetching"),
                boxed(row(Field(tr("After import"), self.after), Field(tr("Folder"), self.after_target), spacing=10)),
                boxed(
                    row(
                        Field(tr("Look for mail every"), self.poll), Field(tr("Largest mail"), self.largest), spacing=10
                    )
                ),
                self.enabled,
            ),
            boxed(row(self.remove_button, None)),
            None,
            margins=(24, 20, 24, 20),
            spacing=14,
        )
        holder = boxed(inside, "canvas")
        holder.setMaximumWidth(760)
        footer = boxed(row(self._message, None, self.save_button, margins=(24, 10, 24, 10)), "surface")
        self.setLayout(column(scroller(holder, account.name), hairline(), footer, spacing=0))
        self.refresh(account, health)

    def _section(self, title: str, *widgets: QWidget) -> QFrame:
        frame, content = panel_card(title)
        content.setSpacing(12)
        for widget in widgets:
            content.addWidget(widget)
        return frame

    def _build_fields(self) -> None:
        account = self._account
        self.name, self.shown_name = QLineEdit(account.name), QLineEdit(account.sender_name)
        self.colour = QComboBox()
        names = (tr("Indigo"), tr("Teal"), tr("Violet"), tr("Blue"), tr("Orange"), tr("Pink"))
        for token, words in zip(CHART_COLOURS, names, strict=True):
            self.colour.addItem(words, token)
        self.colour.setCurrentIndex(max(0, self.colour.findData(account.colour)))
        self._colour_field = Field(tr("Colour"), self.colour)
        self.form = ServersForm()
        try:
            self.form.show_settings(EmailSettings.from_json(dict(account.settings)))
        except SettingsError:
            self.form.show_settings(EmailSettings())
        self.password = PasswordField()
        self.steps = StepList(self._session)
        self.steps.certificate_accepted.connect(self._accept)
        self.aliases = QPlainTextEdit("\n".join(alias.address for alias in account.aliases))
        self.aliases.setFixedHeight(74)
        self.aliases.setTabChangesFocus(True)
        self.reply_to = QLineEdit(", ".join(account.policy.reply_to_senders))
        self.after = QComboBox()
        for value, words in (
            (AfterImport.KEEP, tr("Keep on the server")),
            (AfterImport.FLAG, tr("Mark as seen")),
            (AfterImport.MOVE, tr("Move to a folder")),
            (AfterImport.DELETE, tr("Delete on the server")),
        ):
            self.after.addItem(words, value)
        self.after.setCurrentIndex(self.after.findData(account.policy.after_import))
        self.after_target = QLineEdit(account.policy.after_import_target)
        self.after.currentIndexChanged.connect(lambda _i: self._follow_after())
        self._follow_after()
        self.poll, self.largest = number_box(15, 3600, tr("seconds")), number_box(1, 500, "MB")
        self.poll.setValue(account.policy.poll_seconds)
        self.largest.setValue(max(1, account.policy.max_bytes // (1024 * 1024)))
        self.enabled = QCheckBox(tr("Use this mailbox"))
        self.enabled.setChecked(account.enabled)

    def _follow_after(self) -> None:
        self.after_target.setEnabled(self.after.currentData() == AfterImport.MOVE)

    # -- health ---------------------------------------------------------------------------------------------------
    def refresh(self, account: Account, health: AccountHealth) -> None:
        """Show how the mailbox fares now; what is being edited stays."""
        self._account = replace(self._account, version=account.version, policy=account.policy)
        self._fault = health.fault
        clear(self._health)
        if account.policy.first_import is FirstImport.UNDECIDED:
            text = tr("Nothing is fetched until you choose what happens to the mail that lies there.")
            self._health.addWidget(Banner(text, "warning", [(tr("Choose…"), lambda: self._decide(account.id))]))
        if health.fault:
            title, advice = fault_text(health.fault)
            text = f"{title}. {advice}" + (f"\n{health.detail}" if health.detail else "")
            mend = {
                ChannelFault.CONSENT.value: [(tr("Sign in again"), self.sign_in)],
                ChannelFault.SECRET.value: [(tr("Unlock the keychain"), self.unlock)],
            }.get(health.fault, [])
            self._health.addWidget(Banner(text, "danger", [*mend, (tr("Try now"), self._sync)]))
        elif health.succeeded_at is not None:
            text = tr("Last read {when}.").format(when=full_time(health.succeeded_at))
            self._health.addWidget(Banner(text, "success", [(tr("Get mail now"), self._sync)]))
        chips = []
        if health.backlog:
            chips.append(chip(tr("%n mail(s) to fetch", health.backlog), "info"))
        if health.server_count is not None and health.stored_count is not None:
            text = tr("server has {server}, we have {stored}").format(
                server=health.server_count, stored=health.stored_count
            )
            chips.append(chip(text, "" if health.server_count == health.stored_count else "warning"))
        compare = button(tr("Compare with the server"), self._reconcile, variant="link", icon_name="equal")
        self._health.addLayout(row(*chips, compare, None))

    def _reconcile(self) -> None:
        mailboxes, account_id = self._session.desk.mailboxes, self._account.id
        self._compared.setText(tr("Comparing…"))
        self._compared.show()

        def told(result: Reconciliation) -> None:
            text = tr("The server has {server} mails, the desk has {stored}.").format(
                server=result.server_count, stored=result.stored_count
            )
            if result.missing:
                text += " " + tr("%n mail(s) are missing here.", len(result.missing))
            self._compared.setText(text)

        def failed(problem: Problem) -> None:
            self._compared.setText(problem.text)

        self._session.work.run(
            lambda: mailboxes.reconcile(account_id), told, failed=failed, owner=self._compared, lane=Lane.NETWORK
        )

    def _sync(self) -> None:
        sync, account_id = self._session.desk.sync, self._account.id
        self._port.notify(tr("Getting mail…"))
        self._session.work.run(
            lambda: sync.sync_once(account_id), lambda _result: self._session.load(), owner=self, lane=Lane.NETWORK
        )

    # -- signing in at the provider (MB-03, MB-04) --------------------------------------------------------------------
    def _show_provider(self) -> None:
        self.sign_in_button.setVisible(self.form.wants_provider)

    def mend(self) -> None:
        """Begin what mends the mailbox's fault, where one click can."""
        if self._fault == ChannelFault.CONSENT.value:
            self.sign_in()
        elif self._fault == ChannelFault.SECRET.value:
            self.unlock()

    def sign_in(self) -> None:
        """Let the person sign the mailbox in at its provider."""
        account = self._entered()
        if account is not None:
            self._say("")
            self.sign_in_panel.begin(account, self.form.typed_secrets)

    def _signed_in(self) -> None:
        self.form.client_secret.clear()
        account = self._entered()
        if account is not None and dict(account.settings) != dict(self._account.settings):
            self.save()  # the tokens belong to the registration that was just entered
        else:
            self._say(tr("Signed in"))
        self._sync()

    def unlock(self) -> None:
        """Ask the person to unlock the keychain of this computer."""
        sign_in, actor = self._session.desk.sign_in, self._session.actor
        self._say(tr("Asking the keychain of this computer… It may ask you to unlock it."))

        def unlocked(_none: None) -> None:
            self._say(tr("The keychain is unlocked"))
            self._sync()

        def failed(problem: Problem) -> None:
            self._say(f"{problem.title}: {problem.details}", bad=True)

        self._session.work.run(
            lambda: sign_in.unlock_keychain(actor), unlocked, failed=failed, owner=self, lane=Lane.NETWORK
        )

    # -- edit -----------------------------------------------------------------------------------------------------
    def edited(self) -> Account:
        """Return the mailbox as entered; raises SettingsError or ValueError."""
        aliases = []
        known = {alias.address: alias for alias in self._account.aliases}
        for line in self.aliases.toPlainText().splitlines():
            if line.strip():
                found, rest = read_addresses(line)
                if not found or rest:
                    raise ValueError(tr("“{text}” is not an e-mail address.").format(text=line.strip()))
                aliases.append(known.get(found[0].email, Alias(found[0].email, found[0].name)))
        policy = replace(
            self._account.policy,
            after_import=AfterImport(self.after.currentData()),
            after_import_target=self.after_target.text().strip(),
            reply_to_senders=tuple(one.strip().lower() for one in self.reply_to.text().split(",") if one.strip()),
            poll_seconds=self.poll.value(),
            max_bytes=self.largest.value() * 1024 * 1024,
        )
        if policy.after_import is AfterImport.MOVE and not policy.after_import_target:
            raise ValueError(tr("Name the folder that imported mail is moved to."))
        return replace(
            self._account,
            name=self.name.text().strip() or self._account.name,
            sender_name=self.shown_name.text().strip(),
            colour=str(self.colour.currentData()),
            settings=self.form.settings.to_json(),
            aliases=tuple(aliases),
            policy=policy,
            enabled=self.enabled.isChecked(),
        )

    def _entered(self) -> Account | None:
        try:
            return self.edited()
        except SettingsError as error:
            self._say(settings_problem(error), bad=True)
        except ValueError as error:
            self._say(str(error), bad=True)
        return None

    def save(self) -> None:
        """Store what was entered."""
        account = self._entered()
        if account is None:
            return
        mailboxes, actor = self._session.desk.mailboxes, self._session.actor
        secrets = {"password": self.password.text()} if self.password.text() else {}
        secrets |= self.form.typed_secrets

        def store() -> None:
            mailboxes.update(account, secrets, actor)

        def stored(_none: None) -> None:
            self.password.clear()
            self.form.client_secret.clear()
            self._say(tr("Saved"))
            self._session.load()

        def failed(problem: Problem) -> None:
            self._say(problem.text, bad=True)

        self._session.work.write(store, stored, failed=failed, owner=self)

    def test(self) -> None:
        """Try what is entered, with the stored password unless a new one is entered."""
        account = self._entered()
        if account is None:
            return
        self._say("")
        mailboxes = self._session.desk.mailboxes
        secrets = {"password": self.password.text()} if self.password.text() else None
        self.steps.run(lambda: mailboxes.test(account, secrets))

    def _accept(self, step_id: str, fingerprint: str) -> None:
        self.form.accept_certificate(step_id, fingerprint)
        self.test()

    def _say(self, text: str, *, bad: bool = False) -> None:
        self._message.setText(text)
        restyle(self._message, state="danger" if bad else "success")

    def _ask_remove(self) -> None:
        question = Question(tr("Remove this mailbox?"), tr("Remove"), self, danger=True)
        text = tr("Its tickets stay. Mail is no longer fetched or sent, and its password is deleted.")
        question.content.addWidget(label(text, "secondary", wrap=True))
        question.ask(self.remove)

    def remove(self) -> None:
        """Remove the mailbox from the desk."""
        mailboxes, actor, account_id = self._session.desk.mailboxes, self._session.actor, self._account.id
        self._session.work.write(
            lambda: mailboxes.remove(account_id, actor), lambda _none: self._session.load(), owner=self
        )
