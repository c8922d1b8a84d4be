"""Pictures of tickets, messages, people and mailboxes as plugins see them (PL-02)."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from sqlalchemy import event

from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.tickets.model import Priority
from desk_app.services.plugins.views import actor_view, inbound_draft
from tests.support.desks import DeskKit, mail


def _ticket(kit: DeskKit, **parts: Any) -> int:
    account = next((one for one, _ in kit.desk.mailboxes.list()), None) or kit.mailbox("support@desk.example")
    before = {one.id for one in kit.tickets()}
    kit.arrive(account, mail(**parts))
    (made,) = {one.id for one in kit.tickets()} - before
    return made


def test_pl_02_a_ticket_is_shown_with_its_names_tags_and_customer(desk_kit: DeskKit) -> None:
    made = _ticket(desk_kit, subject="Printer on fire", from_="Bob Customer <bob@customer.example>")
    desk_kit.desk.tickets.assign([made], desk_kit.agent.id, desk_kit.ann)
    desk_kit.desk.tickets.tag([made], ["vip", "hot"], [], desk_kit.ann)
    desk_kit.desk.tickets.set_priority([made], Priority.HIGH, desk_kit.ann)

    view = desk_kit.database.pictures.ticket(made)

    assert view is not None
    assert (view.subject, view.status, view.category, view.priority) == ("Printer on fire", "open", "open", "high")
    assert view.tags == ("hot", "vip")
    assert view.assignee is not None
    assert view.assignee.name == "Ann Agent"
    assert view.requester is not None
    assert view.requester.addresses == ("bob@customer.example",)
    assert view.department == desk_kit.desk.people.departments()[0].name
    assert view.message_count == 1
    with pytest.raises(FrozenInstanceError):
        view.subject = "changed"  # type: ignore[misc]


def test_pl_02_many_tickets_cost_as_many_statements_as_one(desk_kit: DeskKit) -> None:
    ids = [_ticket(desk_kit, subject=f"No {n}", from_=f"P{n} <p{n}@customer.example>") for n in range(6)]
    desk_kit.desk.tickets.assign(ids, desk_kit.agent.id, desk_kit.ann)

    def statements(wanted: list[int]) -> int:
        seen: list[str] = []
        with desk_kit.database.unit_of_work() as uow:
            engine = uow.connection.engine
            event.listen(engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
            views = uow.pictures.tickets(wanted)
        assert list(views) == [one for one in wanted if one < 10_000]
        return len(seen)

    one, six = statements(ids[:1]), statements([*reversed(ids), 999_999])
    assert one <= 8
    assert six == one


def test_pl_02_an_open_transaction_shows_what_it_has_written(desk_kit: DeskKit) -> None:
    made = _ticket(desk_kit)
    with desk_kit.database.unit_of_work() as uow:
        ticket = uow.tickets.get(made)
        assert ticket is not None
        ticket.subject = "Only in memory"
        assert uow.pictures.of(ticket).subject == "Only in memory"
        assert uow.pictures.tickets([made])[made].subject == "Printer on fire"
        uow.tickets.save(ticket)
        inside = uow.pictures.ticket(made)
        outside = desk_kit.database.pictures.ticket(made)
    assert inside is not None
    assert outside is not None
    assert (inside.subject, outside.subject) == ("Only in memory", "Printer on fire")


def test_pl_02_messages_say_where_they_stand(desk_kit: DeskKit) -> None:
    made = _ticket(desk_kit, text="It burns.")
    desk_kit.desk.replies.note(made, "Call the fire brigade", "", desk_kit.ann)
    desk_kit.reply(made, "Use water.")

    views = desk_kit.database.pictures.newest_messages(made, 50)

    assert [view.direction for view in views] == ["inbound", "note", "outbound"]
    assert [view.text.strip() for view in views] == ["It burns.", "Call the fire brigade", "Use water."]
    assert views[0].address == "bob@customer.example"
    assert all(view.side_conversation_id is None for view in views)
    assert desk_kit.database.pictures.newest_messages(made, 1) == [views[-1]]
    assert desk_kit.database.pictures.messages([views[0].id, 999_999]) == {views[0].id: views[0]}


def test_pl_02_people(desk_kit: DeskKit) -> None:
    _ticket(desk_kit)
    pictures = desk_kit.database.pictures

    bob = pictures.contact_at(" Bob@Customer.example ")
    assert bob is not None
    assert pictures.contact(bob.id) == bob
    assert pictures.contact(999_999) is None
    assert pictures.contact_at("nobody@customer.example") is None
    agent = pictures.agent(desk_kit.agent.id)
    assert agent is not None
    assert agent.name == "Ann Agent"
    assert actor_view(SYSTEM).kind == "system"


def test_pl_02_a_mail_just_read_keeps_its_headers(desk_kit: DeskKit) -> None:
    parsed = desk_kit.channel.read(mail(headers="Auto-Submitted: no\n"))
    draft = inbound_draft(parsed)
    assert (draft.sender, draft.to) == ("bob@customer.example", ("support@desk.example",))
    assert "auto-submitted" in {name.lower() for name in draft.headers}
