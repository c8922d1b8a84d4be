"""What services call before anybody knows whether there are plugins: waits for a start that is under way.

Loads nothing of the plugin host, so that a window may be on screen before that is needed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from desk_app.services.ports.hooks import Hooks, NoHooks

if TYPE_CHECKING:
    from desk_app.plugin_api.verdicts import Deny, Drop

T = TypeVar("T")
WAIT_SECONDS = 15.0
"""So long calls wait for plugins that are being loaded, from when that was announced."""


class HookGate:
    """The hooks of a program; see the port. Closed only between `expect` and `open`."""

    def __init__(self) -> None:
        self._hooks: Hooks = NoHooks()
        self._opened = threading.Event()
        self._opened.set()
        self._spared = threading.local()
        self._window = False
        self._until = 0.0
        self._start: Callable[[], None] | None = None

    def expect(self, *, window: bool) -> None:
        """Let calls wait from now on; in a program with a window not those of its main thread."""
        self._window = window
        if self._opened.is_set():
            self._until = time.monotonic() + WAIT_SECONDS
        self._opened.clear()

    def when_asked(self, start: Callable[[], None]) -> None:
        """Load plugins when the first hook is called, and not where none is: most commands call none."""
        self._start = start

    def open(self, hooks: Hooks) -> None:
        """Let every call through to these hooks."""
        self._hooks = hooks
        self._opened.set()

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Let this thread not wait: it is the one that loads the plugins."""
        before = getattr(self._spared, "now", False)
        self._spared.now = True
        try:
            yield
        finally:
            self._spared.now = before

    def _now(self) -> Hooks:
        if self._start is not None:
            start, self._start = self._start, None
            start()
        if not self._opened.is_set() and not self._may_not_wait():
            self._opened.wait(max(0.0, self._until - time.monotonic()))
        return self._hooks

    def _may_not_wait(self) -> bool:
        window = self._window and threading.current_thread() is threading.main_thread()
        return window or getattr(self._spared, "now", False)

    def await_plugins(self) -> None:
        """Wait here, where no transaction is open, and not inside one, where it shows whether to ask."""
        self._now()

    def wants(self, hook: str, /) -> bool:
        """Return whether any plugin implements a hook."""
        return self._now().wants(hook)

    def users(self, hook: str, /) -> Sequence[str]:
        """Return who implements a hook."""
        return self._now().users(hook)

    def tell(self, plugin: str, hook: str, /, **arguments: Any) -> bool:
        """Tell one plugin that something has happened; returns whether it was there."""
        return self._now().tell(plugin, hook, **arguments)

    def state(self, hook: str, /) -> int:
        """Return a number that changes whenever answers to a hook may."""
        return self._now().state(hook)

    def event(self, hook: str, /, **arguments: Any) -> None:
        """Tell that something has happened."""
        self._now().event(hook, **arguments)

    def filter(self, hook: str, value: T, /, **arguments: Any) -> T | Drop:
        """Return the value as the plugins changed it."""
        return self._now().filter(hook, value, **arguments)

    def guard(self, hook: str, /, **arguments: Any) -> Deny | None:
        """Return the first denial."""
        return self._now().guard(hook, **arguments)

    def first(self, hook: str, /, **arguments: Any) -> Any:
        """Return the first answer."""
        return self._now().first(hook, **arguments)
