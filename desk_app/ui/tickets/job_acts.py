"""Changes of tickets as jobs (services/tickets/bulk.py): how far they are, what came of them, the way back (IN-06)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desk_app.ui.language import said, tr
from desk_app.ui.tickets.selection import WholeList
from desk_app.ui.widgets.panels import Choice
from desk_app.ui.work import Lane

if TYPE_CHECKING:
    from desk_app.services.ports.bulk import BulkJob
    from desk_app.services.tickets.bulk import BulkProgress
    from desk_app.ui.problems import Problem
    from desk_app.ui.session import DeskSession
    from desk_app.ui.tasks import Task

_TOLD_ONE_BY_ONE = 500
"""Of more tickets the screens hear by the change feed only."""


@dataclass(eq=False, slots=True)
class _Going:
    """A job that was asked for; `back` where it was taken back before it ended."""

    job_id: int = 0
    back: bool = False


class JobActs(QObject):
    """Runs jobs off the GUI thread and announces the outcome.

    What changes fields of tickets is a job, one ticket as much as a whole view, because a job knows what was there
    before: each has one undo that puts every ticket back to its own state.
    """

    told_more = Signal(str, object, str, object)
    """Text, undo (callable or None), icon name, further choices."""
    begun = Signal(object, str, object)
    """Something goes on that can be taken back already: what stands for it until it is `over`, a text, the undo."""
    over = Signal(object)
    """What was `begun` goes on no more; what came of it is told."""
    refused = Signal(str)
    done = Signal(object)
    """A frozenset of ticket ids that changed."""
    failures_asked = Signal(int, bool)
    """A job whose failures somebody wants to see, and whether they can be tried again."""

    def __init__(self, session: DeskSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._running: dict[int, Task] = {}

    def change(
        self,
        ids: Sequence[int],
        command: str,
        arguments: Mapping[str, Any],
        words: str,
        *,
        icon: str = "circle-check",
        undo: bool = True,
        also: Sequence[int] = (),
        then: Callable[[], object] | None = None,
    ) -> None:
        """Do a bulk command (services/tickets/bulk_commands.py) to tickets or to a whole view, tell `words`, and offer
        the undo. `also` changes with them; `then` is called when nothing failed."""
        from desk_app.services.ports.bulk import JobState

        bulk, actor = self._session.desk.bulk, self._session.actor
        what = ids.query if isinstance(ids, WholeList) else tuple(ids)
        changed = frozenset([*ids, *also]) if len(ids) <= _TOLD_ONE_BY_ONE else frozenset(also)

        def ended(progress: BulkProgress) -> None:
            self._tell_end(progress, words, icon, undo=undo)
            if then is not None and not progress.failed and progress.state is JobState.DONE:
                then()

        def changed_now() -> None:
            self.done.emit(changed)

        def started(progress: BulkProgress) -> None:
            going.job_id = progress.job_id
            if progress.ended:
                self._end(going, progress, ended)
                changed_now()
            else:
                self._go(going, progress, command, lambda: bulk.run(progress.job_id, actor), ended, changed_now)

        def failed(problem: Problem) -> None:
            self.over.emit(going)
            self._session.work.problem.emit(problem)

        going = self._begin(words) if undo else _Going()
        self._session.work.write(
            lambda: bulk.start(command, arguments, what, actor), started, failed=failed, owner=self
        )

    # a job can be taken back from the moment it is asked for: one that runs stops, and what it did is put back

    def _begin(self, words: str, job_id: int = 0) -> _Going:
        going = _Going(job_id)
        self.begun.emit(going, words, lambda: self._take_back(going))
        return going

    def _take_back(self, going: _Going) -> None:
        going.back = True
        task, bulk = self._running.get(going.job_id), self._session.desk.bulk
        if task is not None:
            task.stopping()
            self._session.work.run(lambda: bulk.turn_back(going.job_id), owner=self)

    def _go(
        self,
        going: _Going,
        start: BulkProgress,
        command: str,
        steps: Callable[[], Any],
        ended: Callable[[BulkProgress], None],
        then: Callable[[], object] = lambda: None,
    ) -> None:
        """Follow a job on its way there; `then` is called whatever became of it."""

        def over(progress: BulkProgress | None) -> None:
            if progress is not None or going.back:
                self._end(going, progress or start, ended)
            else:
                self.over.emit(going)
            then()

        self._follow(start, command, steps, over, lost=lambda: self.over.emit(going))
        if going.back:
            self._take_back(going)

    def _end(self, going: _Going, progress: BulkProgress, ended: Callable[[BulkProgress], None]) -> None:
        self.over.emit(going)
        if going.back:
            self.undo_job(going.job_id, progress.done)
        else:
            ended(progress)

    def undo_job(self, job_id: int, total: int = 0) -> None:
        """Put back what a job changed."""
        from desk_app.services.ports.bulk import JobState
        from desk_app.services.tickets.bulk import BulkProgress

        bulk, actor = self._session.desk.bulk, self._session.actor
        start = BulkProgress(job_id, JobState.UNDOING, 0, 0, total)
        self._follow(start, "undo", lambda: bulk.undo(job_id, actor), self._tell_undone)

    def retry_job(self, job_id: int) -> None:
        """Try the tickets again that a job could not change."""
        from desk_app.services.ports.bulk import JobState
        from desk_app.services.tickets.bulk import BulkProgress

        bulk, actor = self._session.desk.bulk, self._session.actor
        start = BulkProgress(job_id, JobState.RUNNING, 0, 0, 0)

        def ended(progress: BulkProgress) -> None:
            self._tell_end(progress, words, "refresh-cw", undo=True)

        words = tr("Tried again")
        self._go(self._begin(words, job_id), start, "retry", lambda: bulk.retry(job_id, actor), ended)

    def look_for_interrupted(self) -> None:
        """Tell of jobs that ended in the middle because the program did."""
        bulk, agent_id = self._session.desk.bulk, self._session.agent.id

        def found(jobs: Sequence[BulkJob]) -> None:
            for job in jobs:
                if job.id not in self._running:
                    self._tell_interrupted(job)

        self._session.work.run(lambda: bulk.interrupted(agent_id), found, owner=self)

    def _tell_interrupted(self, job: BulkJob) -> None:
        from desk_app.services.ports.bulk import JobState
        from desk_app.services.tickets.bulk import BulkProgress
        from desk_app.ui.tickets.bulk_phrases import interrupted_text

        bulk, actor, undoing = self._session.desk.bulk, self._session.actor, job.state is JobState.UNDOING
        start = BulkProgress(job.id, job.state, job.done, job.failed, job.total)

        last = job.command == "purge"  # there is no way back

        def ended(progress: BulkProgress) -> None:
            self._tell_end(progress, tr("Finished"), "circle-check", undo=not last)

        def resume() -> None:
            def steps() -> Iterator[BulkProgress]:
                return bulk.resume(job, actor)

            if undoing:
                self._follow(start, "undo", steps, self._tell_undone)
            else:
                going = _Going(job.id) if last else self._begin(tr("Finished"), job.id)
                self._go(going, start, job.command, steps, ended)

        go_on = (tr("Go on"), resume)
        leave = (tr("Leave it"), lambda: self._session.work.write(lambda: bulk.cancel(job.id), owner=self))
        back = (tr("Undo"), lambda: self.undo_job(job.id, job.done))
        choices: list[Choice] = [go_on, *([] if undoing or last else [back]), leave]
        self.told_more.emit(interrupted_text(job), None, "triangle-alert", choices)

    def _follow(
        self,
        start: BulkProgress,
        command: str,
        steps: Callable[[], Any],
        ended: Callable[[BulkProgress | None], None],
        lost: Callable[[], object] = lambda: None,
    ) -> None:
        """Show how far a job is; `ended` gets where it was at last, None where somebody else does it. `lost` is called
        where it broke off."""
        from desk_app.ui.tickets.bulk_phrases import progress_text

        work, job_id = self._session.work, start.job_id
        bulk, latest = self._session.desk.bulk, [start]
        few = start.total <= _TOLD_ONE_BY_ONE and command in {"undo", "retry"}

        def cancel() -> None:
            work.run(lambda: bulk.cancel(job_id), owner=self)

        task = work.tasks.begin(progress_text(command, start), cancel, cancel_at_once=True)
        self._running[job_id] = task

        def step(progress: BulkProgress) -> None:
            latest[0] = progress
            task.tell(progress_text(command, progress), progress.done + progress.failed, progress.total)

        def over() -> None:
            task.end()
            self._running.pop(job_id, None)
            ended(latest[0] if latest[0] is not start else None)
            self.done.emit(frozenset())

        def failed(problem: Problem) -> None:
            task.end()
            self._running.pop(job_id, None)
            lost()
            work.problem.emit(problem)
            self.look_for_interrupted()

        lane = Lane.WRITE if few else Lane.LONG
        work.stream(steps, step, lambda _none: over(), failed=failed, owner=self, lane=lane)

    def _tell_end(self, progress: BulkProgress, words: str, icon: str, *, undo: bool) -> None:
        from desk_app.services.ports.bulk import JobState

        changed, job_id, choices = progress.done, progress.job_id, []
        if progress.state in {JobState.UNDOING, JobState.UNDONE}:
            self.told_more.emit(f"{words} · " + tr("Taken back in another window"), None, "undo-2", [])
            return
        if progress.failed:
            if progress.total == 1:
                self._tell_reason(job_id)
                return
            choices = [(tr("Show %n failure(s)", progress.failed), lambda: self.failures_asked.emit(job_id, True))]
        if progress.state is JobState.CANCELLED:
            text = tr("Cancelled: {done} of {total} tickets were changed").format(done=changed, total=progress.total)
        elif progress.total > 1 or progress.failed:
            text = f"{words} · " + tr("%n ticket(s)", changed)
        else:
            text = words
        back = (lambda: self.undo_job(job_id, changed)) if undo and changed else None
        self.told_more.emit(text, back, icon if changed else "triangle-alert", choices)

    def _tell_reason(self, job_id: int) -> None:
        """Say why the only ticket of a job stayed as it was."""
        failures = self._session.desk.bulk.failures
        self._session.work.run(
            lambda: failures(job_id, 1),
            lambda found: self.refused.emit(said(found[0].error)) if found else None,
            owner=self,
        )

    def _tell_undone(self, progress: BulkProgress | None) -> None:
        from desk_app.services.ports.bulk import JobState

        if progress is None:
            return
        job_id, choices = progress.job_id, []
        if progress.state is JobState.CANCELLED:
            words = tr("Cancelled: {done} of {total} tickets were taken back")
            left = progress.total - progress.done - progress.failed
            rest: Choice = (tr("Go on"), lambda: self.undo_job(job_id, left))
            text = words.format(done=progress.done, total=progress.total)
            self.told_more.emit(text, None, "triangle-alert", [rest])
            return
        text = tr("Taken back")
        if progress.total > 1:
            text += " · " + tr("%n ticket(s)", progress.done)
        if progress.failed and progress.total == 1:
            self._tell_reason(job_id)
            return
        if progress.failed:
            text = tr("Taken back, but for %n ticket(s) that somebody changed since", progress.failed)
            choices = [(tr("Show"), lambda: self.failures_asked.emit(job_id, False))]
        self.told_more.emit(text, None, "undo-2", choices)
