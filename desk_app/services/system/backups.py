"""Backups: made while everybody works, read back before they count, and daily ones that replace the oldest."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from desk_app.domain.people.actor import Actor
from desk_app.services.ports.backup import BackupStore
from desk_app.services.ports.errors import StorageError
from desk_app.services.ports.unit_of_work import UnitOfWorkFactory
from desk_app.services.system.backup_failure import BackupFailure, failure_of, keep_failure
from desk_app.services.system.place import DeskPlace

_log = logging.getLogger(__name__)
KEPT = 7
"""How many daily backups stay; the oldest goes."""
_EVERY = timedelta(hours=24)
_AGAIN = timedelta(hours=1)  # after a failure; a full disk does not get better by copying every minute
_DAILY = "backup.daily"
_STAMP = "%Y%m%d-%H%M%S"


class BackupStage(StrEnum):
    """What is being done."""

    COPYING = "copying"
    CHECKING = "checking"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class BackupStep:
    """How far a backup is; `tickets` and `size` are known when it is DONE."""

    stage: BackupStage
    done: int = 0
    total: int = 0
    tickets: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A daily backup."""

    path: Path
    at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class BackupState:
    """What the data page shows: `problem` says why no backup can be made here, `command` how an admin makes one."""

    where: str
    folder: Path
    daily: bool
    files: Sequence[BackupFile]
    problem: str
    command: str
    suffix: str
    can_be_daily: bool
    failure: BackupFailure | None = None


class BackupService:
    """Copies the whole database."""

    def __init__(self, uow: UnitOfWorkFactory, store: BackupStore, place: DeskPlace) -> None:
        self._uow = uow
        self._store = store
        self._place = place
        self._tried_at: datetime | None = None

    def state(self) -> BackupState:
        """Return where the data lies and which backups there are."""
        with self._uow() as uow:
            daily = uow.settings.get(_DAILY, False) is True
            failure = failure_of(uow)
        words = self._store.command(self._place.backups / f"desk{self._store.suffix}")
        return BackupState(
            where=self._place.shown_database,
            folder=self._place.backups,
            daily=daily,
            files=self._files(),
            problem=self._store.problem(),
            command=" ".join(f'"{one}"' if " " in one else one for one in words),
            suffix=self._store.suffix,
            can_be_daily=self._place.database_file is not None,
            failure=failure,
        )

    def back_up(self, target: Path, actor: Actor) -> Iterator[BackupStep]:
        """Copy the database to a file and read the copy back. Raises StorageError and OSError; nothing half-done stands
        under the name then."""
        target.parent.mkdir(parents=True, exist_ok=True)
        yield BackupStep(BackupStage.COPYING)
        for done, total in self._store.copy(target):
            yield BackupStep(BackupStage.COPYING, done, total)
        yield BackupStep(BackupStage.CHECKING)
        tickets = self._store.verify(target)
        with self._uow() as uow:
            log = list(uow.settings.get("backup.log", []))
            entry = {"at": uow.now().isoformat(), "actor": actor.name, "tickets": tickets}
            uow.settings.set("backup.log", [*log, entry][-50:])
            uow.commit()
        yield BackupStep(BackupStage.DONE, 1, 1, tickets, target.stat().st_size)

    def set_daily(self, on: bool) -> None:
        """Switch the daily backup on or off."""
        with self._uow() as uow:
            uow.settings.set(_DAILY, on)
            keep_failure(uow, None)
            uow.commit()

    def daily(self, now: datetime | None = None) -> Path | None:
        """Make the daily backup if it is wanted and due, and let the oldest go; returns the new file. What goes wrong
        is kept for the admins to see, and raised."""
        if self._place.database_file is None:
            return None
        at, files = now or datetime.now(UTC), self._files()
        if files and at - files[0].at < _EVERY:
            return None
        if self._tried_at is not None and at - self._tried_at < _AGAIN:
            return None
        with self._uow() as uow:
            if uow.settings.get(_DAILY, False) is not True:
                return None
        self._tried_at = at
        try:
            target = self._copy_daily(at)
        except Exception as error:
            self._note_failure(BackupFailure(at, _why(error)))
            raise
        self._note_failure(None)
        return target

    def _copy_daily(self, at: datetime) -> Path:
        target = self._place.backups / f"desk-{at:{_STAMP}}{self._store.suffix}"
        self._place.backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in self._store.copy(target):
            pass
        self._store.verify(target)
        for old in self._files()[KEPT:]:
            old.path.unlink(missing_ok=True)
        return target

    def _note_failure(self, failure: BackupFailure | None) -> None:
        """Keep it for the admins' windows. A disk that is full may refuse that as well: then the log has to do."""
        try:
            with self._uow() as uow:
                keep_failure(uow, failure)
                uow.commit()
        except Exception:
            if failure is None:
                raise
            _log.warning("the failed backup could not be noted", exc_info=True)

    def _files(self) -> Sequence[BackupFile]:
        """The daily backups, newest first; the name says when."""
        found = []
        for path in self._place.backups.glob(f"desk-*{self._store.suffix}") if self._place.backups.is_dir() else ():
            try:
                at = datetime.strptime(path.stem.removeprefix("desk-"), _STAMP).replace(tzinfo=UTC)
                found.append(BackupFile(path, at, path.stat().st_size))
            except (ValueError, OSError):
                continue
        return sorted(found, key=lambda one: one.at, reverse=True)


def _why(error: Exception) -> str:
    if isinstance(error, StorageError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return "The log of the program has the details."
