"""Plugins that answer each other, or themselves, are stopped (PL-02)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.people.actor import Actor, ActorKind
from desk_app.domain.tickets.model import TicketEvent
from desk_app.services.plugins.loops import (
    DEEPEST,
    MOST_ACTS,
    MOST_REPLIES,
    MOST_UNANSWERED,
    SPAN,
    Chains,
    LoopError,
    check_pace,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def _history(*lines: tuple[ActorKind, str], every: timedelta = timedelta(seconds=1)) -> list[TicketEvent]:
    start = NOW - every * len(lines)
    return [
        TicketEvent(1, 1, start + every * number, kind, Actor(who, None, who.value))
        for number, (who, kind) in enumerate(lines)
    ]


def test_pl_02_changes_within_changes_are_counted() -> None:
    chains = Chains()

    def deeper(depth: int) -> None:
        with chains.change(depth):
            deeper(depth + 1)

    with pytest.raises(LoopError, match=f"{DEEPEST} changes"):
        deeper(1)
    with chains.change(1):
        pass


def test_pl_02_changes_that_follow_from_events_are_counted_by_ticket() -> None:
    chains = Chains()
    for number in range(DEEPEST):
        with chains.telling(1, ActorKind.PLUGIN, number), chains.change(1):
            pass
    with chains.telling(1, ActorKind.PLUGIN, 10), pytest.raises(LoopError), chains.change(1):
        pass
    with chains.telling(2, ActorKind.PLUGIN, 11), chains.change(2):
        pass
    with chains.telling(1, ActorKind.AGENT, 12), chains.change(1):
        pass
    for number in range(DEEPEST - 1):
        with chains.telling(1, ActorKind.PLUGIN, 13 + number), chains.change(1):
            pass
    with chains.telling(1, ActorKind.AGENT, 12), chains.change(2):  # somebody who hears late of what began it
        pass
    with chains.telling(1, ActorKind.PLUGIN, 30), pytest.raises(LoopError), chains.change(1):
        pass


def test_pl_02_a_circle_over_two_tickets_is_seen() -> None:
    chains = Chains()
    done = 0
    with pytest.raises(LoopError):  # noqa: PT012 -- as events are told, one after the other
        for number in range(50):
            kind = ActorKind.PLUGIN if number else ActorKind.CONTACT
            with chains.telling(number % 2, kind, number), chains.change(1 - number % 2):
                done += 1
    assert done == DEEPEST


def test_pl_02_threads_do_not_count_for_each_other() -> None:
    chains = Chains()
    faults: list[BaseException] = []

    def alone() -> None:
        try:
            for depth in range(DEEPEST):
                with chains.change(100 + depth):
                    pass
        except BaseException as error:  # noqa: BLE001 -- shown by the test
            faults.append(error)

    with chains.change(1), chains.change(2), chains.change(3):
        thread = threading.Thread(target=alone)
        thread.start()
        thread.join()
    assert faults == []


def test_pl_02_much_done_by_plugins_in_a_short_time_is_a_circle() -> None:
    plugin = (ActorKind.PLUGIN, "NoteAdded")
    check_pace(_history(*[plugin] * (MOST_ACTS - 1)), NOW)
    with pytest.raises(LoopError, match=str(MOST_ACTS)):
        check_pace(_history(*[plugin] * MOST_ACTS), NOW)
    check_pace(_history(*[plugin] * MOST_ACTS, every=SPAN), NOW)
    check_pace(_history(*[(ActorKind.AGENT, "NoteAdded")] * 500), NOW, reply=True)


def test_pl_02_a_customer_who_answers_lets_plugins_go_on_but_not_for_ever() -> None:
    reply, mail = (ActorKind.PLUGIN, "ReplyQueued"), (ActorKind.CONTACT, "MessageAdded")
    check_pace(_history(*[reply] * (MOST_UNANSWERED - 1)), NOW, reply=True)
    with pytest.raises(LoopError):
        check_pace(_history(*[reply] * MOST_UNANSWERED), NOW, reply=True)
    check_pace(_history(*[reply] * MOST_UNANSWERED, mail), NOW, reply=True)
    check_pace(_history(*[reply] * MOST_UNANSWERED), NOW)
    with pytest.raises(LoopError):
        check_pace(_history(*[reply, mail] * MOST_REPLIES), NOW, reply=True)


@given(st.lists(st.tuples(st.sampled_from(ActorKind), st.sampled_from(["ReplyQueued", "NoteAdded"])), max_size=60))
def test_pl_02_history_without_much_of_plugins_is_never_refused(lines: list[tuple[ActorKind, str]]) -> None:
    if sum(who is ActorKind.PLUGIN for who, _ in lines) < MOST_UNANSWERED:
        check_pace(_history(*lines), NOW, reply=True)
