"""Brings one plugin up in this program and takes it down again, whole or not at all (plugins.md, "States and
lifecycle")."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from desk_app.domain.plugins.model import PluginRecord, Source
from desk_app.plugin_api.context import Mode
from desk_app.plugin_api.contributions import Migration
from desk_app.plugin_api.marks import Kind, Thread
from desk_app.plugin_host.bounded import TooSlowError, within
from desk_app.plugin_host.dispatch import BadHookError, Dispatcher, HookFailedError, words_of
from desk_app.plugin_host.loading import Loaded, load, unload
from desk_app.plugin_host.manifest import Manifest
from desk_app.plugin_host.sources import Found, slug_of
from desk_app.services.ports.plugins import Contribution, PluginRefusedError

T = TypeVar("T")
LOAD_SECONDS = 20.0
"""So long a plugin may take to be imported, to say what it adds, and to come to life; each."""
GOODBYE_SECONDS = 2.0
"""So long a plugin may take to let go."""
MIGRATIONS = "migrations"
ASKED_ONCE = frozenset({MIGRATIONS, "channel_types"})
"""Collecting hooks whose answers are held on to, and not asked for anew in another language."""
_log = logging.getLogger(__name__)


class ContextMaker(Protocol):
    """Makes what a plugin gets."""

    def make(self, manifest: Manifest, record: Callable[[], PluginRecord], mode: Mode, folder: Path, /) -> Any:
        """Return the context of one plugin; its `close()` takes everything back, `settings.begin()` is given the stored
        settings, `settings.refresh()` reads them again. `record` returns what the desk keeps of the plugin at that
        moment, `folder` is where its files lie."""
        ...


class BroughtDownError(PluginRefusedError):
    """A plugin could not be brought up; `step` is what was being done, `error` what it raised."""

    def __init__(self, text: str, step: str, error: BaseException | None) -> None:
        super().__init__(text)
        self.step = step
        self.error = error


@dataclass(slots=True)
class Running:
    """A plugin that runs in this program. `contributions` are by hook; those of the window are added when it asks.
    `settings` are those it was last told of."""

    found: Found
    manifest: Manifest
    loaded: Loaded
    ctx: Any
    contributions: dict[str, tuple[Contribution, ...]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    has_window: bool = False
    gone: bool = False
    tables: int = 0
    """The last step of its tables that the desk knew when it came up."""
    files: str = ""
    """What the files it was loaded from amount to (`sources.digest`), "" for those that only an installer changes."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What bringing up needs of the host: a note which plugin is being loaded, a copy of the database before tables
    change, and to be told that the record has another number of the last migration now."""

    loading: Callable[[str, str], AbstractContextManager[None]]
    backup: Callable[[Manifest], None]
    migrated: Callable[[], object]


class Runner:
    """Brings plugins up and takes them down, one at a time: the host sees to that."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        contexts: ContextMaker,
        upkeep: Upkeep,
        spared: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._dispatcher = dispatcher
        self._contexts = contexts
        self._upkeep = upkeep
        self._spared = spared
        self._halves = threading.RLock()
        self._trial: Dispatcher | None = None

    def bring_up(
        self,
        found: Found,
        record: Callable[[], PluginRecord],
        mode: Mode,
        *,
        updated_from: str,
        settings: Mapping[str, Any],
    ) -> Running:
        """Import, migrate, register, collect, tell; it begins with these `settings`. Raises BroughtDownError with
        everything undone."""
        manifest = found.manifest
        if manifest is None:
            raise BroughtDownError("Its manifest has errors.", "manifest", None)
        with self._upkeep.loading(found.slug, str(manifest.version)):
            loaded = self._import(found, manifest)
            running = Running(found, manifest, loaded, None, settings=settings)
            try:
                return self._introduce(running, record, mode, updated_from)
            except BaseException as error:
                self._dispatcher.remove(found.slug)
                if running.ctx is not None:
                    running.ctx.close()
                unload(loaded)
                if isinstance(error, BroughtDownError | KeyboardInterrupt):
                    raise
                raise BroughtDownError(f"It could not be prepared: {_told(error)}.", "prepare", error) from error

    def farewell(self, leaving: Sequence[Running], hook: str, seconds: float | None = None, **arguments: Any) -> None:
        """Tell plugins that they are about to go, all at once; those that take too long are left behind, after two
        seconds where nothing else is said."""
        threads = []
        for running in leaving:
            tell = partial(self._dispatcher.event_for, running.found.slug, hook, **arguments)
            threads.append(threading.Thread(target=tell, name=f"plugin-farewell-{running.found.slug}", daemon=True))
            threads[-1].start()
        end = time.monotonic() + (GOODBYE_SECONDS if seconds is None else seconds)
        for running, thread in zip(leaving, threads, strict=True):
            thread.join(max(0.0, end - time.monotonic()))
            if thread.is_alive():
                _log.warning("the plugin %s did not come back from %s in time", running.found.slug, hook)

    def speak_anew(self, running: Running) -> None:
        """Ask a plugin anew what it adds beside the window: titles are in the language spoken when they are given. What
        is open, such as a session of a channel, stays. Raises BroughtDownError; it adds what it added before then."""
        found = self._collected(running, self._dispatcher, but_not=ASKED_ONCE)
        with self._halves:
            if not running.gone:
                running.contributions = {**running.contributions, **found}

    def let_go(self, running: Running) -> None:
        """Take everything of a plugin back and forget its modules."""
        with self._halves:
            running.gone = True
            running.contributions = {}
            self._dispatcher.remove(running.found.slug)
            running.ctx.close()
            unload(running.loaded)

    def window_half(self, running: Running, position: int) -> Mapping[str, Sequence[Contribution]]:
        """Import the half for the window, once, and return what it adds by hook; GUI thread only. Raises
        BroughtDownError; it takes no part then."""
        with self._halves, self._upkeep.loading(running.found.slug, str(running.manifest.version)):
            if running.gone:
                return {}
            return window_half(self._dispatcher, running, position)

    def ready(self, running: Running, mode: Mode) -> None:
        """Tell it that the program is ready. What it raises is noted by the dispatcher."""
        try:
            slug = running.found.slug
            self._within(LOAD_SECONDS, lambda: self._dispatcher.event_for(slug, "app_ready", mode=mode))
        except TooSlowError as error:
            raise BroughtDownError(
                f"It did not come back from app_ready within {LOAD_SECONDS:g} seconds.", "app_ready", error
            ) from error

    def _import(self, found: Found, manifest: Manifest) -> Loaded:
        fresh = found.source is Source.DEV
        return self._step(
            "import",
            "It cannot be loaded",
            lambda: load(manifest, found.folder, package=found.package, fresh=fresh),
            late=unload,
        )

    def _introduce(
        self, running: Running, record: Callable[[], PluginRecord], mode: Mode, updated_from: str
    ) -> Running:
        """Try everything among hooks that nobody calls, so that none reaches a plugin that is not wholly there."""
        slug = running.found.slug
        running.ctx = self._contexts.make(running.manifest, record, mode, running.found.folder)
        running.ctx.settings.begin(running.settings)
        trial = self._trial = self._trial or Dispatcher()
        try:
            self._step(
                "register", "It does not fit this program", lambda: trial.add(slug, running.loaded.part, running.ctx)
            )
            self._migrate(running, trial, record().table_version)
            running.contributions = self._collected(running, trial)
            self._wake(trial, slug, first_time=record().activated_at is None, previous_version=updated_from)
            trial.remove(slug)
        except BaseException:
            self._trial = None  # something of the plugin may be left in it, or at work in it
            raise
        running.tables = record().table_version
        self._dispatcher.add(slug, running.loaded.part, running.ctx, position=record().position)
        return running

    def _wake(self, trial: Dispatcher, slug: str, **told: Any) -> None:
        tell = partial(trial.event_for, slug, "plugin_activated", **told)
        raised = self._step("plugin_activated", "It could not come to life", tell)
        if raised is not None:
            raise BroughtDownError(f"It could not come to life: {_told(raised)}.", "plugin_activated", raised)

    def _collected(
        self, running: Running, hooks: Dispatcher, but_not: Collection[str] = (MIGRATIONS,)
    ) -> dict[str, tuple[Contribution, ...]]:
        slug, found = running.found.slug, {}
        for hook in hooks.used_by(slug):
            record = hooks.records[hook]
            if record.kind is Kind.COLLECT and record.thread is not Thread.GUI and hook not in but_not:
                specs = self._step(hook, "It could not say what it adds", partial(hooks.collect, slug, hook))
                found[hook] = tuple(Contribution(slug, running.ctx, spec) for spec in specs)
        return found

    def _migrate(self, running: Running, trial: Dispatcher, done: int) -> None:
        """Run the steps of its tables that are new."""
        slug = running.found.slug
        if MIGRATIONS not in trial.used_by(slug):
            return
        steps: Sequence[Migration] = self._step(
            "migrations", "It could not say which tables it needs", lambda: trial.collect(slug, "migrations")
        )
        due = sorted((step for step in steps if step.version > done), key=lambda step: step.version)
        if len({step.version for step in steps}) != len(steps):
            raise BroughtDownError("Two steps of its tables have the same number.", "migrations", None)
        if due:
            self._step(
                "backup",
                "The database could not be copied before its tables change",
                lambda: self._upkeep.backup(running.manifest),
                forever=True,
            )
        for step in due:
            self._step(
                f"migration {step.version}",
                f"Step {step.version} of its tables (“{step.title}”) failed",
                partial(self._run_step, running, step),
                forever=True,
            )

    def _run_step(self, running: Running, step: Migration) -> None:
        tables = running.ctx.tables
        tables.migrate(running.found.slug, step.version, lambda connection: step.run(tables, connection))
        self._upkeep.migrated()

    def _step(
        self,
        step: str,
        failed: str,
        function: Callable[[], T],
        *,
        forever: bool = False,
        late: Callable[[T], object] = lambda _answer: None,
    ) -> T:
        """Do one thing of the plugin's; turn whatever it raises into a refusal that says so."""
        seconds = None if forever else LOAD_SECONDS
        try:
            return self._within(seconds, function, late)
        except TooSlowError as error:
            raise BroughtDownError(f"{failed}: it took longer than {seconds:g} seconds.", step, error) from error
        except HookFailedError as error:
            raise BroughtDownError(f"{failed}: {error}.", step, error.__cause__ or error) from error
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            raise BroughtDownError(f"{failed}: {_told(error)}.", step, error) from error

    def _within(
        self,
        seconds: float | None,
        function: Callable[[], T],
        late: Callable[[T], object] = lambda _answer: None,
    ) -> T:
        """Call on a thread of its own, which is left behind when it does not come back in time; `late` gets what it
        returns when it does after all."""
        return within(seconds, function, name="plugin-step", late=late, around=self._spared)


def window_half(dispatcher: Dispatcher, running: Running, position: int) -> Mapping[str, Sequence[Contribution]]:
    """Import the half for the window, once, and ask it what it adds, by hook: each time, as the language of the window
    may be another one. Raises BroughtDownError."""
    from desk_app.plugin_api.ui import hooks  # noqa: PLC0415 -- needs Qt, which only a window has

    slug = running.found.slug
    dispatcher.add_group(hooks)
    try:
        if not running.has_window:
            part = running.loaded.window_part()
            dispatcher.add(slug, part, running.ctx, half="window", position=position)
            dispatcher.check_window(part)
        gui: dict[str, tuple[Contribution, ...]] = {}
        for hook in dispatcher.used_by(slug):
            if dispatcher.records[hook].thread is Thread.GUI and dispatcher.records[hook].kind is Kind.COLLECT:
                gui[hook] = tuple(Contribution(slug, running.ctx, spec) for spec in dispatcher.collect(slug, hook))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        dispatcher.remove(slug, half="window")
        running.has_window = False
        cause = (error.__cause__ or error) if isinstance(error, HookFailedError) else error
        raise BroughtDownError(f"Its part of the window failed: {_told(error)}.", "window", cause) from error
    running.has_window = True
    running.contributions = {**running.contributions, **gui}
    return gui


def _told(error: BaseException) -> str:
    if isinstance(error, BadHookError | HookFailedError):
        return str(error)
    return words_of(error).rstrip(".")


def order(wanted: Mapping[str, Found], positions: Mapping[str, int]) -> list[str]:
    """Return slugs so that each comes after those it requires, else by position; circles are broken somewhere."""
    done: list[str] = []
    open_: set[str] = set()

    def visit(slug: str) -> None:
        if slug in done or slug in open_ or slug not in wanted:
            return
        open_.add(slug)
        manifest = wanted[slug].manifest
        for needed in sorted(manifest.requires if manifest is not None else ()):
            visit(slug_of(needed))
        done.append(slug)

    for slug in sorted(wanted, key=lambda one: (positions.get(one, 100), one)):
        visit(slug)
    return done
