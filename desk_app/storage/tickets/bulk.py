"""Bulk jobs in the database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, bindparam, delete, func, insert, or_, select, update

from desk_app.services.ports.bulk import BulkFailure, BulkItem, BulkJob, ItemState, JobState
from desk_app.storage.schema.tickets import ticket
from desk_app.storage.schema.views import bulk_item, bulk_job

if TYPE_CHECKING:
    from desk_app.storage.transaction import Transaction

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_UNDER_WAY = (JobState.RUNNING.value, JobState.UNDOING.value)
_AT_ONCE = 5_000
_SAVE_ITEM = (
    update(bulk_item)
    .where(bulk_item.c.job_id == bindparam("job"), bulk_item.c.ticket_id == bindparam("ticket"))
    .values(
        state=bindparam("state"),
        error=bindparam("error"),
        department_id=bindparam("department_id"),
        before=bindparam("before"),
    )
)


class SqlBulkRepository:
    """Jobs in the database; see the port."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction

    def add(self, job: BulkJob, items: Sequence[BulkItem]) -> int:
        """Insert a job with its tickets."""
        values = {
            "agent_id": job.agent_id,
            "command": job.command,
            "arguments": json.dumps(dict(job.arguments), ensure_ascii=False),
            "started_at": job.started_at,
            "alive_at": self._t.now(),
            "runner": job.runner,
            **_counts(job),
        }
        key = self._t.connection.execute(insert(bulk_job), values).inserted_primary_key
        assert key is not None  # noqa: S101 -- a single-row insert always has one
        job.id = int(key[0])
        for start in range(0, len(items), _AT_ONCE):
            rows = [{"job_id": job.id, "ticket_id": one.ticket_id, **_state(one)} for one in items[start:][:_AT_ONCE]]
            self._t.put(bulk_item, rows)
        return job.id

    def get(self, job_id: int) -> BulkJob | None:
        """Return a job."""
        row = self._t.connection.execute(select(bulk_job).where(bulk_job.c.id == job_id)).first()
        return None if row is None else _job(row)

    def claim(self, job_id: int, state: JobState, runner: str, *, quiet_for: timedelta) -> BulkJob | None:
        """Take a job over."""
        now = self._t.now()
        free = or_(
            bulk_job.c.state.not_in(_UNDER_WAY), bulk_job.c.runner == runner, bulk_job.c.alive_at < now - quiet_for
        )
        running = bulk_job.c.state == JobState.RUNNING.value
        ours = or_(free, running) if state is JobState.UNDOING else free & (bulk_job.c.state != JobState.UNDOING.value)
        statement = (
            update(bulk_job)
            .where(bulk_job.c.id == job_id, ours)
            .values(state=state.value, runner=runner, alive_at=now, finished_at=None)
            .returning(bulk_job)
        )
        row = self._t.connection.execute(statement).first()
        return None if row is None else _job(row)

    def progress(self, job: BulkJob, under: JobState) -> bool:
        """Write counts and state as a sign of life."""
        statement = (
            update(bulk_job)
            .where(bulk_job.c.id == job.id, bulk_job.c.runner == job.runner, bulk_job.c.state == under.value)
            .values(alive_at=self._t.now(), **_counts(job))
        )
        return self._t.connection.execute(statement).rowcount == 1

    def quit(self, job_id: int, runner: str) -> None:
        """Note that its runner stopped in the middle."""
        statement = update(bulk_job).where(bulk_job.c.id == job_id, bulk_job.c.runner == runner)
        self._t.connection.execute(statement.values(alive_at=_LONG_AGO))

    def cancel(self, job_id: int) -> bool:
        """End a job where it is."""
        statement = (
            update(bulk_job)
            .where(bulk_job.c.id == job_id, bulk_job.c.state.in_(_UNDER_WAY))
            .values(state=JobState.CANCELLED.value, finished_at=self._t.now())
        )
        return self._t.connection.execute(statement).rowcount == 1

    def items(
        self, job_id: int, state: ItemState, *, beyond: int | None, limit: int, backwards: bool = False
    ) -> Sequence[BulkItem]:
        """Return tickets of a job in a state."""
        key = bulk_item.c.ticket_id
        statement = select(bulk_item).where(bulk_item.c.job_id == job_id, bulk_item.c.state == state.value)
        if beyond is not None:
            statement = statement.where(key < beyond if backwards else key > beyond)
        statement = statement.order_by(key.desc() if backwards else key).limit(limit)
        return [
            BulkItem(row.ticket_id, ItemState(row.state), row.error, row.department_id, json.loads(row.before))
            for row in self._t.connection.execute(statement)
        ]

    def count(self, job_id: int, state: ItemState) -> int:
        """Return how many tickets of a job are in a state."""
        statement = select(func.count()).where(bulk_item.c.job_id == job_id, bulk_item.c.state == state.value)
        return int(self._t.connection.execute(statement).scalar_one())

    def save_items(self, job_id: int, items: Sequence[BulkItem]) -> None:
        """Write what happened to tickets."""
        rows = [{"job": job_id, "ticket": one.ticket_id, **_state(one)} for one in items]
        if rows:
            self._t.connection.execute(_SAVE_ITEM, rows)

    def drop_waiting(self, job_id: int) -> None:
        """Take the tickets out of a job that it did not come to."""
        waiting = (bulk_item.c.job_id == job_id) & (bulk_item.c.state == ItemState.WAITING.value)
        self._t.connection.execute(delete(bulk_item).where(waiting))

    def wait_again(self, job_id: int) -> int:
        """Let the failed tickets of a job wait again."""
        failed = (bulk_item.c.job_id == job_id) & (bulk_item.c.state == ItemState.FAILED.value)
        return int(
            self._t.connection.execute(
                update(bulk_item).where(failed).values(state=ItemState.WAITING.value, error="")
            ).rowcount
        )

    def failures(self, job_id: int, limit: int) -> Sequence[BulkFailure]:
        """Return the tickets that failed, or that an undo left alone."""
        bad = (ItemState.FAILED.value, ItemState.KEPT.value)
        statement = (
            select(bulk_item.c.ticket_id, bulk_item.c.error, ticket.c.number, ticket.c.subject)
            .outerjoin(ticket, ticket.c.id == bulk_item.c.ticket_id)
            .where(bulk_item.c.job_id == job_id, bulk_item.c.state.in_(bad))
            .order_by(bulk_item.c.ticket_id)
            .limit(limit)
        )
        return [
            BulkFailure(row.ticket_id, row.number or "", row.subject or "", row.error)
            for row in self._t.connection.execute(statement)
        ]

    def interrupted(self, agent_id: int, *, quiet_for: timedelta) -> Sequence[BulkJob]:
        """Return an agent's jobs that are under way but gave no sign of life for so long."""
        statement = (
            select(bulk_job)
            .where(
                bulk_job.c.agent_id == agent_id,
                bulk_job.c.state.in_(_UNDER_WAY),
                bulk_job.c.alive_at < self._t.now() - quiet_for,
            )
            .order_by(bulk_job.c.id)
        )
        return [_job(row) for row in self._t.connection.execute(statement)]


def _counts(job: BulkJob) -> dict[str, Any]:
    return {
        "state": job.state.value,
        "total": job.total,
        "done": job.done,
        "failed": job.failed,
        "finished_at": job.finished_at,
    }


def _state(item: BulkItem) -> dict[str, Any]:
    return {
        "state": item.state.value,
        "error": item.error,
        "department_id": item.department_id,
        "before": json.dumps(dict(item.changes), ensure_ascii=False) if item.changes else "{}",
    }


def _job(row: Row[Any]) -> BulkJob:
    return BulkJob(
        id=row.id,
        agent_id=row.agent_id,
        command=row.command,
        arguments=json.loads(row.arguments),
        state=JobState(row.state),
        total=row.total,
        started_at=row.started_at,
        done=row.done,
        failed=row.failed,
        runner=row.runner,
        finished_at=row.finished_at,
    )
