"""Exceptions that nobody caught on the GUI thread, such as in a paint or in the handler of a click: whose they are.

Qt hands them to `sys.excepthook`. One that comes from a plugin's code is the plugin's fault: it is noted, the widget
gives way to a notice, and no dialog is shown.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType

import shiboken6
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from desk_app.services.ports.plugins import PluginState
from desk_app.ui.plugins.window_parts import WindowParts

Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]
_PACKAGE = "desk_plugins."
AGAIN_AND_AGAIN = frozenset({"paintEvent", "resizeEvent", "moveEvent", "eventFilter", "event", "sizeHint", "data"})
"""Qt calls these over and over: at the first failure the widget they belong to is put away, and the plugin paused."""


def frames(trace: TracebackType | None) -> list[FrameType]:
    """Return the frames of a traceback, the innermost first."""
    found = []
    while trace is not None:
        found.append(trace.tb_frame)
        trace = trace.tb_next
    return found[::-1]


def plugin_of(found: Sequence[FrameType], states: Sequence[PluginState]) -> tuple[str, FrameType | None]:
    """Return the plugin whose code an exception came from, and its innermost frame; "" where it is none's."""
    folders = [(str(one.folder), one.slug) for one in states if one.folder is not None]
    for frame in found:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith(_PACKAGE):
            return name.removeprefix(_PACKAGE).partition(".")[0], frame
        file = frame.f_code.co_filename
        for folder, slug in folders:
            if file.startswith((f"{folder}/", f"{folder}\\")):
                return slug, frame
    return "", None


class Uncaught(QObject):
    """Stands before `sys.excepthook` while a window is there."""

    def __init__(
        self,
        parts: WindowParts,
        states: Callable[[], Sequence[PluginState]],
        blame: Callable[..., None],
        pause: Callable[[str, str], object],
    ) -> None:
        super().__init__(parts)
        self._parts, self._states, self._blame, self._pause = parts, states, blame, pause
        self._before: Hook = sys.excepthook
        mine, before = weakref.ref(self), self._before

        def caught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> object:
            here = mine()
            return before(kind, error, trace) if here is None else here.caught(kind, error, trace)

        self._mine: Hook = caught  # every thread keeps the hook there was when it began: it must keep no window
        sys.excepthook = caught

    def end(self) -> None:
        """Let what was there before hear of exceptions again."""
        if sys.excepthook is self._mine:
            sys.excepthook = self._before

    def caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> object:
        """See whose an exception is."""
        slug, frame = "", None
        if not issubclass(kind, KeyboardInterrupt):
            slug, frame = plugin_of(frames(trace), self._states())
        if not slug or frame is None:
            return self._before(kind, error, trace)
        self._blame(slug, f"window: {frame.f_code.co_qualname}", error)
        if frame.f_code.co_name in AGAIN_AND_AGAIN:
            self._put_away(slug, frame, error)
            told = f"{kind.__name__}: {error}".rstrip(": ").rstrip(".")
            self._pause(slug, f"A part of it failed while the window was painted: {told}.")
        return None

    def _put_away(self, slug: str, frame: FrameType, error: BaseException) -> None:
        mount, widget = self._parts.mount_of(slug), frame.f_locals.get("self")
        if mount is None or not isinstance(widget, QWidget):
            return
        owned = mount.owns(widget)
        if owned is None:
            return

        def put() -> None:
            if shiboken6.isValid(owned) and not owned.property("put_away"):
                owned.setProperty("put_away", True)
                mount.replace(owned, error)

        QTimer.singleShot(0, mount, put)  # not in the middle of a paint
