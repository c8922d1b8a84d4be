"""The entry point of `desk-app`: hands what stands above the command line down to it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from threading import Event
from typing import TYPE_CHECKING

from desk_app.cli.invocation import DemoOptions, Programs
from desk_app.cli.main import main as run_command
from desk_app.infra.location import DeskLocation

if TYPE_CHECKING:
    from desk_app.services.desk import Desk


def main(argv: Sequence[str] | None = None) -> int:
    """Run `desk-app` and return its exit code."""
    return run_command(argv, Programs(_open_desk, _run_window, _run_worker, _run_demo))


def window() -> int:
    """Open the window: `desk-app run` for a program without a console; returns the exit code."""
    return main(["run", *sys.argv[1:]])


# Each import waits until its program is asked for: `desk-app --help` needs neither Qt nor a database.


def _open_desk(location: DeskLocation, *, origin: str) -> Desk:
    from desk_app.runtime.compose import open_desk  # noqa: PLC0415 -- as above

    desk = open_desk(location, origin=origin)
    if origin == "command":
        from desk_app.runtime.plugin_work import load_when_asked  # noqa: PLC0415 -- as above

        load_when_asked(desk)
    return desk


def _run_window(location: DeskLocation, safe: bool) -> int:
    from desk_app.runtime.gui import run  # noqa: PLC0415 -- as above

    return run(location, safe=safe)


def _run_worker(desk: Desk, stop: Event, safe: bool) -> None:
    from desk_app.runtime.plugin_work import work_with_plugins  # noqa: PLC0415 -- as above

    work_with_plugins(desk, stop, safe=safe)


def _run_demo(options: DemoOptions) -> int:
    from desk_app.runtime.demo.run import run_demo  # noqa: PLC0415 -- as above

    return run_demo(options)
