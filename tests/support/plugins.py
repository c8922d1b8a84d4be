"""Plugins of a few lines, and a desk that asks them.

def test_x(database):
    kit = plugged(database, part(before_message_send=lambda message: Deny("no")))
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from desk_app.plugin_api import hookimpl
from desk_app.plugin_host.dispatch import Dispatcher, Failure
from desk_app.plugin_host.gate import HookGate
from desk_app.storage.database import Database
from tests.support.desks import DeskKit


def part(**functions: Any) -> SimpleNamespace:
    """Return something that implements hooks, by their names."""
    made = {}
    for name, function in functions.items():
        function.__name__ = name
        made[name] = hookimpl(function)
    return SimpleNamespace(**made)


class PluggedDesk(DeskKit):
    """A desk with plugins; `failures` are what they did wrong."""

    def __init__(self, database: Database, *parts: object, **options: Any) -> None:
        self.failures: list[Failure] = []
        self.hooks = Dispatcher(on_failure=self.failures.append)
        super().__init__(database, **options)
        gate = self.desk.hooks
        assert isinstance(gate, HookGate)
        gate.open(self.hooks)
        for number, one in enumerate(parts, 1):
            self.add(one, f"plugin{number}")

    def add(self, one: object, slug: str = "one") -> None:
        """Switch a plugin on."""
        self.hooks.add(slug, one, None)

    def remove(self, slug: str = "one") -> None:
        """Switch a plugin off."""
        self.hooks.remove(slug)
