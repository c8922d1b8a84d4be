"""Signing mailboxes in at their provider from the window: wizard, settings page, and Fix (MB-03, MB-04)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QSettings, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QPushButton

from desk_app.domain.mailboxes.model import Account
from desk_app.domain.mailboxes.settings import Candidate, EmailSettings, Security, ServerSettings, SetupNote, SignIn
from desk_app.plugin_api.channels import AccountView, ChannelError, ChannelFault, SecretError, StepState, TestStep
from desk_app.ui.mailboxes.form import ServersForm
from desk_app.ui.mailboxes.settings_page import MailboxEditor, MailboxesPage
from desk_app.ui.mailboxes.wizard import Wizard
from desk_app.ui.setup.entered import CONNECTION, OLD_MAIL
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import SETTINGS, DeskKit
from tests.support.sign_in import FakeProvider
from tests.ui import stage
from tests.ui.conftest import close

FOUND = EmailSettings(
    imap=ServerSettings("outlook.office365.com", 993, user="shop@office.example"),
    smtp=ServerSettings("smtp.office365.com", 587, Security.STARTTLS, user="shop@office.example"),
)
OAUTH = {"provider": "google", "client_id": "client-1", "tenant": "common"}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages a browser was asked to open."""
    pages: list[str] = []

    def open_url(url: QUrl) -> bool:
        pages.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    return pages


@pytest.fixture
def provider(kit: DeskKit, monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    made = FakeProvider()

    def discover(_address: str) -> Sequence[Candidate]:
        return [Candidate("Microsoft 365", "table", FOUND, (SetupNote.OAUTH_ONLY,))]

    def test(account: AccountView, *, send_to: str = "") -> Iterator[TestStep]:
        well = account.secrets.get("oauth") == "fresh"
        fault = None if well else ChannelFault.CONSENT
        yield TestStep("sign_in", StepState.OK if well else StepState.FAILED, "", fault)

    monkeypatch.setattr(kit.channel, "begin_sign_in", made.begin_sign_in, raising=False)
    monkeypatch.setattr(kit.channel, "discover", discover, raising=False)
    monkeypatch.setattr(kit.channel, "test", test)
    return made


@pytest.fixture
def empty(kit: DeskKit, provider: FakeProvider, settings: QSettings, qapp: QApplication) -> Iterator[MainWindow]:
    """A window on a desk without a mailbox."""
    made = stage.open_window(kit, settings)
    yield made
    close(made)


@pytest.fixture
def dead(kit: DeskKit, provider: FakeProvider) -> Account:
    """A mailbox whose permission has ended."""
    account = kit.mailbox("shop@desk.example")
    kit.desk.mailboxes.update(replace(account, settings={**SETTINGS, "oauth": OAUTH}), {}, kit.ann)
    fail(kit, account, ChannelFault.CONSENT)
    return account


@pytest.fixture
def alarmed(kit: DeskKit, dead: Account, settings: QSettings, qapp: QApplication) -> Iterator[MainWindow]:
    made = stage.open_window(kit, settings)
    yield made
    close(made)


def fail(kit: DeskKit, account: Account, fault: ChannelFault) -> None:
    kit.server(account).faults.append(ChannelError(fault, "because"))
    kit.desk.sync.sync_once(account.id)


def at_the_connection(window: MainWindow) -> Wizard:
    window.setting_up.open()
    wizard = window.setting_up.wizard
    assert wizard is not None
    wizard.address.setText("shop@office.example")
    wizard._go_on()
    stage.settle(window)
    assert wizard.step == CONNECTION
    return wizard


def editor_of(window: MainWindow) -> MailboxEditor:
    pages = window.findChildren(MailboxesPage)
    assert len(pages) == 1
    assert pages[0].editor is not None
    return pages[0].editor


def test_mb_03_the_wizard_signs_in_at_the_provider(
    empty: MainWindow, kit: DeskKit, provider: FakeProvider, opened: list[str]
) -> None:
    wizard = at_the_connection(empty)
    assert wizard.provider_button.isVisibleTo(wizard)
    wizard.provider_button.click()
    assert "Client id" in wizard._error.text(), "the desk ships no registration"
    assert provider.attempts == []
    wizard.form.client_id.setText("client-1")
    wizard.form.client_secret.setText("s3cret")
    wizard.provider_button.click()
    assert stage.pump(lambda: bool(opened))
    panel = wizard.sign_in
    assert opened == [provider.attempts[0].url]
    assert panel.waiting
    assert panel.isVisible()
    assert "browser" in panel.text.text()
    assert provider.attempts[0].account.secrets.get("oauth_client_secret") == "s3cret"
    panel.copy.click()
    assert QApplication.clipboard().text() == opened[0]
    panel.open_again.click()
    assert len(opened) == 2
    provider.attempts[0].answer("fresh")
    stage.settle(empty)
    assert panel.isHidden()
    assert wizard.next.isEnabled(), "the test followed by itself, with the fresh token"
    wizard._go_on()
    stage.settle(empty)
    assert wizard.step == OLD_MAIL
    ((account, _health),) = kit.desk.mailboxes.list()
    assert kit.secrets[account.id].values == {"oauth": "fresh", "oauth_client_secret": "s3cret"}
    assert "s3cret" not in str(account.settings)
    assert account.settings["oauth"] == {"provider": "microsoft", "client_id": "client-1", "tenant": "common"}
    assert account.settings["imap"]["sign_in"] == "oauth2"
    assert wizard.form.client_secret.text() == ""


def test_the_wizard_says_what_went_wrong_and_tries_again(
    empty: MainWindow, provider: FakeProvider, opened: list[str]
) -> None:
    wizard = at_the_connection(empty)
    wizard.form.client_id.setText("client-1")
    wizard.provider_button.click()
    assert stage.pump(lambda: bool(opened))
    provider.attempts[0].refuse("Google: access_denied")
    stage.settle(empty)
    panel = wizard.sign_in
    assert not panel.waiting
    assert "Google: access_denied" in panel.text.text()
    assert not wizard.next.isEnabled()
    panel.again.click()
    assert stage.pump(lambda: len(opened) == 2)
    provider.attempts[1].answer("fresh")
    stage.settle(empty)
    assert wizard.next.isEnabled()


def test_a_provider_is_known_by_its_servers(qapp: QApplication) -> None:
    form = ServersForm()
    form.show_settings(FOUND)
    assert form.prefer_provider()
    assert form.provider.currentData() == "microsoft"
    form.imap.host.setText("imap.gmail.com")
    form.smtp.host.setText("smtp.gmail.com")
    assert form.prefer_provider()
    assert form.provider.currentData() == "google"
    form.imap.sign_in.setCurrentIndex(0)
    form.smtp.sign_in.setCurrentIndex(0)
    form.imap.host.setText("imap.mail.example")
    form.smtp.host.setText("smtp.mail.example")
    assert not form.prefer_provider()
    assert not form.wants_provider, "the desk knows no sign-in page for others"


@pytest.mark.parametrize("way", ["cancel", "back", "skip"])
def test_a_sign_in_can_be_given_up(empty: MainWindow, provider: FakeProvider, opened: list[str], way: str) -> None:
    wizard = at_the_connection(empty)
    wizard.form.client_id.setText("client-1")
    wizard.provider_button.click()
    assert stage.pump(lambda: bool(opened))
    leave: QPushButton = {"cancel": wizard.sign_in.cancel_button, "back": wizard.back, "skip": wizard.skip}[way]
    leave.click()
    assert not wizard.sign_in.waiting
    assert wizard.sign_in.isHidden()
    stage.settle(empty)
    assert provider.attempts[0].closed, "the port is free again"


def test_closing_the_window_ends_a_sign_in_that_waits(
    kit: DeskKit, provider: FakeProvider, settings: QSettings, qapp: QApplication, opened: list[str]
) -> None:
    window = stage.open_window(kit, settings)
    wizard = at_the_connection(window)
    wizard.form.client_id.setText("client-1")
    wizard.provider_button.click()
    assert stage.pump(lambda: bool(opened))
    close(window)
    assert provider.attempts[0].closed


def test_mb_04_the_window_rings_and_fix_is_one_click_to_the_provider(
    alarmed: MainWindow, kit: DeskKit, dead: Account, provider: FakeProvider, opened: list[str]
) -> None:
    sidebar = alarmed.inbox.sidebar
    assert "The sign-in has expired" in sidebar.sync.text.whole_text
    assert sidebar.sync.text.property("state") == "danger"
    assert "The sign-in has expired" in alarmed.toast.text
    sidebar.sync.fix.click()
    assert stage.pump(lambda: bool(opened)), "Fix goes straight to the provider's page"
    assert editor_of(alarmed).sign_in_panel.waiting
    provider.attempts[0].answer("fresh")
    stage.settle(alarmed)
    alarmed.session.load()
    stage.settle(alarmed)
    assert kit.secrets[dead.id].values["oauth"] == "fresh"
    ((_account, health),) = kit.desk.mailboxes.list()
    assert health.fault == ""
    assert health.succeeded_at is not None, "mail was fetched at once"
    assert sidebar.sync.fix.isHidden()


def test_the_settings_page_keeps_a_changed_registration_with_its_tokens(
    alarmed: MainWindow, kit: DeskKit, dead: Account, provider: FakeProvider, opened: list[str]
) -> None:
    alarmed.fix_mailbox(dead.id)
    assert stage.pump(lambda: bool(opened))
    editor = editor_of(alarmed)
    editor.sign_in_panel.cancel()
    for fields in (editor.form.imap, editor.form.smtp):
        fields.sign_in.setCurrentIndex(fields.sign_in.findData(SignIn.OAUTH2))
    editor.form.smtp.user.setText("x")
    editor.form.client_id.setText("client-2")
    editor.sign_in_button.click()
    assert stage.pump(lambda: len(opened) == 2)
    assert provider.attempts[1].account.settings["oauth"]["client_id"] == "client-2"
    provider.attempts[1].answer("fresh")
    stage.settle(alarmed)
    stored = kit.desk.mailboxes.get(dead.id)
    assert stored is not None
    assert stored.settings["oauth"]["client_id"] == "client-2"


def test_mb_04_a_server_that_is_away_is_no_alarm_until_it_was_away_often(
    kit: DeskKit, settings: QSettings, qapp: QApplication, provider: FakeProvider
) -> None:
    account = kit.mailbox("shop@desk.example")
    kit.configure(alarm_after_failed_polls=2)
    fail(kit, account, ChannelFault.NETWORK)
    window = stage.open_window(kit, settings)
    rung: list[str] = []
    window._alarms.rung.connect(lambda _id, text: rung.append(text))
    text = window.inbox.sidebar.sync.text
    assert (text.property("state"), rung) == ("", [])
    for _ in range(2):
        fail(kit, account, ChannelFault.NETWORK)
        window.session.load()
        stage.settle(window)
    assert text.property("state") == "danger"
    assert len(rung) == 1, "it rings once, not at every poll"
    close(window)


def test_a_locked_keychain_is_unlocked_from_the_page(
    kit: DeskKit, settings: QSettings, qapp: QApplication, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = kit.mailbox("shop@desk.example")
    fail(kit, account, ChannelFault.SECRET)
    locked = [True]

    def unlock() -> None:
        if locked[0]:
            raise SecretError("the keychain stays locked")

    monkeypatch.setattr(kit.desk.sign_in, "_unlock", unlock)
    window = stage.open_window(kit, settings)
    window.fix_mailbox(account.id)
    stage.settle(window)
    editor = editor_of(window)
    assert "stays locked" in editor.footer.message.text()
    locked[0] = False
    button = next(one for one in editor.findChildren(QPushButton) if "Unlock" in one.text())
    button.click()
    stage.settle(window)
    assert "unlocked" in editor.footer.message.text()
    assert kit.desk.mailboxes.list()[0][1].fault == ""
    close(window)
