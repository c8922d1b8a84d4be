"""The lists that open while writing: canned responses, colleagues, tickets (CO-06, CO-07, IN-17)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidget

from desk_app.domain.messages.canned import CannedResponse
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.domain.people.actor import SYSTEM
from desk_app.ui.messages import emoji_box
from desk_app.ui.messages.composer import Composer
from desk_app.ui.messages.emoji_box import EmojiBox, found
from desk_app.ui.messages.suggest_popup import SuggestPopup
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import stage

SUBJECT = "Refund for order #58213 not received"


def begin(window: MainWindow, kit: DeskKit) -> Composer:
    window.open_ticket(next(one.id for one in kit.tickets() if one.subject == SUBJECT))
    stage.settle(window)
    window.inbox.ticket.composer.focus_reply()
    return window.inbox.ticket.composer


def popup(window: MainWindow) -> SuggestPopup:
    return window.inbox.ticket.writing.suggestions.popup


def type_(window: MainWindow, composer: Composer, text: str) -> None:
    QTest.keyClicks(composer.edit, text)
    stage.settle(window)


def lines(list_: QListWidget) -> list[str]:
    return [list_.item(n).text() for n in range(list_.count())]


def test_co_07_a_slash_searches_previews_and_inserts(window: MainWindow, kit: DeskKit) -> None:
    canned = kit.desk.canned
    label = OutgoingAttachment("label.pdf", "application/pdf", b"%PDF label")
    canned.save(
        CannedResponse(
            0, "Refund sent", "Dear {{customer.first_name}}",
            "<p>Dear <b>{{customer.first_name}}</b>, #{{ticket.number}}</p>", "Money", attachments=(label,),
        ),
        kit.ann,
    )  # fmt: skip
    canned.save(CannedResponse(0, "Hello", "Good day {{organization.name}}", folder="Greetings"), kit.ann)
    composer = begin(window, kit)
    type_(window, composer, "Hi /")
    box = popup(window)
    assert box.isVisible()
    assert lines(box.list) == ["Greetings", "Hello", "Money", "Refund sent"]
    assert "{{organization.name}}" in box.preview.toPlainText()
    type_(window, composer, "ref")
    assert lines(box.list) == ["Refund sent"]
    assert "Dear Maya" in box.preview.toPlainText()
    QTest.keyClick(composer.edit, Qt.Key.Key_Return)
    stage.settle(window)
    assert not box.isVisible()
    letter = composer.draft()
    assert letter.text == f"Hi Dear Maya, #{composer.view.ticket.number}"  # type: ignore[union-attr]
    assert "<strong>Maya</strong>" in letter.html
    assert [one.filename for one in letter.attachments] == ["label.pdf"]
    assert next(one for one in canned.visible(None) if one.title == "Refund sent").use_count == 1


def test_co_07_without_any_canned_response_the_slash_leads_to_making_one(window: MainWindow, kit: DeskKit) -> None:
    composer = begin(window, kit)
    type_(window, composer, "Hi /")
    box = popup(window)
    assert box.isVisible()
    assert lines(box.list) == ["None there yet: make the first one…"]
    type_(window, composer, "x")
    assert not box.isVisible(), "what is typed on is text"
    QTest.keyClick(composer.edit, Qt.Key.Key_Backspace)
    stage.settle(window)
    assert box.isVisible()
    QTest.keyClick(composer.edit, Qt.Key.Key_Return)
    stage.settle(window)
    assert composer.edit.toPlainText() == "Hi "
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    assert home.isVisible()
    assert home.current == "canned"


def test_co_07_escape_leaves_the_slash_and_words_never_open_it(window: MainWindow, kit: DeskKit) -> None:
    kit.desk.canned.save(CannedResponse(0, "Hello", "Good day"), kit.ann)
    composer = begin(window, kit)
    type_(window, composer, "and/or http://x.example/hello ")
    box = popup(window)
    assert not box.isVisible()
    type_(window, composer, "/hel")
    assert box.isVisible()
    QTest.keyClick(composer.edit, Qt.Key.Key_Escape)
    assert not box.isVisible()
    assert composer.edit.hasFocus()
    type_(window, composer, "lo")
    assert not box.isVisible(), "it is text now"
    assert composer.edit.toPlainText().endswith("/hello")
    type_(window, composer, " /nothing like it")
    assert not box.isVisible()
    composer.edit.clear()
    composer.tool_buttons["canned"].click()
    stage.settle(window)
    assert popup(window).isVisible()
    QTest.keyClick(composer.edit, Qt.Key.Key_Escape)
    assert composer.edit.toPlainText() == "", "a button typed that slash"


def test_in_17_a_mention_is_one_piece_and_told(window: MainWindow, kit: DeskKit) -> None:
    bob = kit.desk.people.add_agent("bob", SYSTEM, name="Bob Builder")
    window.session.load()
    composer = begin(window, kit)
    type_(window, composer, "@bo")
    assert not popup(window).isVisible(), "customers are not shown whom we know"
    composer.edit.clear()
    window.run_action("ticket.note")
    type_(window, composer, "@bui")
    assert lines(popup(window).list) == ["Bob Builder"]
    QTest.keyClick(composer.edit, Qt.Key.Key_Tab)
    type_(window, composer, "please")
    assert composer.edit.toPlainText() == "@Bob Builder please"
    window.inbox.ticket.drafts.flush()
    stage.settle(window)
    window.inbox.ticket.writing.show_again()
    stage.settle(window)
    composer.edit.put_cursor(len("@Bob Builder"))
    QTest.keyClick(composer.edit, Qt.Key.Key_Backspace)
    assert composer.edit.toPlainText() == " please", "it goes as a whole, after a draft too"
    QTest.keyClick(composer.edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    composer.submit()
    stage.settle(window)
    ticket_id = composer.ticket_id
    event = next(one for one in kit.events(ticket_id) if one.kind == "NoteAdded" and one.data.get("mentions"))
    assert event.data["mentions"] == [{"id": bob.id, "name": "Bob Builder"}]
    assert "desk-agent" not in kit.messages(ticket_id)[-1].html


def test_a_number_links_in_notes_and_is_only_a_number_for_customers(window: MainWindow, kit: DeskKit) -> None:
    other = next(one for one in kit.tickets() if one.subject == "Permintaan pengembalian dana")
    composer = begin(window, kit)
    type_(window, composer, f"#{other.number}")
    assert popup(window).isVisible()
    QTest.keyClick(composer.edit, Qt.Key.Key_Return)
    assert composer.draft().html == f"<p>#{other.number} </p>"
    composer.edit.clear()
    window.run_action("ticket.note")
    type_(window, composer, "see #pengembalian")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return)
    here = composer.ticket_id
    composer.submit()
    stage.settle(window)
    note = kit.messages(here)[-1]
    assert f"desk-ticket:{other.id}" in note.html
    window.inbox.ticket.card_acts.open_link(note, f"desk-ticket:{other.id}")
    stage.settle(window)
    assert window.inbox.ticket.ticket_id == other.id
    mail = next(one for one in kit.messages(here) if one.direction.value == "in")
    window.inbox.ticket.card_acts.open_link(mail, f"desk-ticket:{here}")
    stage.settle(window)
    assert window.inbox.ticket.ticket_id == other.id, "what comes from outside opens nothing"


def test_emoji_are_drawn_large_and_whole(window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emoji_box, "_names", lambda: (("V", "v"), ("W", "w")))  # letters are in every font
    begin(window, kit).tool_buttons["emoji"].click()
    box = next(one for one in window.findChildren(EmojiBox) if one.isVisible())
    cell = box.grid.viewport().grab(box.grid.visualItemRect(box.grid.item(1))).toImage()
    across = range(2, cell.width() - 2)
    inked = [y for y in range(cell.height()) if len({cell.pixel(x, y) for x in across}) > 1]
    assert len(inked) >= 11, "the letter of a font of 18 px, not one of 13 px between wide edges"
    box.leave()


def test_an_emoji_is_found_by_name_and_inserted(
    window: MainWindow, kit: DeskKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (("🥳", "face with party horn and party hat "), ("🎉", "party popper "), ("👍", "thumbs up sign yes ok "))
    monkeypatch.setattr(emoji_box, "_names", lambda: names)  # as with a font that can draw them
    assert found("party") == ["🥳", "🎉"]
    composer = begin(window, kit)
    composer.tool_buttons["emoji"].click()
    box = next(one for one in window.findChildren(EmojiBox) if one.isVisible())
    QTest.keyClicks(box.search, "thumbs up")
    QTest.keyClick(box.search, Qt.Key.Key_Return)
    assert composer.edit.toPlainText() == "👍"
    assert composer.edit.hasFocus()
