"""Words for changes of many tickets that are under way."""

from __future__ import annotations

from desk_app.services.ports.bulk import BulkJob, JobState
from desk_app.services.tickets.bulk import BulkProgress
from desk_app.ui.language import grouped, tr


def progress_text(command: str, progress: BulkProgress) -> str:
    """Return what is going on and how far it is."""
    words = {
        "assign": tr("Assigning {done} of {total}…"),
        "tag": tr("Tagging {done} of {total}…"),
        "move": tr("Moving {done} of {total}…"),
        "snooze": tr("Snoozing {done} of {total}…"),
        "spam": tr("Sorting out spam: {done} of {total}…"),
        "trash": tr("To the trash: {done} of {total}…"),
        "restore": tr("Restoring {done} of {total}…"),
        "purge": tr("Deleting {done} of {total}…"),
        "merge": tr("Merging {done} of {total}…"),
        "read": tr("Marking {done} of {total}…"),
        "undo": tr("Taking back {done} of {total}…"),
        "retry": tr("Trying again: {done} of {total}…"),
    }.get(command, tr("Changing {done} of {total}…"))
    return words.format(done=grouped(progress.done + progress.failed), total=grouped(progress.total))


def interrupted_text(job: BulkJob) -> str:
    """Return what became of a job whose program ended in the middle."""
    words = (
        tr("Taking a change back was interrupted: {done} of {total} tickets are back")
        if job.state is JobState.UNDOING
        else tr("A change of {total} tickets was interrupted after {done}")
    )
    return words.format(done=grouped(job.done + job.failed), total=grouped(job.total))
