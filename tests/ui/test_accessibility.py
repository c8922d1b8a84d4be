"""ui.md 6: every control has a name, every target 24 px, the focus goes somewhere and comes back."""

from __future__ import annotations

from dataclasses import replace

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

from desk_app.domain.contacts.fields import FieldDefinition
from desk_app.domain.contacts.links import LinkTemplate
from desk_app.domain.tickets.model import Priority
from desk_app.services.contacts.settings import FieldDefinitions
from desk_app.ui.contacts.phrases import ORGANIZATIONS
from desk_app.ui.setup.entered import DATABASE, DONE, LANGUAGE, TEAM
from desk_app.ui.shell.window import MainWindow
from tests.ui import bulk_scenes, channel_scenes, contact_scenes, plugin_scenes, stage

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QTextEdit)
PAGES = (
    "inbox",
    "thread",
    "note",
    "list-filters",
    "list-search",
    "list-empty",
    "several",
    "several-progress",
    "narrow-lists",
    "narrow-page",
    "outbox",
    "quarantine",
    "mailboxes",
    "outgoing",
    "canned",
    "signatures",
    "appearance",
    "customers",
    "organizations",
    "customer-fields",
    "context-links",
    "blocked-senders",
    "notifications",
    "wizard",
    "wizard-form",
    "health",
    "people",
    "departments",
    "tags",
    "keyboard",
    "data",
    "logs",
    "system",
    "first-run-language",
    "first-run-database",
    "first-run-team",
    "first-run-done",
    "plugins",
    "plugins-details",
    "plugins-settings",
    "plugins-culprit",
    "plugins-safe-mode",
    "reports",
    "channel-account",
)


def show_list(window: MainWindow, page: str) -> None:
    pane = window.inbox.list
    if page == "list-filters":
        pane.filter_by(replace(pane.query, unread=True, priorities=(Priority.HIGH,)))
        window.inbox.sidebar.unfold(on=True)
    elif page == "list-search":
        pane.search("from:maya -newsletter is:open")
    elif page == "list-empty":
        window.inbox.sidebar.choose("snoozed")
    else:
        window.preferences.set("look/reduce_motion", value=True)
        window.resize(1000 if page == "narrow-lists" else 700, 760)
        stage.settle(window)
        pane.open_first()
        stage.settle(window)
        if page == "narrow-lists":
            window.inbox.panes.toggle_sidebar()
        else:
            window.inbox.panes.read()


def show(window: MainWindow, page: str) -> None:
    if page in {"inbox", "thread", "note"}:
        window.inbox.list.open_first()
        stage.settle(window)
        if page == "thread":
            window.run_action("thread.open_all")
        if page == "note":
            window.run_action("ticket.note")
    elif page.startswith(("list-", "narrow-")):
        show_list(window, page)
    elif page == "several":
        bulk_scenes.select_several(window)
    elif page == "several-progress":
        bulk_scenes.show_progress(window)
    elif page in {"outbox", "quarantine"}:
        window.show_page(page)
    elif page.startswith("first-run"):
        window.setting_up.open(first_run=True)
        steps = {"language": LANGUAGE, "database": DATABASE, "team": TEAM, "done": DONE}
        window.setting_up.wizard._show(steps[page.removeprefix("first-run-")])  # type: ignore[union-attr]
    elif page in {"customers", "organizations"}:
        _show_people(window, page)
    elif page.startswith(("plugins", "reports")):
        dict(plugin_scenes.scenes())[page](window)
    elif page.startswith("channel"):
        dict(channel_scenes.scenes())[page](window)
    elif page.startswith("wizard"):
        window.setting_up.open()
        if page == "wizard-form":
            window.setting_up.wizard._show(1)  # type: ignore[union-attr]
            window.setting_up.wizard.form.show()  # type: ignore[union-attr]
    else:
        window.show_page("settings")
        window.page("settings").open_page(page)  # type: ignore[union-attr]
    stage.settle(window)


def _show_people(window: MainWindow, page: str) -> None:
    desk, actor = window.session.desk, window.session.actor
    made = desk.organizations.create("Lindqvist Studio AB", actor, domain="lindqvist.example").after
    maya = desk.contacts.by_email("maya@lindqvist.example")
    assert maya is not None
    assert made is not None
    desk.contact_settings.save_fields(
        FieldDefinitions((FieldDefinition("", "Plan", "choice", ("Team",)), FieldDefinition("", "Number"))), actor
    )
    desk.contact_settings.save_links([LinkTemplate("Shop", "https://shop.example/?m={email}")], actor)
    shown = contact_scenes.customers(window)
    if page == "customers":
        shown.open_person(maya.id)
    else:
        shown.directory.choose_filter(ORGANIZATIONS)
        shown.open_organization(made.id)


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
