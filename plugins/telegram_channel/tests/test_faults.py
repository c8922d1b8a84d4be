"""What the server, the network and strangers do wrong: said in plain words, and the token in none of them."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.plugin_api.channels import AccountView, ChannelError, ChannelFault, Cursor, StepState
from desk_app.plugin_api.testing import TestDesk
from desk_app.services.ports.sync import OutboxState

TOKEN = "4242:AAE-very_secret_token_of_the_bot"


class Secrets:
    def __init__(self, token: str | None) -> None:
        self._token = token

    def get(self, name: str) -> str | None:
        return self._token if name == "token" else None

    def set(self, name: str, value: str) -> None:
        raise AssertionError

    def delete(self, name: str) -> None:
        raise AssertionError


def channel_of(bot: Any) -> Any:
    return next(
        one.spec for one in bot.services.plugins.contributions("channel_types") if one.plugin == "telegram_channel"
    )


def session_of(bot: Any) -> Any:
    settings = {"server": bot.server.url}
    return channel_of(bot).open(AccountView(1, "Shop", "shop@telegram", settings, Secrets(TOKEN)))


def no(code: int, text: str, parameters: Any = None) -> tuple[int, Any]:
    """Return a refusal as the Bot API tells it."""
    return code, {"ok": False, "error_code": code, "description": text, "parameters": parameters}


def steps(bot: Any, *, token: str | None = TOKEN, server: str = "") -> list[tuple[str, str, str]]:
    """Return how the steps of a connection test ended, and why."""
    view = AccountView(0, "Shop", "shop@telegram", {"server": server or bot.server.url}, Secrets(token))
    found = {one.id: one for one in channel_of(bot).test(view)}
    return [(one.id, one.state.value, one.fault.value if one.fault else one.detail) for one in found.values()]


def waiting(bot: Any) -> Any:
    """Let a customer write, and return the ticket."""
    bot.server.say("Hello")
    bot.fetch()
    return bot.tickets()[-1]


def test_a_connection_test_names_the_step_that_fails(bot: Any, server: Any) -> None:
    host = server.url.removeprefix("http://")
    assert steps(bot) == [("name", "ok", host), ("sign_in", "ok", "Shop (@shop_bot)"), ("fetching", "ok", "")]
    server.say("Hello")
    assert steps(bot)[-1] == ("fetching", "ok", "Messages that wait: 1")
    assert steps(bot, token="4242:BBE-some_other_token_of_another_bot")[-1] == ("sign_in", "failed", "sign_in")
    assert steps(bot, token="hello")[-1] == ("sign_in", "failed", "sign_in")
    assert steps(bot, token=None)[-1] == ("sign_in", "failed", "secret")
    assert steps(bot, server="http://127.0.0.1:1")[-1] == ("name", "failed", "network")
    assert steps(bot, server="ftp://x")[-1] == ("name", "failed", "name")
    server.script["getMe"] = [(200, b"<html>")]
    assert steps(bot)[-1] == ("name", "failed", "protocol")
    server.webhook = "https://elsewhere.test"
    assert steps(bot)[-1] == ("fetching", "failed", "refused")
    assert server.sent() == [], "a test says nothing to anybody"


SAID: list[tuple[Any, str, float | None]] = [
    (
        (429, {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 17}}),
        "throttled",
        17,
    ),
    (
        (429, {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": "?"}}),
        "throttled",
        30,
    ),
    (no(409, "Conflict: terminated"), "throttled", 60),
    (no(401, f"Unauthorized {TOKEN}"), "sign_in", None),
    (no(400, "Bad Request"), "refused", None),
    ((502, b"<html>Bad Gateway"), "network", None),
    (no(500, "Internal"), "network", None),
    ((404, b"nothing here"), "protocol", None),
    ((200, {"ok": True, "result": {"a": 1}}), "protocol", None),
    ((200, b"[" * 50_000), "protocol", None),
    ((200, None), "network", None),
]


def test_what_the_server_says_becomes_a_fault(bot: Any) -> None:
    for answer, fault, pause in SAID:
        bot.server.script["getUpdates"] = [answer]
        with pytest.raises(ChannelError) as caught:
            session_of(bot).fetch(Cursor(), limit=100, max_bytes=1 << 20)
        assert (caught.value.fault.value, caught.value.retry_after) == (fault, pause), answer
        assert "secret" not in str(caught.value)


HOSTILE: list[Any] = [
    None,
    [],
    "update",
    {"update_id": "12"},
    {"update_id": 10**30},
    {"update_id": True},
    {"update_id": 6001, "message": None},
    {"update_id": 6002, "message": {"message_id": 10**40, "chat": {"id": 1}}},
    {"update_id": 6003, "message": {"message_id": 1, "chat": {"id": "x", "type": []}, "text": "x"}},
    {
        "update_id": 6004,
        "message": {"message_id": 2, "chat": {"id": 5, "type": "private"}, "from": 7, "text": {"a": 1}},
    },
    {
        "update_id": 6005,
        "message": {"message_id": 3, "chat": {"id": 5, "type": "private"}, "date": 10**17, "text": "a"},
    },
    {"update_id": 6006, "message": {"message_id": 4, "chat": {"id": 5, "type": "private"}, "text": "\ud800\0 half"}},
    {"update_id": 6007, "message": {"message_id": 5, "chat": {"id": 5, "type": "private"}, "photo": [1, None, {}]}},
    {"update_id": 6008, "message": {"message_id": 6, "chat": {"id": 5, "type": "private"}, "document": {"file_id": 9}}},
    {
        "update_id": 6009,
        "message": {
            "message_id": 7,
            "chat": {"id": 5, "type": "private", "first_name": "x" * 9000 + "\n\u202e"},
            "text": "é" * 50,
            "entities": [{"type": "text_link", "offset": -3, "length": 10**20, "url": 4}, 9, {"type": "text_link"}],
            "poll": {"options": 4},
            "location": {"latitude": 1e308, "longitude": "x"},
            "contact": [],
            "venue": {"location": []},
            "dice": {"value": []},
            "forward_origin": [1],
            "reply_to_message": {"message_id": [], "chat": 3},
            "sender_chat": {"id": {}, "title": 5},
        },
    },
    {"update_id": 6010, "edited_message": {"message_id": 8, "chat": {"id": 5, "type": "private"}, "edit_date": "soon"}},
    {"update_id": 6011, "message": {"message_id": 9, "chat": {"id": -5, "type": "group"}, "text": "x" * 10_000_000}},
]


def test_updates_of_every_kind_are_taken_or_left_and_nothing_is_raised(bot: Any, server: Any) -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = {"a": [deep]}
    for update in [
        *HOSTILE,
        {"update_id": 6012, "message": {"message_id": 11, "chat": {"id": 5}, "text": "x", "d": deep}},
    ]:
        server.put(update)
    server.say("And an honest one")
    result = bot.fetch()
    assert result.fault == ""
    assert bot.plugin.faults == ()
    texts = [text for ticket in bot.tickets() for text in bot.texts(ticket.id)]
    assert "And an honest one" in texts
    assert not any("\0" in text or "\ud800" in text for text in texts)
    assert bot.fetch().fetched == 0


def test_raw_messages_that_are_none_are_read_all_the_same(bot: Any) -> None:
    channel = channel_of(bot)
    for raw in (
        b"",
        b"\xff",
        b"[]",
        b'{"message": 4}',
        b'{"message": {"chat": {"id": 1}, "message_id": 1}}',
        b"[" * 99_999,
    ):
        assert channel.read(raw).content_hash


def test_a_server_that_repeats_itself_is_told_from_one_that_has_more(bot: Any, server: Any) -> None:
    said = {"message_id": 1, "chat": {"id": 5, "type": "private"}, "text": "x"}
    same = (200, {"ok": True, "result": [{"update_id": 7, "message": said}]})
    server.script["getUpdates"] = [same, same]
    session = session_of(bot)
    batch = session.fetch(Cursor(), limit=100, max_bytes=1 << 20)
    with pytest.raises(ChannelError, match="again and again"):
        session.fetch(batch.cursor, limit=100, max_bytes=1 << 20)


def test_asking_where_the_new_messages_begin_forgets_none(bot: Any, server: Any) -> None:
    session = session_of(bot)
    for number in range(130):
        server.say(f"Old {number}")
    cursor = session.start_cursor(None)
    assert len(server.updates) == 130
    assert session.counts()[0].total == 130
    assert cursor.positions["updates"]["since"] > 0, "there are more than it can see"
    server.updates = server.updates[:3]
    behind = session.start_cursor(None)
    server.say("New")
    assert len(session.fetch(behind, limit=100, max_bytes=1 << 20).messages) == 1


def test_a_long_poll_that_another_ends_is_given_up_the_second_time(bot: Any, server: Any) -> None:
    session = session_of(bot)
    conflict = bot.refused(409, "Conflict: terminated by other getUpdates request")
    session.wake()
    assert session.wait(1.0) is False, "woken before"
    waited = threading.Event()
    while not server.sent("getUpdates"):
        waited.wait(0.02)
    session._listen = lambda poll, seconds, listen=session._listen: listen(poll, 0.01 if poll == 0 else seconds)
    server.script["getUpdates"] = [conflict, conflict]
    assert session.wait(5.0) is True
    with pytest.raises(ChannelError, match="make a bot for the desk"):
        session.wait(5.0)


# -- sending ----------------------------------------------------------------------------------------------------------


OUTCOMES: list[tuple[Any, str, str]] = [
    (no(403, "Forbidden: bot was blocked by the user"), "failed", "blocked the bot"),
    (no(400, "Bad Request: chat not found"), "failed", "Was the bot exchanged"),
    (no(429, "x", {"retry_after": 9}), "queued", "9 seconds"),
    (no(401, "Unauthorized"), "queued", "does not know this token"),
    (no(500, "Internal"), "queued", "Internal"),
    ((502, b"<html>"), "unknown", "HTTP 502"),
    ((200, b"<html>"), "unknown", "HTTP 200"),
    ((200, None), "unknown", "may have arrived"),
]


def test_what_becomes_of_an_answer(bot: Any) -> None:
    bot.server.say("Hello")
    bot.fetch()
    (ticket,) = bot.tickets()
    for answer, state, said in OUTCOMES:
        bot.server.script["sendMessage"] = [answer]
        bot.reply(ticket.id, "Hi")
        item = bot.services.outbox.tray()[-1]
        assert item.state is OutboxState(state), answer
        assert said in item.response
        assert "secret" not in item.response
        bot.services.outbox.it_arrived(item.id, bot.desk.actor)
        bot.services.outbox.cancel(item.id, bot.desk.actor)


def test_an_answer_without_a_connection_waits(bot: Any, server: Any) -> None:
    ticket = waiting(bot)
    server.close()
    bot.reply(ticket.id, "Hi")
    (item,) = bot.services.outbox.tray()
    assert item.state is OutboxState.QUEUED


def test_an_answer_of_several_parts_goes_on_where_it_stopped(bot: Any, server: Any) -> None:
    ticket = waiting(bot)
    server.script["sendDocument"] = [(200, None), bot.refused(400, "Bad Request: wrong file")]
    bot.reply(ticket.id, "Text", files=(OutgoingAttachment("a.txt", "text/plain", b"a"),))
    (item,) = bot.services.outbox.tray()
    assert (item.state, item.response[:27]) == (OutboxState.UNKNOWN, "1 of 2 parts have left. Sen")
    for state in (OutboxState.UNKNOWN, None):
        bot.services.outbox.send_again(item.id, bot.desk.actor)
        bot.services.outbox.send_due()
        assert [one.state for one in bot.services.outbox.tray()] == ([state] if state else [])
    assert [one.method for one in server.sent()] == ["sendMessage", "sendDocument", "sendDocument", "sendDocument"]


@pytest.mark.parametrize("said", ["PHOTO_INVALID_DIMENSIONS", "IMAGE_PROCESS_FAILED"])
def test_what_telegram_does_not_take_is_sent_in_the_other_way(bot: Any, server: Any, said: str) -> None:
    ticket = waiting(bot)
    server.script["sendMessage"] = [
        bot.refused(400, "Bad Request: can't parse entities: x"),
        bot.refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100999),
    ]
    server.script["sendPhoto"] = [bot.refused(400, f"Bad Request: {said}")]
    bot.reply(ticket.id, "Hi", html="<p><b>Hi</b></p>", files=(OutgoingAttachment("a.png", "image/png", b"a"),))
    assert [(one.method, one.values["chat_id"], one.values.get("text")) for one in server.sent()] == [
        ("sendMessage", 711, "<b>Hi</b>"),
        ("sendMessage", 711, "Hi"),
        ("sendMessage", -100999, "Hi"),
        ("sendPhoto", "711", None),
        ("sendDocument", "711", None),
    ]
    assert bot.services.outbox.tray() == []


def test_what_cannot_be_sent_is_refused_before_it_is_queued(bot: Any) -> None:
    ticket = waiting(bot)
    with pytest.raises(ValueError, match="empty"):
        bot.reply(ticket.id, "Hi", files=(OutgoingAttachment("a.txt", "text/plain", b""),))
    with pytest.raises(ValueError, match="50 MB"):
        bot.reply(ticket.id, "Hi", files=(OutgoingAttachment("a.bin", "application/x", bytes(50_000_001)),))
    assert bot.services.outbox.tray() == []


def test_the_token_is_in_no_log_and_in_no_file_of_the_desk(
    bot: Any, server: Any, desk: TestDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ticket = waiting(bot)
    server.script["sendMessage"] = [(200, None)]
    bot.reply(ticket.id, "Hi")
    server.script["getUpdates"] = [(200, None), (200, b"x" * 40_000_000), bot.refused(401, TOKEN)]
    faults = [bot.fetch().fault for _ in range(3)]
    assert faults == ["network", "protocol", "sign_in"]
    secret = TOKEN.partition(":")[2]
    assert secret not in caplog.text
    held = [path for path in Path(desk.folder).rglob("*") if path.is_file()]
    assert not any(secret.encode() in path.read_bytes() for path in held)
    assert json.dumps(str(bot.plugin.faults)).count(secret) == 0


def test_without_the_permission_network_the_channel_says_so(bot: Any) -> None:
    bot.services.plugins.revoke("telegram_channel", "network")
    with pytest.raises(ChannelError) as caught:
        session_of(bot).fetch(Cursor(), limit=10, max_bytes=1 << 20)
    assert caught.value.fault is ChannelFault.PLUGIN
    assert steps(bot)[-1][:2] == ("name", StepState.FAILED.value)
