"""How the program fares, for the system page: the same findings as `desk-app doctor` (AD-13), logs, diagnostics."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from desk_app import __version__
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory
from desk_app.services.system.bundle import picture_of, write_bundle
from desk_app.services.system.checks import (
    Check,
    carefully,
    check_shape,
    computer_checks,
    desk_checks,
    free_bytes,
)
from desk_app.services.system.logs import LogLine, read_logs
from desk_app.services.system.place import DeskPlace


@dataclass(frozen=True, slots=True)
class JobState:
    """One job and who does it: another computer's, this process's, or nobody's any more."""

    name: str
    host: str
    pid: int
    until_at: datetime
    alive: bool
    ours: bool


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """Numbers of the system page; sizes are bytes."""

    version: str
    python: str
    system: str
    database: Mapping[str, Any]
    shown_database: str
    data_dir: Path
    free: int
    jobs: Sequence[JobState]


class SystemService:
    """Looks at the program from outside. `facts` are the database's diagnostics, `keychain` says what is wrong with the
    keychain ("" for nothing) with its title, `redact` takes secrets out of a text."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        place: DeskPlace,
        *,
        facts: Callable[[], Mapping[str, Any]],
        keychain: Callable[[], tuple[str, str]],
        redact: Callable[[str], str],
        holder: str = "",
    ) -> None:
        self._uow = uow
        self.place = place
        self._facts = facts
        self._keychain = keychain
        self._redact = redact
        self._holder = holder

    def examine(self) -> Sequence[Check]:
        """Look at everything; never raises."""
        looks = (*computer_checks(self.place), ("database", self._database))
        return [check for name, look in looks for check in carefully(name, look)]

    def _database(self) -> Iterator[Check]:
        yield check_shape(self._facts(), self.place.shown_database)
        title, problem = self._keychain()
        yield Check("keychain", "Keychain", "warn" if problem else "ok", f"{title}: {problem}" if problem else title)
        with self._uow() as uow:
            yield from desk_checks(uow)

    def facts(self) -> SystemFacts:
        """Return versions, sizes and jobs."""
        with self._uow() as uow:
            now, leases = uow.now(), uow.leases.all()
        return SystemFacts(
            version=__version__,
            python=platform.python_version(),
            system=platform.platform(terse=True),
            database=self._facts(),
            shown_database=self.place.shown_database,
            data_dir=self.place.data_dir,
            free=free_bytes(self.place),
            jobs=[
                JobState(one.name, one.host, one.pid, one.until_at, one.until_at > now, one.holder == self._holder)
                for one in sorted(leases, key=lambda one: one.name)
            ],
        )

    def bundle(self, target: Path) -> Path:
        """Write the diagnostics bundle (AD-08). Raises OSError and StorageError."""
        checks = self.examine()
        with self._uow() as uow:
            picture = picture_of(uow, self._facts())
        return write_bundle(target, self.place, checks, picture, self._redact)

    def logs(self, *, least: str = "INFO", words: str = "", limit: int = 500) -> Sequence[LogLine]:
        """Return the newest log entries, newest first."""
        return read_logs(self.place.logs, least=least, words=words, limit=limit)
