"""Every implementation is guarded, timed and blamed; a plugin's failure is never the desk's (plugins.md)."""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from desk_app.plugin_api import Allow, Deny, Drop, MessageDraft, hookimpl
from desk_app.plugin_api.contributions import JobSpec, Placeholder
from desk_app.plugin_host.dispatch import BadHookError, Dispatcher, Failure, HookFailedError

DRAFT = MessageDraft(subject="Order", text="Hello")


def _part(**functions: Any) -> SimpleNamespace:
    for name, function in functions.items():
        function.__name__ = name
    return SimpleNamespace(**{name: hookimpl(function) for name, function in functions.items()})


@pytest.fixture
def failures() -> list[Failure]:
    return []


@pytest.fixture
def hooks(failures: list[Failure]) -> Dispatcher:
    return Dispatcher(on_failure=failures.append)


def test_every_plugin_gets_its_own_context_and_the_arguments_it_names(hooks: Dispatcher) -> None:
    heard: list[Any] = []
    hooks.add("a", _part(ticket_deleted=lambda ctx, ticket_id: heard.append((ctx, ticket_id))), "context of a")
    hooks.add("b", _part(ticket_deleted=lambda ctx: heard.append(str(ctx))), "context of b")
    hooks.event("ticket_deleted", ticket_id=7, actor=None)
    assert heard == [("context of a", 7), "context of b"]


@pytest.mark.parametrize("raised", [ValueError("no"), SystemExit(3), GeneratorExit(), MemoryError(), RecursionError()])
def test_whatever_an_implementation_raises_the_others_are_told(
    hooks: Dispatcher, failures: list[Failure], raised: BaseException
) -> None:
    heard: list[int] = []

    def fail(ticket_id: int) -> None:
        raise raised

    hooks.add("bad", _part(ticket_deleted=fail), None)
    hooks.add("good", _part(ticket_deleted=lambda ticket_id: heard.append(int(ticket_id))), None)
    hooks.event("ticket_deleted", ticket_id=7, actor=None)
    assert heard == [7]
    assert [(f.plugin, f.hook, f.error, f.arguments) for f in failures] == [
        ("bad", "ticket_deleted", raised, "ticket_id=7")
    ]


def test_a_keyboard_interrupt_is_the_users(hooks: Dispatcher) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    hooks.add("a", _part(ticket_deleted=interrupt), None)
    with pytest.raises(KeyboardInterrupt):
        hooks.event("ticket_deleted", ticket_id=7, actor=None)


def test_filters_follow_each_other_and_rubbish_leaves_the_value(hooks: Dispatcher, failures: list[Failure]) -> None:
    hooks.add("a", _part(filter_signature=lambda value: value + "a"), None, position=1)
    hooks.add("b", _part(filter_signature=lambda value: 5), None, position=2)
    hooks.add("c", _part(filter_signature=lambda value: None), None, position=3)
    hooks.add("d", _part(filter_signature=lambda value: value + "d"), None, position=4)
    assert hooks.filter("filter_signature", "x", agent=None, department="") == "xad"
    assert [(f.plugin, f.summary) for f in failures] == [("b", "it answered int where str was expected")]
    hooks.place({"a": 9})
    assert hooks.filter("filter_signature", "x", agent=None, department="") == "xda"


def test_only_a_hook_that_says_so_may_drop(hooks: Dispatcher, failures: list[Failure]) -> None:
    drop = Drop("spam")
    hooks.add("a", _part(filter_inbound_message=lambda value: drop, filter_outbound_message=lambda value: drop), None)
    assert hooks.filter("filter_inbound_message", DRAFT, account=None) is drop
    assert hooks.filter("filter_outbound_message", DRAFT, ticket=None) is DRAFT
    assert [f.hook for f in failures] == ["filter_outbound_message"]


def test_any_denial_wins_and_a_failing_guard_follows_its_rule(hooks: Dispatcher) -> None:
    arguments = {"ticket": None, "actor": None}
    assert hooks.guard("before_message_send", message=DRAFT, **arguments) is None
    hooks.add("a", _part(before_message_send=lambda ticket: Allow(), before_ticket_change=lambda ticket: Allow()), None)
    hooks.add("b", _part(before_message_send=lambda: None, before_ticket_change=lambda: 1 / 0), None)
    assert hooks.guard("before_message_send", message=DRAFT, **arguments) is None
    assert hooks.guard("before_ticket_change", changes=(), **arguments) is None  # open where it fails
    hooks.add("c", _part(before_message_send=lambda: 1 / 0), None)
    denial = hooks.guard("before_message_send", message=DRAFT, **arguments)
    assert denial is not None
    assert "“c”" in denial.reason
    hooks.remove("c")
    hooks.add("d", _part(before_message_send=lambda: True), None)  # rubbish cannot let anything pass either
    assert hooks.guard("before_message_send", message=DRAFT, **arguments) is not None
    hooks.add("e", _part(before_message_send=lambda: Deny("no")), None, position=1)
    assert hooks.guard("before_message_send", message=DRAFT, **arguments) == Deny("no")


def test_the_first_answer_of_the_right_type_wins(hooks: Dispatcher, failures: list[Failure]) -> None:
    hooks.add("a", _part(match_ticket=lambda: None), None, position=1)
    hooks.add("b", _part(match_ticket=lambda: "7"), None, position=2)
    hooks.add("c", _part(match_ticket=lambda candidates: candidates[0]), None, position=3)
    assert hooks.first("match_ticket", message=DRAFT, candidates=[12]) == 12
    assert [f.plugin for f in failures] == ["b"]


def test_collecting_asks_one_plugin_and_says_what_is_wrong(hooks: Dispatcher) -> None:
    hooks.add("a", _part(scheduled_jobs=lambda: ["rubbish"]), None)
    hooks.add("b", _part(scheduled_jobs=lambda: sys.exit(1)), None)
    assert hooks.collect("a", "health_checks") == []
    with pytest.raises(HookFailedError, match=f"scheduled_jobs: it returned str where {JobSpec.__name__}"):
        hooks.collect("a", "scheduled_jobs")
    with pytest.raises(HookFailedError, match="scheduled_jobs: SystemExit: 1"):
        hooks.collect("b", "scheduled_jobs")


def test_what_fits_no_hook_is_refused_with_a_hint_and_leaves_nothing(hooks: Dispatcher) -> None:
    with pytest.raises(BadHookError, match="no hook “ticket_delted”; did you mean “ticket_deleted”"):
        hooks.add("a", _part(ticket_delted=lambda: None), None)
    with pytest.raises(BadHookError, match="wrong"):
        hooks.add("a", _part(ticket_deleted=lambda wrong: None), None)
    with pytest.raises(BadHookError, match="ctx must be the first"):
        hooks.add("a", _part(ticket_deleted=lambda ticket_id, ctx: None), None)

    def around() -> Any:
        yield

    around.__name__ = "ticket_deleted"
    with pytest.raises(BadHookError, match="wrapper"):
        hooks.add("a", SimpleNamespace(ticket_deleted=hookimpl(wrapper=True)(around)), None)
    assert hooks.plugins() == set()
    assert not hooks.wants("ticket_deleted")


def test_a_removed_plugin_is_never_called_again(hooks: Dispatcher) -> None:
    heard: list[str] = []
    hooks.add("a", _part(ticket_deleted=lambda: heard.append("a")), None)
    hooks.add("a", _part(app_closing=lambda: heard.append("a, too")), None, half="window")
    hooks.add("b", _part(ticket_deleted=lambda: heard.append("b")), None)
    hooks.remove("a")
    hooks.event("ticket_deleted", ticket_id=1, actor=None)
    hooks.event("app_closing", deadline=1.0)
    assert heard == ["b"]
    assert not hooks.wants("app_closing")


def test_plugins_come_and_go_while_others_are_called(hooks: Dispatcher, failures: list[Failure]) -> None:
    heard: list[int] = []
    hooks.add("steady", _part(ticket_deleted=lambda ticket_id: heard.append(int(ticket_id))), None)
    end = threading.Event()

    def come_and_go() -> None:
        while not end.is_set():
            hooks.add("guest", _part(ticket_deleted=lambda: None), None)
            hooks.remove("guest")

    other = threading.Thread(target=come_and_go, daemon=True)
    other.start()
    try:
        for number in range(2000):
            hooks.event("ticket_deleted", ticket_id=number, actor=None)
    finally:
        end.set()
        other.join(10)
    assert heard == list(range(2000))
    assert not failures


def test_time_spent_is_told_by_plugin_and_hook(hooks: Dispatcher) -> None:
    hooks.add("a", _part(ticket_deleted=lambda: sum(range(20_000))), None)
    for _ in range(3):
        hooks.event("ticket_deleted", ticket_id=1, actor=None)
    timing = hooks.timings("a")["ticket_deleted"]
    assert timing.calls == 3
    assert 0 < timing.longest <= timing.seconds
    assert hooks.used_by("a") == ["ticket_deleted"]


class _MuteError(Exception):
    """An exception that cannot even say what it says."""

    def __str__(self) -> str:
        raise RuntimeError("not even this")


def test_an_exception_that_cannot_be_told_reaches_nobody(hooks: Dispatcher, failures: list[Failure]) -> None:
    def fail(ticket_id: int) -> None:
        raise _MuteError

    hooks.add("bad", _part(ticket_deleted=fail), None)
    hooks.event("ticket_deleted", ticket_id=7, actor=None)
    assert [failure.summary for failure in failures] == ["_MuteError"]


class _Clinging:
    """A part of a plugin that answers no question once it has been registered."""

    clings = False

    @hookimpl
    def filter_signature(self, value: str) -> str:
        return value + " still here"

    def __getattr__(self, name: str) -> object:
        if self.clings:
            raise RuntimeError(name)
        raise AttributeError(name)


def test_nothing_of_a_plugin_runs_while_it_is_taken_out(hooks: Dispatcher) -> None:
    part = _Clinging()
    hooks.add("bad", part, None)
    part.clings = True
    hooks.remove("bad")
    assert hooks.filter("filter_signature", "x", agent=None, department="") == "x"
    assert hooks.plugins() == set()


def test_a_job_says_at_once_that_its_times_make_no_sense() -> None:
    with pytest.raises(TypeError, match="timedeltas"):
        JobSpec("tidy", print, 5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda: iter(lambda: 1, 0), "more than 200"),
        (lambda: [Placeholder("a.b", "x" * 121, str)], "“title” of Placeholder has 121 characters"),
        (lambda: [Placeholder("a.b", "Order\u202e", str)], "control characters"),
        (lambda: [Placeholder("", "Order", str)], "“name” of Placeholder is empty"),
        (lambda: [Placeholder("a.b", 7, str)], "“title” of Placeholder must be a text, not int"),
    ],
)
def test_what_a_plugin_adds_is_looked_at_before_it_is_used(hooks: Dispatcher, given: Any, said: str) -> None:
    hooks.add("a", _part(placeholders=given), None)
    with pytest.raises(HookFailedError, match=said):
        hooks.collect("a", "placeholders")
