"""The forgiving match of the command palette."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.ui.shell.matching import folded, match, one_apart


@pytest.mark.parametrize(
    ("words", "title", "bold"),
    [
        ("ass", "Assign to me", "Ass"),
        ("me", "Assign to me", "me"),
        ("to me", "Assign to me", "tome"),
        ("nass", "Unassign", "nass"),
        ("atm", "Assign to me", "Atm"),
        ("asme", "Assign to me", "Asme"),
        ("telefono", "Número de teléfono", "teléfono"),
        ("TELÉFONO", "Numero de telefono", "telefono"),
        ("reslove", "Resolve", "Resolve"),
        ("snoze", "Snooze…", "Snooze"),
    ],
)
def test_letters_that_fit_are_bold(words: str, title: str, bold: str) -> None:
    found = match(words, title)
    assert found is not None
    assert "".join(title[place] for place in found.letters) == bold


@pytest.mark.parametrize(("words", "title"), [("zz", "Assign"), ("gissa", "Assign"), ("abc", "Abd"), ("merg", "Spam")])
def test_what_does_not_fit(words: str, title: str) -> None:
    assert match(words, title) is None


def test_better_fits_come_first() -> None:
    titles = ["Unassign", "Go to: assigned", "Assign to me", "Add sign"]
    scores = {title: found.score for title in titles if (found := match("assign", title)) is not None}
    assert sorted(scores, key=lambda title: -scores[title]) == ["Assign to me", "Go to: assigned", "Unassign"]


@given(st.text(max_size=12), st.text(max_size=40))
def test_places_are_places_of_the_title(words: str, title: str) -> None:
    found = match(words, title)
    if found is not None:
        assert list(found.letters) == sorted(set(found.letters))
        assert all(0 <= place < len(title) for place in found.letters)


@given(st.text(max_size=40))
def test_every_title_fits_itself_and_nothing(title: str) -> None:
    assert match(title, title) is not None
    assert match("", title) is not None
    assert len(folded(title)) == len(title)


@given(st.text("abcd", min_size=4, max_size=9), st.data())
def test_one_slip_is_forgiven_and_two_are_not_one(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    assert one_apart(word, word[:place] + word[place + 1 :])
    assert one_apart(word, word[:place] + "x" + word[place + 1 :])
    assert one_apart(word, word[:place] + "x" + word[place:])
    assert not one_apart(word, "xy" + word[2:])
