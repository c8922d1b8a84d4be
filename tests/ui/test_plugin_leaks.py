"""Every plugin that comes along, again and again on and off, leaves nothing behind: in a program with a window and in
one without (issue 4, "Shown by")."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from desk_app.domain.plugins.model import Permission, StateKind
from desk_app.plugin_api.context import Mode
from desk_app.ui.plugins.parts import plugins_of
from desk_app.ui.shell.window import MainWindow
from tests.support.desks import DeskKit
from tests.support.plugin_hosts import PluginKit, left_over
from tests.ui import stage
from tests.ui.conftest import close

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
BUNDLED = sorted(one.parent.name for one in PLUGINS.glob("*/plugin.toml"))
TIMES = 100
WARM = 10
"""After so many times everything that is made once is there."""
ROUNDS = 5
"""So often what goes may take others along that go later; what is left then stays."""


def is_database(path: str) -> bool:
    """Whether a file is one of the desk's, which opens as many as it needs at a time."""
    return bool({".db", ".sqlite"} & {suffix.partition("-")[0] for suffix in Path(path).suffixes})


@dataclass
class Left:
    """What there is after switching off, as often as it was looked at."""

    control: Any
    database: Any
    slugs: list[str]
    window: MainWindow | None = None
    contexts: list[weakref.ref[Any]] = field(default_factory=list)

    def count(self) -> dict[str, int]:
        if self.window is not None:  # what it puts off for a moment holds what it is about
            stage.settle(self.window)
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()
        process = psutil.Process()
        counts = {
            "modules": len(sys.modules),
            "threads": len([one for one in threading.enumerate() if one.name.startswith(("plugin", *self.slugs))]),
            "files": process.num_fds() - sum(is_database(one.path) for one in process.open_files()),
            "tables": sum(len(self.database.plugin_tables.space(slug).existing()) for slug in self.slugs),
            "listeners": len(self.control._listeners),
            "finders": len(sys.meta_path),
            "contexts": sum(one() is not None for one in self.contexts),
            "contributions": sum(len(self.control.contributions(name)) for name in self.control.dispatcher.records),
            "hooks": len(self.control.dispatcher.plugins()),
        }
        if self.window is not None:
            registries = [getattr(self.window.registries, one) for one in self.window.registries.__slots__]
            counts["registered"] = sum(len(one) for one in registries if hasattr(one, "register"))
            counts["objects of the window"] = len(self.window.findChildren(QObject))
            counts["timers"] = len(self.window.findChildren(QTimer))
            counts["widgets"] = len(QApplication.allWidgets())
        return counts


def again_and_again(left: Left, times: int, settled: Callable[[], None]) -> None:
    """Switch plugins on and off, and compare what is left with what was left after the first few times."""
    permissions = frozenset(Permission)
    before: dict[str, int] = {}
    for number in range(times):
        for slug in left.slugs:
            left.control.activate(slug, permissions)
        settled()
        for slug in left.slugs:
            state = left.control.state(slug)
            assert state.kind is StateKind.ACTIVE, state.reason
            left.contexts.append(weakref.ref(left.control.context(slug)))
        for slug in left.slugs:
            left.control.deactivate(slug)
        settled()
        assert not left_over()
        if number == WARM - 1:
            before = left.count()
    assert left.control.settle()
    for _ in range(ROUNDS):
        after = left.count()
        grown = {name: (before[name], after[name]) for name in after if after[name] > before[name]}
        if not grown:
            break
    assert grown == {}, "what was left after a few times, and at the end"
    assert after["contexts"] == after["contributions"] == after["hooks"] == 0


@pytest.mark.parametrize("slug", BUNDLED)
def test_a_hundred_times_on_and_off_without_a_window(local_plugins: PluginKit, slug: str) -> None:
    (local_plugins.bundled / slug).symlink_to(PLUGINS / slug)
    local_plugins.host.start(Mode.SERVICE)
    again_and_again(Left(local_plugins.host, local_plugins.database, [slug]), TIMES, lambda: None)


@pytest.fixture
def window_on(kit: DeskKit, tmp_path: Path, settings: QSettings, qapp: QApplication) -> Iterator[MainWindow]:
    """A window with a ticket open, on a desk with real plugins."""
    plugins = PluginKit(kit.database, tmp_path)
    for slug in BUNDLED:
        (plugins.bundled / slug).symlink_to(PLUGINS / slug)
    vars(kit.desk)["_plugin_host"] = plugins.host
    stage.believable(kit)
    plugins.host.start(Mode.GUI)
    window = stage.open_window(kit, settings)
    plugins_of(window)
    window.inbox.list.open_first()
    stage.settle(window)
    yield window
    close(window)
    plugins.end()


def test_again_and_again_on_and_off_in_a_window(window_on: MainWindow, kit: DeskKit) -> None:
    parts, control = plugins_of(window_on).parts, window_on.session.desk.plugins

    def wanted() -> set[str]:
        states = [one for one in control.plugins() if one.running and one.manifest is not None]
        return {one.slug for one in states if one.manifest is not None and one.manifest.ui_entry}

    def settled() -> None:
        assert stage.pump(lambda: not window_on.session.work.busy and set(parts.mounts) == wanted())
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    again_and_again(Left(control, kit.database, BUNDLED, window_on), TIMES, settled)
    assert not [one for one in window_on.findChildren(QWidget) if one.property("plugin")]
