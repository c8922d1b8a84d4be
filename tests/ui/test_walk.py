"""Every screen, used without a mouse and without eyes (features.md IA-05, IA-06, IN-07; ui.md 6).

The screens are walked through once; each test judges one measure of all of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from desk_app.storage.database import open_database
from desk_app.ui.language import speak, speak_from
from desk_app.ui.shell import focus_order
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.ui import contact_scenes, stage, walk
from tests.ui.conftest import close
from tests.ui.screens import mute_file_dialogs, screens
from tests.ui.test_languages import pseudo

Remarks = Mapping[str, list[str]]


def back(root: QWidget) -> set[str]:
    """What Shift+Tab never comes to."""
    return walk.unreached(root, Qt.Key.Key_Backtab)


MEASURES: dict[str, Callable[[QWidget], set[str]]] = {
    "cut off": walk.cut_off,
    "unspoken": walk.unspoken,
    "deaf": walk.deaf,
    "small": walk.small,
    "unreached": walk.unreached,
    "unreached backwards": back,
    "unmarked": walk.unmarked,
}


BY_KEYBOARD = ("unreached", "unreached backwards", "unmarked")
"""Measures that go from control to control; they are taken where a screen has controls no screen before it had."""


def _is_new(root: QWidget, looks: set[frozenset[str]]) -> bool:
    """Whether a screen has other controls than those before; notes what it has."""
    look = frozenset(walk.described(one) for one in walk.stops(root))
    new = not any(look <= known for known in looks)
    looks.add(look)
    return new


def walk_through(window: MainWindow, *names: str) -> Remarks:
    """Measure every screen at 1280 x 800; returns what was found by measure, each remark once."""
    window.resize(1280, 800)
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    seen = set()
    looks: set[frozenset[str]] = set()
    for screen in screens(window):
        root = screen.show()
        if root is not None:
            seen.add(screen.name)
            fresh = _is_new(root, looks)
            for name in names:
                if fresh or name not in BY_KEYBOARD:
                    for remark in MEASURES[name](root):
                        found[name].setdefault(remark, screen.name)
        screen.leave()
    assert len(seen) > 30, f"hardly a screen was found: {seen}"
    return {name: [f"{where}: {remark}" for remark, where in each.items()] for name, each in found.items()}


@pytest.fixture(scope="module")
def remarks(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, qapp: QApplication
) -> Iterator[Callable[[str], Remarks]]:
    """Walk through all screens once in a language: English, or one a third longer."""
    known: dict[str, Remarks] = {}

    def made(language: str) -> Remarks:
        if language not in known:
            folder = tmp_path_factory.mktemp("walk")
            known[language] = _walked(folder, sqlite_template, language)
        return known[language]

    with mute_file_dialogs():
        yield made


def _walked(folder: Path, template: Path, language: str) -> Remarks:
    shutil.copyfile(template, folder / "desk.sqlite")
    database = open_database(f"sqlite:///{folder / 'desk.sqlite'}", origin="test")
    kit = DeskKit(database)
    stage.believable(kit)
    contact_scenes.furnish(kit)
    window = stage.open_window(kit, QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat))
    try:
        if language == "English":
            return walk_through(window, *MEASURES)
        speak_from(pseudo())
        assert stage.pump(lambda: any(one.text().startswith("[") for one in window.findChildren(QPushButton)))
        return walk_through(window, "cut off")
    finally:
        speak("en")
        close(window)
        database.close()


def check(found: list[str]) -> None:
    assert not found, "\n" + "\n".join(found)


def test_ia_05_every_control_of_every_screen_has_a_name_and_a_role(remarks: Callable[[str], Remarks]) -> None:
    check(remarks("English")["unspoken"])


def test_ia_05_what_a_screen_reader_toggles_is_heard(remarks: Callable[[str], Remarks]) -> None:
    check(remarks("English")["deaf"])


def test_wcag_2_5_8_every_target_of_every_screen_is_24_px(remarks: Callable[[str], Remarks]) -> None:
    check(remarks("English")["small"])


def test_ia_06_tab_and_shift_tab_reach_everything_on_every_screen(remarks: Callable[[str], Remarks]) -> None:
    found = remarks("English")
    check([*found["unreached"], *found["unreached backwards"]])


def test_ia_06_the_focus_is_visible_on_every_screen(remarks: Callable[[str], Remarks]) -> None:
    check(remarks("English")["unmarked"])


@pytest.mark.parametrize("language", ["English", "a longer language"])
def test_no_words_are_cut_off_on_any_screen_at_1280_by_800(remarks: Callable[[str], Remarks], language: str) -> None:
    check(remarks(language)["cut off"])


# -- the measures can fail ---------------------------------------------------------------------------------------------
def test_the_measures_find_what_is_wrong(qapp: QApplication) -> None:
    root = QWidget()
    root.resize(300, 200)
    nameless, tiny = QPushButton(root), QPushButton("Tiny", root)
    nameless.setGeometry(0, 0, 60, 30)
    tiny.setGeometry(0, 40, 20, 18)
    for one in (nameless, tiny):
        one.setStyleSheet("QPushButton, QPushButton:focus { border: 1px solid red; outline: 0; }")
    tiny.setCheckable(True)
    tiny.clicked.connect(lambda _on: None)
    trap = _Trap(root)
    trap.setGeometry(0, 80, 60, 30)
    root.show()
    assert any("has no name" in one for one in walk.unspoken(root))
    assert any("Tiny" in one for one in walk.small(root))
    assert any("in vain" in one for one in walk.deaf(root))
    assert any("px" in one for one in walk.cut_off(root))
    assert any("shows no focus" in one for one in walk.unmarked(root))
    trap.setFocus()
    assert walk.unreached(root, Qt.Key.Key_Backtab)
    root.close()
    root.deleteLater()


class _Trap(QPushButton):
    """A button that never gives the keyboard back."""

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 -- Qt's name
        return True


# -- the order of Tab --------------------------------------------------------------------------------------------------
def test_ui_6_tab_goes_from_pane_to_pane_in_the_order_of_the_screen(window: MainWindow) -> None:
    window.resize(1440, 900)
    window.inbox.list.open_first()
    stage.settle(window)
    page = window.inbox
    panes = {
        "rail": window.rail,
        "sidebar": page.sidebar,
        "list": page.list,
        "conversation": page.ticket.thread_view,
        "composer": page.ticket.composer,
        "panel": page.side,
    }
    order: list[str] = []
    for stop in focus_order.stops(window):
        pane = next((name for name, one in panes.items() if one.isAncestorOf(stop)), "")
        if pane and (not order or order[-1] != pane):
            order.append(pane)
    assert order == list(panes)


def test_ui_6_tab_stays_in_the_palette_until_esc_and_comes_back(window: MainWindow) -> None:
    table = window.inbox.list.table
    table.setFocus()
    window.open_palette()
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
        QTest.keyClick(window.palette_layer.input, key)
        focused = QApplication.focusWidget()
        assert focused is not None
        assert window.palette_layer.isAncestorOf(focused)
    QTest.keyClick(window.palette_layer.input, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is table
