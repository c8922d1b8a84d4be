"""Time limits of hooks: each kind has one, what is over is left behind, and is not called again while it is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from desk_app.plugin_api import hookimpl
from desk_app.plugin_api.hooks import GROUPS
from desk_app.plugin_api.marks import ANSWERING, SECONDS, Kind, Thread, Waits, records_of
from desk_app.plugin_api.verdicts import Deny
from desk_app.plugin_host.bounded import BoundedCalls, HangingError, StillHangingError, TooSlowError, within
from desk_app.plugin_host.dispatch import Dispatcher, Failure
from desk_app.services.waiting import Excused, timed, waiting

QUICK = dict.fromkeys(Waits, 0.1)
SAID = "It did not come back from {} within 0.1 seconds."


class Limited:
    """A dispatcher with next to no time, one plugin that sleeps, and what is told of it."""

    def __init__(self, hook: str, answer: object = None) -> None:
        self.failures: list[Failure] = []
        self.marks: list[tuple[str, str]] = []
        self.now_at: list[tuple[str, str]] = []
        self.go, self.calls = threading.Event(), 0
        self.answer = answer
        self.hooks = Dispatcher(on_failure=self.failures.append, bounded=BoundedCalls(self._mark, QUICK))
        self.part = self._part(hook)
        self.hooks.add("slow", self.part, None)

    def _part(self, hook: str) -> SimpleNamespace:
        def sleep() -> object:
            self.calls += 1
            self.go.wait(20)
            return self.answer

        sleep.__name__ = hook
        return SimpleNamespace(**{hook: hookimpl(sleep)})

    @contextmanager
    def _mark(self, plugin: str, doing: str) -> Iterator[None]:
        self.now_at.append((plugin, doing))
        try:
            yield
        finally:
            self.now_at.remove((plugin, doing))
            self.marks.append((plugin, doing))


def came_back(limited: Limited) -> bool:
    limited.go.set()
    end = time.monotonic() + 10
    while not limited.marks and time.monotonic() < end:
        time.sleep(0.005)
    return bool(limited.marks)


def test_every_hook_that_somebody_waits_for_has_a_limit() -> None:
    for group in GROUPS:
        for record in records_of(group):
            told = record.kind is Kind.EVENT and (record.thread is Thread.WORKER or record.name == "settings_changed")
            assert (record.waits is not None) == (record.kind in ANSWERING or told), record.name
    assert SECONDS[Waits.PERSON] < 10 <= SECONDS[Waits.SENDER] < SECONDS[Waits.DESK]
    assert set(SECONDS) == set(Waits)


@pytest.mark.parametrize(
    ("hook", "ask", "expected"),
    [
        ("filter_signature", lambda do: do.filter("filter_signature", "old", agent=None, department=""), "old"),
        ("before_ticket_change", lambda do: do.guard("before_ticket_change"), None),
        ("match_ticket", lambda do: do.first("match_ticket", message=None, candidates=()), None),
        ("ticket_deleted", lambda do: do.tell("slow", "ticket_deleted", ticket_id=1, actor=None), True),
    ],
)
def test_a_hook_that_does_not_come_back_counts_as_failed(
    hook: str, ask: Callable[[Dispatcher], object], expected: object
) -> None:
    limited = Limited(hook, answer="new")
    begun = time.monotonic()
    assert ask(limited.hooks) == expected
    assert 0.1 <= time.monotonic() - begun < 5
    ((plugin, place, error),) = [(one.plugin, one.hook, one.error) for one in limited.failures]
    assert (plugin, place, str(error)) == ("slow", hook, SAID.format(hook))
    assert limited.now_at == [("slow", hook)], "a program that ends now can still tell in what"
    assert came_back(limited)


def test_a_guard_that_hangs_denies_where_its_hook_is_closed_and_others_are_still_asked() -> None:
    limited = Limited("before_message_send")
    denial = limited.hooks.guard("before_message_send", ticket=None, message=None, actor=None)
    assert denial is not None
    assert "“slow” failed" in denial.reason
    limited.hooks.remove("slow")
    assert limited.hooks.guard("before_message_send", ticket=None, message=None, actor=None) is None
    assert came_back(limited)


def test_a_plugin_is_not_called_while_it_hangs_and_again_when_it_is_back() -> None:
    limited = Limited("filter_signature", answer="new")

    def ask() -> object:
        return limited.hooks.filter("filter_signature", "old", agent=None, department="")

    assert [ask(), ask(), ask()] == ["old"] * 3
    assert limited.hooks.ask("slow", "placeholder", lambda: "asked", "not asked") == "not asked"
    assert (limited.calls, len(limited.failures)) == (1, 1)
    assert came_back(limited)
    assert ask() == "new"
    assert limited.hooks.ask("slow", "placeholder", lambda: "asked", "not asked") == "asked"
    assert len(limited.failures) == 1


def test_work_that_nobody_waits_for_has_a_limit_too_and_its_errors_are_the_callers() -> None:
    limited = Limited("filter_signature")
    go_on = threading.Event()

    def fail() -> None:
        raise ValueError("no")

    assert limited.hooks.let("slow", "background", lambda: "done") == "done"
    with pytest.raises(ValueError, match="no"):
        limited.hooks.let("slow", "background", fail)
    with pytest.raises(HangingError, match="did not come back from background within"):
        limited.hooks.let("slow", "background", lambda: go_on.wait(20))
    with pytest.raises(StillHangingError):
        limited.hooks.let("slow", "background", lambda: "done")
    assert limited.failures == []
    go_on.set()


def test_a_plugin_that_is_switched_on_anew_is_called_though_an_old_call_hangs() -> None:
    limited = Limited("filter_signature")
    limited.hooks.filter("filter_signature", "old", agent=None, department="")
    limited.hooks.remove("slow")
    limited.hooks.add("slow", SimpleNamespace(filter_signature=hookimpl(_named("filter_signature", "new"))), None)
    assert limited.hooks.filter("filter_signature", "old", agent=None, department="") == "new"
    assert came_back(limited)


def test_what_others_say_still_counts_where_one_hangs() -> None:
    limited = Limited("before_ticket_change")
    limited.hooks.add(
        "strict", SimpleNamespace(before_ticket_change=hookimpl(_named("before_ticket_change", Deny("no")))), None
    )
    for _ in range(2):
        assert limited.hooks.guard("before_ticket_change", ticket=None, changes=(), actor=None) == Deny("no")
    assert limited.calls == 1
    assert came_back(limited)


def _named(hook: str, answer: object) -> Callable[[], object]:
    def say() -> object:
        return answer

    say.__name__ = hook
    return say


@pytest.mark.parametrize("raised", [ValueError("no"), SystemExit(3)])
def test_what_a_brought_function_raises_is_its_plugins_fault(raised: BaseException) -> None:
    limited = Limited("filter_signature")

    def fail() -> Any:
        raise raised

    assert limited.hooks.ask("slow", "placeholder x", fail, "nothing") == "nothing"
    assert [(one.hook, one.error) for one in limited.failures] == [("placeholder x", raised)]
    assert limited.marks == [("slow", "placeholder x")]


def test_what_somebody_waits_for_others_does_not_count() -> None:
    def outer() -> str:
        time.sleep(0.05)
        with pytest.raises(TooSlowError):
            within(0.4, threading.Event().wait, name="inner")
        return "in time"

    assert within(0.3, outer, name="outer") == "in time"
    with pytest.raises(TooSlowError):
        within(0.1, lambda: time.sleep(0.4), name="late")


def test_a_wait_inside_a_wait_counts_once() -> None:
    excused = Excused()
    with timed(excused):
        with waiting(), waiting():
            time.sleep(0.05)
            inside = excused.seconds()
        after = excused.seconds()
        time.sleep(0.05)
    with waiting():
        time.sleep(0.05)
    assert 0.05 <= inside <= after == excused.seconds() < 0.1
