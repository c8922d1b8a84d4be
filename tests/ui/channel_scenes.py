"""What screens about channels that are not mail show in pictures: a bot of Telegram, on a server of the tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from desk_app.domain.mailboxes.model import Account, AccountPolicy, FirstImport
from desk_app.plugin_host.web import Web
from desk_app.services.ports.plugins import Contribution
from desk_app.ui.language import language
from desk_app.ui.mailboxes.channel_account import NewChannelAccount
from desk_app.ui.mailboxes.settings_page import MailboxesPage
from desk_app.ui.settings.page import SettingsHome
from desk_app.ui.shell.window import MainWindow
from plugins import telegram_channel
from plugins.telegram_channel.channel import TelegramChannel
from plugins.telegram_channel.tests.bot_api import TOKEN, BotServer
from tests.ui import plugin_scenes, stage
from tests.ui.plugin_stage import FakeControl

MAYA = {"id": 58213, "is_bot": False, "first_name": "Maya", "last_name": "Lindqvist"}


class Bot:
    """The channel on a window's desk, an account of it, and a conversation; the server goes with the window."""

    def __init__(self, window: MainWindow) -> None:
        if not isinstance(window.session.desk.plugins, FakeControl):
            plugin_scenes.furnish_window(window)
        desk, control = window.session.desk, window.session.desk.plugins
        assert isinstance(control, FakeControl)
        self.server = BotServer()
        window.destroyed.connect(self.server.close)
        own = Path(telegram_channel.__file__).parent / "i18n" / f"{language()}.json"
        words = json.loads(own.read_text(encoding="utf-8")) if own.is_file() else {}
        context: Any = SimpleNamespace(
            tr=lambda text: words.get(text, text),
            settings={"quote": True, "edits": True},
            http=Web(lambda _host: None, "Desk App"),
            clock=SimpleNamespace(now=lambda: datetime.now(UTC)),
        )
        control.specs["channel_types"] = [Contribution("telegram_channel", context, TelegramChannel(context))]
        types: Any = desk.mailboxes._channels
        types._types._plugins = lambda: control  # what it asks for the channels of plugins
        new = Account(
            id=0,
            department_id=desk.people.departments()[0].id,
            channel="telegram",
            name="Kopi Works bot",
            sender_name="Kopi Works",
            address="kopi-works@telegram",
            settings={"server": self.server.url, "groups": True},
            policy=AccountPolicy(first_import=FirstImport.ARCHIVE),
            colour="chart3",
            position=9,
        )
        self.account_id = desk.mailboxes.add(new, {"token": TOKEN}, window.session.actor)
        first = self.server.say("Hi! My parcel says “delivered”, but nothing is here.", who=MAYA)
        picture = {"file_id": self.server.keep(stage.PIXEL), "width": 1, "height": 1}
        self.server.say(caption="This is our front door", photo=[picture], who=MAYA)
        desk.sync.sync_once(self.account_id)
        with desk.unit_of_work() as uow:
            (found,) = uow.messages.by_internet_ids([f"{MAYA['id']}.{first}.4242@telegram"]).values()
        self.ticket_id = int(found[0].ticket_id or 0)


def _bot(window: MainWindow) -> Bot:
    """Return the bot of a window, made at the first call."""
    if "bot" not in vars(window):
        vars(window)["bot"] = Bot(window)
    found: Bot = vars(window)["bot"]
    return found


def _page(window: MainWindow) -> MailboxesPage:
    window.show_page("settings")
    home = window.page("settings")
    assert isinstance(home, SettingsHome)
    home.open_page("mailboxes")
    page = home.page("mailboxes")
    assert isinstance(page, MailboxesPage)
    window.session.load()
    stage.settle(window)
    return page


def _conversation(window: MainWindow) -> None:
    """Show the conversation, being answered."""
    bot = _bot(window)
    window.show_page("inbox")
    window.open_ticket(bot.ticket_id)
    stage.settle(window)
    window.run_action("ticket.reply")
    window.inbox.ticket.composer.edit.insert_clean_html("<p>Hello Maya, we ask the carrier <b>today</b>.</p>")


def _account(window: MainWindow) -> None:
    bot = _bot(window)
    _page(window).open_account(bot.account_id)


def _kinds(window: MainWindow) -> None:
    _bot(window)
    _page(window).add()


def _add(window: MainWindow, token: str = TOKEN) -> None:
    """Show the form for another account, tried out."""
    bot, page = _bot(window), _page(window)
    info = next(one for one in window.session.desk.mailboxes.channel_types() if one.id == "telegram")
    page.add_account(info)
    question = page.findChildren(NewChannelAccount)[-1]
    question.name.setText("Workshop bot")
    question.fields.show_values({"server": bot.server.url, "groups": True})
    question.fields._secrets["token"].setText(token)
    question.test()
    stage.settle(window)


def _refused(window: MainWindow) -> None:
    _add(window, "4343:AAE-a_token_that_was_replaced")


def scenes() -> Iterator[tuple[str, Callable[[MainWindow], object]]]:
    """Every picture: its name and what leads to it."""
    yield "channel-conversation", _conversation
    yield "channel-account", _account
    yield "channel-kinds", _kinds
    yield "channel-add", _add
    yield "channel-add-refused", _refused
