"""When signs open a list, and when they are text (CO-07)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.ui.messages.triggers import Trigger, trigger_at


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("/", Trigger("/", 0, "")),
        ("Dear /ref", Trigger("/", 5, "ref")),
        ("/refund se", Trigger("/", 0, "refund se")),
        ("(@an", Trigger("@", 1, "an")),
        ("see #48", Trigger("#", 4, "48")),
        ("and/or", None),
        ("https://x.example/a", None),
        ("/usr/bin", None),
        ("12 / 5", None),
        ("ann@desk", None),
        ("a#b", None),
        ("/" + "x" * 50, None),
        ("", None),
    ],
)
def test_co_07_signs_count_at_the_beginning_of_words(before: str, found: Trigger | None) -> None:
    assert trigger_at(before) == found


@given(st.text(alphabet="ab/@# (:.", max_size=60))
def test_co_07_never_inside_a_word(before: str) -> None:
    found = trigger_at(before)
    if found is not None:
        assert found.start == 0 or before[found.start - 1] in " ("
        assert before[found.start] == found.sign
        assert before[found.start + 1 :] == found.typed
