from __future__ import annotations

import gc
import logging
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desk_app.plugin_api.channels import ChannelError, ChannelFault
from desk_app.services.ports.errors import DatabaseBusyError
from desk_app.services.ports.unit_of_work import StaleTicketError
from desk_app.services.tickets.results import CommandRefusedError
from desk_app.ui.problems import Problem, explain
from desk_app.ui.work import Lane, Work, _Task


@pytest.fixture
def work(qapp: QApplication) -> Iterator[Work]:
    made = Work()
    yield made
    assert made.close(), "work was left running"


def test_work_runs_elsewhere_and_results_come_back_here(qtbot: QtBot, work: Work) -> None:
    where: list[int] = []
    work.run(threading.get_ident, lambda ident: where.extend([ident, threading.get_ident()]))
    qtbot.waitUntil(lambda: len(where) == 2)
    assert where[0] != where[1] == threading.get_ident()


def test_writes_keep_their_order(qtbot: QtBot, work: Work) -> None:
    done: list[int] = []
    for number in range(20):
        work.write(lambda n=number: (time.sleep(0.001 * (n % 3)), done.append(n)))  # type: ignore[misc]
    qtbot.waitUntil(lambda: len(done) == 20)
    assert done == list(range(20))


class Owned:
    """Stands for a widget that a piece of work knows, and nobody else any more."""

    def tell(self, error: Callable[[], Exception] | None) -> Iterator[int]:
        mine = self  # as a local of a frame that an exception keeps
        if error is not None:
            raise error()
        yield id(mine)


@pytest.mark.parametrize("error", [None, lambda: ChannelError(ChannelFault.NETWORK, "gone"), lambda: KeyError("what")])
@pytest.mark.parametrize("way", ["run", "stream"])
def test_what_work_knows_of_the_window_is_let_go_on_the_gui_thread_only(
    qtbot: QtBot, work: Work, monkeypatch: pytest.MonkeyPatch, way: str, error: Callable[[], Exception] | None
) -> None:
    monkeypatch.setattr(logging.getLogger("desk_app.ui.work"), "disabled", True)  # pytest keeps what is logged
    gone: list[int] = []
    kept: list[object] = []
    for _ in range(30):
        owned = Owned()
        weakref.finalize(owned, lambda: gone.append(threading.get_ident()))
        if way == "run":
            work.run(lambda one=owned: list(one.tell(error)), kept.append, failed=kept.append)  # type: ignore[misc]
        else:
            work.stream(lambda one=owned: one.tell(error), kept.append, kept.append, failed=kept.append)  # type: ignore[misc]
        del owned
    qtbot.waitUntil(lambda: len(gone) == 30, timeout=30_000)
    assert kept
    assert set(gone) == {threading.get_ident()}


def test_a_cancelled_job_delivers_nothing(qtbot: QtBot, work: Work) -> None:
    gate, got = threading.Event(), []
    job = work.run(gate.wait, got.append)
    job.cancel()
    gate.set()
    qtbot.waitUntil(lambda: not work.busy)
    assert got == []


def test_a_stream_comes_item_by_item_and_stops_when_cancelled(qtbot: QtBot, work: Work) -> None:
    gate, got = threading.Event(), []

    def numbers() -> Iterator[int]:
        yield 1
        yield 2
        gate.wait(5)
        yield 3
        yield 4

    job = work.stream(numbers, got.append)
    qtbot.waitUntil(lambda: got == [1, 2])
    job.cancel()
    gate.set()
    qtbot.waitUntil(lambda: not work.busy)
    assert got == [1, 2]


def test_a_dead_owner_hears_nothing(qtbot: QtBot, work: Work) -> None:
    gate, got, owner = threading.Event(), [], QObject()
    work.run(gate.wait, got.append, owner=owner)
    shiboken6.delete(owner)
    gate.set()
    qtbot.waitUntil(lambda: not work.busy)
    assert got == []


def test_an_error_reaches_whoever_asked_or_the_window(qtbot: QtBot, work: Work) -> None:
    def fail() -> None:
        raise CommandRefusedError("Not today.")

    mine: list[Problem] = []
    others: list[Problem] = []
    work.problem.connect(others.append)
    work.run(fail, failed=mine.append)
    work.run(fail)
    qtbot.waitUntil(lambda: len(mine) == len(others) == 1)
    assert mine[0].title == "Not today"


def test_pl_03_the_end_of_the_window_waits_for_no_plugin(qapp: QApplication) -> None:
    work, begun, gate, ended = Work(), threading.Event(), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        gate.wait(10)
        ended.set()

    work.run(hang, lane=Lane.GUEST)
    assert begun.wait(10)
    assert not work.close(50)
    before = time.monotonic()
    shiboken6.delete(work)
    assert time.monotonic() - before < 5
    gate.set()
    assert ended.wait(10), "what it says then is heard by nobody and harms nobody"


def test_threads_are_pythons_own_and_hold_nothing_while_they_wait(qtbot: QtBot, work: Work) -> None:
    names: list[str] = []
    for lane in Lane:
        thread: list[threading.Thread] = []
        work.run(threading.current_thread, thread.append, lane=lane)
        qtbot.waitUntil(lambda found=thread: bool(found))  # type: ignore[misc]
        assert not isinstance(thread[0], threading._DummyThread), "Python would keep it for ever"
        names.append(thread[0].name)
    assert names == [f"{lane}-work" for lane in Lane]
    for _ in range(30):
        qtbot.waitUntil(lambda: not work.busy)
        work.run(lambda: None)
    qtbot.waitUntil(lambda: not work.busy)
    assert len([one for one in threading.enumerate() if one.name == "read-work"]) <= 3
    assert [one for one in gc.get_objects() if isinstance(one, _Task)] == []


def test_the_program_ends_once_its_own_work_is_done_and_waits_for_no_plugin(tmp_path: Path) -> None:
    code = """
import sys, threading, time
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from desk_app.ui.work import Lane, Work
app, work, begun = QCoreApplication([]), Work(), threading.Event()
def write():
    begun.set()
    time.sleep(0.5)
    Path(sys.argv[1]).write_text("whole")
work.run(lambda: time.sleep(60), lane=Lane.GUEST)
work.write(write)
begun.wait()
if sys.argv[2] == "closed":
    work.close(10)
"""
    for number, how in enumerate(("closed", "left")):
        file = tmp_path / f"{number}.txt"
        done = subprocess.run(
            [sys.executable, "-c", code, str(file), how], capture_output=True, text=True, timeout=50, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert file.read_text() == "whole"


def test_nothing_is_taken_after_the_end(qapp: QApplication) -> None:
    work = Work()
    work.close()
    work.run(lambda: 1 / 0)
    assert not work.busy


def test_a_slow_network_does_not_hold_reads_back(qtbot: QtBot, work: Work) -> None:
    gate, got = threading.Event(), []
    for _ in range(4):
        work.run(gate.wait, lane=Lane.NETWORK)
    work.run(lambda: 1, got.append)
    qtbot.waitUntil(lambda: got == [1])
    gate.set()
    qtbot.waitUntil(lambda: not work.busy)


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (ChannelError(ChannelFault.NETWORK, "timed out"), "The server cannot be reached"),
        (StaleTicketError(), "Somebody else changed this ticket at the same moment"),
        (DatabaseBusyError("The database is locked.", "Try again."), "The database is locked"),
        (ValueError("enter a name"), "Enter a name"),
        (RuntimeError("x"), "That did not work"),
    ],
)
def test_ui_4_18_errors_in_words(error: Exception, title: str) -> None:
    assert explain(error).title == title
