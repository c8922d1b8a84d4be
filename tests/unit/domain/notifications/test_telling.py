"""NT-02, NT-04: who is told of what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.notifications.model import NoticeKind
from desk_app.domain.notifications.telling import TELLING, Desk, TicketPeople, who_is_told
from desk_app.domain.people.actor import SYSTEM, Actor, ActorKind
from desk_app.domain.tickets.model import Bucket, TicketEvent

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ANN, BEN, CLEO = (Actor(ActorKind.AGENT, number, name) for number, name in ((1, "Ann"), (2, "Ben"), (3, "Cleo")))
MAYA = Actor(ActorKind.CONTACT, 50, "Maya")
DESK = Desk(frozenset({1, 2, 3}), {1: frozenset({1, 2}), 2: frozenset({3})})


def event(kind: str, actor: Actor = MAYA, *, ticket: int = 7, message: int | None = 70, **more: Any) -> TicketEvent:
    return TicketEvent(ticket, 1, AT, kind, actor, message_id=message, **more)


def people(assignee: int | None = None, watchers: set[int] | None = None, bucket: Bucket = Bucket.OPEN) -> TicketPeople:
    return TicketPeople(7, 1, bucket, assignee, frozenset(watchers or ()))


def told(ticket: TicketPeople, *events: TicketEvent, authors: dict[int, int] | None = None) -> list[tuple[int, str]]:
    return [(one.agent_id, one.kind.value) for one in who_is_told(events, {7: ticket}, DESK, authors)]


def test_nt_02_every_reason() -> None:
    assert told(people(2), event("AssigneeChanged", ANN, data={"agent_id": 2})) == [(2, "assigned")]
    assert told(people(2), event("NoteAdded", ANN, data={"mentions": [3]})) == [(3, "mentioned"), (2, "note_added")]
    assert told(people(2, {3}), event("MessageAdded")) == [(2, "customer_wrote"), (3, "customer_wrote")]
    assert told(people(), event("TicketCreated")) == [(1, "new_ticket"), (2, "new_ticket")]
    assert told(people(2), event("Woken", SYSTEM, message=None)) == [(2, "woken")]
    for kind in ("ReplyFailed", "ReplyUnknown", "DeliveryFailed"):
        assert told(people(2), event(kind, SYSTEM), authors={70: 1}) == [(1, "send_failed"), (2, "send_failed")]


def test_nt_04_nobody_is_told_of_their_own_acts() -> None:
    assert told(people(1), event("AssigneeChanged", ANN, data={"agent_id": 1})) == []
    assert told(people(1, {1, 2}), event("NoteAdded", ANN, data={"mentions": [1]})) == [(2, "note_added")]
    assert told(people(), event("TicketCreated", ANN)) == [(2, "new_ticket")]


def test_nt_04_silent_events_tell_nobody() -> None:
    assert told(people(2), event("MessageAdded", silent=True)) == []
    assert told(people(), event("TicketCreated", silent=True)) == []


def test_spam_trash_and_merged_tickets_tell_nobody_but_a_reply_that_failed() -> None:
    for bucket in (Bucket.SPAM, Bucket.TRASH, Bucket.MERGED):
        assert told(people(2, bucket=bucket), event("MessageAdded")) == []
        assert told(people(bucket=bucket), event("TicketCreated")) == []
        assert told(people(2, bucket=bucket), event("ReplyFailed", SYSTEM)) == [(2, "send_failed")]


def test_an_assigned_new_ticket_is_the_assignees_business() -> None:
    assert told(people(3), event("TicketCreated")) == [(3, "assigned")]
    assert told(people(bucket=Bucket.CLOSED), event("TicketCreated")) == []


def test_of_one_message_an_agent_is_told_once_for_the_strongest_reason() -> None:
    note = event("NoteAdded", ANN, data={"mentions": [2]})
    assert told(people(2, {2}), note) == [(2, "mentioned")]


def test_a_customer_who_wakes_a_ticket_is_one_notification() -> None:
    assert told(people(2), event("MessageAdded"), event("Woken", message=None)) == [(2, "customer_wrote")]


def test_somebody_who_left_is_not_told() -> None:
    desk = Desk(frozenset({1}), {1: frozenset({1, 2})})
    assert who_is_told([event("MessageAdded")], {7: people(2)}, desk) == []


def test_a_ticket_given_on_in_the_same_moment_is_only_the_last_ones() -> None:
    first = event("AssigneeChanged", ANN, message=None, data={"agent_id": 2})
    second = event("AssigneeChanged", ANN, message=None, data={"agent_id": 3})
    assert told(people(3), first, second) == [(3, "assigned")]


events = st.builds(
    lambda kind, actor, message, data, silent: event(kind, actor, message=message, data=data, silent=silent),
    st.sampled_from([*sorted(TELLING), "StatusChanged"]),
    st.sampled_from([ANN, BEN, CLEO, MAYA, SYSTEM]),
    st.sampled_from([None, 70, 71]),
    st.sampled_from([{}, {"agent_id": 2}, {"mentions": [1, 2, 3]}, {"mentions": ["x"]}, {"agent_id": "2"}]),
    st.booleans(),
)


@given(st.lists(events, max_size=8), st.sampled_from([None, 1, 2, 3]), st.sets(st.integers(1, 5)))
def test_nt_04_whatever_happens(found: list[TicketEvent], assignee: int | None, watchers: set[int]) -> None:
    result = who_is_told(found, {7: people(assignee, watchers)}, DESK, {70: 1})
    for one in result:
        assert not one.event.silent
        assert one.agent_id in DESK.active
        assert not (one.event.actor.kind is ActorKind.AGENT and one.event.actor.id == one.agent_id)
    keys = [(one.agent_id, one.event.ticket_id, one.event.message_id) for one in result]
    assert len(keys) == len(set(keys))
    assert NoticeKind.MAILBOX_ALARM not in {one.kind for one in result}
