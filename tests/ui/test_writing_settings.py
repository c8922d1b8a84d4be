"""The settings pages of canned responses and signatures (CO-06, MB-18, CO-12)."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest

from desk_app.domain.mailboxes.desk import HistoryIncluded
from desk_app.domain.mailboxes.model import SenderName
from desk_app.domain.messages.canned import CannedScope
from desk_app.domain.messages.signatures import Signature, SignatureScope
from desk_app.ui.messages.canned_keep import KeepQuestion
from desk_app.ui.messages.canned_page import CannedPage
from desk_app.ui.messages.signatures_page import SignaturesPage
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.widgets.panels import Banner
from tests.support.desks import DeskKit
from tests.ui import stage


def test_co_06_a_response_is_written_previewed_deleted_and_brought_back(
    window: MainWindow, kit: DeskKit, tmp_path: Path
) -> None:
    shown = stage.settings_page(window, "canned", CannedPage)
    shown.new.click()
    editor = shown.editor
    editor.title.setText("Refund")
    editor.folder.setCurrentText("Money")
    editor.who.setCurrentIndex(editor.who.findText("Only me"))
    editor.text.edit.setFocus()
    QTest.keyClicks(editor.text.edit, "Dear {{customer.first_name}} of {{nowhere}}")
    assert "Dear Maya of {{nowhere}}" in editor.preview.toPlainText()
    assert "{{nowhere}}" in editor._text_field._note.text()
    editor.files.add("terms.pdf", "application/pdf", b"%PDF")
    assert shown.footer.isVisible()
    shown.footer.save.click()
    stage.settle(window)
    (kept,) = kit.desk.canned.visible(kit.agent.id)
    assert (kept.title, kept.folder, kept.scope, kept.file_names) == (
        "Refund", "Money", CannedScope.PRIVATE, ("terms.pdf",),
    )  # fmt: skip
    assert not shown.footer.isVisible()
    editor.title.setText("Changed")
    asked: list[str] = []
    shown.leave(lambda: asked.append("left"))
    assert not asked, "changes are asked about"
    assert shown.footer.asking
    shown.footer.revert.click()
    assert asked == ["left"]
    target = tmp_path / "canned.json"
    shown.export_file(target)
    stage.settle(window)
    editor.delete.click()
    stage.settle(window)
    assert kit.desk.canned.visible(kit.agent.id) == ()
    shown.import_file(target)
    stage.settle(window)
    assert [one.title for one in kit.desk.canned.visible(None)] == ["Refund"]
    (tmp_path / "none.json").write_text("{}")
    shown.import_file(tmp_path / "none.json")
    stage.settle(window)


def test_co_06_a_selection_becomes_a_response(window: MainWindow, kit: DeskKit) -> None:
    window.open_ticket(kit.tickets()[0].id)
    stage.settle(window)
    composer = window.inbox.ticket.composer
    composer.edit.insert_clean_html("<p>Hello <b>you</b></p><p>rest</p>")
    cursor = QTextCursor(composer.edit.document().firstBlock())
    cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
    composer.edit.setTextCursor(cursor)
    window.run_action("composer.keep")
    question = window.findChild(KeepQuestion)
    assert question is not None
    question.yes.click()
    stage.settle(window)
    assert question.isVisible(), "it needs a title"
    question.title.setText("Greeting")
    question.accept()
    question.yes.click()  # pressed twice it is saved once
    stage.settle(window)
    (kept,) = kit.desk.canned.visible(kit.agent.id)
    assert kept.html == "<p>Hello <strong>you</strong></p>"


def test_mb_18_signatures_by_place_and_whose_name_is_shown(window: MainWindow, kit: DeskKit) -> None:
    shown = stage.settings_page(window, "signatures", SignaturesPage)
    titles = [shown.list.item(n).text() for n in range(shown.list.count())]
    assert titles.count("Support") == 3, "the department, the mailbox, mine for the mailbox"
    QTest.keyClicks(shown.text.edit, "{{agent.name}}")
    assert shown.preview.toPlainText() == kit.agent.name
    shown.footer.save.click()
    stage.settle(window)
    assert [one.scope for one in kit.desk.signatures.all()] == [SignatureScope()]
    support = window.session.facts.accounts[0][0]
    row = next(
        n
        for n in range(shown.list.count())
        if shown.list.item(n).data(Qt.ItemDataRole.UserRole + 1) == SignatureScope(account_id=support.id)
    )
    shown.list.setCurrentRow(row)
    shown._chosen()
    shown.from_name.setCurrentIndex(shown.from_name.findData(SenderName.AGENT_VIA_MAILBOX))
    shown._choose_sender()
    stage.settle(window)
    assert window.session.facts.accounts[0][0].policy.sender_name is SenderName.AGENT_VIA_MAILBOX
    shown._show(SignatureScope(department_id=support.department_id))
    shown.history.setCurrentIndex(shown.history.findData(HistoryIncluded.NONE))
    shown._choose_history()
    stage.settle(window)
    assert kit.desk.people.history_included(support.department_id) is HistoryIncluded.NONE


def test_mb_18_a_colleagues_signature_is_shown_before_it_is_replaced(window: MainWindow, kit: DeskKit) -> None:
    scope = SignatureScope()
    kit.desk.signatures.save(Signature(scope, "Kind regards"), kit.ann)
    shown = stage.settings_page(window, "signatures", SignaturesPage)
    assert stage.pump(lambda: shown.text.written[1] == "Kind regards")

    def bars() -> list[Banner]:
        return [one for one in shown.findChildren(Banner) if one.isVisible()]

    QTest.keyClicks(shown.text.edit, "Ann: ")
    (stored,) = kit.desk.signatures.all()
    kit.desk.signatures.save(Signature(scope, "Best wishes, the team", "", stored.version), kit.ann)
    assert stage.pump(lambda: bool(bars()))
    assert "Best wishes, the team" in bars()[0].text.text()
    shown.footer.save.click()
    stage.settle(window)
    assert kit.desk.signatures.all()[0].text == "Best wishes, the team", "nothing is replaced before it was decided"
    bars()[0].buttons[0].click()
    assert shown.text.written[1] == "Ann: Kind regards"
    shown.footer.save.click()
    stage.settle(window)
    assert kit.desk.signatures.all()[0].text == "Ann: Kind regards"
    assert not bars()
    QTest.keyClicks(shown.text.edit, "x")
    (stored,) = kit.desk.signatures.all()
    kit.desk.signatures.save(Signature(scope, "Cheers", "", stored.version), kit.ann)
    assert stage.pump(lambda: bool(bars()))
    bars()[0].buttons[1].click()
    assert shown.text.written[1] == "Cheers"
    assert not shown.dirty


def test_mb_18_the_composer_shows_switches_and_changes_the_signature(window: MainWindow, kit: DeskKit) -> None:
    support, sales = (one for one, _health in window.session.facts.accounts)
    for account in (support, sales):
        signature = Signature(
            SignatureScope(account_id=account.id), f"from {account.name}", f"<p>from {account.name}</p>"
        )
        kit.desk.signatures.save(signature, kit.ann)
    window.open_ticket(next(one.id for one in kit.tickets() if one.requester_email == "budi@kopi.example"))
    stage.settle(window)
    composer = window.inbox.ticket.composer
    assert composer.signature.words == f"from {support.name}"
    composer.tool_buttons["signature"].click()
    assert composer.signature.isVisible()
    composer.head.choose_sender(sales.id, sales.address)
    stage.settle(window)
    assert composer.signature.words == f"from {sales.name}", "it follows the mailbox"
    composer.signature.switch.click()
    composer.edit.setPlainText("Hi")
    assert composer.draft().with_signature is False
    window.inbox.ticket.drafts.flush()
    stage.settle(window)
    composer.reset(composer.ticket_id)
    assert composer.signature.on
    window.inbox.ticket.writing.begin()
    stage.settle(window)
    assert not composer.signature.on, "the draft remembers"
    window.run_action("ticket.note")
    assert not composer.signature.isVisible()
