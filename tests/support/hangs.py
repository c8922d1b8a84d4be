"""Ends the test process where a test hangs so that the time limit of the tests cannot end it.

That limit raises in Python code of the main thread, once. It cannot where the main thread waits for the interpreter or
inside of C, nor while what it has ended is taken down. This one needs no interpreter: it writes what every thread is
doing to the standard error and ends the process, which a run in several processes survives as one failed test.
"""

from __future__ import annotations

import faulthandler
from collections.abc import Generator

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key  # standard error itself, which no test captures

GRACE_SECONDS = 120.0
"""So much longer than the time limit of a test it may take."""


def _watch(item: pytest.Item) -> None:
    marker = item.get_closest_marker("timeout")
    limit = float((marker.args[0] if marker is not None else item.config.getini("timeout")) or 0)
    if limit > 0:
        error = item.config.stash[fault_handler_stderr_fd_key]
        faulthandler.dump_traceback_later(limit + GRACE_SECONDS, exit=True, file=error)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Watch what follows."""
    _watch(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Watch anew: where a test fails, pytest gives the watch up."""
    _watch(item)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
