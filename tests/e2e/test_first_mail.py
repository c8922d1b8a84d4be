"""From an empty desk to an answered customer, through the window alone, on a real mail server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desk_app.infra.location import DeskLocation
from desk_app.runtime.compose import open_desk
from desk_app.runtime.demo.mail_host import MailHost, SentMail
from desk_app.runtime.worker import run_worker
from desk_app.services.desk import Desk
from desk_app.ui.preferences import Preferences
from desk_app.ui.session import DeskSession
from desk_app.ui.setup.entered import ADDRESS, CONNECTION, DONE, LANGUAGE, OLD_MAIL, TEAM
from desk_app.ui.shell.window import MainWindow
from tests.ui.stage import letter, pump

ADDRESS_OF_DESK = "help@kopi.invalid"
PASSWORD = "a long secret"


@pytest.fixture
def sent() -> list[SentMail]:
    return []


@pytest.fixture
def host(sent: list[SentMail]) -> Iterator[MailHost]:
    with MailHost({ADDRESS_OF_DESK: PASSWORD}, sent.append) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    location = DeskLocation(f"sqlite:///{tmp_path / 'desk.sqlite'}", tmp_path / "data", keychain="memory")
    opened = open_desk(location, origin="test")
    yield opened
    opened.close()


@pytest.fixture
def window(host: MailHost, desk: Desk, tmp_path: Path, qapp: QApplication) -> Iterator[MainWindow]:
    preferences = Preferences(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    session = DeskSession(desk, desk.people.sign_in("ann"))
    made = MainWindow(session, preferences)
    made.resize(1280, 800)
    made.show()
    made.start()
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, args=(desk, stop), name="worker")
    worker.start()
    yield made
    stop.set()
    worker.join(10)
    assert not worker.is_alive(), "the worker did not stop"
    made.close()
    made.deleteLater()
    session.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_an_empty_desk_becomes_an_answered_customer(window: MainWindow, host: MailHost, sent: list[SentMail]) -> None:
    now = datetime.now(UTC)
    old = letter("Maya Lindqvist", "maya@shop.example", "Where is my lamp?", "It never came.", to=ADDRESS_OF_DESK)
    host.deliver(ADDRESS_OF_DESK, old, now - timedelta(hours=1), seen=True)  # read on a phone already (MB-05)

    connect(window, host)
    new = letter("Budi Santoso", "budi@kopi.example", "Refund 58213", "Please refund order 58213.", to=ADDRESS_OF_DESK)
    host.deliver(ADDRESS_OF_DESK, new, now)
    tickets = window.inbox.list
    assert pump(lambda: tickets.model.rowCount() == 2, 60), "the mail did not arrive"
    answer(window, sent)


def connect(window: MainWindow, host: MailHost) -> None:
    """Go through the wizard by keyboard and by what it offers."""
    assert pump(lambda: window.setting_up.wizard is not None and window.setting_up.wizard.step == LANGUAGE), (
        "no wizard on an empty desk"
    )
    wizard = window.setting_up.wizard
    assert wizard is not None
    wizard.next.click()
    wizard.next.click()
    assert wizard.step == ADDRESS
    QTest.keyClicks(wizard.address, ADDRESS_OF_DESK)
    QTest.keyClicks(wizard.password, PASSWORD)
    QTest.keyClicks(wizard.shown_name, "Kopi Works")
    QTest.keyClick(wizard.address, Qt.Key.Key_Return)
    assert pump(lambda: wizard.step == CONNECTION)
    assert pump(lambda: not window.session.work.busy, 60), "discovery has no end"
    for fields, port in ((wizard.form.imap, host.imap_port), (wizard.form.smtp, host.smtp_port)):
        fields.host.setText("127.0.0.1")
        fields.security.setCurrentIndex(fields.security.count() - 1)
        fields.user.setText(ADDRESS_OF_DESK)
        fields.port.setValue(port)
    wizard.test_button.click()
    assert pump(wizard.next.isEnabled, 60), "the connection test failed"
    wizard.next.click()
    assert pump(lambda: wizard.step == OLD_MAIL, 30)
    assert pump(lambda: "1 message" in wizard.old_mail.count_text.text(), 30), wizard.old_mail.count_text.text()
    wizard.old_mail.since.setChecked(True)
    wizard.next.click()
    assert pump(lambda: wizard.step == TEAM, 30)
    wizard.next.click()
    assert pump(lambda: wizard.step == DONE, 30)
    wizard.ready.arm_now.setChecked(True)
    wizard.next.click()
    assert pump(lambda: window.stack.currentWidget() is not wizard)


def answer(window: MainWindow, sent: list[SentMail]) -> None:
    """Open the newest ticket, write, send, and find what left."""
    window.inbox.list.open_first()
    pane = window.inbox.ticket
    assert pump(lambda: pane.view is not None and pane.view.ticket.subject == "Refund 58213", 30)
    QTest.keyClick(window, Qt.Key.Key_R)
    editor = pane.composer.edit
    assert pump(editor.hasFocus, 10)
    assert pump(lambda: bool(pane.composer.to.addresses), 10), "nobody to answer"
    QTest.keyClicks(editor, "Hello Budi, the money is on its way.")
    assert "the money is on its way" in editor.toPlainText()
    QTest.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert pump(lambda: len(sent) == 1, 25), f"the answer did not leave: {window.session.desk.outbox.tray()}"
    mail = message_from_bytes(sent[0].raw, policy=policy.default)
    assert sent[0].recipients == ("budi@kopi.example",)
    assert mail["From"].addresses[0].addr_spec == ADDRESS_OF_DESK
    assert mail["In-Reply-To"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "the money is on its way" in body.get_content()
