"""What can be measured of how screens look: widths that are used, edges in line, dialogs without empty room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)

from desk_app.domain.plugins.model import StateKind
from desk_app.domain.tickets.query import TicketQuery
from desk_app.domain.views.model import SavedView
from desk_app.plugin_api import ReportTable
from desk_app.plugin_api.ui import PanelSpec
from desk_app.ui.mailboxes.settings_page import MailboxEditor, MailboxesPage
from desk_app.ui.mailboxes.test_steps import fingerprint
from desk_app.ui.messages.canned_page import CannedPage
from desk_app.ui.plugins.parts import plugins_of
from desk_app.ui.plugins.questions import ChangedQuestion, DeleteQuestion, PermissionQuestion
from desk_app.ui.problems import Problem
from desk_app.ui.reports.table import ReportView
from desk_app.ui.settings.data_page import DataPage
from desk_app.ui.settings.form import WIDTH
from desk_app.ui.settings.outgoing_page import OutgoingPage
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.settings.people_page import PeoplePage
from desk_app.ui.setup.entered import DONE
from desk_app.ui.shell.error_details import ErrorDetails
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.theme import theme
from desk_app.ui.tickets.dialogs import Question
from desk_app.ui.views.editor import ViewQuestion
from desk_app.ui.widgets.basics import BAR, ElidedLabel
from desk_app.ui.widgets.painted import NavItem
from desk_app.ui.widgets.panels import Banner, EmptyState, Field
from tests.support.desks import DeskKit
from tests.ui import plugin_stage, stage
from tests.ui.plugin_scenes import furnish_window
from tests.ui.plugin_stage import FakeControl, control, page_of, plugged

__all__ = ["control", "plugged"]  # fixtures


def left(widget: QWidget, inside: QWidget) -> int:
    return widget.mapTo(inside, QPoint(0, 0)).x()


def right(widget: QWidget, inside: QWidget) -> int:
    return left(widget, inside) + widget.width()


@pytest.mark.parametrize("width", [500, 900, 1580])
def test_pl_06_a_report_fills_its_frame_and_ends_with_its_lines(qapp: QApplication, width: int) -> None:
    view = ReportView("Hours")
    view.resize(width, 900)
    view.show()
    view.show_table(ReportTable(("Agent", "Minutes", "Hours"), [("Ann", 90, 1.5), ("Budi", 30, 0.5)], ("", 120, 2.0)))
    columns = view.horizontalHeader()
    assert columns.length() == view.viewport().width()
    assert columns.sectionSize(1) > 90, "every column has a part of the room"
    assert view.rows.index(2, 0).data() == "Total"
    below = view.viewport().height() - view.rowViewportPosition(2) - view.rowHeight(2)
    assert 0 <= below <= 16
    view.close()
    view.deleteLater()


def test_pl_01_words_of_a_card_stand_below_each_other(plugged: MainWindow) -> None:
    page = page_of(plugged)
    card = page.cards["auto_translate"]
    description = next(one for one in card.findChildren(QLabel) if one.text().startswith("Translates"))
    links = [one for one in card.findChildren(QPushButton) if one.text() in {"Settings", "Details", "Delete"}]
    assert len(links) == 3
    words = left(links[0], card) + (links[0].width() - links[0].fontMetrics().horizontalAdvance("Settings")) / 2
    assert abs(words - left(description, card)) <= 1
    assert right(card, page) == right(page.drop, page) == right(page.add_button, page)
    plugged.resize(1280, 400)
    stage.settle(plugged)
    assert page.area.verticalScrollBar().isVisible()
    assert right(page.cards["survey"], page) == right(page.drop, page), "a scroll bar stands in the margin"


def test_pl_03_details_use_the_width_there_is(plugged: MainWindow) -> None:
    furnish_window(plugged)
    page = page_of(plugged)
    page.show_details("shop_orders")
    details = page.details
    plugged.resize(1920, 1080)
    stage.settle(plugged)
    table, head = details.hooks, details.area.widget()
    assert right(details._cards.narrow.itemAt(0).widget(), head) > 1800
    assert left(details._cards.narrow.itemAt(0).widget(), head) > right(table, head)
    plugged.resize(1280, 800)
    stage.settle(plugged)
    assert left(details._cards.narrow.itemAt(0).widget(), head) > right(table, head)
    assert table.columnWidth(0) > table.sizeHintForColumn(0), "every name is whole"
    plugged.resize(1000, 800)
    stage.settle(plugged)
    assert left(details._cards.narrow.itemAt(0).widget(), head) == left(details._cards.wide.itemAt(0).widget(), head)


def test_pl_03_the_name_of_a_health_check_stands_beside_the_first_line_of_what_it_says(plugged: MainWindow) -> None:
    furnish_window(plugged)
    page = page_of(plugged)
    page.show_details("shop_orders")
    plugged.resize(1000, 800)
    stage.settle(plugged)
    card = next(one for one in page.details.findChildren(QFrame) if "HOW IT FARES" in words_of(one))
    name, said = (
        next(one for one in card.findChildren(QLabel) if one.text().startswith(begin))
        for begin in ("Clock of the server", "It goes 4 minutes wrong")
    )
    said.setText(said.text() * 5)
    stage.settle(plugged)
    assert said.height() > 2 * name.height()
    assert name.y() == said.y()


def words_of(widget: QWidget) -> list[str]:
    return [one.text() for one in widget.findChildren(QLabel)] if widget.objectName() == "panelcard" else []


def test_settings_stand_in_the_middle_and_their_footer_with_them(window: MainWindow) -> None:
    window.resize(1920, 1080)
    places = set()
    for name in ("outgoing", "appearance", "data", "blocked-senders", "customer-fields"):
        page = stage.settings_page(window, name, QWidget)
        inside = page.findChild(QScrollArea).widget().layout().itemAt(1).widget()
        assert inside.width() == WIDTH
        places.add(left(inside, page))
        assert abs(left(inside, page) - (page.width() - BAR - right(inside, page))) <= 2, name
    assert len(places) == 1, "the heading stays where it is from page to page"
    page = stage.settings_page(window, "outgoing", QWidget)
    assert isinstance(page, OutgoingPage)
    page.undo.setValue(33)
    stage.settle(window)
    field = page.findChildren(Field)[0]
    assert right(page.footer.save, page) == right(field, page)
    assert left(page.footer.mark, page) == left(field, page)
    page.footer.revert.click()


def test_a_field_for_a_number_is_narrow_and_its_words_begin_where_others_begin(window: MainWindow) -> None:
    page = stage.settings_page(window, "outgoing", QWidget)
    assert isinstance(page, OutgoingPage)
    assert page.undo.width() == page.reopen.width() < page.numbers.width() / 3
    assert left(page.undo, page) == left(page.numbers, page)
    page.reopen.setValue(14)
    page.numbers.setText("14 days")
    stage.settle(window)
    assert first_ink(page.reopen) == first_ink(page.numbers)
    page.footer.revert.click()


def first_ink(widget: QWidget) -> int:
    """The first column inside of a field's edge where something is written."""
    image = widget.grab().toImage()
    middle = range(image.height() // 3, image.height() * 2 // 3)
    return next(x for x in range(4, image.width()) if any(image.pixelColor(x, y).lightness() < 120 for y in middle))


def test_every_field_to_search_in_has_a_magnifier(plugged: MainWindow) -> None:
    for name in ("tags", "keyboard", "canned", "logs"):
        stage.settings_page(plugged, name, QWidget)
    plugged.show_page("customers")
    stage.settle(plugged)
    plugged.run_action("window.keys")
    stage.settle(plugged)
    found = [one for one in plugged.findChildren(QLineEdit) if "search" in one.accessibleName().lower()]
    fields = [one for one in found if not plugged.inbox.isAncestorOf(one)]  # that one opens below a magnifier
    assert len(fields) >= 7
    assert [one.accessibleName() for one in fields if not one.actions()] == []


def test_the_icon_of_a_button_that_destroys_is_as_red_as_its_words(window: MainWindow) -> None:
    page = stage.settings_page(window, "mailboxes", MailboxesPage)
    assert isinstance(page.editor, MailboxEditor)
    image = page.editor.remove_button.icon().pixmap(16, 16).toImage()
    inked = {
        image.pixelColor(x, y).name() for x in range(16) for y in range(16) if image.pixelColor(x, y).alpha() > 200
    }
    assert inked == {theme().hex("danger").lower()}


def test_cards_below_each_other_have_their_words_in_one_line(window: MainWindow) -> None:
    page = stage.settings_page(window, "data", DataPage)
    heading = next(one for one in page.findChildren(QLabel) if one.text() == "BACKUP NOW")
    daily = next(one for one in page.findChildren(QLabel) if one.text() == "Daily backup")
    assert left(heading, page) == left(daily, page)


def test_the_last_step_of_the_first_run_is_as_wide_as_those_before(window: MainWindow) -> None:
    window.setting_up.open(first_run=True)
    wizard = window.setting_up.wizard
    assert wizard is not None
    wizard._show(DONE)
    stage.settle(window)
    assert right(wizard.ready.samples.parentWidget(), wizard) == right(wizard.next, wizard)


def test_ui_4_7_values_of_a_ticket_end_where_the_customers_do(window: MainWindow) -> None:
    window.inbox.list.open_first()
    stage.settle(window)
    cards = [one for one in window.findChildren(QFrame) if one.objectName() == "panelcard" and one.isVisible()]
    (card,) = (one for one in cards if any(words.text() == "PROPERTIES" for words in one.findChildren(QLabel)))
    edge = right(card, window) - 1 - 12  # the frame's line and the margin of every card
    values = [one for one in card.findChildren(QPushButton) if one.property("variant") == "prop"]
    assert len(values) == 3
    for value in values:
        around = 0 if value.property("tone") else 7
        assert right(value, window) - around == edge, value.text()
    (age,) = (one for one in card.findChildren(QLabel) if one.text() == "2 h")
    assert right(age, window) == edge


def test_ui_4_4_the_subject_stands_above_the_status_and_its_ring_goes_around_the_words(window: MainWindow) -> None:
    window.activateWindow()
    window.inbox.list.open_first()
    stage.settle(window)
    header = window.inbox.ticket.header
    (words,) = header.subject.findChildren(ElidedLabel)

    def first_ink(inside: int) -> int:
        picture = header.grab(words.geometry().translated(header.subject.pos())).toImage()
        rows, columns = range(inside, picture.height() - inside), range(inside, picture.width())
        return next(x for x in columns if any(picture.pixelColor(x, y).lightness() < 100 for y in rows))

    assert left(words, header) + first_ink(4) - left(header.status, header) in {0, 1, 2}
    words.setFocus()
    stage.settle(window)
    assert window.focusWidget() is words
    assert first_ink(4) >= 6, "the ring is two px wide and four away"


def test_fields_of_two_lines_stand_below_each_other(window: MainWindow) -> None:
    editor = stage.settings_page(window, "mailboxes", MailboxesPage).editor
    assert isinstance(editor, MailboxEditor)
    assert left(editor.after_target, editor) == left(editor.largest, editor)


def test_the_wizard_takes_the_height_it_may_have(window: MainWindow) -> None:
    window.resize(1280, 800)
    window.setting_up.open(first_run=True)
    wizard = window.setting_up.wizard
    assert wizard is not None
    stage.settle(window)
    card = next(one for one in wizard.findChildren(QFrame) if one.objectName() == "dialogcard")
    assert card.height() == card.maximumHeight()


def test_the_open_page_of_the_settings_is_in_sight_among_the_others(window: MainWindow) -> None:
    window.resize(1280, 400)
    for name in ("system", "mailboxes"):
        stage.settings_page(window, name, QWidget)
        home = window.page("settings")
        assert isinstance(home, SettingsHome)
        item = next(one for one in home.column.findChildren(NavItem) if one.isChecked())
        area = home.column.findChild(QScrollArea)
        assert area.viewport().rect().contains(item.geometry().translated(item.parentWidget().pos())), name


def test_nothing_written_yet_has_the_ground_of_what_is_written(window: MainWindow, kit: DeskKit) -> None:
    page = stage.settings_page(window, "canned", CannedPage)
    for one in page._responses:
        kit.desk.canned.delete(one.id, window.session.actor)
    page._load()
    stage.settle(window)
    nothing = page.findChild(EmptyState)
    assert nothing.isVisible()
    image = page.grab().toImage()
    ground = nothing.mapTo(page, QPoint(4, 4))
    assert image.pixelColor(ground).name() == theme().hex("bg_sunken").lower()


def asked(window: MainWindow, make: Any) -> QWidget:
    dialog: QWidget = make
    dialog.open()  # type: ignore[attr-defined]
    stage.settle(window)
    return dialog


def test_dialogs_are_as_high_as_what_they_say(plugged: MainWindow, control: FakeControl) -> None:
    state = control.states["survey"]
    view = SavedView(0, plugged.session.agent.id, "Refunds", "tag", TicketQuery())
    words = "The disk is full. Free some space and try again; what you wrote is still in the editor."
    danger = Question("Remove this mailbox?", "Remove", plugged, danger=True)
    made: Sequence[QWidget] = (
        ViewQuestion("Save as a view", view, (), plugged),
        ChangedQuestion(state, plugged),
        DeleteQuestion(state, plugged),
        ErrorDetails(Problem("It could not be stored", words, "", OSError()), plugged),
        danger,
    )
    for dialog in made:
        asked(plugged, dialog)
        layout = dialog.layout()
        assert layout is not None
        wanted = (
            layout.totalHeightForWidth(dialog.width()) if layout.hasHeightForWidth() else layout.sizeHint().height()
        )
        assert dialog.height() - wanted <= 2, type(dialog).__name__
        dialog.close()
    question = DeleteQuestion(state, plugged)
    asked(plugged, question)
    assert question.focusWidget() is question.buttons.button(QDialogButtonBox.StandardButton.Cancel)
    question.close()


def test_large_text_cuts_nothing_off(plugged: MainWindow) -> None:
    furnish_window(plugged)
    plugged.resize(1280, 800)
    plugged.preferences.set("look/text_size", 1.3)
    page = stage.settings_page(plugged, "mailboxes", MailboxesPage)
    editor = page.editor
    assert isinstance(editor, MailboxEditor)
    area = editor.findChild(QScrollArea)
    assert area.widget().width() <= area.viewport().width()
    cards = [one for one in editor.findChildren(QFrame) if one.objectName() == "panelcard"]
    assert len(cards) == 4
    for card in cards:
        assert card.height() >= card.heightForWidth(card.width())
    plugins_of(plugged)
    state = plugged.session.desk.plugins.state("shop_orders")
    assert state is not None
    question = PermissionQuestion(state, plugged)
    asked(plugged, question)
    lines = question.findChild(QScrollArea)
    assert lines.height() >= lines.widget().heightForWidth(lines.viewport().width())
    assert lines.geometry().bottom() < question.findChild(Banner).geometry().top()
    question.close()
    plugged.preferences.set("look/text_size", 1.0)


def test_a_new_colleague_is_nobody_of_the_list(window: MainWindow) -> None:
    page = stage.settings_page(window, "people", QWidget)
    assert isinstance(page, PeoplePage)
    first = page.table.key
    assert first is not None
    page.new()
    assert page.table.key is None
    assert not page.table.selectionModel().hasSelection()
    window.session.facts_changed.emit()
    assert page.form.key is None, "the form stays empty when the desk is read again"
    page.table.choose(first)
    assert page.form.key == first


def test_pl_05_a_wide_card_of_a_plugin_pushes_no_other_aside(plugged: MainWindow, control: FakeControl) -> None:
    def panel(_port: object, _ticket: object) -> QWidget:
        made = QWidget()
        made.setFixedWidth(900)
        return made

    control.halves["sample"] = lambda: {"ticket_panels": [PanelSpec("wide", "Wide", panel)]}
    manifest = 'id = "sample"\nname = "Sample"\nversion = "1.0"\nui_entry = "window"\npermissions = ["ui"]\n'
    control.add(plugin_stage.plugin(manifest))
    control.become("sample", StateKind.ACTIVE)
    plugged.resize(1280, 800)
    plugged.show_page("inbox")
    plugged.inbox.list.open_first()
    stage.settle(plugged)
    area = plugged.inbox.side.findChild(QScrollArea)
    assert area is not None
    assert area.widget().width() <= area.viewport().width()


def test_mb_02_a_fingerprint_can_go_on_in_the_next_line() -> None:
    shown = fingerprint("9f2c4e0a7d5b1c3e" * 4)
    assert shown.split() == ["9F:2C:4E:0A:7D:5B:1C:3E"] * 4
