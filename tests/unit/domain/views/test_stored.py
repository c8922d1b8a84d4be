from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.tickets.model import Bucket, Priority
from desk_app.domain.tickets.query import Assigned, Span, TicketQuery
from desk_app.domain.views.stored import from_data, to_data

numbers = st.none() | st.integers(0, 10**9)
days = st.none() | st.integers(0, 36_500)
instants = st.none() | st.datetimes(timezones=st.just(UTC))
spans = st.builds(Span, days, days, days, instants, instants)
texts = st.lists(st.text(max_size=8), unique=True, max_size=3).map(tuple)
ids = st.lists(st.integers(1, 99), unique=True, max_size=3).map(tuple)
queries = st.builds(
    TicketQuery,
    buckets=st.lists(st.sampled_from(Bucket), unique=True).map(tuple),
    account_id=numbers,
    department_id=numbers,
    assignee_id=numbers,
    requester_id=numbers,
    tag=st.text(max_size=8),
    search=st.text(max_size=8),
    statuses=texts,
    priorities=st.lists(st.sampled_from(Priority), unique=True).map(tuple),
    tags=texts,
    account_ids=ids,
    department_ids=ids,
    assigned=st.sampled_from(Assigned),
    organization_id=numbers,
    unread=st.booleans(),
    starred=st.booleans(),
    watched=st.booleans(),
    drafted=st.booleans(),
    answered=st.booleans(),
    has_attachments=st.booleans(),
    created=spans,
    updated=spans,
    due=spans,
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(queries)
def test_in_01_filters_survive_being_stored(query: TicketQuery) -> None:
    assert from_data(json.loads(json.dumps(to_data(query)))) == query


@given(
    st.dictionaries(
        st.sampled_from([*to_data(TicketQuery(tag="x", unread=True)), "due", "tags", "assigned", "new"]), anything
    )
)
def test_in_01_spoilt_or_newer_filters_are_left_out(data: dict[str, Any]) -> None:
    assert isinstance(from_data(data), TicketQuery)


@given(spans, st.datetimes(min_value=datetime(2100, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_in_01_every_part_of_a_span_holds(span: Span, now: datetime) -> None:
    since, until = span.bounds(now)
    assert span.empty == (since is None and until is None)
    if span.after_at is not None:
        assert since is not None
        assert since >= span.after_at
    if span.before_at is not None:
        assert until is not None
        assert until <= span.before_at
