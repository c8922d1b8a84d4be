"""Why the daily backup could not be made, as the desk keeps it for the admins to see.

Read with the first list: it loads nothing of what makes backups.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desk_app.services.ports.unit_of_work import UnitOfWork


_KEY = "backup.failed"


@dataclass(frozen=True, slots=True)
class BackupFailure:
    """When and why it failed; gone with the next one that succeeds. `why` is a sentence."""

    at: datetime
    why: str


def failure_of(uow: UnitOfWork) -> BackupFailure | None:
    """Return why the last daily backup failed; None where it was made, or none is wanted."""
    kept = uow.settings.get(_KEY)
    return BackupFailure(datetime.fromisoformat(kept["at"]), str(kept["why"])) if isinstance(kept, dict) else None


def keep_failure(uow: UnitOfWork, failure: BackupFailure | None) -> None:
    """Keep it; None forgets it."""
    if failure is not None or failure_of(uow) is not None:
        kept = {"at": failure.at.isoformat(), "why": failure.why} if failure is not None else None
        uow.settings.set(_KEY, kept)
