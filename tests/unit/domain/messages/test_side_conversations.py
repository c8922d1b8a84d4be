"""Which side conversation an arriving mail belongs to (IN-18)."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.messages.model import Address
from desk_app.domain.messages.side_conversations import SideConversation, joined_people, side_of

NOW = datetime(2026, 11, 25, tzinfo=UTC)
PEOPLE = ("bob@c.example", "sara@s.example", "tom@s.example", "eve@x.example")


def side(side_id: int, *emails: str) -> SideConversation:
    return SideConversation(side_id, 1, 1, "", tuple(Address("", e) for e in emails), None, NOW)


def test_in_18_what_a_mail_answers_decides() -> None:
    sides = [side(7, "sara@s.example"), side(8, "eve@x.example")]
    assert side_of(frozenset({"sara@s.example"}), [7, None], sides, frozenset)[0] == 7
    assert side_of(frozenset({"sara@s.example"}), [None, 7], sides, frozenset)[0] is None
    assert side_of(frozenset({"new@s.example"}), [8], sides, frozenset)[0] == 8


def test_in_18_somebody_of_the_customers_thread_is_never_hidden_from_it() -> None:
    customers = frozenset({"bob@c.example"})
    assert side_of(customers, [7], [side(7, "sara@s.example")], lambda: customers)[0] is None
    assert side_of(customers, [7], [side(7, "sara@s.example", "bob@c.example")], lambda: customers)[0] == 7


def test_in_18_without_a_parent_the_newest_conversation_of_the_sender_takes_it() -> None:
    sides = [side(7, "sara@s.example"), side(9, "sara@s.example"), side(8, "eve@x.example")]
    assert side_of(frozenset({"sara@s.example"}), [], sides, frozenset)[0] == 9
    assert side_of(frozenset({"sara@s.example"}), [], sides, lambda: frozenset({"sara@s.example"}))[0] is None


@given(
    sender=st.sampled_from(PEOPLE),
    parents=st.lists(st.sampled_from([None, 1, 2, 3])),
    people=st.lists(st.sets(st.sampled_from(PEOPLE)), max_size=2),
    customers=st.frozensets(st.sampled_from(PEOPLE)),
)
def test_in_18_whoever_was_never_written_to_on_the_side_and_is_a_customer_stays_one(
    sender: str, parents: list[int | None], people: list[set[str]], customers: frozenset[str]
) -> None:
    sides = [side(i, *sorted(emails)) for i, emails in enumerate(people, 1)]
    found, _ = side_of(frozenset({sender}), parents, sides, lambda: customers)
    assert found is None or found in {s.id for s in sides}
    if sender in customers and not any(sender in s.addresses for s in sides):
        assert found is None
    if parents and parents[0] is None:
        assert found is None


@given(st.lists(st.builds(Address, st.sampled_from(["", "A", "B"]), st.sampled_from([p.title() for p in PEOPLE]))))
def test_in_18_people_are_named_once(people: list[Address]) -> None:
    joined = joined_people((), people)
    assert len({p.email for p in joined}) == len(joined) == len({p.email.lower() for p in people})
    assert joined_people(joined, people) == joined
