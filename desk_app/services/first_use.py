"""Parts of something big that are built when they are first asked for, and whose code is loaded no sooner.

A start of the window needs a few of a desk's services and repositories; all of them are a fifth of it (decision 110).
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, Self, TypeVar, overload

Owner = TypeVar("Owner")
Part = TypeVar("Part")
_building = RLock()
"""One for all: parts are built once each, whoever asks, and a part may need others."""


class on_first_use(Generic[Owner, Part]):  # noqa: N801 -- reads as a decorator, like property
    """Makes a method without arguments an attribute: what it returned when the attribute was first read. Safe to use
    from any thread.

    The method imports what it builds, its annotation names the type under `TYPE_CHECKING`.
    """

    def __init__(self, build: Callable[[Owner], Part]) -> None:
        self._build = build
        self._name = build.__name__
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, owner: None, kind: type[Any]) -> Self: ...

    @overload
    def __get__(self, owner: Owner, kind: type[Any]) -> Part: ...

    def __get__(self, owner: Owner | None, kind: type[Any]) -> Self | Part:
        if owner is None:
            return self
        with _building:
            built: dict[str, Any] = vars(owner)  # found there before this is asked, from now on
            if self._name not in built:
                built[self._name] = self._build(owner)
            part: Part = built[self._name]
            return part
