"""A plugin host on a real database, with plugins that tests write.

def test_x(plugin_kit):                      # runs on SQLite and on PostgreSQL
    plugin_kit.write("sample", code)
    plugin_kit.host.activate("sample", ())
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from desk_app.domain.plugins.model import PluginRecord, StateKind
from desk_app.plugin_api.context import Mode
from desk_app.runtime.compose import Surroundings, build_desk
from desk_app.runtime.plugins import PluginPlaces
from desk_app.services.desk import Desk
from desk_app.services.ports.plugins import PluginState
from desk_app.services.system.place import DeskPlace
from desk_app.storage.database import Database
from tests.support.plugin_folders import WELL_BEHAVED, write_plugin
from tests.support.secrets import MemorySecrets


class PluginKit:
    """Desks on one database, each as another program has it, and a folder of plugins."""

    def __init__(self, database: Database, tmp_path: Path) -> None:
        self.database = database
        self.data = tmp_path / "data"
        self.bundled = tmp_path / "bundled"
        self.user = self.data / "plugins"
        for folder in (self.bundled, self.user):
            folder.mkdir(parents=True, exist_ok=True)
        self._desks: list[Desk] = []
        self.desk = self.program()
        self.host: Any = self.desk.plugins

    def program(self, **more: Any) -> Desk:
        """Another program on the same desk; `more` are other surroundings of it."""
        place, plugins = DeskPlace(self.data, self.database.url), PluginPlaces(self.bundled, pip=False)
        here = Surroundings(place, plugins=plugins, **more)
        secrets: dict[int, MemorySecrets] = {}
        desk = build_desk(self.database, lambda i: secrets.setdefault(i, MemorySecrets()), channels=[], here=here)
        self._desks.append(desk)
        return desk

    def again(self, mode: Mode = Mode.GUI, *, safe: bool = False) -> Any:
        """End the program and start it again; returns its plugins."""
        self.host.close(1)
        self.desk = self.program()
        self.host = self.desk.plugins
        self.host.start(mode, safe=safe)
        return self.host

    def write(self, plugin_id: str = "sample", code: str = WELL_BEHAVED, **more: Any) -> Path:
        """Write a plugin, bundled unless `installed`."""
        return write_plugin(self.user if more.get("installed") else self.bundled, plugin_id, code, **more)

    def state(self, slug: str = "sample") -> PluginState:
        found = self.host.state(slug)
        assert found is not None
        return found

    def kind(self, slug: str = "sample") -> StateKind:
        return self.state(slug).kind

    def record(self, slug: str = "sample") -> PluginRecord:
        with self.database.unit_of_work() as uow:
            found = uow.plugins.get(slug)
        assert found is not None
        return found

    def faults(self, slug: str = "sample") -> list[str]:
        """What is written down of a plugin's faults, newest first."""
        assert self.host.settle()
        with self.database.unit_of_work() as uow:
            return [f"{one.place}: {one.summary}" for one in uow.plugins.faults(self.record(slug).id)]

    def end(self) -> None:
        for desk in self._desks:
            desk.plugins.close(1)


@pytest.fixture
def plugin_kit(database: Database, tmp_path: Path) -> Iterator[PluginKit]:
    kit = PluginKit(database, tmp_path)
    yield kit
    kit.end()


@pytest.fixture
def local_plugins(sqlite_database: Database, tmp_path: Path) -> Iterator[PluginKit]:
    """As `plugin_kit`, on SQLite only: for what has nothing to do with the kind of database."""
    kit = PluginKit(sqlite_database, tmp_path)
    yield kit
    kit.end()


def module(name: str, slug: str = "sample") -> Any:
    """A module of a plugin that runs."""
    return sys.modules[f"desk_plugins.{slug}.{name}"]


def left_over() -> list[str]:
    """Modules of plugins that are still loaded."""
    return [name for name in sys.modules if name.startswith("desk_plugins.")]


def until(there: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait for something; returns whether it came."""
    end = time.monotonic() + seconds
    while not there() and time.monotonic() < end:
        time.sleep(0.005)
    return there()
