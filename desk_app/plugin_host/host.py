"""The plugins of one program: found, switched on and off, followed across the desk (plugins.md, "States and
lifecycle").

`PluginHost` holds the parts together and lets one change happen at a time: `wishes.py` does what a person asks for,
`plugin_files.py` installs and removes, `following.py` follows other programs, `aftermath.py` judges earlier starts, and
`switching.py` brings plugins up and takes them down for all of them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from desk_app.domain.plugins.model import Permission, PluginRecord
from desk_app.plugin_api.context import Mode
from desk_app.plugin_api.marks import SECONDS, Waits
from desk_app.plugin_host.aftermath import Aftermath
from desk_app.plugin_host.bounded import BoundedCalls
from desk_app.plugin_host.dispatch import Dispatcher, Timing
from desk_app.plugin_host.faults import FaultBook
from desk_app.plugin_host.following import Following
from desk_app.plugin_host.gate import HookGate
from desk_app.plugin_host.manifest import Manifest
from desk_app.plugin_host.plugin_files import PluginFiles
from desk_app.plugin_host.running import GOODBYE_SECONDS, BroughtDownError, ContextMaker, Runner, Upkeep
from desk_app.plugin_host.shelf import Shelf
from desk_app.plugin_host.slowness import SlowHooks
from desk_app.plugin_host.sources import Places, slug_of
from desk_app.plugin_host.start_marks import LoadingMarks
from desk_app.plugin_host.states import Standing
from desk_app.plugin_host.switching import Switching
from desk_app.plugin_host.telling import Listener, Listeners
from desk_app.plugin_host.uncaught import Uncaught
from desk_app.plugin_host.wishes import Wishes
from desk_app.services.ports.errors import StorageError
from desk_app.services.ports.plugins import Contribution, PluginReading, PluginState
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory

if TYPE_CHECKING:
    from desk_app.plugin_host.dev import DevWatch
    from desk_app.plugin_host.installing import Candidate

T = TypeVar("T")
_log = logging.getLogger(__name__)
ALL_ASIDE = "All plugins were put aside in this program."


@dataclass(frozen=True, slots=True)
class Environment:
    """What the host needs of the program around it.

    `backup` copies the database before a plugin's tables change, `forget` deletes the secrets of a plugin that goes
    with its data, `keep_secrets_of` those of all plugins that the desk does not know, `redact` takes secrets out of a
    text, `seconds` is how long hooks may take.
    """

    uow: UnitOfWorkFactory
    reading: PluginReading
    places: Places
    contexts: ContextMaker
    backup: Callable[[Manifest], None] = lambda _manifest: None
    forget: Callable[[str, PluginRecord], object] = lambda _slug, _record: None
    keep_secrets_of: Callable[[Callable[[], Collection[str]]], object] = lambda _known: None
    redact: Callable[[str], str] = lambda text: text
    tell_author: Callable[[str], None] = _log.info
    seconds: Mapping[Waits, float] = field(default_factory=lambda: SECONDS)


class PluginHost:
    """See `PluginHosting`. One change at a time, under a lock that hooks and readers never take."""

    def __init__(self, environment: Environment, gate: HookGate) -> None:
        self._env = environment
        self._gate = gate
        self._turn = threading.RLock()
        now = self._now = Standing()
        places = environment.places
        shelf = self._shelf = Shelf(environment.uow, environment.reading, now)
        listeners = self._listeners = Listeners(now)
        self._dev: DevWatch | None = None
        self._closed = False
        self._asked_for_safe_mode: bool | None = None
        self._marks = LoadingMarks(places.user)
        self.faults = FaultBook(shelf.add_fault, self.pause, redact=environment.redact)
        slow = SlowHooks(now, listeners.tell)
        self._uncaught = Uncaught(now, self.faults)
        self.dispatcher = Dispatcher(
            on_failure=self.faults.failed,
            on_slow=slow.note,
            bounded=BoundedCalls(self._marks.at, environment.seconds),
        )
        upkeep = Upkeep(self._marks.loading, environment.backup, shelf.read)
        runner = self._runner = Runner(self.dispatcher, environment.contexts, upkeep, gate.spared)
        switch = self._switch = Switching(now, places, shelf, runner, self.faults, slow, gate, listeners)
        self._aftermath = Aftermath(now, places.user, self._marks, shelf, switch, self.faults)
        self._following = Following(now, shelf, switch, self.dispatcher, listeners)
        self._wishes = Wishes(now, shelf, switch, self.dispatcher, self.faults, listeners)
        self._files = PluginFiles(now, places.user, shelf, switch, self._wishes, runner, listeners, environment.forget)

    # -- the life of the program --------------------------------------------------------------------------------------

    @property
    def hooks(self) -> HookGate:
        """The hooks, as services call them."""
        return self._gate

    @property
    def safe_mode(self) -> str:
        """Why no plugin was loaded at this start."""
        return self._now.safe

    def start(self, mode: Mode, *, safe: bool = False) -> None:
        """Load what is wanted, or only look."""
        self._now.mode = mode
        self._gate.expect(window=mode is Mode.GUI)
        self._uncaught.begin()
        try:
            with self._turn:
                self._asked_for_safe_mode = safe
                self._begin()
        except Exception:  # noqa: BLE001 -- a desk without plugins is better than none
            _log.exception("plugins could not be loaded")
        finally:
            self._gate.open(self.dispatcher)
        try:
            with self._turn:
                self._switch.ready = True
                for running in list(self._now.running.values()):
                    self._switch.tell_ready(running)
        except Exception:  # noqa: BLE001 -- as above
            _log.exception("plugins could not be told that the program is ready")
        self._listeners.tell("")
        self._forget_secrets()
        if not self._now.safe:
            self._watch_dev()

    def _begin(self) -> None:
        """Look what there is, judge earlier starts, and bring up what is wanted. Raises StorageError."""
        self._switch.look()
        self._now.started = True
        self._following.begin()
        self._aftermath.pause_what_crashed()
        self._now.safe = self._aftermath.reason_to_leave_out(asked=bool(self._asked_for_safe_mode))
        if not self._now.safe:
            self._switch.bring_up_wanted()

    def _watch_dev(self) -> None:
        if self._env.places.dev and self._dev is None:
            from desk_app.plugin_host.dev import DevWatch  # noqa: PLC0415 -- for authors only

            self._dev = DevWatch(self, self._env.places.dev, self._env.tell_author)
            self._dev.begin()

    def start_was_good(self) -> None:
        """Forget bad starts."""
        self._aftermath.start_was_good()

    def leave_safe_mode(self) -> None:
        """Load what was left out at this start."""
        self.run_only(None)

    def run_only(self, slugs: Iterable[str] | None) -> None:
        """Let only these of the wanted plugins run here; None lets all run again."""
        only = None if slugs is None else frozenset(map(slug_of, slugs))
        with self._turn:
            self._now.only, self._now.safe, self._switch.ready = only, ALL_ASIDE if only == frozenset() else "", True
            for slug, running in reversed(list(self._now.running.items())):
                if only is not None and slug not in only:
                    self._switch.take_down(running, "user")
            self._switch.look()
            self._switch.bring_up_wanted()
        self._listeners.tell("")

    def look(self) -> Sequence[PluginState]:
        """Look again for plugins."""
        with self._turn:
            self._switch.look()
        self._listeners.tell("")
        return self.plugins()

    def sync(self) -> None:
        """Follow the desk."""
        with self._turn:
            if self._closed:
                return
            if self._asked_for_safe_mode is not None and not self._now.started:
                self._begin()  # the database was away at the start
            self._following.sync()
        self._forget_secrets()

    def _forget_secrets(self) -> None:
        """Delete what the keychain here holds of plugins that were removed with their data, on whichever computer."""
        try:
            self._env.keep_secrets_of(lambda: {record.slug for record in self._env.reading.all()})
        except StorageError as error:
            _log.warning("secrets of plugins that were removed stay for now: %s", error)

    def close(self, deadline: float) -> None:
        """End. A plugin that is being loaded and does not come back is left behind."""
        if self._dev is not None:
            self._dev.end()
        if self._closed:
            return
        if not self._turn.acquire(timeout=deadline):
            self._closed = True
            self._marks.close()
            return
        try:
            self._closed = True
            running = list(self._now.running.values())
            half = deadline / 2
            self._runner.farewell(running, "app_closing", half, deadline=half)
            self._runner.farewell(running, "plugin_deactivating", min(half, GOODBYE_SECONDS), reason="closing")
            self._now.running = {}
            for one in reversed(running):
                self._runner.let_go(one)
        finally:
            self._turn.release()
        self.faults.close(deadline)
        self._uncaught.end()
        self._marks.close()
        if self._switch.ready:
            self.start_was_good()

    # -- what there is ------------------------------------------------------------------------------------------------

    def plugins(self) -> Sequence[PluginState]:
        """Return every plugin as it stands."""
        return self._now.all()

    def state(self, slug: str) -> PluginState | None:
        """Return one plugin as it stands."""
        return self._now.one(slug_of(slug))

    def contributions(self, hook: str) -> Sequence[Contribution]:
        """Return what the active plugins add."""
        slugs = sorted(self._now.running, key=lambda slug: (self._now.position(slug), slug))
        running = self._now.running
        return [spec for slug in slugs if slug in running for spec in running[slug].contributions.get(hook, ())]

    def context(self, slug: str) -> Any:
        """Return the context of a plugin that runs."""
        running = self._now.running.get(slug_of(slug))
        return running.ctx if running is not None else None

    def speak_anew(self) -> None:
        """Ask plugins anew what they add, in another language."""
        with self._turn:
            for running in list(self._now.running.values()):
                try:
                    self._runner.speak_anew(running)
                except BroughtDownError as error:
                    self._switch.note(running.found.slug, error)
        self._listeners.tell("")

    def used_hooks(self, slug: str) -> Sequence[str]:
        """Return the hooks a plugin implements."""
        return self.dispatcher.used_by(slug_of(slug))

    def timings(self, slug: str) -> Mapping[str, Timing]:
        """Return how long its hooks took."""
        return self.dispatcher.timings(slug_of(slug))

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Tell of changes."""
        return self._listeners.add(listener)

    # -- switching ----------------------------------------------------------------------------------------------------

    def activate(self, slug: str, granted: Iterable[Permission]) -> None:
        """Switch a plugin on."""
        with self._turn:
            self._wishes.activate(slug_of(slug), granted)

    def deactivate(self, slug: str) -> None:
        """Switch a plugin off."""
        with self._turn:
            self._wishes.deactivate(slug_of(slug))

    def try_again(self, slug: str) -> None:
        """Let a paused plugin run again."""
        slug = slug_of(slug)
        self._shelf.clear_faults(slug)
        self.activate(slug, self._shelf.known(slug).granted)

    def grant(self, slug: str, permission: Permission) -> None:
        """Give a permission."""
        with self._turn:
            self._wishes.grant(slug_of(slug), permission)

    def revoke(self, slug: str, permission: Permission) -> None:
        """Take a permission."""
        with self._turn:
            self._wishes.revoke(slug_of(slug), permission)

    def reorder(self, slugs: Sequence[str]) -> None:
        """Order the plugins."""
        with self._turn:
            self._wishes.reorder([slug_of(one) for one in slugs])
        self._listeners.tell("")

    # -- files --------------------------------------------------------------------------------------------------------

    def stage(self, file: Path) -> Candidate:
        """Unpack a plugin file and try it."""
        return self._files.stage(file)

    def put(self, candidate: Candidate) -> str:
        """Put a plugin that was tried in its place."""
        with self._turn:
            slug = self._files.put(candidate)
        self._listeners.tell(slug)
        return slug

    def install(self, file: Path) -> str:
        """Install a plugin file."""
        return self.put(self.stage(file))

    def update(self, slug: str) -> None:
        """Switch to the newer version."""
        with self._turn:
            self._files.update(slug_of(slug))

    def roll_back(self, slug: str) -> None:
        """Switch to the version before."""
        with self._turn:
            self._files.roll_back(slug_of(slug))

    def uninstall(self, slug: str, *, delete_data: bool) -> None:
        """Remove a plugin."""
        with self._turn:
            self._files.uninstall(slug_of(slug), delete_data=delete_data)
        self._forget_secrets()

    # -- the window's half --------------------------------------------------------------------------------------------

    def ui_part(self, slug: str) -> Mapping[str, Sequence[Contribution]]:
        """Import the window's half; GUI thread."""
        running, record = self._now.running.get(slug_of(slug)), self._now.records.get(slug_of(slug))
        if running is None or record is None or not running.manifest.ui_entry:
            return {}
        if Permission.UI not in record.permissions:  # it is asked for by a newer version, and not given yet
            return {}
        try:
            return self._runner.window_half(running, self._now.position(running.found.slug))
        except BroughtDownError as error:
            self._switch.note(running.found.slug, error)
            raise

    # -- faults -------------------------------------------------------------------------------------------------------

    def fault(self, slug: str, place: str, error: BaseException | None, summary: str = "") -> None:
        """Note a fault."""
        self.faults.note(slug_of(slug), place, error, summary)

    def ask(self, slug: str, doing: str, function: Callable[[], T], otherwise: T) -> T:
        """Call what a plugin brought, while a person waits."""
        return self.dispatcher.ask(slug_of(slug), doing, function, otherwise)

    def let(self, slug: str, doing: str, function: Callable[[], T]) -> T:
        """Call what a plugin brought, while nobody waits."""
        return self.dispatcher.let(slug_of(slug), doing, function)

    def at_work(self, slug: str, doing: str) -> AbstractContextManager[None]:
        """Note that a plugin is at work."""
        return self._marks.at(slug_of(slug), doing)

    def settle(self, seconds: float = 5.0) -> bool:
        """Wait until every fault noted so far is written down and acted on; returns whether it is."""
        return self.faults.settle(seconds)

    def pause(self, slug: str, reason: str) -> None:
        """Stop a plugin."""
        with self._turn:
            self._switch.pause(slug_of(slug), reason)
