"""What is known of a test process that ended in the middle of a test, and the end of one that hangs.

The time limit of the tests raises in Python code of the main thread, once. It cannot where the main thread waits for
the interpreter or inside of C, nor while what it has ended is taken down. The one here needs no interpreter: it writes
what every thread is doing and ends the process, which a run in several processes survives as one failed test. What such
a process, or one that crashed, wrote last is repeated at the end of the run, where everybody looks.
"""

from __future__ import annotations

import faulthandler
import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any, TextIO

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key  # standard error itself, which no test captures

GRACE_SECONDS = 120.0
"""So much longer than the time limit of a test it may take."""
FOLDER = "last_words"
"""Under this key a process of several is told where to write."""

_words = pytest.StashKey[TextIO]()
_folder = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()


@pytest.hookimpl(trylast=True)  # pytest's own comes first, and lets crashes be written to standard error
def pytest_configure(config: pytest.Config) -> None:
    """Let one process of several write its last words to a file of its own."""
    told: dict[str, Any] | None = getattr(config, "workerinput", None)
    if told is not None:
        file = Path(told[FOLDER], f"{told['workerid']}-{os.getpid()}")
        words = file.open("w", encoding="utf-8")
        config.stash[_words] = words
        faulthandler.enable(file=words)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of several where to write its last words."""
    stash = node.config.stash
    if _folder not in stash:
        stash[_folder] = tempfile.TemporaryDirectory(prefix="last-words-")
    node.workerinput[FOLDER] = stash[_folder].name


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Repeat the last words of every process."""
    folder = config.stash.get(_folder, None)
    for file in sorted(Path(folder.name).iterdir()) if folder is not None else ():
        if text := file.read_text(encoding="utf-8", errors="replace").strip():
            terminalreporter.section(f"last words of test process {file.name}")
            terminalreporter.write_line(text)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if (folder := config.stash.get(_folder, None)) is not None:
        folder.cleanup()


def _watch(item: pytest.Item) -> None:
    marker = item.get_closest_marker("timeout")
    limit = float((marker.args[0] if marker is not None else item.config.getini("timeout")) or 0)
    if limit > 0:
        stash = item.config.stash
        file = stash[_words] if _words in stash else stash[fault_handler_stderr_fd_key]
        faulthandler.dump_traceback_later(limit + GRACE_SECONDS, exit=True, file=file)


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
