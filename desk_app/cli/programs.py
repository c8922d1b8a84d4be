"""The subcommands that start a program: window, worker, demo."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from desk_app.cli.exits import CommandError, Exit
from desk_app.cli.invocation import DemoOptions, Invocation
from desk_app.cli.output import complain
from desk_app.infra.logging import log_uncaught

Subparsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives its type no public name


def add_parsers(subparsers: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add `run`, `worker` and `demo`."""
    window = subparsers.add_parser("run", parents=[common], help="open the desk's window")
    _add_safe_mode(window)
    window.set_defaults(command=run_window)
    worker = subparsers.add_parser(
        "worker",
        parents=[common],
        help="fetch, send and watch the clock without a window",
        description="Fetch, send and watch the clock without a window, until it is stopped (Ctrl+C or SIGTERM). "
        "Windows and workers on one database share the work; if one dies, another takes over within a minute.",
    )
    _add_safe_mode(worker)
    worker.set_defaults(command=run_worker)
    demo = subparsers.add_parser(
        "demo",
        help="two filled mailboxes on an embedded mail server, and the desk opened on them",
        description="Start a mail server on this computer only, fill two mailboxes with a month of mail, connect and "
        "open the desk. Reply to a customer, and the customer answers. Your own desk is not touched.",
    )
    demo.add_argument("--offscreen", action="store_true", help="no window: print the inbox and write a picture")
    demo.add_argument("--json", action="store_true", help="with --offscreen: print one JSON object")
    demo.add_argument("--keep", metavar="FOLDER", help="keep the demo's data in this folder")
    demo.add_argument("--screenshot", metavar="FILE", default="", help="where --offscreen writes the picture (.png)")
    demo.set_defaults(command=run_demo)


def _add_safe_mode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--safe-mode", action="store_true", help="leave out every plugin, this once")


def run_window(invocation: Invocation) -> int:
    """Open the window and return its exit code."""
    if not has_display() and not os.environ.get("QT_QPA_PLATFORM"):
        raise CommandError(
            Exit.FAILED,
            "There is no display to open a window on.",
            "Use desk-app worker to fetch and send without one, or desk-app demo --offscreen for a look.",
        )
    invocation.start_log("window")
    log_uncaught()
    return invocation.programs.run_window(invocation.location, invocation.args.safe_mode)


def run_worker(invocation: Invocation) -> int:
    """Run the worker until a signal ends it."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with invocation.desk(origin="worker") as desk:
        log_uncaught()
        complain(f"the worker runs on {invocation.location.shown_database}; stop it with Ctrl+C.")
        invocation.programs.run_worker(desk, stop, invocation.args.safe_mode)
    return Exit.OK


def run_demo(invocation: Invocation) -> int:
    """Run the demo; without a display, offscreen."""
    args = invocation.args
    offscreen = args.offscreen or args.json or not has_display()
    return invocation.programs.run_demo(DemoOptions(offscreen, args.json, args.keep, args.screenshot))


def has_display() -> bool:
    """Return whether a person would see a window (toolchain.md, trap 8: Qt aborts the process where it cannot open
    one)."""
    if sys.platform in {"win32", "darwin"}:
        return True
    if os.environ.get("QT_QPA_PLATFORM", "").startswith(("offscreen", "minimal")):
        return False
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
