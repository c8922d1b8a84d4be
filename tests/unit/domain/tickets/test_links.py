"""Links between tickets (IN-16)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.tickets.links import (
    Relation,
    TicketLink,
    TicketLinkKind,
    link_of,
    makes_ring,
    mirrored,
    relation_to,
)

BY_HAND = [Relation.RELATED, Relation.PARENT, Relation.CHILD, Relation.BLOCKS, Relation.BLOCKED_BY]


@given(st.sampled_from(BY_HAND), st.integers(1, 9), st.integers(10, 19))
def test_in_16_both_ends_see_the_same_link(relation: Relation, here: int, there: int) -> None:
    link = link_of(here, relation, there)
    assert link == link_of(there, mirrored(relation), here)
    assert relation_to(link, here) == (relation, there)
    assert relation_to(link, there) == (mirrored(relation), here)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30))
def test_in_16_no_order_of_linking_ever_makes_a_ring(pairs: list[tuple[int, int]]) -> None:
    above: dict[int, set[int]] = {}
    for first, second in pairs:
        link = TicketLink(first, second, TicketLinkKind.BLOCKS)
        if not makes_ring(link, lambda here: above.get(here, set())):
            above.setdefault(second, set()).add(first)
    for start in range(7):
        seen: set[int] = set()
        waiting = list(above.get(start, ()))
        while waiting:
            here = waiting.pop()
            assert here != start
            if here not in seen:
                seen.add(here)
                waiting += above.get(here, ())
