"""Who is told when a plugin stands differently."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_host.states import Standing

Listener = Callable[[str, StateKind], None]
TOGETHER_SECONDS = 1.0
"""So long nobody is told of plugins that are brought up together."""
_log = logging.getLogger(__name__)


class Listeners:
    """Those who asked to be told, by whichever thread changes something. They are told one after the other, so that the
    last they hear is how it stands."""

    def __init__(self, standing: Standing) -> None:
        self._now = standing
        self._all: tuple[Listener, ...] = ()
        self._held: dict[str, None] | None = None
        self._lock = threading.Lock()
        self._order = threading.RLock()

    def __len__(self) -> int:
        return len(self._all)

    def add(self, listener: Listener) -> Callable[[], None]:
        """Tell one more; returns what ends that."""
        self._all = (*self._all, listener)

        def stop() -> None:
            self._all = tuple(one for one in self._all if one is not listener)

        return stop

    @contextmanager
    def together(self) -> Iterator[None]:
        """Tell of all plugins that change in a block at its end, and of each once. Where the block takes longer than a
        second, because one of them does, the others are told of then, and what follows as it comes."""
        with self._lock:
            nested = self._held is not None
            self._held = self._held or {}
        if nested:
            yield
            return
        late = threading.Timer(TOGETHER_SECONDS, self._release)
        late.daemon = True
        late.start()
        try:
            yield
        finally:
            late.cancel()
            self._release()

    def tell(self, slug: str) -> None:
        """Tell everybody how a plugin stands now, or with "" that all may stand differently."""
        with self._lock:
            if self._held is not None:
                self._held[slug] = None
                return
        self._tell(slug)

    def _release(self) -> None:
        with self._lock:
            held, self._held = self._held or {}, None
        for slug in held:
            self._tell(slug)

    def _tell(self, slug: str) -> None:
        with self._order:
            state = self._now.one(slug) if slug else None
            kind = state.kind if state is not None else StateKind.MISSING
            for listener in self._all:
                try:
                    listener(slug, kind)
                except Exception:  # noqa: BLE001 -- whoever listens must not end what is told of
                    _log.exception("a listener of plugins failed")
