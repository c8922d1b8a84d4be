"""Starts and kills the processes of `tests.support.desk_child`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.programs import runs


class Children:
    """Child processes on one desk."""

    def __init__(self, folder: Path, *, ttl: float, claim: float) -> None:
        """`ttl` and `claim` are the seconds leases and claims live."""
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.support.desk_child", str(folder), str(ttl), str(claim)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        self._alive: set[int] = set()

    def start(self, order: str) -> int:
        """Start a child ("fork" or "worker") and return its pid."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(f"{order}\n")
        self._nursery.stdin.flush()
        pid = int(self._nursery.stdout.readline())
        self._alive.add(pid)
        return pid

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a child."""
        os.kill(pid, number)

    def kill(self, pid: int) -> None:
        """Kill a child and wait until it is gone or a zombie."""
        os.kill(pid, signal.SIGKILL)
        self.wait_gone(pid, 10)

    def wait_gone(self, pid: int, seconds: float) -> None:
        """Wait until a child has ended."""
        end = time.monotonic() + seconds
        while runs(pid):
            assert time.monotonic() < end, f"process {pid} lives on"
            time.sleep(0.005)
        self._alive.discard(pid)

    def close(self) -> None:
        """End everything."""
        for pid in self._alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.close()
        self._nursery.wait(timeout=20)
        self._nursery.stdout.close()


@contextlib.contextmanager
def children(folder: Path, *, ttl: float, claim: float) -> Iterator[Children]:
    """Run child processes on the desk in `folder`."""
    running = Children(folder, ttl=ttl, claim=claim)
    try:
        yield running
    finally:
        running.close()
