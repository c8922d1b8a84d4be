"""Mail files dropped onto the window (MB-30) and tickets opened by hand (MB-23), on both databases."""

from __future__ import annotations

import pytest

from desk_app.domain.messages.draft import NewTicketDraft
from desk_app.domain.messages.model import Address
from desk_app.services.ports.sync import InboundState
from desk_app.services.tickets.results import CommandRefusedError
from tests.support.desks import DeskKit, mail


def test_mb_30_a_file_becomes_a_ticket_once(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    raw = mail("From a file", subject="Old mail", message_id="old@c.example")
    (seen,) = desk_kit.desk.file_import.look([("old.eml", raw)])
    assert (seen.subject, seen.sender, seen.ticket_id) == ("Old mail", "Bob Customer <bob@customer.example>", None)
    assert desk_kit.tickets() == []
    first = desk_kit.desk.file_import.take(raw, box.id, desk_kit.ann)
    again = desk_kit.desk.file_import.take(raw, box.id, desk_kit.ann)
    assert (first.state, again.state) == (InboundState.DONE, InboundState.DUPLICATE)
    assert again.ticket_id == first.ticket_id
    (ticket,) = desk_kit.tickets()
    (seen,) = desk_kit.desk.file_import.look([("copy.eml", raw)])
    assert (seen.ticket_id, seen.number) == (ticket.id, ticket.number)


def test_mb_30_a_file_is_added_to_the_open_ticket(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(message_id="first@c.example"))
    (open_ticket,) = (t.id for t in desk_kit.tickets())
    raw = mail("Something else", subject="Elsewhere", from_="eve@x.example", message_id="else@x.example")
    done = desk_kit.desk.file_import.take(raw, box.id, desk_kit.ann, ticket_id=open_ticket)
    assert done.ticket_id == open_ticket
    assert [m.visible_text.strip() for m in desk_kit.messages(open_ticket)][-1] == "Something else"


def test_mb_30_a_mail_that_is_there_already_is_moved_not_doubled(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    raw = mail("Twice", subject="Twice", message_id="twice@c.example")
    desk_kit.arrive(box, raw, mail("Here", subject="Here", from_="eve@x.example"))
    twice, here = (t.id for t in desk_kit.tickets())
    done = desk_kit.desk.file_import.take(raw, box.id, desk_kit.ann, ticket_id=here)
    assert done.ticket_id == here
    assert len(desk_kit.messages(here)) == 2
    assert desk_kit.messages(twice) == ()


def test_mb_30_a_file_is_taken_back_wherever_it_went(desk_kit: DeskKit) -> None:
    box, files = desk_kit.mailbox("support@desk.example"), desk_kit.desk.file_import
    known = mail("Known", subject="Known", message_id="known@c.example", from_="k@c.example")
    desk_kit.arrive(box, mail(message_id="first@c.example"), known)
    one, other = (t.id for t in desk_kit.tickets())

    def texts(ticket_id: int) -> list[str]:
        return [m.visible_text.strip() for m in desk_kit.messages(ticket_id)]

    before = texts(one), texts(other)
    answer = mail("An answer", message_id="answer@c.example", in_reply_to="first@c.example")
    joined = files.take(answer, box.id, desk_kit.ann)
    assert joined.ticket_id == one
    alone = files.take_back(joined, desk_kit.ann)
    assert alone not in {None, one}
    assert texts(alone or 0) == ["An answer"]
    stranger = mail("Strange", subject="Strange", from_="s@c.example", message_id="strange@c.example")
    put = files.take(stranger, box.id, desk_kit.ann, ticket_id=one)
    back = files.take_back(put, desk_kit.ann)
    assert back not in {None, one}
    assert (texts(back or 0), desk_kit.ticket(back or 0).merged_into_id) == (["Strange"], None)
    moved = files.take(known, box.id, desk_kit.ann, ticket_id=one)
    assert texts(one)[-1] == "Known"
    assert files.take_back(moved, desk_kit.ann) is None, "it was there before"
    assert (texts(one), texts(other)) == before


def test_mb_23_a_phone_ticket_keeps_channel_department_assignee_and_tags(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    sales = desk_kit.desk.people.add_department("Sales", desk_kit.ann)
    draft = NewTicketDraft(
        box.id,
        "",
        (Address("Somebody at the door", ""),),
        subject="Wants a quote",
        text="She comes back on Monday.",
        send=False,
        channel="walk_in",
        unassigned=True,
        department_id=sales,
        tags=("quote", "vip"),
    )
    made = desk_kit.desk.new_tickets.open(draft, desk_kit.ann)
    view = desk_kit.desk.conversations.conversation(made.ticket_id, agent_id=desk_kit.agent.id)
    assert view is not None
    assert (view.ticket.channel, view.ticket.department_id, view.ticket.assignee_id) == ("walk_in", sales, None)
    assert (view.ticket.requester_name, view.ticket.requester_id) == ("Somebody at the door", None)
    assert view.tags == ("quote", "vip")
    assert view.messages[0].kind == "internal_note"


def test_mb_23_a_known_customer_is_taken_as_chosen(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail())
    (first,) = desk_kit.tickets()
    draft = NewTicketDraft(
        box.id, "", (Address("Bob", ""),), subject="Rang up", send=False, channel="phone", contact_id=first.requester_id
    )
    made = desk_kit.desk.new_tickets.open(draft, desk_kit.ann)
    assert desk_kit.ticket(made.ticket_id).requester_id == first.requester_id
    wrong = NewTicketDraft(box.id, "", (Address("Bob", ""),), subject="x", send=False, department_id=999)
    with pytest.raises(CommandRefusedError):
        desk_kit.desk.new_tickets.open(wrong, desk_kit.ann)
