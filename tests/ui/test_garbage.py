"""Widgets in cycles are destroyed on the GUI thread, whoever allocates."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtWidgets import QApplication, QWidget

from desk_app.ui.garbage import GarbageRounds


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
