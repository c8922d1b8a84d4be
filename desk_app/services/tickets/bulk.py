"""Changes of many tickets at once: in chunks, with progress, each failure kept, and one way back (IN-06, ui.md 4.3).

What a chunk does and what is written down about it is one transaction. A program that is killed leaves a job that says
what was done, and that can be gone on with or taken back.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from desk_app.domain.people.actor import Actor
from desk_app.domain.tickets.query import TicketQuery
from desk_app.services.notifications.commands import tell_assigned, tell_job_finished
from desk_app.services.ports.bulk import BulkFailure, BulkItem, BulkJob, ItemState, JobState
from desk_app.services.ports.unit_of_work import StaleTicketError, UnitOfWork, UnitOfWorkFactory
from desk_app.services.queries.tickets import TicketQueries
from desk_app.services.tickets.bulk_commands import COMMANDS, BulkCommand
from desk_app.services.tickets.commands import TicketService
from desk_app.services.tickets.restoring import SEEN, TAGS, differences, read_fields
from desk_app.services.tickets.results import CommandRefusedError, CommandResult

CHUNK = 100
"""Tickets a transaction: on SQLite nobody else writes meanwhile."""
QUIET_FOR = timedelta(seconds=30)
"""A job under way that was silent for so long belongs to nobody any more."""
TOLD_ONE_BY_ONE = 20
"""Of more tickets nobody is told ticket by ticket, but once when the job ends."""
_BREATH_SECONDS = 0.002  # between chunks, so that others who wait for their turn to write get it
_GONE = "The ticket is gone."
_STOOD_IN = "ticket"  # among the changes of an item: the ticket that it was merged into
_log = logging.getLogger(__name__)


class _NotOursError(Exception):
    """A job was cancelled, or somebody else does it now."""


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """How far a job is. While it is being undone, `done` counts tickets put back and `failed` those left alone."""

    job_id: int
    state: JobState
    done: int
    failed: int
    total: int

    @property
    def ended(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state not in {JobState.RUNNING, JobState.UNDOING}


class BulkService:
    """Starts, runs, cancels, undoes jobs. `run` and `undo` are iterators: a chunk is done for every item taken."""

    def __init__(self, uow: UnitOfWorkFactory, tickets: TicketService, queries: TicketQueries) -> None:
        self._uow, self._tickets, self._queries = uow, tickets, queries
        self._runner = secrets.token_hex(8)

    # -- the way there ------------------------------------------------------------------------------------------------

    def start(
        self, command: str, arguments: Mapping[str, Any], tickets: Sequence[int] | TicketQuery, actor: Actor
    ) -> BulkProgress:
        """Write a job down; a query means the tickets it has at this moment. One of at most CHUNK tickets is done when
        this returns, of a bigger one nothing is: `run` it. Raises LookupError for an unknown command."""
        if command not in COMMANDS:
            raise LookupError(f"There is no bulk command “{command}”.")
        ids = self._queries.ids(tickets, agent_id=actor.id) if isinstance(tickets, TicketQuery) else tickets
        wanted = sorted(set(ids))

        def begin(uow: UnitOfWork) -> BulkProgress:
            items = [BulkItem(ticket_id) for ticket_id in wanted]
            job = BulkJob(
                id=0,
                agent_id=actor.id or 0,
                command=command,
                arguments=json.loads(json.dumps(dict(arguments))),  # as it will be read again
                state=JobState.RUNNING,
                total=len(items),
                started_at=uow.now(),
                runner=self._runner,
            )
            uow.bulk.add(job, items)
            if len(items) <= CHUNK:
                self._advance(uow, job, items, actor)
                _finish(uow, job)
                _tell(uow, job)
                uow.bulk.progress(job, JobState.RUNNING)
            return _progress(job)

        return self._tickets.at_once(begin)

    def run(self, job_id: int, actor: Actor) -> Iterator[BulkProgress]:
        """Go through the tickets that wait, also after an interruption; ends early where the job is cancelled."""
        return self._go(job_id, _Way(JobState.RUNNING, ItemState.WAITING, self._advance, actor))

    def retry(self, job_id: int, actor: Actor) -> Iterator[BulkProgress]:
        """Try the tickets again that failed; those a cancelled job did not come to stay as they are, and so do all of
        one that was taken back."""
        with self._uow() as uow:
            job = uow.bulk.get(job_id)
            if job is None or job.state in {JobState.UNDONE, JobState.UNDOING}:
                return
            if job.state is JobState.CANCELLED:
                uow.bulk.drop_waiting(job_id)
            uow.bulk.wait_again(job_id)
            uow.commit()
        yield from self.run(job_id, actor)

    # -- the way back -------------------------------------------------------------------------------------------------

    def turn_back(self, job_id: int) -> None:
        """Stop a job, whoever runs it, for `undo`: the chunk it is at does not count. Nothing where it does not
        run."""
        with self._uow() as uow:
            job = uow.bulk.get(job_id)
            if job is not None and job.state is JobState.RUNNING:
                uow.bulk.claim(job_id, JobState.UNDOING, self._runner, quiet_for=QUIET_FOR)
                uow.commit()

    def undo(self, job_id: int, actor: Actor) -> Iterator[BulkProgress]:
        """Put back what the job changed, but for tickets that somebody changed since; they are reported. A job that
        still runs stops, in this program or another one."""
        return self._go(job_id, _Way(JobState.UNDOING, ItemState.DONE, self._return, actor))

    def cancel(self, job_id: int) -> None:
        """End a job after the chunk it is at; what is done stays done."""
        with self._uow() as uow:
            ended = uow.bulk.cancel(job_id)
            job = uow.bulk.get(job_id)
            if ended and job is not None:
                _tell(uow, job)
            uow.commit()

    # -- asking -------------------------------------------------------------------------------------------------------

    def failures(self, job_id: int, limit: int = 1000) -> Sequence[BulkFailure]:
        """Return the tickets that failed, or that an undo left alone, with the reasons."""
        with self._uow() as uow:
            return uow.bulk.failures(job_id, limit)

    def interrupted(self, agent_id: int) -> Sequence[BulkJob]:
        """Return an agent's jobs that ended in the middle, because the program did."""
        with self._uow() as uow:
            return uow.bulk.interrupted(agent_id, quiet_for=QUIET_FOR)

    def resume(self, job: BulkJob, actor: Actor) -> Iterator[BulkProgress]:
        """Go on with an interrupted job in the direction it had."""
        return self.undo(job.id, actor) if job.state is JobState.UNDOING else self.run(job.id, actor)

    # -- how it works -------------------------------------------------------------------------------------------------

    def _go(self, job_id: int, way: _Way) -> Iterator[BulkProgress]:
        job = self._claim(job_id, way.state)
        if job is None:
            return
        last: int | None = None
        more = True
        try:
            while more:
                try:
                    job, items = self._tickets.at_once(partial(_chunk, way, job, last))
                    last, more = items[-1].ticket_id if items else last, len(items) == CHUNK
                except _NotOursError:  # cancelled, or taken over by somebody else: this chunk does not count
                    job, more = self._job(job), False
                yield _progress(job)
                if more:
                    time.sleep(_BREATH_SECONDS)
        except BaseException:
            self._quit(job.id)
            raise

    def _job(self, known: BulkJob) -> BulkJob:
        with self._uow() as uow:
            return uow.bulk.get(known.id) or known

    def _claim(self, job_id: int, state: JobState) -> BulkJob | None:
        with self._uow() as uow:
            job = uow.bulk.claim(job_id, state, self._runner, quiet_for=QUIET_FOR)
            if job is not None:
                back = state is JobState.UNDOING
                good, bad, left = (
                    (ItemState.UNDONE, ItemState.KEPT, ItemState.DONE)
                    if back
                    else (ItemState.DONE, ItemState.FAILED, ItemState.WAITING)
                )
                job.done, job.failed = uow.bulk.count(job_id, good), uow.bulk.count(job_id, bad)
                job.total = job.done + job.failed + uow.bulk.count(job_id, left)
            uow.commit()
        return job

    def _quit(self, job_id: int) -> None:
        try:
            with self._uow() as uow:
                uow.bulk.quit(job_id, self._runner)
                uow.commit()
        except Exception:  # noqa: BLE001 -- on the way out; without this note the others wait a little longer
            _log.warning("bulk job %d could not say that it stopped", job_id, exc_info=True)

    def _advance(self, uow: UnitOfWork, job: BulkJob, items: Sequence[BulkItem], actor: Actor) -> None:
        """Do the command to a chunk and write down what it was before."""
        command = COMMANDS[job.command]
        cause = f"Bulk change {job.id} of {job.total} tickets." if job.total > 1 else ""

        def deal(together: bool) -> None:
            _apply(uow, job, command, items, actor, self._within(uow, job, cause, together=together))

        _together_or_apart(uow, [item.ticket_id for item in items], command.fields, deal)
        _note(uow, job, items, ItemState.DONE)

    def _within(self, uow: UnitOfWork, job: BulkJob, cause: str, *, together: bool) -> TicketService:
        return self._tickets.within(uow, cause=cause, together=together, silent=job.total > TOLD_ONE_BY_ONE)

    def _return(self, uow: UnitOfWork, job: BulkJob, items: Sequence[BulkItem], actor: Actor) -> None:
        """Put a chunk back."""
        several = job.total > 1
        cause = f"{actor.name} took back bulk change {job.id}." if several else f"{actor.name} took the change back."
        changes = {_meant(item): _fields(item) for item in items if _fields(item)}
        results: dict[int, CommandResult] = {}

        def deal(together: bool) -> None:
            back = self._within(uow, job, cause, together=together)
            for one in back.put_back(changes, actor):
                results[one.ticket_id] = one

        _together_or_apart(uow, list(changes), COMMANDS[job.command].fields, deal)
        for item in items:
            result = results.get(_meant(item))
            good = result is None or result.ok
            item.state = ItemState.UNDONE if good else ItemState.KEPT
            item.error = "" if result is None else result.error
        _note(uow, job, items, ItemState.UNDONE)


@dataclass(frozen=True, slots=True)
class _Way:
    """There or back: which tickets of a job are dealt with by whom, and how."""

    state: JobState
    wanted: ItemState
    deal: Callable[[UnitOfWork, BulkJob, Sequence[BulkItem], Actor], None]
    actor: Actor


def _chunk(way: _Way, before: BulkJob, last: int | None, uow: UnitOfWork) -> tuple[BulkJob, Sequence[BulkItem]]:
    """Deal with the tickets beyond the last one, and return the job as it is then. Raises _NotOursError."""
    job = replace(before)
    backwards = way.state is JobState.UNDOING  # what was done last is taken back first: merges need that
    items = uow.bulk.items(job.id, way.wanted, beyond=last, limit=CHUNK, backwards=backwards)
    if items:
        way.deal(uow, job, items, way.actor)
    if len(items) < CHUNK:
        _finish(uow, job)
        _tell(uow, job)
    if not uow.bulk.progress(job, way.state):
        raise _NotOursError
    return job, items


def _together_or_apart(
    uow: UnitOfWork, ids: Sequence[int], fields: Sequence[str], deal: Callable[[bool], None]
) -> None:
    """Deal with a chunk in one savepoint; when a ticket of it breaks, each gets its own."""
    try:
        with uow.batch():
            uow.tickets.prefetch(ids, [])
            if TAGS in fields:
                uow.tickets.prefetch_tags(ids)
            deal(True)
    except (StaleTicketError, LookupError, ValueError, CommandRefusedError):
        deal(False)


def _apply(
    uow: UnitOfWork,
    job: BulkJob,
    command: BulkCommand,
    items: Sequence[BulkItem],
    actor: Actor,
    tickets: TicketService,
) -> None:
    meant: dict[int, int] = {}  # item to the ticket that stands for it
    before: dict[int, dict[str, Any]] = {}
    seen = uow.tickets.seen([item.ticket_id for item in items], actor.id or 0) if SEEN in command.fields else {}
    for item in items:
        find = uow.tickets.survivor if command.follow else uow.tickets.get
        ticket = find(item.ticket_id)
        item.state, item.error, item.changes = ItemState.FAILED, _GONE, {}
        if ticket is not None:
            meant[item.ticket_id], item.department_id = ticket.id, ticket.department_id
            before[ticket.id] = read_fields(uow, ticket, command.fields, actor.id or 0, seen)
    results = {one.ticket_id: one for one in command.run(tickets, list(before), job.arguments, actor)}
    after = uow.tickets.seen(list(before), actor.id or 0) if SEEN in command.fields else {}
    for item in items:
        ticket_id = meant.get(item.ticket_id)
        if ticket_id is None:
            continue
        result = results[ticket_id]
        item.error = result.error
        if not result.ok:
            continue
        item.state = ItemState.DONE
        ticket = uow.tickets.get(ticket_id) if command.fields else None
        if ticket is not None and ticket_id in before:
            changed = differences(before.pop(ticket_id), read_fields(uow, ticket, command.fields, actor.id or 0, after))
            item.changes = changed if ticket_id == item.ticket_id else {**changed, _STOOD_IN: [ticket_id]}


def _meant(item: BulkItem) -> int:
    """Return the ticket that was changed: the item's own, or the one it had been merged into."""
    return int(item.changes.get(_STOOD_IN, [item.ticket_id])[0])


def _fields(item: BulkItem) -> dict[str, Sequence[Any]]:
    return {name: values for name, values in item.changes.items() if name != _STOOD_IN}


def _note(uow: UnitOfWork, job: BulkJob, items: Sequence[BulkItem], good: ItemState) -> None:
    uow.bulk.save_items(job.id, items)
    fine = sum(item.state is good for item in items)
    job.done += fine
    job.failed += len(items) - fine


def _finish(uow: UnitOfWork, job: BulkJob) -> None:
    job.state = JobState.UNDONE if job.state is JobState.UNDOING else JobState.DONE
    job.finished_at = uow.now()


def _tell(uow: UnitOfWork, job: BulkJob) -> None:
    """Tell once of many tickets: whoever has them now, and the owner of a job that took its time."""
    if job.total <= TOLD_ONE_BY_ONE or job.state in {JobState.UNDOING, JobState.UNDONE}:
        return
    agent_id = job.arguments.get("agent_id") if job.command == "assign" else None
    if agent_id is not None and agent_id != job.agent_id and job.done:
        owner = uow.people.agent(job.agent_id)
        tell_assigned(uow, agent_id, job.done, owner.name if owner is not None else "")
    if job.total > CHUNK:
        title = f"{job.done} tickets were changed."
        tell_job_finished(uow, job.agent_id, job.id, {"title": title, "done": job.done, "failed": job.failed})


def _progress(job: BulkJob) -> BulkProgress:
    return BulkProgress(job.id, job.state, job.done, job.failed, job.total)
