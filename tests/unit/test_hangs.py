"""A test that hangs where its time limit does not reach ends its process, and says where it was."""

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
sys.exit(pytest.main(["-q", "-p", "tests.support.hangs", "-p", "no:cacheprovider", "-o", "timeout=1", sys.argv[1]]))
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


@pytest.mark.skipif(sys.platform == "win32", reason="the C library has another name there")
@pytest.mark.parametrize("code", [IN_A_TEST, AFTER_A_TEST], ids=["in a test", "after a test"])
def test_a_test_out_of_reach_of_its_limit_ends_its_process(tmp_path: Path, code: str) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(code)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", RUN, str(file)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=25, check=False
    )
    assert done.returncode != 0
    assert "Timeout (0:00:02)!" in done.stderr
    assert "test_it.py" in done.stderr
