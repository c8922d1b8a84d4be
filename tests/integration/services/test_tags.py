from __future__ import annotations

from tests.support.desks import DeskKit, mail


def ticket_with(kit: DeskKit, *tags: str) -> int:
    box = next((a for a, _ in kit.desk.mailboxes.list()), None) or kit.mailbox("support@desk.example")
    before = {one.id for one in kit.tickets()}
    kit.arrive(box, mail())
    (made,) = [one.id for one in kit.tickets() if one.id not in before]
    kit.desk.tickets.tag([made], tags, [], kit.ann)
    return made


def tags_of(kit: DeskKit, ticket_id: int) -> set[str]:
    with kit.database.unit_of_work() as uow:
        return set(uow.tickets.tags(ticket_id))


def test_in_21_tags_have_colours_and_are_counted(desk_kit: DeskKit) -> None:
    tags = desk_kit.desk.tags
    ticket_with(desk_kit, "refund", "vip")
    ticket_with(desk_kit, "refund")
    assert tags.put("  Big   Customer, ", "teal") == "big customer"
    tags.put("refund", "danger")
    assert [(one.name, one.colour, one.tickets) for one in tags.listed()] == [
        ("big customer", "teal", 0),
        ("refund", "danger", 2),
        ("vip", "", 1),
    ]
    assert tags.colours() == {"big customer": "teal", "refund": "danger"}


def test_in_21_a_tag_is_renamed_in_every_ticket_and_back(desk_kit: DeskKit) -> None:
    tags = desk_kit.desk.tags
    first, second, other = (ticket_with(desk_kit, *names) for names in (["refund"], ["refund", "vip"], ["vip"]))
    tags.put("refund", "danger")
    *_, last = tags.replace("refund", "Money Back", desk_kit.ann)
    assert last.finished
    assert (tags_of(desk_kit, first), tags_of(desk_kit, second)) == ({"money back"}, {"money back", "vip"})
    assert tags.colours() == {"money back": "danger"}
    changed = [e for e in desk_kit.events(first) if e.kind == "TagsChanged"]
    assert (changed[-1].old, changed[-1].new, changed[-1].actor.name) == ("refund", "money back", "Ann Agent")
    assert len([e for e in desk_kit.events(other) if e.kind == "TagsChanged"]) == 1
    list(tags.take_back(last.change, desk_kit.ann))
    assert (tags_of(desk_kit, first), tags_of(desk_kit, second)) == ({"refund"}, {"refund", "vip"})
    assert tags.colours() == {"refund": "danger"}


def test_in_21_tags_merge_and_come_apart_again(desk_kit: DeskKit) -> None:
    tags = desk_kit.desk.tags
    one, both, two = (ticket_with(desk_kit, *names) for names in (["refund"], ["refund", "return"], ["return"]))
    tags.put("return", "info")
    *_, last = tags.replace("refund", "return", desk_kit.ann)
    assert [tags_of(desk_kit, ticket) for ticket in (one, both, two)] == [{"return"}] * 3
    assert not tags.exists("refund")
    list(tags.take_back(last.change, desk_kit.ann))
    assert [tags_of(desk_kit, ticket) for ticket in (one, both, two)] == [
        {"refund"},
        {"refund", "return"},
        {"return"},
    ]
    assert tags.colours() == {"return": "info"}


def test_in_21_a_tag_is_deleted_in_chunks_and_comes_back(desk_kit: DeskKit, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("desk_app.services.tickets.tags.CHUNK", 2)
    tags, tickets = desk_kit.desk.tags, [ticket_with(desk_kit, "old") for _ in range(5)]
    tags.put("old", "violet")
    steps = list(tags.delete("old", desk_kit.ann))
    assert [one.done for one in steps] == [2, 4, 5, 5]
    assert all(one.total == 5 for one in steps)
    assert all(tags_of(desk_kit, ticket) == set() for ticket in tickets)
    assert tags.listed() == []
    list(tags.take_back(steps[-1].change, desk_kit.ann))
    assert all(tags_of(desk_kit, ticket) == {"old"} for ticket in tickets)
    assert tags.colours() == {"old": "violet"}


def test_in_21_a_stopped_change_can_be_taken_back(desk_kit: DeskKit, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("desk_app.services.tickets.tags.CHUNK", 1)
    tags, tickets = desk_kit.desk.tags, [ticket_with(desk_kit, "old") for _ in range(3)]
    walk = tags.replace("old", "new", desk_kit.ann)
    half = next(walk)
    walk.close()
    assert [one.tickets for one in tags.listed()] == [1, 2]
    list(tags.take_back(half.change, desk_kit.ann))
    assert all(tags_of(desk_kit, ticket) == {"old"} for ticket in tickets)
