"""Pictures of changes of many tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from desk_app.ui.shell.window import MainWindow
from desk_app.ui.tasks import Task
from tests.ui import stage


def select_several(window: MainWindow) -> None:
    """Select three tickets."""
    window.palette_layer.leave()
    window.show_page("inbox")
    window.inbox.sidebar.choose("open")
    stage.settle(window)
    window.inbox.list.open_first()
    stage.settle(window)
    for _ in range(2):
        window.inbox.list.step(1, extend=True)


def show_progress(window: MainWindow) -> list[Task]:
    """Select the whole view, with two jobs under way; returns them, for the caller to end."""
    select_several(window)
    window.run_action("list.select_all")
    tasks = window.session.work.tasks
    tagging = tasks.begin("", lambda: None, cancel_at_once=True)
    tagging.tell("Tagging 312 of 1,480…", 312, 1480)
    begun = [tagging, tasks.begin("Getting mail…")]
    for task in begun:
        task.began -= 1
    window.jobs.refresh()
    return begun


_BEGUN: list[Task] = []


def end_progress() -> None:
    """End the jobs of the pictures."""
    while _BEGUN:
        _BEGUN.pop().end()


def scenes() -> Iterator[tuple[str, Callable[[MainWindow], object]]]:
    """Every picture: its name and what leads to it."""
    yield "several", select_several
    yield "several-progress", lambda window: _BEGUN.extend(show_progress(window))
