"""A desk with a bot, whose server is in `bot_api`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.mailboxes.model import Account, AccountPolicy, FirstImport
from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.plugin_api.testing import TestDesk, TestPlugin
from plugins.telegram_channel.tests.bot_api import TOKEN, BotServer, refused

HERE = Path(__file__).resolve().parents[1]


class BotDesk:
    """A desk with the plugin and an account of it."""

    def __init__(self, desk: TestDesk, server: BotServer) -> None:
        self.desk, self.server = desk, server
        self.services = desk.desk
        self.plugin: TestPlugin = desk.activate(HERE)
        self.refused = refused
        new = Account(
            id=0,
            department_id=desk.desk.people.departments()[0].id,
            channel="telegram",
            name="Shop bot",
            sender_name="Shop",
            address="shop@telegram",
            settings={"server": server.url, "groups": True},
            policy=AccountPolicy(first_import=FirstImport.ARCHIVE, poll_seconds=25),
        )
        self.account_id = desk.desk.mailboxes.add(new, {"token": TOKEN}, desk.actor)

    @property
    def account(self) -> Account:
        found = self.services.mailboxes.get(self.account_id)
        assert found is not None
        return found

    def fetch(self) -> Any:
        return self.services.sync.sync_once(self.account_id)

    def tickets(self) -> list[Any]:
        """Return the tickets of the channel, oldest first."""
        with self.services.unit_of_work() as uow:
            found = [uow.tickets.get(number) for number in range(1, 60)]
        return [one for one in found if one is not None and one.channel == "telegram"]

    def texts(self, ticket_id: int) -> list[str]:
        return [one.text for one in self.desk.messages(ticket_id)]

    def reply(self, ticket_id: int, text: str, *, html: str = "", files: tuple[OutgoingAttachment, ...] = ()) -> None:
        """Answer as an agent, and send it."""
        start = self.services.replies.start(ticket_id, agent_id=self.desk.agent.id)
        self.services.replies.send(start.draft(ticket_id, text, html, files), self.desk.actor)
        self.services.outbox.send_due()


@pytest.fixture
def server() -> Iterator[BotServer]:
    made = BotServer()
    yield made
    made.close()


@pytest.fixture
def bot(desk: TestDesk, server: BotServer) -> BotDesk:
    return BotDesk(desk, server)
