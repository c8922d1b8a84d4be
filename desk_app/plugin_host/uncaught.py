"""Errors nobody caught, in threads of plugins and in what Python calls by itself: whose they are is told by the files
of the traceback."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any

from desk_app.plugin_api.context import Mode
from desk_app.plugin_host.faults import FaultBook
from desk_app.plugin_host.states import Standing


class Uncaught:
    """Stands before the interpreter's own hooks while plugins run. What is no plugin's goes on to those.

    In a window `sys.excepthook` is the window's: it also has to put away the widget that failed.
    """

    def __init__(self, standing: Standing, faults: FaultBook) -> None:
        self._standing = standing
        self._faults = faults
        self._before: tuple[Any, Any, Any] | None = None
        self._mine = (self._on_error, self._on_thread_error, self._on_unraisable)

    def begin(self) -> None:
        """Hear of errors from now on."""
        if self._before is None:
            self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
            if self._standing.mode is not Mode.GUI:
                sys.excepthook = self._mine[0]
            threading.excepthook, sys.unraisablehook = self._mine[1], self._mine[2]

    def end(self) -> None:
        """Let those that were there before hear of errors again, as far as nobody else stands before us."""
        if self._before is None:
            return
        before, self._before = self._before, None
        if sys.excepthook is self._mine[0]:
            sys.excepthook = before[0]
        if threading.excepthook is self._mine[1]:
            threading.excepthook = before[1]
        if sys.unraisablehook is self._mine[2]:
            sys.unraisablehook = before[2]

    def blame(self, place: str, error: BaseException | None, trace: TracebackType | None) -> bool:
        """Note an error as the fault of the plugin it came from; returns whether it is one's."""
        if error is None or isinstance(error, SystemExit | KeyboardInterrupt):
            return False
        slug = self._standing.owner_of(trace)
        if slug:
            self._faults.note(slug, place, error)
        return bool(slug)

    def _on_error(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not self.blame("uncaught", error, trace):
            self._previous(0)(kind, error, trace)

    def _on_thread_error(self, args: threading.ExceptHookArgs) -> None:
        name = args.thread.name if args.thread is not None else ""
        if not self.blame(f"thread {name}", args.exc_value, args.exc_traceback):
            self._previous(1)(args)

    def _on_unraisable(self, args: Any) -> None:
        if not self.blame("clean-up", args.exc_value, args.exc_traceback):
            self._previous(2)(args)

    def _previous(self, which: int) -> Any:
        usual = (sys.__excepthook__, threading.__excepthook__, sys.__unraisablehook__)
        return (self._before or usual)[which]
