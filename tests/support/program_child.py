"""The program `desk-app` in processes of its own, for tests that let plugins end them.

`python -m tests.support.program_child` reads orders from its standard input, one JSON object a line: "arguments" starts
`desk-app` with them and answers with its pid, "wait" waits for a pid to end and answers with its status, minus the
signal that killed it. What a process prints goes to the file "out", "seconds" is how long a plugin may take,
and "work" opens one ticket of the window after the other. Forking a process that has imported everything is what makes
many starts affordable; what happens from then on is what happens in the real program, the end of the interpreter
included.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import sys
from typing import Any

import desk_app.channels
import desk_app.plugin_host
import desk_app.storage
from desk_app.plugin_api import marks
from desk_app.plugin_host import running
from desk_app.runtime import command

ORDER = dict[str, Any]


def load_everything() -> None:
    """Import what a start imports, and nothing that starts threads or opens windows."""
    for package in (desk_app.channels, desk_app.storage, desk_app.plugin_host):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".versions." not in module.name:
                importlib.import_module(module.name)
    for name in ("desk_app.runtime.compose", "desk_app.runtime.worker", "desk_app.ui.shell.window"):
        importlib.import_module(name)


def run(order: ORDER) -> int:
    """Be the program, in the child; returns its exit code."""
    with open(order["out"], "ab") as out:  # noqa: PTH123 -- a plain file, for its number
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 -- as above
        os.dup2(nothing.fileno(), 0)
    running.LOAD_SECONDS = float(order["seconds"])
    limits: Any = marks.SECONDS
    limits.update(dict.fromkeys(marks.Waits, float(order["seconds"])))
    if order.get("work"):
        look_at_tickets()
    return command.main(order["arguments"])


def look_at_tickets() -> None:
    """Open one ticket after the other once the list of the window is there, as somebody does who works."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from desk_app.runtime import gui
    from desk_app.ui.shell.window import HEIGHT, WIDTH

    timer = QTimer(gui.application())

    def look() -> None:
        window: Any = next((w for w in QApplication.topLevelWidgets() if type(w).__name__ == "MainWindow"), None)
        if window is None or not window.isVisible() or not window.inbox.list.model.rowCount():
            return
        if window.width() < WIDTH:  # a screen that is none is small, and a narrow window has no panel at its side
            window.showNormal()
            window.resize(WIDTH, HEIGHT)
        if window.inbox.ticket.view is None:
            window.inbox.list.open_first()
        elif not window.session.work.busy:
            window.inbox.list.step(1)

    timer.timeout.connect(look)
    timer.start(100)


def main() -> None:
    """Serve orders until standard input ends."""
    load_everything()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in iter(sys.stdin.readline, ""):
        order: ORDER = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                raise SystemExit(run(order))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
