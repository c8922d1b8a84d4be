from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.search import parse
from desk_app.domain.search.snippets import AROUND, LENGTH, snippet, sought


def test_ui_4_10_the_place_of_a_hit_is_shown() -> None:
    text = "Hello team,\n\n" + "nothing to see here. " * 20 + "The Refund for the Café has not\narrived yet. Bye"
    found = snippet(text, sought(parse("refund")))
    assert found is not None
    assert found.startswith("… ")
    assert "The Refund for the Café has not arrived yet. Bye" in found
    assert snippet(text, ["cafe"]) is not None
    assert snippet("Hello", ["cafe"]) is None
    assert snippet("A refund", ["refund"]) == "A refund"


def test_ui_4_10_what_is_excluded_or_stands_elsewhere_is_not_sought() -> None:
    assert sought(parse('-spam from:ana "late fee" invoice subject:lamp')) == ("late fee", "invoice", "lamp")


@given(st.text(), st.text(min_size=1, max_size=6))
def test_ui_4_10_a_hit_is_short_and_on_one_line(text: str, word: str) -> None:
    found = snippet(text, [word])
    assert found is None or ("\n" not in found and len(found) <= AROUND + LENGTH + 4)
