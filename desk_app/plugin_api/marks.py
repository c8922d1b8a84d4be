"""The markers: `hookimpl` for authors, `hook` for the program's own specifications (plugins.md, "Shape").

Names, arguments and docstrings are pluggy's business; kind, thread, first version and what a failure means are kept
beside, because pluggy knows nothing of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import pluggy

API_VERSION = "1.0"
"""The version of the plugin interface, apart from the program's: a new hook raises the minor, a change the major."""

PROJECT = "desk_app"
_RECORD = "desk_app_hook"

hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as the implementation of the hook of the same name.

`ctx`, where it is named, comes first and is the plugin's own context; all other arguments may be left out.
`tryfirst=True` and `trylast=True` ask for a place in the order; wrappers are refused.
"""

_hookspec = pluggy.HookspecMarker(PROJECT)
F = TypeVar("F", bound=Callable[..., Any])


class Kind(StrEnum):
    """What a hook is for, and so how results and failures are treated."""

    EVENT = "event"  # something has happened; results are ignored
    FILTER = "filter"  # the first argument is changed; None leaves it as it is
    COLLECT = "collect"  # asked once at activation; returns specs
    GUARD = "guard"  # may deny; any denial wins
    FIRST = "first answer"  # the first answer that is not None wins


class Thread(StrEnum):
    """Where implementations run. Only GUI may touch Qt, and nothing there may wait."""

    WORKER = "worker"  # a thread of the background worker
    CALLER = "caller"  # the thread that does the work in question, never the GUI thread
    GUI = "gui"


class OnError(StrEnum):
    """What becomes of the work when an implementation fails."""

    IGNORE = "ignored"  # the others are asked, the work goes on
    KEEP = "previous value kept"
    CLOSED = "denied"  # a guard that cannot answer denies
    OPEN = "allowed"
    ROLL_BACK = "activation rolled back"


class Waits(StrEnum):
    """Who waits for an answer, and so how long one may take; `SECONDS` says it for each."""

    PERSON = "a person"  # who changes a ticket, opens one, or begins to write
    SENDER = "whoever sends"  # a message is on its way out: there is time for one request
    DESK = "the desk"  # mail that arrives, events that are told: no person waits


SECONDS: Mapping[Waits, float] = {Waits.PERSON: 5.0, Waits.SENDER: 15.0, Waits.DESK: 60.0}
"""So many seconds one call of one plugin may take. What takes longer counts as failed, and its plugin is paused. A
request of the context gives up after 10 where nothing else is said, which leaves whoever sends time to say so. Time
that a plugin waits for the database, or for other plugins that its own change asks, does not count."""


_USUAL_ERROR = {
    Kind.EVENT: OnError.IGNORE,
    Kind.FILTER: OnError.KEEP,
    Kind.COLLECT: OnError.ROLL_BACK,
    Kind.GUARD: OnError.OPEN,
    Kind.FIRST: OnError.IGNORE,
}
ANSWERING = frozenset({Kind.FILTER, Kind.GUARD, Kind.FIRST})
"""Kinds of hook whose answer somebody waits for."""


@dataclass(frozen=True, slots=True)
class HookRecord:
    """What is promised of a hook. `arguments` are without `ctx`; `gives` are the types an answer may have: for a
    collecting hook those of its specs. `waits` says how long a call may take; None for what a plugin is
    asked or told when it comes and goes, which has limits of its own. `provisional` hooks may change in any version."""

    name: str
    group: str
    kind: Kind
    thread: Thread
    since: str
    on_error: OnError
    arguments: tuple[str, ...]
    gives: tuple[type, ...] = ()
    provisional: bool = False
    doc: str = ""
    signature: str = ""
    waits: Waits | None = None


def hook(
    kind: Kind,
    *,
    thread: Thread = Thread.CALLER,
    since: str = "1.0",
    on_error: OnError | None = None,
    gives: tuple[type, ...] = (),
    provisional: bool = False,
    waits: Waits | None = None,
) -> Callable[[F], F]:
    """Mark a function without body as the specification of a hook; its module's last name is the group."""

    def mark(function: F) -> F:
        signature = inspect.signature(function)
        names = tuple(name for name in signature.parameters if name != "ctx")
        record = HookRecord(
            name=function.__name__,
            group=function.__module__.rpartition(".")[2],
            kind=kind,
            thread=thread,
            since=since,
            on_error=on_error or _USUAL_ERROR[kind],
            arguments=names,
            gives=gives,
            provisional=provisional,
            doc=inspect.getdoc(function) or "",
            signature=f"{function.__name__}{signature}",
            waits=waits or _usual_waits(kind, thread),
        )
        setattr(function, _RECORD, record)
        return _hookspec(function)

    return mark


def _usual_waits(kind: Kind, thread: Thread) -> Waits | None:
    if kind is Kind.EVENT:
        return Waits.DESK if thread is Thread.WORKER else None
    return Waits.PERSON if kind in ANSWERING else None


def records_of(namespace: object) -> list[HookRecord]:
    """Return the hooks that a module specifies, in the order they are written in."""
    found = [getattr(one, _RECORD) for one in vars(namespace).values() if hasattr(one, _RECORD)]
    return [one for one in found if isinstance(one, HookRecord)]
