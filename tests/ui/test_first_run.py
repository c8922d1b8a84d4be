"""ui.md 4.16, AD-07: the first run, step by step, interrupted and resumed; and the list of first steps afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from desk_app.domain.mailboxes.settings import Candidate, EmailSettings, Security, ServerSettings
from desk_app.plugin_api.channels import AccountView, StepState, TestStep
from desk_app.services.system.databases import ServerDatabase
from desk_app.services.system.samples import ADDRESS as SAMPLES
from desk_app.ui.mailboxes.wizard import Wizard
from desk_app.ui.preferences import Preferences
from desk_app.ui.session import DeskSession
from desk_app.ui.setup.checklist import CHECKLIST, Checklist
from desk_app.ui.setup.entered import ADDRESS, CONNECTION, DATABASE, DONE, LANGUAGE, OLD_MAIL, TEAM
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.theme import Scheme, theme
from tests.support.desks import DeskKit, mail
from tests.ui import stage
from tests.ui.conftest import close

FOUND = EmailSettings(
    imap=ServerSettings("imap.shop.example", 993, Security.TLS, "shop@shop.example"),
    smtp=ServerSettings("smtp.shop.example", 465, Security.TLS, "shop@shop.example"),
)


class Databases:
    """What a computer could choose from; remembers what was chosen."""

    shown = "sqlite:///here"
    is_server = False
    fixed_by = ""

    def __init__(self) -> None:
        self.chosen: list[ServerDatabase | None] = []
        self.reachable = True

    def test(self, server: ServerDatabase) -> Iterator[TestStep]:
        yield TestStep("db_reach", StepState.OK if self.reachable else StepState.FAILED, server.host)

    def choose(self, server: ServerDatabase | None) -> None:
        self.chosen.append(server)


@pytest.fixture
def databases() -> Databases:
    return Databases()


def first_window(kit: DeskKit, settings: QSettings, databases: Databases) -> MainWindow:
    preferences = Preferences(settings)
    for key, value in (("look/scheme", "light"), ("look/language", "en")):
        if settings.value(key) is None:
            settings.setValue(key, value)
    preferences.apply()
    window = MainWindow(DeskSession(kit.desk, kit.agent), preferences, databases=databases)
    window.resize(1280, 800)
    window.show()
    window.start()
    stage.settle(window)
    return window


@pytest.fixture
def empty(
    kit: DeskKit, settings: QSettings, databases: Databases, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    def test(_account: AccountView, *, send_to: str = "") -> Iterator[TestStep]:
        yield TestStep("sign_in", StepState.OK)
        if send_to:
            kit.channel.server(send_to).deliver(mail(subject="Test"))
            yield TestStep("send", StepState.OK)

    monkeypatch.setattr(kit.channel, "discover", lambda _address: [Candidate("Shop", "table", FOUND)], raising=False)
    monkeypatch.setattr(kit.channel, "test", test)
    made = first_window(kit, settings, databases)
    yield made
    close(made)


def wizard_of(window: MainWindow) -> Wizard:
    assert window.setting_up.wizard is not None
    return window.setting_up.wizard


def test_ad_07_the_whole_first_run(empty: MainWindow, kit: DeskKit, settings: QSettings) -> None:
    wizard = wizard_of(empty)
    assert empty.stack.currentWidget() is wizard
    assert wizard.step == LANGUAGE
    wizard.next.click()
    assert wizard.step == DATABASE
    assert wizard.database.here.isChecked()
    wizard.next.click()
    assert wizard.step == ADDRESS
    wizard.address.setText("shop@shop.example")
    wizard.password.setText("right")
    wizard.next.click()
    stage.settle(empty)
    assert wizard.step == CONNECTION
    assert wizard.address.isVisible(), "the checks stand below what was entered"
    wizard.next.click()
    stage.settle(empty)
    assert wizard.step == OLD_MAIL
    wizard.next.click()
    stage.settle(empty)
    assert wizard.step == TEAM
    wizard.team.add()
    wizard.team.name.setText("Bea")
    wizard.team.login.setText("bea")
    wizard.team.add_button.click()
    stage.settle(empty)
    assert {one.login for one in kit.desk.people.agents()} == {"ann", "bea"}
    wizard.next.click()
    assert wizard.step == DONE
    wizard.ready.trip_button.click()
    stage.settle(empty)
    assert wizard.ready.trip.steps["arrive"].state is StepState.OK
    next(card for card in wizard.ready.cards if card.scheme is Scheme.DARK).click()
    assert theme().is_dark
    wizard.ready.arm_now.setChecked(True)
    wizard.ready.samples.click()
    wizard.next.click()
    stage.settle(empty)
    assert empty.stack.currentWidget() is empty.inbox
    assert kit.desk.settings.desk().outgoing_armed
    assert kit.desk.samples.present()
    assert settings.value("setup/step") is None
    assert kit.desk.choices.get(kit.agent.id, CHECKLIST) == "shown"
    assert empty.inbox.sidebar.findChild(Checklist).isVisible()


def test_every_step_can_be_skipped_and_back_keeps_what_was_entered(empty: MainWindow) -> None:
    wizard = wizard_of(empty)
    assert not wizard.back.isVisible()
    wizard.next.click()
    wizard.next.click()
    wizard.address.setText("a@b.example")
    wizard.back.click()
    assert wizard.step == DATABASE
    wizard.back.click()
    assert wizard.step == LANGUAGE
    for expected in (DATABASE, ADDRESS, TEAM, DONE):
        if expected == TEAM:
            assert wizard.address.text() == "a@b.example"
        wizard.skip.click()
        assert wizard.step == expected
    assert not wizard.skip.isVisible()
    wizard.back.click()
    assert wizard.step == TEAM
    wizard.next.click()
    wizard.next.click()
    stage.settle(empty)
    assert empty.stack.currentWidget() is empty.inbox


def test_a_first_run_that_was_closed_in_the_middle_goes_on_there(
    kit: DeskKit, settings: QSettings, databases: Databases, qapp: QApplication
) -> None:
    window = first_window(kit, settings, databases)
    wizard = wizard_of(window)
    wizard.next.click()
    wizard.next.click()
    wizard.address.setText("shop@shop.example")
    wizard.password.setText("a secret nobody may read")
    wizard.shown_name.setText("The Shop")
    close(window)
    settings.sync()
    with open(settings.fileName(), encoding="utf-8") as file:  # noqa: PTH123 -- a Qt path
        assert "secret" not in file.read()
    again = first_window(kit, settings, databases)
    wizard = wizard_of(again)
    assert wizard.step == ADDRESS
    assert (wizard.address.text(), wizard.shown_name.text()) == ("shop@shop.example", "The Shop")
    assert wizard.password.text() == "", "it has to be entered again"
    close(again)


def test_the_language_is_chosen_and_the_first_run_goes_on(empty: MainWindow) -> None:
    wizard_of(empty).next.click()
    wizard_of(empty)._show(LANGUAGE)
    wizard_of(empty)._pages[LANGUAGE].buttons["es"].click()  # type: ignore[attr-defined]
    assert stage.pump(lambda: empty.setting_up.wizard is not None and empty.setting_up.wizard.next.text() != "Continue")
    wizard = wizard_of(empty)
    assert wizard.first_run
    assert wizard.step == LANGUAGE
    empty.preferences.set("look/language", "en")
    stage.settle(empty)


def test_a_shared_database_is_tested_chosen_and_opened_anew(empty: MainWindow, databases: Databases) -> None:
    wizard = wizard_of(empty)
    asked: list[bool] = []
    empty.reopen_asked.connect(lambda: asked.append(True))
    wizard.next.click()
    step = wizard.database
    step.shared.click()
    assert not wizard.next.isEnabled(), "a server has to answer first"
    step.test_button.click()
    assert step._error.isVisible()
    step.host.setText("db.example")
    step.user.setText("ann")
    step.password.setText("geheim")
    databases.reachable = False
    step.test_button.click()
    stage.settle(empty)
    assert not wizard.next.isEnabled()
    databases.reachable = True
    step.test_button.click()
    stage.settle(empty)
    assert wizard.next.isEnabled()
    wizard.next.click()
    stage.settle(empty)
    assert databases.chosen == [ServerDatabase("db.example", "desk", "ann", 5432, "geheim")]
    assert asked
    assert "geheim" not in repr(databases.chosen[0])
    assert empty.preferences.settings.value("setup/step") == "mailbox", "it goes on there in the other database"


def test_the_checklist_ticks_itself_and_goes(empty: MainWindow, kit: DeskKit) -> None:
    kit.desk.choices.set(kit.agent.id, CHECKLIST, "shown")
    checklist = empty.inbox.sidebar.findChild(Checklist)
    assert checklist is not None
    wizard = wizard_of(empty)
    for _ in range(4):
        wizard.skip.click()
    wizard.ready.samples.click()
    wizard.next.click()
    stage.settle(empty)
    assert stage.pump(checklist.isVisible)
    assert "0 of 5" in checklist._title.whole_text
    kit.desk.people.add_agent("bea", kit.ann)
    assert stage.pump(lambda: "1 of 5" in checklist._title.whole_text)
    assert "done" in checklist.lines["colleague"].accessibleName()
    checklist.lines["keys"].click()
    assert stage.pump(lambda: "2 of 5" in checklist._title.whole_text)
    assert empty.page("settings").current == "keyboard"  # type: ignore[union-attr]
    assert not checklist.samples.isHidden()
    checklist.samples.click()
    assert stage.pump(checklist.samples.isHidden)
    assert not kit.desk.samples.present()
    checklist.dismiss()
    stage.settle(empty)
    assert kit.desk.choices.get(kit.agent.id, CHECKLIST) == "dismissed"


def test_samples_come_marked_once_and_go_without_a_trace(kit: DeskKit) -> None:
    box = kit.mailbox("support@desk.example")
    kit.arrive(box, mail(subject="Real"))
    assert kit.desk.samples.load(kit.ann) == 5
    assert kit.desk.samples.load(kit.ann) == 0
    tagged = [one for one in kit.tickets() if one.requester_email.endswith(".invalid")]
    assert len(tagged) == 5
    account = next(one for one, _ in kit.desk.mailboxes.list() if one.address == SAMPLES)
    assert not account.enabled, "nothing is fetched for it and nothing leaves from it"
    assert kit.desk.samples.remove(kit.ann) == 5
    assert [one.subject for one in kit.tickets()] == ["Real"]
    assert not kit.desk.samples.present()
    assert kit.desk.samples.load(kit.ann) == 5, "they can come again"
