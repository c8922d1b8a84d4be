"""What plugins make of what is seen and written (PL-02, group content)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.messages.canned import CannedResponse
from desk_app.domain.messages.signatures import Signature, SignatureScope
from desk_app.plugin_api import MessageView, TicketView
from desk_app.plugin_api.context import Mode
from desk_app.runtime.compose import Surroundings
from desk_app.runtime.plugins import PluginPlaces
from desk_app.services.messages.canned import filled
from desk_app.services.system.place import DeskPlace
from desk_app.storage.database import Database
from tests.support.desks import DeskKit, mail
from tests.support.plugin_folders import write_plugin
from tests.support.plugins import PluggedDesk, part

HTML = (
    '<p>Order 4711 <img src="https://shop.example/a.png" width="90" height="90"></p>'
    '<div class="gmail_quote"><p>On Monday, Ann wrote:</p><blockquote>Which order?</blockquote></div>'
)


def html_mail(html: str = HTML) -> bytes:
    return mail(html).replace(b"text/plain", b"text/html")


def _desk(database: Database, *parts: object, raw: bytes | None = None) -> tuple[PluggedDesk, int]:
    kit = PluggedDesk(database, *parts)
    kit.arrive(kit.mailbox("support@desk.example"), raw or html_mail())
    (ticket,) = kit.tickets()
    kit.desk.content.prepare_ticket(ticket.id)
    return kit, ticket.id


def _view(kit: PluggedDesk, ticket_id: int) -> Any:
    view = kit.desk.conversations.conversation(ticket_id, agent_id=kit.agent.id)
    assert view is not None
    return view


def test_filter_message_html_changes_what_is_seen_and_nothing_that_is_stored(database: Database) -> None:
    asked: list[tuple[str, TicketView, MessageView, str]] = []

    def link(value: str, ticket: TicketView, message: MessageView, purpose: str) -> str:
        asked.append((value, ticket, message, purpose))
        return value.replace("4711", '<a href="https://shop.example/4711">4711</a><script>alert(1)</script>')

    kit, ticket_id = _desk(database, part(filter_message_html=link))
    stored = _view(kit, ticket_id)
    seen = kit.desk.shown.shown(stored)
    assert 'href="https://shop.example/4711"' in seen.messages[0].html
    assert "script" not in seen.messages[0].html
    assert "Which order?" in seen.messages[0].folded_html
    assert seen.messages[0].remote_images == ("https://shop.example/a.png",)
    ((value, ticket, message, purpose),) = asked
    assert value.strip() == HTML
    assert (ticket.id, message.id, purpose) == (ticket_id, stored.messages[0].id, "view")
    assert _view(kit, ticket_id) == stored

    kit.desk.shown.shown(stored)
    assert len(asked) == 1, "results are kept"
    kit.desk.shown.printed(stored, kit.agent.id)
    assert asked[-1][3] == "print"
    kit.remove("plugin1")
    assert kit.desk.shown.shown(stored) is stored, "switched off, the original is there again"


def test_filter_message_html_is_asked_again_where_other_plugins_run(database: Database) -> None:
    kit, ticket_id = _desk(database, part(filter_message_html=lambda value: value.replace("Order", "One")))
    stored = _view(kit, ticket_id)
    assert "One 4711" in kit.desk.shown.shown(stored).messages[0].html
    kit.add(part(filter_message_html=lambda value: value.replace("One", "Two")), "plugin2")
    assert "Two 4711" in kit.desk.shown.shown(stored).messages[0].html
    kit.remove("plugin1")
    assert "Order 4711" in kit.desk.shown.shown(stored).messages[0].html


def test_filter_message_html_sees_text_mails_and_answers_too(database: Database) -> None:
    upper = part(filter_message_html=lambda value: value.replace("fire", "FIRE"))
    kit, ticket_id = _desk(database, upper, raw=mail("My printer is on fire."))
    kit.reply(ticket_id, "Is the fire out?")
    seen = kit.desk.shown.shown(_view(kit, ticket_id)).messages
    assert ["FIRE" in one.html for one in seen] == [True, True]


def test_filter_message_html_that_fails_shows_the_original(database: Database) -> None:
    def fail() -> str:
        raise SystemExit(1)

    kit, ticket_id = _desk(database, part(filter_message_html=fail))
    stored = _view(kit, ticket_id)
    assert kit.desk.shown.shown(stored) == stored
    assert [one.hook for one in kit.failures] == ["filter_message_html"]


def test_filter_reply_draft_lets_a_reply_begin_with_words(database: Database) -> None:
    asked: list[Any] = []

    def greet(value: str, ticket: TicketView, agent: Any) -> str:
        asked.append((value, ticket.id, agent.name))
        return f"<p>Dear {ticket.requester_name},</p><script>alert(1)</script>"

    kit, ticket_id = _desk(database, part(filter_reply_draft=greet))
    start = kit.desk.replies.start(ticket_id, agent_id=kit.agent.id)
    assert "Dear Bob Customer," in start.html
    assert "script" not in start.html
    assert asked == [("", ticket_id, "Ann Agent")]
    kit.remove("plugin1")
    assert kit.desk.replies.start(ticket_id, agent_id=kit.agent.id).html == ""


PLACEHOLDERS = """
    from desk_app.plugin_api import Placeholder, hookimpl

    def fail(ctx, ticket):
        raise ValueError("the shop is closed")

    @hookimpl
    def placeholders(ctx):
        return [
            Placeholder("shop.last_order", "Last order", lambda ctx, ticket: f"{ctx.plugin_id} {ticket.number}"),
            Placeholder("shop.broken", "Broken", fail),
            Placeholder("customer.name", "Not theirs", lambda ctx, ticket: "stolen"),
        ]
"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[DeskKit]:
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    write_plugin(bundled, "shop", PLACEHOLDERS)
    here = Surroundings(DeskPlace(tmp_path, database.url), plugins=PluginPlaces(bundled, pip=False))
    kit = DeskKit(database, here=here)
    kit.desk.plugins.start(Mode.GUI)
    kit.desk.plugins.activate("shop", ())
    kit.arrive(kit.mailbox("support@desk.example"), mail())
    yield kit
    kit.desk.plugins.close(1)


def test_placeholders_of_plugins_are_filled_in(shop: DeskKit) -> None:
    (ticket,) = shop.tickets()
    response = CannedResponse(0, "Order", "{{customer.name}}: {{shop.last_order | upper}}, {{shop.broken}}")
    shop.desk.canned.save(response, shop.ann)
    values = shop.desk.canned.values(ticket.id, None, shop.agent.id)
    made = filled(response, values)
    assert made.text == f"Bob Customer: SHOP {ticket.number}, {{{{shop.broken}}}}", "the guard before sending finds it"
    samples = shop.desk.canned.samples(None, shop.agent.id)
    assert (samples["shop.last_order"], samples["shop.broken"]) == ("Last order", "Broken")
    assert shop.desk.plugins.settle()  # type: ignore[attr-defined]
    with shop.database.unit_of_work() as uow:
        record = uow.plugins.get("shop")
        assert record is not None
        assert [one.place for one in uow.plugins.faults(record.id)] == ["placeholder shop.broken"]


def test_placeholders_of_plugins_stand_in_signatures(shop: DeskKit) -> None:
    (ticket,) = shop.tickets()
    shop.desk.signatures.save(Signature(SignatureScope(), "About {{shop.last_order}}{{shop.broken}}"), shop.ann)
    start = shop.desk.replies.start(ticket.id, agent_id=shop.agent.id)
    assert start.signature.text == f"About shop {ticket.number}"
    shop.desk.plugins.deactivate("shop")
    assert shop.desk.replies.start(ticket.id, agent_id=shop.agent.id).signature.text == "About "


def test_placeholders_nobody_uses_are_not_asked_for(shop: DeskKit) -> None:
    (ticket,) = shop.tickets()
    values = shop.desk.canned.values(ticket.id, None, shop.agent.id)
    assert "shop.broken" not in values
    shop.desk.canned.save(replace(CannedResponse(0, "Plain", "Hello {{customer.name}}")), shop.ann)
    assert "shop.last_order" not in shop.desk.canned.values(ticket.id, None, shop.agent.id)
