"""Plugins in the program with a window: loaded behind the first list, watched while they hold the window up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from desk_app.plugin_host.gate import HookGate

if TYPE_CHECKING:
    from desk_app.plugin_host.hangs import Hang, HangWatch
    from desk_app.services.desk import Desk

LONGEST_WAIT_MS = 15_000
"""So long the mail waits for plugins that do not come to an end with loading."""
BEAT_MS = 1_000


class WindowPlugins(QObject):
    """The plugins of a window's program, from the moment its desk is open until it is closed."""

    _there = Signal()
    _loaded = Signal()

    def __init__(
        self, desk: Desk, data_dir: Path, *, safe: bool, announce: Callable[[], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._folder = data_dir / "plugins"
        self._safe = safe
        self._announce = announce
        self._announced = threading.Event()
        self._then: Callable[[], None] | None = None
        self._watch: HangWatch | None = None
        self._thread: threading.Thread | None = None
        self._there.connect(self._say_so, Qt.ConnectionType.QueuedConnection)
        self._loaded.connect(self._after_loading, Qt.ConnectionType.QueuedConnection)
        if isinstance(desk.hooks, HookGate):
            desk.hooks.expect(window=True)

    def load(self, then: Callable[[], None]) -> None:
        """Load them on a thread of their own; `then` is called on the GUI thread when they are there, or take long.

        Before the first of them is loaded the window is told (`announce`), so that it hears of each.
        """
        if self._thread is not None:
            return
        self._then = then
        self._watch_the_window()
        self._thread = threading.Thread(target=self._load, name="plugins-start", daemon=True)
        self._thread.start()
        QTimer.singleShot(LONGEST_WAIT_MS, self, self._go_on)

    def end(self) -> None:
        """Watch no longer."""
        self._then = None
        self._announced.set()
        if self._watch is not None:
            for timer in self.findChildren(QTimer):
                timer.stop()
            self._watch.end()
            self._watch = None

    def _load(self) -> None:
        import_module("desk_app.runtime.plugins")  # before the desk asks, which holds up who else asks it for something
        with suppress(RuntimeError):  # the window is closed meanwhile
            self._desk.plugins.plugins()
            self._there.emit()
            self._announced.wait(LONGEST_WAIT_MS / 1000)
            if self._watch is not None:
                from desk_app.plugin_api.context import Mode

                self._desk.plugins.start(Mode.GUI, safe=self._safe)
                self._loaded.emit()

    @Slot()
    def _say_so(self) -> None:
        if self._watch is not None:
            self._announce()
        self._announced.set()

    def _watch_the_window(self) -> None:
        from desk_app.plugin_host.hangs import HangWatch

        self._watch = HangWatch(self._folder, self._folders, self._blame)
        beat = QTimer(self)
        beat.setInterval(BEAT_MS)
        beat.timeout.connect(self._watch.beat)
        beat.start()

    @Slot()
    def _after_loading(self) -> None:
        from desk_app.runtime.plugin_work import GOOD_AFTER_SECONDS

        if self._watch is not None:  # else the window is closed
            QTimer.singleShot(int(GOOD_AFTER_SECONDS * 1000), self, self._good)
        self._go_on()

    def _go_on(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()

    def _good(self) -> None:
        self._desk.plugins.start_was_good()

    def _folders(self) -> Mapping[str, Path]:
        return {state.slug: state.folder for state in self._desk.plugins.plugins() if state.folder is not None}

    def _blame(self, hang: Hang) -> None:
        self._desk.plugins.fault(hang.slug, "window", None, "It held the window up for more than 5 seconds.")
