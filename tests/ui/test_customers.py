"""The page of customers and the card beside the conversation, used as an agent would."""

from __future__ import annotations

import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QToolButton,
)

from desk_app.domain.contacts.model import Contact
from desk_app.domain.messages.model import Address
from desk_app.ui.contacts.blocks_page import BlocksPage
from desk_app.ui.contacts.customer_panel import CustomerCard
from desk_app.ui.contacts.customers_page import CustomersPage
from desk_app.ui.contacts.dialogs import (
    LabelQuestion,
    MergeQuestion,
    NewOrganizationQuestion,
    NewPersonQuestion,
    ReplyAddressQuestion,
)
from desk_app.ui.contacts.fields_page import FieldsPage, LinksPage
from desk_app.ui.contacts.in_place import InPlaceLine, InPlaceText
from desk_app.ui.contacts.phrases import ORGANIZATIONS, short_date
from desk_app.ui.contacts.privacy_dialogs import EraseQuestion, ExportQuestion
from desk_app.ui.messages.quarantine_page import QuarantinePage
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tickets.new_ticket import NewTicketDialog
from desk_app.ui.tickets.phrases import full_time
from desk_app.ui.tickets.picking import PickQuestion
from desk_app.ui.widgets.basics import ElidedLabel, Menu
from tests.support.desks import DeskKit
from tests.ui import contact_scenes, stage

MAYA = "maya@lindqvist.example"


def person(kit: DeskKit, email: str) -> Contact:
    found = kit.desk.contacts.by_email(email)
    assert found is not None
    return found


@pytest.fixture
def page(window: MainWindow, kit: DeskKit) -> CustomersPage:
    contact_scenes.furnish(kit)
    return contact_scenes.customers(window)


def show(window: MainWindow, page: CustomersPage, contact_id: int) -> None:
    page.open_person(contact_id)
    stage.settle(window)


def enter(line: InPlaceLine | QLineEdit, text: str) -> None:
    line.setFocus()
    line.setText(text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def names(page: CustomersPage) -> list[str]:
    model = page.directory.model
    return [
        str(model.data(model.index(place, 0), Qt.ItemDataRole.DisplayRole)).split(",")[0]
        for place in range(model.rowCount())
    ]


def undo(window: MainWindow) -> None:
    shown = [one for one in window.toast.findChildren(QPushButton) if one.text() == "Undo" and one.isVisible()]
    made = max(shown, key=lambda one: one.mapTo(window, one.rect().topLeft()).y())  # the newest one is lowest
    made.click()
    stage.settle(window)


def told(window: MainWindow) -> str:
    return " ".join(one.text() for one in window.toast.findChildren(QLabel) if one.isVisible())


def test_customers_are_found_filtered_and_opened_by_keys(window: MainWindow, page: CustomersPage) -> None:
    directory = page.directory
    assert window.rail.current == "customers"
    assert directory.model.rowCount() == 11
    QTest.keyClick(directory.view, Qt.Key.Key_Slash)
    assert QApplication.focusWidget() is directory.search_box
    QTest.keyClicks(directory.search_box, "lindq")
    assert stage.pump(lambda: directory.model.rowCount() == 2)
    stage.settle(window)
    assert set(names(page)) == {"Maya Lindqvist"}
    QTest.keyClick(directory.search_box, Qt.Key.Key_Return)
    stage.settle(window)
    assert page.contact_id == directory.model.ids[0]
    QTest.keyClick(directory.view, Qt.Key.Key_J)
    stage.settle(window)
    assert page.contact_id == directory.model.ids[1]
    directory.search_box.clear()
    for key, count in (("blocked", 1), ("failing", 0), ("without_tickets", 2), (ORGANIZATIONS, 2), ("all", 11)):
        directory.filter_buttons[key].click()
        stage.settle(window)
        assert directory.model.rowCount() == count, key


def test_cu_02_details_are_edited_in_place_and_put_back(window: MainWindow, page: CustomersPage, kit: DeskKit) -> None:
    maya = person(kit, MAYA)
    show(window, page, maya.id)
    line = page.person.name
    assert line is not None
    line.setFocus()
    line.setText("Somebody Else")
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == "Maya Lindqvist"
    enter(line, "Maya L. Lindqvist")
    stage.settle(window)
    assert person(kit, MAYA).name == "Maya L. Lindqvist"
    undo(window)
    assert person(kit, MAYA).name == "Maya Lindqvist"
    new = page.person.new_address
    assert new is not None
    enter(new, "Maya@New.example")
    stage.settle(window)
    assert "maya@new.example" in person(kit, MAYA).emails
    enter(page.person.new_address, "noor@haddad.example")  # type: ignore[arg-type]
    stage.settle(window)
    assert "noor@haddad.example" not in person(kit, MAYA).emails
    assert "another contact" in told(window)


def test_cu_02_an_address_gets_a_label_becomes_the_main_one_and_goes(
    window: MainWindow, page: CustomersPage, kit: DeskKit
) -> None:
    show(window, page, person(kit, MAYA).id)

    def menu(address: str) -> dict[str, QAction]:
        more = next(
            one
            for one in page.person.findChildren(QToolButton)
            if one.accessibleName() == f"More about {address}" and one.isVisible()
        )
        more.click()
        shown = page.person.findChildren(Menu)[-1]
        shown.close()
        return {one.text(): one for one in shown.actions()}

    menu("maya.private@home.example")["Another label…"].trigger()
    (question,) = page.person.findChildren(LabelQuestion)
    question.line.setText("reception")
    question.accept()
    stage.settle(window)
    labels = {one.address: one.label for one in person(kit, MAYA).addresses}
    assert labels["maya.private@home.example"] == "reception"
    menu("maya.private@home.example")["Make it the main one"].trigger()
    stage.settle(window)
    assert person(kit, MAYA).primary_email == "maya.private@home.example"
    shown = [one.whole_text for one in page.person.findChildren(ElidedLabel) if "@" in one.whole_text]
    assert shown[0] == "maya.private@home.example", "the main one stands first"
    menu("+46 8 123 45 67")["Remove"].trigger()
    stage.settle(window)
    assert person(kit, MAYA).phones == ()
    undo(window)
    assert person(kit, MAYA).phones == ("+46 8 123 45 67",)


def test_cu_08_a_note_saves_by_itself_and_every_ticket_shows_it(
    window: MainWindow, page: CustomersPage, kit: DeskKit
) -> None:
    maya = person(kit, MAYA)
    show(window, page, maya.id)
    window.run_action("contact.note")
    note = page.person.note
    assert QApplication.focusWidget() is note
    note.selectAll()
    QTest.keyClicks(note, "Speaks Swedish")
    assert stage.pump(lambda: person(kit, MAYA).note == "Speaks Swedish")
    window.run_action("go.open")
    stage.settle(window)
    window.inbox.list.open_first()
    stage.settle(window)
    (card,) = [one for one in window.inbox.side.findChildren(CustomerCard) if one.isVisible()]
    assert card.note is not None
    assert card.note.toPlainText() == "Speaks Swedish"
    card.note.setFocus()
    card.note.setPlainText("Speaks Swedish and English")
    window.session.tickets_changed.emit(frozenset({window.inbox.ticket.ticket_id}))
    stage.settle(window)
    assert QApplication.focusWidget() is card.note, "news of the ticket must not take the note away"
    card.note.clearFocus()
    stage.settle(window)
    assert person(kit, MAYA).note == "Speaks Swedish and English"


@pytest.mark.parametrize("width", [600, 220, 150])
def test_a_note_is_as_high_as_its_lines_at_any_width(qapp: QApplication, width: int) -> None:
    note = InPlaceText("Prefers to be called in the morning.\nVIP: answer within two hours.", "Note")
    note.resize(300, 80)
    note.show()
    note.resize(width, 80)
    QApplication.processEvents()
    assert note.viewport().height() >= note.document().lineCount() * note.fontMetrics().lineSpacing()
    note.close()
    note.deleteLater()


def test_cu_06_own_fields_are_filled_in_and_refused_values_are_marked(
    window: MainWindow, page: CustomersPage, kit: DeskKit
) -> None:
    maya = person(kit, MAYA)
    show(window, page, maya.id)
    lines = {one.accessibleName(): one for one in page.person.findChildren(InPlaceLine)}
    enter(lines["Customer number"], "777")
    stage.settle(window)
    assert person(kit, MAYA).fields["customer_number"] == "777"
    lines = {one.accessibleName(): one for one in page.person.findChildren(InPlaceLine) if one.isVisible()}
    enter(lines["Contract until"], "next year")
    stage.settle(window)
    assert "contract_until" not in person(kit, MAYA).fields


def test_a_person_is_added_gets_a_ticket_and_an_organization(
    window: MainWindow, page: CustomersPage, kit: DeskKit
) -> None:
    window.run_action("contact.new")
    (question,) = window.findChildren(NewPersonQuestion)
    question.name.setText("Ida Berg")
    question.email.setText("ida@berg.example")
    question.accept()
    stage.settle(window)
    ida = person(kit, "ida@berg.example")
    assert page.contact_id == ida.id
    window.run_action("contact.ticket")
    stage.settle(window)
    (dialog,) = window.findChildren(NewTicketDialog)
    assert dialog.to.address.email == "ida@berg.example"
    dialog.reject()
    window.run_action("contact.organization")
    stage.settle(window)
    (pick,) = window.findChildren(PickQuestion)
    pick.box.setText("kopi")
    assert stage.pump(lambda: pick.hits.count() == 1)
    pick.accept()
    stage.settle(window)
    home = person(kit, "ida@berg.example").organization_id
    assert home is not None
    assert kit.desk.organizations.get(home).name == "Kopi Works"  # type: ignore[union-attr]


def test_cu_03_a_probable_double_is_merged_with_a_preview_and_taken_apart(
    window: MainWindow, page: CustomersPage, kit: DeskKit
) -> None:
    maya, double = person(kit, MAYA), person(kit, "maya.l@post.example")
    show(window, page, maya.id)
    merge = next(one for one in page.person.findChildren(QPushButton) if one.text().strip() == "Merge…")
    merge.click()
    stage.settle(window)
    (question,) = window.findChildren(MergeQuestion)
    assert (question.preview.source.id, question.preview.target.id) == (double.id, maya.id)
    question.accept()
    stage.settle(window)
    assert person(kit, "maya.l@post.example").id == maya.id
    assert page.contact_id == maya.id
    undo(window)
    assert person(kit, "maya.l@post.example").id == double.id
    assert page.contact_id == maya.id, "who was looked at stays so"
    assert page.person.shown_id == maya.id


def test_cu_05_an_organization_shows_members_and_all_their_tickets(
    window: MainWindow, page: CustomersPage, kit: DeskKit
) -> None:
    window.run_action("organization.new")
    (question,) = window.findChildren(NewOrganizationQuestion)
    question.name.setText("Becker und Wijaya")
    question.domain.setText("becker.example")
    question.accept()
    stage.settle(window)
    key = page.organization_id
    assert key is not None
    enter(page.organization.new_domain, "wijaya.example")
    stage.settle(window)
    enter(page.organization.new_domain, "gmail.com")
    stage.settle(window)
    profile = kit.desk.contact_queries.organization_profile(key)
    assert profile is not None
    assert (profile.row.members, profile.organization.domains) == (2, ("becker.example", "wijaya.example"))
    lines = [one for one in page.organization.tickets.findChildren(QPushButton) if "#" in one.accessibleName()]
    assert len(lines) == 2
    lines[0].click()
    stage.settle(window)
    assert window.rail.current == "inbox"
    assert window.inbox.ticket.ticket_id is not None
    contact_scenes.customers(window)
    window.run_action("organization.delete")
    stage.settle(window)
    assert kit.desk.organizations.get(key) is None
    undo(window)
    assert kit.desk.organizations.get(key) is not None


def test_cu_09_a_sender_is_blocked_from_ticket_and_profile(window: MainWindow, kit: DeskKit) -> None:
    window.inbox.list.open_first()
    stage.settle(window)
    window.run_action("contact.block")
    stage.settle(window)
    lines = window.palette_layer.list
    titles = [lines.item(place).data(Qt.ItemDataRole.UserRole).title for place in range(lines.count())]
    assert titles == [f"Block {MAYA}", "Block everybody at lindqvist.example"]
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Return)
    stage.settle(window)
    assert person(kit, MAYA).blocked
    undo(window)
    assert not person(kit, MAYA).blocked


def test_cu_07_and_cu_14_the_card_shows_the_customer_and_opens_links_and_profile(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_scenes.furnish(kit)
    parcel = next(one for one in kit.tickets() if one.subject == "Where is my parcel?")
    kit.desk.tickets.set_status([parcel.id], "open", kit.ann)
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: bool(opened.append(url.toString())) or True)
    window.inbox.list.open_first()
    stage.settle(window)
    (card,) = [one for one in window.inbox.side.findChildren(CustomerCard) if one.isVisible()]
    assert person(kit, MAYA).id == window.inbox.ticket.view.ticket.requester_id  # type: ignore[union-attr]
    buttons = {one.text().strip(): one for one in card.findChildren(QPushButton)}
    buttons["Orders in the shop"].click()
    assert opened == ["https://shop.example/customers?mail=maya%40lindqvist.example"]
    assert buttons["Contract"].isEnabled()
    assert "Lindqvist Studio AB" in buttons
    assert any("1 open of 1" in one.text() for one in window.inbox.side.findChildren(QLabel) if one.isVisible())
    window.run_action("contact.show")
    stage.settle(window)
    page = window.page("customers")
    assert isinstance(page, CustomersPage)
    assert page.contact_id == person(kit, MAYA).id


def test_cu_04_changing_the_customer_asks_where_the_next_reply_goes(window: MainWindow, kit: DeskKit) -> None:
    window._speak_anew()  # the window that was built again asks once, not the one from before too
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    stage.settle(window)
    window.inbox.list.open_first()
    stage.settle(window)
    ticket_id = window.inbox.ticket.ticket_id
    assert ticket_id is not None
    window.acts.change_requester(ticket_id, Address("Hannah Schulz", "hannah@schulz.example"))
    assert stage.pump(lambda: bool(window.findChildren(ReplyAddressQuestion)))
    (question,) = window.findChildren(ReplyAddressQuestion)
    choices = {str(one.property("value")): one for one in question.findChildren(QRadioButton)}
    assert list(choices) == ["hannah@schulz.example", MAYA]
    assert question.address == "hannah@schulz.example"
    choices[MAYA].click()
    question.accept()
    stage.settle(window)
    ticket = kit.ticket(ticket_id)
    assert (ticket.requester_id, ticket.requester_email) == (person(kit, "hannah@schulz.example").id, MAYA)
    start = kit.desk.replies.start(ticket_id, agent_id=kit.agent.id)
    assert [one.email for one in start.to] == [MAYA]
    undo(window)
    assert kit.ticket(ticket_id).requester_email == "hannah@schulz.example"


def test_cu_09_blocked_mail_is_let_through_and_senders_are_unblocked(
    window: MainWindow, page: CustomersPage, kit: DeskKit
) -> None:
    window.run_action("contact.blocked")
    stage.settle(window)
    quarantine = window.page("quarantine")
    assert isinstance(quarantine, QuarantinePage)
    shown = [one.whole_text for one in quarantine.blocked.findChildren(ElidedLabel)]
    assert shown[0] == "You have won!"
    assert shown[1].startswith("Win Big <offers@promo.example>")
    through = next(
        one for one in quarantine.blocked.findChildren(QPushButton) if one.text().strip() == "Let it through"
    )
    through.click()
    stage.settle(window)
    assert [one.subject for one in kit.tickets()][-1] == "You have won!"
    assert kit.desk.quarantine.blocked() == []
    window.show_page("settings")
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    home.open_page("blocked-senders")
    stage.settle(window)
    blocks = home.page("blocked-senders")
    assert isinstance(blocks, BlocksPage)
    blocks.box.setText("gmail.com")
    blocks.add_button.click()
    stage.settle(window)
    assert len(kit.desk.blocks.list()) == 2
    blocks.box.setText("bad.example")
    blocks.reason.setText("sells lamps")
    QTest.keyClick(blocks.box, Qt.Key.Key_Return)
    stage.settle(window)
    assert next(one.value for one in kit.desk.blocks.list()) == "bad.example"
    gone = next(one for one in blocks.findChildren(QToolButton) if one.accessibleName() == "Unblock bad.example")
    gone.click()
    stage.settle(window)
    assert "bad.example" not in [one.value for one in kit.desk.blocks.list()]
    undo(window)
    assert "bad.example" in [one.value for one in kit.desk.blocks.list()]


def test_cu_06_who_moves_a_field_to_the_end_by_the_keyboard_stays_at_it(
    window: MainWindow, page: CustomersPage
) -> None:
    fields = stage.settings_page(window, "customer-fields", FieldsPage)
    group = fields.rows["contact"]
    assert not group[0].up.isEnabled()
    second = group[1]
    second.up.setFocus()
    QTest.keyClick(second.up, Qt.Key.Key_Space)
    assert fields.rows["contact"][0] is second
    assert not second.up.isEnabled()
    assert second.down.hasFocus()


def test_cu_06_and_cu_14_fields_and_links_are_set_up_in_the_settings(
    window: MainWindow, page: CustomersPage, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: bool(opened.append(url.toString())) or True)
    window.show_page("settings")
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    home.open_page("customer-fields")
    stage.settle(window)
    fields = home.page("customer-fields")
    assert isinstance(fields, FieldsPage)
    assert not fields.has_changes
    fields.add_person.click()
    made = fields.rows["contact"][-1]
    made.name.setText("Birthday")
    made.kind.setCurrentIndex(made.kind.findData("date"))
    assert not made.down.isEnabled(), "it is the last"
    fields.shift(made, -1)
    assert made.down.isEnabled()
    assert fields.footer.isVisible()
    fields.save()
    stage.settle(window)
    assert [one.key for one in kit.desk.contact_settings.read().fields.contact][-2:] == ["birthday", "newsletter"]
    assert not fields.has_changes
    home.open_page("context-links")
    stage.settle(window)
    links = home.page("context-links")
    assert isinstance(links, LinksPage)
    links.rows[0].test.click()
    assert opened == ["https://shop.example/customers?mail=maya%40shop.example"]
    links.add_button.click()
    new = links.rows[-1]
    new.name.setText("Files")
    new.url.setText("file:///etc/passwd")
    assert not new.test.isEnabled()
    links.save()
    stage.settle(window)
    assert len(kit.desk.contact_settings.read().links) == 2
    assert "https" in links.footer.message.text()


def test_cu_10_a_person_is_exported_and_erased_after_the_name_was_typed(
    window: MainWindow, page: CustomersPage, kit: DeskKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = person(kit, MAYA)
    show(window, page, maya.id)
    target = tmp_path / "maya.zip"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(target), ""))
    window.run_action("contact.export")
    assert stage.pump(lambda: bool(window.findChildren(ExportQuestion)))
    (asked,) = window.findChildren(ExportQuestion)
    assert not asked.internal.isChecked()
    assert not target.exists(), "first it is said what goes into the file"
    asked.accept()
    assert stage.pump(target.exists)
    stage.settle(window)
    with zipfile.ZipFile(target) as archive:
        assert {"data.json", "index.html"} <= set(archive.namelist())
    assert not list(tmp_path.glob("*.part"))
    window.run_action("contact.erase")
    assert stage.pump(lambda: bool(window.findChildren(EraseQuestion)))
    (question,) = window.findChildren(EraseQuestion)
    assert not question.yes.isEnabled()
    question.line.setText("Maya Lindqvist")
    assert question.yes.isEnabled()
    question.accept()
    assert stage.pump(lambda: kit.desk.contacts.by_email(MAYA) is None)
    stage.settle(window)
    assert [one.action for one in kit.desk.privacy.log()] == ["erase", "export"]
    assert page.contact_id is None


def test_ia_03_times_of_customers_follow_zone_and_language_of_the_viewer(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = datetime(2026, 11, 25, 20, 30, tzinfo=UTC)
    for zone, day in (("Asia/Jakarta", "26"), ("America/Mexico_City", "25")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert day in short_date(late)
        assert day in full_time(late)
    monkeypatch.undo()
    time.tzset()
