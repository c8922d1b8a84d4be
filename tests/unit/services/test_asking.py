"""Questions that come up inside a transaction are asked while none is open (decision 127)."""

from __future__ import annotations

from typing import Any

import pytest

from desk_app.services.plugins.asking import MOST_ROUNDS, answer, asked_before


class Store:
    """Transactions that only count; `open` says whether one is."""

    def __init__(self) -> None:
        self.open = False
        self.begun = self.committed = 0

    def __call__(self) -> Any:
        return self

    def __enter__(self) -> Any:
        assert not self.open
        self.open, self.begun = True, self.begun + 1
        return self

    def __exit__(self, *_error: object) -> None:
        self.open = False

    def commit(self) -> None:
        self.committed += 1


def test_work_that_asks_nothing_is_done_once() -> None:
    store = Store()
    assert asked_before(store, lambda _uow: 7) == 7
    assert (store.begun, store.committed) == (1, 1)


def test_a_question_is_asked_once_while_nothing_is_open() -> None:
    store, asked = Store(), []

    def ask(number: int) -> int:
        assert not store.open
        asked.append(number)
        return number * 10

    def work(_uow: object) -> list[int]:
        return [answer(("times ten", number), lambda number=number: ask(number), -1) for number in (1, 2, 1)]  # type: ignore[misc]

    assert asked_before(store, work) == [10, 20, 10]
    assert asked == [1, 2]
    assert (store.begun, store.committed) == (2, 1)


def test_questions_that_follow_from_answers_are_asked_in_turn() -> None:
    store = Store()

    def work(_uow: object) -> int:
        found = 0
        while 0 <= found < 3:
            found = answer(("after", found), lambda found=found: found + 1, -1)  # type: ignore[misc]
        return found

    assert asked_before(store, work) == 3
    assert (store.begun, store.committed) == (4, 1)


def test_a_question_that_is_another_one_each_time_gets_its_stand_in() -> None:
    store = Store()
    assert asked_before(store, lambda _uow: answer(object(), lambda: "yes", "nobody was asked")) == "nobody was asked"
    assert (store.begun, store.committed) == (MOST_ROUNDS, 1)


def test_what_a_stand_in_leads_to_is_not_raised_and_what_an_answer_leads_to_is() -> None:
    store = Store()

    def work(_uow: object) -> str:
        if not answer("may I", lambda: True, False):
            raise ValueError("refused for now")
        return "done"

    assert asked_before(store, work) == "done"

    def refused(_uow: object) -> None:
        raise ValueError(answer("why", lambda: "because", ""))

    with pytest.raises(ValueError, match="because"):
        asked_before(store, refused)
    assert store.committed == 1


def test_work_inside_of_other_work_is_a_part_of_it() -> None:
    store = Store()

    class Inside(Store):
        def __enter__(self) -> Any:
            return self

    inside = Inside()

    def work(_uow: object) -> str:
        return asked_before(inside, lambda _uow: answer("who", lambda: "me", "nobody"))

    assert asked_before(store, work) == "me"
    assert (store.begun, store.committed) == (2, 1)


def test_a_question_outside_of_such_work_is_a_mistake() -> None:
    with pytest.raises(RuntimeError):
        answer("who", lambda: "me", "nobody")
