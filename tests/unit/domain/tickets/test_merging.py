"""Merging (IN-13, pains.md 24)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.tickets.merging import Entry, follow, refuse_merge, summarise
from desk_app.domain.tickets.model import StatusCategory, Ticket

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def ticket(ticket_id: int, **changes: object) -> Ticket:
    made = Ticket(ticket_id, f"{ticket_id}", 1, 1, "email", "s", 1, StatusCategory.OPEN, None, "", "", NOW, NOW, NOW)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_merges_that_make_no_sense_are_refused_in_words() -> None:
    assert refuse_merge(ticket(1), ticket(1))
    assert refuse_merge(ticket(1, merged_into_id=3), ticket(2))
    assert refuse_merge(ticket(1), ticket(2, merged_into_id=3))
    assert refuse_merge(ticket(1), ticket(2, trashed_at=NOW))
    assert refuse_merge(ticket(1), ticket(2)) == ""


@given(st.dictionaries(st.integers(1, 12), st.integers(1, 12)), st.integers(1, 12))
def test_following_ends_for_every_table_rings_too(table: dict[int, int], start: int) -> None:
    end = follow(start, table.get)
    assert end == start or end in table.values()
    assert table.get(end) is None or follow(end, table.get) == end


entries = st.lists(
    st.builds(
        Entry,
        st.integers(1, 10**6),
        st.integers(0, 10**6).map(lambda s: NOW + timedelta(seconds=s)),
        st.text(max_size=5),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.none() | st.integers(1, 4),
    ),
    unique_by=lambda e: e.message_id,
)


@given(entries)
def test_a_summary_repeats_its_messages_in_any_order(found: list[Entry]) -> None:
    one, other = ticket(1), ticket(1)
    summarise(one, found)
    summarise(other, reversed(found))
    assert one == other
    assert one.message_count == len(found)
    assert one.last_message_id == max((e.message_id for e in found), default=None)
    assert set(one.mailbox_ids) == {e.account_id for e in found if e.account_id is not None}
    if any(not e.is_note for e in found):
        assert one.activity_at == max(e.at for e in found if not e.is_note)
