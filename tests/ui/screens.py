"""Every screen of a window, found in its registries, so that what is added later is looked at too.

for screen in screens(window):
    root = screen.show()          # the window, or the dialog that opened over it; None where nothing is shown
    ...
    screen.leave()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QWidget

from desk_app.ui.shell.focus_order import layer
from desk_app.ui.shell.window import MainWindow
from tests.ui import screenshots, stage, ticket_scenes

UNSHOWN = frozenset({"window.quit"})
"""Actions that end the program, and with it the test."""


@dataclass(frozen=True)
class Screen:
    """One screen: its name and what leads to it."""

    name: str
    window: MainWindow
    lead: Callable[[MainWindow], object]
    only_dialogs: bool = False

    def show(self) -> QWidget | None:
        """Lead there and return what is to be looked at; None where an action opened no dialog."""
        before = set(_tops())
        self.lead(self.window)
        stage.settle(self.window)
        opened = [one for one in _tops() if one not in before]
        if opened:
            return opened[-1]
        over = layer(self.window._content)
        return over or (None if self.only_dialogs else self.window)

    def leave(self) -> None:
        """Close what lies over the window."""
        for _ in range(8):
            over = QApplication.activePopupWidget() or QApplication.activeModalWidget() or _dialog()
            if over is None:
                break
            QTest.keyClick(over, Qt.Key.Key_Escape)
            if over.isVisible():
                over.close()
        if (over := layer(self.window._content)) is not None:
            QTest.keyClick(QApplication.focusWidget() or over, Qt.Key.Key_Escape)
            over.hide()
        self.window.activateWindow()  # what a desktop does when a dialog closes
        stage.settle(self.window)


def _dialog() -> QWidget | None:
    return next((one for one in _tops() if isinstance(one, QDialog)), None)


def _tops() -> list[QWidget]:
    return [one for one in QApplication.topLevelWidgets() if one.isVisible()]


def _page(page_id: str) -> Callable[[MainWindow], None]:
    return lambda window: window.show_page(page_id)


def _settings(page_id: str) -> Callable[[MainWindow], None]:
    def show(window: MainWindow) -> None:
        window.show_page("settings")
        window.page("settings").open_page(page_id)  # type: ignore[union-attr]

    return show


def _action(action_id: str) -> Callable[[MainWindow], None]:
    def run(window: MainWindow) -> None:
        _open(window)
        window.run_action(action_id)

    return run


def _open(window: MainWindow) -> None:
    """Show the list of open tickets and the first of them."""
    window.show_page("inbox")
    if window.inbox.list.model.rowCount() == 0 or window.inbox.ticket.ticket_id is None:
        window.inbox.list.close_search()
        window.inbox.sidebar.choose("open")
        stage.settle(window)
        window.inbox.list.open_first()
        stage.settle(window)


def _palette(window: MainWindow) -> None:
    _open(window)
    window.open_palette()


def _wizard(window: MainWindow) -> None:
    window.setting_up.open()


def screens(window: MainWindow) -> Iterator[Screen]:
    """Every page, settings page, dialog of an action, the wizard, and what `make screenshots` takes pictures of."""
    for scene, lead in screenshots.scenes():  # first: they show the desk as it was furnished
        yield Screen(f"picture {scene}", window, _tidied(lead))
    yield Screen("inbox with a ticket", window, _open)
    yield Screen("palette", window, _palette)
    for page in tuple(window.registries.pages):
        yield Screen(f"page {page.id}", window, _page(page.id))
    for sheet in tuple(window.registries.settings_pages):
        yield Screen(f"settings {sheet.id}", window, _settings(sheet.id))
    for action in tuple(window.registries.actions):
        if action.id not in UNSHOWN:
            yield Screen(f"action {action.id}", window, _action(action.id), only_dialogs=True)
    yield Screen("wizard", window, _wizard)


def _tidied(lead: Callable[[MainWindow], object]) -> Callable[[MainWindow], object]:
    def show(window: MainWindow) -> None:
        ticket_scenes.tidy(window)
        lead(window)

    return show


@contextmanager
def mute_file_dialogs() -> Iterator[None]:
    """Let the system's own dialogs for files be left at once; they would wait for a person."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("getOpenFileName", "getSaveFileName"):
            patch.setattr(QFileDialog, name, staticmethod(lambda *_a, **_k: ("", "")))
        patch.setattr(QFileDialog, "getOpenFileNames", staticmethod(lambda *_a, **_k: ([], "")))
        patch.setattr(QFileDialog, "getExistingDirectory", staticmethod(lambda *_a, **_k: ""))
        yield
