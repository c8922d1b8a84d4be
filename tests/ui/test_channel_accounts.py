"""Accounts of channels that plugins bring are added, edited and removed in the settings (PL-02, PL-05)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QLabel

from desk_app.plugin_api.context import Mode
from desk_app.runtime.compose import Surroundings
from desk_app.runtime.plugins import PluginPlaces
from desk_app.services.system.place import DeskPlace
from desk_app.storage.database import open_database
from desk_app.ui.mailboxes.channel_account import ChannelEditor, NewChannelAccount, free_address
from desk_app.ui.mailboxes.settings_page import MailboxesPage
from desk_app.ui.shell.window import MainWindow
from desk_app.ui.widgets.basics import Menu
from tests.support import chat
from tests.support.desks import DeskKit
from tests.support.plugin_folders import write_plugin
from tests.ui import conftest, stage


@pytest.fixture
def kit(tmp_path: Path, sqlite_template: Path) -> Iterator[DeskKit]:
    """A desk with the plugin “chat” switched on."""
    chat.reset()
    shutil.copyfile(sqlite_template, tmp_path / "desk.sqlite")
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    write_plugin(bundled, "chat", chat.CODE)
    database = open_database(f"sqlite:///{tmp_path / 'desk.sqlite'}", origin="test")
    here = Surroundings(DeskPlace(tmp_path, database.url), plugins=PluginPlaces(bundled, pip=False))
    kit = DeskKit(database, here=here)
    kit.desk.plugins.start(Mode.GUI)
    kit.desk.plugins.activate("chat", ())
    yield kit
    kit.desk.plugins.close(1)
    database.close()


@pytest.fixture
def window(kit: DeskKit, settings: QSettings, qapp: QApplication) -> Iterator[MainWindow]:
    stage.believable(kit)
    made = stage.open_window(kit, settings)
    yield made
    conftest.close(made)


def page_of(window: MainWindow) -> MailboxesPage:
    window.run_action("mailboxes.add")
    stage.settle(window)
    found = window.findChild(MailboxesPage)
    assert found is not None
    (menu,) = (one for one in found.findChildren(Menu) if one.isVisible())
    assert [one.text() for one in menu.actions()] == ["Mailbox", "Chat"]
    menu.close()
    return found


def test_an_account_of_a_channel_is_added_edited_suspended_and_removed(window: MainWindow, kit: DeskKit) -> None:
    page = page_of(window)
    info = next(one for one in kit.desk.mailboxes.channel_types() if one.id == "chat")
    page.add_account(info)
    question = next(one for one in page.findChildren(NewChannelAccount) if one.isVisible())
    question.name.setText("Shop chat")
    question.accept()
    assert question.problem.isVisible(), "a token is needed"
    question.fields.findChildren(type(question.name))[-1].setText("t0p")
    question.test()
    stage.settle(window)
    assert question.steps.steps["sign_in"].state == "ok"
    question.accept()
    stage.settle(window)

    account = next(one for one, _health in kit.desk.mailboxes.list() if one.channel == "chat")
    assert (account.name, account.address, account.settings) == ("Shop chat", "shop-chat@chat", {"room": ""})
    assert kit.secrets[account.id].get("token") == "t0p"
    page.open_account(account.id)
    assert isinstance(page.editor, ChannelEditor)
    page.editor.name.setText("Chat")
    page.editor.colour.buttons["chart6"].click()
    page.editor.save()
    stage.settle(window)
    stored = kit.desk.mailboxes.get(account.id)
    assert stored is not None
    assert (stored.name, stored.colour) == ("Chat", "chart6")
    assert kit.secrets[account.id].get("token") == "t0p", "what was not typed anew stays"

    kit.desk.plugins.deactivate("chat")
    window.session.load()
    stage.settle(window)
    words = [one.text() for one in page.editor.findChildren(QLabel)]
    assert any("Suspended until" in one for one in words)
    assert page.editor.fields.isHidden()
    kit.desk.plugins.activate("chat", ())
    window.session.load()
    stage.settle(window)
    assert page.isVisible()
    assert page.editor.isVisible()
    assert not page.editor.fields.isHidden()
    page.editor.remove()
    stage.settle(window)
    assert "chat" not in {one.channel for one, _health in kit.desk.mailboxes.list()}
    assert kit.secrets[account.id].get("token") is None


def test_free_address_is_no_mail_address_and_not_taken() -> None:
    assert free_address("Müller & Söhne!", "telegram", ()) == "m-ller-s-hne@telegram"
    assert free_address("Shop", "chat", {"shop@chat", "shop-2@chat"}) == "shop-3@chat"
    assert free_address("…", "chat", ()) == "account@chat"
