"""What plugins may do with mail before it is placed (PL-02, group channels)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from desk_app.plugin_api import AccountInfo, Drop, MessageDraft, TicketView
from desk_app.services.ports.sync import InboundState
from desk_app.storage.database import Database
from tests.support.desks import mail
from tests.support.plugins import PluggedDesk, part


def test_filter_inbound_message_changes_what_a_message_says_for_good(database: Database) -> None:
    asked: list[tuple[MessageDraft, AccountInfo]] = []

    def mask(value: MessageDraft, account: AccountInfo) -> MessageDraft:
        asked.append((value, account))
        return replace(value, subject=f"[masked] {value.subject}", text=value.text.replace("4111", "****"))

    kit = PluggedDesk(database, part(filter_inbound_message=mask))
    account = kit.mailbox("support@desk.example")
    raw = mail("My card is 4111.", subject="Card")
    kit.arrive(account, raw)

    ((draft, where),) = asked
    assert (draft.sender, draft.to, where.address) == (
        "bob@customer.example",
        ("support@desk.example",),
        "support@desk.example",
    )
    (ticket,) = kit.tickets()
    assert ticket.subject == "[masked] Card"
    assert ticket.snippet == "My card is ****."
    kit.remove("plugin1")
    kit.desk.content.prepare_ticket(ticket.id)
    (message,) = kit.messages(ticket.id)
    assert "****" in message.html
    assert "4111" not in message.html + message.visible_text
    again = kit.desk.content.reparse([message.id], kit.ann)
    assert (again.failed, kit.messages(ticket.id)[0].subject) == (1, "[masked] Card")
    with kit.database.unit_of_work() as uow:
        record = uow.messages.get(message.id)
        assert record is not None
        assert record.raw_sha256 is not None
        assert uow.blobs.get(record.raw_sha256) == raw, "the bytes stay as they came"
        assert list(uow.messages.unprepared(10**6, ticket_id=None, limit=10)) == []


def test_filter_inbound_message_leaves_out_and_a_person_lets_through(database: Database) -> None:
    def drop(value: MessageDraft) -> Drop | None:
        return Drop("an advertisement") if "Sale" in value.subject else None

    kit = PluggedDesk(database, part(filter_inbound_message=drop))
    account = kit.mailbox("support@desk.example")
    counts = kit.arrive(account, mail(subject="Big Sale"), mail(subject="Broken", from_="carl@customer.example"))
    assert (counts.created, counts.ignored, counts.quarantined) == (1, 1, 0)
    assert [one.subject for one in kit.tickets()] == ["Broken"]
    (left,) = kit.desk.quarantine.left_out()
    assert (left.item.state, left.item.reason) == (InboundState.DROPPED, "A plugin left it out: an advertisement")
    assert (left.subject, left.sender) == ("Big Sale", "Bob Customer <bob@customer.example>")
    assert kit.desk.quarantine.raw(left.item.id) is not None
    assert kit.desk.intake.process_pending().processed == 0

    assert kit.desk.quarantine.release([left.item.id], kit.ann).done == 1
    assert sorted(one.subject for one in kit.tickets()) == ["Big Sale", "Broken"]
    assert kit.desk.quarantine.left_out() == []


def test_filter_inbound_message_that_fails_or_talks_rubbish_stops_no_mail(database: Database) -> None:
    def fail(value: MessageDraft) -> Any:
        if "One" in value.subject:
            raise SystemExit(1)
        return replace(value, text=None) if "Two" in value.subject else "rubbish"  # type: ignore[arg-type]

    kit = PluggedDesk(database, part(filter_inbound_message=fail))
    account = kit.mailbox("support@desk.example")
    raws = [mail(subject=f"{n}", from_=f"{n.lower()}@customer.example") for n in ("One", "Two", "Three")]
    assert kit.arrive(account, *raws).created == 3
    assert [one.snippet for one in kit.tickets()] == ["Hello, my printer is on fire."] * 3
    assert len(kit.failures) == 3


def test_match_ticket_is_asked_where_the_desk_finds_none(database: Database) -> None:
    asked: list[tuple[str, list[str]]] = []

    def match(message: MessageDraft, candidates: Sequence[TicketView]) -> int | None:
        asked.append((message.subject, [one.subject for one in candidates]))
        return next((one.id for one in candidates if "order 7" in message.text and "order 7" in one.subject), None)

    kit = PluggedDesk(database, part(match_ticket=match))
    account = kit.mailbox("support@desk.example")
    kit.arrive(account, mail(subject="About order 7", message_id="first@customer.example"))
    kit.arrive(account, mail(subject="Something else"))
    kit.arrive(account, mail(subject="Re: About", in_reply_to="first@customer.example"))
    kit.arrive(account, mail("order 7 again", subject="Hi"))
    kit.arrive(account, mail("order 7 too", subject="Stranger", from_="carl@customer.example"))
    assert asked == [
        ("Something else", ["About order 7"]),
        ("Hi", ["About order 7", "Something else"]),
    ]
    first, second, third = kit.tickets()
    assert (first.message_count, second.message_count, third.message_count) == (3, 1, 1)
    message = kit.messages(first.id)[-1]
    assert (message.join_rule, message.join_reason["reason"]) == (
        "plugin",
        "A plugin says that it belongs to this ticket.",
    )


@pytest.mark.parametrize("answer", [10**9, "1", True, None])
def test_match_ticket_takes_no_answer_but_a_candidate(database: Database, answer: Any) -> None:
    kit = PluggedDesk(database, part(match_ticket=lambda: answer))
    account = kit.mailbox("support@desk.example")
    kit.arrive(account, mail(subject="One"))
    kit.arrive(account, mail(subject="Two"))
    assert [one.message_count for one in kit.tickets()] == [1, 1]


def test_match_ticket_offers_no_closed_tickets(database: Database) -> None:
    offered: list[int] = []
    kit = PluggedDesk(database, part(match_ticket=lambda candidates: offered.extend(c.id for c in candidates)))
    account = kit.mailbox("support@desk.example")
    kit.arrive(account, mail(subject="One"))
    (one,) = kit.tickets()
    kit.desk.tickets.set_status([one.id], "resolved", kit.ann)
    kit.arrive(account, mail(subject="Two"))
    assert offered == []
