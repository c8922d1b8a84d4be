"""Addresses and ids: how chats, people and messages of Telegram are called in the desk (decision 122).

A chat is `<chat>@telegram`, a topic of a forum `<chat>_<topic>@telegram`. The numbers of messages are the bot's own, so
that the bot is part of their ids: two bots of one desk may both have a message 15 in the chat with the same person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CHANNEL = "telegram"
_CHAT = re.compile(r"(-?\d{1,19})(?:_(\d{1,19}))?\Z")
_MESSAGE = re.compile(rf"(-?\d{{1,19}})\.(\d{{1,19}})(?:\.e\d{{1,19}})?\.\d{{1,19}}@{CHANNEL}\Z")


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat, or a topic of one (0: none)."""

    id: int
    topic: int = 0

    @property
    def address(self) -> str:
        """Its address in the desk."""
        return f"{self.id}_{self.topic}@{CHANNEL}" if self.topic else f"{self.id}@{CHANNEL}"


def chat_of(conversation: str) -> Chat | None:
    """Return the chat behind what stands before the "@" of an address; None where it is none."""
    found = _CHAT.match(conversation)
    return Chat(int(found[1]), int(found[2] or 0)) if found else None


def message_name(chat: int, message: int, bot: str, edit: int = 0) -> str:
    """Return the id of a message; every edit of it has one of its own."""
    return f"{chat}.{message}{f'.e{edit}' if edit else ''}.{bot}@{CHANNEL}"


def conversation_name(chat: Chat, bot: str) -> str:
    """Return the id that all messages of a conversation refer to."""
    topic = f"_{chat.topic}" if chat.topic else ""
    return f"{chat.id}{topic}.{bot}@{CHANNEL}.conversation"


def message_of(name: str, chat: Chat) -> int:
    """Return the number of a message in a chat; 0 where the id is of another chat, or of no message of Telegram."""
    found = _MESSAGE.match(name)
    return int(found[2]) if found and int(found[1]) == chat.id else 0
