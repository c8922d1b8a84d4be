"""Mailboxes: list at the left, one mailbox at the right (ui.md 4.14, features.md MB-31)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtWidgets import QBoxLayout, QCheckBox, QFrame, QLineEdit, QPlainTextEdit, QWidget

from desk_app.domain.mailboxes.model import Account, AccountHealth, AfterImport, Alias, FirstImport
from desk_app.domain.mailboxes.settings import EmailSettings, SettingsError
from desk_app.plugin_api.channels import ChannelFault
from desk_app.plugin_api.ui import WindowPort
from desk_app.services.ports.channels import CORE, MAIL, ChannelInfo
from desk_app.ui.language import tr
from desk_app.ui.mailboxes.channel_account import ChannelEditor, NewChannelAccount
from desk_app.ui.mailboxes.form import PasswordField, ServersForm, settings_problem
from desk_app.ui.mailboxes.sign_in import SignInPanel
from desk_app.ui.mailboxes.test_steps import StepList
from desk_app.ui.messages.recipients import read_addresses
from desk_app.ui.problems import Problem, fault_report, fault_text
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.form import SettingsForm
from desk_app.ui.settings.swatches import Swatches, mailbox_colours
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.timers import next_turn
from desk_app.ui.widgets.basics import ElidedLabel, Menu, button, chip, label, number_box, scroller
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import FlowLayout, boxed, clear, column, hairline, row
from desk_app.ui.widgets.painted import Dot, NavItem
from desk_app.ui.widgets.panels import Banner, EmptyState, Field, panel_card
from desk_app.ui.work import Lane

_LINK_EDGE = 5
"""What stands around the words of a link, in px: its border and padding in the style sheet."""


class MailboxesPage(QWidget):
    """Lists mailboxes and edits one."""

    def __init__(
        self,
        session: DeskSession,
        port: WindowPort,
        open_wizard: Callable[..., None],
        show_health: Callable[[int], None],
    ) -> None:
        super().__init__()
        self._session, self._port, self._open_wizard, self._show_health = session, port, open_wizard, show_health
        self._current: int | None = None
        self._items: dict[int, NavItem] = {}
        self.editor: MailboxEditor | ChannelEditor | None = None
        self._types: dict[str, ChannelInfo] = {}
        self._list = column(spacing=2)
        self.add_button = add = button(tr("Add"), self.add, variant="primary", icon_name="plus")
        head = row(label(tr("Mailboxes"), "title"), None, add, margins=(12, 9, 12, 8))
        inside = boxed(column(self._list, None, margins=(10, 8, 10, 8)), "surface")
        left = boxed(column(head, hairline(), scroller(inside, tr("Mailboxes")), spacing=0), "surface")
        left.setFixedWidth(270)
        self._right = column(spacing=0)
        right = boxed(self._right, "canvas")
        line = row(left, hairline(vertical=True), right, spacing=0)
        line.setStretchFactor(right, 1)
        self.setLayout(line)
        session.facts_changed.connect(self._fill)
        session.facts_changed.connect(self._look_at_types)
        next_turn(self, self._fill)  # once it is in its place, in a turn of its own: there is much of it
        self._look_at_types()

    # -- channels that plugins bring ----------------------------------------------------------------------------------
    def _look_at_types(self) -> None:
        mailboxes = self._session.desk.mailboxes
        self._session.work.run(mailboxes.channel_types, self._take_types, owner=self)

    def _take_types(self, types: Sequence[ChannelInfo]) -> None:
        before, self._types = self._types, {one.id: one for one in types}
        current = next((a for a, _ in self._session.facts.accounts if a.id == self._current), None)
        if current is None or before.get(current.channel) == self._types.get(current.channel):
            return
        if isinstance(self.editor, ChannelEditor) and not self.editor.has_changes:
            self.open_account(current.id)

    def add(self) -> None:
        """Add a mailbox, or an account of a channel that a plugin brings."""
        self._session.work.run(self._session.desk.mailboxes.channel_types, self._offer, owner=self)

    def _offer(self, types: Sequence[ChannelInfo]) -> None:
        self._take_types(types)
        brought = [one for one in types if one.plugin != CORE]
        if not brought:
            self._open_wizard()
            return
        menu = Menu(self)
        menu.add(tr("Mailbox"), lambda: self._open_wizard(), icon_name="mail")  # noqa: PLW0108 -- no argument
        for info in brought:
            menu.add(info.title, lambda one=info: self.add_account(one), icon_name="plug")  # type: ignore[misc]
        menu.below(self.add_button)

    def add_account(self, info: ChannelInfo) -> None:
        """Ask for an account of a plugin's channel."""
        NewChannelAccount(self._session, info, self).open()

    def _fill(self) -> None:
        clear(self._list)
        self._items.clear()
        accounts = self._session.facts.accounts
        for account, health in accounts:
            item = NavItem(account.name, dot=account.colour)
            if health.fault and account.enabled:
                item.set_count(1, alarm=True)
                item.setAccessibleName(f"{account.name}: {fault_text(health.fault)[0]}")
            item.clicked.connect(lambda _checked=False, one=account.id: self.leave(lambda: self.open_account(one)))
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
        if found[0].channel != MAIL:
            self.editor = ChannelEditor(self._session, self._port, *found, self._types.get(found[0].channel))
            self._right.addWidget(self.editor)
        else:
            self.editor = MailboxEditor(
                self._session,
                self._port,
                *found,
                decide=self._open_wizard,
                show_health=self._show_health,
                into=self._right,
            )

    def fix(self, account_id: int) -> None:
        """Show one mailbox and begin to mend what is wrong with it."""
        self.open_account(account_id)
        if self.editor is not None:
            self.editor.mend()

    def leave(self, then: Callable[[], None]) -> None:
        """Ask about changes of the mailbox shown before it is left."""
        if self.editor is None:
            then()
        else:
            self.editor.leave(then)


class MailboxEditor(SettingsForm):
    """One mailbox: health, names, servers, test, what happens after import, removal."""

    def __init__(
        self,
        session: DeskSession,
        port: WindowPort,
        account: Account,
        health: AccountHealth,
        *,
        decide: Callable[..., None],
        show_health: Callable[[int], None],
        into: QBoxLayout,
    ) -> None:
        super().__init__(account.name)
        into.addWidget(self)  # before there is anything inside, which would get a new style with it
        self._session, self._port, self._account, self._decide = session, port, account, decide
        self._show_health = show_health
        self._health = column(spacing=8)
        self._fault = ""
        self.sign_in_panel = SignInPanel(session)
        self.sign_in_panel.signed_in.connect(lambda _secrets: self._signed_in())
        self._build_fields()
        self.test_button = button(tr("Test the connection"), self.test, icon_name="play")
        self.trip_button = button(tr("Send a test mail and wait for it"), self.round_trip, icon_name="mail-check")
        self.sign_in_button = button(tr("Sign in with the provider"), self.sign_in, icon_name="log-in")
        for server in (self.form.imap, self.form.smtp):
            server.sign_in.currentIndexChanged.connect(lambda _index: self._show_provider())
            server.used.toggled.connect(lambda _on: self._show_provider())
        self._show_provider()
        self.remove_button = button(tr("Remove…"), self._ask_remove, variant="danger", icon_name="trash-2")
        self.build(
            row(Dot(account.colour, account.name), ElidedLabel(account.address, "h2"), spacing=10),
            self._health,
            self.sign_in_panel,
            *self._sections(),
            boxed(row(self.remove_button, None)),
        )
        self.refresh(account, health)

    def _sections(self) -> tuple[QWidget, ...]:
        idle = tr("A server that can tells of new mail at once (IDLE); then this is only the longest wait.")
        after = row(Field(tr("After import"), self.after), Field(tr("Folder"), self.after_target), spacing=10)
        waits = row(Field(tr("Look for mail every"), self.poll), Field(tr("Largest mail"), self.largest), spacing=10)
        for line in (after, waits):  # halves, so that the fields stand below each other
            line.setStretch(0, 1)
            line.setStretch(1, 1)
        return (
            _section(
                tr("Name"),
                Field(tr("Name in the desk"), self.name),
                Field(tr("Name customers see"), self.shown_name),
                self._colour_field,
                Field(tr("Department"), self.department, help_text=tr("New mail of this mailbox comes into it.")),
            ),
            _section(
                tr("Servers"),
                self.form,
                Field(tr("New password"), self.password, help_text=tr("Leave empty to keep the stored one.")),
                self.steps,
                _flow(self.test_button, self.trip_button, self.sign_in_button),
            ),
            _section(
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
            _section(
                tr("Fetching"),
                boxed(after),
                boxed(waits),
                label(idle, "tertiary", wrap=True),
                self.enabled,
            ),
        )

    def _build_fields(self) -> None:
        self.name, self.shown_name = QLineEdit(), QLineEdit()
        self.colour = Swatches(tr("Colour"), mailbox_colours())
        self._colour_field = Field(tr("Colour"), self.colour)
        self.department = Choice([(one.name, one.id) for one in self._session.facts.departments])
        self.form = ServersForm()
        self.password = PasswordField()
        self.steps = StepList(self._session)
        self.steps.certificate_accepted.connect(self._accept)
        self.aliases = QPlainTextEdit()
        self.aliases.setFixedHeight(74)
        self.aliases.setTabChangesFocus(True)
        self.reply_to = QLineEdit()
        self.after = Choice(
            (
                (tr("Keep on the server"), AfterImport.KEEP),
                (tr("Mark as seen"), AfterImport.FLAG),
                (tr("Move to a folder"), AfterImport.MOVE),
                (tr("Delete on the server"), AfterImport.DELETE),
            )
        )
        self.after_target = QLineEdit()
        self.after.currentIndexChanged.connect(lambda _i: self._follow_after())
        self.poll, self.largest = number_box(15, 3600, tr("seconds")), number_box(1, 500, "MB")
        self.enabled = QCheckBox(tr("Use this mailbox"))
        self.show_stored()

    def show_stored(self) -> None:
        """Fill in what is stored."""
        account = self._account
        self.name.setText(account.name)
        self.shown_name.setText(account.sender_name)
        self.colour.choose(account.colour)
        self.department.choose(account.department_id)
        try:
            self.form.show_settings(EmailSettings.from_json(dict(account.settings)))
        except SettingsError:
            self.form.show_settings(EmailSettings())
        self.password.clear()
        self.form.client_secret.clear()
        self.aliases.setPlainText("\n".join(alias.address for alias in account.aliases))
        self.reply_to.setText(", ".join(account.policy.reply_to_senders))
        self.after.choose(account.policy.after_import)
        self.after_target.setText(account.policy.after_import_target)
        self._follow_after()
        self.poll.setValue(account.policy.poll_seconds)
        self.largest.setValue(max(1, account.policy.max_bytes // (1024 * 1024)))
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
            text = fault_report(health.fault, health.detail)
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
        more = button(tr("Mailbox health"), lambda: self._show_health(self._account.id), variant="link")
        line = FlowLayout(spacing=8, overhang=0 if chips else _LINK_EDGE)
        for one in (*chips, more):
            line.addWidget(one)
        self._health.addLayout(line)

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
            colour=self.colour.colour,
            department_id=int(self.department.currentData() or self._account.department_id),
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
            self._account = account
            self.password.clear()
            self.form.client_secret.clear()
            self.was_saved()
            self._port.notify(tr("Saved"))
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

    def round_trip(self) -> None:
        """Send a mail from the mailbox, as it is stored, to itself and wait until it is back."""
        mailboxes, account_id = self._session.desk.mailboxes, self._account.id
        self.steps.run(lambda: mailboxes.round_trip(account_id))

    def _accept(self, step_id: str, fingerprint: str) -> None:
        self.form.accept_certificate(step_id, fingerprint)
        self.test()

    def _say(self, text: str, *, bad: bool = False) -> None:
        self.tell(text, bad=bad)

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


def _section(title: str, *widgets: QWidget) -> QFrame:
    frame, content = panel_card(title)
    content.setSpacing(12)
    for widget in widgets:
        content.addWidget(widget)
    return frame


def _flow(*widgets: QWidget) -> QWidget:
    """Return widgets beside each other that go on in the next line where there is no room."""
    flow = FlowLayout(spacing=10)
    for widget in widgets:
        flow.addWidget(widget)
    return boxed(flow)
