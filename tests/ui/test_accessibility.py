"""ui.md 6: every control has a name, every target 24 px, the focus goes somewhere and comes back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QTextEdit,
    QWidget,
)

from desk_app.ui.shell.window import MainWindow
from tests.ui import stage

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QTextEdit)
PAGES = ("inbox", "note", "outbox", "quarantine", "mailboxes", "outgoing", "appearance", "wizard", "wizard-form")


def show(window: MainWindow, page: str) -> None:
    if page in {"inbox", "note"}:
        window.inbox.list.open_first()
        stage.settle(window)
        if page == "note":
            window.run_action("ticket.note")
    elif page in {"outbox", "quarantine"}:
        window.show_page(page)
    elif page.startswith("wizard"):
        window.open_wizard()
        if page == "wizard-form":
            window._wizard._show(1)  # type: ignore[union-attr]
            window._wizard.form.show()  # type: ignore[union-attr]
    else:
        window.show_page("settings")
        window.page("settings").open_page(page)  # type: ignore[union-attr]
    stage.settle(window)


@pytest.mark.parametrize("page", PAGES)
def test_no_part_opens_as_a_window_of_its_own(window: MainWindow, page: str) -> None:
    assert QApplication.activeWindow() is window
    show(window, page)
    assert QApplication.activeWindow() is window, "something without a parent was shown and took the focus"
    assert [one for one in QApplication.topLevelWidgets() if one.isVisible()] == [window]


def controls(window: MainWindow) -> list[QWidget]:
    """Every control a person can see."""
    found = [one for one in window.findChildren(QWidget) if isinstance(one, CONTROLS) and one.isVisibleTo(window)]
    return [
        one
        for one in found
        if not one.objectName().startswith("qt_") and not isinstance(one.parentWidget(), (QComboBox, QAbstractSpinBox))
    ]


@pytest.mark.parametrize("page", PAGES)
def test_every_control_has_a_name(window: MainWindow, page: str) -> None:
    show(window, page)
    nameless = []
    for one in controls(window):
        interface = QAccessible.queryAccessibleInterface(one)
        name = interface.text(QAccessible.Text.Name) if interface is not None else ""
        if not name.strip():
            nameless.append((type(one).__name__, one.objectName(), one.parentWidget().objectName()))  # type: ignore[union-attr]
    assert not nameless


@pytest.mark.parametrize("page", PAGES)
def test_wcag_2_5_8_every_target_is_24_px(window: MainWindow, page: str) -> None:
    show(window, page)
    inner = {"QLineEditIconButton", "QToolButton"}
    small = [
        (type(one).__name__, one.accessibleName(), one.size().toTuple())
        for one in controls(window)
        if (one.height() < 24 or one.width() < 24)
        and not (type(one).__name__ in inner and isinstance(one.parentWidget(), QLineEdit))
    ]
    assert not small


@pytest.mark.parametrize("page", ["inbox", "mailboxes", "wizard"])
def test_tab_walks_on_and_is_never_trapped(window: MainWindow, page: str) -> None:
    show(window, page)
    window.activateWindow()
    visited: list[QWidget] = []
    for _ in range(150):
        here = QApplication.focusWidget()
        if here is not None and here not in visited:
            visited.append(here)
        target = here or window
        QTest.keyClick(target, Qt.Key.Key_Tab)
    assert len(visited) >= 5
    assert QApplication.focusWidget() in visited


def test_f6_goes_round_the_panes(window: MainWindow) -> None:
    show(window, "inbox")
    panes = set()
    for _ in range(5):
        window.cycle_panes(1)
        focused = QApplication.focusWidget()
        panes |= {
            name
            for name, pane in (
                ("sidebar", window.inbox.sidebar),
                ("list", window.inbox.list),
                ("composer", window.inbox.ticket.composer),
            )
            if focused is not None and pane.isAncestorOf(focused)
        }
    assert panes == {"sidebar", "list", "composer"}


def test_escape_steps_out_to_the_list(window: MainWindow) -> None:
    show(window, "inbox")
    window.inbox.ticket.composer.edit.setFocus()
    QTest.keyClick(window.inbox.ticket.composer.edit, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is window.inbox.list.table


def test_icon_buttons_show_their_key(window: MainWindow) -> None:
    assert "E" in window.inbox.ticket.header.buttons["ticket.resolve"].toolTip()


def test_ui_13_no_button_has_a_fixed_width_with_words(window: MainWindow) -> None:
    show(window, "inbox")
    fixed = [
        one.text()
        for one in controls(window)
        if isinstance(one, QAbstractButton) and one.text().strip() and one.minimumWidth() == one.maximumWidth()
    ]
    assert not fixed
