"""Widgets in cycles are destroyed on the GUI thread, whoever allocates; of a closed window nothing is left."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget

from desk_app.ui.garbage import GarbageRounds
from desk_app.ui.plugins.parts import plugins_of
from tests.support.desks import DeskKit
from tests.ui import plugin_scenes, stage
from tests.ui.conftest import close


class _Ring:
    """Refers to itself, so that only a search for garbage ends it."""

    def __init__(self) -> None:
        self.me = self
        self.widget = QWidget()


def test_garbage_is_looked_for_on_the_gui_thread_alone(qapp: QApplication) -> None:
    rounds = GarbageRounds()
    try:
        ended: list[threading.Thread] = []
        ring = _Ring()
        weakref.finalize(ring, lambda: ended.append(threading.current_thread()))
        del ring
        busy = threading.Thread(target=lambda: [[] for _ in range(gc.get_threshold()[0] * 3)])
        busy.start()
        busy.join()
        assert not ended, "a thread that reads mail destroyed a widget"
        kept = [[] for _ in range(gc.get_threshold()[0] * 2)]  # type: ignore[var-annotated]
        rounds.look()
        assert ended == [threading.main_thread()], len(kept)
    finally:
        rounds.end()
    assert gc.isenabled()


def test_a_closed_window_is_held_by_no_thread_that_began_while_it_was_open(kit: DeskKit, settings: QSettings) -> None:
    stage.believable(kit)
    plugin_scenes.furnish(kit.desk)
    window = stage.open_window(kit, settings)
    plugins_of(window)  # hears of exceptions, and every new thread keeps who does
    window.inbox.list.open_first()
    stage.settle(window)
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    close(window)
    left = weakref.ref(window)
    del window
    gc.collect()
    try:
        assert left() is None
    finally:
        end.set()
        thread.join()
