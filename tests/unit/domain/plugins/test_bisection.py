from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.plugins.bisection import Bisection

names = st.lists(st.sampled_from([f"plugin{n}" for n in range(24)]), min_size=1, unique=True).map(tuple)


@given(names, st.data())
def test_pl_03_the_culprit_is_found_in_as_many_steps_as_promised(wanted: tuple[str, ...], data: st.DataObject) -> None:
    culprit = data.draw(st.sampled_from(wanted))
    search = Bisection.begin(wanted)
    promised, asked = search.steps_left, 0
    while not search.ended:
        assert len(search.trial) <= len(search.suspects) // 2
        search = search.answered(gone=culprit not in search.trial)
        search = Bisection.from_json(search.to_json())
        asked += 1
    assert search.culprit == culprit
    assert asked <= promised
    assert search.wanted == wanted


@given(names)
def test_pl_03_a_problem_that_no_plugin_makes_is_blamed_on_none(wanted: tuple[str, ...]) -> None:
    search = Bisection.begin(wanted)
    while not search.ended:
        search = search.answered(gone=False)
    assert search.culprit == ""


def test_pl_03_without_plugins_there_is_nothing_to_search() -> None:
    with pytest.raises(ValueError, match="no plugin"):
        Bisection.begin(())
    with pytest.raises(KeyError):
        Bisection.from_json({"suspects": []})
