"""Who listens is told how plugins stand, and of many that come up together at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from desk_app.domain.plugins.model import PluginRecord, StateKind
from desk_app.plugin_host import telling
from desk_app.plugin_host.states import Standing
from desk_app.plugin_host.telling import Listeners


@pytest.fixture
def told() -> tuple[Standing, Listeners, list[tuple[str, StateKind]]]:
    standing, heard = Standing(), list[tuple[str, StateKind]]()
    standing.records = {slug: PluginRecord(1, slug) for slug in ("a", "b")}
    listeners = Listeners(standing)
    listeners.add(lambda slug, kind: heard.append((slug, kind)))
    return standing, listeners, heard


def test_plugins_that_come_up_together_are_told_of_once_and_at_the_end(told: Any) -> None:
    _, listeners, heard = told
    with listeners.together():
        for slug in ("a", "b", "a"):
            listeners.tell(slug)
        with listeners.together():
            listeners.tell("b")
        assert heard == []
    assert heard == [("a", StateKind.MISSING), ("b", StateKind.MISSING)]
    listeners.tell("")
    assert heard[2:] == [("", StateKind.MISSING)]


def test_where_one_takes_long_the_others_are_told_of_before(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "TOGETHER_SECONDS", 0.01)
    _, listeners, heard = told
    came = threading.Event()
    listeners.add(lambda _slug, _kind: came.set())
    with listeners.together():
        listeners.tell("a")
        assert came.wait(10)
        listeners.tell("b")
        assert [slug for slug, _ in heard] == ["a", "b"]
    assert len(heard) == 2


def test_a_listener_that_fails_or_leaves_keeps_nobody_from_hearing(told: Any) -> None:
    _, listeners, heard = told

    def fail(_slug: str, _kind: StateKind) -> None:
        raise ValueError

    listeners.add(fail)
    stop = listeners.add(lambda slug, _kind: heard.append((slug, StateKind.ACTIVE)))
    listeners.tell("a")
    assert len(heard) == 2
    stop()
    stop()
    listeners.tell("a")
    assert (len(heard), len(listeners)) == (3, 2)
