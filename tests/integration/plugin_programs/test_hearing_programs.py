"""Real programs beside each other, with plugins that hear what happens in one, in the other, or never come back (PL-02,
PL-03; decision 128)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.programs import DeskPrograms, until

pytestmark = [pytest.mark.dovecot, pytest.mark.timeout(120)]
HEARS = """
from desk_app.plugin_api import hookimpl

@hookimpl
def ticket_created(ctx, ticket):
    with open({file!r}, "a") as heard:
        heard.write(f"{{ctx.mode}} {{ticket.subject}}\\n")
    {after}
"""


def hears(desk: DeskPrograms, slug: str, *, mode: str, after: str = "") -> Path:
    """Let a plugin be switched on that writes into a file what it hears, and return the file."""
    file = desk.folder.parent / f"{slug}.txt"
    code = HEARS.format(file=str(file), after=after)
    manifest = f'permissions = ["tickets.read"]\nmodes = ["{mode}"]'
    desk.plugin(code, slug, permissions=("tickets.read",), manifest=manifest)
    return file


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def test_each_plugin_hears_where_it_runs_and_one_that_hangs_holds_nobody_up(desk_programs: DeskPrograms) -> None:
    stuck = hears(desk_programs, "stuck", mode="service", after="import time; time.sleep(600)")
    worker_only = hears(desk_programs, "in_worker", mode="service")
    window_only = hears(desk_programs, "in_window", mode="gui")
    worker, window = desk_programs.worker(seconds=100), desk_programs.window()
    subjects = [desk_programs.deliver() for _ in range(3)]
    assert until(lambda: len(lines(worker_only)) == 3), worker.printed()
    assert until(lambda: len(lines(window_only)) == 3), window.printed()
    assert sorted(lines(worker_only)) == sorted(f"service {subject}" for subject in subjects)
    assert sorted(lines(window_only)) == sorted(f"gui {subject}" for subject in subjects)
    assert len(lines(stuck)) == 1
    assert (window.end(), worker.end()) == (0, 0)
    assert desk_programs.harmed() == {}


def test_a_worker_that_is_killed_while_a_plugin_hears_has_it_told_again_by_the_next(
    desk_programs: DeskPrograms,
) -> None:
    wait = f"import os, time; time.sleep(600 if not os.path.exists({str(desk_programs.folder.parent / 'go')!r}) else 0)"
    file = hears(desk_programs, "sample", mode="service", after=wait)
    worker = desk_programs.worker(seconds=100)
    subject = desk_programs.deliver()
    assert until(lambda: len(lines(file)) == 1), worker.printed()
    worker.kill()
    (desk_programs.folder.parent / "go").touch()
    desk_programs.leases_run_out()
    worker = desk_programs.worker(seconds=100)
    assert until(lambda: len(lines(file)) == 2), worker.printed()
    later = desk_programs.deliver()
    assert until(lambda: len(lines(file)) == 3), worker.printed()
    assert lines(file) == [f"service {one}" for one in (subject, subject, later)]
    assert worker.end() == 0
