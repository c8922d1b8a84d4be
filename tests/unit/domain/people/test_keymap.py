from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.people.keymap import PRESETS, KeyChoices, clash, is_single, strokes, users_of

STROKES = st.sampled_from(["J", "Shift+J", "Ctrl+J", "G", "F5", "?", "Alt+Down", "Ctrl+Shift+,", "Del"])
KEYS = st.lists(STROKES, min_size=1, max_size=2).map(", ".join)


@pytest.mark.parametrize(
    ("keys", "single"),
    [
        ("J", True),
        ("Shift+J", True),
        ("?", True),
        ("G, I", True),
        ("Ctrl+J", False),
        ("F5", False),
        ("Del", False),
        ("Alt+Down", False),
        ("Ctrl++", False),
        ("+", True),
        ("", False),
    ],
)
def test_wcag_2_1_4_which_keys_are_single(keys: str, single: bool) -> None:
    assert is_single(keys) is single


@given(KEYS, KEYS)
def test_clashing_is_mutual_and_a_sequence_clashes_with_its_beginning(one: str, other: str) -> None:
    assert clash(one, other) == clash(other, one)
    assert clash(one, one)
    assert clash(strokes(one)[0], one)


def test_a_comma_is_a_key_too() -> None:
    assert strokes("Ctrl+,") == ("Ctrl+,",)
    assert strokes("G, ,") == ("G", ",")
    assert not clash("Ctrl+,", "Ctrl+.")


@given(
    st.sampled_from(sorted(PRESETS)),
    st.booleans(),
    st.dictionaries(st.sampled_from(["ticket.reply", "list.next"]), st.lists(KEYS, max_size=3, unique=True).map(tuple)),
)
def test_choices_survive_storing(preset: str, single: bool, own: dict[str, tuple[str, ...]]) -> None:
    choices = KeyChoices(preset, single, own)
    assert KeyChoices.from_json(choices.to_json()) == choices


@pytest.mark.parametrize("nonsense", [None, 3, "x", [], {"own": 3, "preset": "vi"}, {"own": {"a": "b"}}])
def test_nonsense_in_the_database_means_the_defaults(nonsense: object) -> None:
    assert KeyChoices.from_json(nonsense) == KeyChoices()


def test_own_keys_win_over_presets_and_presets_over_defaults() -> None:
    choices = KeyChoices("gmail")
    assert choices.keys("ticket.reply", ("R",)) == PRESETS["gmail"].keys["ticket.reply"]
    assert choices.keys("list.next", ("J",)) == ("J",)
    own = choices.with_keys("ticket.reply", ["F2", "F2"])
    assert own.keys("ticket.reply", ("R",)) == ("F2",)
    assert own.with_keys("ticket.reply", []).keys("ticket.reply", ("R",)) == (), "an action may have no key at all"
    assert own.with_keys("ticket.reply", None) == choices


def test_wcag_2_1_4_single_keys_go_together() -> None:
    off = KeyChoices(single_keys=False)
    assert off.keys("ticket.reply", ("R", "Ctrl+R")) == ("Ctrl+R",)
    assert KeyChoices("outlook").keys("list.toggle", ("X",)) == ()


def test_users_of_a_key() -> None:
    keys = {"a": ("G, I",), "b": ("J", "Down"), "c": ("Ctrl+J",)}
    assert users_of("G", keys) == ["a"]
    assert users_of("j", keys) == ["b"]
    assert users_of("J", keys, but_not="b") == []
