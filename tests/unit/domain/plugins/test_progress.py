"""Nothing of a log is lost or told twice, in whatever order its numbers become visible (decision 121)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.plugins.progress import PATIENCE, Progress

START = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.data())
def test_every_number_is_told_once_in_whatever_order_numbers_appear(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 40))
    missing = data.draw(st.sets(st.integers(1, count), max_size=count // 2))
    coming = data.draw(st.permutations([one for one in range(1, count + 1) if one not in missing]))
    progress, visible, told, now = Progress(), set[int](), list[int](), START
    while coming:
        size = data.draw(st.integers(1, len(coming)))
        visible |= set(coming[:size])
        coming = coming[size:]
        now += timedelta(seconds=data.draw(st.integers(0, 1)))  # all within the patience
        fresh = progress.fresh(one for one in visible if one > progress.low)
        told += fresh
        progress = Progress.read(json.loads(json.dumps(progress.after(fresh, now).stored())))
    assert sorted(told) == sorted(visible)
    assert len(told) == len(set(told))


def test_a_number_that_never_comes_is_given_up_after_a_minute() -> None:
    progress = Progress().after([1, 3, 4], START)
    assert (progress.low, progress.told) == (1, {3, 4})
    waiting = progress.after([], START + PATIENCE - timedelta(seconds=1))
    assert waiting.low == 1
    assert waiting.fresh([2, 3, 4]) == [2]
    done = progress.after([], START + PATIENCE)
    assert (done.low, done.told, done.seen) == (4, frozenset(), ())


def test_what_was_seen_later_is_waited_for_later() -> None:
    progress = Progress().after([2], START).after([4], START + timedelta(seconds=30))
    progress = progress.after([], START + PATIENCE)
    assert (progress.low, progress.told) == (2, {4})
    assert progress.after([], START + timedelta(seconds=90)).low == 4


@given(st.sets(st.integers(1, 200)))
def test_progress_comes_back_as_it_was_kept(told: set[int]) -> None:
    progress = Progress(0, frozenset(told), ((START, 7),))
    assert Progress.read(json.loads(json.dumps(progress.stored()))) == progress
