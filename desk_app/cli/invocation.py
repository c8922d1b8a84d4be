"""One run of the command: its arguments, where the desk is, and what the composition root handed in."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING, Protocol

from desk_app.infra import location as places
from desk_app.infra import logging as desk_logging
from desk_app.infra.location import DeskLocation

if TYPE_CHECKING:
    from desk_app.domain.people.actor import Actor
    from desk_app.domain.people.agent import Agent
    from desk_app.services.desk import Desk


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What `desk-app demo` was asked for. `keep` is a folder for the demo's data, None for one that goes away;
    `screenshot` the path of the picture a headless run writes, "" for one in the data folder."""

    offscreen: bool
    json: bool
    keep: str | None
    screenshot: str = ""


class OpenDesk(Protocol):
    """Opens a desk with everything that belongs to it."""

    def __call__(self, location: DeskLocation, *, origin: str) -> Desk:
        """Open the desk at `location`; `origin` names the kind of program in logs and leases."""
        ...


@dataclass(frozen=True, slots=True)
class Programs:
    """What stands above the command line and is handed down to it (architecture.md, layers). Window and worker are told
    whether to leave plugins out."""

    open_desk: OpenDesk
    run_window: Callable[[DeskLocation, bool], int]
    run_worker: Callable[[Desk, Event, bool], None]
    run_demo: Callable[[DemoOptions], int]


@dataclass(slots=True)
class Invocation:
    """One run of the command."""

    args: argparse.Namespace
    programs: Programs
    _location: DeskLocation | None = None

    @property
    def json(self) -> bool:
        """Whether the answer is printed as JSON."""
        return bool(getattr(self.args, "json", False))

    @property
    def location(self) -> DeskLocation:
        """Where the desk is; raises LocationError."""
        if self._location is None:
            found = places.resolve(getattr(self.args, "database", None), getattr(self.args, "data", None))
            keychain, level = getattr(self.args, "keychain", None), getattr(self.args, "log_level", None)
            self._location = replace(
                found, keychain=keychain or found.keychain, log_level=(level or found.log_level).upper()
            )
        return self._location

    def start_log(self, role: str = "command") -> None:
        """Create the data folder and begin to log into it."""
        places.prepare(self.location)
        try:
            desk_logging.configure(self.location.data_dir, role=role, level=self.location.log_level)
        except ValueError as error:
            raise places.LocationError(str(error)) from error

    @contextmanager
    def desk(self, *, origin: str = "command") -> Iterator[Desk]:
        """Open the desk and close it again; raises LocationError and StorageError."""
        self.start_log(origin)
        desk = self.programs.open_desk(self.location, origin=origin)
        try:
            yield desk
        finally:
            desk.close()


def sign_in(desk: Desk) -> tuple[Agent, Actor]:
    """Return the agent who runs the command, and the actor its changes are recorded under."""
    from desk_app.services.people.agents import actor_for  # noqa: PLC0415 -- `--help` does not wait for it

    agent = desk.people.sign_in(getpass.getuser())
    return agent, actor_for(agent)
