"""Commands on tickets and contacts, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from desk_app.domain.people.actor import SYSTEM
from desk_app.domain.tickets.model import Bucket, LinkKind, Priority
from desk_app.services.tickets.results import CommandRefusedError
from tests.support.desks import DeskKit, mail


@pytest.fixture
def two(desk_kit: DeskKit) -> tuple[int, int]:
    """Two tickets of Bob."""
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail("one", message_id="one@c.example"), mail("two", message_id="two@c.example"))
    first, second = desk_kit.tickets()
    return first.id, second.id


def test_in_22_every_change_has_who_when_old_and_new(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    commands, ticket_id = desk_kit.desk.tickets, two[0]
    commands.assign([ticket_id], desk_kit.agent.id, desk_kit.ann)
    commands.set_priority([ticket_id], Priority.URGENT, desk_kit.ann)
    commands.set_status([ticket_id], "resolved", desk_kit.ann)
    commands.rename(ticket_id, "  A better   subject ", desk_kit.ann)
    commands.tag([ticket_id], ["VIP", " hot,  stuff "], ["none"], desk_kit.ann)
    commands.mark_spam([ticket_id], True, desk_kit.ann)
    changes = [(e.kind, e.field, e.old, e.new, e.actor.name) for e in desk_kit.events(ticket_id)[1:]]
    assert changes == [
        ("AssigneeChanged", "assignee", None, "Ann Agent", "Ann Agent"),
        ("PriorityChanged", "priority", "normal", "urgent", "Ann Agent"),
        ("StatusChanged", "status", "open", "resolved", "Ann Agent"),
        ("SubjectChanged", "subject", "Printer on fire", "A better subject", "Ann Agent"),
        ("TagsChanged", "tags", "", "hot stuff, vip", "Ann Agent"),
        ("MarkedSpam", "", None, None, "Ann Agent"),
    ]


def test_a_command_that_changes_nothing_leaves_no_trace(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    before = len(desk_kit.events(two[0]))
    desk_kit.desk.tickets.set_priority([two[0]], Priority.NORMAL, desk_kit.ann)
    desk_kit.desk.tickets.assign([two[0]], None, desk_kit.ann)
    assert len(desk_kit.events(two[0])) == before


def test_in_06_each_ticket_of_a_selection_is_reported(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    results = desk_kit.desk.tickets.set_status([two[0], 9999, two[1]], "waiting", desk_kit.ann)
    assert [(r.ticket_id, r.ok) for r in results] == [(two[0], True), (9999, False), (two[1], True)]
    bad = desk_kit.desk.tickets.set_status([two[0]], "no-such-status", desk_kit.ann)
    assert not bad[0].ok
    assert desk_kit.status(two[0]) == "waiting"


def test_in_13_later_mail_to_a_merged_ticket_lands_in_the_survivor(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    source, target = two
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.reply(source)
    ours = desk_kit.messages(source)[-1].internet_id
    assert desk_kit.desk.tickets.merge([source], target, desk_kit.ann)[0].ok
    assert desk_kit.ticket(source).bucket is Bucket.MERGED
    desk_kit.arrive(box, mail("by id", in_reply_to=ours), mail("by number", subject="[#0001]"))
    desk_kit.arrive(box, mail("by header", in_reply_to="one@c.example"))
    texts = [m.visible_text for m in desk_kit.messages(target)]
    assert texts == ["one", "two", "Please try again.", "by id", "by number", "by header"]
    assert len(desk_kit.messages(source)) == 0
    assert desk_kit.desk.ticket_queries.find("0001") == target


def test_in_14_unmerge_gives_back_what_came_and_keeps_the_rest(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    source, target = two
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.desk.tickets.tag([source], ["red"], [], desk_kit.ann)
    desk_kit.desk.tickets.merge([source], target, desk_kit.ann)
    desk_kit.arrive(box, mail("later", in_reply_to="two@c.example"))
    assert desk_kit.desk.tickets.unmerge(source, desk_kit.ann).ok
    assert [m.visible_text for m in desk_kit.messages(source)] == ["one"]
    assert [m.visible_text for m in desk_kit.messages(target)] == ["two", "later"]
    assert desk_kit.ticket(source).bucket is Bucket.OPEN
    assert desk_kit.ticket(target).message_count == 2
    assert not desk_kit.desk.tickets.unmerge(source, desk_kit.ann).ok


def test_merges_in_chains_end_at_the_last_ticket(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.arrive(box, mail("three"))
    third = desk_kit.tickets()[-1].id
    desk_kit.desk.tickets.merge([two[0]], two[1], desk_kit.ann)
    desk_kit.desk.tickets.merge([two[1]], third, desk_kit.ann)
    assert not desk_kit.desk.tickets.merge([third], two[0], desk_kit.ann)[0].ok  # a ring
    desk_kit.arrive(box, mail("to the first", in_reply_to="one@c.example"))
    assert [m.visible_text for m in desk_kit.messages(third)][-1] == "to the first"


def test_in_14_a_merge_inside_a_chain_takes_nothing_from_the_last_ticket(
    desk_kit: DeskKit, two: tuple[int, int]
) -> None:
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.arrive(box, mail("three"))
    third, commands = desk_kit.tickets()[-1].id, desk_kit.desk.tickets
    commands.tag([two[0], third], ["vip"], [], desk_kit.ann)
    desk_kit.watch(two[0], third)
    commands.merge([two[0]], two[1], desk_kit.ann)
    commands.merge([two[1]], third, desk_kit.ann)
    assert commands.unmerge(two[0], desk_kit.ann).ok
    view = desk_kit.desk.conversations.conversation(third, agent_id=desk_kit.agent.id)
    assert view is not None
    assert view.tags == ("vip",)
    assert [one.agent_id for one in view.watchers] == [desk_kit.agent.id]
    assert [m.visible_text for m in view.messages] == ["two", "three"]
    assert [m.visible_text for m in desk_kit.messages(two[0])] == ["one"]


def test_in_14_what_another_merged_ticket_brought_too_stays(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.arrive(box, mail("three"))
    target, commands, views = desk_kit.tickets()[-1].id, desk_kit.desk.tickets, desk_kit.desk.views

    def facts() -> tuple[tuple[str, ...], int, bool]:
        view = desk_kit.desk.conversations.conversation(target, agent_id=desk_kit.agent.id)
        (row,) = desk_kit.desk.ticket_queries.rows([target], agent_id=desk_kit.agent.id)
        assert view is not None
        return view.tags, len(view.watchers), row.starred

    commands.tag(two, ["vip"], [], desk_kit.ann)
    desk_kit.watch(*two)
    views.star(two, desk_kit.agent.id, on=True)
    commands.merge([two[0]], target, desk_kit.ann)
    assert facts() == (("vip",), 1, True)
    commands.unmerge(two[0], desk_kit.ann)
    assert facts() == ((), 0, False)
    commands.merge(two, target, desk_kit.ann)
    commands.unmerge(two[0], desk_kit.ann)
    assert facts() == (("vip",), 1, True), "the other one has them, too"


def test_in_15_split_moves_messages_into_a_linked_ticket(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.arrive(box, mail("and another thing", in_reply_to="one@c.example", message_id="thing@c.example"))
    moved = desk_kit.messages(two[0])[-1].id
    new_id = desk_kit.desk.message_moves.split([moved], desk_kit.ann, "Another thing")
    new = desk_kit.ticket(new_id)
    assert (new.subject, new.link_kind, new.follows_id) == ("Another thing", LinkKind.SPLIT, two[0])
    assert desk_kit.ticket(two[0]).message_count == 1
    desk_kit.arrive(box, mail("to the new one", in_reply_to="thing@c.example"))
    assert desk_kit.ticket(new_id).message_count == 2
    with pytest.raises(CommandRefusedError):
        desk_kit.desk.message_moves.split([m.id for m in desk_kit.messages(two[0])], desk_kit.ann)


def test_pains_15_one_click_puts_a_message_into_another_ticket(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    message = desk_kit.messages(two[0])[0]
    assert desk_kit.desk.message_moves.attach_to(message.id, two[1], desk_kit.ann).ok
    assert desk_kit.ticket(two[0]).merged_into_id == two[1]
    assert len(desk_kit.messages(two[1])) == 2


def test_snooze_ends_by_itself(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    with desk_kit.database.unit_of_work() as uow:
        ticket = uow.tickets.get(two[0])
        assert ticket is not None
        ticket.snoozed_until_at = uow.now() - timedelta(seconds=1)
        uow.tickets.save(ticket)
        uow.commit()
    assert desk_kit.desk.timers.wake_snoozed() == 1
    assert desk_kit.ticket(two[0]).bucket is Bucket.OPEN
    assert desk_kit.events(two[0])[-1].actor == SYSTEM
    past = datetime.now(UTC) - timedelta(hours=1)
    assert not desk_kit.desk.tickets.snooze([two[0]], past, desk_kit.ann)[0].ok


def test_in_32_trash_restores_and_empties_itself_after_its_days(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    desk_kit.desk.tickets.trash(list(two), desk_kit.ann)
    desk_kit.desk.tickets.restore([two[0]], desk_kit.ann)
    assert desk_kit.desk.timers.empty_trash() == 0
    with desk_kit.database.unit_of_work() as uow:
        ticket = uow.tickets.get(two[1])
        assert ticket is not None
        ticket.trashed_at = uow.now() - timedelta(days=31)
        uow.tickets.save(ticket)
        uow.commit()
    assert desk_kit.desk.timers.empty_trash() == 1
    assert [t.id for t in desk_kit.tickets()] == [two[0]]


def test_an_answer_to_a_ticket_in_the_trash_is_not_swallowed(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    desk_kit.desk.tickets.trash([two[0]], desk_kit.ann)
    box = desk_kit.desk.mailboxes.list()[0][0]
    desk_kit.arrive(box, mail("hello?", in_reply_to="one@c.example"))
    assert desk_kit.tickets()[-1].follows_id == two[0]
    assert desk_kit.tickets()[-1].bucket is Bucket.OPEN


def test_cu_04_a_new_requester_gets_the_next_reply(desk_kit: DeskKit, two: tuple[int, int]) -> None:
    assert desk_kit.desk.tickets.change_requester([two[0]], "Boss@Customer.example", "The Boss", desk_kit.ann)[0].ok
    start = desk_kit.desk.replies.start(two[0], agent_id=desk_kit.agent.id)
    assert [a.email for a in start.to] == ["boss@customer.example"]
    for refused in ("support@desk.example", "no address"):
        assert not desk_kit.desk.tickets.change_requester([two[0]], refused, "", desk_kit.ann)[0].ok


def test_mb_33_the_original_sender_is_only_proposed(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    text = (
        "please help him\n\n---------- Forwarded message ----------\nFrom: Carl Client <carl@client.example>\nTo: me\n"
    )
    desk_kit.arrive(box, mail(text, subject="Fwd: help", from_="Agent Smith <smith@desk.example>"))
    (ticket,) = desk_kit.tickets()
    found = desk_kit.desk.tickets.original_sender(ticket.id, desk_kit.messages(ticket.id)[0].id)
    assert found is not None
    assert (found.name, found.email) == ("Carl Client", "carl@client.example")
    assert desk_kit.ticket(ticket.id).requester_email == "smith@desk.example"


def test_cu_03_contacts_merge_and_come_apart_again(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(), mail(from_="Robert <robert@home.example>"))
    contacts = desk_kit.desk.contacts
    bob, robert = contacts.by_email("bob@customer.example"), contacts.by_email("robert@home.example")
    assert bob is not None
    assert robert is not None
    contacts.set_note(robert.id, "prefers calls", desk_kit.ann)
    merges = desk_kit.desk.contact_merges
    assert len(merges.preview(robert.id, bob.id).addresses) == 2
    merged = merges.merge(robert.id, bob.id, desk_kit.ann)
    assert (merged.id, merged.note) == (bob.id, "prefers calls")
    assert contacts.get(robert.id) == merged
    assert {t.requester_id for t in desk_kit.tickets()} == {bob.id}
    merges.unmerge(robert.id, desk_kit.ann)
    assert {t.requester_id for t in desk_kit.tickets()} == {bob.id, robert.id}
    back = contacts.get(bob.id)
    assert back is not None
    assert back.note == ""


def test_cu_02_addresses_come_go_and_one_is_primary(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail())
    contacts = desk_kit.desk.contacts
    bob = contacts.by_email("bob@customer.example")
    assert bob is not None
    contacts.add_address(bob.id, "Bob@Home.example", desk_kit.ann)
    contacts.add_address(bob.id, "+49 30 1234", desk_kit.ann, kind="phone")
    contacts.set_primary(bob.id, "bob@home.example", desk_kit.ann)
    contacts.remove_address(bob.id, "bob@customer.example", desk_kit.ann)
    bob = contacts.get(bob.id)
    assert bob is not None
    assert (bob.primary_email, [a.kind for a in bob.addresses]) == ("bob@home.example", ["email", "phone"])
    with pytest.raises(ValueError, match="last"):
        contacts.remove_address(bob.id, "bob@home.example", desk_kit.ann)
