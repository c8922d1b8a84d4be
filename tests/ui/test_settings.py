"""The settings: categories, search for single settings, the footer, and what the pages apply."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QHoverEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desk_app.ui.settings.appearance_page import AppearancePage
from desk_app.ui.settings.outgoing_page import OutgoingPage
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.setup.checklist import Checklist
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.theme.theme import Contrast, Density, Scheme, theme
from desk_app.ui.widgets.table import PlainTable, TableRow
from tests.support.desks import DeskKit
from tests.ui import stage


def home_of(window: MainWindow) -> SettingsHome:
    window.show_page("settings")
    stage.settle(window)
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    return home


def searched(window: MainWindow, home: SettingsHome, words: str) -> list[str]:
    """Type into the search and return the single settings it offers."""
    home.search.setText(words)
    assert stage.pump(lambda: not home._building.isActive())
    stage.settle(window)
    return [hit.name for _, hit in home._hits]


class _Events(QObject):
    """Counts what happens to every widget."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[QEvent.Type] = Counter()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
        self.seen[event.type()] += 1
        return False


@pytest.mark.parametrize("part", ["notifications", "mailboxes", "wizard"])
def test_a_page_is_not_styled_anew_for_each_part_that_is_put_into_another(
    window: MainWindow, qapp: QApplication, part: str
) -> None:
    """Built from the inside, every widget got its style six times, and opening took twice as long."""
    events = _Events()
    home = home_of(window) if part == "notifications" else None
    qapp.installEventFilter(events)
    if home is not None:
        home.open_page(part)
    elif part == "wizard":
        window.setting_up.open()
    else:
        window.show_page("settings")
    stage.settle(window)
    qapp.removeEventFilter(events)
    assert events.seen[QEvent.Type.Polish] > 100, "it was built now"
    assert events.seen[QEvent.Type.StyleChange] < 4.5 * events.seen[QEvent.Type.Polish]


def test_a_line_below_the_pointer_is_shown_as_one(window: MainWindow) -> None:
    """Also where the table appears below a pointer that rests."""
    table = PlainTable("Keys", ("Action", "Keys"))
    table.show_rows([TableRow(place, (f"Action {place}", "G")) for place in range(4)])
    table.resize(300, 300)
    table.show()
    spot = QPointF(table.visualRect(table.rows.index(2, 0)).center())
    QApplication.sendEvent(table.viewport(), QHoverEvent(QEvent.Type.HoverEnter, spot, spot, QPointF(-1, -1)))
    picture = table.viewport().grab().toImage()
    pointed, plain = (
        picture.pixelColor(table.visualRect(table.rows.index(line, 1)).topLeft() + QPoint(3, 6)) for line in (2, 1)
    )
    assert pointed == picture.pixelColor(table.visualRect(table.rows.index(2, 0)).topLeft() + QPoint(3, 6))
    assert pointed != plain
    table.close()
    table.deleteLater()


def test_settings_search_finds_single_settings_and_leads_to_them(window: MainWindow) -> None:
    home = home_of(window)
    home.open_page("mailboxes")
    assert "Text size" in searched(window, home, "text si")
    assert set(home._items) == {"appearance"}
    home.search.setFocus()
    QTest.keyClick(home.search, Qt.Key.Key_Return)
    assert home.current == "appearance"
    assert getattr(home.marked, "name", "") == "Text size"
    assert QApplication.focusWidget() is not None
    assert home.marked.isAncestorOf(QApplication.focusWidget())  # type: ignore[union-attr]
    assert "Reduce motion" in searched(window, home, "slides"), "explanations are searched too"
    assert searched(window, home, "zzz") == []
    assert not home._items
    QTest.keyClick(home.search, Qt.Key.Key_Escape)
    assert home.search.text() == ""
    assert {"mailboxes", "outgoing", "appearance"} <= set(home._items)
    stage.settle(window)
    home.search.setFocus()
    QTest.keyClick(home.search, Qt.Key.Key_Down)
    assert QApplication.focusWidget() is next(iter(home._items.values()))


def test_the_footer_is_there_only_with_changes_and_leaving_asks(window: MainWindow, kit: DeskKit) -> None:
    home = home_of(window)
    home.open_page("outgoing")
    page = home.page("outgoing")
    assert isinstance(page, OutgoingPage)
    footer = page.footer
    assert not footer.isVisible()
    before = page.undo.value()
    page.undo.setValue(33)
    assert footer.isVisible()
    page.undo.setValue(before)
    assert not footer.isVisible(), "everything is as it was"
    page.undo.setValue(33)
    home.open_page("appearance")
    assert home.current == "outgoing", "the changes are asked about first"
    assert footer.asking
    footer.stay.click()
    assert not footer.asking
    assert page.undo.value() == 33
    home.open_page("appearance")
    footer.save.click()
    stage.settle(window)
    assert home.current == "appearance"
    assert kit.desk.settings.desk().undo_seconds == 33
    home.open_page("outgoing")
    page.undo.setValue(44)
    home.open_page("appearance")
    footer.revert.click()
    assert home.current == "appearance"
    assert page.undo.value() == 33
    assert kit.desk.settings.desk().undo_seconds == 33


def test_what_cannot_be_saved_is_said_and_stays(window: MainWindow) -> None:
    home = home_of(window)
    home.open_page("outgoing")
    page = home.page("outgoing")
    assert isinstance(page, OutgoingPage)
    page.numbers.setText("no digits")
    page.footer.save.click()
    stage.settle(window)
    assert page.footer.isVisible()
    assert page.footer.message.text()
    assert page.numbers.text() == "no digits"
    page.footer.revert.click()
    assert "#" in page.numbers.text()


def test_ia_06_ia_07_appearance_applies_at_once(window: MainWindow) -> None:
    home = home_of(window)
    home.open_page("appearance")
    page = home.page("appearance")
    assert isinstance(page, AppearancePage)
    dark = next(card for card in page.cards if card.scheme is Scheme.DARK)
    dark.click()
    assert theme().is_dark
    assert window.preferences.scheme is Scheme.DARK
    page.density.buttons[1].click()
    assert theme().density is Density.COMPACT
    page.text_size.buttons[3].click()
    assert theme().factor == 1.3
    page.contrast.buttons[1].click()
    assert theme().high_contrast
    assert window.preferences.contrast is Contrast.ON
    page.system_font.click()
    assert theme().family == QApplication.font().family() != ""
    page.motion.click()
    assert theme().reduce_motion
    for key in ("look/density", "look/text_size", "look/high_contrast", "look/system_font", "look/reduce_motion"):
        window.preferences.settings.remove(key)
    window.preferences.set("look/scheme", "light")
    assert page.density.value is Density.COMFORTABLE
    assert not page.motion.isChecked()


def test_every_page_of_the_settings_is_in_the_palette_and_counts(window: MainWindow) -> None:
    home = home_of(window)
    pages = {spec.id for spec in window.registries.settings_pages}
    assert {f"settings.{one}" for one in pages} <= {spec.id for spec in window.registries.actions}
    window.run_action("settings.system")
    assert home.current == "system"
    assert home._items["mailboxes"].count == 2
    assert home._items["people"].count == 1


def test_samples_and_first_steps_are_commands_too(window: MainWindow, kit: DeskKit) -> None:
    window.run_action("setup.samples")
    assert stage.pump(kit.desk.samples.present)
    stage.settle(window)
    window.run_action("setup.samples")
    assert stage.pump(lambda: not kit.desk.samples.present())
    window.run_action("setup.first_steps")
    assert stage.pump(lambda: window.inbox.sidebar.findChild(Checklist).isVisible())
