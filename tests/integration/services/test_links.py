"""Links between tickets, watchers, mentions, picture permissions: on both databases."""

from __future__ import annotations

from desk_app.domain.tickets.links import Relation
from desk_app.domain.tickets.model import Bucket
from desk_app.services.people.agents import actor_for
from desk_app.services.queries.conversation import ConversationView
from tests.support.desks import DeskKit, mail


def three(desk_kit: DeskKit) -> list[int]:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, *(mail(subject=f"Matter {n}", from_=f"p{n}@c.example") for n in range(3)))
    return [ticket.id for ticket in desk_kit.tickets()]


def view(desk_kit: DeskKit, ticket_id: int) -> ConversationView:
    found = desk_kit.desk.conversations.conversation(ticket_id, agent_id=desk_kit.agent.id)
    assert found is not None
    return found


def relations(desk_kit: DeskKit, ticket_id: int) -> list[tuple[Relation, int]]:
    return [(link.relation, link.ticket_id) for link in view(desk_kit, ticket_id).links]


def test_in_16_a_link_is_seen_from_both_ends_and_stands_in_both_histories(desk_kit: DeskKit) -> None:
    a, b, _ = three(desk_kit)
    links, ann = desk_kit.desk.links, desk_kit.ann
    assert links.link(a, Relation.CHILD, b, ann).ok
    assert (relations(desk_kit, a), relations(desk_kit, b)) == ([(Relation.CHILD, b)], [(Relation.PARENT, a)])
    for here, there, seen in ((a, b, "child"), (b, a, "parent")):
        event = desk_kit.events(here)[-1]
        assert (event.kind, event.new, event.data["relation"]) == ("Linked", desk_kit.ticket(there).number, seen)
    assert not links.link(a, Relation.CHILD, b, ann).ok
    assert links.unlink(b, Relation.PARENT, a, ann).ok
    assert relations(desk_kit, a) == []
    assert desk_kit.events(a)[-1].kind == "Unlinked"
    assert not links.unlink(b, Relation.PARENT, a, ann).ok


def test_in_16_related_and_blocking_tickets(desk_kit: DeskKit) -> None:
    a, b, c = three(desk_kit)
    links, ann = desk_kit.desk.links, desk_kit.ann
    assert links.link(b, Relation.RELATED, a, ann).ok
    assert not links.link(a, Relation.RELATED, b, ann).ok
    assert links.link(a, Relation.BLOCKS, b, ann).ok
    assert set(relations(desk_kit, b)) == {(Relation.RELATED, a), (Relation.BLOCKED_BY, a)}
    assert not links.link(a, Relation.RELATED, a, ann).ok
    assert links.link(b, Relation.BLOCKS, c, ann).ok
    refused = links.link(c, Relation.BLOCKS, a, ann)
    assert (refused.ok, "ring" in refused.error) == (False, True)


def test_in_16_parents_make_no_ring_and_a_child_has_one(desk_kit: DeskKit) -> None:
    a, b, c = three(desk_kit)
    links, ann = desk_kit.desk.links, desk_kit.ann
    assert links.link(a, Relation.CHILD, b, ann).ok
    assert links.link(b, Relation.CHILD, c, ann).ok
    assert "ring" in links.link(c, Relation.CHILD, a, ann).error
    assert "parent already" in links.link(a, Relation.CHILD, c, ann).error


def test_in_16_splits_and_follow_ups_are_shown_as_links(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    desk_kit.arrive(box, mail(message_id="one@c.example"))
    desk_kit.arrive(box, mail("Another thing", in_reply_to="one@c.example"))
    (source,) = (t.id for t in desk_kit.tickets())
    new = desk_kit.desk.message_moves.split([desk_kit.messages(source)[1].id], desk_kit.ann)
    assert relations(desk_kit, new) == [(Relation.SPLIT_FROM, source)]
    (link,) = view(desk_kit, source).links
    assert (link.relation, link.ticket_id, link.by_hand, link.bucket) == (Relation.SPLIT_OFF, new, False, Bucket.OPEN)


def test_in_16_links_go_with_a_purged_ticket(desk_kit: DeskKit) -> None:
    a, b, _ = three(desk_kit)
    desk_kit.desk.links.link(a, Relation.CHILD, b, desk_kit.ann)
    desk_kit.watch(b)
    desk_kit.desk.tickets.trash([b], desk_kit.ann)
    (result,) = desk_kit.desk.tickets.purge([b], desk_kit.ann, "test")
    assert result.ok, result.error
    assert relations(desk_kit, a) == []


def test_in_17_a_note_is_taken_back_with_its_mention(desk_kit: DeskKit) -> None:
    a, *_ = three(desk_kit)
    replies, ann = desk_kit.desk.replies, desk_kit.ann
    ben = desk_kit.desk.people.add_agent("ben", ann, name="Ben")
    told = len(desk_kit.desk.notifications.centre(ben.id))
    note = replies.note(a, "Ben, this customer shouts.", "", ann, mentions=[ben.id])
    assert len(desk_kit.desk.notifications.centre(ben.id)) == told + 1
    assert replies.undo_note(note, actor_for(ben)) is None, "it is somebody else's"
    assert replies.undo_note(note, ann, html="<p>as written</p>") == a
    assert [one.kind.value for one in desk_kit.messages(a)] == ["public_reply"]
    assert desk_kit.ticket(a).message_count == 1
    assert view(desk_kit, a).watchers == ()
    assert len(desk_kit.desk.notifications.centre(ben.id)) == told
    (draft,) = desk_kit.desk.drafts.of_ticket(a, desk_kit.agent.id).values()
    assert (draft.kind.value, draft.text, draft.html) == ("note", "Ben, this customer shouts.", "<p>as written</p>")
    assert desk_kit.events(a)[-1].kind == "NoteUndone"
    assert replies.undo_note(note, ann) is None, "once"
    assert replies.undo_note(desk_kit.messages(a)[0].id, ann) is None, "a mail is no note"


def test_in_17_a_note_taken_back_leaves_those_watching_who_did_before(desk_kit: DeskKit) -> None:
    a, *_ = three(desk_kit)
    replies, ann = desk_kit.desk.replies, desk_kit.ann
    ben = desk_kit.desk.people.add_agent("ben", ann, name="Ben")
    replies.note(a, "Ben, look.", "", ann, mentions=[ben.id])
    second = replies.note(a, "Ben, look again.", "", ann, mentions=[ben.id])
    replies.note(a, "Another thought.", "", ann)
    assert replies.undo_note(second, ann) == a
    assert [one.agent_id for one in view(desk_kit, a).watchers] == [ben.id]
    assert [one.visible_text for one in desk_kit.messages(a)][1:] == ["Ben, look.", "Another thought."]


def test_in_19_watching_is_shown_moves_along_and_ends(desk_kit: DeskKit) -> None:
    a, b, _ = three(desk_kit)
    ann = desk_kit.ann
    desk_kit.watch(a)
    desk_kit.watch(a)
    assert [w.name for w in view(desk_kit, a).watchers] == ["Ann Agent"]
    assert [e.kind for e in desk_kit.events(a)].count("Watched") == 1
    other = desk_kit.desk.people.add_department("Sales", ann)
    desk_kit.desk.tickets.move([a], other, ann)
    assert [w.name for w in view(desk_kit, a).watchers] == ["Ann Agent"]
    desk_kit.desk.tickets.merge([a], b, ann)
    assert [w.name for w in view(desk_kit, b).watchers] == ["Ann Agent"]
    desk_kit.watch(b, on=False)
    assert view(desk_kit, b).watchers == ()
    assert desk_kit.events(b)[-1].kind == "Unwatched"


def test_in_17_a_mention_is_kept_as_data_and_makes_a_watcher(desk_kit: DeskKit) -> None:
    a, _, _ = three(desk_kit)
    tom = desk_kit.desk.people.add_agent("tom", desk_kit.ann, name="Tom Agent")
    text = "@Tom Agent can you look? @Ann Agent knows it."
    note = desk_kit.desk.replies.note(a, text, "", desk_kit.ann, mentions=[tom.id, desk_kit.agent.id, tom.id])
    added = next(e for e in desk_kit.events(a) if e.kind == "NoteAdded")
    assert added.message_id == note
    assert added.data["mentions"] == [
        {"id": tom.id, "name": "Tom Agent"},
        {"id": desk_kit.agent.id, "name": "Ann Agent"},
    ]
    assert [w.agent_id for w in view(desk_kit, a).watchers] == [tom.id]


def test_in_25_pictures_of_a_sender_stay_allowed(desk_kit: DeskKit) -> None:
    box = desk_kit.mailbox("support@desk.example")
    html = '<p>Hello</p><img src="https://shop.example/a.png" width="200" height="100">'
    raw = mail(html, from_="News@Shop.example").replace(b"text/plain", b"text/html")
    desk_kit.arrive(box, raw)
    (ticket_id,) = (t.id for t in desk_kit.tickets())
    desk_kit.desk.content.prepare_ticket(ticket_id)
    assert view(desk_kit, ticket_id).image_senders == frozenset()
    desk_kit.desk.image_permissions.allow("News@shop.example", desk_kit.ann)
    assert view(desk_kit, ticket_id).image_senders == {"news@shop.example"}
    assert desk_kit.desk.image_permissions.all() == ["news@shop.example"]
    desk_kit.desk.image_permissions.withdraw("news@shop.example")
    assert view(desk_kit, ticket_id).image_senders == frozenset()
