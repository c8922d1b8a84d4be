"""What changes of many tickets bring to the window: commands, the list of failures, the word after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from desk_app.ui.language import tr
from desk_app.ui.shell.commands import NONE, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desk_app.services.ports.bulk import BulkFailure
    from desk_app.ui.shell.window import MainWindow


def register(window: MainWindow) -> None:
    """Register the commands."""
    pane, group = window.inbox.list, tr("Go to")
    window.registries.actions.register(
        command(
            "list.select_all",
            tr("Select everything in this view"),
            lambda _ids: pane.select_whole(),
            "",
            ("Ctrl+A", "Ctrl+Shift+A"),
            NONE,
            group,
        )
    )


def connect(window: MainWindow) -> None:
    """Wire what lives as long as the window."""

    def look() -> None:
        from desk_app.services.tickets.bulk import QUIET_FOR

        window.acts.look_for_interrupted()
        # a program that was killed a moment ago still counts as alive
        QTimer.singleShot(int(QUIET_FOR.total_seconds() * 1000) + 2000, window, window.acts.look_for_interrupted)

    window.acts.failures_asked.connect(lambda job_id, retry: show_failures(window, job_id, retry=retry))
    window.ready.connect(look)


def show_failures(window: MainWindow, job_id: int, *, retry: bool) -> None:
    """Show which tickets a job did not change, and why."""
    from desk_app.ui.tickets.bulk_failures import BulkFailures

    bulk = window.session.desk.bulk

    def found(failures: Sequence[BulkFailure]) -> None:
        again = (lambda: window.acts.retry_job(job_id)) if retry else None
        BulkFailures(failures, window.open_ticket, again, window).open()

    window.session.work.run(lambda: bulk.failures(job_id), found, owner=window)
