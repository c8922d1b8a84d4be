"""Watches that nothing looks anything up while the window is being painted (toolchain.md 3, plugins.md speed).

with PaintWatch() as watch:
    watch.forbid(Dispatcher, "a plugin hook")
    ...                                   # show and paint
assert not watch.found
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Self

import pytest
from PySide6.QtCore import QAbstractItemModel, QObject
from PySide6.QtGui import QIconEngine
from PySide6.QtWidgets import QAbstractItemDelegate, QLayout, QWidget
from sqlalchemy import event
from sqlalchemy.engine import Engine

import desk_app.ui
from desk_app.services.desk import Desk
from desk_app.ui.work import Work

_ASKED = {
    QAbstractItemModel: ("data", "headerData", "flags", "rowCount", "columnCount"),
    QAbstractItemDelegate: ("paint", "sizeHint", "initStyleOption"),
    QIconEngine: ("paint", "pixmap", "actualSize"),
    QLayout: ("sizeHint", "minimumSize", "heightForWidth"),
    QWidget: ("paintEvent", "sizeHint", "minimumSizeHint", "heightForWidth"),
}
"""What Qt calls, by the class that declares it, as often as it likes and for every frame."""


class _Painting:
    """What is being painted at this moment. One for the process: Qt keeps the methods it once found of a class, so
    those that tell of painting stay for good and are heard by whoever watches."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.hear: Callable[[str], None] = _nobody
        self.told: set[tuple[type, str]] = set()

    def tell(self, kind: type) -> None:
        """Let a class tell when it answers Qt's questions for painting."""
        names = {name for base, names in _ASKED.items() if issubclass(kind, base) for name in names}
        for name in names & set(vars(kind)):
            if (kind, name) not in self.told:
                self.told.add((kind, name))
                setattr(kind, name, self._telling(f"{kind.__name__}.{name}", vars(kind)[name]))

    def _telling(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def answer(*args: Any, **named: Any) -> Any:
            if self.hear is _nobody:  # other tests measure how quick this is
                return method(*args, **named)
            self.hear(name)
            self.inside.append(name)
            try:
                return method(*args, **named)
            finally:
                self.inside.pop()

        return answer


def _nobody(_name: str) -> None:
    """Nobody watches."""


_painting = _Painting()


class PaintWatch:
    """While it is entered, whatever is forbidden and called in the middle of painting stands in `found`.

    Make the window after entering, and destroy it before leaving.
    """

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.asked: set[str] = set()
        """The methods of the window that Qt called, as "Class.method"."""
        self._patch = pytest.MonkeyPatch()
        self._thread = threading.get_ident()

    def __enter__(self) -> Self:
        for kind in set(_window_classes()):
            _painting.tell(kind)
        _painting.hear = self._hear
        self.forbid(Work, "work on another thread", ("run", "stream"))
        event.listen(Engine, "before_cursor_execute", self._statement)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        event.remove(Engine, "before_cursor_execute", self._statement)
        _painting.hear = _nobody
        self._patch.undo()

    def watch(self, kind: type[QObject | QIconEngine]) -> None:
        """Take what a class of a test says to Qt's questions for painting."""
        _painting.tell(kind)

    def forbid(self, kind: type, what: str, names: Iterable[str] = ()) -> None:
        """Remark every call of these methods of a class, or of all it has, while something is being painted."""
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            if name in names or (not names and not name.startswith("__")):
                told = self._forbidden(f"{what}: {kind.__name__}.{name}", method)
                static = isinstance(inspect.getattr_static(kind, name), staticmethod)
                self._patch.setattr(kind, name, staticmethod(told) if static else told)

    def forbid_services(self, desk: Desk) -> None:
        """Forbid everything a front end may ask of a desk."""
        for name in desk.parts():
            self.forbid(type(getattr(desk, name)), "a service")

    def _hear(self, name: str) -> None:
        self.asked.add(name)
        if threading.get_ident() != self._thread:
            self.found.add(f"{name} is asked on another thread")

    def _forbidden(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def answer(*args: Any, **named: Any) -> Any:
            self._remark(name)
            return method(*args, **named)

        return answer

    def _statement(self, _connection: object, _cursor: object, statement: str, *_others: object) -> None:
        self._remark(f"SQL: {statement[:80]}")

    def _remark(self, what: str) -> None:
        if _painting.inside and threading.get_ident() == self._thread:
            self.found.add(f"{_painting.inside[-1]} calls {what}")


def _window_classes() -> Iterator[type[QObject | QIconEngine]]:
    """Every class of the window that Qt asks something while painting."""
    for module in pkgutil.walk_packages(desk_app.ui.__path__, "desk_app.ui."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__.startswith("desk_app.") and issubclass(kind, tuple(_ASKED)):
                yield kind
