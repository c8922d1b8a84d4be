"""A test that hangs where its time limit does not reach ends its process, and says where; so does one that crashes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys, pytest
from tests.support import hangs
hangs.GRACE_SECONDS = 1.0
usual = ["-q", "-p", "tests.support.hangs", "-p", "no:cacheprovider", "-o", "timeout=1"]
sys.exit(pytest.main([*usual, *sys.argv[1:]]))
"""
HOLDS = "ctypes.PyDLL(None).sleep(30)  # keeps the interpreter"
DEAF = "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])  # as a lock in C is to the time limit"
IN_A_TEST = f"""
import ctypes, signal
def test_hangs():
    {DEAF}
    {HOLDS}
"""
AFTER_A_TEST = f"""
import ctypes, pytest
@pytest.fixture
def hangs():
    yield
    {HOLDS}
def test_fails(hangs):
    assert False
"""


CRASHES = """
import os, pytest, signal
@pytest.mark.parametrize("how", ["SEGV", "ABRT"])
def test_crashes(how):
    os.kill(os.getpid(), getattr(signal, "SIG" + how))
def test_goes_on():
    pass
"""


def run(folder: Path, code: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Let a pytest of its own run a file with this code."""
    file = folder / "test_it.py"
    file.write_text(code)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_XDIST")}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", RUN, str(file), *more]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=50, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="the C library has another name there")
@pytest.mark.parametrize("code", [IN_A_TEST, AFTER_A_TEST], ids=["in a test", "after a test"])
def test_a_test_out_of_reach_of_its_limit_ends_its_process(tmp_path: Path, code: str) -> None:
    done = run(tmp_path, code)
    assert done.returncode != 0
    assert "Timeout (0:00:02)!" in done.stderr
    assert "test_it.py" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_the_end_of_a_run_says_where_its_processes_crashed(tmp_path: Path) -> None:
    done = run(tmp_path, CRASHES, "-n", "1")
    assert done.returncode == 1
    _, _, said = done.stdout.partition("last words of test process gw0-")
    first, _, second = said.partition("last words of test process gw1-")
    assert "Segmentation fault" in first
    assert "Aborted" in second
    assert second.index("in test_crashes") < second.index("2 failed, 1 passed")


@pytest.mark.skipif(sys.platform == "win32", reason="the C library has another name there")
def test_the_end_of_a_run_says_where_its_processes_hung(tmp_path: Path) -> None:
    in_the_process_itself = "from tests.support import hangs\nhangs.GRACE_SECONDS = 1.0\n"
    done = run(tmp_path, in_the_process_itself + IN_A_TEST, "-n", "1")
    _, _, said = done.stdout.partition("last words of test process gw0-")
    assert "Timeout (0:00:02)!" in said
    assert "in test_hangs" in said
