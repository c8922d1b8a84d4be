"""Calls the hooks: every implementation guarded, timed and blamed (plugins.md, "Isolation and recovery mode").

pluggy checks and holds the implementations; the calls are our own, because pluggy ends a call with the first exception,
hands the same context to all, and times nothing. For each hook there is a ready plan, a tuple that is replaced as a
whole, so that calls need no lock.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from operator import is_, itemgetter
from time import perf_counter
from types import ModuleType
from typing import Any, TypeVar

import pluggy

from desk_app.plugin_api.hooks import GROUPS
from desk_app.plugin_api.marks import ANSWERING, PROJECT, HookRecord, Kind, OnError, Waits, records_of
from desk_app.plugin_api.verdicts import Allow, Deny, Drop
from desk_app.plugin_host.bounded import BoundedCalls, HangingError, LeftBehind, StillHangingError
from desk_app.plugin_host.spec_checks import SpecError, check, check_channel, specs_of

T = TypeVar("T")
SLOW_SECONDS = 0.1
"""So long a hook may take before somebody is told."""
CHANNELS = "channel_types"
_MOMENT_SECONDS = 1.0
_log = logging.getLogger(__name__)


class BadHookError(Exception):
    """A plugin's implementation does not fit the hooks of the desk; the text is for its author."""


class HookFailedError(Exception):
    """A collecting hook failed, or returned something else than it promised; the text names plugin and hook."""


@dataclass(slots=True)
class Timing:
    """How long the calls of one hook of one plugin took, in seconds."""

    calls: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    faults: int = 0
    worth: float = 0.0
    """Only a call longer than this is worth a closer look: the longest so far, or what counts as slow."""


@dataclass(slots=True)
class _Call:
    """One implementation, ready to be called."""

    plugin: str
    function: Callable[..., Any]  # with the context filled in
    pick: Callable[[Mapping[str, Any]], Sequence[Any]]  # its other arguments, in order
    record: HookRecord
    timing: Timing


@dataclass(frozen=True, slots=True)
class Failure:
    """What a hook of a plugin did wrong. `arguments` are ids only. `error` is None where the answer was rubbish."""

    plugin: str
    hook: str
    summary: str
    error: BaseException | None = None
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Slow:
    """A hook took longer than it should."""

    plugin: str
    hook: str
    seconds: float
    record: HookRecord


@dataclass(slots=True)
class _Member:
    """A registered part of a plugin: its half with or without a window."""

    plugin: str
    part: object
    context: object
    position: int = 100
    timings: dict[str, Timing] = field(default_factory=dict)


class Dispatcher:
    """The hooks of one program. Registering happens under a lock, calls on any thread without one.

    `on_failure` and `on_slow` are told, on the thread of the call; they must not raise. `bounded` calls
    those hooks whose answer somebody waits for, with a limit; without it they are called as all others.
    """

    def __init__(
        self,
        *,
        groups: Iterable[ModuleType] = GROUPS,
        on_failure: Callable[[Failure], None] = lambda _failure: None,
        on_slow: Callable[[Slow], None] = lambda _slow: None,
        bounded: BoundedCalls | None = None,
    ) -> None:
        self.on_failure = on_failure
        self.on_slow = on_slow
        self._bounded = bounded
        self._manager = pluggy.PluginManager(PROJECT)
        self._groups: list[ModuleType] = []
        self._trial: pluggy.PluginManager | None = None
        self._records: dict[str, HookRecord] = {}
        self._plans: dict[str, tuple[_Call, ...]] = {}
        self._members: dict[str, _Member] = {}
        self._left: dict[str, LeftBehind] = {}
        self._lock = threading.RLock()
        self._changes = 1
        for group in groups:
            self.add_group(group)

    # -- who takes part -----------------------------------------------------------------------------------------------

    def add_group(self, group: ModuleType) -> None:
        """Know the hooks that a module specifies; those of the window are added by the window."""
        with self._lock:
            fresh = [record for record in records_of(group) if record.name not in self._records]
            if fresh:
                self._manager.add_hookspecs(group)
                self._groups.append(group)
                self._trial = None
                self._records.update((record.name, record) for record in fresh)

    @property
    def records(self) -> Mapping[str, HookRecord]:
        """Every hook by name."""
        return self._records

    def add(self, plugin: str, part: object, context: object, *, half: str = "", position: int = 100) -> None:
        """Let a module or object take part. `half` tells two parts of one plugin apart.

        Raises BadHookError where an implementation fits no hook; nothing is registered then.
        """
        name = f"{plugin}:{half}"
        with self._lock:
            self.check(part)
            self._manager.register(part, name=name)
            if all(member.plugin != plugin for member in self._members.values()):
                self._left[plugin] = LeftBehind()
            self._members[name] = _Member(plugin, part, context, position)
            self._plan([caller.name for caller in self._manager.get_hookcallers(part) or ()])

    def check(self, part: object) -> None:
        """Raise BadHookError where a part has an implementation no hook is known for, or one that cannot be called."""
        with self._lock:
            trial = self._trial = self._trial or self._another_manager()
            try:
                trial.register(part, name="trial")
            except pluggy.PluginValidationError as error:
                raise BadHookError(f"{error}") from error
            try:
                for hook in vars(trial.hook).values():
                    for impl in hook.get_hookimpls():
                        self._check_one(impl)
            except BadHookError:
                self._trial = None  # it knows hooks now that there are not
                raise
            trial.unregister(name="trial")

    def _another_manager(self) -> pluggy.PluginManager:
        trial = pluggy.PluginManager(PROJECT)
        for group in self._groups:
            trial.add_hookspecs(group)
        return trial

    def _check_one(self, impl: Any) -> None:
        name = impl.function.__name__ if impl.opts.get("specname") is None else impl.opts["specname"]
        if name not in self._records:
            near = get_close_matches(name, self._records, 1)
            hint = f"; did you mean “{near[0]}”?" if near else ""
            raise BadHookError(f"there is no hook “{name}”{hint}")
        if impl.wrapper or impl.hookwrapper:
            raise BadHookError(f"“{name}” is a wrapper; a plugin cannot stand around the others")
        if "ctx" in impl.argnames[1:]:
            raise BadHookError(f"“{name}”: ctx must be the first argument")

    def check_window(self, part: object) -> None:
        """Raise BadHookError where a half for the window, which takes part already, implements what is told to one
        program of the desk only: that may have no window."""
        with self._lock:
            for caller in self._manager.get_hookcallers(part) or ():
                record = self._records[caller.name]
                if record.kind is Kind.EVENT and record.group != "lifecycle":
                    raise BadHookError(
                        f"“{record.name}” stands in the part for the window, and is told to one program of the desk, "
                        "which may have none; put it into the module that “entry” names"
                    )

    def remove(self, plugin: str, *, half: str | None = None) -> None:
        """Take a plugin out, or one part of it; calls that are under way end by themselves."""
        with self._lock:
            names = [
                name
                for name, member in self._members.items()
                if member.plugin == plugin and half in {None, name.partition(":")[2]}
            ]
            for name in names:
                self._manager.unregister(name=name)
                del self._members[name]
            self._plan([name for name, plan in self._plans.items() if any(call.plugin == plugin for call in plan)])

    def place(self, positions: Mapping[str, int]) -> None:
        """Order the plugins by these numbers."""
        with self._lock:
            for member in self._members.values():
                member.position = positions.get(member.plugin, member.position)
            self._plan(self._plans)

    def plugins(self) -> set[str]:
        """Return who takes part."""
        with self._lock:
            return {member.plugin for member in self._members.values()}

    def used_by(self, plugin: str) -> Sequence[str]:
        """Return the hooks a plugin implements, by name."""
        return sorted(name for name, plan in self._plans.items() if any(call.plugin == plugin for call in plan))

    def timings(self, plugin: str) -> Mapping[str, Timing]:
        """Return how long a plugin's hooks took since it was switched on."""
        return {
            name: call.timing
            for name, plan in list(self._plans.items())
            for call in plan
            if call.plugin == plugin and call.timing.calls
        }

    def _plan(self, hooks: Iterable[str]) -> None:
        self._changes += 1
        for name in list(hooks):
            impls = getattr(self._manager.hook, name).get_hookimpls()
            ranked = sorted(impls, key=self._rank)
            plan = tuple(self._call(impl, self._records[name]) for impl in ranked)
            self._plans = {key: value for key, value in self._plans.items() if key != name}
            if plan:
                self._plans[name] = plan

    def _rank(self, impl: Any) -> tuple[int, int, str]:
        member = self._members[impl.plugin_name]
        return (0 if impl.tryfirst else 2 if impl.trylast else 1, member.position, member.plugin)

    def _call(self, impl: Any, record: HookRecord) -> _Call:
        member = self._members[impl.plugin_name]
        names = tuple(impl.argnames) + tuple(name for name in impl.kwargnames if name in record.arguments)
        function = impl.function
        if names[:1] == ("ctx",):
            function, names = partial(function, member.context), names[1:]
        if self._bounded is not None and record.kind in ANSWERING and record.waits is not None:
            left = self._left[member.plugin]
            function = partial(_in_time, self._bounded, member.plugin, record.name, record.waits, left, function)
        timing = member.timings.setdefault(record.name, Timing())
        return _Call(member.plugin, function, _picker(names), record, timing)

    # -- calls --------------------------------------------------------------------------------------------------------

    def await_plugins(self) -> None:
        """Wait for nobody: who takes part is here."""

    def wants(self, hook: str, /) -> bool:
        """Return whether anybody implements a hook."""
        return hook in self._plans

    def users(self, hook: str, /) -> Sequence[str]:
        """Return who implements a hook, in the order they are asked."""
        return tuple(dict.fromkeys(call.plugin for call in self._plans.get(hook, ())))

    def tell(self, plugin: str, hook: str, /, **arguments: Any) -> bool:
        """Tell one plugin only that something has happened; returns whether it implements the hook, and was there from
        the beginning to the end: one that was taken down meanwhile may not have heard it."""
        if hook == "settings_changed":
            self._changes += 1
        before = self._ears(plugin, hook)
        if before and self._bounded is None:
            self.event_for(plugin, hook, **arguments)
        elif before and self._bounded is not None and not self._told_in_time(self._bounded, plugin, hook, arguments):
            return False
        after = self._ears(plugin, hook)
        return bool(before) and len(before) == len(after) and all(map(is_, before, after))

    def _told_in_time(self, bounded: BoundedCalls, plugin: str, hook: str, arguments: Mapping[str, Any]) -> bool:
        """Tell, and return whether it was told; one that still hangs elsewhere is waited for, a moment at a time."""
        left, waits = self._left[plugin], self._records[hook].waits or Waits.DESK
        try:
            bounded(plugin, hook, waits, left, lambda: self.event_for(plugin, hook, **arguments))
        except StillHangingError:
            left.wait(_MOMENT_SECONDS)
            return False
        except HangingError as error:
            self.on_failure(Failure(plugin, hook, str(error), error, _ids(arguments)))
        return True

    def _ears(self, plugin: str, hook: str) -> list[Timing]:
        """What stays the same for as long as a plugin takes part, however often plans are made anew."""
        return [call.timing for call in self._plans.get(hook, ()) if call.plugin == plugin]

    def ask(self, plugin: str, doing: str, function: Callable[[], T], otherwise: T) -> T:
        """Return what a function that a plugin brought returns while a person waits, `otherwise` where it fails or does
        not come back."""
        try:
            return self._within(Waits.PERSON, plugin, doing, function)
        except StillHangingError:
            return otherwise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self.on_failure(Failure(plugin, doing, words_of(error), error))
            return otherwise

    def let(self, plugin: str, doing: str, function: Callable[[], T]) -> T:
        """Return what a function that a plugin brought returns while nobody waits. Raises what it raises, HangingError
        where it does not come back, and StillHangingError where an earlier call has not."""
        return self._within(Waits.DESK, plugin, doing, function)

    def _within(self, waits: Waits, plugin: str, doing: str, function: Callable[[], T]) -> T:
        left = self._left.get(plugin)
        if self._bounded is None or left is None:
            return function()
        return self._bounded(plugin, doing, waits, left, function)

    def state(self, hook: str, /) -> int:  # noqa: ARG002 -- the same number serves all hooks
        """Return a number that changes whenever answers may: who takes part, their order, their settings."""
        return self._changes

    def event(self, hook: str, /, **arguments: Any) -> None:
        """Tell every plugin that something has happened."""
        plan = self._plans.get(hook)
        if plan is None:
            return
        begun = perf_counter()
        for call in plan:
            try:
                call.function(*call.pick(arguments))
            except BaseException as error:  # noqa: BLE001 -- a plugin may do anything but end the program
                self._failed(call, error, arguments)
            timing, now = call.timing, perf_counter()  # as `_took`, without a call of our own for each
            took = now - begun
            begun = now
            timing.calls += 1
            timing.seconds += took
            if took > timing.worth:
                self._long(call, took)

    def event_for(self, plugin: str, hook: str, /, **arguments: Any) -> BaseException | None:
        """Tell one plugin only; returns what it raised."""
        raised: BaseException | None = None
        for call in self._plans.get(hook, ()):
            if call.plugin != plugin:
                continue
            begun = perf_counter()
            try:
                call.function(*call.pick(arguments))
            except BaseException as error:  # noqa: BLE001 -- as above
                raised = error
                self._failed(call, error, arguments)
            self._took(call, begun)
        return raised

    def filter(self, hook: str, value: T, /, **arguments: Any) -> T | Drop:
        """Return `value` as changed by each plugin in turn; the first Drop ends it where the hook allows one."""
        plan = self._plans.get(hook)
        if plan is None:
            return value
        begun = perf_counter()
        for call in plan:
            arguments["value"] = value
            try:
                answer = call.function(*call.pick(arguments))
            except BaseException as error:  # noqa: BLE001 -- as above
                self._failed(call, error, arguments)
                answer = None
            begun = self._took(call, begun)
            if answer is None:
                continue
            if isinstance(answer, Drop) and Drop in call.record.gives:
                return answer
            if isinstance(answer, type(value)):
                value = answer
            else:
                self._rubbish(call, answer, arguments)
        return value

    def guard(self, hook: str, /, **arguments: Any) -> Deny | None:
        """Return the first denial; what a guard's failure means is the hook's own rule."""
        plan = self._plans.get(hook)
        if plan is None:
            return None
        begun = perf_counter()
        for call in plan:
            answer: object
            try:
                answer = call.function(*call.pick(arguments))
            except BaseException as error:  # noqa: BLE001 -- as above
                self._failed(call, error, arguments)
                answer = _closed(call)
            begun = self._took(call, begun)
            if isinstance(answer, Deny):
                return answer
            if answer is not None and not isinstance(answer, Allow):
                self._rubbish(call, answer, arguments)
                if (denial := _closed(call)) is not None:
                    return denial
        return None

    def first(self, hook: str, /, **arguments: Any) -> Any:
        """Return the first answer of the right type."""
        plan = self._plans.get(hook)
        if plan is None:
            return None
        begun = perf_counter()
        for call in plan:
            try:
                answer = call.function(*call.pick(arguments))
            except BaseException as error:  # noqa: BLE001 -- as above
                self._failed(call, error, arguments)
                answer = None
            begun = self._took(call, begun)
            if answer is None:
                continue
            if isinstance(answer, call.record.gives) and not isinstance(answer, bool):
                return answer
            self._rubbish(call, answer, arguments)
        return None

    def collect(self, plugin: str, hook: str, /) -> list[Any]:
        """Return the specs one plugin contributes. Raises HookFailedError."""
        found: list[Any] = []
        for call in self._plans.get(hook, ()):
            if call.plugin != plugin:
                continue
            begun = perf_counter()
            try:
                given = call.function()
                specs = specs_of(given)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                raise HookFailedError(f"{hook}: {words_of(error)}") from error
            finally:
                self._took(call, begun)
            wrong = [spec for spec in specs if not isinstance(spec, call.record.gives)]
            if wrong:
                wanted = " or ".join(one.__name__ for one in call.record.gives)
                raise HookFailedError(f"{hook}: it returned {type(wrong[0]).__name__} where {wanted} was promised")
            try:
                for spec in specs:
                    if hook == CHANNELS:
                        check_channel(spec)
                    check(spec)
            except SpecError as error:
                raise HookFailedError(f"{hook}: {error}") from error
            found += specs
        return found

    def _took(self, call: _Call, begun: float) -> float:
        now = perf_counter()
        took, timing = now - begun, call.timing
        timing.calls += 1
        timing.seconds += took
        if took > timing.worth:
            self._long(call, took)
        return now

    def _long(self, call: _Call, took: float) -> None:
        timing = call.timing
        timing.longest = max(timing.longest, took)
        timing.worth = min(timing.longest, SLOW_SECONDS)
        if took > SLOW_SECONDS:
            self.on_slow(Slow(call.plugin, call.record.name, took, call.record))

    def _failed(self, call: _Call, error: BaseException, arguments: Mapping[str, Any]) -> None:
        if isinstance(error, KeyboardInterrupt):
            raise error
        if isinstance(error, StillHangingError):
            return  # that it hangs is known
        call.timing.faults += 1
        self.on_failure(Failure(call.plugin, call.record.name, words_of(error), error, _ids(arguments)))

    def _rubbish(self, call: _Call, answer: object, arguments: Mapping[str, Any]) -> None:
        call.timing.faults += 1
        wanted = " or ".join(one.__name__ for one in call.record.gives) or "nothing"
        summary = f"it answered {type(answer).__name__} where {wanted} was expected"
        self.on_failure(Failure(call.plugin, call.record.name, summary, None, _ids(arguments)))


def _in_time(
    bounded: BoundedCalls,
    plugin: str,
    hook: str,
    waits: Waits,
    left: LeftBehind,
    function: Callable[..., Any],
    *arguments: Any,
) -> Any:
    return bounded(plugin, hook, waits, left, partial(function, *arguments))


def _picker(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """Return what takes the named arguments out of all, as quickly as there is a way."""
    if not names:
        return lambda _arguments: ()
    if len(names) == 1:
        only = names[0]
        return lambda arguments: (arguments[only],)
    return itemgetter(*names)


def _closed(call: _Call) -> Deny | None:
    if call.record.kind is Kind.GUARD and call.record.on_error is OnError.CLOSED:
        return Deny(f"The plugin “{call.plugin}” failed while it checked this. Pause it on the Plugins page to go on.")
    return None


def words_of(error: BaseException) -> str:
    """Return an exception's type and text; one that cannot even say its text has none."""
    name = type(error).__name__
    try:
        text = str(error)
    except BaseException as worse:
        if isinstance(worse, KeyboardInterrupt):
            raise
        text = ""
    return f"{name}: {text}" if text else name


def _ids(arguments: Mapping[str, Any]) -> str:
    """What the arguments were, by id only: contents of mail never reach a log."""
    shown = []
    for name, value in arguments.items():
        if isinstance(value, bool | int | float):
            shown.append(f"{name}={value}")
        elif isinstance(found := getattr(value, "id", None), int):
            shown.append(f"{name}=#{found}")
    return " ".join(shown)
