"""The words of a message by field."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.search import index_fields


@given(st.lists(st.text(max_size=60), min_size=4, max_size=4))
def test_fields_travel_between_processes_unchanged(texts: list[str]) -> None:
    subject, sender, body, name = texts
    fields = index_fields(subject=subject, sender=[sender], recipients=[], text=body, attachment_names=[name])
    assert pickle.loads(pickle.dumps(fields)) == fields
