"""The whole way: somebody writes to the bot, an agent answers, the conversation goes on."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from desk_app.domain.messages.outgoing import OutgoingAttachment
from desk_app.plugin_api.channels import ChannelFault
from desk_app.runtime.worker import Pace, run_worker
from desk_app.services.ports.sync import OutboxState

CARL = {"id": 712, "is_bot": False, "first_name": "Carl"}
GROUP = {"id": -100200, "type": "supergroup", "title": "Key holders"}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def test_a_conversation_is_one_ticket_from_the_first_message_to_the_answer_of_the_answer(bot: Any, server: Any) -> None:
    number = server.say("Is it open on Monday?\nI need a key.")
    server.say("Hello?", who=CARL)
    assert (bot.fetch().created, bot.fetch().fetched) == (2, 0)
    first, second = bot.tickets()
    assert (first.subject, first.requester_email, first.requester_name) == (
        "Is it open on Monday?",
        "711@telegram",
        "Maria Lopez",
    )
    bot.reply(first.id, "Yes, from nine.")
    (call,) = server.sent()
    assert call.values["chat_id"] == 711
    assert call.values["text"] == "Yes, from nine."
    assert call.values["reply_to_message_id"] == number
    server.say("Thanks!", reply_to_message={"message_id": number + 2, "chat": {"id": 711, "type": "private"}})
    assert bot.fetch().joined == 1
    assert bot.texts(first.id) == ["Is it open on Monday?\nI need a key.", "Yes, from nine.", "Thanks!"]
    assert [one.id for one in bot.tickets()] == [first.id, second.id]
    assert bot.plugin.faults == ()


def test_what_was_read_is_neither_lost_nor_doubled_by_a_restart(bot: Any, server: Any) -> None:
    server.say("One")
    bot.fetch()
    with bot.services.unit_of_work() as uow:
        cursor = uow.accounts.cursor(bot.account_id)
    waiting = list(server.updates)
    server.say("Two")
    bot.fetch()
    with bot.services.unit_of_work() as uow:  # the program ended before the second cursor was stored
        uow.accounts.set_cursor(bot.account_id, cursor)
        uow.commit()
    server.updates = waiting + server.updates
    server.say("Three")
    bot.fetch()
    (ticket,) = bot.tickets()
    assert bot.texts(ticket.id) == ["One", "Two", "Three"]
    server.updates.clear()
    server.put({"update_id": 12, "message": {"message_id": 90, "chat": {"id": 711, "type": "private"}, "text": "Four"}})
    bot.fetch()  # numbers may begin anew after a quiet week
    assert bot.texts(ticket.id)[-1] == "Four"


def test_a_comparison_with_a_server_that_keeps_nothing_finds_nothing_missing(bot: Any, server: Any) -> None:
    server.say("Hello")
    bot.fetch()
    bot.fetch()
    server.say("Not fetched yet")
    server.say("Nor this")
    found = bot.services.mailboxes.reconcile(bot.account_id)
    assert (found.server_count, found.stored_count, found.missing_count, found.exact) == (2, 1, 0, False)
    health = {account.id: one for account, one in bot.services.mailboxes.list()}[bot.account_id]
    assert (health.server_count, health.stored_count) == (None, None), "nothing to be alarmed about"


def test_slow_files_end_a_batch_and_the_rest_comes_next(bot: Any, server: Any, monkeypatch: Any) -> None:
    import sys

    for number in range(3):
        server.say(f"Message {number}")
    (channel,) = [
        one.spec for one in bot.services.plugins.contributions("channel_types") if one.plugin == "telegram_channel"
    ]
    module = sys.modules[type(channel).__module__]
    monkeypatch.setattr(module, "LONGEST_BATCH", -1.0)
    assert bot.fetch().fetched == 3
    offsets = [one.values.get("offset") for one in server.sent("getUpdates")]
    assert len(set(offsets)) == 3, "each time behind what was stored"


def test_two_bots_of_a_desk_may_count_their_messages_alike(bot: Any) -> None:
    raw = b'{"bot": "%s", "message": {"message_id": 15, "chat": {"id": 711, "type": "private"}, "text": "x"}}'
    (channel,) = [
        one.spec for one in bot.services.plugins.contributions("channel_types") if one.plugin == "telegram_channel"
    ]
    one, other = channel.read(raw % b"4242"), channel.read(raw % b"4343")
    assert one.message_id != other.message_id
    assert one.references != other.references
    assert one.from_ == other.from_


def test_an_edit_joins_the_ticket_and_the_old_message_stays(bot: Any, server: Any) -> None:
    number = server.say("Order 12")
    bot.fetch()
    server.edit(number, "Order 13")
    server.edit(number, "Order 13b")  # in the same second
    assert bot.fetch().joined == 2
    (ticket,) = bot.tickets()
    assert bot.texts(ticket.id) == ["Order 12", "edited: Order 13", "edited: Order 13b"]
    bot.reply(ticket.id, "Fine")
    assert server.sent()[0].values["reply_to_message_id"] == number
    bot.plugin.set(edits=False)
    server.edit(number, "Order 14")
    assert bot.fetch().fetched == 0


def test_groups_meet_in_one_ticket_and_the_answer_goes_to_the_group(bot: Any, server: Any) -> None:
    server.say("Who has a key?", chat=GROUP)
    server.say("I have", who=CARL, chat=GROUP)
    server.say("In the other room", chat=GROUP, message_thread_id=9, is_topic_message=True)
    bot.fetch()
    first, topic = bot.tickets()
    assert bot.texts(first.id) == ["Who has a key?", "I have"]
    assert first.requester_email == "711@telegram"
    bot.reply(first.id, "Fine")
    bot.reply(topic.id, "There")
    one, other = server.sent()
    assert (one.values["chat_id"], "message_thread_id" in one.values) == (-100200, False)
    assert (other.values["chat_id"], other.values["message_thread_id"]) == (-100200, 9)


def test_groups_are_left_alone_where_the_account_says_so(bot: Any, server: Any) -> None:
    from dataclasses import replace

    account = bot.account
    bot.services.mailboxes.update(replace(account, settings={**account.settings, "groups": False}), {}, bot.desk.actor)
    server.say("Who has a key?", chat=GROUP)
    server.say("Hello")
    bot.fetch()
    assert [one.subject for one in bot.tickets()] == ["Hello"]


def test_photos_documents_and_voices_are_attachments(bot: Any, server: Any) -> None:
    sizes = [
        {"file_id": server.keep(b"small"), "width": 90, "height": 60, "file_size": 5},
        {"file_id": server.keep(PNG), "width": 900, "height": 600, "file_size": 48},
    ]
    server.say(caption="The door", photo=sizes)
    document = {"file_id": server.keep(b"%PDF"), "file_name": "../plan: 1.pdf", "mime_type": "application/pdf"}
    server.say(document=document)
    server.say(voice={"file_id": server.keep(b"OggS"), "duration": 3})
    gif = {"file_id": server.keep(b"mp4!"), "file_name": "wave.mp4", "mime_type": "video/mp4"}
    server.say(animation=gif, document=gif)
    bot.fetch()
    (ticket,) = bot.tickets()
    found = bot.desk.messages(ticket.id)
    assert [one.text for one in found] == ["The door", "plan 1.pdf", "Voice message", "Animation"]
    assert [[(a.filename, a.content_type, a.size) for a in one.attachments] for one in found] == [
        [("photo-15.jpg", "image/jpeg", 48)],
        [("plan 1.pdf", "application/pdf", 4)],
        [("voice-17.ogg", "audio/ogg", 4)],
        [("wave.mp4", "video/mp4", 4)],
    ]


def test_files_that_cannot_be_had_are_told_in_words_and_hold_nothing_up(bot: Any, server: Any) -> None:
    server.say(document={"file_id": "none", "file_name": "film.mkv", "file_size": 30_000_000})
    server.say(document={"file_id": "gone", "file_name": "gone.txt", "file_size": 3})
    bot.fetch()
    server.say("First")
    server.say(document={"file_id": server.keep(b"x"), "file_name": "x.txt"})
    server.say("Last")
    server.script["file"] = [(503, b"")] * 4
    bot.fetch()
    (ticket,) = bot.tickets()
    assert bot.texts(ticket.id) == [
        "The file film.mkv (30.0 MB) could not be fetched: Telegram gives its bots no file over 20 MB.",
        "The file gone.txt (0.0 MB) could not be fetched.",
        "First",
    ]
    assert bot.fetch().fault == ChannelFault.NETWORK.value, "it comes again"
    server.script["file"] = [(503, b"")] * 9
    bot.fetch()
    bot.fetch()
    server.script["file"].clear()
    bot.fetch()
    assert bot.texts(ticket.id)[3:] == [
        "The file x.txt could not be fetched.",
        "Last",
    ]


@pytest.mark.parametrize("place", ["getFile", "file"])
def test_a_server_that_asks_to_wait_costs_no_file(bot: Any, server: Any, place: str) -> None:
    server.say(document={"file_id": server.keep(b"x"), "file_name": "x.txt"})
    for _ in range(10):
        server.script[place] = [bot.refused(429, "Too Many Requests", retry_after=3)]
        assert bot.fetch().fault == ChannelFault.THROTTLED.value
    bot.fetch()
    (ticket,) = bot.tickets()
    assert [a.filename for one in bot.desk.messages(ticket.id) for a in one.attachments] == ["x.txt"]


def test_what_is_no_text_is_told_in_words_and_start_is_answered_by_nothing(bot: Any, server: Any) -> None:
    server.say("/start")
    server.say("/start order12")
    server.say(new_chat_members=[CARL], chat=GROUP)
    bot.fetch()
    assert bot.tickets() == []
    server.say(sticker={"emoji": "👍", "file_id": "s"})
    server.say(location={"latitude": 40.4168, "longitude": -3.7038})
    server.say(contact={"phone_number": "+34 600", "first_name": "Ana"})
    server.say(poll={"question": "When?", "options": [{"text": "Now"}, {"text": "Later"}]})
    server.say("See here 🙂", entities=[{"type": "text_link", "offset": 4, "length": 4, "url": "https://shop.test/a"}])
    server.say("Old", forward_origin={"type": "user", "sender_user": CARL})
    server.say(paid_media={})
    bot.fetch()
    (ticket,) = bot.tickets()
    link = "https://www.openstreetmap.org/?mlat=40.416800&mlon=-3.703800"
    assert bot.texts(ticket.id) == [
        "Sticker 👍",
        f"Location: 40.416800, -3.703800 {link}",
        "Contact: Ana, +34 600",
        "Poll: When?\n• Now\n• Later",
        "See here (https://shop.test/a) 🙂",
        "Forwarded from Carl:\nOld",
        "(something that Telegram does not show to bots)",
    ]


def test_answers_carry_photos_and_documents(bot: Any, server: Any) -> None:
    server.say("Plan?")
    bot.fetch()
    (ticket,) = bot.tickets()
    files = (
        OutgoingAttachment("door.png", "image/png", PNG),
        OutgoingAttachment("Plan für Sie.pdf", "application/pdf", b"%PDF-1"),
    )
    bot.reply(ticket.id, "Here", html="<p>Here is the <strong>plan</strong> &amp; more</p>", files=files)
    text, photo, document = server.sent()
    assert (text.values["text"], text.values["parse_mode"]) == ("Here is the <b>plan</b> &amp; more", "HTML")
    assert photo.method == "sendPhoto"
    assert photo.values["chat_id"] == "711"
    assert photo.files == {"photo": ("door.png", "image/png", PNG)}
    assert document.files == {"document": ("Plan für Sie.pdf", "application/pdf", b"%PDF-1")}
    assert bot.services.outbox.tray() == []


def test_switching_the_plugin_off_suspends_the_account_and_on_resumes_it(bot: Any, server: Any) -> None:
    server.say("One")
    bot.fetch()
    (ticket,) = bot.tickets()
    bot.desk.deactivate(bot.plugin)
    server.say("Two")
    assert bot.fetch().fault == ChannelFault.PLUGIN.value
    health = {account.id: one for account, one in bot.services.mailboxes.list()}[bot.account_id]
    assert health.detail.startswith("Suspended until")
    bot.services.plugins.activate(
        "telegram_channel", bot.services.plugins.state("telegram_channel").manifest.permissions
    )
    bot.fetch()
    assert bot.texts(ticket.id) == ["One", "Two"]


def test_the_worker_hears_at_once_and_lets_go_at_once(bot: Any, server: Any) -> None:
    stop = threading.Event()
    pace = Pace(accounts=0.1, outbox=0.1, timers=0.5)
    worker = threading.Thread(target=run_worker, args=(bot.services, stop), kwargs={"pace": pace})
    worker.start()
    try:
        assert _until(lambda: [one.values["timeout"] for one in server.sent("getUpdates")][-1:] == [25])
        server.say("Hello")
        assert _until(lambda: len(bot.tickets()) == 1)
        bot.reply(bot.tickets()[0].id, "Hi")
        assert _until(lambda: len(server.sent()) == 1)
        server.say("Thanks")
        assert _until(lambda: len(bot.texts(bot.tickets()[0].id)) == 3)
    finally:
        stop.set()
        worker.join(8)
    assert not worker.is_alive()
    assert [item.state for item in bot.services.outbox.tray() if item.state is not OutboxState.SENT] == []


def _until(true: Any, seconds: float = 10.0) -> bool:
    waited = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if true():
            return True
        waited.wait(0.05)
    return False
