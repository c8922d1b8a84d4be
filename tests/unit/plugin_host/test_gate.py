"""Hooks wait for plugins that are being loaded, but no window does (plugins.md, "Shape")."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from desk_app.plugin_host import gate as gates
from desk_app.plugin_host.gate import HookGate
from desk_app.services.ports.hooks import NoHooks


class Shouting(NoHooks):
    def filter(self, hook: str, value: Any, /, **arguments: Any) -> Any:
        return value.upper()


def test_a_call_waits_until_plugins_are_there() -> None:
    gate = HookGate()
    assert gate.filter("filter_signature", "x") == "x"
    gate.expect(window=False)
    threading.Timer(0.1, gate.open, [Shouting()]).start()
    assert gate.filter("filter_signature", "x") == "X"


def test_the_thread_of_a_window_never_waits() -> None:
    gate = HookGate()
    gate.expect(window=True)
    begun = time.monotonic()
    assert gate.filter("filter_signature", "x") == "x"
    assert time.monotonic() - begun < 1
    answers: list[object] = []
    other = threading.Thread(target=lambda: answers.append(gate.filter("filter_signature", "x")))
    other.start()
    gate.open(Shouting())
    other.join(5)
    assert answers == ["X"]


def test_the_one_that_loads_them_does_not_wait_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "WAIT_SECONDS", 0.05)
    gate = HookGate()
    gate.expect(window=False)
    with gate.spared():
        assert gate.wants("filter_signature") is False
    assert gate.wants("filter_signature") is False, "nobody waits for ever"


def test_a_command_loads_them_when_it_first_asks() -> None:
    gate = HookGate()
    started: list[int] = []

    def start() -> None:
        started.append(1)
        gate.open(Shouting())

    gate.when_asked(start)
    assert not started
    assert [gate.filter("filter_signature", "x") for _ in range(2)] == ["X", "X"]
    assert started == [1]
