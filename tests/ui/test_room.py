"""Nothing is cut and nothing jumps: bars, dialogs, boxes and columns take the room their words need (ui.md 2, 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from desk_app.domain.messages.model import Address
from desk_app.domain.tickets.moments import read_moment
from desk_app.ui.contacts.customer_panel import CustomerCard
from desk_app.ui.contacts.customers_page import CustomersPage
from desk_app.ui.contacts.phrases import ORGANIZATIONS
from desk_app.ui.language import speak, tr
from desk_app.ui.messages.composer_guards import ConfirmBar
from desk_app.ui.shell.panes import _USUAL
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.fonts import font
from desk_app.ui.tickets.dialogs import TagsQuestion
from desk_app.ui.tickets.history import HistoryDialog
from desk_app.ui.tickets.phrases import day_time
from desk_app.ui.views.editor import ViewQuestion
from desk_app.ui.widgets.basics import ElidedLabel
from desk_app.ui.widgets.panels import EmptyState
from tests.support.desks import DeskKit
from tests.ui import stage

CODES = ("en", "es", "id")


@pytest.fixture
def english_again() -> Iterator[None]:
    before = QLocale()
    yield
    speak("en")
    QLocale.setDefault(before)


@pytest.fixture
def small(window: MainWindow) -> MainWindow:
    """A window of 1280 x 800 with a ticket open."""
    window.resize(1280, 800)
    window.inbox.list.open_first()
    stage.settle(window)
    return window


def cut(top: QWidget) -> list[str]:
    """Words that go on in more lines than there is room for."""
    return [
        one.text()
        for one in top.findChildren(QLabel)
        if one.isVisible() and one.wordWrap() and one.height() < one.heightForWidth(one.width())
    ]


def test_what_is_asked_before_a_mail_leaves_is_shown_whole(small: MainWindow) -> None:
    composer = small.inbox.ticket.composer
    small.run_action("ticket.reply")
    composer.to.add([Address("", "somebody.with.a.long.name@elsewhere.example")])
    composer.show_format_bar(on=True)
    composer.edit.setPlainText("Dear {{customer.first_name}}, see the attached file.")
    QTest.keyClick(composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    stage.settle(small)
    (bar,) = [one for one in composer.bars.findChildren(ConfirmBar) if one.isVisible()]
    assert len([one for one in bar.findChildren(QLabel) if one.isVisible()]) == 3
    assert cut(bar) == []
    assert composer.edit.height() >= 64, "three lines of the text stay in sight"
    chips = composer.to.chips
    assert chips[0].y() != chips[1].y(), "they stand below each other"
    assert all(composer.to.rect().contains(chip.geometry()) for chip in chips)
    small.resize(1600, 900)
    stage.settle(small)
    assert cut(bar) == []


def test_turning_between_reply_note_and_forward_moves_no_pane(small: MainWindow) -> None:
    panes = (small.inbox.sidebar, small.inbox.list, small.inbox.ticket)
    small.run_action("ticket.reply")
    stage.settle(small)
    widths = [one.width() for one in panes]
    for action in ("ticket.note", "ticket.forward", "ticket.note", "ticket.reply"):
        small.run_action(action)
        stage.settle(small)
        assert [one.width() for one in panes] == widths, action


def test_a_question_is_as_high_as_its_words(window: MainWindow) -> None:
    window.run_action("view.save_as")
    (question,) = [one for one in window.findChildren(ViewQuestion) if one.isVisible()]
    QApplication.processEvents()
    assert question.height() == question.layout().totalHeightForWidth(question.width())
    assert question.height() < 400
    question.reject()


def test_a_question_grows_with_what_it_offers_later(small: MainWindow) -> None:
    ids = [one for one in small.inbox.list.model.ids if one is not None][:6]
    small.session.desk.tickets.tag(ids, [f"a tag of some words {n}" for n in range(8)], [], small.session.actor)
    small.run_action("ticket.tags")
    (question,) = small.findChildren(TagsQuestion)
    assert stage.pump(lambda: bool(question.offered))
    question.resize(question.width(), 100)  # as a window manager does that answers late
    stage.settle(small)
    for one in (question.line, question.yes, *question.offered.values()):
        assert one.height() >= one.sizeHint().height(), one
        inside = one.parentWidget().rect()
        assert inside.contains(one.geometry()), one
    question.reject()


def test_the_palette_shows_its_letters_whole_and_tab_only_where_it_does_something(small: MainWindow) -> None:
    palette = small.palette_layer
    small.open_palette()
    QApplication.processEvents()
    assert palette.input.height() >= palette.input.sizeHint().height()
    assert all(one.isVisible() for one in palette._more_hint)
    palette.leave()
    small.run_action("ticket.assign")
    QApplication.processEvents()
    assert palette.input.height() >= palette.input.sizeHint().height()
    assert not any(one.isVisible() for one in palette._more_hint)
    palette.leave()


@pytest.mark.parametrize("code", CODES)
@pytest.mark.usefixtures("english_again")
def test_in_12_examples_of_times_are_taken_in_the_language_they_stand_in(code: str) -> None:
    speak(code)
    now = datetime(2026, 3, 4, 10, 0).astimezone()
    for prompt in (tr("Snooze until… (“in 2 hours”, “friday 9:00”)"), tr("Due… (“in 2 hours”, “friday 9:00”)")):
        first, second = re.findall("[“«](.+?)[”»]", prompt)
        assert read_moment(first, now) == now.replace(hour=12), first
        assert read_moment(second, now) == now.replace(day=6, hour=9), second


@pytest.mark.parametrize("code", CODES)
@pytest.mark.usefixtures("english_again", "qapp")
def test_the_line_below_the_lists_has_room_for_its_words(code: str) -> None:
    speak(code)
    room = _USUAL["sidebar"] - 19 - 14 - 6 - 10  # the margins of the line, its icon and the gap beside it
    measure = QFontMetrics(font(12))
    for words in (
        tr("Offline: no mail server"),
        tr("Offline: no database"),
        tr("All mailboxes up to date"),
        tr("Looking at the mailboxes…"),
        tr("No mailbox yet"),
    ):
        assert measure.horizontalAdvance(words) <= room, words


def test_a_tip_that_says_more_survives_another_width(qapp: QCoreApplication) -> None:
    line = ElidedLabel("Support: no answer", "tertiary")
    line.set_text("Support: no answer", "Support: no answer. Look at the server's name.")
    line.resize(300, 20)
    line.show()
    assert line.toolTip().endswith("name.")
    since = ElidedLabel("Customer since 2026", "tertiary", short="Since 2026")
    since.resize(90, 20)
    since.show()
    assert since.text() == "Since 2026"
    assert since.toolTip() == "Customer since 2026"
    since.resize(300, 20)
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
    assert (since.text(), since.toolTip()) == ("Customer since 2026", "")


def test_who_asks_is_named_beside_both_buttons(small: MainWindow) -> None:
    (card,) = [one for one in small.inbox.side.findChildren(CustomerCard) if one.isVisible()]
    names = {one.accessibleName(): one for one in card.findChildren(QWidget)}
    opener, pencil = names["Open the profile"], names["Change the customer"]
    avatar = names["Maya Lindqvist"]
    assert opener.x() == pencil.x()
    assert opener.y() < avatar.geometry().center().y() < pencil.geometry().bottom()


def test_a_profile_that_shows_nobody_goes_with_the_list_beside_it(window: MainWindow) -> None:
    window.show_page("customers")
    page = window.page("customers")
    assert isinstance(page, CustomersPage)
    stage.settle(window)

    def shown() -> EmptyState:
        found = page.shown.stack.currentWidget()
        assert isinstance(found, EmptyState)
        return found

    assert shown().text.text().startswith("Choose one in the list")
    page.directory.choose_filter("failing")
    stage.settle(window)
    assert page.shown is page.person
    assert shown().text.text() == "The list is empty."
    page.directory.choose_filter(ORGANIZATIONS)
    stage.settle(window)
    assert page.shown is page.organization
    page.directory.choose_filter("all")
    stage.settle(window)
    assert page.shown is page.person
    window.resize(700, 700)
    stage.settle(window)
    assert page.directory.width() == page.width(), "a list alone takes all the room"


def test_a_day_close_by_is_told_in_few_words() -> None:
    before, locale = QLocale(), QLocale("en_GB")
    QLocale.setDefault(locale)
    now = datetime(2026, 11, 26, 12, 0).astimezone()
    assert day_time(now.replace(hour=8, day=27), now) == "Fri, 27 Nov 08:00"
    assert day_time(now.replace(hour=8, day=4, month=1, year=2027), now) == "Mon, 4 Jan 2027 08:00"
    QLocale.setDefault(before)


def test_a_line_of_the_history_is_as_high_as_its_words(small: MainWindow) -> None:
    small.run_action("ticket.history")
    (dialog,) = [one for one in small.findChildren(HistoryDialog) if one.isVisible()]
    lines = dialog.lines
    heights = {lines.visualItemRect(lines.item(place)).height() for place in range(lines.count())}
    lines.item(0).setText("Ann Agent moved it from one department with a very long name to another one that is longer")
    dialog.resize(500, 500)
    QApplication.processEvents()
    assert len(heights) == 1, "all of them take one line"
    assert lines.visualItemRect(lines.item(0)).height() > max(heights)
    assert str(lines.item(1).data(Qt.ItemDataRole.AccessibleTextRole)).startswith(lines.item(1).text() + ", ")
    dialog.close()


def test_everything_on_the_first_line_of_a_letter_stands_on_one_height(small: MainWindow) -> None:
    small.resize(1900, 1000)
    small.run_action("ticket.reply")
    stage.settle(small)
    head = small.inbox.ticket.composer.head
    parts = (head.to.chips[0], head.explain, head.more, head.from_box)
    middles = [one.mapTo(head, one.rect().center()).y() for one in parts]
    assert max(middles) - min(middles) <= 1


@pytest.mark.parametrize("code", CODES)
@pytest.mark.usefixtures("english_again")
def test_two_menus_of_filters_have_two_names(code: str) -> None:
    speak(code)
    assert tr("State") != tr("Status")


def test_in_04_a_due_date_is_typed_in_words(small: MainWindow, kit: DeskKit) -> None:
    ticket_id = small.inbox.open_ticket_id
    assert ticket_id is not None
    small.run_action("ticket.due")
    small.palette_layer.input.setText("in 3 days")
    QTest.keyClick(small.palette_layer.input, Qt.Key.Key_Return)
    assert stage.pump(lambda: kit.ticket(ticket_id).due_at is not None)
    due = kit.ticket(ticket_id).due_at
    assert due is not None
    assert (due.astimezone().date() - datetime.now().astimezone().date()).days == 3
    assert due.astimezone().hour == 8


def test_a_choice_says_which_one_holds_now(small: MainWindow) -> None:
    for action, present in (("ticket.status", "Open"), ("ticket.priority", "High"), ("ticket.assign", "Ann Agent")):
        small.run_action(action)
        rows = [small.palette_layer.list.item(place) for place in range(small.palette_layer.list.count())]
        entries = [one.data(Qt.ItemDataRole.UserRole) for one in rows]
        assert [one.title for one in entries if "current" in one.group] == [present]
        small.palette_layer.leave()
