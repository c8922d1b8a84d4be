"""What an agent does to tickets: the command, the message afterwards, the way back (ui.md 4.6: undo, not questions)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desk_app.domain.tickets.model import Priority
from desk_app.ui.language import named, said, tr
from desk_app.ui.tickets.phrases import full_time, priority_name
from desk_app.ui.tickets.selection import WholeList
from desk_app.ui.widgets.panels import Choice
from desk_app.ui.work import Lane

if TYPE_CHECKING:
    from desk_app.domain.messages.model import Address
    from desk_app.domain.tickets.links import Relation
    from desk_app.services.ports.bulk import BulkJob
    from desk_app.services.tickets.bulk import BulkProgress
    from desk_app.services.tickets.commands import TicketService
    from desk_app.services.tickets.message_moves import MessageMoveService
    from desk_app.services.tickets.results import CommandResult
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


class TicketActs(QObject):
    """Runs ticket commands off the GUI thread and announces the outcome.

    What changes fields of tickets goes as a job (services/tickets/bulk.py), one ticket as much as a whole view, because
    the job knows what was there before: each act has one undo that puts every ticket back to its own state.
    """

    told = Signal(str, object, str)
    """Text, undo (callable or None), icon name."""
    told_more = Signal(str, object, str, object)
    """The same, and further choices."""
    begun = Signal(object, str, object)
    """Something goes on that can be taken back already: what stands for it until it is `over`, a text, the undo."""
    over = Signal(object)
    """What was `begun` goes on no more; what came of it is told."""
    refused = Signal(str)
    done = Signal(object)
    """A frozenset of ticket ids that changed."""
    open_asked = Signal(int)
    requester_changed = Signal(int)
    """A ticket has another customer: somebody may want to choose where the next reply goes."""
    failures_asked = Signal(int, bool)
    """A bulk job whose failures somebody wants to see, and whether they can be tried again."""

    def __init__(self, session: DeskSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._running: dict[int, Task] = {}

    @property
    def _tickets(self) -> TicketService:
        return self._session.desk.tickets

    @property
    def _moves(self) -> MessageMoveService:
        return self._session.desk.message_moves

    # -- fields of tickets ---------------------------------------------------------------------------------------------

    def assign(self, ids: Sequence[int], agent_id: int | None) -> None:
        """Give tickets to an agent, None to nobody."""
        agent = self._session.facts.agent(agent_id)
        words = tr("Assigned to {name}").format(name=agent.name) if agent else tr("Nobody is assigned now")
        self.change(ids, "assign", {"agent_id": agent_id}, words, icon="user")

    def set_status(self, ids: Sequence[int], key: str) -> None:
        """Give tickets another status."""
        status = self._session.facts.status(key)
        words = tr("Status: {status}").format(status=named(status.name) if status else key)
        self.change(ids, "status", {"key": key}, words)

    def resolve(self, ids: Sequence[int]) -> None:
        """Close tickets."""
        closing = next((one for one in self._session.facts.statuses if one.category.value == "closed"), None)
        if closing is not None:
            self.set_status(ids, closing.key)

    def set_priority(self, ids: Sequence[int], priority: Priority) -> None:
        """Give tickets another priority."""
        words = tr("Priority: {priority}").format(priority=priority_name(priority))
        self.change(ids, "priority", {"priority": priority.value}, words, icon="flag")

    def tag(self, ids: Sequence[int], add: Sequence[str], remove: Sequence[str]) -> None:
        """Add and remove tags."""
        self.change(ids, "tag", {"add": list(add), "remove": list(remove)}, tr("Tags changed"), icon="tag")

    def rename(self, ticket_id: int, subject: str) -> None:
        """Change a subject."""
        self.change([ticket_id], "rename", {"subject": subject}, tr("Subject changed"), icon="square-pen")

    def snooze(self, ids: Sequence[int], until_at: datetime | None) -> None:
        """Hide tickets until an instant; None wakes them."""
        words = tr("Snoozed until {when}").format(when=full_time(until_at)) if until_at else tr("Awake again")
        self.change(ids, "snooze", {"until_at": _iso(until_at)}, words, icon="alarm-clock")

    def set_due(self, ids: Sequence[int], due_at: datetime | None) -> None:
        """Say by when something is promised; None takes the promise away."""
        words = tr("Due {when}").format(when=full_time(due_at)) if due_at else tr("Not due any more")
        self.change(ids, "due", {"due_at": _iso(due_at)}, words, icon="clock")

    def move(self, ids: Sequence[int], department_id: int, name: str) -> None:
        """Move tickets to another department."""
        words = tr("Moved to {department}").format(department=name)
        self.change(ids, "move", {"department_id": department_id}, words, icon="folder")

    def move_to_mailbox(self, ids: Sequence[int], account_id: int, name: str) -> None:
        """Give tickets to one mailbox; answers leave from it."""
        words = tr("Moved to {mailbox}").format(mailbox=name)
        self.change(ids, "mailbox", {"account_id": account_id}, words, icon="mail")

    def mark_spam(self, ids: Sequence[int], *, spam: bool) -> None:
        """Put tickets among the spam, or take them out."""
        words = tr("Moved to spam") if spam else tr("No spam any more")
        self.change(ids, "spam", {"spam": spam}, words, icon="shield-alert")

    def trash(self, ids: Sequence[int]) -> None:
        """Move tickets to the trash."""
        self.change(ids, "trash", {}, tr("Moved to the trash"), icon="trash-2")

    def restore(self, ids: Sequence[int]) -> None:
        """Take tickets out of the trash."""
        self.change(ids, "restore", {}, tr("Restored"), icon="undo-2")

    def purge(self, ids: Sequence[int], reason: str) -> None:
        """Delete tickets in the trash for good; there is no way back."""
        self.change(ids, "purge", {"reason": reason}, tr("Deleted for good"), icon="trash-2", undo=False)

    def mark_unread(self, ids: Sequence[int], *, unread: bool = True) -> None:
        """Make tickets unread for this agent, or read."""
        words = tr("Marked as unread") if unread else tr("Marked as read")
        self.change(ids, "read", {"read": not unread}, words, icon="mail")

    def change_requester(self, ticket_id: int, address: Address) -> None:
        """Make somebody else the customer."""
        words = tr("The customer is now {name}").format(name=address.name or address.email)
        self.change(
            [ticket_id],
            "requester",
            {"email": address.email, "name": address.name},
            words,
            icon="users",
            then=lambda: self.requester_changed.emit(ticket_id),
        )

    def merge(self, source_ids: Sequence[int], target_id: int) -> None:
        """Merge tickets into another one and show it."""
        sources = [one for one in source_ids if one != target_id]
        self.change(
            sources,
            "merge",
            {"target_id": target_id},
            tr("Merged"),
            icon="merge",
            also=[target_id],
            then=lambda: self.open_asked.emit(target_id),
        )

    # -- messages ------------------------------------------------------------------------------------------------------

    def split(self, ticket_id: int, message_ids: Sequence[int], subject: str) -> None:
        """Move messages to a new ticket and open it; the way back merges it into the old one."""

        def undo(new_id: int) -> None:
            self._run(
                [ticket_id, new_id],
                lambda: self._tickets.merge([new_id], ticket_id, self._session.actor),
                tr("Taken back"),
                icon="undo-2",
                then=lambda _outcome: self.open_asked.emit(ticket_id),
            )

        self._run(
            [ticket_id],
            lambda: self._moves.split(message_ids, self._session.actor, subject),
            tr("Split into a new ticket"),
            undo=lambda new_id: lambda: undo(new_id),
            icon="split",
            then=self.open_asked.emit,
        )

    def attach_to(self, message_id: int, from_ticket: int, ticket_id: int) -> None:
        """Move one message to another ticket. Where it was the only one, that was a merge, and the way back takes it
        apart."""

        def back() -> CommandResult:
            taken = self._tickets.unmerge(from_ticket, self._session.actor)
            if taken.ok:
                return taken
            return self._moves.attach_to(message_id, from_ticket, self._session.actor)

        self._run(
            [from_ticket, ticket_id],
            lambda: self._moves.attach_to(message_id, ticket_id, self._session.actor),
            tr("Message moved"),
            undo=lambda _outcome: lambda: self._run([from_ticket, ticket_id], back, tr("Taken back"), icon="undo-2"),
            icon="corner-up-left",
        )

    def unmerge(self, source_id: int, target_id: int | None = None) -> None:
        """Take a merged ticket out of the one that took over (`target_id`, for the way back) and open it."""

        def again() -> None:
            if target_id is not None:
                self.merge([source_id], target_id)

        self._run(
            [source_id],
            lambda: self._tickets.unmerge(source_id, self._session.actor),
            tr("Taken apart again"),
            undo=(lambda _outcome: again) if target_id is not None else None,
            icon="split",
            then=lambda _outcome: self.open_asked.emit(source_id),
        )

    # -- links and watchers --------------------------------------------------------------------------------------------

    def link(self, ticket_id: int, relation: Relation, other_id: int) -> None:
        """Link two tickets."""
        links, actor = self._session.desk.links, self._session.actor
        self._run(
            [ticket_id, other_id],
            lambda: links.link(ticket_id, relation, other_id, actor),
            tr("Linked"),
            undo=lambda _outcome: lambda: self.unlink(ticket_id, relation, other_id),
            icon="link",
        )

    def unlink(self, ticket_id: int, relation: Relation, other_id: int) -> None:
        """Take a link away."""
        links, actor = self._session.desk.links, self._session.actor
        self._run(
            [ticket_id, other_id],
            lambda: links.unlink(ticket_id, relation, other_id, actor),
            tr("The link is gone"),
            undo=lambda _outcome: lambda: self.link(ticket_id, relation, other_id),
            icon="link",
        )

    def watch(self, ids: Sequence[int], *, on: bool) -> None:
        """Let this agent watch tickets, or stop that."""
        words = tr("You watch this ticket now") if on else tr("You do not watch this ticket any more")
        if len(ids) > 1:
            words = tr("You watch these tickets now") if on else tr("You do not watch these tickets any more")
        self.change(ids, "watch", {"on": on}, words, icon="eye" if on else "eye-off")

    def original_sender(self, ticket_id: int, message_id: int, found: Callable[[Address | None], None]) -> None:
        """Look who wrote the mail an agent forwarded; nothing is changed (MB-33)."""
        self._session.work.run(lambda: self._tickets.original_sender(ticket_id, message_id), found, owner=self)

    # -- jobs ----------------------------------------------------------------------------------------------------------

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

    # -- everything else -----------------------------------------------------------------------------------------------

    def _run(
        self,
        ids: Sequence[int],
        call: Callable[[], Any],
        text: str = "",
        *,
        undo: Callable[[Any], Callable[[], object]] | None = None,
        icon: str = "circle-check",
        then: Callable[[Any], None] | None = None,
    ) -> None:
        """Run a command that is no job; `undo` gets its outcome and returns the way back."""

        def finished(outcome: Any) -> None:
            failed = [one for one in _results(outcome) if not one.ok]
            if failed:
                self.refused.emit(_failures(failed, len(ids)))
            elif text:
                self.told.emit(text, undo(outcome) if undo is not None else None, icon)
            if then is not None and not failed:
                then(outcome)
            self.done.emit(frozenset(ids))

        self._session.work.write(call, finished, owner=self)


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant is not None else None


def _results(outcome: Any) -> list[CommandResult]:
    from desk_app.services.tickets.results import CommandResult

    if isinstance(outcome, CommandResult):
        return [outcome]
    if isinstance(outcome, list):
        return [one for one in outcome if isinstance(one, CommandResult)]
    return []


def _failures(failed: Sequence[CommandResult], total: int) -> str:
    reasons = "; ".join(dict.fromkeys(said(one.error) for one in failed))
    if total == 1:
        return reasons
    return tr("{failed} of {total} tickets were not changed: {reasons}").format(
        failed=len(failed), total=total, reasons=reasons
    )
