"""A bot of Telegram is connected in the window, with the real plugin and a server that speaks the Bot API (MB-26)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QLabel

from desk_app.domain.plugins.model import Permission
from desk_app.plugin_api.context import Mode
from desk_app.ui.mailboxes.channel_account import ChannelEditor, NewChannelAccount
from desk_app.ui.mailboxes.settings_page import MailboxesPage
from desk_app.ui.messages.address_chip import AddressChip
from desk_app.ui.shell.window import MainWindow
from plugins.telegram_channel.tests.bot_api import TOKEN, BotServer
from tests.support.desks import DeskKit
from tests.ui import stage
from tests.ui.conftest import close


@pytest.fixture
def server() -> Iterator[BotServer]:
    made = BotServer()
    yield made
    made.close()


@pytest.fixture
def telegram(kit: DeskKit, settings: QSettings, qapp: QApplication) -> Iterator[MainWindow]:
    """A window on a desk whose plugin Telegram is on."""
    stage.believable(kit)
    kit.desk.plugins.start(Mode.GUI)
    kit.desk.plugins.activate("telegram_channel", (Permission.NETWORK, Permission.SECRETS))
    made = stage.open_window(kit, settings)
    yield made
    close(made)
    kit.desk.plugins.close(2)


def words(question: NewChannelAccount) -> str:
    return "\n".join(one.text() for one in question.steps.findChildren(QLabel))


def test_mb_26_a_bot_is_connected_from_the_settings_and_its_messages_become_tickets(
    telegram: MainWindow, kit: DeskKit, server: BotServer
) -> None:
    telegram.run_action("mailboxes.add")
    stage.settle(telegram)
    page = telegram.findChild(MailboxesPage)
    assert page is not None
    page.add_account(next(one for one in kit.desk.mailboxes.channel_types() if one.id == "telegram"))
    question = next(one for one in page.findChildren(NewChannelAccount) if one.isVisible())
    question.name.setText("Shop bot")
    question.fields.show_values({"server": server.url, "groups": True})
    (token,) = question.fields._secrets.values()

    token.setText("4343:BBE-a_token_that_was_replaced")
    question.accept()  # tries first
    stage.settle(telegram)
    assert "Telegram does not know this token." in words(question)
    assert "app password" not in words(question), "advice for mailboxes would mislead"
    assert question.yes.text() == "Add all the same"
    assert not [one for one, _health in kit.desk.mailboxes.list() if one.channel == "telegram"]

    token.setText(TOKEN)
    question.test()
    stage.settle(telegram)
    assert "Shop (@shop_bot)" in words(question)
    assert question.yes.text() == "Add"
    question.accept()
    stage.settle(telegram)
    account = next(one for one, _health in kit.desk.mailboxes.list() if one.channel == "telegram")
    assert (account.name, account.address) == ("Shop bot", "shop-bot@telegram")

    server.say("Is my parcel on its way?")
    assert kit.desk.sync.sync_once(account.id).created == 1
    telegram.session.load()
    stage.settle(telegram)
    ticket = next(one for one in kit.tickets() if one.channel == "telegram")
    telegram.show_page("inbox")
    telegram.open_ticket(ticket.id)
    stage.settle(telegram)
    telegram.run_action("ticket.reply")
    (chip,) = telegram.inbox.ticket.composer.findChildren(AddressChip)
    assert chip.text().startswith("Maria Lopez"), "a number would say nothing"
    page.open_account(account.id)
    assert isinstance(page.editor, ChannelEditor)
    server.script["getUpdates"] = [(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})]
    kit.desk.sync.sync_once(account.id)
    telegram.session.load()
    stage.settle(telegram)
    said = "\n".join(one.text() for one in page.editor.findChildren(QLabel))
    assert "Was it replaced in @BotFather?" in said
    assert "app password" not in said
