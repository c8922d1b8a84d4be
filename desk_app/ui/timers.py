"""Timers of the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def single_shot(owner: QObject, milliseconds: int, call: Callable[[], object]) -> QTimer:
    """Return a timer that calls once, so long after its last start; it goes with its owner."""
    made = QTimer(owner)
    made.setSingleShot(True)
    made.setInterval(milliseconds)
    made.timeout.connect(call)
    return made


def next_turn(owner: QObject, call: Callable[[], object]) -> None:
    """Call in another turn of the window, after the keys and clicks that wait by then; not at all where its owner went.

    Qt does a call after 0 ms still in the same turn, before any of these: it is posted as an event.
    """
    QTimer.singleShot(1, owner, call)
