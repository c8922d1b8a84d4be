"""What is told, how it is signed, and that nothing is lost while the receiver is away."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from desk_app.plugin_api import HealthState
from desk_app.plugin_api.channels import SecretError
from desk_app.plugin_api.testing import TestDesk, TestPlugin

HERE = Path(__file__).resolve().parents[1]


@dataclass
class Receiver:
    """A server that keeps what is posted; `answers` are the next status codes, 204 after them."""

    url: str = ""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def events(self) -> list[str]:
        return [headers["x-desk-event"] for headers, _ in self.posts]

    def body(self, place: int = -1) -> Any:
        return json.loads(self.posts[place][1])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.posts.append(({key.lower(): value for key, value in self.headers.items()}, body))
            status = made.answers.pop(0) if made.answers else 204
            self.send_response(status)
            if status // 100 == 3:
                self.send_header("Location", "/moved")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def webhook(desk: TestDesk, receiver: Receiver) -> TestPlugin:
    return desk.activate(HERE, settings={"url": receiver.url})


def test_what_happens_is_posted_as_signed_json(desk: TestDesk, webhook: TestPlugin, receiver: Receiver) -> None:
    import hashlib
    import hmac

    webhook.set(secret="s3cret")
    desk.receive("Ann <ann@shop.test>", "Order 12", "Where is it?")
    desk.run_job(webhook, "deliver")
    assert sorted(receiver.events) == ["message_added", "ticket_created"]
    body = receiver.body(receiver.events.index("ticket_created"))
    assert body["event"] == "ticket_created"
    assert body["ticket"]["subject"] == "Order 12"
    assert body["ticket"]["requester"]["email"] == "ann@shop.test"
    for headers, raw in receiver.posts:
        signed = headers["x-desk-timestamp"].encode() + b"." + raw
        assert headers["x-desk-signature"] == "sha256=" + hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
        assert headers["content-type"].startswith("application/json")
    assert len({headers["x-desk-delivery"] for headers, _ in receiver.posts}) == 2


def test_texts_are_given_away_only_where_somebody_said_so(
    desk: TestDesk, webhook: TestPlugin, receiver: Receiver
) -> None:
    webhook.set(events=["message_added"])
    desk.receive("Ann <ann@shop.test>", "Order", "My secret wish")
    desk.run_job(webhook, "deliver")
    assert b"secret wish" not in receiver.posts[0][1]
    webhook.set(include_text=True)
    desk.receive("Ann <ann@shop.test>", "Order", "My second wish")
    desk.run_job(webhook, "deliver")
    assert receiver.body()["message"]["text"].strip() == "My second wish"


@pytest.mark.parametrize("status", [301, 302, 308])
def test_a_receiver_that_has_moved_got_nothing(
    desk: TestDesk, webhook: TestPlugin, receiver: Receiver, status: int
) -> None:
    webhook.set(events=["ticket_created"])
    receiver.answers = [status]
    desk.receive("Ann <ann@shop.test>", "Order", "Hello")
    desk.run_job(webhook, "deliver")
    ((*_, state, tries, answer),) = desk.report("webhook_notify.deliveries").rows
    assert (state, tries, answer) == ("waiting", 1, f"HTTP {status}: the receiver has another address")
    desk.clock.forward(seconds=61)
    desk.run_job(webhook, "deliver")
    assert receiver.events == ["ticket_created"] * 2
    assert desk.report("webhook_notify.deliveries").rows[0][3] == "delivered"


def test_a_locked_keychain_costs_no_try_and_no_fault(
    desk: TestDesk, webhook: TestPlugin, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook.set(events=["ticket_created"], secret="s3cret")
    desk.receive("Ann <ann@shop.test>", "Order", "Hello")
    with monkeypatch.context() as locked:
        locked.setattr(type(webhook.ctx.secrets), "get", _locked)
        for _ in range(10):
            desk.run_job(webhook, "deliver")
            desk.clock.forward(hours=12)
        assert desk.command(webhook, "test") == 1
    ((*_, state, tries, answer),) = desk.report("webhook_notify.deliveries").rows
    assert (state, tries, answer) == ("waiting", 0, "the keychain is locked")
    assert desk.part("deliveries").run(webhook.ctx).state is HealthState.WARNING
    desk.run_job(webhook, "deliver")
    assert receiver.events == ["ticket_created"]
    assert "x-desk-signature" in receiver.posts[0][0]
    assert desk.part("deliveries").run(webhook.ctx).state is HealthState.GOOD


def test_a_computer_without_the_secret_posts_nothing_unsigned(
    desk: TestDesk, webhook: TestPlugin, receiver: Receiver
) -> None:
    webhook.set(events=["ticket_created"], secret="s3cret")
    webhook.ctx.secrets._store.delete("secret")  # another computer has it, and this program never saw it
    desk.deactivate(webhook)
    webhook = desk.activate(HERE)
    desk.receive("Ann <ann@shop.test>", "Order", "Hello")
    desk.run_job(webhook, "deliver")
    ((*_, state, tries, answer),) = desk.report("webhook_notify.deliveries").rows
    assert (receiver.posts, state, tries) == ([], "waiting", 0)
    assert answer.startswith("The signing secret is not in the keychain of this computer")
    webhook.set(secret="s3cret")
    desk.clock.forward(seconds=61)
    desk.run_job(webhook, "deliver")
    assert "x-desk-signature" in receiver.posts[0][0]


def test_a_secret_that_was_emptied_is_missed_by_nobody(desk: TestDesk, webhook: TestPlugin, receiver: Receiver) -> None:
    webhook.set(events=["ticket_created"], secret="s3cret")
    webhook.set(secret="")
    desk.receive("Ann <ann@shop.test>", "Order", "Hello")
    desk.run_job(webhook, "deliver")
    assert "x-desk-signature" not in receiver.posts[0][0]
    assert webhook.faults == ()


def test_a_receiver_that_never_answers_holds_a_round_up_for_a_minute(
    desk: TestDesk, webhook: TestPlugin, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook.set(events=["ticket_created"])
    for number in range(10):
        desk.receive("Ann <ann@shop.test>", f"Order {number}", "Hello")
    deliveries = sys.modules["desk_plugins.webhook_notify.deliveries"]
    seconds = count(0, 15)  # what each look at the clock is later than the one before
    monkeypatch.setattr(deliveries, "monotonic", lambda: next(seconds))
    desk.run_job(webhook, "deliver")
    assert len(receiver.posts) == 4
    desk.run_job(webhook, "deliver")
    assert len(receiver.posts) == 8


def _locked(_secrets: object, _name: str) -> str:
    raise SecretError("the keychain is locked")


def test_only_chosen_events_are_told(desk: TestDesk, webhook: TestPlugin, receiver: Receiver) -> None:
    webhook.set(events=["ticket_changed"])
    ticket_id = desk.receive("Ann <ann@shop.test>", "Order", "Hello")
    desk.resolve(ticket_id)
    desk.run_job(webhook, "deliver")
    assert set(receiver.events) == {"ticket_changed"}
    assert {"field": "status", "old": "open", "new": "resolved"} in receiver.body()["changes"]


def test_an_answer_that_leaves_is_told(desk: TestDesk, webhook: TestPlugin, receiver: Receiver) -> None:
    webhook.set(events=["message_sent"])
    ticket_id = desk.receive("Ann <ann@shop.test>", "Order", "Hello")
    desk.reply(ticket_id, "It is on its way.")
    desk.run_job(webhook, "deliver")
    assert receiver.events == ["message_sent"]
    assert len(desk.outbox) == 1


def test_a_receiver_that_is_away_gets_everything_later(desk: TestDesk, webhook: TestPlugin, receiver: Receiver) -> None:
    webhook.set(events=["ticket_created"])
    receiver.answers = [503, 500]
    desk.receive("Ann <ann@shop.test>", "Order", "Hello")
    desk.run_job(webhook, "deliver")
    desk.run_job(webhook, "deliver")  # too early
    assert len(receiver.posts) == 1
    desk.clock.forward(minutes=1, seconds=1)
    desk.run_job(webhook, "deliver")
    assert len(receiver.posts) == 2
    desk.clock.forward(minutes=6)
    desk.run_job(webhook, "deliver")
    assert len(receiver.posts) == 3
    assert len({headers["x-desk-delivery"] for headers, _ in receiver.posts}) == 1
    [row] = desk.report("webhook_notify.deliveries").rows
    assert row[3:5] == ("delivered", 3)


@pytest.mark.parametrize("status", [400, 404, 410])
def test_an_answer_for_good_is_not_tried_again(
    desk: TestDesk, webhook: TestPlugin, receiver: Receiver, status: int
) -> None:
    webhook.set(events=["ticket_created"])
    receiver.answers = [status]
    desk.receive("Ann <ann@shop.test>", "Order", "Hello")
    desk.run_job(webhook, "deliver")
    [row] = desk.report("webhook_notify.deliveries", state="failed").rows
    assert row[5] == f"HTTP {status}"
    assert desk.command(webhook, "retry") == 0
    desk.run_job(webhook, "deliver")
    assert desk.report("webhook_notify.deliveries", state="delivered").rows


def test_nothing_is_lost_while_the_permission_is_taken_away(desk: TestDesk, receiver: Receiver) -> None:
    webhook = desk.activate(HERE, settings={"url": receiver.url, "events": ["ticket_created"]}, without=["network"])
    desk.receive("Ann <ann@shop.test>", "Order", "Hello")
    desk.run_job(webhook, "deliver")
    assert receiver.posts == []
    [row] = desk.report("webhook_notify.deliveries").rows
    assert row[3] == "waiting"


def test_the_address_can_be_tried(desk: TestDesk, webhook: TestPlugin, receiver: Receiver, capsys: Any) -> None:
    assert desk.command(webhook, "test") == 0
    assert receiver.body()["event"] == "test"
    receiver.answers = [500]
    assert desk.command(webhook, "test") == 1
    assert "HTTP 500" in capsys.readouterr().out


def test_old_deliveries_are_forgotten(desk: TestDesk, webhook: TestPlugin, receiver: Receiver) -> None:
    desk.receive("Ann <ann@shop.test>", "Order", "Hello")
    desk.run_job(webhook, "deliver")
    assert desk.report("webhook_notify.deliveries").rows
    desk.clock.forward(days=31)
    desk.run_job(webhook, "forget")
    assert not desk.report("webhook_notify.deliveries").rows
    assert webhook.faults == ()
