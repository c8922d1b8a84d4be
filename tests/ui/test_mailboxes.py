"""Connecting and keeping mailboxes from the window."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from desk_app.domain.mailboxes.model import AfterImport, FirstImport
from desk_app.domain.mailboxes.settings import Candidate, EmailSettings, Security, ServerSettings, SetupNote
from desk_app.plugin_api.channels import AccountView, ChannelError, ChannelFault, StepState, TestStep
from desk_app.ui.mailboxes.form import note_text
from desk_app.ui.mailboxes.health_page import HealthPage
from desk_app.ui.mailboxes.settings_page import MailboxEditor, MailboxesPage
from desk_app.ui.mailboxes.test_steps import step_name
from desk_app.ui.mailboxes.wizard import Wizard
from desk_app.ui.problems import fault_report, fault_text
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.setup.entered import ADDRESS, CONNECTION, DONE, OLD_MAIL
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.tokens import CHART_COLOURS
from tests.support.desks import DeskKit, mail
from tests.ui import stage
from tests.ui.conftest import close

FINGERPRINT = "ab" * 32
FOUND = EmailSettings(
    imap=ServerSettings("imap.shop.example", 993, Security.TLS, "shop@shop.example"),
    smtp=ServerSettings("smtp.shop.example", 465, Security.TLS, "shop@shop.example"),
)


@pytest.fixture
def empty(
    kit: DeskKit, settings: QSettings, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    """A window on a desk without a mailbox, whose channel knows one provider and distrusts its certificate once."""

    def discover(_address: str) -> Sequence[Candidate]:
        return [Candidate("Shop Mail", "table", FOUND, (SetupNote.APP_PASSWORD,))]

    def test(account: AccountView, *, send_to: str = "") -> Iterator[TestStep]:
        yield TestStep("name", StepState.RUNNING)
        yield TestStep("name", StepState.OK, "imap.shop.example")
        imap = EmailSettings.from_json(dict(account.settings)).imap
        if imap is not None and FINGERPRINT not in imap.accepted_certificates:
            yield TestStep("tls", StepState.FAILED, "self-signed", ChannelFault.TLS, FINGERPRINT)
            return
        yield TestStep("tls", StepState.OK)
        right = account.secrets.get("password") == "right"
        yield TestStep(
            "sign_in", StepState.OK if right else StepState.FAILED, "", None if right else ChannelFault.SIGN_IN
        )

    monkeypatch.setattr(kit.channel, "discover", discover, raising=False)
    monkeypatch.setattr(kit.channel, "test", test)
    made = stage.open_window(kit, settings)
    made.setting_up.open()
    yield made
    close(made)


def wizard_of(window: MainWindow) -> Wizard:
    found = window.setting_up.wizard
    assert found is not None
    return found


def test_mb_08_the_wizard_leads_to_a_working_mailbox(empty: MainWindow, kit: DeskKit) -> None:
    wizard = wizard_of(empty)
    assert empty.stack.currentWidget() is wizard, "without a mailbox the wizard opens by itself"
    server = kit.channel.server("shop@shop.example")
    for days in (1, 2, 90):
        server.deliver(mail(), datetime.now(UTC) - timedelta(days=days))
    wizard._go_on()
    assert wizard.step == ADDRESS, "an address is needed"
    wizard.address.setText("Shop@Shop.example")
    wizard.password.setText("wrong")
    wizard.shown_name.setText("The Shop")
    wizard._go_on()
    stage.settle(empty)
    assert wizard.step == CONNECTION
    assert wizard.form.imap.host.text() == "imap.shop.example"
    assert not wizard.next.isEnabled(), "the certificate is not trusted yet"
    accept = next(one for one in wizard.findChildren(QPushButton) if "Accept" in one.text())
    accept.click()
    stage.settle(empty)
    assert wizard.test_steps.steps["sign_in"].fault is ChannelFault.SIGN_IN
    wizard.password.setText("right")
    wizard.test()
    stage.settle(empty)
    assert wizard.next.isEnabled()
    wizard._go_on()
    stage.settle(empty)
    assert wizard.step == OLD_MAIL
    assert wizard.old_mail.count_text.text().startswith("3 messages")
    wizard.old_mail.since.setChecked(True)
    stage.settle(empty)
    assert wizard.old_mail.since_text.text() == "2 messages"
    wizard._go_on()
    stage.settle(empty)
    assert wizard.step == DONE
    wizard.ready.arm_now.setChecked(True)
    wizard._go_on()
    stage.settle(empty)
    assert empty.stack.currentWidget() is empty.inbox
    ((account, _health),) = kit.desk.mailboxes.list()
    assert (account.address, account.sender_name) == ("shop@shop.example", "The Shop")
    assert account.policy.first_import is FirstImport.SINCE
    assert EmailSettings.from_json(dict(account.settings)).imap.accepted_certificates == (FINGERPRINT,)  # type: ignore[union-attr]
    assert kit.desk.settings.desk().outgoing_armed
    assert "right" not in str(account.settings), "the password is in the keychain only"


def test_the_wizard_can_be_left_and_says_when_nothing_was_found(
    empty: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit.channel, "discover", lambda _address: [], raising=False)
    wizard = wizard_of(empty)
    wizard.address.setText("a@unknown.example")
    wizard._go_on()
    stage.settle(empty)
    assert "No settings were found" in wizard.found_title.text()
    assert wizard.form.isVisible()
    wizard.test()
    assert "not a host name" in wizard._error.text()
    wizard.back.click()
    assert wizard.address.text() == "a@unknown.example", "Back keeps the input"
    wizard.skip.click()
    assert empty.stack.currentWidget() is empty.inbox


def test_mb_15_mb_17_mb_32_a_mailbox_is_edited(window: MainWindow, kit: DeskKit) -> None:
    window.show_page("settings")
    stage.settle(window)
    page = window.page("settings").page("mailboxes")  # type: ignore[union-attr]
    assert isinstance(page, MailboxesPage)
    editor = page.editor
    assert editor is not None
    editor.aliases.setPlainText("help@desk.example\ninfo@desk.example")
    editor.reply_to.setText("forms@site.example, *")
    editor.after.setCurrentIndex(editor.after.findData(AfterImport.MOVE))
    editor.save()
    assert "Name the folder" in editor.footer.message.text()
    editor.after_target.setText("Imported")
    editor.poll.setValue(30)
    editor.save()
    stage.settle(window)
    account = kit.desk.mailboxes.get(window.session.facts.accounts[0][0].id)
    assert account is not None
    assert [one.address for one in account.aliases] == ["help@desk.example", "info@desk.example"]
    assert account.policy.reply_to_senders == ("forms@site.example", "*")
    assert (account.policy.after_import, account.policy.after_import_target) == (AfterImport.MOVE, "Imported")
    assert account.policy.poll_seconds == 30
    editor.aliases.setPlainText("nonsense")
    editor.save()
    assert "not an e-mail address" in editor.footer.message.text()


def test_mb_31_health_is_compared_and_what_is_missing_is_imported(window: MainWindow, kit: DeskKit) -> None:
    page = stage.settings_page(window, "health", HealthPage)
    support = window.session.facts.accounts[0][0]
    assert page.folders.rows.rows[0].cells[0] == "INBOX"
    server = kit.server(support)
    for number in range(12):
        server.deliver(mail(subject=f"Overlooked {number}"), datetime.now(UTC))
    page.compare_button.click()
    stage.settle(window)
    assert len(page.missing.rows.rows) == 12
    assert page.import_button.isVisible()
    before = len(kit.tickets())
    page.import_button.click()
    stage.settle(window)
    assert len(kit.tickets()) == before + 12
    assert page.missing.rows.rows == ()
    assert not page.progress.isVisible()
    cells = page.folders.rows.rows[0].cells
    assert cells[1] == cells[2], "the server has what the desk has"
    kit.server(support).faults.append(ChannelError(ChannelFault.NETWORK, "cable cut"))
    page.compare_button.click()
    stage.settle(window)
    assert "cannot be reached" in page.message.text()


def test_a_mailbox_sends_itself_a_mail_and_waits_for_it(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def test(_account: AccountView, *, send_to: str = "") -> Iterator[TestStep]:
        kit.channel.server(send_to).deliver(mail(subject="Test"))
        yield TestStep("send", StepState.OK)

    monkeypatch.setattr(kit.channel, "test", test)
    window.show_page("settings")
    stage.settle(window)
    editor = window.page("settings").page("mailboxes").editor  # type: ignore[union-attr]
    editor.trip_button.click()
    stage.settle(window)
    assert [one.state for one in editor.steps.steps.values()] == [StepState.OK, StepState.OK]
    steps = kit.desk.mailboxes.round_trip(window.session.facts.accounts[0][0].id, wait=lambda _seconds: None)
    monkeypatch.setattr(kit.channel, "test", lambda _account, *, send_to="": iter([TestStep("send", StepState.OK)]))
    assert [one.state for one in steps][-1] is StepState.FAILED, "it has left and never came back"


def test_leaving_a_mailbox_with_changes_asks_first(window: MainWindow, kit: DeskKit) -> None:
    second = kit.desk.people.add_department("Returns", kit.ann)
    assert stage.pump(lambda: len(window.session.facts.departments) == 2)
    window.show_page("settings")
    stage.settle(window)
    page = window.page("settings").page("mailboxes")  # type: ignore[union-attr]
    assert isinstance(page, MailboxesPage)
    editor = page.editor
    assert editor is not None
    assert not editor.footer.isVisible()
    editor.name.setText("Help desk")
    first, other = list(page._items)
    page._items[other].click()
    assert page.editor is editor
    assert editor.footer.asking
    editor.footer.save.click()
    stage.settle(window)
    assert kit.desk.mailboxes.get(first).name == "Help desk"  # type: ignore[union-attr]
    assert page.editor is not editor
    page.editor.department.choose(second)
    assert page.editor.department.currentData() == second
    page.editor._changed()
    page.editor.footer.save.click()
    stage.settle(window)
    assert kit.desk.mailboxes.get(other).department_id == second  # type: ignore[union-attr]


def test_mb_04_a_mailbox_in_trouble_is_red_with_fix(window: MainWindow, kit: DeskKit) -> None:
    support = window.session.facts.accounts[0][0]
    kit.server(support).faults.append(ChannelError(ChannelFault.SIGN_IN, "535 no"))
    kit.desk.sync.sync_once(support.id)
    assert stage.pump(window.inbox.sidebar.sync.fix.isVisible)
    assert "User name or password refused" in window.inbox.sidebar.sync.text.whole_text
    window.inbox.sidebar.sync.fix.click()
    stage.settle(window)
    page = window.page("settings").page("mailboxes")  # type: ignore[union-attr]
    assert any("535 no" in one.text() for one in page.findChildren(QLabel))


def test_a_mailbox_is_removed(window: MainWindow, kit: DeskKit) -> None:
    window.show_page("settings")
    stage.settle(window)
    window.page("settings").page("mailboxes").editor.remove()  # type: ignore[union-attr]
    stage.settle(window)
    assert [one.name for one, _ in kit.desk.mailboxes.list()] == ["Sales"]


def test_get_mail_now_says_how_much_came(window: MainWindow, kit: DeskKit) -> None:
    kit.server(window.session.facts.accounts[1][0]).deliver(mail(subject="Fresh", to="sales@desk.example"))
    window.mail.sync_now()
    stage.settle(window)
    assert "1 new mail" in window.toast.text


@pytest.mark.parametrize("fault", list(ChannelFault))
def test_ui_4_18_every_fault_says_what_happened_and_what_to_do(fault: ChannelFault) -> None:
    title, advice = fault_text(fault.value)
    assert title
    assert advice
    assert fault.value not in title.lower().split()[:1]


def test_notes_and_steps_have_words() -> None:
    assert all(note_text(note) for note in SetupNote)
    assert all(step_name(one) != one for one in ("name", "tls", "sign_in", "folder", "smtp_name", "smtp_tls", "send"))


def test_mb_08_what_was_found_for_another_address_is_not_used(
    empty: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = threading.Event()
    other = EmailSettings(
        imap=ServerSettings("imap.other.example", 993, Security.TLS, "a@other.example"), smtp=FOUND.smtp
    )

    def discover(address: str) -> Sequence[Candidate]:
        if address.endswith("other.example"):
            late.wait(10)
            return [Candidate("Other", "table", other)]
        return [Candidate("Shop", "table", FOUND)]

    monkeypatch.setattr(kit.channel, "discover", discover, raising=False)
    wizard = wizard_of(empty)
    wizard.address.setText("a@other.example")
    wizard._go_on()
    wizard.address.setText("shop@shop.example")
    wizard._address_edited()
    wizard._go_on()
    assert stage.pump(lambda: wizard.form.imap.host.text() == "imap.shop.example")
    late.set()
    stage.settle(empty)
    assert wizard.form.imap.host.text() == "imap.shop.example"


def test_mb_31_the_colour_of_a_mailbox_is_chosen_among_colours(window: MainWindow, kit: DeskKit) -> None:
    editor = stage.settings_page(window, "mailboxes", MailboxesPage).editor
    assert isinstance(editor, MailboxEditor)
    account = kit.desk.mailboxes.get(window.session.facts.accounts[0][0].id)
    assert account is not None
    assert editor.colour.colour == account.colour
    other = next(one for one in CHART_COLOURS if one != account.colour)
    editor.colour.buttons[other].click()
    assert editor.footer.isVisible()
    editor.save()
    stage.settle(window)
    stored = kit.desk.mailboxes.get(account.id)
    assert stored is not None
    assert stored.colour == other


def test_mb_30_mail_taken_from_files_stands_in_no_folder_called_file(window: MainWindow, kit: DeskKit) -> None:
    account, _health = window.session.facts.accounts[0]
    kit.desk.intake.import_eml(mail(), account.id, window.session.actor)
    page = stage.settings_page(window, "health", HealthPage)
    page.open_account(account.id)
    stage.settle(window)
    names = [line.cells[0] for line in page.folders.rows.rows]
    assert "Taken from files" in names
    assert "file" not in names


def test_mb_31_what_a_server_said_is_told_from_what_the_desk_says() -> None:
    words = fault_report(ChannelFault.SIGN_IN.value, "AUTHENTICATIONFAILED")
    assert words.splitlines()[-1] == "In detail: AUTHENTICATIONFAILED"
    assert len(fault_report(ChannelFault.SIGN_IN.value, "").splitlines()) == 1


def test_mending_a_mailbox_asks_about_unsaved_changes_first(window: MainWindow, kit: DeskKit) -> None:
    window.show_page("settings")
    account, _health = window.session.facts.accounts[0]
    window.fix_mailbox(account.id)
    stage.settle(window)
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    page = home.page("mailboxes")
    assert isinstance(page, MailboxesPage)
    assert page.editor is not None
    page.editor.name.setText("Half written")
    window.fix_mailbox(account.id)
    stage.settle(window)
    assert page.editor.name.text() == "Half written"
    assert page.editor.footer.asking
    page.editor.footer.revert.click()
    stage.settle(window)
    assert page.editor.name.text() == account.name
