"""Accounts of channels that plugins bring: what the plugin asks for, a test, and removal (decision 122)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from desk_app.domain.mailboxes.model import Account, AccountHealth, AccountPolicy, FirstImport
from desk_app.plugin_api.contributions import Parameter
from desk_app.plugin_api.ui import WindowPort
from desk_app.plugin_host.manifest import SettingKind, SettingSpec
from desk_app.services.ports.channels import ChannelInfo
from desk_app.services.queries.facts import DeskFacts
from desk_app.ui.language import tr
from desk_app.ui.mailboxes.form import PasswordField
from desk_app.ui.mailboxes.test_steps import StepList
from desk_app.ui.plugins.setting_fields import SettingField, setting_field
from desk_app.ui.problems import Problem, health_text
from desk_app.ui.session import DeskSession
from desk_app.ui.settings.form import SettingsForm
from desk_app.ui.settings.swatches import Swatches, mailbox_colours
from desk_app.ui.theme.theme import theme
from desk_app.ui.theme.tokens import CHART_COLOURS
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.widgets.basics import ElidedLabel, beside_bar, button, label, scroller
from desk_app.ui.widgets.choices import Choice
from desk_app.ui.widgets.layout import boxed, clear, column, row
from desk_app.ui.widgets.painted import Dot
from desk_app.ui.widgets.panels import Banner, Field, panel_card
from desk_app.ui.work import Lane

_KINDS = frozenset({"number", "bool", "choice", "duration"})
_WIDTH, _HEIGHT = 540, 680
_NOT_IN_ADDRESS = re.compile(r"[^a-z0-9]+")


def free_address(name: str, channel: str, taken: Collection[str]) -> str:
    """Return an address for an account of a channel that is not mail: `<name>@<channel>`, not in use yet."""
    base = _NOT_IN_ADDRESS.sub("-", name.lower()).strip("-") or "account"
    numbers = ("", *(f"-{number}" for number in range(2, len(taken) + 3)))
    return next(one for one in (f"{base}{number}@{channel}" for number in numbers) if one not in taken)


class ChannelFields(QWidget):
    """What a channel asks of an account, one field each; secrets are never shown again."""

    def __init__(self, settings: Sequence[Parameter], facts: DeskFacts, *, stored: bool) -> None:
        super().__init__()
        self._settings = tuple(settings)
        self._plain: dict[str, SettingField] = {}
        self._secrets: dict[str, PasswordField] = {}
        lines = column(spacing=12)
        for one in settings:
            if one.kind == "secret":
                self._secrets[one.key] = PasswordField()
                kept = tr("Leave empty to keep the stored one.") if stored else ""
                helped = " ".join(part for part in (one.help, kept) if part)
                lines.addWidget(Field(one.title, self._secrets[one.key], help_text=helped))
            else:
                self._plain[one.key] = setting_field(_spec(one), facts)
                lines.addWidget(self._plain[one.key].widget)
        self.setLayout(lines)
        self.show_values({})

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show stored values, or the defaults."""
        for one in self._settings:
            if one.key in self._plain:
                self._plain[one.key].show(values.get(one.key, one.default))
        for line in self._secrets.values():
            line.clear()

    def entered(self, *, new: bool) -> tuple[dict[str, Any], dict[str, str]]:
        """Return settings and secrets as entered. Raises ValueError with words for the person."""
        values: dict[str, Any] = {}
        for one in self._settings:
            if one.key not in self._plain:
                continue
            try:
                values[one.key] = self._plain[one.key].value()
            except ValueError as error:
                raise ValueError(f"{one.title}: {error}") from error
            if one.required and values[one.key] in {"", None}:
                raise ValueError(tr("“{name}” is needed.").format(name=one.title))
        secrets = {key: text for key, line in self._secrets.items() if (text := line.text().strip())}
        missing = [one.title for one in self._settings if one.key in self._secrets and one.required]
        if new and missing and len(secrets) < len(missing):
            raise ValueError(tr("“{name}” is needed.").format(name=missing[0]))
        return values, secrets


def _spec(one: Parameter) -> SettingSpec:
    kind = SettingKind(one.kind) if one.kind in _KINDS else SettingKind.TEXT
    return SettingSpec(one.key, kind, one.title, one.help, one.default, one.required, one.choices)


class NewChannelAccount(Question):
    """Adds an account of a channel that a plugin brings."""

    def __init__(self, session: DeskSession, info: ChannelInfo, parent: QWidget | None = None) -> None:
        super().__init__(tr("New account: {channel}").format(channel=info.title), tr("Add"), parent)
        self._session, self._info = session, info
        self._tested: tuple[Account, dict[str, str]] | None = None
        self._adds = self._trying = False
        self.name = QLineEdit(info.title)
        self.department = Choice([(one.name, one.id) for one in session.facts.departments])
        self.fields = ChannelFields(info.settings, session.facts, stored=False)
        self.steps = StepList(session)
        self.steps.finished.connect(self._test_finished)
        self.problem = label("", wrap=True)
        self.problem.setProperty("state", "danger")
        self.problem.hide()
        self.try_button = button(tr("Test the connection"), self.test, icon_name="play")
        inside = column(
            Field(tr("Name in the desk"), self.name),
            Field(tr("Department"), self.department, help_text=tr("New messages of this account come into it.")),
            self.fields,
            boxed(row(self.try_button, None)),
            self.steps,
            None,
            spacing=12,
        )
        self._inside = scroller(boxed(inside), tr("New account: {channel}").format(channel=info.title))
        beside_bar(self._inside, inside, 0, 6)
        self.content.addWidget(self._inside)
        self.content.addWidget(self.problem)
        room = parent.window().height() - 80 if parent is not None else _HEIGHT
        self.resize(theme().px(_WIDTH), min(theme().px(_HEIGHT), room))

    def account(self) -> tuple[Account, dict[str, str]]:
        """Return the account as entered, with its secrets. Raises ValueError."""
        settings, secrets = self.fields.entered(new=True)
        facts, name = self._session.facts, self.name.text().strip() or self._info.title
        made = Account(
            id=0,
            department_id=int(self.department.currentData() or 1),
            channel=self._info.id,
            name=name,
            sender_name=name,
            address=free_address(name, self._info.id, {one.address for one, _health in facts.accounts}),
            settings=settings,
            policy=AccountPolicy(first_import=FirstImport.NONE),
            colour=CHART_COLOURS[len(facts.accounts) % len(CHART_COLOURS)],
            position=len(facts.accounts),
        )
        return made, secrets

    def test(self) -> None:
        """Try what is entered; nothing is stored."""
        entered = self._entered()
        if entered is None:
            self._adds = False
            return
        self._tested, self._trying = entered, True
        self.yes.setText(tr("Add"))
        mailboxes = self._session.desk.mailboxes
        self.steps.run(lambda: mailboxes.test(*entered))
        self._show_steps()

    def _test_finished(self, well: bool) -> None:
        adds, self._adds, self._trying = self._adds, False, False
        self._show_steps()
        if not well:
            self.yes.setText(tr("Add all the same"))
            self._say(tr("The connection does not work"))
        elif adds:
            self.accept()

    def _show_steps(self) -> None:
        """Bring the steps into view, once they have their place."""
        QTimer.singleShot(0, self, lambda: self._inside.ensureWidgetVisible(self.steps, 0, 0))

    def accept(self) -> None:
        """Store it, when its test has passed; after a test that failed, all the same."""
        entered = self._entered()
        if entered is None:
            return
        if entered != self._tested or self._trying:
            self._adds = True
            if entered != self._tested:
                self.test()
            return
        mailboxes, actor = self._session.desk.mailboxes, self._session.actor
        self.yes.setEnabled(False)

        def stored(_account_id: int) -> None:
            self._session.load()
            self.done(int(self.DialogCode.Accepted))

        def failed(problem: Problem) -> None:
            self.yes.setEnabled(True)
            self._say(problem.text)

        self._session.work.write(lambda: mailboxes.add(*entered, actor), stored, failed=failed, owner=self)

    def _entered(self) -> tuple[Account, dict[str, str]] | None:
        try:
            entered = self.account()
        except ValueError as error:
            self._say(str(error))
            return None
        self._say("")
        return entered

    def _say(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))


class ChannelEditor(SettingsForm):
    """One account of a channel that a plugin brings; without the plugin it can only be looked at and removed."""

    def __init__(
        self,
        session: DeskSession,
        port: WindowPort,
        account: Account,
        health: AccountHealth,
        info: ChannelInfo | None,
    ) -> None:
        super().__init__(account.name)
        self._session, self._port, self._account, self._info = session, port, account, info
        self._health = column(spacing=8)
        self.name, self.shown_name = QLineEdit(), QLineEdit()
        self.colour = Swatches(tr("Colour"), mailbox_colours())
        self.department = Choice([(one.name, one.id) for one in session.facts.departments])
        self.fields = ChannelFields(info.settings if info is not None else (), session.facts, stored=True)
        self.enabled = QCheckBox(tr("Use this account"))
        self.steps = StepList(session)
        self.test_button = button(tr("Test the connection"), self.test, icon_name="play")
        self.remove_button = button(tr("Remove…"), self._ask_remove, variant="danger", icon_name="trash-2")
        names, naming = panel_card(tr("Name"))
        asked, asking = panel_card(info.title if info is not None else account.channel)
        for content in (naming, asking):
            content.setSpacing(12)
        naming.addWidget(Field(tr("Name in the desk"), self.name))
        naming.addWidget(Field(tr("Name customers see"), self.shown_name))
        naming.addWidget(Field(tr("Colour"), self.colour))
        naming.addWidget(
            Field(tr("Department"), self.department, help_text=tr("New messages of this account come into it."))
        )
        asking.addWidget(self.fields)
        asking.addWidget(self.enabled)
        asking.addWidget(self.steps)
        asking.addLayout(row(self.test_button, None))
        self.test_button.setEnabled(info is not None)
        self.fields.setVisible(info is not None)
        self.show_stored()
        self.build(
            row(Dot(account.colour, account.name), ElidedLabel(account.address, "h2"), spacing=10),
            self._health,
            names,
            asked,
            boxed(row(self.remove_button, None)),
        )
        self.refresh(account, health)

    def show_stored(self) -> None:
        """Fill in what is stored."""
        self.name.setText(self._account.name)
        self.shown_name.setText(self._account.sender_name)
        self.colour.choose(self._account.colour)
        self.department.choose(self._account.department_id)
        self.fields.show_values(self._account.settings)
        self.enabled.setChecked(self._account.enabled)

    def refresh(self, account: Account, health: AccountHealth) -> None:
        """Show how the account fares now; what is being edited stays."""
        self._account = replace(self._account, version=account.version, policy=account.policy)
        clear(self._health)
        if health.fault:
            text = health_text(account.channel, health.fault, health.detail)
            choices = [(tr("Try now"), self._sync)] if self._info is not None else []
            self._health.addWidget(Banner(text, "danger", choices))
        elif health.succeeded_at is not None:
            text = tr("Last read {when}.").format(when=full_time(health.succeeded_at))
            self._health.addWidget(Banner(text, "success", [(tr("Get messages now"), self._sync)]))

    def mend(self) -> None:
        """Begin what mends the account's fault: nothing here that one click could."""

    def save(self) -> None:
        """Store what was entered."""
        entered = self._entered()
        if entered is None:
            return
        mailboxes, actor = self._session.desk.mailboxes, self._session.actor

        def stored(_none: None) -> None:
            self._account = entered[0]
            self.fields.show_values(self._account.settings)
            self.was_saved()
            self._port.notify(tr("Saved"))
            self._session.load()

        self._session.work.write(
            lambda: mailboxes.update(*entered, actor),
            stored,
            failed=lambda problem: self.tell(problem.text, bad=True),
            owner=self,
        )

    def test(self) -> None:
        """Try what is entered, with the stored secrets below the typed ones."""
        entered = self._entered()
        if entered is not None:
            mailboxes = self._session.desk.mailboxes
            self.steps.run(lambda: mailboxes.test(entered[0], entered[1] or None))

    def remove(self) -> None:
        """Remove the account from the desk."""
        mailboxes, actor, account_id = self._session.desk.mailboxes, self._session.actor, self._account.id
        self._session.work.write(
            lambda: mailboxes.remove(account_id, actor), lambda _none: self._session.load(), owner=self
        )

    def _entered(self) -> tuple[Account, dict[str, str]] | None:
        try:
            settings, secrets = self.fields.entered(new=False)
        except ValueError as error:
            self.tell(str(error), bad=True)
            return None
        account = replace(
            self._account,
            name=self.name.text().strip() or self._account.name,
            sender_name=self.shown_name.text().strip(),
            colour=self.colour.colour,
            department_id=int(self.department.currentData() or self._account.department_id),
            settings={**self._account.settings, **settings},
            enabled=self.enabled.isChecked(),
        )
        return account, secrets

    def _sync(self) -> None:
        sync, account_id = self._session.desk.sync, self._account.id
        self._session.work.run(
            lambda: sync.sync_once(account_id), lambda _result: self._session.load(), owner=self, lane=Lane.NETWORK
        )

    def _ask_remove(self) -> None:
        question = Question(tr("Remove this account?"), tr("Remove"), self, danger=True)
        text = tr("Its tickets stay. Messages are no longer fetched or sent, and its secrets are deleted.")
        question.content.addWidget(label(text, "secondary", wrap=True))
        question.ask(self.remove)
