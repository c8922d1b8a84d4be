"""What collecting hooks return: the things a plugin adds, as data."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from desk_app.plugin_api.data import TicketView
from desk_app.plugin_api.verdicts import Allow, Deny


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value a person fills in: for a report, a condition, an action, a field.

    `kind` is text, number, bool, choice, date, duration or secret; `choices` maps stored values to shown ones;
    `default` is used where nothing was chosen. A secret goes to the keychain and is read from there by its key.
    """

    key: str
    title: str
    kind: str = "text"
    default: Any = None
    choices: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """Something done again and again by one program of the desk at a time.

    `every` is the span between two starts (at least one second). `run` gets the context and must end within `timeout`;
    one that does not is left behind, and the plugin is paused when that happens again and again.
    """

    id: str
    run: Callable[[Any], object]
    every: timedelta
    timeout: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        spans: tuple[object, ...] = (self.every, self.timeout)
        if not all(isinstance(one, timedelta) for one in spans):
            raise TypeError(f"the job “{self.id}”: “every” and “timeout” are timedeltas")


class HealthState(StrEnum):
    """How something fares."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of a health check; `text` says what to do where it is not good."""

    state: HealthState
    text: str


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A question about the plugin's well-being, asked on the Plugins page and by `desk-app doctor`."""

    id: str
    title: str
    run: Callable[[Any], Health]


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the plugin's own tables. Steps run in order of `version` (1, 2, ...), each in one transaction after a
    backup; `run` gets the context's tables and the connection."""

    version: int
    title: str
    run: Callable[[Any, Any], None]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A word between double braces in canned responses and signatures. `name` is lower case with dots
    (`shop.last_order`); `value` gets the context and the ticket and returns plain text, within five seconds. The ticket
    of a first mail has the id 0."""

    name: str
    title: str
    value: Callable[[Any, TicketView], str]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """What a report found: `columns` are titles, `rows` hold texts and numbers; `total` is a last row, () for none."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    total: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class ReportType:
    """A report. `run` gets the context and the chosen values, off the GUI thread, and has a minute, with the reading of
    the rows it returns; shown as a table and as CSV."""

    id: str
    title: str
    run: Callable[[Any, Mapping[str, Any]], ReportTable]
    parameters: tuple[Parameter, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand `desk-app <plugin> <name>`. `run` gets the context and the parsed arguments, returns the exit code;
    `arguments` adds options to the parser."""

    name: str
    help: str
    run: Callable[[Any, argparse.Namespace], int]
    arguments: Callable[[argparse.ArgumentParser], None] = field(default=lambda _parser: None)


# -- provisional: used by parts of the desk that are still to come -----------------------------------------------------


class FieldStorage(StrEnum):
    """How values of a field are kept and compared."""

    TEXT = "text"
    NUMBER = "number"
    BOOL = "bool"
    DATE = "date"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class FieldType:
    """A kind of custom field. Provisional.

    `parse` makes a stored value of what was typed and raises ValueError with a text for the agent; `format` shows one;
    `sort_key` and `search_terms` make it sortable and findable; `operators` are what conditions may ask of it.
    """

    id: str
    title: str
    storage: FieldStorage
    parse: Callable[[str, Mapping[str, Any]], Any]
    format: Callable[[Any, Mapping[str, Any]], str]
    config: tuple[Parameter, ...] = ()
    sort_key: Callable[[Any], Any] = field(default=lambda value: value)
    search_terms: Callable[[Any], Sequence[str]] = field(default=lambda value: (str(value),))
    operators: tuple[str, ...] = ("is", "is_not", "empty", "not_empty")


@dataclass(frozen=True, slots=True)
class TriggerType:
    """Something that starts rules. Provisional."""

    id: str
    title: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionType:
    """Something a rule may ask of a ticket. Provisional."""

    id: str
    title: str
    evaluate: Callable[[Any, TicketView, Mapping[str, Any]], bool]
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionType:
    """Something a rule or macro may do. `run` returns nothing: it uses the commands of the context. `describe` says in
    words what the parameters mean. Provisional."""

    id: str
    title: str
    run: Callable[[Any, TicketView, Mapping[str, Any]], None]
    parameters: tuple[Parameter, ...] = ()
    permissions: tuple[str, ...] = ()
    describe: Callable[[Mapping[str, Any]], str] = field(default=lambda _values: "")


@dataclass(frozen=True, slots=True)
class GuardType:
    """A condition of a blueprint's transition. Provisional."""

    id: str
    title: str
    check: Callable[[Any, TicketView, Mapping[str, Any]], Allow | Deny | None]
    parameters: tuple[Parameter, ...] = ()


class Phase(StrEnum):
    """When a step of a transition runs."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class StepType:
    """A step of a blueprint's transition. Provisional."""

    id: str
    title: str
    phase: Phase
    run: Callable[[Any, TicketView, Mapping[str, Any]], None]
    parameters: tuple[Parameter, ...] = ()
