"""Bulk jobs in the database (IN-06)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol


class JobState(StrEnum):
    """How far a bulk job is. RUNNING and UNDOING without a sign of life mean that it was interrupted."""

    RUNNING = "running"
    CANCELLED = "cancelled"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class ItemState(StrEnum):
    """What became of one ticket of a job; KEPT: an undo left it alone, because somebody changed it since."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    KEPT = "kept"


@dataclass(slots=True)
class BulkJob:
    """A change of many tickets. `done` and `failed` count what was dealt with in its present direction."""

    id: int
    agent_id: int
    command: str
    arguments: Mapping[str, Any]
    state: JobState
    total: int
    started_at: datetime
    done: int = 0
    failed: int = 0
    runner: str = ""
    finished_at: datetime | None = None


@dataclass(slots=True)
class BulkItem:
    """One ticket of a job. `changes` maps the names of changed fields to [value before, value after]."""

    ticket_id: int
    state: ItemState = ItemState.WAITING
    error: str = ""
    department_id: int | None = None
    changes: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BulkFailure:
    """A ticket that a job could not change, with the reason for people. `number` is "" where it is gone."""

    ticket_id: int
    number: str
    subject: str
    error: str


class BulkRepository(Protocol):
    """Keeps jobs and what happened to each of their tickets."""

    def add(self, job: BulkJob, items: Sequence[BulkItem]) -> int:
        """Insert a job (its `id` is ignored) with its tickets; returns the new id and sets it."""
        ...

    def get(self, job_id: int) -> BulkJob | None:
        """Return a job."""
        ...

    def claim(self, job_id: int, state: JobState, runner: str, *, quiet_for: timedelta) -> BulkJob | None:
        """Take a job over to bring it to `state`; None where it is gone or somebody worked on it within `quiet_for`.
        To undo it, one that runs is taken from whoever runs it: its next `progress` finds that."""
        ...

    def progress(self, job: BulkJob, under: JobState) -> bool:
        """Write counts and state as a sign of life; False where the job is not `under` way like that any more: it was
        cancelled, turned back or taken over meanwhile."""
        ...

    def quit(self, job_id: int, runner: str) -> None:
        """Note that its runner stopped in the middle, so that nobody has to wait to take it over."""
        ...

    def cancel(self, job_id: int) -> bool:
        """End a job where it is; False where it had ended."""
        ...

    def items(
        self, job_id: int, state: ItemState, *, beyond: int | None, limit: int, backwards: bool = False
    ) -> Sequence[BulkItem]:
        """Return tickets of a job in a state, by ticket id, beyond one of them."""
        ...

    def count(self, job_id: int, state: ItemState) -> int:
        """Return how many tickets of a job are in a state."""
        ...

    def save_items(self, job_id: int, items: Sequence[BulkItem]) -> None:
        """Write what happened to tickets."""
        ...

    def drop_waiting(self, job_id: int) -> None:
        """Take the tickets out of a job that it did not come to."""
        ...

    def wait_again(self, job_id: int) -> int:
        """Let the failed tickets of a job wait again; returns how many."""
        ...

    def failures(self, job_id: int, limit: int) -> Sequence[BulkFailure]:
        """Return the tickets that failed, or that an undo left alone."""
        ...

    def interrupted(self, agent_id: int, *, quiet_for: timedelta) -> Sequence[BulkJob]:
        """Return an agent's jobs that are under way but gave no sign of life for so long, oldest first."""
        ...
