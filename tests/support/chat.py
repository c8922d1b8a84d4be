"""A chat as a plugin brings it: the server in this module, so that it outlives the plugin, and the plugin's code."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

INBOX: list[dict[str, Any]] = []
SENT: list[dict[str, Any]] = []
FAULTS: dict[str, BaseException] = {}
HANGS: dict[str, Event] = {}
CLOSED: list[str] = []
OPENED: list[dict[str, Any]] = []
WATCH: list[Callable[[str], object]] = []
"""Called with the name of whatever is touched of the channel type."""


def reset() -> None:
    """Forget everything."""
    for one in (INBOX, SENT, FAULTS, HANGS, CLOSED, OPENED, WATCH):
        one.clear()


CODE = """
    import hashlib, json, threading
    from desk_app.domain.messages.model import Address, ParsedMessage
    from desk_app.plugin_api import Parameter, hookimpl
    from desk_app.plugin_api.channels import (
        Capabilities, Cursor, FetchBatch, InboundMessage, SendOutcome, SendReceipt, SentCheck, StepState, StreamCount,
        TestStep,
    )
    from tests.support import chat

    def ask(place):
        if place in chat.HANGS:
            chat.HANGS[place].wait(60)
        if place in chat.FAULTS:
            raise chat.FAULTS[place]

    class Session:
        def __init__(self, account):
            chat.OPENED.append({"settings": dict(account.settings), "token": account.secrets.get("token")})
            self._wake = threading.Event()
        def counts(self, since=None):
            return [StreamCount("chat", len(chat.INBOX))]
        def start_cursor(self, since):
            return Cursor({"chat": {"after": len(chat.INBOX)}})
        def fetch(self, cursor, *, limit, max_bytes):
            ask("fetch")
            after = cursor.positions.get("chat", {}).get("after", 0)
            found = chat.INBOX[after : after + limit]
            messages = []
            for number, one in enumerate(found, after):
                raw = json.dumps(one).encode()
                messages.append(InboundMessage(f"chat/{number}", "chat", raw, len(raw)))
            end = after + len(found)
            return FetchBatch(tuple(messages), Cursor({"chat": {"after": end}}), len(chat.INBOX) - end)
        def fetch_one(self, source_key):
            return None
        def acknowledge(self, source_keys, action, target=""):
            pass
        def wait(self, timeout):
            return self._wake.wait(timeout)
        def wake(self):
            self._wake.set()
            ask("wake")
        def send(self, mail):
            ask("send")
            chat.SENT.append(json.loads(mail.raw) | {"recipients": list(mail.recipients)})
            return SendReceipt(SendOutcome.ACCEPTED, "message 99")
        def check_sent(self, message_id):
            return SentCheck.CANNOT_TELL
        def store_copy(self, raw):
            return ""
        def close(self):
            chat.CLOSED.append("closed")
            ask("close")

    class Chat:
        id = "chat"
        title = "Chat"
        account_settings = (
            Parameter("room", "Room"), Parameter("token", "Token", kind="secret", required=True),
        )
        def __getattribute__(self, name):
            for watch in chat.WATCH:
                watch(name)
            return super().__getattribute__(name)
        @property
        def capabilities(self):
            ask("capabilities")
            return Capabilities(html=False)
        def open(self, account):
            ask("open")
            return Session(account)
        def test(self, account, *, send_to=""):
            ask("test")
            yield TestStep("sign_in", StepState.OK)
        def read(self, raw):
            ask("read")
            one = json.loads(raw)
            who = Address(one["name"], f"{one['user']}@chat")
            room = Address(one.get("room_name", ""), f"{one['chat']}@chat")
            return ParsedMessage(
                subject=one["text"][:40], from_=who, sender=room, reply_to=(room,), text=one["text"],
                message_id=f"{one['chat']}.{one['id']}@chat", in_reply_to=tuple(one.get("quotes", ())),
                references=(f"{one['chat']}@chat.conversation",),
                content_hash=hashlib.sha256(raw).hexdigest(),
            )
        def build(self, content):
            ask("build")
            if len(content.text) > 100:
                raise ValueError("A message of the chat has at most 100 characters.")
            return json.dumps({
                "chat": content.conversation, "text": content.text, "answers": content.answers,
                "files": [one.filename for one in content.files],
            }, sort_keys=True).encode()

    @hookimpl
    def channel_types(ctx):
        return [Chat()]
"""
